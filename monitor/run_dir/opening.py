"""How a file of a run is opened: only plain files, never through a link; and made for its owner's eyes.

A run directory may come from anybody. A link in it may lead to any file of the reader's, a pipe never ends,
and neither does a device: each is refused before a byte is read or written.
What is made is 0600 and 0700 whatever the umask. A folder of runs that its owner has given to its group on purpose
(`chmod g+s runs`) hands that on: 0640 and 0750.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import stat
from pathlib import Path

PRIVATE_FILE, SHARED_FILE = 0o600, 0o640
PRIVATE_FOLDER, SHARED_FOLDER = 0o700, 0o750
MOST_DOCUMENT_BYTES = 16 * 2**20
"""A document of a run is some kilobytes; one above this is not read."""


class OddFileError(ValueError):
    """What stands at a path is no file that a run could have: a link, a pipe, a device, or far too large."""


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


def open_to_write(path: Path, flags: int) -> int:
    """A descriptor to write with (`flags`: append, truncate …), of a file that is made private where there is none.

    Raises OddFileError for anything but a plain file, OSError as `os.open` does.
    """
    wanted = SHARED_FILE if is_shared(path.parent) else PRIVATE_FILE
    descriptor = _opened(path, flags | os.O_CREAT | os.O_NONBLOCK, wanted)
    found = os.fstat(descriptor)
    if found.st_size == 0 and stat.S_IMODE(found.st_mode) != wanted:
        with contextlib.suppress(OSError):  # another user's file in a shared folder, or a disk without rights
            os.fchmod(descriptor, wanted)
    return descriptor


def _opened(path: Path, flags: int, mode: int = PRIVATE_FILE) -> int:
    try:
        descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
    except OSError as problem:
        if problem.errno in (errno.ELOOP, errno.ENXIO):
            raise OddFileError(f"{path.name} is a link or a pipe; a run's files are plain files") from None
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OddFileError(f"{path.name} is no plain file, so it is left alone")
    return descriptor


def make_folder(path: Path, *, exist_ok: bool = True) -> None:
    """Makes a folder, and those above it, private unless it is made in a shared one.

    Raises FileExistsError where it must be new, NotADirectoryError for a link in its place, OSError.
    """
    if not path.parent.exists():
        make_folder(path.parent)
    wanted = SHARED_FOLDER if is_shared(path.parent) else PRIVATE_FOLDER
    try:
        path.mkdir(mode=wanted)
    except FileExistsError:
        if not exist_ok:
            raise
        if path.is_symlink() or not path.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, "it is a link or a file, no folder of its own", str(path)) from None
        return
    made = stat.S_IMODE(path.stat().st_mode)
    if made & 0o777 != wanted:
        with contextlib.suppress(OSError):
            path.chmod(made & ~0o777 | wanted)


def is_shared(folder: Path) -> bool:
    """Whether a folder was given to its group on purpose: it has the set-group-id bit."""
    try:
        return bool(folder.stat().st_mode & stat.S_ISGID)
    except OSError:
        return False


def is_within(folder: Path, entry: Path) -> bool:
    """Whether an entry of a folder stays in it: a link to a neighbour does, one that leads out does not."""
    return not entry.is_symlink() or entry.resolve().parent == folder.resolve()
