"""The bytes of a growing log → the lines that a terminal would have left standing, at a bounded memory.

A progress bar rewrites its line after each carriage return, and only its end is worth reading: what is overwritten
while the bar is under way is passed over, a full bar and anything that is no bar is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

LONGEST_BYTES = 65_536
UNDER_WAY = re.compile(rb"(?<!\d)\d{1,2}%\|")
"""A tqdm bar below 100 %."""


class LogText:
    """Cuts chunks into lines; an unfinished last one waits for its end."""

    def __init__(self) -> None:
        self._rest = b""
        self._overlong = False

    @property
    def waiting_bytes(self) -> int:
        """How many bytes of the last chunk belong to an unfinished line: a reader may begin there again."""
        return len(self._rest)

    def feed(self, chunk: bytes) -> Iterator[str]:
        """The lines that this chunk finishes."""
        *lines, rest = (self._rest + chunk).split(b"\n")
        for line in lines:
            if not self._overlong:
                yield from _standing(line.rstrip(b"\r"))
            elif (cut := line.rfind(b"\r", 0, -1)) >= 0:
                yield from _standing(line[cut + 1 :])
            self._overlong = False
        # What a carriage return ends is as complete as a line, also where the newline never comes.
        *parts, self._rest = rest.split(b"\r")
        for part in parts:
            if not self._overlong and not UNDER_WAY.search(part):
                yield from _decoded(part)
            self._overlong = False
        if len(self._rest) > LONGEST_BYTES:
            if not self._overlong:
                yield from _decoded(self._rest)
            self._rest, self._overlong = b"", True

    def close(self) -> Iterator[str]:
        """What stands at the end without a newline."""
        rest, self._rest = self._rest, b""
        if not self._overlong:
            yield from _decoded(rest)


def _standing(line: bytes) -> Iterator[str]:
    *overwritten, last = line.split(b"\r")
    for part in overwritten:
        if not UNDER_WAY.search(part):
            yield from _decoded(part)
    yield from _decoded(last)


def _decoded(part: bytes) -> Iterator[str]:
    if part and not part.isspace():
        yield part[:LONGEST_BYTES].decode("utf-8", "replace")
