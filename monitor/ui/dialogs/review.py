"""What a person reads before a restart or a resume: differences, code, environment, and the command byte for byte."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from monitor.launcher.relaunch.choices import written
from monitor.launcher.relaunch.code import CodeChange
from monitor.launcher.relaunch.plan import RestartPlan
from monitor.launcher.relaunch.resuming import ResumePlan
from monitor.run_dir.words import steady
from monitor.ui.dialogs.parts import code, plain
from monitor.view.compared import MOST_DIFF


def review_restart(plan: RestartPlan, others: Sequence[RestartPlan] = ()) -> bool:
    """What would start, in short: differences, notes, the command; returns whether it may be carried out, as an
    unverified command needs consent first. `others`: the children that start with it, each with its differences alone.
    """
    if not others:
        st.markdown(plain(changes_of(plan)))
    for each in (plan, *others) if others else ():
        st.markdown(f"**{plain(each.child_id)}**  {plain(changes_of(each))}")
    if plan.code.line:
        _code_line(plan.code, "The child runs the new code.")
    if plan.notes:
        st.warning(plain(" ".join(plan.notes)), icon=None)
    return _command(plan.stranger, plan.command, str(plan.cwd))


def changes_of(plan: RestartPlan) -> str:
    """The differences of a child from its parent, as "lr 0.1 → 0.05 · dropout not set → 0.3"."""
    changes = [f"{key} {_value(before)} → {_value(after)}" for key, before, after in plan.diff]
    return " · ".join(changes) or "No setting is changed: the child repeats the run."


def _value(value: object) -> str:
    return written(value) or "not set"


def review_surroundings(plan: RestartPlan) -> None:
    """What else the child runs with: the lines of code that changed, and the environment."""
    if not plan.code.line and plan.code.is_same:
        st.caption("Code: unchanged since the parent started.")
    if plan.code.diff:
        _lines(plan.code.diff)
    _surroundings(plan.surroundings)


def review_resume(plan: ResumePlan) -> bool:
    """The same for a resume."""
    st.write(plain(plan.line))
    if plan.code.diff:
        _lines(plan.code.diff)
    _surroundings(plan.surroundings)
    return _command(plan.stranger, plan.command, str(plan.cwd))


def _code_line(code: CodeChange, what_follows: str) -> None:
    """How the code has changed, in a sentence."""
    st.markdown(f"**Code**  {plain(code.line)}{f' {plain(what_follows)}' if code.is_same is False else ''}")


def _lines(diff: str) -> None:
    with st.expander("Show the diff"):
        st.code(steady(diff[:MOST_DIFF]), language="diff", wrap_lines=False)


def _surroundings(lines: tuple[str, ...]) -> None:
    if lines:
        st.caption(f"Environment: {plain(' '.join(lines))}")


def _command(stranger: str, command: str, cwd: str) -> bool:
    if stranger:
        st.error(plain(stranger), icon=None)
    st.caption(f"Runs exactly this, in {plain(cwd)}:")
    code(command)
    return agreed_to(stranger)


def agreed_to(stranger: str) -> bool:
    """Whether the command shown above may run here: an unverified one only after a tick."""
    return not stranger or st.checkbox("I have read this command and want it to run here", key="trust_command")
