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

    def log_epoch(self, epoch: float, **fields: Any) -> None: ...
    def log_step(self, step: int, **fields: Any) -> None: ...
    def log_clips(self, clips: Iterable[Clip]) -> None: ...
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
    ) -> None: ...
    def log_probe(self, name: str, values: Mapping[str, Any]) -> None: ...
    def heartbeat(self, phase: Phase | None = None, epoch: int | None = None, step: int | None = None) -> None: ...
    def saved_checkpoint(self, path: str | Path, epoch: int) -> None: ...
    def finish(
        self, outcome: Outcome = "finished", error: str | None = None, *, traceback: str | None = None
    ) -> None: ...

    def should_stop(self) -> bool:
        return False

    def __enter__(self) -> NullRunWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
