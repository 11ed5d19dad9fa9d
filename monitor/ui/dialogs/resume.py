"""Resume this run?"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from monitor import launcher
from monitor.run_dir import Snapshot
from monitor.run_dir.words import monitor_line
from monitor.ui.dialogs.parts import act, asked_by, attempt, code, confirmed, dialog, shown_before
from monitor.ui.dialogs.review import review_resume


@dialog("Resume this run?", width="large")
def resume(run_dir: Path, snapshot: Snapshot) -> None:
    """Confirms a resume of the same run: from which checkpoint, with which code and command."""
    plan = attempt(lambda: launcher.plan_resume(run_dir.parent, snapshot.run_id))
    if plan is None:
        return
    # One element to Streamlit: what comes and goes in it moves no button.
    with st.container():
        agreed = review_resume(plan)
        trust = ("--trust-command",) if plan.stranger else ()
        st.caption("The same from a terminal:")
        code(monitor_line("resume", snapshot.run_id, *trust, "--runs", run_dir.parent))
    clicked = confirmed("Resume", "resume", disabled=not agreed)
    if shown_before("resume", f"{plan.fingerprint} {plan.code.now}", clicked and agreed):
        trusted = bool(plan.stranger) and agreed
        act(lambda: launcher.resume(run_dir.parent, snapshot.run_id, asked_by(), plan=plan, trusted=trusted))
