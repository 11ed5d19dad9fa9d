"""Opens and makes the files of a run: only plain files, never through a link, and readable by their owner alone.

A run directory may come from anyone. A link in it may lead to any file of the reader's, and a hard link (an archive can
hold one) is such a file; a pipe never ends, and neither does a device: each is refused before a byte is read, written
or cut off, and before any right of it is changed. New files are 0600 and folders 0700 whatever the umask. A folder of
runs that its owner has given to its group on purpose (`chmod g+s runs`) passes that on: 0640 and 0750.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import stat
from pathlib import Path

from monitor.run_dir import held

PRIVATE_FILE, SHARED_FILE, COMMON_FILE = 0o600, 0o640, 0o660
PRIVATE_FOLDER, SHARED_FOLDER = 0o700, 0o750
GROUP_MAY_WRITE = stat.S_ISGID | stat.S_IWGRP
MOST_DOCUMENT_BYTES = 16 * 2**20
"""A document of a run is some kilobytes; one above this is not read."""


class OddFileError(ValueError):
    """What stands at a path is no file of a run: a link of either kind, a pipe, a device, or far too large."""


def open_to_read(path: Path) -> int:
    """A descriptor of a plain file. Raises OddFileError for anything else there, OSError as `os.open` does."""
    # O_NONBLOCK: a pipe without a writer would otherwise be waited for, before anybody can see that it is one.
    return _opened(path, os.O_RDONLY | os.O_NONBLOCK)


def open_foreign(path: Path) -> io.FileIO:
    """A plain file outside the runs, such as the log of a training, to be read; a link to one is followed.

    Raises OddFileError for a pipe or a device, which may never end, OSError as `os.open` does.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as problem:
        if problem.errno == errno.ENXIO:
            raise OddFileError(f"{path.name} is no regular file") from None
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OddFileError(f"{path.name} is no regular file")
    return io.FileIO(descriptor, "rb")


def open_to_write(path: Path, flags: int, *, in_common: bool = False) -> int:
    """A descriptor to write with (`flags`: append, truncate …), of a file that is made private where there is none.

    `in_common`: where the group may write into the folder, it may also write into the file that is made.
    Raises OddFileError for anything but a plain file of this folder, OSError as `os.open` does.
    """
    folder = held.stat_of(path.parent, follow=True)
    wanted = SHARED_FILE if folder.st_mode & stat.S_ISGID else PRIVATE_FILE
    if in_common and folder.st_mode & GROUP_MAY_WRITE == GROUP_MAY_WRITE:
        wanted = COMMON_FILE
    # Cut off only once it is known to be ours.
    descriptor = _opened(path, flags & ~os.O_TRUNC | os.O_CREAT | os.O_NONBLOCK, wanted)
    if flags & os.O_TRUNC:
        os.ftruncate(descriptor, 0)
    found = os.fstat(descriptor)
    fresh = found.st_size == 0 or in_common
    if fresh and found.st_uid == os.geteuid() and stat.S_IMODE(found.st_mode) != wanted:
        with contextlib.suppress(OSError):  # a disk without rights
            os.fchmod(descriptor, wanted)
    return descriptor


def _opened(path: Path, flags: int, mode: int = PRIVATE_FILE) -> int:
    name, folder = held.spot(path)
    try:
        descriptor = os.open(name, flags | os.O_NOFOLLOW | os.O_CLOEXEC, mode, dir_fd=folder)
    except OSError as problem:
        if problem.errno in (errno.ELOOP, errno.ENXIO):
            raise OddFileError(f"{path.name} is a link or a pipe; a run's files are plain files") from None
        raise
    try:
        _refuse_odd(path, descriptor, held.Spot(os.path.dirname(name) or ".", folder))  # noqa: PTH120 - of thousands
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _refuse_odd(path: Path, descriptor: int, place: held.Spot) -> None:
    """Raises OddFileError for what is no plain file, or was put here from elsewhere; `place`: its folder."""
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode):
        raise OddFileError(f"{path.name} is not a regular file, so it is left alone")
    if found.st_nlink > 1 and _names_here(path.parent, found) < os.fstat(descriptor).st_nlink:
        raise OddFileError(f"{path.name} is a hard link to a file outside its folder, so it is left alone; copy it")
    folder = os.stat(place.name, dir_fd=place.folder)
    # Where others may write, files of several owners are usual.
    if found.st_uid != folder.st_uid and not folder.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise OddFileError(f"{path.name} belongs to another user than its folder, so it is left alone")


def _names_here(folder: Path, found: os.stat_result) -> int:
    """How many names a file has in a folder: one that `files.create` is making has two for a moment."""
    paths = (folder / name for name in held.names_in(folder))
    return sum(_inode(path) == (found.st_dev, found.st_ino) for path in paths)


def _inode(path: Path) -> tuple[int, int]:
    try:
        found = held.stat_of(path)
    except OSError:
        return (0, 0)
    return (found.st_dev, found.st_ino)


def make_folder(path: Path, *, exist_ok: bool = True) -> None:
    """Makes a folder, and those above it, private unless it is made in a shared one.

    Raises FileExistsError where it must be new, NotADirectoryError for a link in its place, OSError.
    """
    if not path.parent.exists():
        make_folder(path.parent)
    wanted = SHARED_FOLDER if is_shared(path.parent) else PRIVATE_FOLDER
    name, above = held.spot(path)
    try:
        os.mkdir(name, wanted, dir_fd=above)
    except FileExistsError:
        if not exist_ok:
            raise
        if not stat.S_ISDIR(held.stat_of(path).st_mode):
            raise NotADirectoryError(errno.ENOTDIR, "it is a link or a file, no folder of its own", str(path)) from None
        return
    made = stat.S_IMODE(held.stat_of(path).st_mode)
    if made & 0o777 != wanted:
        with contextlib.suppress(OSError):
            os.chmod(name, made & ~0o777 | wanted, dir_fd=above)


def is_shared(folder: Path) -> bool:
    """Whether a folder was given to its group on purpose: it has the set-group-id bit."""
    try:
        return bool(held.stat_of(folder, follow=True).st_mode & stat.S_ISGID)
    except OSError:
        return False


def is_within(folder: Path, entry: Path) -> bool:
    """Whether an entry of a folder stays in it: a link to a neighbour does, one that leads out does not."""
    return not entry.is_symlink() or entry.resolve().parent == folder.resolve()
