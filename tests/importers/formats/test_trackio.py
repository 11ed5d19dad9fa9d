"""Trackio's database: each call of its log is a row."""

import json

import pytest

from monitor.importers.formats.trackio import Trackio
from monitor.importers.items import Row, Unread
from monitor.run_dir.errors import UnreadableRunError
from tests.importers.formats.databases import database

OLD, NEW = "id INTEGER, run_name TEXT, step, timestamp, metrics", "run_id TEXT"
AT = "2024-01-01T00:00:00"


def project(path, *rows, configs=(), with_ids=False):
    """`rows`: (run, step, numbers); with ids, the id of a run is "#" and its name."""
    metrics, config = [], []
    for number, (run, step, numbers) in enumerate(rows, 1):
        text = numbers if isinstance(numbers, (str, bytes)) else json.dumps(numbers)
        metrics.append((number, run, step, AT, text, *([f"#{run}"] if with_ids else [])))
    for run, text in configs:
        config.append((run, json.dumps(text), *([f"#{run}"] if with_ids else [])))
    more = f", {NEW}" if with_ids else ""
    return database(path, {"metrics": (OLD + more, metrics), "configs": (f"run_name TEXT, config{more}", config)})


def test_each_call_is_a_row_with_its_step_and_time(tmp_path):
    path = project(tmp_path / "p.db", ("owl", 1, {"loss": 2.5, "val": {"wer": 1}}), ("owl", 2, b'{"loss": NaN}'))
    first, second = Trackio(path).items()
    assert first == Row(1, {"loss": 2.5, "val/wer": 1.0, "step": 1.0}, 1_704_067_200.0)
    assert second.values["loss"] != second.values["loss"] and second.line == 2


def test_a_time_may_name_its_zone_and_one_that_is_none_is_0(tmp_path):
    path = project(tmp_path / "p.db", ("owl", 1, {"a": 1}), ("owl", 2, {"a": 1}), ("owl", 3, {"a": 1}))
    database(path, {"metrics": (OLD, [(7, "owl", 7, "2024-01-01T02:00:00+02:00", '{"a": 1}')])})
    database(path, {"metrics": (OLD, [(8, "owl", 8, "once", '{"a": 1}')])})
    assert [row.at for row in Trackio(path).items()] == [1_704_067_200.0] * 4 + [0.0]


@pytest.mark.parametrize(
    ("step", "numbers"), [(1, {"note": "x"}), (1, "[1]"), (1, "{tor"), (None, {"a": 1}), ("x", {})]
)
def test_a_call_without_numbers_or_step_is_told(step, numbers, tmp_path):
    path = project(tmp_path / "p.db", ("owl", step, numbers), ("owl", 2, {"a": 1}))
    assert list(Trackio(path).items()) == [
        Row(2, {"a": 1.0, "step": 2.0}, 1_704_067_200.0),
        Unread(1, "no object with numbers"),
    ]


@pytest.mark.parametrize("with_ids", [False, True])
def test_a_run_is_found_by_its_name_and_brings_its_settings(with_ids, tmp_path):
    configs = [("owl", {"lr": 0.1, "_Username": "ana"}), ("hawk", {"lr": 0.2})]
    path = project(tmp_path / "p.db", ("owl", 1, {"a": 1}), ("hawk", 1, {"a": 2}), configs=configs, with_ids=with_ids)
    owl = Trackio(path / "owl")
    assert (owl.run_name, owl.config) == ("owl", {"lr": 0.1})
    assert list(owl.runs().items()) == [
        ("#hawk" if with_ids else "hawk", "hawk"),
        ("#owl" if with_ids else "owl", "owl"),
    ]
    assert [row.values["a"] for row in owl.items()] == [1.0]
    with pytest.raises(UnreadableRunError, match="holds 2 runs: hawk, owl"):
        Trackio(path)


def test_of_a_folder_the_one_project_is_meant(tmp_path):
    with pytest.raises(UnreadableRunError, match=r"holds 0 projects of Trackio \(none\); give the file of one"):
        Trackio(tmp_path)
    assert Trackio.fits(tmp_path, b"") == 0.0
    path = project(tmp_path / "p.db", ("owl", 1, {"a": 1}))
    (tmp_path / "q.db").write_text("no database")
    database(tmp_path / "r.db", {"metrics": ("id INTEGER", [])})
    (tmp_path / "s.db").symlink_to(path)
    (tmp_path / "t.db").mkdir()
    assert Trackio.fits(tmp_path, b"") == 0.7 and Trackio(tmp_path).path == path
    project(tmp_path / "z.db")
    with pytest.raises(UnreadableRunError, match=r"holds 2 projects of Trackio \(p\.db, z\.db\)"):
        Trackio(tmp_path)


def test_it_is_known_by_its_tables(tmp_path):
    path = project(tmp_path / "p.db")
    assert Trackio.fits(path, path.read_bytes()[:100]) == 0.95 and Trackio.fits(path, b"{") == 0.0
    other = database(tmp_path / "o.db", {"metrics": (OLD, [])})
    assert Trackio.fits(other, other.read_bytes()[:100]) == 0.0
