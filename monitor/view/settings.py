"""The settings of many runs side by side: flat names, plain values, and only those in which the runs differ."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from monitor.view.shapes.listing import Setting

MOST_SETTINGS = 40
LONGEST_VALUE = 60
DEEPEST = 4


def flattened(config: Mapping[str, Any], before: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    """(dotted name, value) of every setting, down to `DEEPEST` levels."""
    for name, value in config.items():
        if isinstance(value, Mapping) and depth < DEEPEST:
            yield from flattened(value, f"{before}{name}.", depth + 1)
        else:
            yield f"{before}{name}", value


def flat(config: Mapping[str, Any]) -> dict[str, Setting]:
    """Dotted name → value. Paths are left out: every run has its own, and none of them describes the training."""
    found: dict[str, Setting] = {}
    for name, value in flattened(config):
        if isinstance(value, str) and "/" not in value and "\\" not in value:
            found[name] = value[:LONGEST_VALUE]
        elif isinstance(value, (bool, int)) or (isinstance(value, float) and math.isfinite(value)):
            found[name] = value
    return found


def differing(settings: Mapping[str, Mapping[str, Setting]]) -> dict[str, dict[str, Setting]]:
    """Run → its values of the settings in which the runs differ; of many, those that the most runs have."""
    values: dict[str, set[Setting]] = {}
    counts: dict[str, int] = {}
    for own in settings.values():
        for name, value in own.items():
            values.setdefault(name, set()).add(value)
            counts[name] = counts.get(name, 0) + 1
    differ = [name for name, each in values.items() if len(each) > 1 or counts[name] < len(settings)]
    kept = sorted(differ, key=lambda name: (-counts[name], name))[:MOST_SETTINGS]
    return {run: {name: own[name] for name in kept if name in own} for run, own in settings.items()}
