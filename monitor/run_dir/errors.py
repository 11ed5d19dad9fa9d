"""Every error a person can cause or meet, with the exit code a script sees.

A message says what happened, where, and what to do; one catcher in each command line's `main` prints it.
"""

from __future__ import annotations

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
