"""Resume this run?"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from monitor import launcher
from monitor.run_dir import Snapshot
from monitor.run_dir.errors import MonitorError
from monitor.run_dir.words import monitor_line
from monitor.ui.dialogs.parts import act, asked_by, code, dialog, plain, shown_before
from monitor.ui.dialogs.review import review_resume


@dialog("Resume this run?", width="large")
def resume(run_dir: Path, snapshot: Snapshot) -> None:
    """Confirms a resume of the same run: from which checkpoint, with which code and command."""
    try:
        plan = launcher.plan_resume(run_dir.parent, snapshot.run_id)
    except MonitorError as problem:
        st.error(plain(str(problem)), icon=None)
        return
    # One element to Streamlit: what comes and goes in it moves no button.
    with st.container():
        agreed = review_resume(plan)
        trust = ("--trust-command",) if plan.stranger else ()
        st.caption("The same from a terminal:")
        command = monitor_line("resume", snapshot.run_id, *trust, "--runs", run_dir.parent)
        code(command)
    leave, go = st.columns(2)
    if leave.button("Cancel", width="stretch", key="leave_ended"):
        st.rerun()
    clicked = go.button("Resume", type="primary", width="stretch", disabled=not agreed, key="confirm_resume")
    if shown_before("resume", f"{plan.fingerprint} {plan.code.now}", clicked and agreed):
        trusted = bool(plan.stranger) and agreed
        act(lambda: launcher.resume(run_dir.parent, snapshot.run_id, asked_by(), plan=plan, trusted=trusted))
