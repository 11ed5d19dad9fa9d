"""The process that stops a run and starts a child with its first prescribed change: it always says how that went."""

import json

import pytest

from monitor.diagnosis.away import ASKED_BY
from monitor.run_dir import Away, Launch, Parent, encode, files
from monitor.run_dir.errors import RefusedError
from monitor.run_dir.processes import RunLock
from monitor.supervisor import successor
from monitor.supervisor.successor import LOCK_FILE, main


@pytest.fixture
def run_dir(runs_made):
    return launched(runs_made, "one")


@pytest.fixture
def restarts(monkeypatch):
    """What was to be started, instead of a start; the prescription changes dropout."""
    asked = []

    def restart(plan, **given):
        asked.append((plan, given))
        return "child"

    monkeypatch.setattr(successor.launcher, "plan_restart", lambda runs, run_id, changes, **_: (run_id, changes))
    monkeypatch.setattr(successor.launcher, "restart", restart)
    prescribed(monkeypatch, {}, {"dropout": (0.1, 0.3)}, {"lr": (1, 2)})
    return asked


def prescribed(monkeypatch, *changes):
    class Option:
        def __init__(self, changes):
            self.changes = changes

    monkeypatch.setattr(successor, "prescribe", lambda *_: [Option(each) for each in changes])
    monkeypatch.setattr(successor, "agreed", lambda *_: {})


def launched(runs, name, **fields):
    (runs / name).mkdir()
    files.replace(runs / name / "launch.json", encode(Launch(run_id=name, created_at=1.0, **fields)))
    return runs / name


def said(run_dir, capsysbinary):
    assert main([str(run_dir)]) == 0
    return json.loads(capsysbinary.readouterr().out)


def test_the_first_option_that_changes_something_becomes_the_child_that_stops_its_parent(
    run_dir, restarts, capsysbinary
):
    files.replace(run_dir / "away.json", encode(Away(do="stop_and_fix", budget_hours=3.0)))
    assert said(run_dir, capsysbinary)["child_id"] == "child"
    [(plan, given)] = restarts
    assert plan == ("one", {"dropout": 0.3})
    away = given["away"]
    assert (given["stop_parent"], given["asked_by"]) == (True, ASKED_BY)
    assert (away.do, away.by_policy, away.budget_hours) == ("stop", True, 3.0)


def test_where_nothing_is_to_be_changed_it_says_so(run_dir, restarts, monkeypatch, capsysbinary):
    prescribed(monkeypatch, {})
    assert said(run_dir, capsysbinary) == {"child_id": None, "problem": "No change of settings is prescribed for it."}
    assert restarts == []


def test_a_child_that_was_made_before_is_the_one(run_dir, runs_made, restarts, capsysbinary):
    made = {"parent": Parent(run_id="one"), "asked_by": ASKED_BY}
    (runs_made / "damaged").mkdir()
    (runs_made / "damaged" / "launch.json").write_text("{")
    launched(runs_made, "two", **made)
    assert said(run_dir, capsysbinary)["child_id"] == "two"
    assert restarts == []


@pytest.mark.parametrize(
    "fields",
    [
        {"parent": Parent(run_id="one"), "asked_by": "ann"},
        {"parent": Parent(run_id="other"), "asked_by": ASKED_BY},
        {"asked_by": ASKED_BY},
    ],
)
def test_another_child_or_another_runs_is_not(run_dir, runs_made, restarts, capsysbinary, fields):
    launched(runs_made, "two", **fields)
    assert said(run_dir, capsysbinary)["child_id"] == "child"


def test_a_problem_is_one_line_whatever_it_holds(run_dir, restarts, monkeypatch, capsysbinary):
    def refuses(*_, **__):
        raise RefusedError("It was\n changed  by hand.")

    monkeypatch.setattr(successor.launcher, "restart", refuses)
    assert said(run_dir, capsysbinary)["problem"] == "It was changed by hand."


def test_a_run_that_is_not_there_is_a_problem_and_no_error(runs_made, capsysbinary):
    assert said(runs_made / "none", capsysbinary)["problem"]


def test_two_never_do_it_at_once(run_dir, restarts, monkeypatch, capsysbinary):
    monkeypatch.setattr(successor, "CHILD_SECS", 0.0)
    with RunLock(run_dir, LOCK_FILE):
        assert "another process" in said(run_dir, capsysbinary)["problem"]
    assert restarts == []
    assert said(run_dir, capsysbinary)["child_id"] == "child"
