"""The folder of a run, held open by the process that writes into it.

Where a group may write into the folder of runs, any member can move a run away and put a link in its place. A path
that is looked up again then leads elsewhere; the descriptor of the folder does not. While a folder is held, every
file below it is opened, renamed and removed relative to that descriptor (`openat`), by this process and its threads.
"""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path
from typing import NamedTuple, TypeVar

import msgspec

LEVELS = 2
"""A file of a run lies in its folder or in a folder of that one, such as control/."""


class Spot(NamedTuple):
    """Where a file is: a name, relative to a descriptor of a folder; with None it is a path as usual."""

    name: str
    folder: int | None


class _Held(msgspec.Struct):
    descriptor: int
    holders: int


_held: dict[Path, _Held] = {}


def hold(folder: Path) -> None:
    """Keeps a folder open until `let_go`, called as often as this. Raises OSError, also for a link that leads out.

    Where another folder stands there since it was held before, that one is taken: a run was removed and made again.
    """
    key = place = folder.absolute()
    if place.is_symlink():
        neighbour = place.resolve()
        if neighbour.parent != place.parent.resolve():
            raise NotADirectoryError(errno.ENOTDIR, "it is a link that leads elsewhere, no folder of its own", str(key))
        place = neighbour
    descriptor = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    before = _held.get(key)
    if before is not None:
        os.close(before.descriptor)
    _held[key] = _Held(descriptor, before.holders + 1 if before is not None else 1)


def let_go(folder: Path) -> None:
    """Ends one `hold`; a folder that is not held is passed over."""
    key = folder.absolute()
    kept = _held.get(key)
    if kept is None:
        return
    kept.holders -= 1
    if not kept.holders:
        del _held[key]
        os.close(kept.descriptor)


def spot(path: Path) -> Spot:
    """How to name a file to the system: relative to the held folder that it lies in, if there is one."""
    if not _held:
        return Spot(os.fspath(path), None)
    whole = path.absolute()
    for above in (whole, *whole.parents[:LEVELS]):
        if above in _held and _is_there(above):
            return Spot(str(whole.relative_to(above)), _held[above].descriptor)
    return Spot(os.fspath(path), None)


def _is_there(folder: Path) -> bool:
    """Whether a held folder exists; one that was removed and made again (only its owner can do that) is held anew."""
    if os.fstat(_held[folder].descriptor).st_nlink:
        return True
    with contextlib.suppress(OSError):
        hold(folder)
        _held[folder].holders -= 1
        return True
    return False


def names_in(folder: Path) -> list[str]:
    """The names of a folder's entries. Raises OSError."""
    name, above = spot(folder)
    descriptor = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=above)
    try:
        with os.scandir(descriptor) as entries:
            return [entry.name for entry in entries]
    finally:
        os.close(descriptor)


def stat_of(path: Path, *, follow: bool = False) -> os.stat_result:
    """What stands at a path; of a link the link itself, unless it is to be followed. Raises OSError."""
    name, above = spot(path)
    return os.stat(name, dir_fd=above, follow_symlinks=follow)


Document = TypeVar("Document", bound=msgspec.Struct)


def with_folder(run_dir: Path, document: Document) -> Document:
    """state.json or progress.json with the inode of the folder it is written into as its `folder`. Raises OSError."""
    return msgspec.structs.replace(document, folder=stat_of(run_dir, follow=True).st_ino)
