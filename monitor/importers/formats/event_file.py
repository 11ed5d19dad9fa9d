"""One event file of TensorBoard, read without the tensorboard package: what is new at every call.

A record is its length, a checksum of that, a protobuf message and a checksum of it. Messages: Event {1: wall_time,
2: step, 5: Summary}, Summary {1: Value}, Value {1: tag, 2: simple_value, 8: tensor, 9: metadata}. Only a record with a
scalar is checked whole: pictures are long, and are passed over.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from monitor.importers.formats.protobuf_wire import fields, inside
from monitor.importers.items import Row
from monitor.importers.lines import head_of
from monitor.run_dir.crc32c import masked_crc32c
from monitor.run_dir.errors import UnreadableRunError
from monitor.run_dir.field_names import plain
from monitor.run_dir.opening import OddFileError, open_foreign

HEAD_BYTES, CHECKSUM_BYTES = 12, 4
FRAME_BYTES = HEAD_BYTES + CHECKSUM_BYTES
LONGEST_RECORD = 1 << 26
WALL_TIME, STEP, SUMMARY = 1, 2, 5
TAG, SIMPLE_VALUE, TENSOR, METADATA = 1, 2, 8, 9
FORMS = {1: "<f", 2: "<d"}
"""Of a tensor, by its type."""


class EventFile:
    """`prefix`: what the file's folder adds to the names."""

    def __init__(self, path: Path, prefix: str) -> None:
        self.path = path
        self.offset = 0
        self.events = 0
        self._prefix = prefix
        self._broken = ""
        if not path.is_file():
            raise UnreadableRunError(f"{path} is no file.")
        head_of(path)  # tells a git-LFS pointer

    def rows(self) -> Iterator[Row]:
        """Raises UnreadableRunError."""
        try:
            with open_foreign(self.path) as raw, io.BufferedReader(raw) as file:
                file.seek(self.offset)
                while (record := self._next(file)) is not None:
                    if (row := self._row(*record)) is not None:
                        yield row
        except (OSError, OddFileError) as problem:
            raise UnreadableRunError(f"{self.path} cannot be read: {problem}.") from problem

    def _next(self, file: BinaryIO) -> tuple[bytes, bytes] | None:
        """(message, its checksum); None where the next record is not whole yet, or damaged in its length."""
        head = file.read(HEAD_BYTES)
        if len(head) < HEAD_BYTES or head[8:] != _checksum(head[:8]):
            return None
        (length,) = struct.unpack("<Q", head[:8])
        if length > LONGEST_RECORD:
            if self.path.stat().st_size < self.offset + length + FRAME_BYTES:
                return None
            file.seek(length + CHECKSUM_BYTES, io.SEEK_CUR)
            message = checksum = b""
        else:
            message, checksum = file.read(length), file.read(CHECKSUM_BYTES)
            if len(message) < length or len(checksum) < CHECKSUM_BYTES:
                return None
        self.offset += length + FRAME_BYTES
        self.events += 1
        return message, checksum

    def _row(self, message: bytes, checksum: bytes) -> Row | None:
        try:
            event = dict(fields(message))
            values = dict(_scalars(event.get(SUMMARY, b"")))
        except (ValueError, TypeError, struct.error):
            self._broken = f"event {self.events} is damaged"
            return None
        if not values:
            return None
        if checksum != _checksum(message):
            self._broken = f"event {self.events} is damaged"
            return None
        at = event.get(WALL_TIME, bytes(8))
        named = {self._named(tag): value for tag, value in values.items()}
        return Row(self.events, {**named, "step": float(_signed(event.get(STEP, 0)))}, _double(at))

    def _named(self, tag: str) -> str:
        if not self._prefix or plain(self._prefix).startswith(plain(tag)):
            return self._prefix or tag
        return f"{self._prefix}/{tag}"

    def cut_off(self) -> str:
        """Why not all of it could be read; empty where it could."""
        left = self.path.stat().st_size - self.offset
        return self._broken or (f"{left:,} bytes behind event {self.events} are cut off or damaged" if left else "")


def _scalars(summary: Any) -> Iterator[tuple[str, float]]:
    """(tag, number) of each value that is one number, as either generation of writers puts it. Raises ValueError."""
    for each in inside(summary, 1):
        value: dict[int, Any] = dict(fields(each))
        tag = value.get(TAG, b"").decode()
        if SIMPLE_VALUE in value:
            yield tag, struct.unpack("<f", value[SIMPLE_VALUE])[0]
        elif TENSOR in value and _plugin(value.get(METADATA, b"")) in (b"scalars", b""):
            number = _of_tensor(dict(fields(value[TENSOR])))
            if number is not None:
                yield tag, number


def _plugin(metadata: bytes) -> bytes:
    return next((name for data in inside(metadata, 1) for name in inside(data, 1)), b"")


def _of_tensor(tensor: dict[int, Any]) -> float | None:
    """TensorProto {1: dtype, 4: tensor_content, 5: float_val, 6: double_val}; None for any but one number."""
    form = FORMS.get(tensor.get(1, 0))
    for content in (tensor.get(4), tensor.get(5 if form == "<f" else 6)):
        if form and content and len(content) == struct.calcsize(form):
            return float(struct.unpack(form, content)[0])
    return None


def _double(data: Any) -> float:
    return float(struct.unpack("<d", data)[0])


def _signed(number: Any) -> int:
    """Of a varint that stands for an int64."""
    return int(number) - (1 << 64) if number >= 1 << 63 else int(number)


def _checksum(data: bytes) -> bytes:
    return struct.pack("<I", masked_crc32c(data))
