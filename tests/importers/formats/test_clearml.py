"""An offline session of ClearML: scalars as events, and what is none."""

import json
from pathlib import Path

import pytest

from monitor.importers.formats.clearml import ClearMl
from monitor.importers.items import Aside, Row, Unread


def event(title, series, value, step, at=1_700_000_000_000, kind="training_stats_scalar"):
    return {"type": kind, "metric": title, "variant": series, "value": value, "iter": step, "timestamp": at}


def session(folder, *lines, task=None):
    folder.mkdir(exist_ok=True)
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    (folder / "metrics.jsonl").write_text(text + "\n")
    if task is not None:
        (folder / "task.json").write_text(task if isinstance(task, str) else json.dumps(task))
    return folder


def test_scalars_of_one_step_are_one_row_under_title_and_series(tmp_path):
    events = [event("loss", "train", 2.5, 10), event("loss", "val", float("nan"), 10), event("lr", "lr", 0.1, 20)]
    first, second = ClearMl(session(tmp_path / "s", events)).items()
    assert first.values["loss/train"] == 2.5 and first.values["loss/val"] != first.values["loss/val"]
    assert (first.line, first.values["step"], first.at) == (1, 10.0, 1_700_000_000.0)
    assert second == Row(1, {"lr": 0.1, "step": 20.0}, 1_700_000_000.0)


@pytest.mark.parametrize(
    "other",
    [
        event("loss", "train", 2.5, 10, kind="plot"),
        event(":monitor:gpu", "gpu_0", 2.5, 10),
        event("loss", "train", "much", 10),
        event("loss", "train", 2.5, "ten"),
        event("loss", "train", True, 10),
    ],
)
def test_what_is_no_scalar_of_the_training_is_left_out(other, tmp_path):
    assert list(ClearMl(session(tmp_path / "s", [other])).items()) == []


def test_lines_that_are_no_events_are_told_behind_the_rows(tmp_path):
    folder = session(tmp_path / "s", "{not json", "", [{"type": "training_stats_scalar"}], [event("a", "a", 1.0, 1)])
    folder.joinpath("metrics.jsonl").open("a").write('[{"type": "training_st')
    row, *odd = ClearMl(folder).items()
    assert row.values == {"a": 1.0, "step": 1.0} and row.line == 4
    assert odd == [
        *(Unread(line, "no array of events, or cut off") for line in (1, 3, 5)),
        Aside("The last line, 5, has no line end: it may be cut off."),
    ]


def test_while_it_grows_the_last_step_waits_for_more(tmp_path):
    folder = session(tmp_path / "s", [event("a", "a", 1.0, 1), event("a", "a", 2.0, 2)])
    reading = ClearMl(folder / "metrics.jsonl", follow=True)
    assert [row.values["a"] for row in reading.items()] == [1.0]
    folder.joinpath("metrics.jsonl").open("a").write(json.dumps([event("b", "b", 3.0, 2)]) + "\n")
    assert list(reading.items()) == []
    assert [row.values for row in reading.rest()] == [{"a": 2.0, "step": 2.0, "b": 3.0}]


def test_the_task_gives_the_name_and_the_settings(tmp_path):
    hyper = {"Args": {"lr": {"value": "0.1"}, "odd": 3}, "General": {"depth": {"value": "4"}}, "none": None}
    found = ClearMl(session(tmp_path / "s", task={"name": "gentle owl", "hyperparams": hyper}))
    assert (found.run_name, found.config) == ("gentle owl", {"lr": "0.1", "depth": "4"})
    assert list(found.items()) == []


def test_without_a_task_the_folder_gives_the_name_and_a_damaged_one_is_told(tmp_path):
    found = ClearMl(session(tmp_path / "s"))
    assert (found.run_name, found.config, list(found.items())) == ("s", {}, [])
    for damaged in ("{", "[1]"):
        found = ClearMl(session(tmp_path / "s", task=damaged))
        (odd,) = found.items()
        assert found.run_name == "s" and odd.sentence.startswith("task.json beside it cannot be read")


def test_it_is_known_by_its_events_or_both_files(tmp_path):
    head = json.dumps([event("a", "a", 1.0, 1)]).encode()
    assert ClearMl.fits(Path("x"), head) == 0.9
    assert ClearMl.fits(Path("x"), head.replace(b"training_stats_scalar", b"plot")) == 0.0
    assert ClearMl.fits(Path("x"), head[1:]) == 0.0
    assert ClearMl.fits(session(tmp_path / "s"), b"") == 0.0
    assert ClearMl.fits(session(tmp_path / "s", task={"name": "x"}), b"") == 0.8
    (tmp_path / "s" / "metrics.jsonl").unlink()
    assert ClearMl.fits(tmp_path / "s", b"") == 0.0
