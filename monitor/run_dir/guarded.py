"""The one place where a fault of any kind is caught.

Everywhere else an error is caught by its name, and what nobody thought of is a fault that shall be seen. A few things
are done beside something that must not end with them: judging beside the supervision of a living trainer, one run's
row in the list of all, one tab's question on the line of all, a picture in a message. Each of them comes through here,
says beside what it is done, and says what is told instead.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def guarded(act: Callable[[], T], instead: Callable[[Exception], T]) -> T:
    """What `act` returns, or else what `instead` makes of the fault; a request to end (Ctrl-C, exit) goes through."""
    try:
        return act()
    except Exception as fault:  # noqa: BLE001 - see above
        return instead(fault)
