"""`ack`: an alert is acknowledged once, by its id or its rule."""

import json

import pytest

from monitor.commands import ack
from monitor.run_dir import ACKS_DIR
from monitor.run_dir.errors import EXIT_OK, UsageError


def test_the_first_acknowledgement_is_new_and_the_second_is_told_as_known(two_runs, capsys):
    assert ack.run("one", "gap", two_runs) == EXIT_OK
    assert capsys.readouterr().out == "gap-1: acknowledged.\n"
    assert (two_runs / "one" / ACKS_DIR / "gap-1.json").is_file()
    assert ack.run("one", "gap-1", two_runs) == EXIT_OK
    assert capsys.readouterr().out == "gap-1: was already acknowledged.\n"


def test_the_document_names_the_run_by_its_id_also_where_a_path_was_given(two_runs, capsys):
    assert ack.run(str(two_runs / "one"), "gap", two_runs, as_json=True) == EXIT_OK
    assert json.loads(capsys.readouterr().out) == {"version": 1, "run_id": "one", "alert_id": "gap-1", "new": True}


@pytest.mark.parametrize("alert", ["overfitting", "../../etc"])
def test_an_alert_that_the_run_has_not_is_refused(two_runs, alert):
    with pytest.raises(UsageError, match=alert):
        ack.run("one", alert, two_runs)
    assert not (two_runs / "one" / ACKS_DIR).exists()
