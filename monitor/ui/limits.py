"""What visitors may take of the server: connections that say nothing, lines of its log.

Every user of the machine can reach the port. Before a request has come there is nothing to check, so a connection gets
little time to make one; of too many that wait, the oldest goes: who has something to say does so at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import resource
import time
from typing import Any

from uvicorn.protocols.http.auto import AutoHTTPProtocol

REQUEST_SECS = 10.0
"""Time for the first request of a connection."""
MOST_SILENT = 200
MOST_DESCRIPTORS = 65_536
LINES, LINES_SECS = 20, 60.0
"""Lines a minute that a logger writes at most about what a visitor without a token can cause."""

_silent: dict[Any, None] = {}
"""Connections without a request so far, the oldest first."""


def protect() -> None:
    """Puts the limits in force, before the first connection. Called again, it changes nothing."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_DESCRIPTORS if most == resource.RLIM_INFINITY else min(most, MOST_DESCRIPTORS)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
    for name in ("uvicorn.error", "asyncio"):
        logger = logging.getLogger(name)
        if not any(isinstance(each, Seldom) for each in logger.filters):
            logger.addFilter(Seldom())
    protocol: Any = AutoHTTPProtocol
    made, lost = protocol.connection_made, protocol.connection_lost
    if getattr(made, "is_limited", False):
        return

    def connection_made(self: Any, transport: asyncio.Transport) -> None:
        """Gives it some seconds for a request; of too many silent ones the oldest is closed."""
        made(self, transport)
        _silent[self] = None
        asyncio.get_running_loop().call_later(REQUEST_SECS, _close_silent, self)
        if len(_silent) > MOST_SILENT:
            for each in [each for each in _silent if each.cycle is not None]:
                _silent.pop(each)
            if len(_silent) > MOST_SILENT:
                _close_silent(next(iter(_silent)))

    def connection_lost(self: Any, fault: Exception | None) -> None:
        """Forgets it."""
        _silent.pop(self, None)
        lost(self, fault)

    connection_made.is_limited = True  # type: ignore[attr-defined]
    protocol.connection_made, protocol.connection_lost = connection_made, connection_lost


def _close_silent(protocol: Any) -> None:
    """Closes a connection that has made no request; one that has become a WebSocket is in other hands."""
    was_silent = protocol in _silent and protocol.cycle is None
    _silent.pop(protocol, None)
    if was_silent and protocol.transport.get_protocol() is protocol:
        protocol.transport.abort()


class Seldom(logging.Filter):
    """Lets a logger write only so many lines a minute, so that a stranger cannot fill the log."""

    def __init__(self) -> None:
        super().__init__()
        self._since, self._count = float("-inf"), 0

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether this line is one of the first of its minute."""
        now = time.monotonic()
        if now - self._since > LINES_SECS:
            self._since, self._count = now, 0
        self._count += 1
        return self._count <= LINES
