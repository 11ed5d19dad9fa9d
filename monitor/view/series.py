"""The columns of the charts: what is new since an offset, and the marks on them."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec
import numpy as np
import numpy.typing as npt

from monitor.rules.kind import is_sequence
from monitor.rules.primary import best_of, chance_of, primary_of
from monitor.rules.thresholds import Thresholds
from monitor.rules.wer_target import TargetLimits, target_of
from monitor.run_dir import Epoch, Snapshot, Step
from monitor.run_dir.columns import values_of
from monitor.run_dir.metric import Metric, read
from monitor.view.shapes.frame import ChildMark, EpochColumns, Marks, MetricShown, Number, Series, StepColumns

C = TypeVar("C", bound=msgspec.Struct)

NOT_STATED = "unit not stated"
ASSUMED_UNITS = {"loss": "nats per token", "wer": "fraction"}
"""What `RunWriter` writes where it is given no units."""
MOST_STEPS = 20_000
"""Points of the step series that travel; the newest are kept."""
MOST_EPOCHS = 5_000
"""Evaluations that travel as they are; more than that are thinned."""
PARTS = 400
NEWEST = 100
DRAWN = ("train_loss", "train_eval_loss", "val_loss", "gap", "lr", "grad_norm")
"""Beside the primary metric what the charts draw over evaluations; the rest is drawn at the same ones."""


@dataclass(frozen=True)
class Since:
    """What a tab has: numbers of records, and the life they belong to."""

    epochs: int = 0
    steps: int = 0
    life: int = -1

    @classmethod
    def of(cls, hello: Mapping[str, Any]) -> Since:
        """From a browser's message; anything odd means "nothing yet"."""
        values = [hello.get(key) for key in ("epochs", "steps", "life")]
        if all(isinstance(value, int) and value >= 0 for value in values):
            return cls(*values)  # type: ignore[arg-type]
        return cls()


def columns(snapshot: Snapshot, since: Since) -> Series:
    """Epoch and step columns from the tab's offsets; all of them when its life is over or its count impossible.

    A resumed run may drop epochs it repeats, so the last known epochs are sent again rather than appended blindly.
    """
    same_life, rewritten = since.life == snapshot.life, bool(snapshot.overlaps or snapshot.anew)
    at_epoch = since.epochs if same_life and since.epochs <= len(snapshot.epochs) and not rewritten else 0
    at_step = since.steps if same_life and since.steps <= len(snapshot.steps) else 0
    at_step = max(at_step, len(snapshot.steps) - MOST_STEPS)
    return Series(
        epochs_from=at_epoch,
        epochs=_epochs(thinned(snapshot, at_epoch), primary_of(snapshot)),
        epochs_known=len(snapshot.epochs),
        steps_from=at_step,
        steps=_columns(snapshot.steps[at_step:], StepColumns),
    )


def thinned(snapshot: Snapshot, begin: int = 0) -> Sequence[Epoch]:
    """The evaluations from `begin` on; of very many those that a chart of a thousand pixels shows.

    In each of equal parts the lowest and the highest of each drawn column, and the first that is no finite number; the
    first and the newest ones, and those from which the run was resumed. None is made up, so every point is a record.
    """
    records = snapshot.epochs[begin:]
    count = len(records)
    if count <= MOST_EPOCHS:
        return records
    width = -(-count // PARTS)
    edges = np.arange(0, count, width)
    metric = primary_of(snapshot)
    names = dict.fromkeys([*DRAWN, *((metric.name, metric.train) if metric is not None else ())])
    resumed = set(snapshot.resumed_at)
    kept = {0, *range(count - NEWEST, count), *(n for n, each in enumerate(records) if each.epoch in resumed)}
    for name in filter(None, names):
        kept.update(_ends(list(values_of(records, name)), edges, width))
    return [records[place] for place in sorted(kept)]


def _ends(values: Sequence[float | None], edges: npt.NDArray[np.int_], width: int) -> set[int]:
    """The places of the lowest and highest value of each part, and of the first that is not finite."""
    column = np.array(values, float)  # None becomes NaN
    finite = np.isfinite(column)
    odd = np.zeros(len(values), bool)
    odd[[place for place in np.flatnonzero(~finite).tolist() if values[place] is not None]] = True
    found: set[int] = set()
    for begin in edges.tolist():
        part = slice(begin, begin + width)
        if finite[part].any():
            found.add(begin + int(np.where(finite[part], column[part], np.inf).argmin()))
            found.add(begin + int(np.where(finite[part], column[part], -np.inf).argmax()))
        if odd[part].any():
            found.add(begin + int(odd[part].argmax()))
    return found


def _epochs(records: Sequence[Epoch], metric: Metric | None) -> EpochColumns:
    """The fields of the evaluations, and the primary metric: a fraction where it is a share."""
    names = {"metric": metric.name if metric else "", "train_metric": metric.train if metric else ""}
    own = {name: [number(shown(metric, read(record, key))) for record in records] for name, key in names.items()}
    fields = [name for name in EpochColumns.__struct_fields__ if name not in own]
    return EpochColumns(**own, **{name: [number(getattr(record, name)) for record in records] for name in fields})


def shown(metric: Metric | None, value: float | None) -> float | None:
    """A value of the metric as the page draws it: a fraction where it is a share."""
    return metric.fraction(value) if metric is not None and value is not None else value


def loss_unit(snapshot: Snapshot) -> str:
    """The unit that the run states. The one that is written where a script states none holds for sequences alone."""
    units = snapshot.run.units if snapshot.run is not None else {}
    assumed = units == ASSUMED_UNITS and not is_sequence(snapshot)
    return NOT_STATED if assumed else units.get("loss", NOT_STATED)


def _columns(steps: Sequence[Step], kind: type[C]) -> C:
    """A list for each field of `kind`, one value a step."""
    return kind(**{name: list(map(number, values_of(steps, name))) for name in kind.__struct_fields__})


def metric_shown(snapshot: Snapshot, thresholds: Thresholds) -> MetricShown | None:
    """The primary metric with what is drawn beside its curve."""
    metric = primary_of(snapshot)
    if metric is None:
        return None
    chance, best = chance_of(snapshot, metric), best_of(snapshot)
    target = target_of(snapshot, metric, thresholds.of(TargetLimits))
    level = metric.value(chance.error) if chance is not None and not chance.assumed else None
    return MetricShown(
        name=metric.name,
        label=metric.label,
        title=metric.title,
        direction="score" if metric.direction == "score" else "error",
        share=metric.is_share,
        chance=number(shown(metric, level)),
        target=number(shown(metric, target[0] if target is not None else None)),
        target_epoch=target[1] if target is not None and math.isfinite(target[1]) else None,
        best=number(shown(metric, best[0] if best is not None else None)),
        best_epoch=best[1] if best is not None else None,
    )


def number(value: float | None) -> Number:
    """A number that survives JSON: what is not finite becomes a word."""
    if value is None or math.isfinite(value):
        return value
    return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"


def marks(snapshot: Snapshot, gap_limit: float) -> Marks:
    """Epochs worth a mark: best loss, where the gap crossed its limit for good, resumes."""
    losses = [(r.val_loss, r.epoch) for r in snapshot.epochs if r.val_loss is not None and math.isfinite(r.val_loss)]
    return Marks(
        best_loss_epoch=min(losses)[1] if losses else None,
        best_loss=min(losses)[0] if losses else None,
        gap_limit=gap_limit,
        gap_crossed_epoch=gap_crossing(snapshot, gap_limit),
        resumed_at=list(snapshot.resumed_at),
        overlaps=_overlaps(snapshot),
    )


def _overlaps(snapshot: Snapshot) -> list[list[float]]:
    """[first, last] epoch that each resume wrote again; what stood there before is dropped."""
    ends = [*snapshot.resumed_at[1:], math.inf]
    spans = []
    for first, end in zip(snapshot.resumed_at, ends, strict=False):
        again = [epoch for epoch in snapshot.overlaps if first <= epoch < end]
        if again:
            spans.append([first, max(again)])
    return spans


def child_marks(snapshot: Snapshot, children: Mapping[str, float]) -> list[ChildMark]:
    """Where on this run's epochs each child was started. `children`: run id → when (UTC seconds)."""
    return [
        ChildMark(run=run_id, epoch=max((r.epoch for r in snapshot.epochs if r.at <= started_at), default=None))
        for run_id, started_at in children.items()
    ]


def gap_crossing(snapshot: Snapshot, limit: float) -> float | None:
    """The epoch, interpolated between evaluations, at which the gap last rose through `limit` and stayed above."""
    known = [(r.epoch, r.gap) for r in snapshot.epochs if r.gap is not None and math.isfinite(r.gap)]
    if not known or known[-1][1] <= limit:
        return None
    for place in range(len(known) - 1, 0, -1):
        (before_at, before), (at, value) = known[place - 1], known[place]
        if before <= limit < value:
            return float(before_at + (at - before_at) * (limit - before) / (value - before))
    return None


OUTLIER_TIMES = 3.0
"""Times the span of the other losses, from the lowest on: what lies above is an outlier."""


def loss_range(snapshot: Snapshot, guard_epochs: float, floor: float | None) -> list[float] | None:
    """A y range that outliers cannot flatten: all but what lies beyond three times the rest (after the guard, without
    its highest twentieth), a tenth wider. So the beginning of a smooth curve is never cut off."""
    records = [r for r in snapshot.epochs if r.epoch >= guard_epochs] or list(snapshot.epochs)
    values = [v for r in records for v in (r.train_loss, r.train_eval_loss, r.val_loss)]
    finite = np.array([v for v in values if v is not None and math.isfinite(v)])
    if not len(finite):
        return None
    low, rest = np.percentile(finite, [0, 95])
    everything = np.array(
        [v for r in snapshot.epochs for v in (r.train_loss, r.train_eval_loss, r.val_loss) if v is not None]
    )
    shown = everything[np.isfinite(everything) & (everything <= low + OUTLIER_TIMES * (rest - low))]
    low, high = min(low, shown.min(initial=low)), max(rest, shown.max(initial=rest))
    last = [v for v in values[-3:] if v is not None and math.isfinite(v)]
    low, high = min([low, *last]), max([high, *last])
    if floor is not None and floor < high * 1.6:
        high = max(high, floor)
    low, high = float(low), float(high)
    room = 0.1 * ((high - low) or abs(high) or 1.0)
    wide = max(low - room, 0.0) if low >= 0 else low - room, high + room
    return [min(max(end, -sys.float_info.max), sys.float_info.max) for end in wide]
