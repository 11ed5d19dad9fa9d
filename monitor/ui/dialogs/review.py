"""What a person reads before a restart or a resume: differences, code, environment, and the command byte for byte."""

from __future__ import annotations

import streamlit as st

from monitor.launcher.relaunch.choices import written
from monitor.launcher.relaunch.code import CodeChange
from monitor.launcher.relaunch.plan import RestartPlan
from monitor.launcher.relaunch.resuming import ResumePlan
from monitor.run_dir.words import steady
from monitor.ui.dialogs.parts import code, plain

MOST_DIFF = 20_000


def review_restart(plan: RestartPlan) -> bool:
    """Shows the plan; returns whether it may be carried out: an unverified command needs consent first."""
    if plan.diff:
        shown = [[steady(text) for text in (key, written(before), written(after))] for key, before, after in plan.diff]
        st.dataframe(
            [dict(zip(("key", "now", "new"), row, strict=True)) for row in shown],
            hide_index=True,
            width="stretch",
            key="restart_diff",
        )
    else:
        st.info("No setting is changed: the child repeats the run.", icon=None)
    if plan.notes:
        st.warning(plain(" ".join(plan.notes)), icon=None)
    code_section(plan.code, "The child runs the new code.")
    _surroundings(plan.surroundings)
    return _command(plan.stranger, plan.command, str(plan.cwd))


def review_resume(plan: ResumePlan) -> bool:
    """The same for a resume."""
    st.write(plain(plan.line))
    if plan.code.diff:
        _lines(plan.code.diff)
    _surroundings(plan.surroundings)
    return _command(plan.stranger, plan.command, str(plan.cwd))


def code_section(code: CodeChange, what_follows: str) -> None:
    """How the code has changed, with its lines if they are known."""
    if code.line:
        st.markdown(f"**Code**  {plain(code.line)}{f' {plain(what_follows)}' if code.is_same is False else ''}")
    elif code.is_same:
        st.caption("Code: unchanged since the parent started.")
    if code.diff:
        _lines(code.diff)


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
