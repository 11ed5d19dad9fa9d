"""Several runs in one file or folder: `mlflow.db/gentle-owl` names one; where none is named, a sentence asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from monitor.importers.items import NothingYetError
from monitor.run_dir.errors import UnreadableRunError

MOST_NAMED = 10


def container(path: Path) -> tuple[Path, str]:
    """(the file or folder that is there, the run in it that the rest of the path names); "" for the path itself."""
    for place in path.parents if not path.exists() else ():
        if place.is_file() or (place.is_dir() and place == path.parent):
            return place, path.relative_to(place).as_posix()
    return path, ""


def label(path: Path) -> str:
    """The last name of a path for people: with its file where it is a run in one."""
    place, part = container(path)
    return f"{place.name}/{part}" if part and place.is_file() else path.name


def only_one(path: Path, found: Sequence[Path], what: str) -> Path:
    """The only file that was found at a path. `what`: how several are called. Raises UnreadableRunError."""
    if len(found) != 1:
        names = ", ".join(str(each.relative_to(path)) for each in found[:10]) or "none"
        raise UnreadableRunError(f"{path} holds {len(found)} {what} ({names}); give one of them.")
    return found[0]


def chosen(place: Path, part: str, runs: Mapping[str, str], what: str) -> str:
    """The id of the one run that is meant. `runs`: id → name; `what`: of which tool they are.

    Raises UnreadableRunError that names the runs where none or several are meant, NothingYetError where there is none.
    """
    if not runs:
        raise NothingYetError(f"{place} holds no run of {what} yet.")
    if not part and len(runs) == 1:
        return next(iter(runs))
    meant = [key for key, name in runs.items() if part and part in (key, name)]
    if len(meant) == 1:
        return meant[0]
    named = list(runs.values())
    among = {key: runs[key] for key in meant} or runs
    shown = [
        name if name and named.count(name) == 1 else f"{name} = {key}" if name not in ("", key) else key
        for key, name in among.items()
    ]
    more = f" and {len(shown) - MOST_NAMED} more" if len(shown) > MOST_NAMED else ""
    said = (
        f"no run {part}, but"
        if part and not meant
        else f"{len(among)} runs called {part}:"
        if part
        else f"{len(runs)} runs:"
    )
    raise UnreadableRunError(
        f"{place} holds {said} {', '.join(shown[:MOST_NAMED])}{more}. Give one of them: {place}/{_usable(among, named)}"
    )


def _usable(among: Mapping[str, str], named: list[str]) -> str:
    """What names the first of them and no other."""
    key, name = next(iter(among.items()))
    return name if name and named.count(name) == 1 else key
