"""How many tabs one server serves at once: the next ones wait in line and see their place, the rest ask again."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

MOST_TABS = 200
MOST_WAITING = 800
KEPT_FOR_CONTROL = 20
"""Of `MOST_TABS`: however many look, who may stop a run gets in."""
LIFE_SIGN_SECS = 4.0
"""How often a tab in line gets its place: its sign of life, too."""
ASK_AGAIN = 1013
"""The WebSocket's own code for "try again later"; the page's script waits longer from try to try."""
NO_SEAT = f"{MOST_TABS} tabs are open and {MOST_WAITING} wait: no more fit here. Close some; this one asks again."
"""Travels as the reason of a close, which holds 123 bytes."""


class NoSeatError(Exception):
    """All seats are taken, and the line is full."""


@dataclass(eq=False)
class _Waiting:
    controls: bool
    seated: asyncio.Event = field(default_factory=asyncio.Event)


class Seats:
    """Given in the order in which tabs came, to those that control first."""

    def __init__(
        self, most: int = MOST_TABS, waiting: int = MOST_WAITING, kept_for_control: int = KEPT_FOR_CONTROL
    ) -> None:
        self._most, self._waiting, self._kept = most, waiting, kept_for_control
        self._taken = {True: 0, False: 0}
        """Seats of those that control, and of the others."""
        self._line: list[_Waiting] = []
        self._numbers: dict[_Waiting, int] = {}

    @contextlib.asynccontextmanager
    async def seat(self, controls: bool, tell: Callable[[str], Awaitable[None]]) -> AsyncIterator[None]:
        """Enters once there is a seat; `tell` gets the place in line now and then until that.

        Raises NoSeatError at once where the line is full.
        """
        ticket = _Waiting(controls)
        if not self._is_free(controls) and len(self._line) >= self._waiting:
            raise NoSeatError
        self._line.append(ticket)
        self._give()
        try:
            while not ticket.seated.is_set():
                await tell(self._words(ticket))
                with contextlib.suppress(TimeoutError):
                    # Not wait_for: of a tab that leaves as its seat is given, it would forget that it left.
                    async with asyncio.timeout(LIFE_SIGN_SECS):
                        await ticket.seated.wait()
            yield
        finally:
            if ticket.seated.is_set():
                self._taken[controls] -= 1
                self._give()
            else:
                self._line.remove(ticket)
                self._number()

    def _is_free(self, controls: bool) -> bool:
        all_taken = sum(self._taken.values()) >= self._most
        return not all_taken and (controls or self._taken[False] < self._most - self._kept)

    def _give(self) -> None:
        for ticket in sorted(self._line, key=_in_turn):
            if not self._is_free(ticket.controls):
                break
            self._line.remove(ticket)
            self._taken[ticket.controls] += 1
            ticket.seated.set()
        self._number()

    def _number(self) -> None:
        self._numbers = {ticket: number for number, ticket in enumerate(sorted(self._line, key=_in_turn), 1)}

    def _words(self, ticket: _Waiting) -> str:
        taken = sum(self._taken.values())
        return (
            f"As many tabs look at this dashboard as it serves at once: {taken}. This one is number "
            f"{self._numbers[ticket]} in line; it is served when another one is closed."
        )


def _in_turn(ticket: _Waiting) -> bool:
    return not ticket.controls
