"""The few ways the product touches a disk. Nothing here knows what a record is.

A `.jsonl` file is append-only: one record per line in ONE write call, and a record counts once its newline is on disk.
A `.json` file is written aside, fsynced and renamed, so a reader sees the old one or the new one, never half of one.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

READ_CHUNK_BYTES = 1 << 20


class AppendFile:
    """One writer's end of an append-only file of lines."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None
        self._torn = False

    def append(self, data: bytes, *, sync: bool = False) -> None:
        """Appends `data` (whole lines) in one write call. Raises OSError if not all of it was written.

        A line that a full disk or a killed predecessor cut short is left behind; the next append starts a new line.
        """
        descriptor = self._open()
        whole = b"\n" + data if self._torn else data
        self._torn = True
        written = os.write(descriptor, whole)
        if written != len(whole):
            raise OSError(28, f"only {written} of {len(whole)} bytes fitted", str(self.path))
        self._torn = False
        if sync:
            os.fsync(descriptor)

    def _open(self) -> int:
        if self._descriptor is None:
            flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
            self._descriptor = os.open(self.path, flags, 0o644)
            size = os.fstat(self._descriptor).st_size
            self._torn = size > 0 and os.pread(self._descriptor, 1, size - 1) != b"\n"
        return self._descriptor

    def sync(self) -> None:
        """Everything appended so far survives a power loss when this returns. Raises OSError."""
        os.fsync(self._open())

    def close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def replace(path: Path, data: bytes) -> None:
    """Replaces the file at `path` as a whole: aside, fsync, rename. Raises OSError; the old file then stays."""
    aside = _write_aside(path, data)
    try:
        aside.replace(path)
    except OSError:
        _forget(aside)
        raise


def create(path: Path, data: bytes) -> bool:
    """Creates the file at `path` with its whole content, or returns False if it is there already. Raises OSError."""
    aside = _write_aside(path, data)
    try:
        os.link(aside, path)
    except FileExistsError:
        return False
    finally:
        _forget(aside)
    return True


def _write_aside(path: Path, data: bytes) -> Path:
    aside = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}.tmp")
    try:
        with aside.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        _forget(aside)
        raise
    return aside


def _forget(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()


def read_bytes(path: Path) -> bytes | None:
    """The file's content, or None where there is no such file. Raises OSError for anything else."""
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None


@dataclass(frozen=True)
class Lines:
    """Complete lines without their newline. `first_line` counts from 1. `restarted`: the file began a new life."""

    lines: list[bytes]
    first_line: int
    restarted: bool


class LineTail:
    """A reader's end of a file of lines: each `read` costs what is new, never the whole file.

    It assumes an append-only writer. A shorter file or another inode is a new life: everything is read again.
    An unfinished last line waits until its newline is there.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.bytes_read = 0
        self._inode: tuple[int, int] | None = None
        self._offset = 0
        self._next_line = 1

    def read(self) -> Lines:
        """The complete lines since the last call. Raises OSError where the file cannot be read."""
        try:
            file = self.path.open("rb", buffering=0)
        except (FileNotFoundError, NotADirectoryError):
            return Lines([], self._next_line, self._forget_file())
        with file:
            found = os.fstat(file.fileno())
            restarted = self._begin(found)
            fresh = self._read_complete(file.fileno(), found.st_size)
        first = self._next_line
        lines = fresh.split(b"\n")[:-1] if fresh else []
        self._next_line += len(lines)
        return Lines(lines, first, restarted)

    def _begin(self, found: os.stat_result) -> bool:
        inode = (found.st_dev, found.st_ino)
        restarted = self._inode is not None and (inode != self._inode or found.st_size < self._offset)
        if restarted:
            self._offset, self._next_line = 0, 1
        self._inode = inode
        return restarted

    def _forget_file(self) -> bool:
        known = self._inode is not None
        self._inode, self._offset, self._next_line = None, 0, 1
        return known

    def _read_complete(self, descriptor: int, size: int) -> bytes:
        """Everything up to the last newline. The unfinished rest is read again next time."""
        parts, position = [], self._offset
        while position < size:
            part = os.pread(descriptor, min(READ_CHUNK_BYTES, size - position), position)
            if not part:
                break
            parts.append(part)
            position += len(part)
        data = b"".join(parts)
        self.bytes_read += len(data)
        complete = data[: data.rfind(b"\n") + 1]
        self._offset += len(complete)
        return complete


def free_bytes(folder: Path) -> int | None:
    """Room for this user on a folder's disk; None where that is not told."""
    try:
        found = os.statvfs(folder)
    except (OSError, AttributeError):  # no such call on Windows
        return None
    return found.f_bavail * found.f_frsize
