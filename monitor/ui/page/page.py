"""The page: which run, the visitor's role, and the reaction to a click. The component draws everything."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from typing import Any

import msgspec
import streamlit as st
from msgspec.structs import replace

from monitor import launcher
from monitor.diagnosis.acks import acknowledge
from monitor.diagnosis.judged_by import choice_for
from monitor.diagnosis.judging import judge_run
from monitor.launcher import messages
from monitor.launcher.trash import archive
from monitor.launcher.trash import restore as take_back
from monitor.run_dir import audit
from monitor.run_dir.errors import MonitorError
from monitor.run_dir.folders import Folder, Folders, served
from monitor.run_dir.labels import label_of
from monitor.run_dir.reader import RunReader, list_runs
from monitor.run_dir.status import status_of
from monitor.ui import assets
from monitor.ui.dialogs.away import away
from monitor.ui.dialogs.elsewhere import act_elsewhere, act_there_now
from monitor.ui.dialogs.label import label_run
from monitor.ui.dialogs.log import confirm_reading, follow
from monitor.ui.dialogs.parts import act, asked_by, at_once, go_to, holder_now, plain, role_now, way_now
from monitor.ui.dialogs.restart import restart
from monitor.ui.dialogs.resume import resume
from monitor.ui.dialogs.seeds import seeds
from monitor.ui.dialogs.start import start
from monitor.ui.dialogs.stop import THEN_RESTART, stop, stop_several
from monitor.ui.messages import PageData
from monitor.ui.page_mode import place_of
from monitor.ui.server import again, base_path, page_data, role_at, tunnel


def main() -> None:
    """Runs at the first load and again after each click. Draws, then does what was asked for."""
    st.set_page_config(page_title="Vitalsigns", page_icon="📈", layout="wide")
    folders = served()
    role = role_now()
    address = st.query_params.get("run")
    action = _mount(_data(folders, address, role))
    folder, run_id = place_of(folders, address)
    if action is not None:
        _act(action, folders, folder.path, run_id, role)
    elif run_id is not None and st.session_state.pop(THEN_RESTART, None) == run_id and role == "control":
        _control("restart", {}, folder.path, run_id)


def _mount(data: PageData) -> dict[str, Any] | None:
    """Shows the page for `data` and returns what the person just asked for, if anything.

    Its styles stand in the document, where plotly.js writes its own too.
    """
    draw = st.components.v2.component("vitalsigns_page", js=assets.loader(base_path()), isolate_styles=False)
    result = draw(key="vitalsigns", data=msgspec.to_builtins(data), on_action_change=lambda: None)
    action = getattr(result, "action", None)
    return action if isinstance(action, dict) else None


def _data(folders: Folders, address: str | None, role: str) -> PageData:
    """The component's initial data. Kept for the session: later reruns must not disturb what it has drawn."""
    kept: PageData | None = st.session_state.get("data")
    folder, run_id = place_of(folders, address)
    if kept is not None and (kept.run, kept.role) == (address, role_at(folder, run_id, role)):
        said = label_of(folder.path, run_id)
        return replace(kept, title=said.title, note=said.note, tags=said.tags, again=again(holder_now()))
    data = replace(page_data(address, role, holder_now()), tunnel=tunnel() if role == "control" else "")
    st.session_state["data"] = data
    return data


def _act(action: dict[str, Any], folders: Folders, folder: Path, run_id: str | None, role: str) -> None:
    """`folder`: of the run that the page shows, else the first one, in which new runs are started."""
    kind = action.get("kind")
    named = _named(folders, folder, action.get("run", run_id))
    if kind == "open" and named is not None:
        st.query_params.from_dict({"run": folders.holding(named.parent).address(named.name)})
        st.rerun()
    elif kind == "compare" and named is not None:
        others = [_named(folders, folder, name) for name in action.get("with") or []]
        near = [other.name for other in others if other is not None and other.parent == named.parent]
        address = folders.holding(named.parent).address(named.name)
        st.query_params.from_dict({"run": address, "tab": "compare", "with": ",".join(near)})
        st.rerun()
    elif kind == "home":
        st.query_params.clear()
        st.rerun()
    elif role != "control":
        # The component shows no such button to a visitor who may only look; this is the check that counts.
        _turn_away(folder, str(kind), run_id or "")
    elif (archive_meant := _archive_of(folders, folder, action, named)) is not None:
        st.toast(
            plain(f"{archive_meant.name} is an archive ({archive_meant.there}): it is only read."), duration="long"
        )
    elif kind == "start":
        start(folder)
    elif kind == "follow_log":
        follow(folder)
    elif kind == "demo":
        _start_demo(folder)
    elif kind == "stop_several" and isinstance(action.get("runs"), list):
        named_runs = [_named(folders, folder, name) for name in action["runs"]]
        stop_several([run_dir for run_dir in named_runs if run_dir is not None])
    elif kind == "label" and named is not None:
        label_run(named.parent, named.name)
    elif kind == "seeds":
        seeds(folder, str(action.get("child")))
    elif kind in ("archive", "restore_trashed"):
        _move(kind, action.get("runs"), folders, folder)
    elif run_id is not None:
        _control(kind, action, folder, run_id)


def _named(folders: Folders, here: Path, name: Any) -> Path | None:
    """The run directory that the page's script names: by its address, or by its id where it lies in the same folder.
    None for what is no run."""
    try:
        runs_dir, run_id = _split(folders, here, name)
        return runs_dir / run_id if run_id in list_runs(runs_dir) else None
    except MonitorError:
        return None


def _split(folders: Folders, here: Path, name: Any) -> tuple[Path, str]:
    """The folder of runs and the name of an address; a bare name is one of this folder. Raises UsageError."""
    if ":" not in str(name):
        return here, str(name)
    folder, own_name = folders.of(str(name))
    return folder.path, own_name


def _archive_of(folders: Folders, here: Path, action: dict[str, Any], named: Path | None) -> Folder | None:
    """The archive that an act would touch, None for none. Raises nothing."""
    runs = action.get("runs")
    meant = [named.parent if named is not None else here]
    with contextlib.suppress(MonitorError):
        meant = [_split(folders, here, name)[0] for name in runs] if isinstance(runs, list) else meant
    return next((place for each in meant if (place := folders.holding(each)).is_archive), None)


def _turn_away(folder: Path, kind: str, run_id: str) -> None:
    """Noted once per session: a view-only visitor must not fill a disk with refusals."""
    if not st.session_state.get("turned_away"):
        st.session_state["turned_away"] = True
        audit.note(folder, kind[:40], run_id, "refused", "This link is view-only.", via=way_now())


def _control(kind: Any, action: dict[str, Any], folder: Path, run_id: str) -> None:
    try:
        run_dir = launcher.existing(folder, run_id)
        snapshot = RunReader(run_dir).read(time.time())
    except MonitorError:
        return
    place = served().holding(folder)
    if place.host:
        act_elsewhere(str(kind), action, place, run_dir, snapshot)
    elif kind == "stop":
        stop(run_dir, snapshot)
    elif kind in ABOUT_A_STOP:
        at_once(lambda: ABOUT_A_STOP[kind](run_dir, asked_by()))
    elif kind == "confirm_reading":
        confirm_reading(run_dir)
    elif kind == "resume":
        resume(run_dir, snapshot)
    elif kind == "away":
        away(run_dir, snapshot)
    elif kind == "check":
        at_once(lambda: launcher.start_check(run_dir))
    elif kind == "test_messages":
        at_once(lambda: messages.start_test(run_dir))
    elif kind == "ack":
        at_once(lambda: acknowledge(run_dir, str(action.get("alert")), asked_by(), time.time()))
    elif kind == "metric":
        chosen = str(action.get("name"))
        at_once(lambda: launcher.judge_by(run_dir, choice_for(snapshot, chosen), asked_by(), time.time()))
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


def _move(kind: str, names: Any, folders: Folders, here: Path) -> None:
    """Into the trash or back, one run after another; a refusal is shown with its reason."""
    for name in names if isinstance(names, list) else []:
        try:
            folder, own_name = _split(folders, here, name)
            place = folders.holding(folder)
            if place.host and kind == "archive":
                act_there_now(place, "archive", own_name)
            elif kind == "archive":
                archive(folder, own_name, time.time())
            else:
                take_back(folder, own_name)
        except MonitorError as problem:
            st.toast(plain(str(problem)), duration="long")


def _start_demo(folder: Path) -> None:
    act(lambda: go_to(folder, launcher.start_training(folder, {"preset": "broken"}, name="demo", asked_by=asked_by())))


main()
