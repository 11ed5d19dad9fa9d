"""What the callbacks of all frameworks share: one RunWriter, opened late, and the framework's names made ours.

A framework says when a step, an evaluation or a checkpoint has happened; what it logs are names and numbers.
Nothing here raises into training once the writer is open (monitor.writer).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from monitor.run_dir import GENERATION_VARIABLE, PROGRESS_FILE, RUN_DIR_VARIABLE, Progress, files
from monitor.run_dir.errors import UsageError
from monitor.run_dir.field_names import SHARES, SYNONYMS, fields_of
from monitor.run_dir.metric import Direction, Metric
from monitor.run_dir.metric_given import metric_named
from monitor.run_dir.metric_names import is_of_train
from monitor.writer import NullRunWriter, RunWriter
from monitor.writer.fields import WER_FIELDS
from monitor.writer.folder import wer_in_percent

PERCENT = 0.01
COUNTERS = frozenset({"epoch", "step"})
"""The callbacks count these themselves."""
NO_METRICS = (COUNTERS | set(SYNONYMS)) - {"val_wer"}
"""Fields of a record that are no metric: a framework may watch one too."""
Watched = tuple[str, Direction]
"""The name under which a metric is logged, and whether it is an error or a score."""


class Reporter:
    """One run's writer behind a framework's callback.

    `run_dir`: where to write; a supervisor's own folder wins (`python -m monitor start -- …`).
    `names`: our field → the name it is logged under, for names that are not the usual ones.
    `wer_in_percent`: whether the script logs error rates and ratios in percent; it is asked, never guessed.
    `metrics`: errors and scores that the script logs, by its own names; `primary`: the one that decides, or its name.
    `resume`: go on with a run that the folder holds (a supervised resume says so by itself).
    `about`: what else `RunWriter` takes: name, model, data, floors, units …
    """

    def __init__(
        self,
        run_dir: str | Path | None,
        *,
        names: Mapping[str, str] | None = None,
        wer_in_percent: bool = False,
        metrics: Sequence[Metric] = (),
        primary: str | Metric | None = None,
        resume: bool = False,
        **about: Any,
    ) -> None:
        self._run_dir = run_dir
        self._names = dict(names or {})
        self._scale = PERCENT if wer_in_percent else 1.0
        self._resume = resume or int(os.environ.get(GENERATION_VARIABLE) or 1) > 1
        self._about = about
        self._metrics, self._primary = list(metrics), primary
        self._writer_scales = False
        # Read now: the writer replaces it.
        self._before = _last_word(Path(os.environ.get(RUN_DIR_VARIABLE) or run_dir or ""))
        self.writer: NullRunWriter = NullRunWriter()
        self.is_open = False

    def open(self, *, writes: bool = True, watched: Watched | None = None, **found: Any) -> NullRunWriter:
        """Opens the run, once. `writes`: whether this process is the one of its group that writes (rank 0).

        `found` is what the framework knows (config, epochs, steps_per_epoch …), and `watched` the metric by which it
        keeps the best checkpoint or stops early; what the user gave wins.
        Raises MonitorError for a folder that cannot be used, or metrics that cannot be declared so.
        """
        if not self.is_open:
            self.is_open = True
            if writes:
                about = {**found, **self._about, "metrics": self._declared(watched)}
                self._writer_scales = wer_in_percent({"units": about.get("units"), "metrics": about["metrics"]})
                self.writer = RunWriter(self._run_dir, resume=self._resume, **about)
        return self.writer

    def _declared(self, watched: Watched | None) -> list[Metric]:
        """What the user declares and what the framework watches, under the names that records hold."""
        found = {name: replace(metric, name=name) for metric in self._metrics if (name := self._ours(metric.name))}
        if len(found) < len(self._metrics):
            raise UsageError("Two metrics stand for the same number; declare it once.")
        if self._primary is not None:
            given = self._primary
            name = self._ours(given if isinstance(given, str) else given.name)
            known = watched[1] if watched is not None and self._ours(watched[0]) == name else None
            metric = found.get(name) or (metric_named(name, known) if isinstance(given, str) else given)
            others = {each: replace(metric, primary=False) for each, metric in found.items()}
            return list({**others, name: replace(metric, name=name, primary=True)}.values())
        if watched is not None and not any(metric.primary for metric in found.values()):
            name = self._ours(watched[0])
            # The loss is watched by default; that does not say that nothing else matters.
            if not name.lower().endswith("loss") and not is_of_train(name) and name not in NO_METRICS:
                found[name] = replace(found.get(name) or metric_named(name, watched[1]), primary=True)
        return list(found.values())

    def _ours(self, name: str) -> str:
        """The field, or the name among an evaluation's metrics, under which a logged number is kept."""
        return next(iter(self.fields({name: 0.0})), name)

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
        scaled = SHARES - WER_FIELDS if self._writer_scales else SHARES
        return {
            name: _scaled(value, self._scale) if name in scaled else value
            for name, value in named.items()
            if name not in COUNTERS
        }


def _scaled(value: Any, scale: float) -> Any:
    """A share as a fraction; a value that is no number is left to the writer, which logs it."""
    try:
        return value if scale == 1.0 else float(value) * scale
    except (TypeError, ValueError):
        return value


def _last_word(run_dir: Path) -> Progress | None:
    """The last progress of an earlier start of this run."""
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
