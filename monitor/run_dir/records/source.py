"""source.json and reading.json: the foreign file that a run is read from, and a person's word on how."""

from __future__ import annotations

from typing import Any

from monitor.run_dir.records.base import Record


class Place(Record, frozen=True, kw_only=True, omit_defaults=False):
    """How far one foreign file was read; `device` and `inode` distinguish it from another one of the same name."""

    device: int = 0
    inode: int = 0
    offset: int = 0
    lines: int = 0


class Source(Record, frozen=True, kw_only=True, omit_defaults=False):
    """source.json: the foreign output that a followed run is fed from, replaced whole by its follower."""

    path: str
    format: str
    mapping: dict[str, Any] = {}
    """How it is read, as a person has confirmed it."""
    places: dict[str, Place] = {}
    """By path: how far each file was read."""
    memory: dict[str, Any] = {}
    """What the reader of that format needs beside the places to go on."""
    kept: dict[str, int] = {}
    """Bytes of each .jsonl file that those places account for; what stands behind them was read, not yet noted."""
    updated_at: float = 0.0


class ReadingWord(Record, frozen=True, kw_only=True, omit_defaults=False):
    """reading.json: a person's word on how a log is read, for its follower."""

    by: str
    at: float
    mapping: dict[str, Any] = {}
    """How it shall be read, as in source.json; empty: as it is."""
    follow: bool = True
    """False: the log shall not be followed any longer."""
