"""Stop this run, or several? The cost first, then one request for each."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from monitor.launcher.stopplan import StopPlan
from monitor.run_dir.errors import RefusedError
from monitor.run_dir.folders import Folder, Folders
from monitor.ui.dialogs import stop
from tests.snapshots import snapshot
from tests.ui.dialogs.screen import REFUSED, Asked, inside

RUN = Path("/runs/r")
PLAN = StopPlan("r", True, ("It saves.", "It exits."))


@pytest.fixture
def asked(screen, monkeypatch):
    asked = Asked()
    monkeypatch.setattr(stop.launcher, "stop", asked)
    monkeypatch.setattr(stop.launcher, "existing", lambda runs_dir, run_id: runs_dir / run_id)
    return asked


def drawn(monkeypatch, plan):
    monkeypatch.setattr(stop, "stop_plan", Asked(plan))
    inside(stop.stop)(RUN, snapshot())


@pytest.mark.parametrize(
    ("plan", "label", "asks"),
    [
        (PLAN, "Stop after this step", True),
        (replace(PLAN, can_save=False), "Stop now", True),
        (replace(PLAN, is_queued=True), "Leave the queue", False),
    ],
)
def test_the_cost_and_the_word_for_it_are_shown_and_nothing_is_asked_without_a_click(
    plan, label, asks, screen, asked, monkeypatch
):
    drawn(monkeypatch, plan)
    assert screen.texts("write") == ["It saves. It exits."] and screen.texts("info") == []
    assert screen.texts("code") == ["python -m monitor stop r --runs /runs"]
    assert (screen.offered["confirm_stop"], screen.offered["leave_stop"]) == (label, "Keep running")
    assert ("then_restart" in screen.offered) is asks and asked.calls == []


def test_who_has_asked_already_is_said(screen, asked, monkeypatch):
    drawn(monkeypatch, replace(PLAN, asked="ana asked for this stop 4 s ago."))
    assert len(screen.texts("info")) == 1 and "ana asked" in screen.texts("info")[0]


def test_a_click_asks_for_it_and_the_restart_options_come_next_where_they_are_wanted(screen, asked, monkeypatch):
    screen.typed = {"confirm_stop": True}
    drawn(monkeypatch, PLAN)
    assert asked.calls == [((RUN, "ana"), {})] and screen.session_state == {} and screen.reruns == 1
    screen.typed["then_restart"] = True
    drawn(monkeypatch, PLAN)
    assert screen.session_state == {stop.THEN_RESTART: "r"}


def folders(monkeypatch, *places):
    monkeypatch.setattr(stop, "served", lambda: Folders(places))


@pytest.fixture
def live(monkeypatch, tmp_path):
    """Runs of two folders, one of another host; `over` has ended and `gone` cannot be read."""
    words = {"over": "finished"}

    def status(run_dir):
        if run_dir.name == "gone":
            raise RefusedError("It is gone.")
        return SimpleNamespace(word=words.get(run_dir.name, "running"))

    monkeypatch.setattr(stop.launcher, "status", status)
    monkeypatch.setattr(stop, "RunReader", lambda run_dir: SimpleNamespace(read=lambda now: run_dir))
    monkeypatch.setattr(
        stop, "stop_plan", lambda run_dir, seen, now: StopPlan(seen.name, True, ("It ends.",), "Asked.")
    )
    near, far = tmp_path / "near", tmp_path / "far"
    folders(monkeypatch, Folder("near", near), Folder("far", far, "gpu01", "/there"))
    return near, far


def test_of_several_runs_those_that_live_are_shown_with_their_cost_and_their_command(live, screen, asked):
    near, far = live
    inside(stop.stop_several)([near / "a", near / "over", near / "gone", near / "b", far / "c"])
    assert screen.texts("markdown") == [f"**{name}** It ends. Asked." for name in "abc"]
    first, second = screen.texts("code")
    assert first == f"python -m monitor stop a b --runs {near}" and second.startswith("ssh gpu01 ")
    assert screen.offered["confirm_stop"] == "Stop 3 runs" and asked.calls == []


def test_one_run_is_it_and_none_is_said(live, screen, asked):
    near, _ = live
    inside(stop.stop_several)([near / "a"])
    assert screen.offered["confirm_stop"] == "Stop it"
    screen.offered.clear()
    inside(stop.stop_several)([near / "over", near / "gone"])
    assert screen.texts("write") == ["None of these runs is running."] and screen.offered == {}


def test_a_click_asks_each_run_and_each_host_once(live, screen, asked, monkeypatch):
    near, far = live
    there = Asked([])
    monkeypatch.setattr(stop, "stop_several_there", there)
    screen.typed = {"confirm_stop": True}
    inside(stop.stop_several)([near / "a", far / "c", far / "d", near / "b"])
    assert [args for args, _ in asked.calls] == [(near / "a", "ana"), (near / "b", "ana")]
    ((folder, names),) = [args for args, _ in there.calls]
    assert (folder.host, names) == ("gpu01", ["c", "d"]) and screen.reruns == 1


def test_refusals_are_shown_and_keep_no_other_run_running(live, screen, monkeypatch):
    near, far = live
    refused = Asked(refusal=RefusedError(REFUSED))
    monkeypatch.setattr(stop.launcher, "stop", refused)
    monkeypatch.setattr(stop.launcher, "existing", lambda runs_dir, run_id: runs_dir / run_id)
    monkeypatch.setattr(stop, "stop_several_there", Asked(["There too."]))
    stop._stop_all([near / "a", near / "b", far / "c"])
    assert len(refused.calls) == 2 and screen.reruns == 0
    assert len(screen.texts("error")) == 3 and screen.texts("error")[1:] == [REFUSED, REFUSED]
