"""What the dialogs share: the user's name, escaped text, and an act that may be refused."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from typing import Any

import streamlit as st

from monitor.run_dir.errors import MonitorError


def asked_by() -> str:
    """Who asks, for the audit: the user that the page's server runs as."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""


def act(what: Callable[[], Any]) -> None:
    """Acts and closes the dialog; a refusal is shown in the dialog, which stays open."""
    try:
        what()
    except MonitorError as problem:
        st.error(plain(str(problem)))
        return
    st.rerun()


def shown_before(dialog: str, plan: str, clicked: bool) -> bool:
    """Whether a click confirms the plan that was shown. A click makes the plan again.

    If the plan has changed meanwhile (the code was edited, a name was taken), the dialog says so and does nothing.
    """
    key = f"shown_in_{dialog}"
    same = st.session_state.get(key) == plan
    st.session_state[key] = plan
    if clicked and not same:
        st.error("The plan has changed since it was shown. Check it again.", icon=None)
    return clicked and same


def plain(text: str) -> str:
    """Text from a run for a widget that reads Markdown: every special character is escaped."""
    return "".join(f"\\{letter}" if letter in "\\`*_{}[]()#+-!|<>:$~^" else letter for letter in text)
