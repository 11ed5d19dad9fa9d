"""Restart with changes: a child run, reviewed before it starts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from monitor import launcher
from monitor.errors import MonitorError
from monitor.prescriptions.prescription import Prescription, kept_with_child
from monitor.relaunch.plan import RestartPlan
from monitor.run_dir import Snapshot
from monitor.ui.dialogs.parts import asked_by, plain, value_text

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
    return {key: value for key, value in typed.items() if value != value_text(config.get(key))}


def _fields(
    keys: list[str], config: Mapping[str, Any], schema: Mapping[str, Any], changes: Mapping[str, Any]
) -> dict[str, str]:
    typed = {}
    columns = st.columns(2)
    for place, key in enumerate(keys):
        rule = schema.get(key, {})
        start = value_text(changes.get(key, config.get(key)))
        label = f"{key} (now {value_text(config.get(key)) or 'not set'})"
        options = [value_text(option) for option in rule.get("enum", [])]
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
            [{"key": key, "now": value_text(before), "new": value_text(after)} for key, before, after in plan.diff],
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
