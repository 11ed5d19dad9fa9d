"""Values of a metric that contradict its unit: then it decides nothing, and a person is told (rule `metric_doubt`)."""

from __future__ import annotations

import numpy as np

from monitor.rules.arithmetic.series import Array
from monitor.rules.columns import Doubt, columns, kept_of
from monitor.run_dir import Snapshot
from monitor.run_dir.metric import Metric
from monitor.run_dir.metric_names import EDIT_RATES, LARGEST_SHARE
from monitor.run_dir.words import number, plain

ROUNDING = 0.01
"""So far beyond 0 or its full value (of which it is a part) a share may lie by rounding."""
HUNDRED = (80.0, 125.0)
"""A value so many times the one before is the same share in the other unit."""
SETTLED = 2
"""Values before a change of unit."""
STEADY_LOSS = 0.3
"""Where val loss moved by more than this part at that evaluation, the model changed and not the unit."""


def doubt_of(snapshot: Snapshot, metric: Metric) -> Doubt | None:
    """What is wrong with the values of a share; None where nothing is."""
    if not metric.is_share:
        return None
    known = kept_of(snapshot.epochs).doubts
    if metric not in known:
        values, losses, epochs = columns(snapshot, metric.name, "val_loss", "epoch")
        known[metric] = _impossible(metric, values, epochs) or _other_unit(metric, values, losses, epochs)
    return known[metric]


def _impossible(metric: Metric, values: Array, epochs: Array) -> Doubt | None:
    full = 100.0 if metric.unit == "percent" else 1.0
    bounded = metric.label not in EDIT_RATES
    with np.errstate(invalid="ignore"):
        wrong = (values < -ROUNDING * full) | (bounded & (values > (1 + ROUNDING) * full))
    wrong &= np.isfinite(values)
    if not wrong.any():
        return None
    place, count = int(np.argmax(wrong)), int(wrong.sum())
    more = "" if count == 1 else f", and in {count - 1} more"
    beyond = "below 0" if values[place] < 0 else f"above {full:g}, the most that a {metric.unit} can be"
    if metric.unit == "percent":
        beyond = beyond.replace("a percent", "percent")
    epoch, value = float(epochs[place]), number(float(values[place]))
    return Doubt(f"{metric.heading} is {value} at epoch {plain(epoch)}{more}: {beyond}.", epoch)


def _other_unit(metric: Metric, values: Array, losses: Array, epochs: Array) -> Doubt | None:
    """That one value is about a hundred times the one before, or a hundredth, while val loss stays where it was."""
    places = np.flatnonzero(np.isfinite(values) & (values > 0))
    before, after = places[:-1], places[1:]
    small, large = np.minimum(values[before], values[after]), np.maximum(values[before], values[after])
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        times = large / small
        moved = np.abs(losses[after] / losses[before] - 1)
    jumps = (times >= HUNDRED[0]) & (times <= HUNDRED[1]) & (small <= LARGEST_SHARE) & (large > LARGEST_SHARE)
    jumps &= ~(moved > STEADY_LOSS)
    # What leaps at the second evaluation has begun to learn.
    jumps[: SETTLED - 1] = False
    if not jumps.any():
        return None
    jump = int(np.argmax(jumps))
    was, now = (float(values[place[jump]]) for place in (before, after))
    first, then = ("fraction", "percent") if now > was else ("percent", "fraction")
    return Doubt(
        f"{metric.heading} was {number(was)} at epoch {plain(float(epochs[before[jump]]))} and is {number(now)} at "
        f"epoch {plain(float(epochs[after[jump]]))}: it looks like {first} before and {then} since.",
        float(epochs[after[jump]]),
    )
