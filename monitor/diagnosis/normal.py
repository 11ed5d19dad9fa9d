"""Is this normal? A run beside the finished ones of its folder that were measured on the same validation set. Pure.

Without such runs: beside recorded healthy runs of other tasks, each as a multiple of its own first evaluation
(`benchmarks.rules.healthy`). Where the band is of other tasks, only whether the run lies inside it is reported.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import resources

import msgspec
import numpy as np

from monitor.diagnosis.comparison import validation_set
from monitor.diagnosis.moment import evaluations
from monitor.rules.primary import primary_of
from monitor.run_dir import Snapshot, words
from monitor.run_dir.metric import LOSS, Metric, is_finite, read
from monitor.run_dir.records import ready
from monitor.run_dir.status import is_over, is_records_alone

LEAST_RUNS = 3
"""Below it a band would be one run's path."""
LOW, HIGH = 0.1, 0.9


class Band(msgspec.Struct, frozen=True):
    """The lower and upper edge of what four of five runs had at these epochs; shares as fractions."""

    epoch: list[float]
    low: list[float]
    high: list[float]


class Path(msgspec.Struct, frozen=True):
    """What is kept of an earlier run: its evaluations, in order, of val loss and of the primary metric (shares as
    fractions)."""

    run_id: str
    epoch: tuple[float, ...]
    val_loss: tuple[float | None, ...]
    metric: tuple[float | None, ...]


class Normal(msgspec.Struct, frozen=True):
    """`line`: a sentence; `runs`: how many earlier runs stand behind the bands, of val loss and primary metric."""

    line: str
    runs: int
    val_loss: Band | None = None
    metric: Band | None = None


class Healthy(msgspec.Struct, frozen=True):
    """By evaluation, from the first on: the band of recorded healthy runs as multiples of their first evaluation."""

    runs: int
    val_loss: list[tuple[float, float]]
    error: list[tuple[float, float]]


def path_of(snapshot: Snapshot, beside: Snapshot) -> Path | None:
    """An earlier run as far as it can be set beside another; None where it is the same, at work or measured otherwise.

    Two runs of which no validation set is known are not comparable.
    """
    metric = primary_of(beside)
    ended = is_over(snapshot) and not is_records_alone(snapshot)  # of an import it is not known
    if snapshot.run_id == beside.run_id or not ended or alike(snapshot) != alike(beside):
        return None
    if not has_known_set(beside) or not _came_before(snapshot, beside):
        return None
    rows = evaluations(snapshot)
    own = primary_of(snapshot) or metric
    values = tuple(None if own is None or (v := own.of(r)) is None else own.fraction(v) for r in rows)
    return (
        Path(snapshot.run_id, tuple(r.epoch for r in rows), tuple(r.val_loss for r in rows), values) if rows else None
    )


def alike(snapshot: Snapshot) -> tuple[object, ...]:
    """What two runs must share to stand in one band: validation set and primary metric."""
    metric = primary_of(snapshot)
    # Shares are kept as fractions, whichever of the two units they were logged in.
    unit = None if metric is None else metric.is_share
    return (*validation_set(snapshot.run), *(() if metric is None else (metric.name, metric.direction, unit)))


def has_known_set(snapshot: Snapshot) -> bool:
    """Whether run.json says anything about the validation set."""
    return any(part is not None and part != "" for part in validation_set(snapshot.run))


def _came_before(other: Snapshot, beside: Snapshot) -> bool:
    """Whether a run had ended when this one made its newest evaluation; not known times count as before."""
    last, now = (evaluations(run)[-1:] for run in (other, beside))
    return not last or not now or not last[0].at or not now[0].at or last[0].at <= now[0].at


def beside_earlier(snapshot: Snapshot, earlier: Sequence[Path]) -> Normal:
    """The run beside the earlier ones, or beside the recorded healthy runs where there are too few."""
    rows = evaluations(snapshot)
    if not rows:
        return Normal("No evaluation so far.", len(earlier))
    if len(earlier) < LEAST_RUNS:
        return _beside_recorded(snapshot, len(earlier))
    metric = primary_of(snapshot)
    epochs = sorted({epoch for path in earlier for epoch in path.epoch} | {row.epoch for row in rows})
    losses = [_at(path.epoch, path.val_loss, epochs) for path in earlier]
    values = [_at(path.epoch, path.metric, epochs) for path in earlier]
    return Normal(
        _rank(snapshot, metric, earlier),
        len(earlier),
        _band(epochs, losses),
        _band(epochs, values) if metric is not None else None,
    )


def _rank(snapshot: Snapshot, metric: Metric | None, earlier: Sequence[Path]) -> str:
    """Such as "Val WER 41.8 % at epoch 20: better than 7 of 9 earlier runs at this epoch"."""
    name = LOSS if metric is None else metric.name
    rows = [row for row in evaluations(snapshot) if is_finite(read(row, name))]
    if not rows:
        return f"{len(earlier)} earlier runs on this validation set."
    epoch, value = rows[-1].epoch, read(rows[-1], name) or 0.0
    own = value if metric is None else metric.fraction(value)
    columns = [(path.epoch, path.val_loss if metric is None else path.metric) for path in earlier]
    there = [at for epochs, column in columns if np.isfinite(at := _at(epochs, column, [epoch])[0])]
    said = f"{metric.heading} {metric.text(value)}" if metric is not None else f"Val loss {words.number(value)}"
    if not there:
        return f"{said}: no earlier run on this validation set came to epoch {epoch:g}."
    falls = metric is None or metric.direction == "error"
    better = sum(own < other if falls else own > other for other in there)
    equal = sum(own == other for other in there)
    same = f", equal to {equal}" if equal else ""
    return f"{said} at epoch {epoch:g}: better than {better} of {words.count(len(there), 'earlier run')} there{same}."


def _at(epochs: Sequence[float], values: Sequence[float | None], wanted: Sequence[float]) -> list[float]:
    """A run's newest value at each wanted epoch; NaN before its first evaluation and after its last."""
    known = [
        (epoch, value) for epoch, value in zip(epochs, values, strict=True) if value is not None and is_finite(value)
    ]
    if not known:
        return [np.nan] * len(wanted)
    at = np.array([epoch for epoch, _ in known])
    places = np.searchsorted(at, np.array(wanted), side="right") - 1
    ends = at[-1]
    return [
        known[place][1] if place >= 0 and epoch <= ends else np.nan for place, epoch in zip(places, wanted, strict=True)
    ]


def _band(epochs: Sequence[float], columns: Sequence[Sequence[float]]) -> Band | None:
    """Where at least three runs have a value."""
    table = np.array(columns, dtype=float)
    keep = np.isfinite(table).sum(axis=0) >= LEAST_RUNS
    if not keep.any():
        return None
    low, high = np.nanquantile(table[:, keep], (LOW, HIGH), axis=0)
    return Band([epoch for epoch, kept in zip(epochs, keep, strict=True) if kept], low.tolist(), high.tolist())


def _beside_recorded(snapshot: Snapshot, earlier: int) -> Normal:
    healthy, metric, rows = _healthy(), primary_of(snapshot), evaluations(snapshot)
    begin = (
        f"Only {words.count(earlier, 'finished run')} on this validation set"
        if earlier
        else (
            "No earlier finished run on this validation set"
            if has_known_set(snapshot)
            else "Which validation set it uses is not known, so no other run can be set beside it"
        )
    )
    bands = {
        "val_loss": _scaled([(row.epoch, row.val_loss) for row in rows], healthy.val_loss),
        "metric": None,
    }
    if metric is not None and (metric.is_share or metric.direction == "error"):
        scaled = _scaled([(row.epoch, metric.error_of(row)) for row in rows], healthy.error)
        if scaled is not None:
            edges = [[metric.fraction(metric.value(value)) for value in side] for side in (scaled.low, scaled.high)]
            low, high = edges if metric.direction == "error" else edges[::-1]
            bands["metric"] = Band(scaled.epoch, low, high)
    known = [name for name, band in bands.items() if band is not None]
    if not known:
        return Normal(f"{begin}, and no first evaluation above 0 to scale recorded runs to.", earlier)
    return Normal(
        f"{begin}. The bands are of {healthy.runs} recorded healthy runs of other tasks, scaled to this run's first "
        "evaluation: they say how such curves look, not what this task allows.",
        earlier,
        **bands,
    )


def _scaled(rows: Sequence[tuple[float, float | None]], multiples: Sequence[tuple[float, float]]) -> Band | None:
    known = [(epoch, value) for epoch, value in rows if value is not None and is_finite(value)]
    if not known or known[0][1] <= 0:
        return None
    first, seen = known[0][1], known[: len(multiples)]
    edges = multiples[: len(seen)]
    return Band([epoch for epoch, _ in seen], [first * low for low, _ in edges], [first * high for _, high in edges])


@cache
def _healthy() -> Healthy:
    text = resources.files(__package__).joinpath("healthy.json").read_bytes()
    return msgspec.json.decode(text, type=ready(Healthy))
