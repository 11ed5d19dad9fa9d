"""Four numbers, each with its yardstick and a sparkline: what the run logs, the primary metric first."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import NamedTuple

from monitor.diagnosis.summaries import scored
from monitor.diagnosis.verdict import Judged
from monitor.rules.arithmetic.series import thin
from monitor.rules.doubts import doubt_of
from monitor.rules.evaluations import floors_of, lowest
from monitor.rules.evaluations import last as newest
from monitor.rules.gap_limit import gap_limit_of
from monitor.rules.kind import is_ctc, is_sequence
from monitor.rules.primary import (
    SAYING_NOTHING,
    best_of,
    chance_of,
    doubted_of,
    last_of,
    measured_last,
    others_of,
    primary_of,
)
from monitor.run_dir import Epoch, Floors, Snapshot, Summary, words
from monitor.run_dir.checkpoints import is_ours
from monitor.run_dir.columns import values_of
from monitor.run_dir.counted import basis_of
from monitor.run_dir.metric import LOSS, WER, Metric, is_finite
from monitor.run_dir.metric_names import EDIT_RATES
from monitor.run_dir.status import is_over
from monitor.view.series import loss_unit
from monitor.view.shapes.frame import Tile

SPARK_POINTS = 60
TREND_EPOCHS = 5
MOST_TILES = 4


class StepTile(NamedTuple):
    """A field of the steps as a tile; `falls`: its lowest value is worth a word."""

    field: str
    label: str
    about: str
    falls: bool = False


STEP_TILES = (
    StepTile("train_loss", "train loss", "Train loss of the last logged step.", falls=True),
    StepTile("lr", "learning rate", "The optimiser's learning rate."),
    StepTile("grad_norm", "gradient norm", "Norm of the gradient before clipping."),
    StepTile("clips_per_sec", "clips/s", "Clips that the training takes in a second."),
)
Pick = Callable[[Epoch], float | None]


def first_tiles(summary: Summary) -> list[tuple[str, str, str]]:
    """(label, value, yardstick) of the first of them from a run's summary, before its records have been read."""
    shown = []
    metric, value, best, chance = scored(summary)
    # The loss has its own tile below.
    if value is not None and metric.name != LOSS:
        yard = _metric_yard(metric, chance, best)
        if metric == WER and "wer_constant" in summary.counted:
            yard[0] += f" {summary.counted['wer_constant']}"
        yard += _overdue(summary.metric_last_epoch)
        shown.append((metric.title, metric.text(value), " · ".join(yard)))
    numbers = {"gap": summary.gap, "val loss": summary.val_loss, "words out / in": summary.length_ratio}
    basis = {"words out / in": summary.counted.get("length_ratio", "")}
    known = {label: number for label, number in numbers.items() if number is not None}
    return shown + [(label, words.number(number), basis.get(label, "")) for label, number in known.items()]


def tiles(snapshot: Snapshot, judged: Judged) -> list[Tile]:
    """At most four: the primary metric, gap, val loss, then words out / in or another metric; none that is not logged.

    Before the first evaluation what the steps tell; without any, the losses that will come, with "–", of a run that can
    still measure them.
    """
    if not snapshot.epochs:
        return _before_the_first(snapshot, judged)
    return [tile for tile, _ in zip(_logged(snapshot, judged), range(MOST_TILES), strict=False)]


def _before_the_first(snapshot: Snapshot, judged: Judged) -> list[Tile]:
    if by_steps := list(_by_steps(snapshot, STEP_TILES)):
        return by_steps
    if is_over(snapshot):
        return []
    floors = floors_of(snapshot)
    metric = primary_of(snapshot) or (WER if is_ctc(snapshot) else None)
    first = [_metric(snapshot, metric)] if metric is not None else []
    words_tile = [_words(snapshot, floors)] if is_ctc(snapshot) else [_train_loss(snapshot)]
    return [*first, _gap(snapshot, judged), _val_loss(snapshot, floors), *words_tile]


def _logged(snapshot: Snapshot, judged: Judged) -> Iterator[Tile]:
    """The tiles of what was measured, in their order."""
    floors, metric = floors_of(snapshot), primary_of(snapshot)
    if metric is not None:
        yield _metric(snapshot, metric)
    if newest(snapshot, "gap") is not None:
        yield _gap(snapshot, judged)
    if newest(snapshot, "val_loss") is not None:
        yield _val_loss(snapshot, floors)
    said = any(newest(snapshot, name) is not None for name in ("length_ratio", "blank_ratio"))
    if is_ours(snapshot) or (is_sequence(snapshot) and said):
        yield _words(snapshot, floors)
    if (doubted := doubted_of(snapshot)) is not None:
        yield _in_doubt(snapshot, doubted)
    for other in others_of(snapshot):
        if doubt_of(snapshot, other) is None:
            yield _metric(snapshot, other, others=True)
    if newest(snapshot, "train_loss") is not None:
        yield _train_loss(snapshot)
    if newest(snapshot, "lr") is not None:
        yield _rate(snapshot)
    yield from _by_steps(snapshot, [shown for shown in STEP_TILES if newest(snapshot, shown.field) is None])


def _by_steps(snapshot: Snapshot, fields: Iterable[StepTile]) -> Iterator[Tile]:
    """The tiles of what steps alone tell."""
    return (tile for tile in map(partial(_of_steps, snapshot), fields) if tile is not None)


def _of_steps(snapshot: Snapshot, shown: StepTile) -> Tile | None:
    """A number by steps; None where no step has it."""
    rows = zip(*(values_of(snapshot.steps, name) for name in (shown.field, "step")), strict=True)
    known = [(value, step) for value, step in rows if value is not None]
    finite = [row for row in known if math.isfinite(row[0])]
    if not known:
        return None
    yard = ""
    if finite:
        least, most = min(finite), max(finite)
        yard = (
            f"lowest {words.number(least[0])} at step {least[1]:,}"
            if shown.falls
            else f"{words.number(least[0])} to {words.number(most[0])}"
            if least[0] != most[0]
            else "the same at every step"
        )
    if finite and len(finite) < len(known) and not math.isfinite(known[-1][0]):
        yard = f"finite until step {finite[-1][1]:,}, last {words.number(finite[-1][0])}"
    return Tile(
        key=shown.field,
        label=shown.label,
        title=f"{shown.about} At step {known[-1][1]:,}.",
        value=words.number(known[-1][0]),
        yardstick=yard,
        spark=thin([value for value, _ in finite], SPARK_POINTS),
    )


def _metric(snapshot: Snapshot, metric: Metric, others: bool = False) -> Tile:
    best, last = best_of(snapshot, metric), last_of(snapshot, metric)
    chance = chance_of(snapshot, metric)
    level = metric.value(chance.error) if chance is not None and not chance.assumed else None
    yard = _metric_yard(metric, level, best, others)
    if metric is WER and (basis := basis_of(snapshot, "wer_constant")):
        yard[0] += f" {basis}"
    yard += _overdue(measured_last(snapshot, metric))
    for each in snapshot.renamed:
        if each.now == metric.name:
            yard.append(f"{'' if each.joined else 'not counted: '}{each.before} until {words.plain(each.until)}")
    adjusted = _newest(snapshot, lambda r: r.metrics.get("val_wer_adjusted")) if metric is WER else None
    if adjusted is not None:
        yard.append(f"filtered {words.points(adjusted)}")
    return Tile(
        key=metric.name,
        label=metric.title,
        title=_about(metric)
        + (" Filtered is the same output with your own decoder settings." if adjusted is not None else ""),
        value=metric.text(last),
        yardstick=" · ".join(yard),
        spark=_spark(snapshot, metric.of),
    )


def _in_doubt(snapshot: Snapshot, metric: Metric) -> Tile:
    """A metric whose values contradict its unit: as it was logged, without best, chance and curve."""
    last = last_of(snapshot, metric)
    return Tile(
        key=metric.name,
        label=metric.title,
        title=f"{metric.heading} as it was logged. Its values contradict its unit: it decides nothing.",
        value=words.number(last),
        yardstick="in doubt: decides nothing",
        spark=[],
    )


def _about(metric: Metric) -> str:
    """What the number is, in a sentence or two."""
    if metric is WER:
        return (
            "Word error rate on the validation clips: substitutions, deletions and insertions per target word. "
            "Chance is what always saying one constant sentence scores."
        )
    better = "Lower" if metric.direction == "error" else "Higher"
    return f"{metric.heading}, logged as {metric.name}. {better} is better."


def _metric_yard(
    metric: Metric, chance: float | None, best: tuple[float, float] | None, others: bool = False
) -> list[str]:
    """What stands beside the value: chance, and the best value with its epoch. `chance` and `best` in its unit."""
    known = [] if others else [_without_chance(metric)]
    if chance is not None:
        known = [f"chance {metric.bare(chance)}"]
    return known if best is None else [*known, f"best {metric.bare(best[0])} @{words.plain(best[1])}"]


def _overdue(since: float | None) -> list[str]:
    """What stands beside a value that should have been measured again since that epoch."""
    return [] if since is None else [f"not measured since {words.plain(since)}"]


def _without_chance(metric: Metric) -> str:
    """What stands where chance is not known: of an error rate over sequences, what saying nothing scores."""
    if metric.label in EDIT_RATES:
        return f"saying nothing {metric.bare(metric.value(SAYING_NOTHING))}"
    return "chance not known"


def _gap(snapshot: Snapshot, judged: Judged) -> Tile:
    limit = gap_limit_of(snapshot, judged.thresholds)
    last = newest(snapshot, "gap")
    change = _change(snapshot, lambda record: record.gap)
    basis = snapshot.run.gap_basis if snapshot.run is not None else "train"
    yard = f"limit {words.limit(limit)}" + (f" · {change}" if change else "")
    return Tile(
        key="gap",
        label="gap",
        title="Validation loss minus train loss at the same evaluation, in the loss's own unit. "
        + (
            "Train loss is measured in eval mode."
            if basis == "eval"
            else "Train loss is the running one, in training mode: read it with care."
        ),
        value=words.number(last),
        yardstick=yard,
        bad=last is not None and math.isfinite(last) and last > limit,
        trend=_trend(change),
        spark=_spark(snapshot, lambda record: record.gap),
    )


def _val_loss(snapshot: Snapshot, floors: Floors) -> Tile:
    best = lowest(snapshot, "val_loss")
    yard = []
    if best is not None:
        yard.append(f"best {words.number(best[0])} @{words.plain(best[1])}")
    if floors.loss_unigram is not None:
        yard.append(f"chance {words.number(floors.loss_unigram)}")
    of_chance = " Chance is the best loss of an output that knows word frequencies only."
    return Tile(
        key="val_loss",
        label="val loss",
        title=f"Validation loss ({loss_unit(snapshot)})." + (of_chance if floors.loss_unigram is not None else ""),
        value=words.number(newest(snapshot, "val_loss")),
        yardstick=" · ".join(yard),
        trend=_trend(_change(snapshot, lambda record: record.val_loss)),
        spark=_spark(snapshot, lambda record: record.val_loss),
    )


def _train_loss(snapshot: Snapshot) -> Tile:
    last = newest(snapshot, "train_loss")
    best = lowest(snapshot, "train_loss")
    return Tile(
        key="train_loss",
        label="train loss",
        title=f"Train loss ({loss_unit(snapshot)}), the running one, in training mode.",
        value=words.number(last),
        yardstick=f"best {words.number(best[0])} @{words.plain(best[1])}" if best is not None else "",
        trend=_trend(_change(snapshot, lambda record: record.train_loss)),
        spark=_spark(snapshot, lambda record: record.train_loss),
    )


def _rate(snapshot: Snapshot) -> Tile:
    rates = [record.lr for record in snapshot.epochs if is_finite(record.lr)]
    return Tile(
        key="lr",
        label="learning rate",
        title="The optimiser's learning rate.",
        value=words.number(newest(snapshot, "lr")),
        yardstick=f"peak {words.number(max(rate for rate in rates if rate is not None))}" if rates else "",
        spark=_spark(snapshot, lambda record: record.lr),
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
        label="words out / in",
        title="Words predicted per target word: 1 is right, 0 is silence." + (ctc if is_ctc(snapshot) else ""),
        value=words.number(last),
        yardstick=" · ".join(yard) or ("not logged" if last is None else "1 is right"),
        spark=_spark(snapshot, lambda record: record.length_ratio),
    )


def _newest(snapshot: Snapshot, pick: Pick) -> float | None:
    """The value of the newest record alone."""
    return pick(snapshot.epochs[-1]) if snapshot.epochs else None


def _trend(change: str) -> str:
    return "▲" if change.startswith("+") else "▼" if change.startswith("−") else ""


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
