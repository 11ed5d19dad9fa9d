"""The few ways the product touches a disk. Nothing here knows what one kind of record means.

A `.jsonl` file is append-only: one record per line in ONE write call, and a record counts once its newline is on disk.
A `.json` file is written aside, fsynced and renamed, so a reader sees the old one or the new one, never half of one.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, TypeVar

from monitor.run_dir import held
from monitor.run_dir.errors import RefusedError
from monitor.run_dir.opening import MOST_DOCUMENT_BYTES, OddFileError, open_to_read, open_to_write
from monitor.run_dir.records import Record, decode

READ_CHUNK_BYTES = 1 << 20
LONGEST_LINE_BYTES = 16 * READ_CHUNK_BYTES
"""The hypotheses of 100,000 clips fit; a longer line is passed over."""
PIECE_BYTES = 4 * READ_CHUNK_BYTES
"""So much of a large file is held at a time."""
MARK_BYTES = 256
"""So much of what was read is compared before reading on: about one record."""
UNREADABLE = (OSError, ValueError)
"""Why a document cannot be read: the disk or the rights (OSError), or its content (ValueError)."""

R = TypeVar("R", bound=Record)


class AppendFile:
    """One writer's end of an append-only file of lines. `in_common`: the others of a group's folder append, too."""

    def __init__(self, path: Path, *, in_common: bool = False) -> None:
        self.path = path
        self._in_common = in_common
        self._descriptor: int | None = None
        self._torn = False
        self._unended = self._unsynced = b""

    def append(self, data: bytes, *, sync: bool = False) -> None:
        """Appends `data` (whole lines) in one write call. Raises OSError if not all of it was written.

        A line that a full disk or a killed predecessor cut short is left behind; the next append starts a new line.
        """
        if data != self._unsynced:
            self._write(data)
        if sync:
            self._unsynced = data  # it is there: a retry must not write it a second time
            os.fsync(self._open())
            self._unsynced = b""

    def _write(self, data: bytes) -> None:
        if self._descriptor is not None and os.fstat(self._descriptor).st_nlink == 0:
            self.close()  # the file was removed: what is written to it would be lost
        descriptor = self._open()
        whole = self._to_append(data)
        try:
            written = os.write(descriptor, whole)
            if written != len(whole):
                self._unended = data if written == len(whole) - 1 else b""
                raise OSError(errno.ENOSPC, f"only {written} of {len(whole)} bytes fitted", str(self.path))
        except OSError:
            self.close()  # the next append looks at what is there: a torn line, or another file after a lost mount
            raise
        self._torn = False

    def _to_append(self, data: bytes) -> bytes:
        """`data`, after a newline where a torn line stands; the newline alone where all of `data` but that is there."""
        if not self._torn:
            return data
        return b"\n" if data == self._unended else b"\n" + data

    def _open(self) -> int:
        if self._descriptor is None:
            self._descriptor = _to_write(self.path, os.O_RDWR | os.O_APPEND, in_common=self._in_common)
            size = os.fstat(self._descriptor).st_size
            self._torn = size > 0 and os.pread(self._descriptor, 1, size - 1) != b"\n"
        return self._descriptor

    def sync(self) -> None:
        """Everything appended so far survives a power loss when this returns. Raises OSError."""
        os.fsync(self._open())

    def close(self) -> None:
        """Closes the descriptor, if one is open; the next append opens the file anew."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


@contextlib.contextmanager
def writing(path: Path, undone: str) -> Iterator[None]:
    """Turns an OSError into the RefusedError that `path` cannot be written and nothing was `undone` ("changed")."""
    try:
        yield
    except OSError as problem:
        raise RefusedError(f"{path} cannot be written ({problem.strerror}); nothing was {undone}.") from None


def replace(path: Path, data: bytes | memoryview) -> None:
    """Replaces the file at `path` as a whole: aside, fsync, rename. Raises OSError; the old file then stays."""
    aside = _write_aside(path, data)
    (old, folder), (new, _) = held.spot(aside), held.spot(path)
    try:
        os.replace(old, new, src_dir_fd=folder, dst_dir_fd=folder)
    except OSError:
        _forget(aside)
        raise


def create(path: Path, data: bytes) -> bool:
    """Creates the file at `path` with its whole content, or returns False if it is there already. Raises OSError."""
    aside = _write_aside(path, data)
    (old, folder), (new, _) = held.spot(aside), held.spot(path)
    try:
        os.link(old, new, src_dir_fd=folder, dst_dir_fd=folder)
    except FileExistsError:
        return False
    finally:
        _forget(aside)
    return True


def _write_aside(path: Path, data: bytes | memoryview) -> Path:
    aside = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}.tmp")
    try:
        with os.fdopen(_to_write(aside, os.O_WRONLY | os.O_EXCL), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        _forget(aside)
        raise
    return aside


def _to_write(path: Path, flags: int, *, in_common: bool = False) -> int:
    """Writers know OSError alone: what is no file to write to is one more reason why a disk does not take a line."""
    try:
        return open_to_write(path, flags, in_common=in_common)
    except OddFileError as odd:
        raise OSError(errno.EINVAL, str(odd), str(path)) from None


def remove(path: Path) -> None:
    """Removes a file. Raises OSError."""
    name, folder = held.spot(path)
    os.unlink(name, dir_fd=folder)


def _forget(path: Path) -> None:
    with contextlib.suppress(OSError):
        remove(path)


def read_bytes(path: Path) -> bytes | None:
    """A document's content, or None where there is no such file.

    Raises OddFileError (a ValueError, as for any content that cannot be understood) for what is no plain file or
    larger than any document, OSError for anything else.
    """
    try:
        descriptor = open_to_read(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        # Not a file object, which would make room for the largest document each time: a list reads thousands.
        size = os.fstat(descriptor).st_size
        data = os.read(descriptor, min(size, MOST_DOCUMENT_BYTES) + 1)
        while size < len(data) <= MOST_DOCUMENT_BYTES and (more := os.read(descriptor, READ_CHUNK_BYTES)):
            data += more
    finally:
        os.close(descriptor)
    if len(data) > MOST_DOCUMENT_BYTES:
        raise OddFileError(f"{path.name} is larger than {MOST_DOCUMENT_BYTES // 2**20} MiB and is not read")
    return data


def read_document(path: Path, kind: type[R], ignoring: type[Exception] | tuple[type[Exception], ...] = ()) -> R | None:
    """The record in a `.json` file; None where there is no such file, or for an error that the caller is `ignoring`.

    Raises ValueError where the content is no such record, OSError where the file cannot be read: together UNREADABLE.
    """
    try:
        data = read_bytes(path)
        return None if data is None else decode(data, kind)
    except ignoring:
        return None


def required_document(path: Path, kind: type[R]) -> R:
    """The record in a `.json` file that must be there. Raises as `read_document`; ValueError where there is none."""
    return decode(read_bytes(path) or b"", kind)


class Lines(NamedTuple):
    """Complete lines without their newline. `first_line` counts from 1. `restarted`: the file began a new life.

    `more`: the file holds another piece; ask again. `passed_over`: the number of a line that is too long to be read.
    """

    lines: list[bytes]
    first_line: int
    restarted: bool
    more: bool = False
    passed_over: int | None = None


class LineTail:
    """A reader's end of a file of lines: each `read` costs what is new, never the whole file.

    It assumes an append-only writer. A shorter file, another inode or another text before the offset (a crashed machine
    gave back an older file, and a writer went on) is a new life: everything is read again.
    An unfinished last line waits until its newline is there. A call reads about `PIECE_BYTES`, `LONGEST_LINE_BYTES` at
    most, whatever the size of the file; a line that does not fit in there is passed over.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.bytes_read = 0
        self._inode: tuple[int, int] | None = None
        self._offset = 0
        self._before_offset = b""
        self._next_line = 1
        self._looked_to = -1
        self._in_long_line = False

    def read(self) -> Lines:
        """The complete lines since the last call. Raises OSError, or OddFileError where there is no plain file."""
        try:
            descriptor = open_to_read(self.path)
        except (FileNotFoundError, NotADirectoryError):
            return Lines([], self._next_line, self._forget_file())
        with os.fdopen(descriptor, "rb", buffering=0):
            found = os.fstat(descriptor)
            restarted = self._begin(found, descriptor)
            before = self._offset
            data = self._read_piece(descriptor, found.st_size)
            passed_over, complete = self._whole_lines(data)
            if self._offset != before:
                length = min(MARK_BYTES, self._offset)
                self._before_offset = os.pread(descriptor, length, self._offset - length)
        first = self._next_line
        lines = complete.split(b"\n")[:-1] if complete else []
        self._next_line += len(lines)
        more = self._looked_to < found.st_size
        return Lines(lines, first, restarted, more, passed_over)

    def _begin(self, found: os.stat_result, descriptor: int) -> bool:
        inode = (found.st_dev, found.st_ino)
        same = inode == self._inode and found.st_size >= self._offset and self._is_as_left(descriptor)
        restarted = self._inode is not None and not same
        if restarted:
            self._start_again()
        self._inode = inode
        return restarted

    def _is_as_left(self, descriptor: int) -> bool:
        length = len(self._before_offset)
        return os.pread(descriptor, length, self._offset - length) == self._before_offset

    def _forget_file(self) -> bool:
        known = self._inode is not None
        self._inode = None
        self._start_again()
        return known

    def _start_again(self) -> None:
        self._offset, self._next_line, self._before_offset = 0, 1, b""
        self._looked_to, self._in_long_line = -1, False

    def _read_piece(self, descriptor: int, size: int) -> bytes:
        """What stands after the last complete line, one piece of it; nothing where the file has not grown."""
        # A short rest is read again: a crash may have put something else of the same length in its place.
        if size == self._looked_to and not 0 < size - self._offset < READ_CHUNK_BYTES:
            return b""
        parts, position, has_line = [], self._offset, False
        end = min(size, self._offset + LONGEST_LINE_BYTES)
        while position < end and not (has_line and position - self._offset >= PIECE_BYTES):
            part = os.pread(descriptor, min(READ_CHUNK_BYTES, end - position), position)
            if not part:
                break
            parts.append(part)
            position += len(part)
            has_line = has_line or b"\n" in part
        self._looked_to = position
        data = b"".join(parts)
        self.bytes_read += len(data)
        return data

    def _whole_lines(self, data: bytes) -> tuple[int | None, bytes]:
        """(number of a line that turns out too long, the complete lines). The unfinished rest is read again."""
        if self._in_long_line and (end := data.find(b"\n") + 1):
            self._in_long_line = False
            self._next_line += 1
            self._offset += end
            data = data[end:]
        complete = data[: data.rfind(b"\n") + 1]
        self._offset += len(complete)
        begins = not complete and not self._in_long_line and len(data) >= LONGEST_LINE_BYTES
        self._in_long_line = self._in_long_line or begins
        if self._in_long_line:
            self._offset += len(data) - len(complete)
        return (self._next_line if begins else None), complete


def last_lines(path: Path, most_bytes: int) -> list[bytes]:
    """The lines at the end of a file that may be large, whole ones only; none where there is no plain file."""
    try:
        with os.fdopen(open_to_read(path), "rb") as stream:
            size = stream.seek(0, os.SEEK_END)
            stream.seek(max(0, size - most_bytes))
            lines = stream.read(most_bytes).split(b"\n")
    except (OSError, OddFileError):
        return []
    return lines[1:] if size > most_bytes else lines


def last_records(path: Path, most_bytes: int, kind: type[R]) -> list[R]:
    """The records at the end of a `.jsonl` file that may be large; a torn or odd line is left out."""
    found = []
    for line in last_lines(path, most_bytes):
        with contextlib.suppress(ValueError):
            found.append(decode(line, kind))
    return found


def free_bytes(folder: Path) -> int | None:
    """Free bytes for this user on a folder's disk; None where they are unknown."""
    try:
        found = os.statvfs(folder)
    except (OSError, AttributeError):  # no such call on Windows
        return None
    return found.f_bavail * found.f_frsize
