"""The plan of a restart: everything a person sees and confirms before a child run starts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from monitor import files
from monitor.errors import RefusedError, UnreadableRunError, UsageError
from monitor.launch import command_of, read_launch
from monitor.relaunch.fields import checked, with_presets
from monitor.relaunch.flags import text_of, value_of, with_value
from monitor.relaunch.outputs import is_output, refuse_same_folder, with_own_folders
from monitor.run_dir import RUN_FILE, Launch, Run, check_run_id, decode


@dataclass(frozen=True)
class RestartPlan:
    """What will run. `argv` is the template that is stored; `command` is byte for byte what runs.

    `diff` holds (key, before, after) for what differs from the parent; `notes` what a person should know first.
    """

    runs_dir: Path
    parent_id: str
    child_id: str
    argv: list[str]
    command: str
    diff: list[tuple[str, Any, Any]]
    cwd: Path
    thresholds: Mapping[str, float] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    stop_grace_secs: float = 60.0
    expected: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def make_plan(
    runs_dir: Path, parent_id: str, changes: Mapping[str, Any], *, expected: Mapping[str, Any] | None = None
) -> RestartPlan:
    """The plan of a child of `parent_id` with `changes` (key → new value; text is converted by the config schema).

    Raises UnreadableRunError for an unknown run, RefusedError for one without a command,
    UsageError (one line per field) for a value that is not allowed or a folder that would be overwritten.
    """
    parent_dir = runs_dir / check_run_id(parent_id)
    launch = _launch_of(parent_dir)
    run = _run_of(parent_dir)
    changes = _checked(changes, launch, run)
    argv = _changed(launch.argv, changes)
    cwd = Path(launch.cwd)
    argv = with_own_folders(argv, parent_dir, cwd, set(changes))
    refuse_same_folder(launch.argv, argv, cwd)
    child_id = free_run_id(runs_dir, parent_id)
    return RestartPlan(
        runs_dir=runs_dir,
        parent_id=parent_id,
        child_id=child_id,
        argv=argv,
        command=command_of(argv, runs_dir / child_id),
        diff=_diff(changes, launch, run),
        cwd=cwd,
        thresholds=launch.thresholds,
        environment=launch.environment,
        stop_grace_secs=launch.stop_grace_secs,
        expected=dict(expected or {}),
        notes=_notes(launch, run, changes),
    )


def free_run_id(runs_dir: Path, base: str) -> str:
    """The next name of a family that no folder has: after demo comes demo-2, after demo-2 demo-3."""
    match = re.fullmatch(r"(.*)-(\d{1,4})", base)
    stem, first = (match[1], int(match[2]) + 1) if match else (base, 2)
    names = (f"{stem[:90]}-{number}" for number in count(first))
    return next(name for name in names if not (runs_dir / name).exists())


def _launch_of(parent_dir: Path) -> Launch:
    if not parent_dir.is_dir():
        raise UnreadableRunError(f"There is no run {parent_dir.name} in {parent_dir.parent}.")
    launch = read_launch(parent_dir)
    if launch is None or not launch.argv or launch.how == "import":
        raise RefusedError(
            f"How {parent_dir.name} was started is not known (it was imported), so it cannot be started again. "
            "Start it with: python -m monitor start -- COMMAND…"
        )
    if not Path(launch.cwd).is_dir():
        raise RefusedError(f"{parent_dir.name} was started in {launch.cwd}, which is not on this machine.")
    return launch


def _run_of(parent_dir: Path) -> Run | None:
    try:
        return decode(files.read_bytes(parent_dir / RUN_FILE) or b"", Run)
    except (OSError, ValueError):
        return None


def _checked(changes: Mapping[str, Any], launch: Launch, run: Run | None) -> dict[str, Any]:
    """Values that are allowed; an option that the command itself carries need not stand in the schema."""
    schema = with_presets(run.config_schema, run.config.get("data")) if run else {}
    outside = {
        key.lstrip("-").replace("-", "_"): value
        for key, value in changes.items()
        if key.lstrip("-").replace("-", "_") not in schema.get("properties", {})
        and (value_of(launch.argv, key) is not None or is_output(key))
    }
    inside = {key: value for key, value in changes.items() if key.lstrip("-").replace("-", "_") not in outside}
    if any(isinstance(value, str) and "\0" in value for value in changes.values()):
        raise UsageError("A value holds a NUL character; that cannot stand on a command line.")
    return {**outside, **checked(inside, schema)}


def _changed(argv: list[str], changes: Mapping[str, Any]) -> list[str]:
    for key, value in changes.items():
        argv = with_value(argv, key, value)
    return list(argv)


def _diff(changes: Mapping[str, Any], launch: Launch, run: Run | None) -> list[tuple[str, Any, Any]]:
    config = run.config if run else {}
    rows = [(key, config.get(key, value_of(launch.argv, key)), value) for key, value in changes.items()]
    return [row for row in rows if row[1] is None or text_of(row[1]) != text_of(row[2])]


def _notes(launch: Launch, run: Run | None, changes: Mapping[str, Any]) -> tuple[str, ...]:
    notes = []
    if changes and not (run and run.config_schema):
        notes.append("This script has not said which values it accepts; they are passed on unchecked.")
    if run is None:
        notes.append("The parent wrote no run.json, so the values it had are read from its command line.")
    return tuple(notes)
