"""Acts on a run of another host: what would happen is asked there and shown, and a click asks that host to do it."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from monitor.launcher.stopplan import StopPlan
from monitor.run_dir.errors import RefusedError
from monitor.run_dir.folders import Folder
from monitor.ui.dialogs import elsewhere
from tests.snapshots import snapshot
from tests.ui.dialogs.screen import REFUSED, Asked, inside

RUN = Path("/mirror/r")
PLAN = {"line": "Goes on.", "surroundings": ["torch 2"], "command": "python t.py", "cwd": "/work", "child_id": "r-2"}


@pytest.fixture
def far(tmp_path):
    return Folder("gpu", tmp_path, "gpu01", "/there/runs")


@pytest.fixture
def asked(screen, monkeypatch):
    """What was asked of the other host: `act` to do, `plan` to answer with a document."""
    both = SimpleNamespace(act=Asked("done"), plan=Asked(dict(PLAN)))
    monkeypatch.setattr(elsewhere, "act_there", lambda *args, **named: both.act(*args, **named))
    monkeypatch.setattr(elsewhere, "asked_there", lambda *args, **named: both.plan(*args, **named))
    return both


def words(calls):
    return [args[1:] for args, _ in calls]


@pytest.mark.parametrize(
    ("kind", "action", "said"),
    [
        ("cancel_stop", {}, ("stop", "r", "--cancel")),
        ("hurry_stop", {}, ("stop", "r", "--hurry")),
        ("more_time", {}, ("stop", "r", "--more-time")),
        ("ack", {"alert": "gap-1"}, ("ack", "r", "gap-1")),
        ("metric", {"name": "val_acc"}, ("metric", "r", "val_acc")),
    ],
)
def test_small_acts_are_asked_without_a_dialog(kind, action, said, asked, far, screen):
    elsewhere.act_elsewhere(kind, action, far, RUN, snapshot())
    assert words(asked.act.calls) == [said] and asked.act.calls[0][1] == {"asked_from": "the page"}
    assert screen.said == []


def test_what_is_only_done_there_says_where(asked, far, screen):
    elsewhere.act_elsewhere("away", {}, far, RUN, snapshot())
    assert asked.act.calls == [] and screen.said[0][0] == "toast" and "gpu01 itself" in screen.said[0][1]


def test_a_refusal_of_a_small_act_is_a_toast(asked, far, screen):
    asked.act = Asked(refusal=RefusedError(REFUSED))
    elsewhere.act_there_now(far, "ack", "r", "gap-1")
    assert screen.said == [("toast", REFUSED)]


@pytest.mark.parametrize("kind", ["stop", "resume", "restart"])
def test_a_large_act_opens_its_dialog(kind, far, monkeypatch):
    opened = Asked()
    monkeypatch.setattr(elsewhere, f"_{kind}_there", opened)
    elsewhere.act_elsewhere(kind, {"option": "variety"}, far, RUN, snapshot())
    wanted = {"stop": (far, RUN, snapshot()), "resume": (far, "r"), "restart": (far, "r", "variety")}
    assert opened.calls == [(wanted[kind], {})]


@pytest.mark.parametrize(("can_save", "label"), [(True, "Stop after this step"), (False, "Stop now")])
def test_a_stop_shows_its_cost_and_is_asked_after_a_click(can_save, label, asked, far, screen, monkeypatch):
    monkeypatch.setattr(elsewhere, "stop_plan", Asked(StopPlan("r", can_save, ("It ends.", "Nothing is lost."))))
    inside(elsewhere._stop_there)(far, RUN, snapshot())
    assert screen.texts("write") == ["It ends. Nothing is lost."] and screen.offered["confirm_stop"] == label
    assert screen.texts("code")[0].startswith("ssh gpu01 ") and asked.act.calls == []
    screen.typed = {"confirm_stop": True}
    inside(elsewhere._stop_there)(far, RUN, snapshot())
    assert words(asked.act.calls) == [("stop", "r", "--no-wait")] and screen.reruns == 1


def test_a_resume_is_asked_as_it_was_shown(asked, far, screen):
    inside(elsewhere._resume_there)(far, "r")
    assert words(asked.plan.calls) == [("resume", "r", "--dry-run")]
    assert screen.texts("write") == ["Goes on. torch 2"] and screen.texts("code") == ["python t.py"]
    inside(elsewhere._resume_there)(far, "r")
    assert asked.act.calls == []
    screen.typed = {"confirm_resume": True}
    inside(elsewhere._resume_there)(far, "r")
    assert words(asked.act.calls) == [("resume", "r")]


def test_a_resume_whose_plan_has_changed_is_shown_again(asked, far, screen):
    inside(elsewhere._resume_there)(far, "r")
    screen.typed, asked.plan = {"confirm_resume": True}, Asked({**PLAN, "command": "python u.py"})
    inside(elsewhere._resume_there)(far, "r")
    assert asked.act.calls == [] and "The plan has changed" in screen.texts("error")[0]


def test_a_command_of_a_stranger_needs_a_tick(asked, far, screen):
    asked.plan = Asked({**PLAN, "stranger": "Somebody else wrote it."})
    inside(elsewhere._resume_there)(far, "r")
    assert "confirm_resume" in screen.disabled and screen.texts("warning") == ["Somebody else wrote it."]
    screen.typed = {"confirm_resume": True, "far_trust": True}
    inside(elsewhere._resume_there)(far, "r")
    assert words(asked.act.calls) == [("resume", "r", "--trust-command")]


def test_a_plan_that_is_refused_there_shows_no_button(asked, far, screen):
    asked.plan = Asked(refusal=RefusedError(REFUSED))
    inside(elsewhere._resume_there)(far, "r")
    screen.typed = {"far_changes_r": "lr=1"}
    inside(elsewhere._restart_there)(far, "r", "")
    assert screen.said == [("error", REFUSED)] * 2 and screen.offered == {}


def test_a_restart_without_a_change_asks_nothing(asked, far, screen):
    screen.typed = {"far_changes_r": " \n"}
    inside(elsewhere._restart_there)(far, "r", "")
    assert asked.plan.calls == [] and screen.texts("caption") == ["Nothing is changed so far."]


def test_a_restart_shows_its_differences_and_opens_the_child_once_it_has_come(asked, far, screen, monkeypatch):
    asked.plan = Asked({**PLAN, "diff": [["lr", 0.1, 0.2], "odd"], "notes": ["Waits."], "remark": "Is new.",
                        "stops_parent": True})  # fmt: skip
    screen.typed = {"far_changes_r": "lr=0.2\n\n seed=7 "}
    inside(elsewhere._restart_there)(far, "r", "variety")
    said = ("restart", "r", "--option", "variety", "--set", "lr=0.2", "--set", "seed=7")
    assert words(asked.plan.calls) == [(*said, "--dry-run")]
    assert screen.texts("code") == ["lr: 0.1 → 0.2\nodd", "python t.py"] and screen.texts("write") == [
        "Waits.",
        "Is new.",
    ]
    assert screen.offered["confirm_restart"] == "Stop and start the child"
    (far.path / "r-2").mkdir()
    (far.path / "r-2" / "launch.json").touch()
    gone_to = Asked()
    monkeypatch.setattr(elsewhere, "go_to", gone_to)
    screen.typed["confirm_restart"] = True
    inside(elsewhere._restart_there)(far, "r", "variety")
    assert words(asked.plan.calls)[-1] == (*said, "--yes") and gone_to.calls == [((far.path, "r-2"), {})]


def test_a_child_that_does_not_come_opens_nothing(asked, far, monkeypatch):
    clock = iter([0.0, 7.9, 8.1])
    monkeypatch.setattr(elsewhere, "time", SimpleNamespace(monotonic=lambda: next(clock), sleep=lambda secs: None))
    gone_to = Asked()
    monkeypatch.setattr(elsewhere, "go_to", gone_to)
    elsewhere._start(far, ["restart", "r"])
    assert gone_to.calls == [] and next(clock, "over") == "over"


def test_several_runs_of_one_host_are_stopped_with_one_word(asked, far):
    assert elsewhere.stop_several_there(far, ["a", "b"]) == []
    assert words(asked.act.calls) == [("stop", "a", "b", "--no-wait")]
    asked.act = Asked(refusal=RefusedError(REFUSED))
    assert elsewhere.stop_several_there(far, ["a"]) == [REFUSED]
