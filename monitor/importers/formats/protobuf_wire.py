"""The few lines of protobuf's wire format that are needed to find known fields in a message of an unknown version."""

from __future__ import annotations

from collections.abc import Iterator

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


def fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """(field number, value) in order; unknown fields come too. Raises ValueError for what is no message."""
    at = 0
    while at < len(message):
        key, at = varint(message, at)
        kind = key & 7
        if kind == VARINT:
            value, at = varint(message, at)
            yield key >> 3, value
            continue
        if kind == BYTES:
            size, at = varint(message, at)
        elif kind in (FIXED64, FIXED32):
            size = 8 if kind == FIXED64 else 4
        else:
            raise ValueError(f"wire type {kind}")
        if at + size > len(message):
            raise ValueError("field longer than its message")
        yield key >> 3, message[at : at + size]
        at += size


def varint(message: bytes, at: int) -> tuple[int, int]:
    """(number, place behind it). Raises ValueError."""
    number = 0
    for shift in range(0, 64, 7):
        if at >= len(message):
            raise ValueError("cut off in a number")
        byte = message[at]
        number |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            return number, at
    raise ValueError("number longer than 64 bits")


def inside(message: bytes, number: int) -> Iterator[bytes]:
    """Every inner message (or text) under one field number."""
    for found, value in fields(message):
        if found == number and isinstance(value, bytes):
            yield value
