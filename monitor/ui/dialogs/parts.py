"""What the dialogs share: who asks, text that stays text, and an act that may be refused."""

from __future__ import annotations

import getpass
import json
from collections.abc import Callable
from typing import Any

import streamlit as st

from monitor.errors import MonitorError


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


def value_text(value: Any) -> str:
    """A value as it stands on a command line."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else value if isinstance(value, str) else json.dumps(value)


def plain(text: str) -> str:
    """Text from a run for a widget that reads Markdown: every mark in it is escaped."""
    return "".join(f"\\{letter}" if letter in "\\`*_{}[]()#+-!|<>:$~^" else letter for letter in text)
