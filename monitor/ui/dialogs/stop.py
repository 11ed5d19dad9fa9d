"""Stop this run?"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from monitor import launcher
from monitor.run_dir import Snapshot
from monitor.ui.dialogs.parts import act, asked_by
from monitor.view.words import stop_words


@st.dialog("Stop this run?", width="medium")
def stop(run_dir: Path, snapshot: Snapshot) -> None:
    """Confirms a stop; what is lost is said first."""
    st.write(stop_words(snapshot))
    st.caption("The same from a terminal:")
    st.code(f"python -m monitor stop {snapshot.run_id} --runs {run_dir.parent}", language="bash")
    keep, go = st.columns(2)
    if keep.button("Keep running", width="stretch", key="keep_running"):
        st.rerun()
    if go.button("Stop after this step", type="primary", width="stretch", key="confirm_stop"):
        act(lambda: launcher.stop(run_dir, asked_by()))
