"""Text files line by line, from where the last call stopped; and one sentence for what is no text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from monitor.importers.growing import GrowingFile, in_utf8
from monitor.run_dir import Place
from monitor.run_dir.errors import UnreadableRunError
from monitor.run_dir.opening import OddFileError, open_foreign

CHUNK_BYTES = 1 << 18
LONGEST_LINE_BYTES = 1 << 20
HEAD_BYTES = 1 << 16
SOURCES = frozenset({".py", ".ipynb", ".sh", ".c", ".cc", ".cpp", ".h", ".cu", ".rs", ".go", ".js", ".ts", ".m", ".jl"})
LFS_POINTER = b"version https://git-lfs.github.com/spec/"
PACKED = {b"\x1f\x8b": "gzip", b"PK\x03\x04": "zip", b"\xfd7zXZ": "xz", b"BZh": "bzip2", b"(\xb5/\xfd": "zstd"}


def head_of(path: Path) -> bytes:
    """The first bytes of a file, empty for a folder. Raises UnreadableRunError where it is not there or not itself."""
    try:
        if path.is_dir():
            return b""
        if not path.is_file() and path.exists():
            raise UnreadableRunError(f"{path} is neither a file nor a folder.")
        with open_foreign(path) as file:
            head = in_utf8(file.read(HEAD_BYTES))
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
    if path.suffix in SOURCES:
        raise UnreadableRunError(f"{path} is the source of a program and no log; give the file that it writes.")
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
        self.tail = b""
        """The last bytes before the place."""
        self.too_long: list[int] = []
        """Numbers of the lines that were left out because they are longer than a line of text ever is."""
        self.not_utf8 = 0
        self.unfinished = 0
        """Number of a last line without its end, which may be cut off; 0: there is none."""
        self._file = GrowingFile(path)
        self._life = 1
        self._place = Place()
        self._rest = b""
        self._skipping = False
        self._line = 0

    @property
    def lives(self) -> int:
        """1, and one more for each time the file was begun anew; stays 1 where the tool rewrites its file."""
        return 1 if self.rewritten else self._life

    @property
    def rewrites(self) -> int:
        """How often the tool wrote its whole file again."""
        return self._life - 1 if self.rewritten else 0

    @property
    def place(self) -> Place:
        """Where a later reading begins, with the number of the last line that was read."""
        return msgspec.structs.replace(self._place, lines=self._line)

    def read(self) -> Iterator[tuple[int, str]]:
        """(number, text without its end) of every line that is new. Raises UnreadableRunError."""
        try:
            self._file.open()
            while chunk := self._file.read_raw(CHUNK_BYTES):
                yield from self._of_chunk(chunk)
            if self._rest and not self.follow:
                self.unfinished = self._line + 1
                yield from self._of_chunk(b"\n")
        except FileNotFoundError:
            if not self.follow:
                raise UnreadableRunError(f"{self.path} is gone.") from None
        except OddFileError:
            raise UnreadableRunError(f"{self.path} is no file.") from None
        except OSError as problem:
            raise UnreadableRunError(f"{self.path} cannot be read: {problem.strerror}.") from problem
        finally:
            self._file.close()

    def _of_chunk(self, chunk: bytes) -> Iterator[tuple[int, str]]:
        if self._file.lives != self._life:
            self._life, self._line, self._rest, self._skipping = self._file.lives, 0, b"", False
        *whole, self._rest = (self._rest + chunk).split(b"\n")
        self._place, self.tail = self._file.place(self._rest)
        for line in whole:
            self._line += 1
            if self._skipping:
                self._skipping = False
                self.too_long.append(self._line)
            else:
                yield self._line, self._text(line)
        if len(self._rest) > LONGEST_LINE_BYTES:
            self._rest, self._skipping = b"", True

    def _text(self, line: bytes) -> str:
        if self._line == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        try:
            return line.decode("utf-8").rstrip("\r")
        except UnicodeDecodeError:
            self.not_utf8 += 1
            return decoded(line).rstrip("\r")


def decoded(line: bytes) -> str:
    """A line as text. Where it is no UTF-8 at all, and not only damaged or cut, it is read as Windows writes it."""
    text = line.decode("utf-8", "replace")
    if "\ufffd" in text and all(letter == "\ufffd" or letter < "\x80" for letter in text):
        return line.decode("cp1252", "replace")
    return text
