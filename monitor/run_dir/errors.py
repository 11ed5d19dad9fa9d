"""Every error a person can cause or meet, with the exit code a script sees.

A message says what happened, where, and what to do; one catcher in each command line's `main` prints it.
Errors are caught by their names. `guarded` at the end is the one exception: a few things run beside something that
must not end with them (judging beside the supervision of a living trainer, one run's row in the list of all, one
tab's question on the line of all, a picture in a message), and there an error of any kind is caught and reported.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

EXIT_OK = 0
EXIT_WARNING = 1
EXIT_CRITICAL = 2
EXIT_UNREADABLE = 3
EXIT_NOT_ENOUGH_DATA = 4
EXIT_REFUSED = 5
EXIT_USAGE = 64


class MonitorError(Exception):
    """Root of everything the product raises on purpose. `exit_code` is what the process returns."""

    exit_code = EXIT_UNREADABLE


class UsageError(MonitorError):
    """The command line or a form holds a value that is not allowed (exit 64)."""

    exit_code = EXIT_USAGE


class UnreadableRunError(MonitorError):
    """A run is missing, is no run directory, or was written by a newer schema (exit 3)."""

    exit_code = EXIT_UNREADABLE


class RefusedError(MonitorError):
    """The request is well-formed but cannot be done now: lock held, port taken, folder not writable (exit 5)."""

    exit_code = EXIT_REFUSED


T = TypeVar("T")


def guarded(act: Callable[[], T], instead: Callable[[Exception], T]) -> T:
    """What `act` returns, or else what `instead` makes of the fault; a request to end (Ctrl-C, exit) goes through."""
    try:
        return act()
    except Exception as fault:  # noqa: BLE001 - see above
        return instead(fault)
