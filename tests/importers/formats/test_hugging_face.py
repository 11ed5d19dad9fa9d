"""trainer_state.json of the Hugging Face Trainer: each entry of its history once, though the file is replaced."""

import json

import pytest

from monitor.importers.formats.hugging_face import HuggingFace, newest
from monitor.importers.items import Aside, Row, Unread
from monitor.run_dir.errors import UnreadableRunError

FIRST = {"loss": 2.5, "epoch": 0.5, "step": 10}
SECOND = {"eval_loss": 2.0, "eval_wer": float("nan"), "epoch": 1, "step": 20}
NOTHING_BELOW = "holds no trainer_state.json"


def state(folder, *entries, text=None):
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "trainer_state.json"
    path.write_text(text if text is not None else json.dumps({"global_step": 3, "log_history": entries}))
    return path


def test_each_entry_is_a_row_of_its_numbers(tmp_path):
    first, second = HuggingFace(state(tmp_path, FIRST, {**SECOND, "note": "x", "ok": True})).items()
    assert first == Row(1, {"loss": 2.5, "epoch": 0.5, "step": 10.0})
    assert second.values.keys() == {"eval_loss", "eval_wer", "epoch", "step"} and second.values["eval_loss"] == 2.0
    assert second.values["eval_wer"] != second.values["eval_wer"]


def test_the_summary_is_a_sentence_and_an_entry_without_numbers_is_told(tmp_path):
    summary = {"train_runtime": 360.5, "train_loss": 2.5, "epoch": 3}
    assert list(HuggingFace(state(tmp_path, summary, {"note": "x"}, 3)).items()) == [
        Aside("The whole training took 360 s (line 1)."),
        Unread(1, "no entry with numbers"),
        Unread(1, "no entry with numbers"),
    ]


def test_while_it_grows_only_new_entries_are_given_out_and_a_file_under_way_waits(tmp_path):
    reading = HuggingFace(state(tmp_path, FIRST), follow=True)
    assert len(list(reading.items())) == 1 and list(reading.items()) == []
    state(tmp_path, text=json.dumps({"log_history": [FIRST, SECOND]})[:-20])
    assert list(reading.items()) == []
    state(tmp_path, FIRST, SECOND)
    (row,) = reading.items()
    assert row.values["eval_loss"] == 2.0
    assert reading.places()["trainer_state.json"].offset == (tmp_path / "trainer_state.json").stat().st_size


def test_a_file_that_is_cut_off_is_told_once_it_does_not_grow(tmp_path):
    row, odd = HuggingFace(state(tmp_path, text=json.dumps({"log_history": [FIRST, SECOND]})[:-20])).items()
    assert row.values == {"loss": 2.5, "epoch": 0.5, "step": 10.0} and isinstance(odd, Unread)


def test_of_a_folder_the_newest_checkpoint_is_read_under_the_folders_name(tmp_path):
    for step in (9, 20, 100):
        state(tmp_path / "out" / f"checkpoint-{step}", {"loss": float(step)})
    state(tmp_path / "out" / "checkpoint-last", {"loss": 1.0})
    assert newest(tmp_path / "out").parent.name == "checkpoint-100"
    assert [row.values["loss"] for row in HuggingFace(tmp_path / "out").items()] == [100.0]
    assert HuggingFace(tmp_path / "out").run_name == "out"
    assert HuggingFace(tmp_path / "out" / "checkpoint-9").run_name == "out"
    assert HuggingFace(tmp_path / "out" / "checkpoint-9" / "trainer_state.json").run_name == "out"
    own = state(tmp_path / "out", {"loss": 7.0})
    assert newest(tmp_path / "out") == own == newest(own) and HuggingFace(own).run_name == "out"


def test_a_folder_without_the_file_is_waited_for_only_where_it_is_followed(tmp_path):
    assert newest(tmp_path) is None and newest(tmp_path / "gone") is None
    assert list(HuggingFace(tmp_path, follow=True).items()) == []
    with pytest.raises(UnreadableRunError, match=NOTHING_BELOW):
        list(HuggingFace(tmp_path).items())


def test_it_is_known_by_its_name_or_its_list(tmp_path):
    path = state(tmp_path / "a", FIRST)
    assert HuggingFace.fits(path, b' {"epoch": 1') == 0.9
    assert HuggingFace.fits(path, b"[1]") == 0.0
    assert HuggingFace.fits(tmp_path / "x.json", b'{"log_history": [') == 0.8
    assert HuggingFace.fits(tmp_path / "x.json", b'{"history": [') == 0.0
    assert HuggingFace.fits(tmp_path / "x.json", b'["log_history"]') == 0.0
    assert HuggingFace.fits(tmp_path / "a", b"") == 0.7 and HuggingFace.fits(tmp_path, b"") == 0.0
