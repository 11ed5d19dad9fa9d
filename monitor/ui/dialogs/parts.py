"""What the dialogs share: who asks, text that stays text, and an act that may be refused."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from typing import Any

import streamlit as st

from monitor.run_dir.errors import MonitorError


def asked_by() -> str:
    """Who asks, for the record: the user that the page's server runs as."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""


def act(what: Callable[[], Any]) -> None:
    """Does it and closes the dialog; what is refused is said in the dialog, which stays open."""
    try:
        what()
    except MonitorError as problem:
        st.error(plain(str(problem)))
        return
    st.rerun()


def shown_before(dialog: str, plan: str, clicked: bool) -> bool:
    """Whether a click confirms what stood there when it was made. A click itself makes the plan anew.

    Where it became another one meanwhile (the code was edited, a name was taken), that is said, and nothing is done.
    """
    key = f"shown_in_{dialog}"
    same = st.session_state.get(key) == plan
    st.session_state[key] = plan
    if clicked and not same:
        st.error("What would run has changed since it was shown. Read it again.", icon=None)
    return clicked and same


def plain(text: str) -> str:
    """Text from a run for a widget that reads Markdown: every mark in it is escaped."""
    return "".join(f"\\{letter}" if letter in "\\`*_{}[]()#+-!|<>:$~^" else letter for letter in text)
