"""The bytes of a growing log → the lines that a terminal would have left standing, at a bounded memory.

A progress bar rewrites its line after each carriage return, and only its end is worth reading: what is overwritten
while the bar is under way is passed over, a full bar and anything that is no bar is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

LONGEST_BYTES = 65_536
EVERY_LINE_BYTES, LOOK_EVERY_BYTES, LOOKS = 32_768, 1024, 5_000
"""A line in the middle of an epoch is looked at: each at the beginning of a log, later one in so many bytes, or in so
large a part of what was seen."""
UNDER_WAY = re.compile(rb"(?<!\d)\d{1,2}%\|")
"""A tqdm bar below 100 %."""
BACK = re.compile(rb"\x08+")


class LogText:
    """Cuts chunks into lines; an unfinished last one waits for its end."""

    def __init__(self, memory: Mapping[str, int] | None = None, looks: int = LOOKS) -> None:
        """`memory`: what an earlier reading of the same log left (`memory()`)."""
        self._looks = looks
        self.seen_bytes, self._due_at = (memory or {}).get("seen", 0), (memory or {}).get("due", 0)
        self._bars: list[str] = []
        self._rest = b""
        self._overlong = False

    @property
    def waiting_bytes(self) -> int:
        """How many bytes of the last chunk belong to an unfinished line: a reader may begin there again."""
        return len(self._rest)

    def memory(self) -> dict[str, int]:
        return {"seen": self.seen_bytes, "due": self._due_at}

    def is_due(self) -> bool:
        """Whether a line in the middle of an epoch is worth a look: one in some lines, fewer in a long log."""
        if self.seen_bytes < self._due_at:
            return False
        least = LOOK_EVERY_BYTES if self.seen_bytes > EVERY_LINE_BYTES else 0
        self._due_at = self.seen_bytes + max(least, self.seen_bytes // self._looks if least else 0)
        return True

    def bars(self) -> list[str]:
        """The bars under way that were worth a look since this was last asked."""
        found, self._bars = self._bars, []
        return found

    def feed(self, chunk: bytes) -> Iterator[str]:
        """The lines that this chunk finishes."""
        *lines, rest = (self._rest + chunk).split(b"\n")
        for line in lines:
            if not self._overlong:
                yield from self._standing(line.rstrip(b"\r"))
            elif (cut := line.rfind(b"\r", 0, -1)) >= 0:
                yield from self._standing(line[cut + 1 :])
            self._overlong = False
        # What a carriage return ends is as complete as a line, also where the newline never comes.
        *parts, self._rest = rest.split(b"\r")
        for part in parts:
            if not self._overlong and not self._is_passed_over(part):
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

    def _standing(self, line: bytes) -> Iterator[str]:
        if b"\x08" in line:  # Keras goes back over its bar
            line = BACK.sub(b"\r", line)
        *overwritten, last = line.split(b"\r")
        for part in overwritten:
            if not self._is_passed_over(part):
                yield from _decoded(part)
        self.seen_bytes += len(last)
        yield from _decoded(last)

    def _is_passed_over(self, part: bytes) -> bool:
        self.seen_bytes += len(part)
        if not UNDER_WAY.search(part):
            return False
        if self.is_due():
            self._bars += _decoded(part)
        return True


def _decoded(part: bytes) -> Iterator[str]:
    if part and not part.isspace():
        yield part[:LONGEST_BYTES].decode("utf-8", "replace")
