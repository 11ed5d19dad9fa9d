"""Numbers as the command line writes them: two or three digits, WER with one decimal, "–" for not measured."""

from __future__ import annotations

import math
import time

NONE = "–"


def percent(ratio: float | None) -> str:
    """A fraction as percent with one decimal: .921 → "92.1 %"."""
    return NONE if ratio is None else f"{ratio * 100:.1f} %" if math.isfinite(ratio) else str(ratio)


def number(value: float | None) -> str:
    """A loss, a gap: two decimals."""
    return NONE if value is None else f"{value:.2f}" if math.isfinite(value) else str(value)


def short(value: float | None) -> str:
    """An epoch: no trailing zeros."""
    return NONE if value is None else f"{value:g}"


def ago(moment: float | None, now: float) -> str:
    """How long before `now`, in the largest unit that reads well."""
    if moment is None:
        return NONE
    secs = max(0.0, now - moment)
    for limit, size, unit in ((120, 1, "s"), (7200, 60, "min"), (172_800, 3600, "h")):
        if secs < limit:
            return f"{secs / size:.0f} {unit}"
    return f"{secs / 86_400:.0f} d"


def clock(moment: float) -> str:
    """Local date and time."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(moment))
