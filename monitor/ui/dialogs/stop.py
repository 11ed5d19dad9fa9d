"""Stop this run, or several?"""

from __future__ import annotations

import time
from pathlib import Path

import streamlit as st

from monitor import launcher
from monitor.launcher.hosts.acting import there
from monitor.launcher.stopplan import StopPlan, stop_plan
from monitor.run_dir import OPEN_STATES, Snapshot
from monitor.run_dir.errors import MonitorError
from monitor.run_dir.folders import served
from monitor.run_dir.reader import RunReader
from monitor.run_dir.words import monitor_line
from monitor.ui.dialogs.elsewhere import stop_several_there
from monitor.ui.dialogs.parts import act, asked_by, code, confirmed, dialog, plain

THEN_RESTART = "restart_options_next"
"""Where the page's session keeps which run's restart options it opens next."""


@dialog("Stop this run?", width="medium")
def stop(run_dir: Path, snapshot: Snapshot) -> None:
    """Confirms a stop; the cost is shown first."""
    plan = stop_plan(run_dir, snapshot, time.time())
    if plan.asked:
        st.info(plain(plan.asked), icon=None)
    st.write(plain(" ".join(plan.lines)))
    st.caption("The same from a terminal:")
    code(monitor_line("stop", snapshot.run_id, "--runs", run_dir.parent))
    then_restart = not plan.is_queued and st.checkbox("Show the restart options next", key="then_restart")
    label = "Leave the queue" if plan.is_queued else "Stop after this step" if plan.can_save else "Stop now"
    if confirmed(label, "stop", leave="Keep running"):
        act(lambda: _stop(run_dir, then_restart))


def _stop(run_dir: Path, then_restart: bool) -> None:
    launcher.stop(run_dir, asked_by())
    if then_restart:
        st.session_state[THEN_RESTART] = run_dir.name


@dialog("Stop these runs?", width="medium")
def stop_several(runs: list[Path]) -> None:
    """Confirms a stop of several runs, each with its cost."""
    plans = _plans(runs)
    if not plans:
        st.write("None of these runs is running.")
        return
    for _, plan in plans:
        st.markdown(f"**{plain(plan.run_id)}** {plain(' '.join((*plan.lines, plan.asked)))}")
    st.caption("The same from a terminal:")
    for runs_dir in dict.fromkeys(run_dir.parent for run_dir, _ in plans):
        ids = [run_dir.name for run_dir, _ in plans if run_dir.parent == runs_dir]
        folder = served().holding(runs_dir)
        code(there(folder, "stop", *ids) if folder.host else monitor_line("stop", *ids, "--runs", runs_dir))
    label = f"Stop {len(plans)} runs" if len(plans) > 1 else "Stop it"
    if confirmed(label, "stop", leave="Keep running"):
        _stop_all([run_dir for run_dir, _ in plans])


def _plans(runs: list[Path]) -> list[tuple[Path, StopPlan]]:
    """One plan per live run; a run that has ended meanwhile needs no stop."""
    plans = []
    for run_dir in runs:
        try:
            if launcher.status(run_dir).word in OPEN_STATES:
                plans.append((run_dir, stop_plan(run_dir, RunReader(run_dir).read(time.time()), time.time())))
        except MonitorError:
            continue
    return plans


def _stop_all(runs: list[Path]) -> None:
    """Asks every run; a refusal of one does not keep the others running."""
    problems = []
    far = {run_dir: folder for run_dir in runs if (folder := served().holding(run_dir.parent)).host}
    for folder in dict.fromkeys(far.values()):
        problems += stop_several_there(folder, [run_dir.name for run_dir in far if far[run_dir] == folder])
    for run_dir in (each for each in runs if each not in far):
        try:
            launcher.stop(launcher.existing(run_dir.parent, run_dir.name), asked_by())
        except MonitorError as problem:
            problems.append(str(problem))
    for sentence in problems:
        st.error(plain(sentence))
    if not problems:
        st.rerun()
