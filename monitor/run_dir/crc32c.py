"""The checksum of TensorBoard's event files, read and written: CRC-32C, turned by 15 bits and moved by a constant."""

from __future__ import annotations

from functools import cache

CASTAGNOLI = 0x82F63B78
MOVED_BY = 0xA282EAD8


def masked_crc32c(data: bytes) -> int:
    """The checksum that stands behind each length and each record of an event file, 32 bits."""
    crc = 0xFFFFFFFF
    table = _table()
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    crc ^= 0xFFFFFFFF
    return (((crc >> 15) | (crc << 17)) + MOVED_BY) & 0xFFFFFFFF


@cache
def _table() -> tuple[int, ...]:
    made = []
    for number in range(256):
        crc = number
        for _ in range(8):
            crc = (crc >> 1) ^ (CASTAGNOLI if crc & 1 else 0)
        made.append(crc)
    return tuple(made)
