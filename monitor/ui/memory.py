"""Memory that a run took while it was looked at, given back: rules keep what they saw, the allocator what is freed."""

from __future__ import annotations

import contextlib
import ctypes
import gc
from pathlib import Path

from monitor.diagnosis import verdict


def give_back(run_dir: Path) -> None:
    """Drops what is kept of a run that no page shows, and returns free memory to the system where that is possible."""
    verdict.forget(str(run_dir), run_dir.name)
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):  # another allocator than glibc's has no such call
        ctypes.CDLL(None).malloc_trim(0)
