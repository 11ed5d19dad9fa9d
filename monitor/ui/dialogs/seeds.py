"""The same change with two more seeds, for a result within the noise."""

from __future__ import annotations

import time
from pathlib import Path

import streamlit as st

from monitor import launcher
from monitor.diagnosis.prescriptions.seeds import SEED, seed_changes
from monitor.diagnosis.seed_groups import groups_in
from monitor.diagnosis.seed_means import siblings
from monitor.launcher.relaunch.outputs import is_output
from monitor.launcher.relaunch.plan import RestartPlan
from monitor.run_dir import job_words
from monitor.run_dir.errors import MonitorError, RefusedError
from monitor.run_dir.launch import PLACEHOLDER, read_launch
from monitor.run_dir.reader import RunReader, list_runs
from monitor.run_dir.status import device_words
from monitor.ui.dialogs.device import pick_device
from monitor.ui.dialogs.parts import asked_by, code, confirmed, dialog, go_to, plain, shown_before
from monitor.ui.dialogs.review import agreed_to


@dialog("Two more seeds", width="large")
def seeds(runs_dir: Path, child_id: str) -> None:
    """Both commands of two more children of the same parent, and one button that starts them."""
    try:
        child = RunReader(launcher.existing(runs_dir, child_id)).read(time.time())
        device = pick_device(runs_dir, child.launch, "seeds_device")
        plans = _plans(runs_dir, child_id, device)
    except MonitorError as problem:
        st.error(plain(str(problem)), icon=None)
        return
    st.write(plain(f"Repeats the change of {child_id} with two more seeds: same parent, judged at the same epoch."))
    for note in dict.fromkeys(note for plan in plans for note in plan.notes):
        st.warning(plain(note), icon=None)
    if plans[0].stranger:
        st.error(plain(plans[0].stranger), icon=None)
    for plan in plans:
        name = f"{plan.child_id}, seed {plan.request.changes[SEED]}"
        st.caption(f"{plain(name)}, runs exactly this in {plain(str(plan.cwd))}:")
        code(plan.command)
    waits = any(note.startswith("Waits for ") for plan in plans for note in plan.notes)
    st.caption(_when(plans, waits))
    may_start = agreed_to(plans[0].stranger)
    clicked = confirmed("Queue both" if waits else "Start both", "seeds", disabled=not may_start)
    if shown_before("seeds", " ".join(plan.digest for plan in plans), clicked):
        _start(plans)


def _when(plans: list[RestartPlan], waits: bool) -> str:
    """Whether they start at once, stand in line, or are jobs of a cluster."""
    device, parent = plans[0].device, read_launch(plans[0].runs_dir / plans[0].parent_id)
    if parent is not None and parent.job is not None:
        how = "as one job array" if launcher.may_be_array(plans) else "as a job each"
        return (
            f"Both are submitted to {job_words.NAMES[parent.job.engine]}, {how}, with what {parent.run_id} asked for."
        )
    if not device:
        return "Both start at once, on the same machine, beside what already runs there."
    if waits:
        return f"Both wait in the queue: each starts once it has {device_words(device)} for itself."
    return f"The first starts at once; the second as soon as it has {device_words(device)} for itself."


def _plans(runs_dir: Path, child_id: str, device: str | None) -> list[RestartPlan]:
    """Raises RefusedError if no seed can be set."""
    now = time.time()
    child = RunReader(launcher.existing(runs_dir, child_id)).read(now)
    link = child.launch.parent if child.launch is not None else None
    if child.launch is None or link is None:
        raise RefusedError(f"{child_id} is not a child of another run, so there is no change to repeat.")
    wish = child.launch.device if device is None else device
    parent = RunReader(launcher.existing(runs_dir, link.run_id)).read(now)
    plans: list[RestartPlan] = []
    groups = groups_in(runs_dir, list_runs(runs_dir))
    taken = siblings(child, groups, lambda name: RunReader(runs_dir / name).read(now))
    for wanted in seed_changes(parent, child, taken):
        # A folder that the child was given for itself is taken; each of these gets its own.
        changes = {key: PLACEHOLDER if is_output(key) else value for key, value in wanted.items()}
        plans.append(
            launcher.plan_restart(runs_dir, link.run_id, changes, expected=link.expected, device=wish, beside=plans)
        )
    if not plans:
        raise RefusedError(f"{child_id} has no setting called {SEED}: another seed cannot be set from here.")
    return plans


def _start(plans: list[RestartPlan]) -> None:
    try:
        started = launcher.restart_together(
            plans, stop_parent=False, asked_by=asked_by(), trusted=bool(plans[0].stranger)
        )
    except MonitorError as problem:
        st.error(plain(str(problem)), icon=None)
        return
    go_to(plans[0].runs_dir, started[0])
    st.rerun()
