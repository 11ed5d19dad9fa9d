"""One file that grows, and is sometimes cut short, moved away or begun anew: its bytes in order, each once.

A program that rotates its log renames the file and opens a new one; `> train.log` and copy-and-truncate keep the file
and cut it. The renamed one is read to its end before the new one is begun, also when no reader was at work meanwhile. A
file in UTF-16, as PowerShell writes it, is given out in UTF-8. A hole, which reads as zeros, is passed over.
"""

from __future__ import annotations

import codecs
import contextlib
import errno
import os
from pathlib import Path

from monitor.run_dir import Place
from monitor.run_dir.opening import OddFileError, open_foreign

TAIL_BYTES = 64
"""So much before the place is kept, to notice that a file was begun anew and has already grown beyond the place."""
MOST_ZEROS = 1 << 26
"""So many written zeros are passed over at one reading: who reads has other things to do as well."""
MARKS = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
"""How a file in UTF-16 begins."""


class GrowingFile:
    """Reads on from `place`. `tail` are the bytes that stood before it."""

    def __init__(self, path: Path, place: Place | None = None, tail: bytes = b"") -> None:
        self.path = path
        self.lives = 1
        """Grows when the file was cut, or another one begun in its place."""
        self._descriptor: int | None = None
        self._known = (place.device, place.inode) if place is not None else None
        self._offset = place.offset if place is not None else 0
        self._tail = tail
        self._new_life = False
        self._code = "utf-8"
        self._decoder: codecs.IncrementalDecoder | None = None
        """Of a file in UTF-16."""

    @property
    def changed_at(self) -> float | None:
        """When the file last grew (UTC seconds); None where it cannot be seen."""
        return None if self._descriptor is None else os.fstat(self._descriptor).st_mtime

    def read(self, most_bytes: int) -> bytes:
        """The next bytes; empty where nothing is new. A new life of the file begins with a newline.

        Raises OSError where the file cannot be read; one that is not there (yet), or is a pipe, has nothing new.
        """
        zeros = 0
        try:
            self.open()
            while (data := self.read_raw(most_bytes)) and not data.strip(b"\0") and zeros < MOST_ZEROS:
                zeros += len(data)
        except (FileNotFoundError, NotADirectoryError, OddFileError):
            return b""
        begin, self._new_life = b"\n" * bool(data and self._new_life), self._new_life and not data
        # A writer without O_APPEND goes on where it was after a truncation: the hole before it reads as NULs.
        return begin + data.replace(b"\0", b"")

    def open(self) -> None:
        """Raises OSError, or OddFileError for what is no file."""
        if self._descriptor is not None:
            return
        with open_foreign(self._moved_to() or self.path) as opened:
            self._descriptor = os.dup(opened.fileno())
        found = os.fstat(self._descriptor)
        if (found.st_dev, found.st_ino) != self._known:
            self._begin(found)
        self._look_at_mark()

    def read_raw(self, most_bytes: int) -> bytes:
        """The next bytes of the opened file, in UTF-8 where they are UTF-16, else as they stand there.

        Raises as `open` does.
        """
        assert self._descriptor is not None
        if self._was_begun_anew():
            self._begin(os.fstat(self._descriptor))
        if self._offset == 0:
            self._look_at_mark()
        data = os.pread(self._descriptor, most_bytes, self._offset)
        self._offset += len(data)
        self._tail = (self._tail + data)[-TAIL_BYTES:]
        if data and not data.strip(b"\0"):
            self._pass_hole()
        if self._decoder is not None and data:
            data = self._decoder.decode(data).removeprefix("\ufeff").encode() or self.read_raw(most_bytes)
        if data or not self._was_moved():
            return data
        self.close()
        self._known = (0, 0)
        self.open()
        return self.read_raw(most_bytes)

    def _pass_hole(self) -> None:
        """Goes on where the file system holds data again, or at the end of the file."""
        assert self._descriptor is not None
        size = os.fstat(self._descriptor).st_size
        try:
            begin = os.lseek(self._descriptor, self._offset, os.SEEK_DATA)
        except OSError as problem:
            begin = size if problem.errno == errno.ENXIO else self._offset  # the rest is a hole; or nobody knows
        if begin > self._offset:
            self._tail = (self._tail + b"\0" * min(begin - self._offset, TAIL_BYTES))[-TAIL_BYTES:]
            self._offset = begin
            if self._decoder is not None:
                self._decoder.reset()

    def pass_over(self, keep_bytes: int) -> int:
        """Leaves out all that is new but for the whole lines in its last `keep_bytes`; returns the bytes left out."""
        if self._descriptor is None:
            return 0
        begin = os.fstat(self._descriptor).st_size - keep_bytes
        if begin <= self._offset:
            return 0
        begin += _behind_a_line(os.pread(self._descriptor, keep_bytes, begin), begin, self._code)
        if self._decoder is not None:
            self._decoder.reset()
        left_out = begin - self._offset
        self._offset, self._tail, self._new_life = begin, b"", True
        return left_out

    def place(self, unread: bytes = b"") -> tuple[Place, bytes]:
        """Where a later reading begins so that `unread`, which came last, is read again, and the bytes before that."""
        size = len(unread)
        if self._decoder is not None:
            size = len(unread.decode(errors="replace").encode(self._code)) + len(self._decoder.getstate()[0])
        offset = max(0, self._offset - size)
        device, inode = self._known or (0, 0)
        begin = max(0, offset - TAIL_BYTES)
        tail = b"" if self._descriptor is None else os.pread(self._descriptor, offset - begin, begin)
        return Place(device=device, inode=inode, offset=offset), tail

    def close(self) -> None:
        """Closes the file where it is open; its place is kept."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _moved_to(self) -> Path | None:
        """The name under which the known file stands now, if it was rotated away since the last reading."""
        if self._known is None or _identity(self.path) == self._known:
            return None
        with contextlib.suppress(OSError):
            for other in self.path.parent.iterdir():
                if other.name.startswith(self.path.stem) and _identity(other) == self._known:
                    return other
        return None

    def _begin(self, found: os.stat_result) -> None:
        if self._known is not None:
            self.lives, self._new_life = self.lives + 1, True
        self._known = (found.st_dev, found.st_ino)
        self._offset, self._tail = 0, b""

    def _look_at_mark(self) -> None:
        assert self._descriptor is not None
        self._code = MARKS.get(os.pread(self._descriptor, 2, 0), "utf-8")
        is_wide = self._code != "utf-8"
        self._decoder = codecs.getincrementaldecoder(self._code)("replace") if is_wide else None

    def _was_begun_anew(self) -> bool:
        assert self._descriptor is not None
        if os.fstat(self._descriptor).st_size < self._offset:
            return True
        start = max(0, self._offset - len(self._tail))
        return bool(self._tail) and os.pread(self._descriptor, len(self._tail), start) != self._tail

    def _was_moved(self) -> bool:
        now = _identity(self.path)
        return now is not None and now != self._known


def in_utf8(head: bytes) -> bytes:
    """The first bytes of a file, in UTF-8 where they are UTF-16."""
    code = MARKS.get(head[:2])
    return head[2:].decode(code, "ignore").encode() if code else head


def _behind_a_line(data: bytes, begin: int, code: str) -> int:
    """How many bytes of `data`, which stand in a file from `begin` on, end the line there."""
    if code == "utf-8":
        return data.find(b"\n") + 1
    skipped = begin % 2
    found = data[skipped:].decode(code, "replace").partition("\n")
    return skipped + len((found[0] + found[1]).encode(code, "replace")) if found[1] else skipped


def goes_on(path: Path, place: Place, tail: str) -> bool:
    """Whether a file is the one that was read up to `place`, and has only grown since. A missing one may come back.

    `tail`: the bytes (hex) that stood before the place.
    """
    try:
        with open_foreign(path) as file:
            found = os.fstat(file.fileno())
            same = (found.st_dev, found.st_ino) == (place.device, place.inode) and found.st_size >= place.offset
            before = os.pread(file.fileno(), len(tail) // 2, max(0, place.offset - len(tail) // 2))
            return same and before.hex() == tail
    except (OSError, OddFileError):
        return True


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
