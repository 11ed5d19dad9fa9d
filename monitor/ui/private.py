"""A file of secrets: read only if it is the user's alone, and known by its mark when it changes."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from monitor.run_dir.opening import OddFileError, open_to_read


class NotPrivateError(Exception):
    """The file cannot be trusted; the message is the rest of a sentence that begins with its name."""


def read_private(path: Path, most_bytes: int) -> bytes:
    """What the file holds, up to `most_bytes`. Raises FileNotFoundError, NotPrivateError, OSError."""
    try:
        with os.fdopen(open_to_read(path), "rb") as file:
            found = os.fstat(file.fileno())
            data = file.read(most_bytes)
    except OddFileError:
        raise NotPrivateError("is no plain file") from None
    except PermissionError:
        raise NotPrivateError("cannot be read") from None
    if found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o077:
        raise NotPrivateError("could be read by others")
    return data


def mark_of(path: Path) -> tuple[int, ...]:
    """Changes with the file, its rights and its owner; () where there is none."""
    try:
        found = path.lstat()
    except OSError:
        return ()
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_mode, found.st_uid)
