"""What the dialogs share: the user's name, escaped text, and an act that may be refused."""

from __future__ import annotations

import functools
import re
import string
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, ParamSpec, TypeVar

import streamlit as st
from streamlit.runtime.scriptrunner_utils.script_run_context import get_script_run_ctx

from monitor.run_dir.audit import user_name
from monitor.run_dir.errors import MonitorError
from monitor.run_dir.folders import served
from monitor.run_dir.words import steady
from monitor.ui.visitors import HOLDER_HEADER, NAME_HEADER, ROLE_HEADER, WAY_HEADER, heard


def asked_by() -> str:
    """Who asks: the person whose link it is, or whom the proxy names; else the user that the page's server runs as."""
    return heard(st.context.headers, NAME_HEADER) or user_name()


def role_now() -> str:
    """The role of the visitor at this moment, as the gate has found it: a session can pass from one visitor to another,
    so the role is read at each call and never kept."""
    return "control" if st.context.headers.get(ROLE_HEADER) == "control" else "look"


def go_to(runs_dir: Path, run_id: str) -> None:
    """The page shows this run next."""
    st.query_params["run"] = served().holding(runs_dir).address(run_id)


def way_now() -> str:
    """Which way an act comes that is noted at this moment; outside of the page's script, that of the owner's page."""
    if get_script_run_ctx(suppress_warning=True) is None:
        return ""
    return heard(st.context.headers, WAY_HEADER)


def holder_now() -> str:
    """Whose link the visitor came by (monitor.ui.visitors); "" for who needs none."""
    return heard(st.context.headers, HOLDER_HEADER)


P = ParamSpec("P")
T = TypeVar("T")
WORD_JOINER = "\u2060"
INERT = re.compile(r"(?:[^\W_]|[ ,;%=/'\"?.()+-]|(?<=[^\W_])_(?=[^\W_])|:(?= |$))*")
ADDRESS_OR_LIST = re.compile(r"(?i)www\.|^\s*(?:[-+=]|\d+[.)])")
ADDRESS = re.compile(r"(?=\bhttps?\\:|\bwww\\\.|\\@)", re.IGNORECASE)


def dialog(title: str, width: Literal["small", "medium", "large"]) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """A dialog that only a control link opens and acts through. Each click in it runs its function again by itself,
    without the page around it, so the role is asked here, each time."""

    def wrapped(content: Callable[P, None]) -> Callable[P, None]:
        """`content` as a dialog of Streamlit."""

        @functools.wraps(content)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
            """Asks for the role, then draws."""
            if role_now() == "control":
                content(*args, **kwargs)
            else:
                st.error("This link is view-only; nothing was done.", icon=None)

        return st.dialog(title, width=width)(guarded)

    return wrapped


def act(what: Callable[[], Any]) -> None:
    """Acts and closes the dialog; a refusal is shown in the dialog, which stays open."""
    try:
        what()
    except MonitorError as problem:
        st.error(plain(str(problem)))
        return
    st.rerun()


def at_once(what: Callable[[], Any]) -> None:
    """Acts without a dialog; a refusal is shown as a toast."""
    try:
        what()
    except (MonitorError, OSError) as problem:
        st.toast(plain(str(problem)), duration="long")


def attempt(what: Callable[[], T]) -> T | None:
    """The result of `what`; None after the reason of a refusal has been shown."""
    try:
        return what()
    except MonitorError as problem:
        st.error(plain(str(problem)), icon=None)
        return None


def confirmed(label: str, key: str, *, disabled: bool = False, leave: str = "Cancel") -> bool:
    """Draws the two buttons that end a dialog and returns whether `label` was clicked. `leave` closes the dialog.

    Their keys are `leave_` and `confirm_` with `key` behind it.
    """
    left, right = st.columns(2)
    if left.button(leave, width="stretch", key=f"leave_{key}"):
        st.rerun()
    return right.button(label, type="primary", width="stretch", disabled=disabled, key=f"confirm_{key}")


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
    """Text from a run for a widget that reads Markdown: every sign is escaped, and a bare address becomes no link.

    Text that means nothing in Markdown stays as it is: a screen reader is given a label with its escapes.
    """
    if INERT.fullmatch(text) and not ADDRESS_OR_LIST.search(text):
        return text
    signs = "".join(f"\\{letter}" if letter in string.punctuation else letter for letter in steady(text))
    return ADDRESS.sub(WORD_JOINER, signs)


def code(text: str, language: str = "bash") -> None:
    """A command or lines to be read, and copied, as they are; none of their signs turns what is read."""
    st.code(steady(text), language=language, wrap_lines=True)
