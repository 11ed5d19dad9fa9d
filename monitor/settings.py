"""`vitalsigns.toml`: what a project sets differently, read where a run is started and frozen into its launch.json.

[thresholds]
gap_limit = 0.5
wer_target_epoch = 30
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from monitor.errors import UsageError
from monitor.rules.thresholds import from_mapping

SETTINGS_FILE = "vitalsigns.toml"
TABLES = ("thresholds",)


@dataclass(frozen=True)
class Settings:
    """`path` is the file they came from, None where there is none. `thresholds`: only those that it sets."""

    path: Path | None = None
    thresholds: Mapping[str, float] = field(default_factory=dict)


def settings_for(folder: Path) -> Settings:
    """The settings of the project that a folder belongs to: the nearest file there or above it.

    Raises UsageError, naming the file, for what cannot be read, is unknown or of the wrong kind.
    """
    folder = folder.absolute()
    path = next((each / SETTINGS_FILE for each in (folder, *folder.parents) if (each / SETTINGS_FILE).is_file()), None)
    if path is None:
        return Settings()
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise UsageError(f"{path} cannot be read: {problem}.") from None
    return Settings(path, _thresholds(path, content))


def _thresholds(path: Path, content: dict[str, Any]) -> Mapping[str, float]:
    unknown = [name for name in content if name not in TABLES]
    if unknown:
        raise UsageError(f"{path}: [{unknown[0]}] is unknown; it may have {', '.join(f'[{name}]' for name in TABLES)}.")
    given = content.get("thresholds", {})
    if not isinstance(given, dict) or any(isinstance(value, (bool, str)) for value in given.values()):
        raise UsageError(f"{path}: [thresholds] holds numbers only, e.g. gap_limit = 0.5.")
    try:
        from_mapping(given)
    except UsageError as problem:
        raise UsageError(f"{path}: {problem}") from None
    return given
