"""Text files line by line, from where the last call stopped; and one sentence for what is no text."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from monitor.run_dir import Place
from monitor.run_dir.errors import UnreadableRunError
from monitor.run_dir.opening import OddFileError, open_foreign

CHUNK_BYTES = 1 << 18
LONGEST_LINE_BYTES = 1 << 20
HEAD_BYTES = 1 << 16
TAIL_BYTES = 64
LFS_POINTER = b"version https://git-lfs.github.com/spec/"
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
PACKED = {b"\x1f\x8b": "gzip", b"PK\x03\x04": "zip", b"\xfd7zXZ": "xz", b"BZh": "bzip2", b"(\xb5/\xfd": "zstd"}


def head_of(path: Path) -> bytes:
    """The first bytes of a file, empty for a folder. Raises UnreadableRunError where it is not there or not itself."""
    try:
        if path.is_dir():
            return b""
        if not path.is_file() and path.exists():
            raise UnreadableRunError(f"{path} is neither a file nor a folder.")
        with open_foreign(path) as file:
            head = file.read(HEAD_BYTES)
    except (OSError, ValueError) as problem:
        raise UnreadableRunError(f"{path} cannot be read: {getattr(problem, 'strerror', problem)}.") from problem
    check_itself(path, head)
    return head


def check_itself(path: Path, head: bytes) -> None:
    """Raises UnreadableRunError for what only stands in the place of a file: a git-LFS pointer, a packed file."""
    if head.startswith(LFS_POINTER):
        raise UnreadableRunError(
            f"{path} is only a git-LFS pointer, not the file itself; fetch it with: git lfs pull --include {path.name}"
        )
    for mark, kind in PACKED.items():
        if head.startswith(mark):
            raise UnreadableRunError(f"{path} is packed ({kind}); unpack it and import what is in it.")


def check_text(path: Path, head: bytes) -> None:
    """Raises UnreadableRunError in one sentence for an empty file and for one that is no text."""
    if head.startswith(UTF16_MARKS):
        raise UnreadableRunError(f"{path} is UTF-16; convert it: iconv -f UTF-16 -t UTF-8 {path.name}")
    if head and not text_of(head):
        raise UnreadableRunError(
            f"{path} is not a text file, and none of the binary formats that are known here; see docs/importers.md."
        )
    if not head.strip():
        raise UnreadableRunError(f"{path} is empty.")


def text_of(head: bytes) -> bytes:
    """The whole lines before the first zero byte: a power loss leaves zeros behind a good text. Empty for no text."""
    if b"\0" not in head:
        return head
    before = head[: head.index(b"\0")]
    return before[: before.rfind(b"\n") + 1]


def _before(descriptor: int, offset: int) -> bytes:
    return os.pread(descriptor, min(TAIL_BYTES, offset), max(0, offset - TAIL_BYTES))


def goes_on(path: Path, place: Place, tail: str) -> bool:
    """Whether a file is the one that was read up to `place`, and has only grown since. A missing one may come back."""
    try:
        with open_foreign(path) as file:
            found = os.fstat(file.fileno())
            same = (found.st_dev, found.st_ino) == (place.device, place.inode) and found.st_size >= place.offset
            return same and (not tail or _before(file.fileno(), place.offset).hex() == tail)
    except (OSError, OddFileError):
        return True


class Lines:
    """The lines of one file, as text. Bounded: a chunk and one line are in memory, however long the file is.

    With `follow`, an unfinished last line waits for its end. A shorter file, another one of the same name, and one
    with other bytes before the place are read from their first line again: `lives` grows, or, where the tool is known
    to write its whole file again (`rewritten`), `rewrites`.
    """

    def __init__(self, path: Path, *, follow: bool = False, rewritten: bool = False) -> None:
        self.path = path
        self.follow = follow
        self.rewritten = rewritten
        self.lives = 1
        self.rewrites = 0
        self.tail = b""
        """The last bytes before the place."""
        self.too_long: list[int] = []
        """Numbers of the lines that were left out because they are longer than a line of text ever is."""
        self.not_utf8 = 0
        self.unfinished = 0
        """Number of a last line without its end, which may be cut off; 0: there is none."""
        self._file = (0, 0)
        self._offset = 0
        self._line = 0

    @property
    def place(self) -> Place:
        return Place(device=self._file[0], inode=self._file[1], offset=self._offset, lines=self._line)

    def read(self) -> Iterator[tuple[int, str]]:
        """(number, text without its end) of every line that is new. Raises UnreadableRunError."""
        try:
            with open_foreign(self.path) as file:
                self._begin(file.fileno())
                try:
                    yield from self._from_descriptor(file.fileno())
                finally:
                    self.tail = _before(file.fileno(), self._offset)
        except FileNotFoundError:
            if not self.follow:
                raise UnreadableRunError(f"{self.path} is gone.") from None
        except OddFileError:
            raise UnreadableRunError(f"{self.path} is no file.") from None
        except OSError as problem:
            raise UnreadableRunError(f"{self.path} cannot be read: {problem.strerror}.") from problem

    def _begin(self, descriptor: int) -> None:
        found = os.fstat(descriptor)
        file = (found.st_dev, found.st_ino)
        if file == self._file and found.st_size >= self._offset and _before(descriptor, self._offset) == self.tail:
            return
        if self._file != (0, 0):
            self.rewrites += self.rewritten
            self.lives += not self.rewritten
        self._file, self._offset, self._line, self.tail = file, 0, 0, b""

    def _from_descriptor(self, descriptor: int) -> Iterator[tuple[int, str]]:
        rest, skipping = b"", False
        position = self._offset
        while chunk := os.pread(descriptor, CHUNK_BYTES, position):
            position += len(chunk)
            *whole, rest = (rest + chunk).split(b"\n")
            for line in whole:
                self._offset += len(line) + 1
                self._line += 1
                if skipping:
                    skipping = False
                    self.too_long.append(self._line)
                else:
                    yield self._line, self._text(line)
            if len(rest) > LONGEST_LINE_BYTES:
                self._offset += len(rest)
                rest, skipping = b"", True
        if rest and not self.follow:
            self._offset += len(rest)
            self._line += 1
            self.unfinished = self._line
            if skipping:
                self.too_long.append(self._line)
            else:
                yield self._line, self._text(rest)

    def _text(self, line: bytes) -> str:
        if self._line == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        try:
            return line.decode("utf-8").rstrip("\r")
        except UnicodeDecodeError:
            self.not_utf8 += 1
            return line.decode("utf-8", "replace").rstrip("\r")
