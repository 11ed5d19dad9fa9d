"""What takes an export: one class for each format."""

from __future__ import annotations

import importlib.util
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar

from monitor.frames.exports.points import Point
from monitor.run_dir import Snapshot
from monitor.run_dir.errors import RefusedError
from monitor.run_dir.status import Word


class Sink(ABC):
    """`library`: what must be installed to write it; "" where nothing more is needed."""

    library: ClassVar[str] = ""

    def __init__(self, out: Path, name: str) -> None:
        """`out`: a folder that is empty or does not exist yet; `name`: of the run."""
        self.out = out
        self.name = name

    def begin(self, config: dict[str, Any]) -> None:
        """Called once, before the first `write`. `config`: the settings, without secrets."""
        self.out.mkdir(parents=True, exist_ok=True)

    @abstractmethod
    def write(self, points: list[Point], snapshot: Snapshot) -> None:
        """`points`: what is new; `snapshot`: all that there is."""

    def close(self, word: Word) -> None:  # noqa: B027 - most have nothing to close
        """Called once, at the end. `word`: what the run is doing then, or how it ended."""


def require(library: str, kind: str) -> None:
    """Raises RefusedError that says what to install."""
    if library and importlib.util.find_spec(library) is None:
        raise RefusedError(f"--to {kind} is written with {library}, which is not installed here: pip install {library}")
