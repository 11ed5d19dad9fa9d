"""TensorBoard event files, written without tensorboard: a record is its length, a protobuf message and two checksums.

Messages: Event {1: wall_time double, 2: step int64, 3: file_version string, 5: Summary}, Summary {1: Value},
Value {1: tag string, 2: simple_value float}.
"""

from __future__ import annotations

import struct
import time
from typing import Any

from monitor.frames.exports.points import Point, by_step, settings
from monitor.frames.exports.sink import Sink
from monitor.run_dir import Snapshot
from monitor.run_dir.crc32c import masked_crc32c
from monitor.run_dir.status import Word

DOUBLE, FLOAT, BYTES, VARINT = 1, 5, 2, 0


class EventFile(Sink):
    """One event file and settings.txt; `tensorboard --logdir OUT` shows it."""

    def begin(self, config: dict[str, Any]) -> None:
        """Opens the file and writes the settings."""
        super().begin(config)
        at = time.time()
        self._file = (self.out / f"events.out.tfevents.{at:.0f}.vitalsigns").open("wb")
        self._file.write(_record(_key(1, DOUBLE) + struct.pack("<d", at) + _text(3, b"brain.Event:2")))
        self._file.flush()
        shown = "".join(f"{key}: {value}\n" for key, value in settings(config).items())
        (self.out / "settings.txt").write_text(shown, encoding="utf-8")

    def write(self, points: list[Point], snapshot: Snapshot) -> None:
        """One event for each step that has something new."""
        for step, at, values in by_step(points):
            summary = b"".join(_text(1, _value(name, value)) for name, value in values.items())
            moment = _key(1, DOUBLE) + struct.pack("<d", at) + _key(2, VARINT) + _varint(step)
            self._file.write(_record(moment + _text(5, summary)))
        self._file.flush()

    def close(self, word: Word) -> None:
        """An event file does not say how the run ended."""
        self._file.close()


def _value(name: str, value: float) -> bytes:
    try:
        number = struct.pack("<f", value)
    except OverflowError:
        number = struct.pack("<f", float("inf") if value > 0 else float("-inf"))
    return _text(1, name.encode()) + _key(2, FLOAT) + number


def _record(message: bytes) -> bytes:
    """The message as it stands in an event file."""
    length = struct.pack("<Q", len(message))
    return length + _checksum(length) + message + _checksum(message)


def _checksum(data: bytes) -> bytes:
    return struct.pack("<I", masked_crc32c(data))


def _key(field: int, kind: int) -> bytes:
    return _varint(field << 3 | kind)


def _text(field: int, data: bytes) -> bytes:
    return _key(field, BYTES) + _varint(len(data)) + data


def _varint(number: int) -> bytes:
    out = bytearray()
    number &= 2**64 - 1
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])
