"""The dialogs: stop, restart, resume. Each says what will happen before it does it, and offers the command instead."""

from __future__ import annotations

import getpass
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from monitor import launcher
from monitor.errors import MonitorError
from monitor.prescriptions.prescription import Prescription, kept_with_child
from monitor.relaunch.plan import RestartPlan
from monitor.run_dir import Snapshot
from monitor.view.words import resume_words, stop_words

SHOWN_FIRST = (
    "augmentation",
    "dropout",
    "weight_decay",
    "learning_rate",
    "hidden_dim",
    "batch_size",
    "epochs",
    "seed",
)
NOT_A_CHOICE = frozenset({"output_dir", "resume", "preset"})


def asked_by() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""


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
        _do(lambda: launcher.stop(run_dir, asked_by()))


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
        _do(lambda: launcher.resume(run_dir.parent, snapshot.run_id, asked_by()))


@st.dialog("Restart with changes", width="large")
def restart(run_dir: Path, snapshot: Snapshot, option: Prescription | None, live: bool) -> None:
    """A child run: the form made from the config schema, the diff, the exact command, one button.

    `option`: the prescription that fills the form in; None for a person's own changes.
    """
    changes = {key: after for key, (_, after) in option.changes.items()} if option is not None else {}
    kept = kept_with_child(option) if option is not None else {}
    st.write(
        f"A child of **{plain(snapshot.run_id)}** starts from scratch in its own folder; "
        "the parent's files stay as they are."
    )
    stop_parent = live and st.checkbox("Stop the parent first (its checkpoint is kept)", value=True, key="stop_parent")
    wanted = _form(snapshot, changes)
    plan = _plan(run_dir, snapshot, wanted, kept)
    if plan is not None:
        _review(plan, str(kept.get("text", "")))
    cancel, go = st.columns(2)
    if cancel.button("Cancel", width="stretch", key="cancel_restart"):
        st.rerun()
    label = "Stop parent and start child" if stop_parent else "Start child"
    if go.button(label, type="primary", width="stretch", disabled=plan is None, key="confirm_restart") and plan:
        _start_child(plan, stop_parent)


def _form(snapshot: Snapshot, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The fields; returns what differs from the parent, as typed."""
    run = snapshot.run
    config = run.config if run is not None else {}
    schema = (run.config_schema if run is not None else {}).get("properties", {})
    keys = [key for key in (schema or config) if key not in NOT_A_CHOICE]
    first = [key for key in (*changes, *SHOWN_FIRST) if key in keys]
    first = list(dict.fromkeys(first))
    typed = _fields(first, config, schema, changes)
    rest = [key for key in keys if key not in first]
    if rest:
        with st.expander(f"{len(rest)} more settings"):
            typed |= _fields(rest, config, schema, {})
    return {key: value for key, value in typed.items() if value != _text(config.get(key))}


def _fields(
    keys: list[str], config: Mapping[str, Any], schema: Mapping[str, Any], changes: Mapping[str, Any]
) -> dict[str, str]:
    typed = {}
    columns = st.columns(2)
    for place, key in enumerate(keys):
        rule = schema.get(key, {})
        start = _text(changes.get(key, config.get(key)))
        label = f"{key} (now {_text(config.get(key)) or 'not set'})"
        options = [_text(option) for option in rule.get("enum", [])]
        explained = rule.get("description")
        with columns[place % 2]:
            if options and start in options:
                choice = st.selectbox(label, options, options.index(start), help=explained, key=f"f_{key}")
                typed[key] = str(choice)
            else:
                typed[key] = st.text_input(label, start, help=explained, key=f"f_{key}").strip()
    return typed


def _plan(run_dir: Path, snapshot: Snapshot, wanted: dict[str, Any], expected: Mapping[str, Any]) -> RestartPlan | None:
    """The plan, or None with the reason at hand: each wrong field in a line of its own."""
    try:
        return launcher.plan_restart(run_dir.parent, snapshot.run_id, wanted, expected=expected)
    except MonitorError as problem:
        for line in str(problem).splitlines():
            st.error(plain(line), icon=None)
        return None


def _review(plan: RestartPlan, expected: str) -> None:
    if plan.diff:
        st.dataframe(
            [{"key": key, "now": _text(before), "new": _text(after)} for key, before, after in plan.diff],
            hide_index=True,
            width="stretch",
            key="restart_diff",
        )
    else:
        st.info("Nothing is changed: the child is the same run again.")
    for note in plan.notes:
        st.warning(plain(note))
    if expected:
        st.write(f"Expected: {plain(expected)}")
    st.caption("Runs exactly this:")
    st.code(plan.command, language="bash", wrap_lines=True)


def _start_child(plan: RestartPlan, stop_parent: bool) -> None:
    try:
        child = launcher.restart(plan, stop_parent=stop_parent, asked_by=asked_by())
    except MonitorError as problem:
        st.error(plain(str(problem)))
        return
    st.query_params["run"] = child
    st.rerun()


def _do(act: Any) -> None:
    try:
        act()
    except MonitorError as problem:
        st.error(plain(str(problem)))
        return
    st.rerun()


def _text(value: Any) -> str:
    """A value as it stands on a command line."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else value if isinstance(value, str) else json.dumps(value)


def plain(text: str) -> str:
    """Text from a run for a widget that reads Markdown: every mark in it is escaped."""
    return "".join(f"\\{letter}" if letter in "\\`*_{}[]()#+-!|<>:$~^" else letter for letter in text)
