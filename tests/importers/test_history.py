"""A history of lists by name: what is taken for one, and what of it is left out."""

import json
import os

import pytest

from monitor.importers.formats.history import History
from monitor.importers.formats.registry import detect
from monitor.importers.importing import Asked, plan, records
from monitor.run_dir.errors import UnreadableRunError


def test_a_list_of_another_length_is_named_and_left_out(tmp_path):
    path = tmp_path / "history.json"
    lists = {"loss": [2.1, 1.7, None], "val_loss": [2.3, 2.0, 1.9], "batch_loss": [3.0] * 40, "note": "small"}
    path.write_text(json.dumps(lists))
    chosen = plan(path, Asked())
    found = list(records(chosen))
    assert [(each.train_loss, each.val_loss) for each in found] == [(2.1, 2.3), (1.7, 2.0), (None, 1.9)]
    assert "batch_loss has 40 numbers, and the other lists have 3: left out." in " ".join(chosen.notes)


def test_a_history_that_is_cut_off_is_refused(tmp_path):
    path = tmp_path / "history.json"
    path.write_text('{\n  "train_loss": [2.1, 1.7],\n  "val_loss": [2.3, 2.')
    with pytest.raises(UnreadableRunError, match="cut off or no JSON"):
        plan(path, Asked())


@pytest.mark.parametrize(
    "text", ['{"kernel": [3, 3], "loss": 2.0}\n{"kernel": [3, 3], "loss": 1.9}\n', '{"config": {"lr": 0.1}}\n']
)
def test_lines_of_objects_and_settings_are_no_history(tmp_path, text):
    path = tmp_path / "log.json"
    path.write_text(text)
    assert detect(path).name != "history"


def test_a_pipe_in_place_of_a_history_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "history.json")
    with pytest.raises(UnreadableRunError, match="is not a regular file"):
        list(History(tmp_path / "history.json").items())
