"""The four numbers, each with its yardstick and a sparkline."""

from __future__ import annotations

import math
from collections.abc import Callable

from monitor.diagnosis.verdict import Judged
from monitor.rules.arithmetic.series import thin
from monitor.rules.evaluations import last as newest
from monitor.rules.evaluations import lowest
from monitor.rules.gap import GapLimits
from monitor.rules.kind import is_ctc
from monitor.run_dir import Epoch, Floors, Snapshot, Summary, words
from monitor.run_dir.counted import basis_of
from monitor.view.shapes.frame import Tile

SPARK_POINTS = 60
TREND_EPOCHS = 5
WRITTEN: dict[str, tuple[str, Callable[[float | None], str]]] = {
    "val_wer": ("val WER", words.percent),
    "gap": ("gap", words.number),
    "val_loss": ("val loss", words.number),
    "length_ratio": ("words out / in", words.number),
}
"""The four numbers in their order: field → what it is called, how it is written."""


def first_tiles(summary: Summary) -> list[tuple[str, str, str]]:
    """(label, value, yardstick) of the same four from a run's summary, before its records have been read."""
    best = None if summary.best_val_wer is None else (summary.best_val_wer, summary.best_val_wer_epoch or 0.0)
    yards = {"val_wer": " · ".join(_wer_yard(summary.wer_constant, best))}
    shown = {field: write(getattr(summary, field)) for field, (_, write) in WRITTEN.items()}
    return [(WRITTEN[field][0], value, yards.get(field, "")) for field, value in shown.items()]


def tiles(snapshot: Snapshot, judged: Judged) -> list[Tile]:
    """val WER, gap, val loss, words out / in, in this order, always all four."""
    floors = snapshot.run.floors if snapshot.run is not None else Floors()
    return [
        _wer(snapshot, floors),
        _gap(snapshot, judged),
        _val_loss(snapshot, floors),
        _words(snapshot, floors),
    ]


def _wer(snapshot: Snapshot, floors: Floors) -> Tile:
    last = newest(snapshot, "val_wer")
    best = lowest(snapshot, "val_wer")
    yard = _wer_yard(floors.wer_constant, best)
    if basis := basis_of(snapshot, "wer_constant"):
        yard[0] += f" {basis}"
    adjusted = _last(snapshot, lambda record: record.metrics.get("val_wer_adjusted"))
    if adjusted is not None:
        yard.append(f"filtered {words.points(adjusted)}")
    return Tile(
        key="val_wer",
        label=WRITTEN["val_wer"][0],
        title="Word error rate on the validation clips: substitutions, deletions and insertions per target word. "
        "Chance is what always saying one constant sentence scores."
        + (" Filtered is the same output with your own decoder settings." if adjusted is not None else ""),
        value=WRITTEN["val_wer"][1](last),
        yardstick=" · ".join(yard),
        spark=_spark(snapshot, lambda record: record.val_wer),
    )


def _wer_yard(chance: float | None, best: tuple[float, float] | None) -> list[str]:
    """`best`: (error rate, its epoch)."""
    known = f"chance {words.points(chance)}" if chance is not None else "chance not known"
    return [known] if best is None else [known, f"best {words.points(best[0])} @{words.plain(best[1])}"]


def _gap(snapshot: Snapshot, judged: Judged) -> Tile:
    limit = judged.thresholds.of(GapLimits).gap_limit
    last = newest(snapshot, "gap")
    change = _change(snapshot, lambda record: record.gap)
    basis = snapshot.run.gap_basis if snapshot.run is not None else "train"
    yard = f"limit {words.limit(limit)}" + (f" · {change}" if change else "")
    return Tile(
        key="gap",
        label=WRITTEN["gap"][0],
        title="Validation loss minus train loss at the same evaluation, in the loss's own unit. "
        + (
            "Train loss is measured in eval mode."
            if basis == "eval"
            else "Train loss is the running one, with dropout and augmentation on: read it with care."
        ),
        value=WRITTEN["gap"][1](last),
        yardstick=yard,
        bad=last is not None and math.isfinite(last) and last > limit,
        trend="▲" if change.startswith("+") else "▼" if change.startswith("−") else "",
        spark=_spark(snapshot, lambda record: record.gap),
    )


def _val_loss(snapshot: Snapshot, floors: Floors) -> Tile:
    last = newest(snapshot, "val_loss")
    best = lowest(snapshot, "val_loss")
    change = _change(snapshot, lambda record: record.val_loss)
    yard = []
    if best is not None:
        yard.append(f"best {words.number(best[0])} @{words.plain(best[1])}")
    if floors.loss_unigram is not None:
        yard.append(f"chance {words.number(floors.loss_unigram)}")
    unit = (snapshot.run.units if snapshot.run is not None else {}).get("loss", "unit not stated")
    return Tile(
        key="val_loss",
        label=WRITTEN["val_loss"][0],
        title=f"Validation loss ({unit}). Chance is the best loss of an output that knows word frequencies only.",
        value=WRITTEN["val_loss"][1](last),
        yardstick=" · ".join(yard),
        trend="▲" if change.startswith("+") else "▼" if change.startswith("−") else "",
        spark=_spark(snapshot, lambda record: record.val_loss),
    )


def _words(snapshot: Snapshot, floors: Floors) -> Tile:
    last = newest(snapshot, "length_ratio")
    blank = newest(snapshot, "blank_ratio")
    yard = []
    if blank is not None:
        yard.append(f"blank {words.number(blank)}")
    if floors.blank_ratio is not None:
        yard.append(f"b* {words.number(floors.blank_ratio)}")
    if basis := basis_of(snapshot, "length_ratio"):
        yard.append(basis)
    ctc = " b* is the blank ratio of a correct output with one frame per word."
    return Tile(
        key="words",
        label=WRITTEN["length_ratio"][0],
        title="Words said per word in the targets: 1 is right, 0 is silence." + (ctc if is_ctc(snapshot) else ""),
        value=WRITTEN["length_ratio"][1](last),
        yardstick=" · ".join(yard) or ("not logged" if last is None else "1 is right"),
        spark=_spark(snapshot, lambda record: record.length_ratio),
    )


Pick = Callable[[Epoch], float | None]


def _last(snapshot: Snapshot, pick: Pick) -> float | None:
    return pick(snapshot.epochs[-1]) if snapshot.epochs else None


def _change(snapshot: Snapshot, pick: Pick) -> str:
    """How much it moved over the last epochs, e.g. "+0.38 in 5 ep."."""
    known = [(r.epoch, value) for r in snapshot.epochs if (value := pick(r)) is not None and math.isfinite(value)]
    if len(known) < 2 or known[-1][0] < _last_measured(snapshot, pick):
        return ""
    at, now = known[-1]
    before_at, before = next(((e, v) for e, v in reversed(known[:-1]) if at - e >= TREND_EPOCHS), known[0])
    # What is left of rounding is no change.
    change = 0.0 if math.isclose(now, before, rel_tol=1e-9, abs_tol=1e-12) else now - before
    return f"{words.signed(change)} in {words.plain(at - before_at)} ep."


def _last_measured(snapshot: Snapshot, pick: Pick) -> float:
    """Epoch of the newest value, a number or not."""
    return next((record.epoch for record in reversed(snapshot.epochs) if pick(record) is not None), -math.inf)


def _spark(snapshot: Snapshot, pick: Pick) -> list[float]:
    """At most 60 points; the first wild evaluations are cut to the later range so that the rest can be seen."""
    values = [value for r in snapshot.epochs if (value := pick(r)) is not None and math.isfinite(value)]
    if len(values) > 8:
        rest = sorted(values[3:])
        low, high = rest[0], rest[-1]
        room = (high - low) or 1.0
        values = [min(max(value, low - room), high + room) for value in values]
    return thin(values, SPARK_POINTS)
