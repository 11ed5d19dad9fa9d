"""The page: which run, the visitor's role, and the reaction to a click. The component draws everything."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import streamlit as st
from msgspec.structs import asdict, replace

from monitor import launcher
from monitor.diagnosis.acks import acknowledge
from monitor.diagnosis.judged_by import choice_for
from monitor.diagnosis.judging import judge_run
from monitor.launcher import messages
from monitor.launcher.trash import archive
from monitor.launcher.trash import restore as take_back
from monitor.run_dir import Snapshot, audit
from monitor.run_dir.errors import MonitorError
from monitor.run_dir.labels import Label, read_labels
from monitor.run_dir.reader import RunReader, list_runs
from monitor.run_dir.status import status_of
from monitor.ui import assets, component
from monitor.ui.dialogs.away import away
from monitor.ui.dialogs.label import label_run
from monitor.ui.dialogs.log import confirm_reading, follow
from monitor.ui.dialogs.parts import asked_by, plain, role_now
from monitor.ui.dialogs.restart import restart
from monitor.ui.dialogs.resume import resume
from monitor.ui.dialogs.seeds import seeds
from monitor.ui.dialogs.start import start
from monitor.ui.dialogs.stop import THEN_RESTART, stop, stop_several
from monitor.ui.messages import PageData, PageMode
from monitor.ui.server import again, base_path, runs_dir, tunnel


def main() -> None:
    st.set_page_config(page_title="Vitalsigns", page_icon="📈", layout="wide")
    folder = runs_dir()
    role = role_now()
    run_id = st.query_params.get("run")
    action = component.mount(_data(folder, run_id, role))
    if action is not None:
        _act(action, folder, run_id, role)
    elif run_id is not None and st.session_state.pop(THEN_RESTART, None) == run_id and role == "control":
        _control("restart", {}, folder, run_id)


def _data(folder: Path, run_id: str | None, role: str) -> PageData:
    """The component's initial data. Kept for the session: later reruns must not disturb what it has drawn."""
    said = (read_labels(folder).get(run_id) if run_id is not None else None) or Label()
    kept: PageData | None = st.session_state.get("data")
    if kept is not None and kept.run == run_id:
        return replace(kept, title=said.title, note=said.note, tags=said.tags)
    base = base_path()
    data = PageData(
        ws=f"{base}/vs/live",
        plotly=assets.plotly_url(base),
        report=f"{base}/vs/report",
        role=role,
        again=again(role),
        run=run_id,
        runs_dir=str(folder),
        tunnel=tunnel() if role == "control" else "",
        title=said.title,
        note=said.note,
        tags=said.tags,
        **asdict(_mode(folder, run_id)),
    )
    st.session_state["data"] = data
    return data


def _mode(folder: Path, run_id: str | None) -> PageMode:
    """What kind of page: the list, a run, or why the run cannot be shown. What they show comes over the live route."""
    if run_id is None:
        return PageMode(mode="list")
    try:
        RunReader(launcher.existing(folder, run_id)).check()
    except MonitorError as problem:
        return PageMode(mode="missing", message=str(problem), near=_nearest(folder, run_id))
    return PageMode(mode="run")


def _nearest(folder: Path, run_id: str | None) -> str | None:
    from monitor.run_dir.reader import nearest

    try:
        return nearest(folder, run_id or "")
    except MonitorError:
        return None


def _act(action: dict[str, Any], folder: Path, run_id: str | None, role: str) -> None:
    kind = action.get("kind")
    if kind == "open" and action.get("run") in list_runs(folder):
        st.query_params.from_dict({"run": action["run"]})
        st.rerun()
    elif kind == "compare" and action.get("run") in list_runs(folder):
        others = [str(name) for name in action.get("with") or [] if name in list_runs(folder)]
        st.query_params.from_dict({"run": action["run"], "tab": "compare", "with": ",".join(others)})
        st.rerun()
    elif kind == "home":
        st.query_params.clear()
        st.rerun()
    elif role != "control":
        # The component shows no such button to a visitor who may only look; this is the check that counts.
        _turn_away(folder, str(kind), run_id or "")
    elif kind == "start":
        start(folder)
    elif kind == "follow_log":
        follow(folder)
    elif kind == "demo":
        _start_demo(folder)
    elif kind == "stop_several" and isinstance(action.get("runs"), list):
        stop_several(folder, [str(name) for name in action["runs"]])
    elif kind == "label" and action.get("run", run_id) in list_runs(folder):
        label_run(folder, str(action.get("run", run_id)))
    elif kind == "seeds":
        seeds(folder, str(action.get("child")))
    elif kind in ("archive", "restore_trashed"):
        _move(kind, action.get("runs"), folder)
    elif run_id is not None:
        _control(kind, action, folder, run_id)


def _turn_away(folder: Path, kind: str, run_id: str) -> None:
    """Noted once per session: a view-only visitor must not fill a disk with refusals."""
    if not st.session_state.get("turned_away"):
        st.session_state["turned_away"] = True
        audit.note(folder, kind[:40], run_id, "refused", "This link is view-only.", via="page, looking-only link")


def _control(kind: Any, action: dict[str, Any], folder: Path, run_id: str) -> None:
    try:
        run_dir = launcher.existing(folder, run_id)
        snapshot = RunReader(run_dir).read(time.time())
    except MonitorError:
        return
    if kind == "stop":
        stop(run_dir, snapshot)
    elif kind in ABOUT_A_STOP:
        _about_a_stop(kind, run_dir)
    elif kind == "confirm_reading":
        confirm_reading(run_dir)
    elif kind == "resume":
        resume(run_dir, snapshot)
    elif kind == "away":
        away(run_dir, snapshot)
    elif kind == "check":
        _check(run_dir)
    elif kind == "test_messages":
        _test_messages(run_dir)
    elif kind == "ack":
        _acknowledge(run_dir, str(action.get("alert")))
    elif kind == "metric":
        _judge_by(run_dir, snapshot, str(action.get("name")))
    elif kind == "restart":
        # The prescriptions are made here: what a browser sends is a name, never the values.
        diagnosis = judge_run(snapshot, time.time()).diagnosis
        restart(run_dir, snapshot, diagnosis, action.get("option"), status_of(snapshot).live)


# What can be asked while a stop is under way. (A bare text here would be painted: Streamlit shows what a page says.)
ABOUT_A_STOP = {
    "cancel_stop": launcher.cancel_stop,
    "hurry_stop": launcher.hurry_stop,
    "more_time": launcher.more_time,
}


def _about_a_stop(kind: str, run_dir: Path) -> None:
    try:
        ABOUT_A_STOP[kind](run_dir, asked_by())
    except MonitorError as problem:
        st.toast(plain(str(problem)), duration="long")


def _check(run_dir: Path) -> None:
    try:
        launcher.start_check(run_dir)
    except (MonitorError, OSError) as problem:
        st.toast(plain(str(problem)), duration="long")


def _test_messages(run_dir: Path) -> None:
    """What comes of it is asked for by the dialog that began it."""
    try:
        messages.start_test(run_dir)
    except (MonitorError, OSError) as problem:
        st.toast(plain(str(problem)), duration="long")


def _acknowledge(run_dir: Path, alert: str) -> None:
    try:
        acknowledge(run_dir, alert, asked_by(), time.time())
    except MonitorError as problem:
        st.toast(plain(str(problem)), duration="long")


def _judge_by(run_dir: Path, snapshot: Snapshot, name: str) -> None:
    try:
        launcher.judge_by(run_dir, choice_for(snapshot, name), asked_by(), time.time())
    except MonitorError as problem:
        st.toast(plain(str(problem)), duration="long")


def _move(kind: str, names: Any, folder: Path) -> None:
    """Into the trash or back, one run after another; a refusal is shown with its reason."""
    for name in names if isinstance(names, list) else []:
        try:
            if kind == "archive":
                archive(folder, str(name), time.time())
            else:
                take_back(folder, str(name))
        except MonitorError as problem:
            st.toast(plain(str(problem)), duration="long")


def _start_demo(folder: Path) -> None:
    try:
        child = launcher.start_training(folder, {"preset": "broken"}, name="demo", asked_by=asked_by())
    except MonitorError as problem:
        st.error(plain(str(problem)))
        return
    st.query_params["run"] = child
    st.rerun()


main()
