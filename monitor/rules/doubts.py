"""Values of a metric that contradict its unit: then it decides nothing, and the rule `metric_doubt` reports it."""

from __future__ import annotations

import math

import numpy as np

from monitor.rules.arithmetic.series import Array
from monitor.rules.columns import Doubt, columns, kept_of
from monitor.run_dir import Snapshot
from monitor.run_dir.metric import Metric
from monitor.run_dir.metric_names import BOUNDS, EDIT_RATES, LARGEST_RATE, LARGEST_SHARE, parsed
from monitor.run_dir.words import number, plain

ROUNDING = 0.01
"""So far beyond 0 or its full value (of which it is a part) a share may lie by rounding."""
HUNDRED = (80.0, 125.0)
"""A value so many times the one before is the same share in the other unit."""
SETTLED = 2
"""Values before a change of unit."""
EITHER = (0.3, 2.0)
"""A score of so much at least and at most, in one run, may be a fraction that is computed wrongly or a bad percent."""
LEAST_TO_DOUBT = 5
"""Values of such a score: one that begins in percent leaves that range soon."""
STEADY_TIMES = 3.0
"""Before and after a change of unit a value is at most so many times its neighbour, or so small a part of it."""
STEADY_LOSS = 0.3
"""Where val loss moved by more than this part at that evaluation, the model changed and not the unit."""


def doubt_of(snapshot: Snapshot, metric: Metric) -> Doubt | None:
    """What is wrong with the values of a share, or of a raw number with bounds; None where nothing is."""
    if not metric.is_share and metric.label not in BOUNDS:
        return None
    known = kept_of(snapshot.epochs).doubts
    if metric not in known:
        values, losses, train, epochs = columns(snapshot, metric.name, "val_loss", "train_loss", "epoch")
        losses = losses if np.isfinite(losses).any() else train
        found = _impossible(metric, values, epochs)
        if found is None and metric.is_share:
            found = _other_unit(metric, values, losses, epochs) or _in_percent(metric, values, epochs)
        known[metric] = found
    return known[metric] or (None if _says_its_unit(snapshot, metric) else _either(snapshot, metric))


def _says_its_unit(snapshot: Snapshot, metric: Metric) -> bool:
    """Whether the unit was declared, so that the values need not decide it."""
    of_project = snapshot.launch.metric if snapshot.launch is not None else None
    chosen = snapshot.choice.metric if snapshot.choice is not None else None
    declared = [*(snapshot.run.metrics if snapshot.run is not None else []), of_project, chosen]
    return any(one is not None and one.name == metric.name and one.unit != "auto" for one in declared)


def _either(snapshot: Snapshot, metric: Metric) -> Doubt | None:
    """A score taken for percent that never left what a fraction could nearly be: one of the two it is."""
    values, epochs = columns(snapshot, metric.name, "epoch")
    finite = values[np.isfinite(values)]
    if metric.unit != "percent" or metric.direction != "score" or len(finite) < LEAST_TO_DOUBT:
        return None
    low, high = float(finite.min()), float(finite.max())
    if low < EITHER[0] or high > EITHER[1]:
        return None
    epoch = float(epochs[int(np.nanargmax(values > 1))])
    return Doubt(
        f"{metric.heading} lies between {number(low)} and {number(high)}: a fraction that passes 1 at epoch "
        f"{plain(epoch)}, the most that it can be, or percent below {plain(EITHER[1])}.",
        epoch,
    )


def _in_percent(metric: Metric, values: Array, epochs: Array) -> Doubt | None:
    """An error rate over sequences that is a fraction by its unit and percent by its size."""
    finite = values[np.isfinite(values)]
    if metric.unit != "fraction" or metric.label not in EDIT_RATES or not len(finite):
        return None
    # Some evaluations of a model that still babbles may be as large; most of them are not.
    if float(np.median(finite)) <= LARGEST_RATE:
        return None
    at = int(np.argmax(np.isfinite(values)))
    return Doubt(
        f"{metric.heading} is {number(float(finite[-1]))}, which as a fraction is {metric.text(float(finite[-1]))}: it "
        "is logged in percent, it seems. Log a fraction, or declare the unit: units={'wer': 'percent'}.",
        float(epochs[at]),
    )


def _bounds(metric: Metric) -> tuple[float, float]:
    """The least and the most that a metric can be, in its unit."""
    full = 100.0 if metric.unit == "percent" else 1.0
    low, high = BOUNDS.get(metric.label, (0.0, math.inf if metric.label in EDIT_RATES else 1.0))
    return (low * full, high * full) if metric.is_share else (low, high)


def _impossible(metric: Metric, values: Array, epochs: Array) -> Doubt | None:
    low, high = _bounds(metric)
    slack = ROUNDING * (100.0 if metric.unit == "percent" else 1.0)
    if not metric.is_share and (found := parsed(metric.name)) is not None and found[1].direction != metric.direction:
        return None  # declared the other way round: it may be its negative
    with np.errstate(invalid="ignore"):
        wrong = np.isfinite(values) & ((values < low - slack) | (values > high + slack))
    if not wrong.any():
        return None
    place, count = int(np.argmax(wrong)), int(wrong.sum())
    more = "" if count == 1 else f", and in {count - 1} more"
    what = {"percent": "percent", "fraction": "a fraction"}.get(metric.unit, metric.label)
    beyond = f"above {plain(high)}, the most that {what} can be"
    if values[place] < low:
        beyond = "below 0" if low == 0 else f"below {plain(low).replace('-', '−')}, the least that {what} can be"
    epoch, value = float(epochs[place]), number(float(values[place]))
    return Doubt(f"{metric.heading} is {value} at epoch {plain(epoch)}{more}: {beyond}.", epoch)


def _other_unit(metric: Metric, values: Array, losses: Array, epochs: Array) -> Doubt | None:
    """That one value is about a hundred times the one before, or a hundredth, while the loss stays where it was."""
    places = np.flatnonzero(np.isfinite(values) & (values > 0))
    before, after = places[:-1], places[1:]
    small, large = np.minimum(values[before], values[after]), np.maximum(values[before], values[after])
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        times = large / small
        moved = np.abs(losses[after] / losses[before] - 1)
    across = (small <= LARGEST_SHARE) & (large > LARGEST_SHARE)
    # Within one unit, as an import in one unit leaves it, a loss that stayed must bear it out.
    jumps = (times >= HUNDRED[0]) & (times <= HUNDRED[1]) & (across | np.isfinite(moved)) & ~(moved > STEADY_LOSS)
    # What leaps at the second evaluation has begun to learn; what leaps all the time is noise about 0.
    jumps[: SETTLED - 1] = False
    with np.errstate(divide="ignore", over="ignore"):
        small_step = np.abs(np.log(values[after] / values[before])) <= math.log(STEADY_TIMES)
    jumps[1:] &= small_step[:-1]
    jumps[:-1] &= small_step[1:]
    if not jumps.any():
        return None
    jump = int(np.argmax(jumps))
    was, now = (float(values[place[jump]]) for place in (before, after))
    first, then = ("fraction", "percent") if now > was else ("percent", "fraction")
    said = [number(value) if across[jump] else metric.text(value) for value in (was, now)]
    return Doubt(
        f"{metric.heading} was {said[0]} at epoch {plain(float(epochs[before[jump]]))} and {said[1]} at epoch "
        f"{plain(float(epochs[after[jump]]))}: it looks like {first} before and {then} since.",
        float(epochs[after[jump]]),
    )
