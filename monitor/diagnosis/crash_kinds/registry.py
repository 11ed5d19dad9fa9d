"""All known kinds of crashes in order of precedence, and which of them a text is."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from monitor.diagnosis.batch import half_the_batch
from monitor.diagnosis.crash_kinds import data, files, gpu, machine, missing, ranks, software
from monitor.diagnosis.crash_kinds.exits import by_exit
from monitor.diagnosis.crash_kinds.kind import Failure
from monitor.diagnosis.crash_kinds.lines import lines_of, uncaught

KINDS = (
    *(*gpu.KINDS, *data.KINDS, *gpu.CHIP_KINDS, *machine.KINDS),
    *(*ranks.KINDS, *software.KINDS, *files.KINDS, *missing.KINDS),
)
"""What makes other processes of the run fail comes before what they say of it."""
EVEN_WHEN_SIGNALLED = frozenset({"host_memory", "scheduler", "node"})
"""What may be read from the log of a process that SIGKILL or SIGTERM has ended."""


def failure_in(
    text: str, exit_code: int | None = None, signal_number: int | None = None, config: Mapping[str, Any] | None = None
) -> Failure | None:
    """The class of a crash from the last lines of its log or its traceback; None for one without a known cause."""
    lines = lines_of(text)
    # A process that a signal ended did not end of an exception that its log holds.
    by_signal = signal_number in (signal.SIGKILL, signal.SIGTERM)
    whole, last = "\n".join(lines), "\n".join(uncaught(lines))
    for kind in KINDS:
        if by_signal and kind.name not in EVEN_WHEN_SIGNALLED:
            continue
        if found := kind.of(last if kind.handled else whole):
            return replace(found, advice=half_the_batch(config or {})) if found.name == "gpu_memory" else found
    return by_exit(exit_code, signal_number)
