"""Further options beside the one of the restart form."""

from dataclasses import replace
from pathlib import Path

import pytest

from monitor.diagnosis.prescriptions.prescription import Prescription
from monitor.launcher.relaunch.plan import RestartRequest
from monitor.run_dir.errors import RefusedError
from monitor.ui.dialogs import race
from tests.snapshots import snapshot
from tests.ui.dialogs.screen import REFUSED, Asked, restart_plan


def option(name, **changes):
    pairs = {key: [0.1, after] for key, after in changes.items()}
    return Prescription(name, f"Title {name}", pairs, None, "better", "time", "no better")


FIRST, EDIT, THIRD = option("a", lr=0.2), option("b"), option("c", dropout=0.5)
SEEN = snapshot(val_wer=[0.5] * 8)


def test_only_other_options_that_change_settings_can_start_beside(screen):
    assert race.pick_others([FIRST, EDIT, THIRD], FIRST) == []
    assert screen.offered["race_options"] == ["C  Title c"]
    screen.typed = {"race_options": ["C  Title c"]}
    assert race.pick_others([FIRST, EDIT, THIRD], FIRST) == [THIRD]
    race.pick_others([FIRST, EDIT, THIRD], None)
    assert screen.offered["race_options"] == ["A  Title a", "C  Title c"]


def test_where_there_is_no_other_nothing_is_asked(screen):
    assert race.pick_others([FIRST, EDIT], FIRST) == [] and race.pick_others([], None) == []
    assert screen.offered == {}


def test_each_further_child_gets_what_the_first_one_starts_from_its_device_and_a_folder_of_its_own(screen, monkeypatch):
    request = RestartRequest(
        changes={"lr": 0.2, "save_dir": "ckpt-2"}, start_from="best", device="cuda:1",
        expected={"epoch": 6, "epoch_by": "asked"},
    )  # fmt: skip
    first, second = restart_plan(request=request), restart_plan("r-3")
    asked = Asked(second)
    monkeypatch.setattr(race.launcher, "plan_restart", asked)
    assert race.plans_beside(first, [THIRD], SEEN, True) == [second]
    ((args, named),) = asked.calls
    assert args == (Path("runs"), "r", {"dropout": 0.5, "save_dir": race.PLACEHOLDER})
    assert (named["start_from"], named["device"], named["stop_parent"]) == ("best", "cuda:1", True)
    assert named["expected"]["epoch"] == 6 and named["expected"]["prescription"] == "c"
    assert named["beside"] == [first, second], "the list grows with each plan"


def test_an_epoch_that_was_not_chosen_by_a_person_holds_for_the_first_alone(screen, monkeypatch):
    asked = Asked(restart_plan("r-3"))
    monkeypatch.setattr(race.launcher, "plan_restart", asked)
    request = RestartRequest(expected={"epoch": 3, "epoch_by": "planned_end"})
    race.plans_beside(restart_plan(request=request), [THIRD], SEEN, False)
    assert asked.calls[0][1]["expected"]["epoch"] != 3 and asked.calls[0][1]["stop_parent"] is False


def test_a_refusal_is_shown_and_none_is_planned(screen, monkeypatch):
    monkeypatch.setattr(race.launcher, "plan_restart", Asked(refusal=RefusedError(REFUSED)))
    assert race.plans_beside(restart_plan(), [THIRD], SEEN, False) is None
    assert screen.said == [("error", REFUSED)]
    assert race.plans_beside(restart_plan(), [], SEEN, False) == []


def test_of_each_further_child_only_its_own_notes_are_said(screen):
    first = restart_plan(notes=("Waits.",))
    race.review_others(
        first, [restart_plan("r-3", notes=("Waits.", "Is new.")), replace(first, command="python t.py 9")]
    )
    assert screen.texts("warning") == ["Is new."] and screen.texts("code") == ["python t.py r-3", "python t.py 9"]
    assert screen.texts("caption")[0] == "r-3 runs exactly this, in /work:"


@pytest.mark.parametrize("plans", [[], ()])
def test_no_further_child_shows_nothing(plans, screen):
    race.review_others(restart_plan(), plans)
    assert screen.said == []
