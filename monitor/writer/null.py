"""A writer that writes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from monitor.run_dir import Clip, Outcome, Phase


class NullRunWriter:
    """Has every method of RunWriter and does nothing: for ranks other than 0, and for runs that are not watched."""

    run_dir: Path | None = None
    generation = 1

    def log_epoch(self, epoch: float, **fields: Any) -> None:
        """Nothing is written of an evaluation."""

    def log_step(self, step: int, **fields: Any) -> None:
        """Nothing is written of a step."""

    def log_clips(self, clips: Iterable[Clip]) -> None:
        """Nothing is written of the sequences."""

    def log_decodes(
        self,
        epoch: float,
        hypotheses: list[str],
        *,
        split: str = "val",
        references: list[str] | None = None,
        adjusted: list[str] | None = None,
        clip_ids: list[str] | None = None,
        step: int = 0,
    ) -> None:
        """Nothing is written of predictions, and nothing is checked."""

    def log_probe(self, name: str, values: Mapping[str, Any]) -> None:
        """Nothing is written of a measurement."""

    def heartbeat(self, phase: Phase | None = None, epoch: int | None = None, step: int | None = None) -> None:
        """There is no sign of life."""

    def saved_checkpoint(self, path: str | Path, epoch: int) -> None:
        """Nothing is written of a checkpoint."""

    def finish(self, outcome: Outcome = "finished", error: str | None = None, *, traceback: str | None = None) -> None:
        """No outcome is written."""

    def should_stop(self) -> bool:
        """Always False: no request can reach it."""
        return False

    def __enter__(self) -> NullRunWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
