"""Records to JSON and back, and the check of the schema version."""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Iterable
from typing import Any, TypeVar, cast

import msgspec

from monitor.run_dir.errors import UnreadableRunError
from monitor.run_dir.records.base import SCHEMA_VERSION, Record

T = TypeVar("T", bound=Record)


def check_schema(version: int, where: str) -> None:
    """Raises UnreadableRunError if `version` (of the file named `where`) is newer than this program reads."""
    if version > SCHEMA_VERSION:
        raise UnreadableRunError(
            f"{where} was written by a newer Vitalsigns (schema {version}; this one reads {SCHEMA_VERSION}). "
            "Update this installation, or open the run with the one that wrote it."
        )


def schema_of(data: bytes) -> int:
    """The schema version that a document claims, also where nothing else in it can be decoded."""
    try:
        claims = json.loads(data)
    except (ValueError, RecursionError):
        return SCHEMA_VERSION
    version = claims.get("schema_version") if isinstance(claims, dict) else None
    return version if isinstance(version, int) else SCHEMA_VERSION


def finite_or_word(value: Any) -> Any:
    """Replaces non-finite floats by the words "nan", "inf", "-inf": msgspec would write null and lose the finding."""
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else ("inf" if value > 0 else "-inf")
    if isinstance(value, dict):
        return {key: finite_or_word(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite_or_word(item) for item in value]
    return value


def encode(record: Record) -> bytes:
    """One record as compact JSON without a newline. Non-finite numbers become words."""
    data = msgspec.json.encode(record)
    # What is not finite was written as null; most lines hold none, as they leave out what is not set.
    if b"null" not in data:
        return data
    return msgspec.json.encode(finite_or_word(msgspec.to_builtins(record)))


def encode_line(record: Record) -> bytes:
    """One record as one line of a .jsonl file."""
    return encode(record) + b"\n"


def _sayable(value: Any) -> Any:
    """Half characters (lone surrogates), which Python writes into JSON and no text may hold, become question marks."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, dict):
        return {_sayable(key): _sayable(item) for key, item in value.items()}
    return [_sayable(item) for item in value] if isinstance(value, list) else value


_ready: set[Any] = set()
_preparing = threading.Lock()


def ready(kind: Any) -> Any:
    """The same type, worked out by one thread before any decodes it: msgspec (0.22) crashes the process where two
    threads decode a type of records for the first time at once."""
    if kind not in _ready:
        with _preparing:
            msgspec.json.Decoder(kind)
            _ready.add(kind)
    return kind


def decode(data: bytes, kind: type[T]) -> T:
    """The record in `data`; lenient: number words, bare NaN and unknown fields are accepted.

    Raises ValueError with one sentence when it is not such a record.
    """
    try:
        return cast("T", msgspec.json.decode(data, type=ready(kind), strict=False))
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError, RecursionError) as first:
        # A foreign writer's bare NaN or Infinity is no JSON, but Python's own reader takes it.
        try:
            return msgspec.convert(_sayable(json.loads(data)), kind, strict=False)
        except (ValueError, RecursionError, OverflowError, msgspec.ValidationError):
            raise ValueError(str(first)) from None


def decode_all(lines: Iterable[bytes], kind: type[T]) -> list[T]:
    """As `decode` of each line, at once. Raises ValueError where one is not such a record, or lenience is needed."""
    return list(map(msgspec.json.Decoder(ready(kind), strict=False).decode, lines))
