"""What an address of the page asks for: the list, a run, or why that run cannot be shown."""

from __future__ import annotations

from pathlib import Path

from monitor.launcher import existing
from monitor.run_dir.errors import MonitorError, UsageError
from monitor.run_dir.folders import Folder, Folders
from monitor.run_dir.reader import RunReader, nearest
from monitor.ui.messages import PageMode


def place_of(folders: Folders, address: str | None) -> tuple[Folder, str | None]:
    """The folder that the page is about, the first one for the list of all, and the id of its run if it shows one."""
    try:
        return folders.of(address) if address is not None else (folders.home, None)
    except UsageError:
        return folders.home, None


def mode_of(folders: Folders, address: str | None) -> PageMode:
    """`address`: of a run, None for the list. What a page shows comes over the live route."""
    if address is None:
        return PageMode(mode="list")
    try:
        folder, run_id = folders.of(address)
    except UsageError as problem:
        return PageMode(mode="missing", message=str(problem), near=None)
    try:
        RunReader(existing(folder.path, run_id)).check()
    except MonitorError as problem:
        return PageMode(mode="missing", message=str(problem), near=_nearest(folder.path, run_id))
    return PageMode(mode="run")


def _nearest(folder: Path, run_id: str) -> str | None:
    try:
        return nearest(folder, run_id)
    except MonitorError:
        return None
