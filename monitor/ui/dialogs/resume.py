"""Resume this run?"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from monitor import launcher
from monitor.run_dir import Snapshot
from monitor.ui.dialogs.parts import act, asked_by
from monitor.view.words import resume_words


@st.dialog("Resume this run?", width="medium")
def resume(run_dir: Path, snapshot: Snapshot) -> None:
    """Confirms that the same run goes on."""
    st.write(resume_words(snapshot))
    st.caption("The same from a terminal:")
    st.code(f"python -m monitor resume {snapshot.run_id} --runs {run_dir.parent}", language="bash")
    leave, go = st.columns(2)
    if leave.button("Leave it", width="stretch", key="leave_ended"):
        st.rerun()
    if go.button("Resume", type="primary", width="stretch", key="confirm_resume"):
        act(lambda: launcher.resume(run_dir.parent, snapshot.run_id, asked_by()))
