"""A LevelDB log, in which W&B and SwanLab keep an offline run: blocks of 32 KiB, each record with a checksum."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from monitor.importers.items import Importer
from monitor.importers.several import only_one
from monitor.run_dir import Place
from monitor.run_dir.errors import UnreadableRunError
from monitor.run_dir.opening import OddFileError, open_foreign

BLOCK_BYTES = 32 * 1024
HEADER_BYTES = 7
FULL, FIRST, MIDDLE, LAST = 1, 2, 3, 4
LONGEST_RECORD = 1 << 26


def files_of(folder: Path, patterns: tuple[str, ...]) -> list[Path]:
    """The files of runs in a folder, each once; none that a link leads out of it to."""
    found = sorted(each for pattern in patterns for each in folder.glob(pattern))
    places = [(place, each) for each in found if (place := _resolved(each)) is not None]
    within = {place: each for place, each in places if place.is_relative_to(folder.resolve())}
    return list(within.values())  # latest-run is a link to one of them


def _resolved(path: Path) -> Path | None:
    """Where it is; None where it is a link that leads to itself, or that cannot be followed."""
    try:
        return path.resolve()
    except (OSError, RuntimeError):
        return None


class OfflineRun(Importer):
    """What the importers of such logs share."""

    shape = "events"
    magic: ClassVar[bytes]
    """With which a log begins."""
    patterns: ClassVar[tuple[str, ...]]
    """Names of logs in a folder."""
    whose: ClassVar[str]
    """The tool's name for people."""

    def __init__(self, path: Path, *, follow: bool = False) -> None:
        found = files_of(path, self.patterns) if path.is_dir() else [path]
        super().__init__(only_one(path, found, f"offline runs of {self.whose}"), follow=follow)
        self._log = LevelLog(self.path, self.magic, self.whose)
        self._records = 0

    @classmethod
    def fits(cls, path: Path, head: bytes) -> float:
        """High for a file with the tool's first bytes or a folder with such names; low where only the ending fits."""
        if path.is_dir():
            return 0.8 * bool(files_of(path, cls.patterns))
        return 1.0 if head.startswith(cls.magic) else 0.3 * (path.suffix == f".{cls.name}")

    def places(self) -> dict[str, Place]:
        """How far the log was read, in bytes and in records."""
        return {self.path.name: Place(offset=self._log.offset, lines=self._records)}


class LevelLog:
    """Records of a LevelDB log in order; a sentence (str) where bytes could not be used."""

    def __init__(self, path: Path, magic: bytes, whose: str) -> None:
        self.path = path
        self.head = b""
        """The first bytes of the file, once it was read."""
        self._magic, self._whose = magic, whose
        self.offset = 0
        self._parts: list[bytes] = []
        self._size = 0

    def read(self, *, last: bool) -> Iterator[bytes | str]:
        """The new records; a text is a problem. `last`: nothing more will come, so an unfinished record is one, too.

        Raises UnreadableRunError.
        """
        try:
            with open_foreign(self.path) as raw, io.BufferedReader(raw) as file:
                if self.offset == 0:
                    self.head = file.read(HEADER_BYTES)
                    if not self.head.startswith(self._magic):
                        raise UnreadableRunError(f"{self.path} is no offline run of {self._whose}.")
                    self.offset = HEADER_BYTES
                file.seek(self.offset - self.offset % BLOCK_BYTES)
                while block := file.read(BLOCK_BYTES):
                    yield from self._block(block, len(block) == BLOCK_BYTES)
                    if len(block) < BLOCK_BYTES:
                        break
        except OddFileError:
            raise UnreadableRunError(f"{self.path} is no file.") from None
        except OSError as problem:
            raise UnreadableRunError(f"{self.path} cannot be read: {problem.strerror}.") from problem
        if last and (self._parts or self.offset < self.path.stat().st_size):
            yield "the end of the file is cut off"

    def _block(self, block: bytes, whole: bool) -> Iterator[bytes | str]:
        start = self.offset - self.offset % BLOCK_BYTES
        at = self.offset - start
        while at + HEADER_BYTES <= len(block):
            checksum, size, kind = struct.unpack_from("<IHB", block, at)
            data = block[at + HEADER_BYTES : at + HEADER_BYTES + size]
            if kind == 0 and size == 0:
                break  # the rest of the block is empty
            if len(data) < size and not whole:
                return  # still being written
            if len(data) < size or zlib.crc32(bytes([kind]) + data) != checksum:
                self._parts, self._size = [], 0
                yield f"bytes {start + at:,} to {start + len(block):,} are damaged"
                break
            at += HEADER_BYTES + size
            self.offset = start + at
            record = self._joined(kind, data)
            if record is not None:
                yield record
        if whole:
            self.offset = start + BLOCK_BYTES

    def _joined(self, kind: int, data: bytes) -> bytes | None:
        """A record once its last part is there."""
        if kind in (FULL, FIRST):
            self._parts, self._size = [], 0
        self._size += len(data)
        if self._size <= LONGEST_RECORD:
            self._parts.append(data)
        if kind not in (FULL, LAST):
            return None
        record, whole = b"".join(self._parts), self._size <= LONGEST_RECORD
        self._parts, self._size = [], 0
        return record if whole else None
