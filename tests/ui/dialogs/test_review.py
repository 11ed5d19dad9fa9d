"""What a person reads before a restart or a resume."""

import pytest

from monitor.launcher.relaunch.code import CodeChange
from monitor.launcher.relaunch.resuming import ResumePlan
from monitor.run_dir import Launch
from monitor.ui.dialogs import review
from tests.ui.dialogs.screen import restart_plan

CHANGED = CodeChange(False, "1 line of model.py changed.", "+x = 1")
AGREE = "trust_command"


def test_each_change_is_said_with_its_old_and_new_value():
    diff = [("lr", 0.1, 0.05), ("dropout", None, 0.3), ("amp", True, None)]
    assert review.changes_of(restart_plan(diff=diff)) == "lr 0.1 → 0.05 · dropout not set → 0.3 · amp true → not set"
    assert review.changes_of(restart_plan(diff=[])) == "No setting is changed: the child repeats the run."


def test_a_plan_of_ones_own_command_may_start_and_is_shown_as_it_is(screen):
    assert review.review_restart(restart_plan())
    assert [how for how, _ in screen.said] == ["markdown", "caption", "code"]
    assert screen.texts("caption") == ["Runs exactly this, in /work:"]
    assert screen.texts("code") == ["python t.py r-2"] and AGREE not in screen.offered


def test_notes_and_changed_code_are_said_before_the_command(screen):
    review.review_restart(restart_plan(notes=("Waits.", "Then starts."), code=CHANGED))
    assert [how for how, _ in screen.said] == ["markdown", "markdown", "warning", "caption", "code"]
    assert (
        screen.texts("markdown")[1].startswith("**Code**  1 line of model")
        and "new code" in screen.texts("markdown")[1]
    )
    assert screen.texts("warning") == ["Waits. Then starts."]


def test_code_of_which_nothing_is_known_promises_nothing(screen):
    review.review_restart(restart_plan(code=CodeChange(None, "It is not known.")))
    assert screen.texts("markdown")[1] == "**Code**  It is not known."


def test_a_command_of_a_stranger_needs_a_tick(screen):
    plan = restart_plan(stranger="Somebody else wrote it.")
    assert not review.review_restart(plan) and screen.texts("error") == ["Somebody else wrote it."]
    screen.typed = {AGREE: True}
    assert review.review_restart(plan) and review.agreed_to("x") and review.agreed_to("")


def test_of_several_children_each_is_named_with_its_changes(screen):
    review.review_restart(restart_plan(), [restart_plan("r-3", diff=[("lr", 0.1, 0.2)])])
    assert [text.split("  ")[0] for text in screen.texts("markdown")] == ["**r-2**", "**r-3**"]
    assert screen.texts("markdown")[1].endswith("→ 0\\.2") and screen.texts("code") == ["python t.py r-2"]


def test_the_surroundings_are_shown_on_request(screen):
    review.review_surroundings(restart_plan(surroundings=("torch 2.", "A GPU.")))
    assert screen.texts("caption") == [
        "Code: unchanged since the parent started.",
        "Environment: torch 2. A GPU.",
    ]
    screen.said.clear()
    review.review_surroundings(restart_plan(code=CHANGED))
    assert screen.said == [("code", "+x = 1")]
    screen.said.clear()
    review.review_surroundings(restart_plan(code=CodeChange(None)))
    assert screen.said == []


@pytest.mark.parametrize("stranger", ["", "Somebody else wrote it."])
def test_a_resume_says_where_it_goes_on_and_its_code_and_command(stranger, screen):
    plan = ResumePlan(
        "r",
        "Goes on from epoch 3.",
        "python t.py",
        "/work",
        CHANGED,
        ("torch 2",),
        stranger,
        Launch(run_id="r", created_at=1.0),
    )
    assert review.review_resume(plan) is not bool(stranger)
    assert screen.texts("write") == ["Goes on from epoch 3."] and screen.texts("code") == ["+x = 1", "python t.py"]
    assert screen.texts("caption") == ["Environment: torch 2", "Runs exactly this, in /work:"]


def test_a_long_diff_is_cut(screen):
    review.review_surroundings(restart_plan(code=CodeChange(False, "x", "+" * (review.MOST_DIFF + 1))))
    assert len(screen.texts("code")[0]) == review.MOST_DIFF
