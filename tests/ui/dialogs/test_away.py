"""The choice of an away policy, and its dialog."""

from pathlib import Path

import pytest

from monitor.run_dir import Away
from monitor.run_dir.errors import RefusedError
from monitor.ui.dialogs import away
from tests.snapshots import snapshot
from tests.ui.dialogs.screen import REFUSED, Asked, inside

RUN = Path("/runs/r")


def test_what_is_in_force_is_chosen_first(screen):
    for policy, word in ((Away(), "tell"), (Away(do="stop"), "stop"), (Away(do="stop_and_fix"), "fix")):
        assert away.choose(policy, "k").do == policy.do
        assert screen.offered["k_do"] == ["tell", "stop", "fix"] and away.word_of(policy) == word
    assert set(away.CHOICES) == {"tell", "stop", "fix"}


def test_hours_are_asked_for_a_child_only_and_are_those_in_force_or_the_usual(screen):
    assert away.choose(Away(do="stop"), "k").budget_hours is None and "k_hours" not in screen.offered
    assert away.choose(Away(do="stop_and_fix"), "k").budget_hours == 12.0
    assert screen.offered["k_hours"] == (0.1, 1000.0, 12.0, 1.0)
    assert away.choose(Away(do="stop_and_fix", budget_hours=3.0), "k").budget_hours == 3.0
    screen.typed = {"k_do": "fix", "k_hours": 5.5}
    chosen = away.choose(Away(), "k")
    assert (chosen.do, chosen.budget_hours, chosen.by) == ("stop_and_fix", 5.5, "ana") and chosen.at > 0


@pytest.mark.parametrize(
    ("do", "line"),
    [
        ("tell", "python -m monitor away r tell --runs /runs"),
        ("stop", "python -m monitor away r stop --runs /runs"),
        ("fix", "python -m monitor away r fix --if-bad-hours 12 --runs /runs"),
    ],
)
def test_the_same_is_shown_for_a_terminal_and_nothing_is_set_without_a_click(do, line, screen, monkeypatch):
    asked = Asked()
    monkeypatch.setattr(away.launcher, "set_policy", asked)
    screen.typed = {"away_r_do": do}
    inside(away.away)(RUN, snapshot())
    assert screen.texts("code") == [line] and screen.texts("write") == [away.ASIDE]
    assert asked.calls == [] and screen.reruns == 0 and screen.offered["confirm_away"] == "Set"


def test_a_click_sets_it_and_a_refusal_is_shown(screen, monkeypatch):
    asked = Asked()
    monkeypatch.setattr(away.launcher, "set_policy", asked)
    screen.typed = {"away_r_do": "stop", "confirm_away": True}
    inside(away.away)(RUN, snapshot(away=Away(do="stop_and_fix")))
    ((run_dir, policy), _) = asked.calls[0]
    assert (run_dir, policy.do, policy.by) == (RUN, "stop", "ana") and screen.reruns == 1
    monkeypatch.setattr(away.launcher, "set_policy", Asked(refusal=RefusedError(REFUSED)))
    inside(away.away)(RUN, snapshot())
    assert screen.texts("error") == [REFUSED] and screen.reruns == 1
