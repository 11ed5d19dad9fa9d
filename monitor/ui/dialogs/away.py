"""The away policy: set when a run is started or restarted, changed while it runs."""

from __future__ import annotations

import time
from pathlib import Path

import streamlit as st

from monitor import launcher
from monitor.diagnosis.away import BUDGET_HOURS, policy_from, policy_in, word_of
from monitor.run_dir import Away, Snapshot
from monitor.run_dir.words import monitor_line
from monitor.ui.dialogs.parts import act, asked_by, code, confirmed, dialog

LABEL = "If it goes bad while I am away"
CHOICES = {"tell": "send a message", "stop": "stop it", "fix": "stop it and start the prescribed child"}
ASIDE = "Acts once, and only when the verdict is STOP. What saves a checkpoint at a stop can be resumed."


@dialog(LABEL, width="medium")
def away(run_dir: Path, snapshot: Snapshot) -> None:
    """Changes the policy of a live run."""
    st.write(ASIDE)
    policy = choose(policy_in(snapshot), f"away_{snapshot.run_id}", is_titled=True)
    st.caption("The same from a terminal:")
    hours = ("--if-bad-hours", f"{policy.budget_hours:g}") if policy.budget_hours else ()
    code(monitor_line("away", snapshot.run_id, word_of(policy), *hours, "--runs", run_dir.parent))
    if confirmed("Set", "away"):
        act(lambda: launcher.set_policy(run_dir, policy))


def choose(now: Away, key: str, *, is_titled: bool = False) -> Away:
    """The choice itself, for any dialog. `is_titled`: the dialog's title already asks the question."""
    words = list(CHOICES)
    start = words.index(word_of(now))
    do = st.radio(
        LABEL,
        words,
        start,
        format_func=CHOICES.__getitem__,
        horizontal=True,
        key=f"{key}_do",
        help=None if is_titled else ASIDE,
        label_visibility="collapsed" if is_titled else "visible",
    )
    hours = None
    if do == "fix":
        budget = now.budget_hours or BUDGET_HOURS
        hours = st.number_input("Hours that the child may run", 0.1, 1000.0, budget, 1.0, key=f"{key}_hours")
    return policy_from(str(do), hours, asked_by(), time.time())
