"""Resume this run? A click confirms the plan that was shown."""

from dataclasses import replace
from pathlib import Path

import pytest

from monitor.launcher.relaunch.code import CodeChange
from monitor.launcher.relaunch.resuming import ResumePlan
from monitor.run_dir import Launch
from monitor.run_dir.errors import RefusedError
from monitor.ui.dialogs import resume
from tests.snapshots import snapshot
from tests.ui.dialogs.screen import REFUSED, Asked, inside

RUN = Path("/runs/r")
LAUNCH = Launch(run_id="r", created_at=1.0, argv=["python", "t.py"])
PLAN = ResumePlan("r", "Goes on from epoch 3.", "python t.py", "/work", CodeChange(True), (), "", LAUNCH)


@pytest.fixture
def ask(screen, monkeypatch):
    """Draws the dialog for a plan; answers with what was asked of the launcher."""
    asked = Asked()
    monkeypatch.setattr(resume.launcher, "resume", asked)

    def drawn(plan):
        monkeypatch.setattr(resume.launcher, "plan_resume", Asked(plan))
        inside(resume.resume)(RUN, snapshot())
        return asked.calls

    return drawn


def test_a_plan_that_is_refused_says_why_and_shows_no_button(screen, monkeypatch):
    monkeypatch.setattr(resume.launcher, "plan_resume", Asked(refusal=RefusedError(REFUSED)))
    inside(resume.resume)(RUN, snapshot())
    assert screen.said == [("error", REFUSED)] and screen.offered == {}


def test_it_is_shown_first_and_a_click_resumes_what_was_shown(screen, ask):
    assert ask(PLAN) == []
    assert screen.texts("code") == ["python t.py", "python -m monitor resume r --runs /runs"]
    assert ask(PLAN) == [], "looking at it a second time is no click"
    screen.typed = {"confirm_resume": True}
    ((args, named),) = ask(PLAN)
    assert args == (Path("/runs"), "r", "ana") and named == {"plan": PLAN, "trusted": False}
    assert screen.reruns == 1


def test_another_plan_than_the_one_shown_is_not_resumed(screen, ask):
    ask(PLAN)
    screen.typed = {"confirm_resume": True}
    assert ask(replace(PLAN, launch=Launch(run_id="r", created_at=1.0, argv=["python", "u.py"]))) == []
    assert screen.texts("error")[0].startswith("The plan has changed since it was shown")


def test_a_command_of_a_stranger_is_resumed_only_after_a_tick(screen, ask):
    plan = replace(PLAN, stranger="Somebody else wrote it.")
    ask(plan)
    assert "confirm_resume" in screen.disabled
    assert screen.texts("code")[-1] == "python -m monitor resume r --trust-command --runs /runs"
    screen.typed = {"confirm_resume": True}
    assert ask(plan) == []
    screen.typed["trust_command"] = True
    ((_, named),) = ask(plan)
    assert named["trusted"] is True
