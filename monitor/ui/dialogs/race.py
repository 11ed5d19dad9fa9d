"""Further options beside the one of the restart form: each is a child of its own, and all of them start or none."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from monitor import launcher
from monitor.diagnosis.moment import ASKED
from monitor.diagnosis.prescriptions.choosing import agreed, lettered
from monitor.diagnosis.prescriptions.prescription import Prescription
from monitor.launcher.relaunch.outputs import is_output
from monitor.launcher.relaunch.plan import RestartPlan
from monitor.run_dir import Snapshot
from monitor.run_dir.errors import MonitorError
from monitor.run_dir.launch import PLACEHOLDER
from monitor.ui.dialogs.parts import code, plain


def pick_others(options: Sequence[Prescription], picked: Prescription | None) -> list[Prescription]:
    """The options that are to start beside the picked one; only those that change settings can."""
    named = {f"{letter}  {each.title}": each for letter, each in lettered(options) if each.changes and each != picked}
    if not named:
        return []
    chosen = st.multiselect("And at the same time, each as a child of its own", list(named), key="race_options")
    return [named[str(label)] for label in chosen]


def plans_beside(
    first: RestartPlan, others: Sequence[Prescription], snapshot: Snapshot, stops: bool
) -> list[RestartPlan] | None:
    """The plan of each of the others, with what the first one starts from and its device; None after a refusal was
    shown. An epoch of judgement that a person gave holds for all."""
    plans = [first]
    # Where the first one was given a folder of its own, each of the others gets one too.
    own_folders = {key: PLACEHOLDER for key in first.request.changes if is_output(key)}
    epoch = first.expected.get("epoch") if first.expected.get("epoch_by") == ASKED else None
    try:
        for option in others:
            changes = {key: after for key, (_, after) in option.changes.items()} | own_folders
            plans.append(
                launcher.plan_restart(
                    first.runs_dir,
                    first.parent_id,
                    changes,
                    expected=agreed(option, snapshot, changes, epoch),
                    start_from=first.request.start_from,
                    device=first.request.device,
                    stop_parent=stops,
                    beside=plans,
                )
            )
    except MonitorError as problem:
        st.error(plain(str(problem)), icon=None)
        return None
    return plans[1:]


def review_others(first: RestartPlan, plans: Sequence[RestartPlan]) -> None:
    """Of each further child what holds for it alone, and its command."""
    for plan in plans:
        if own := [note for note in plan.notes if note not in first.notes]:
            st.warning(plain(" ".join(own)), icon=None)
        st.caption(f"{plain(plan.child_id)} runs exactly this, in {plain(str(plan.cwd))}:")
        code(plan.command)
