"""The bytes of a growing log → the lines that a terminal would have left standing, at a bounded memory.

A progress bar rewrites its line after each carriage return, and only its end is worth reading: what is overwritten
while the bar is under way is passed over, a full bar and anything that is no bar is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from monitor.importers.lines import decoded

LONGEST_BYTES = 65_536
EVERY_LINE_BYTES, LOOK_EVERY_BYTES, LOOKS = 131_072, 1024, 5_000
"""A line in the middle of an epoch is looked at: each at the beginning of a log, later one in so many bytes, or in so
large a part of what was seen."""
UNDER_WAY = re.compile(rb"%\|(?:(?<=(?<!\d)\d%\|)|(?<=(?<!\d)\d\d%\|))")
"""A tqdm bar below 100 %; its fixed part comes first, which is what the search is quick for."""
OVER_EPOCHS = re.compile(rb"poch(?:s[^%|\r]{0,40}?)?: {1,3}\d{1,3}%\|[^|\r]{0,400}\|\s{0,9}(\d+)/\d+ \[")
"""A bar that counts epochs: what is overwritten there is the only word about each of them."""
BACK = re.compile(rb"\x08+")
INTO = re.compile(rb"(?<!\x08)\x08++(\s{0,3}\d+/\d+\s{0,3})(?=\r|$)")
"""A count that is written into the bar before it."""
LATELY = 40
NUMBER = re.compile(rb"\d+(\.\d*)?")
"""And the decimals of it."""


class LogText:
    """Cuts chunks into lines; an unfinished last one waits for its end."""

    def __init__(self, memory: Mapping[str, Any] | None = None, looks: int = LOOKS) -> None:
        """`memory`: what an earlier reading of the same log left (`memory()`)."""
        known = memory or {}
        self._looks = looks
        self.seen_bytes, self._due_at = known.get("seen", 0), known.get("due", 0)
        self._taken = bytes.fromhex(known.get("taken", ""))
        """The unfinished line that was read as if it were whole."""
        self.bars: list[str] = []
        """The bars under way that were worth a look; the caller takes them out."""
        self.lines = 0
        """Whole lines so far."""
        self._rest = b""
        self._over_epochs = False
        """The last chunk may hold a bar that counts epochs."""
        self._overlong = False
        self._lately: list[bytes] = []
        """The last whole lines."""

    @property
    def waiting(self) -> bytes:
        """What of the last chunk belongs to an unfinished line: a reader may begin there again."""
        return self._rest

    def memory(self) -> dict[str, Any]:
        """How many bytes were seen, from which byte on a line of a step is looked at again, and the unfinished line
        that was taken as whole, as plain JSON."""
        return {"seen": self.seen_bytes, "due": self._due_at, "taken": self._taken.hex()}

    @property
    def is_due(self) -> bool:
        """Whether a line in the middle of an epoch is worth a look: one in some lines, fewer in a long log."""
        return self.seen_bytes >= self._due_at

    def looked(self) -> None:
        """One was looked at; the next is due later."""
        least = LOOK_EVERY_BYTES if self.seen_bytes > EVERY_LINE_BYTES else 0
        self._due_at = self.seen_bytes + max(least, self.seen_bytes // self._looks if least else 0)

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """The lines that this chunk finishes."""
        data = self._without_taken(self._rest + chunk)
        self._over_epochs = b"poch: " in data or b"pochs" in data
        *lines, rest = data.split(b"\n")
        self._lately = [*self._lately, *lines[-LATELY:]][-LATELY:]
        for line in lines:
            self.lines += 1
            if self._overlong:
                self._overlong, cut = False, line.rfind(b"\r", 0, -1)
                line = line[cut + 1 :] if cut >= 0 else b""
            if b"\0" in line:  # where the file was cut while its writer went on
                line = line.replace(b"\0", b"")
            if b"\r" in line or b"\x08" in line:
                yield from self._standing(line.rstrip(b"\r"))
            elif line:
                self.seen_bytes += len(line)
                if not line.isspace():
                    yield line[:LONGEST_BYTES]
        # What a carriage return ends is as complete as a line, also where the newline never comes.
        *parts, self._rest = rest.split(b"\r")
        if parts and self._overlong:
            del parts[0]
            self._overlong = False
        yield from self._kept(parts)
        if len(self._rest) > LONGEST_BYTES:
            if not self._overlong:
                yield self._rest[:LONGEST_BYTES]
            self._rest, self._overlong = b"", True

    def _without_taken(self, data: bytes) -> bytes:
        """Without the line that was taken before its newline came; where it goes on, it is read once more, whole."""
        size = len(self._taken)
        if not size or data == self._taken:
            return data
        is_whole = data.startswith(self._taken) and data[size : size + 1] in (b"\n", b"\r")
        self._taken = b""
        return data[size:] if is_whole else data

    def rest(self) -> Iterator[bytes]:
        """What stands at the present end without a newline, as a line: once, and again where it goes on."""
        if self._rest != self._taken:
            self._taken = self._rest
            yield from self._last(self._rest)

    def close(self) -> Iterator[bytes]:
        """What stands at the end without a newline."""
        rest, self._rest = self._rest, b""
        if rest != self._taken:
            yield from self._last(rest)

    def _last(self, rest: bytes) -> Iterator[bytes]:
        """A line without its end, but for a number that was cut off: those above have more digits."""
        if rest and not rest.isspace() and not self._overlong:
            yield _without_cut_number(rest[:LONGEST_BYTES], self._lately)

    def _standing(self, line: bytes) -> Iterator[bytes]:
        if b"\x08" in line:  # Keras goes back over its bar
            line = BACK.sub(b"\r", INTO.sub(rb" [\1]", line))
        *overwritten, last = line.split(b"\r")
        yield from self._kept(overwritten)
        self.seen_bytes += len(last)
        if last and not last.isspace():
            yield last[:LONGEST_BYTES]

    def _kept(self, parts: list[bytes]) -> Iterator[bytes]:
        """Of what was overwritten, all but bars under way; of one over the epochs, how each count began and ended."""
        count, last, over_epochs = b"", b"", self._over_epochs
        for part in parts:
            self.seen_bytes += len(part)
            if over_epochs and (over := OVER_EPOCHS.search(part)):
                if over[1] != count:
                    if last:
                        yield last
                    yield part[:LONGEST_BYTES]
                count, last = over[1], part[:LONGEST_BYTES] if over[1] == count else b""
            elif not UNDER_WAY.search(part):
                if part and not part.isspace():
                    yield part[:LONGEST_BYTES]
            elif self.is_due:
                self.looked()
                self.bars.append(decoded(part[:LONGEST_BYTES]))
        if last:
            yield last


def _without_cut_number(line: bytes, others: list[bytes]) -> bytes:
    """The line without the number that it ends with, where that number has more decimals in all other lines like it."""
    found = list(NUMBER.finditer(line))
    if not found or found[-1].end() != len(line):
        return line
    words = NUMBER.sub(b"0", line)
    like = [other for other in others if NUMBER.sub(b"0", other).startswith(words)]
    decimals = [len(list(NUMBER.finditer(other))[len(found) - 1][1] or b"") for other in like]
    return line[: found[-1].start()] if decimals and min(decimals) > len(found[-1][1] or b"") else line
