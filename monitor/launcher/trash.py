"""The trash: archived runs are moved, unchanged, into `.trash` beside the other runs, until they are restored."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from monitor.run_dir import RUN_ID_PATTERN, check_run_id
from monitor.run_dir.audit import audited, by_name
from monitor.run_dir.errors import RefusedError, UnreadableRunError
from monitor.run_dir.opening import make_folder
from monitor.run_dir.reader import RunReader, is_run
from monitor.run_dir.status import status_of

TRASH = ".trash"
NAME = re.compile(rf"(?P<run>{RUN_ID_PATTERN.pattern})~(?P<at>\d{{10}})")
"""Two runs of one name may lie there: the name carries when it was put aside."""


@dataclass(frozen=True)
class Trashed:
    """An archived run. `name`: of its folder in the trash; `at`: when it was put there, UTC seconds."""

    name: str
    run_id: str
    at: float


@audited("archive", by_name)
def archive(runs_dir: Path, run_id: str, now: float) -> Trashed:
    """Moves a run into the trash. Raises RefusedError for one that a process works on, UnreadableRunError for none."""
    folder = runs_dir / check_run_id(run_id)
    if not is_run(folder):
        raise UnreadableRunError(f"There is no run {run_id} in {runs_dir}.")
    status = status_of(RunReader(folder).read(now))
    if status.live:
        raise RefusedError(f"{run_id} is {status.word}; stop it before you archive it. {status.evidence}")
    name = f"{run_id}~{int(now)}"
    try:
        make_folder(runs_dir / TRASH)
        folder.rename(runs_dir / TRASH / name)
    except OSError as problem:
        raise RefusedError(f"{run_id} cannot be moved to {runs_dir / TRASH}: {problem.strerror}.") from None
    return Trashed(name, run_id, float(int(now)))


@audited("restore", by_name)
def restore(runs_dir: Path, name: str) -> str:
    """Takes a run back by its name in the trash, or the last one of a run id; returns its run id.

    Raises UnreadableRunError if there is none, RefusedError where a run of that name stands in its place.
    """
    found = [each for each in trashed(runs_dir) if name in (each.name, each.run_id)]
    if not found:
        raise UnreadableRunError(f"There is no {name} in the trash of {runs_dir}.")
    chosen = found[0]
    place = runs_dir / chosen.run_id
    if place.exists():
        raise RefusedError(f"Another run {chosen.run_id} exists; archive or rename it first.")
    try:
        (runs_dir / TRASH / chosen.name).rename(place)
    except OSError as problem:
        raise RefusedError(f"{chosen.run_id} cannot be moved back: {problem.strerror}.") from None
    return chosen.run_id


def trashed(runs_dir: Path) -> list[Trashed]:
    """What lies in the trash, the last put aside first."""
    try:
        names = [entry.name for entry in (runs_dir / TRASH).iterdir()]
    except OSError:
        return []
    matches = [match for name in names if (match := NAME.fullmatch(name)) and is_run(runs_dir / TRASH / name)]
    found = [Trashed(match[0], match["run"], float(match["at"])) for match in matches]
    return sorted(found, key=lambda each: -each.at)


def where_is(run_dir: Path) -> Trashed | None:
    """The trashed run that once was this folder, where it is not there any more."""
    if run_dir.exists():
        return None
    return next((each for each in trashed(run_dir.parent) if each.run_id == run_dir.name), None)
