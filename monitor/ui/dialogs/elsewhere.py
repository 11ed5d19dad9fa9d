"""Acts on a run of another host: what would happen is asked there and shown, and a click asks that host to do it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import streamlit as st

from monitor.launcher.hosts.acting import act_there, asked_there, there
from monitor.launcher.stopplan import stop_plan
from monitor.run_dir import Snapshot
from monitor.run_dir.errors import MonitorError
from monitor.run_dir.folders import Folder
from monitor.ui.dialogs.parts import act, at_once, attempt, code, confirmed, dialog, go_to, plain, shown_before, way_now

ABOUT_A_STOP = {"cancel_stop": "--cancel", "hurry_stop": "--hurry", "more_time": "--more-time"}
ARRIVES_SECS = 8.0
"""So long a child that was started there may take to come into the mirror before its page is opened."""


def act_elsewhere(kind: str, action: dict[str, Any], folder: Folder, run_dir: Path, snapshot: Snapshot) -> None:
    """What the page asks for a run of another host."""
    run_id = run_dir.name
    if kind == "stop":
        _stop_there(folder, run_dir, snapshot)
    elif kind == "resume":
        _resume_there(folder, run_id)
    elif kind == "restart":
        _restart_there(folder, run_id, str(action.get("option") or ""))
    elif kind in ABOUT_A_STOP:
        act_there_now(folder, "stop", run_id, ABOUT_A_STOP[kind])
    elif kind == "ack":
        act_there_now(folder, "ack", run_id, str(action.get("alert")))
    elif kind == "metric":
        act_there_now(folder, "metric", run_id, str(action.get("name")))
    else:
        st.toast(plain(f"That is done on {folder.host} itself: {there(folder, 'VERB', run_id)}"), duration="long")


def act_there_now(folder: Folder, *words: str) -> None:
    """Asks without a dialog; a refusal is shown with its reason."""
    at_once(lambda: act_there(folder, *words, asked_from=way_now()))


@dialog("Stop this run?", width="medium")
def _stop_there(folder: Folder, run_dir: Path, snapshot: Snapshot) -> None:
    """Confirms a stop over ssh; the cost is shown first."""
    plan = stop_plan(run_dir, snapshot, time.time())
    st.write(plain(" ".join(plan.lines)))
    st.caption(plain(f"{folder.host} is asked over ssh; it checks and notes it. The same from a terminal:"))
    code(there(folder, "stop", run_dir.name))
    if confirmed("Stop after this step" if plan.can_save else "Stop now", "stop", leave="Keep running"):
        act(lambda: act_there(folder, "stop", run_dir.name, "--no-wait", asked_from=way_now()))


@dialog("Resume this run?", width="large")
def _resume_there(folder: Folder, run_id: str) -> None:
    """Confirms a resume over ssh: that side's plan, and its command."""
    plan = attempt(lambda: asked_there(folder, "resume", run_id, "--dry-run", asked_from=way_now()))
    if plan is None:
        return
    st.write(plain(" ".join([str(plan.get("line", "")), *map(str, plan.get("surroundings") or [])])))
    agreed, trust = _agreed(folder, plan)
    clicked = confirmed("Resume", "resume", disabled=not agreed)
    if _unchanged("resume", plan, clicked):
        act(lambda: act_there(folder, "resume", run_id, *trust, asked_from=way_now()))


@dialog("Restart this run?", width="large")
def _restart_there(folder: Folder, run_id: str, option: str) -> None:
    """Confirms a restart over ssh, with an option of the diagnosis or settings of one's own."""
    typed = st.text_area("Settings to change, one KEY=VALUE a line", key=f"far_changes_{run_id}", height=100)
    words = ["restart", run_id, *(["--option", option] if option else [])]
    words += [part for line in typed.splitlines() if line.strip() for part in ("--set", line.strip())]
    if len(words) == 2:
        st.caption("Nothing is changed so far.")
        return
    plan = attempt(lambda: asked_there(folder, *words, "--dry-run", asked_from=way_now()))
    if plan is None:
        return
    code("\n".join(_changed(row) for row in plan.get("diff") or []))
    for line in [*(plan.get("notes") or []), *([plan["remark"]] if plan.get("remark") else [])]:
        st.write(plain(str(line)))
    agreed, trust = _agreed(folder, plan)
    label = "Stop and start the child" if plan.get("stops_parent") else "Start the child"
    clicked = confirmed(label, "restart", disabled=not agreed)
    if _unchanged("restart", plan, clicked):
        act(lambda: _start(folder, [*words, *trust]))


def _changed(row: Any) -> str:
    """A changed setting in words: its name, its value before and its new one."""
    if not isinstance(row, list) or len(row) != 3:
        return str(row)
    return f"{row[0]}: {row[1]} → {row[2]}"


def _start(folder: Folder, words: list[str]) -> None:
    done = asked_there(folder, *words, "--yes", asked_from=way_now())
    child = str(done.get("child_id"))
    deadline = time.monotonic() + ARRIVES_SECS
    while time.monotonic() < deadline:
        if (folder.path / child / "launch.json").exists():
            go_to(folder.path, child)
            return
        time.sleep(0.2)


def _agreed(folder: Folder, plan: dict[str, Any]) -> tuple[bool, list[str]]:
    """(whether a person has agreed to the command where that is needed, the option that says so)."""
    st.caption(plain(f"On {folder.host}, in {plan.get('cwd', '')}:"))
    code(str(plan.get("command", "")))
    if not plan.get("stranger"):
        return True, []
    st.warning(plain(str(plan["stranger"])), icon=None)
    agreed = st.checkbox("I have read the command, and it may run there", key="far_trust")
    return agreed, ["--trust-command"]


def _unchanged(name: str, plan: dict[str, Any], clicked: bool) -> bool:
    """Whether a click confirms the plan that was shown: a click asks for it anew."""
    same = {key: value for key, value in plan.items() if key in ("command", "cwd", "diff", "code", "child_id", "line")}
    return shown_before(name, repr(same), clicked)


def stop_several_there(folder: Folder, names: list[str]) -> list[str]:
    """Asks for a stop of several runs of one host; returns the refusals."""
    try:
        act_there(folder, "stop", *names, "--no-wait", asked_from=way_now())
    except MonitorError as problem:
        return [str(problem)]
    return []
