"""What the callbacks of all frameworks share: one RunWriter, opened late, and the framework's names made ours.

A framework says when a step, an evaluation or a checkpoint has happened; what it logs are names and numbers.
Nothing here raises into training once the writer is open (monitor.writer).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from monitor.run_dir import GENERATION_VARIABLE, PROGRESS_FILE, RUN_DIR_VARIABLE, Progress, files
from monitor.run_dir.field_names import SHARES, fields_of
from monitor.writer import NullRunWriter, RunWriter

PERCENT = 0.01
COUNTERS = frozenset({"epoch", "step"})
"""The callbacks count these themselves."""


class Reporter:
    """One run's writer behind a framework's callback.

    `run_dir`: where to write; a supervisor's own folder wins (`python -m monitor start -- …`).
    `names`: our field → the name it is logged under, for names that are not the usual ones.
    `wer_in_percent`: whether the script logs error rates and ratios in percent; it is asked, never guessed.
    `resume`: go on with a run that the folder holds (a supervised resume says so by itself).
    `about`: what else `RunWriter` takes: name, model, data, floors, units …
    """

    def __init__(
        self,
        run_dir: str | Path | None,
        *,
        names: Mapping[str, str] | None = None,
        wer_in_percent: bool = False,
        resume: bool = False,
        **about: Any,
    ) -> None:
        self._run_dir = run_dir
        self._names = dict(names or {})
        self._scale = PERCENT if wer_in_percent else 1.0
        self._resume = resume or int(os.environ.get(GENERATION_VARIABLE) or 1) > 1
        self._about = about
        # Read now: the writer replaces it.
        self._before = _last_word(Path(os.environ.get(RUN_DIR_VARIABLE) or run_dir or ""))
        self.writer: NullRunWriter = NullRunWriter()
        self.is_open = False

    def open(self, *, writes: bool = True, **found: Any) -> NullRunWriter:
        """Opens the run, once. `writes`: whether this process is the one of its group that writes (rank 0).

        `found` is what the framework knows (config, epochs, steps_per_epoch …); what the user gave wins.
        Raises MonitorError for a folder that cannot be used.
        """
        if not self.is_open:
            self.is_open = True
            if writes:
                self.writer = RunWriter(self._run_dir, resume=self._resume, **{**found, **self._about})
        return self.writer

    def resume_from(self) -> str | None:
        """The checkpoint to go on from, where this start is a resume and it is still there; else None."""
        named = self._before.checkpoint if self._resume and self._before else None
        return named if named and Path(named).exists() else None

    def epochs_done(self) -> int:
        """Whole epochs in that checkpoint; 0 where there is none to go on from."""
        return (self._before.checkpoint_epoch or 0) if self._before and self.resume_from() else 0

    def evaluated(self, epoch: float, logged: Mapping[str, Any], step: int = 0) -> None:
        """One evaluation, from what the framework logged under its own names."""
        self.writer.log_epoch(epoch, **({"step": step} if step else {}), **self.fields(logged))

    def fields(self, logged: Mapping[str, Any]) -> dict[str, Any]:
        """Our fields from logged names and numbers; what is no field keeps its own name."""
        chosen = {field: name for field, name in self._names.items() if name in logged}
        usual = fields_of([name for name in logged if name not in chosen.values()])
        chosen = {**{field: name for field, name in usual.items() if field not in chosen}, **chosen}
        ours = {name: field for field, name in chosen.items()}
        named = {ours.get(name, name): value for name, value in logged.items()}
        return {
            name: _scaled(value, self._scale) if name in SHARES else value
            for name, value in named.items()
            if name not in COUNTERS
        }


def _scaled(value: Any, scale: float) -> Any:
    """A share as a fraction; what is no number is left to the writer, which says so."""
    try:
        return value if scale == 1.0 else float(value) * scale
    except (TypeError, ValueError):
        return value


def _last_word(run_dir: Path) -> Progress | None:
    """What an earlier start of this run has said of itself."""
    return files.read_document(run_dir / PROGRESS_FILE, Progress, files.UNREADABLE)


def wanted_by_any(wanted: bool) -> bool:
    """Whether any process of a distributed training wants to stop: all must leave after the same step.

    One small all-reduce a call where `torch.distributed` is in use, else nothing.
    """
    torch = sys.modules.get("torch")
    distributed = getattr(torch, "distributed", None)
    if torch is None or distributed is None or not distributed.is_available() or not distributed.is_initialized():
        return wanted
    device = "cuda" if distributed.get_backend() == "nccl" else "cpu"
    flag = torch.tensor(int(wanted), device=device)
    distributed.all_reduce(flag, op=distributed.ReduceOp.MAX)
    return bool(flag.item())
