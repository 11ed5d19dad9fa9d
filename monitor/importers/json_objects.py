"""Objects out of JSON text, one at a time: whole lines, or the elements of a long array, never the whole file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from monitor.importers.items import Unread
from monitor.run_dir.errors import UnreadableRunError

CHUNK_CHARACTERS = 1 << 16
LONGEST_OBJECT = 1 << 22
DEEPEST = 4
MOST_NUMBERS = 2000
_decoder = json.JSONDecoder()
_fast = msgspec.json.Decoder()


def parse(text: str) -> Any:
    """One JSON value; bare NaN and Infinity are taken, as Python writes them. Raises ValueError."""
    try:
        return _fast.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        pass
    try:
        return json.loads(text)
    except RecursionError as problem:
        raise ValueError("nested too deep") from problem


def numbers_of(found: Mapping[str, Any], *, texts: bool = False) -> dict[str, float]:
    """Every number in an object, those of inner ones as outer/inner. `texts`: also numbers that are written as text."""
    values: dict[str, float] = {}
    _collect(found, "", values, texts, DEEPEST)
    return values


def _collect(found: Mapping[str, Any], prefix: str, values: dict[str, float], texts: bool, depth: int) -> None:
    for key, value in found.items():
        if len(values) >= MOST_NUMBERS:
            return
        if isinstance(value, dict):
            if depth and "_type" not in value:  # a picture or a table of W&B or Trackio
                _collect(value, f"{prefix}{key}/", values, texts, depth - 1)
            continue
        wanted = isinstance(value, (int, float)) and not isinstance(value, bool)
        if wanted or (
            isinstance(value, str) and (texts or value in ("NaN", "nan", "inf", "-inf", "Infinity", "-Infinity"))
        ):
            try:
                values[f"{prefix}{key}"] = float(value)
            except (ValueError, OverflowError):
                continue


class Elements:
    """The elements of the first array behind `key` in a JSON file (of the file's own array for an empty key)."""

    def __init__(self, path: Path, key: str) -> None:
        self.path = path
        self.key = key
        self.bytes_done = 0
        self._text = ""
        self._line = 1

    def read(self) -> Iterator[tuple[int, Any] | Unread]:
        """(line, element) in order; an Unread and the end where the text is cut off or no JSON any more."""
        if self.path.exists() and not self.path.is_file():
            raise UnreadableRunError(f"{self.path} is no file.")
        try:
            with self.path.open("r", encoding="utf-8-sig", errors="replace", newline="\n") as file:
                chunks = iter(lambda: file.read(CHUNK_CHARACTERS), "")
                if self._find(chunks):
                    yield from self._elements(chunks)
                else:
                    yield Unread(self._line, f"it has no array {self.key!r}")
        except OSError as problem:
            raise UnreadableRunError(f"{self.path} cannot be read: {problem.strerror}.") from problem

    def _more(self, chunks: Iterator[str]) -> bool:
        chunk = next(chunks, "")
        self._text += chunk
        self.bytes_done += len(chunk)
        return bool(chunk)

    def _drop(self, characters: int) -> None:
        self._line += self._text.count("\n", 0, characters)
        self._text = self._text[characters:]

    def _find(self, chunks: Iterator[str]) -> bool:
        """Goes behind the opening bracket."""
        name = f'"{self.key}"'
        while self.key and (at := self._text.find(name)) < 0:
            self._drop(max(0, len(self._text) - len(name)))
            if not self._more(chunks):
                return False
        self._drop(at + len(name) if self.key else 0)
        while (at := self._text.find("[")) < 0:
            if self._text.strip(" \t\r\n:") or not self._more(chunks):
                return False
        if self._text[:at].strip(" \t\r\n:"):
            return False
        self._drop(at + 1)
        return True

    def _elements(self, chunks: Iterator[str]) -> Iterator[tuple[int, Any] | Unread]:
        while True:
            bare = self._text.lstrip(" \t\r\n,")
            self._drop(len(self._text) - len(bare))
            if self._text.startswith("]"):
                return
            whole = self._whole()
            if whole is not None:
                yield self._line, whole[0]
                self._drop(whole[1])
            elif len(self._text) > LONGEST_OBJECT or not self._more(chunks):
                yield Unread(self._line, "it is cut off or no JSON from here on")
                return

    def _whole(self) -> tuple[Any, int] | None:
        """(value, its length) of what the text begins with, if its end has come."""
        if not self._text:
            return None
        try:
            value, length = _decoder.raw_decode(self._text)
        except (ValueError, RecursionError):
            return None
        # A number at the very end may go on in the next chunk.
        return (value, length) if length < len(self._text) else None
