"""A share that is still where it was at its first evaluation: what follows from that. Pure."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from monitor.rules.arithmetic import series
from monitor.rules.evaluations import Evaluations
from monitor.rules.primary import Chance
from monitor.run_dir.metric_names import WITHOUT_A_CHANCE
from monitor.run_dir.words import monitor_line

NOT_MOVED, WHERE_IT_BEGAN = "has not moved", "rests where it began"
"""How the title ends: of a metric whose chance is not known, and of one that was far better than chance all along."""
USUAL = 3
"""Evaluations whose median stands for one of them."""
STEP, SCATTERS = 0.02, 4.0
"""Where it began is what lies within this part of its first error, or so many scatters, and never beyond a point."""
ALIKE = 0.75
"""From this part of val loss on train loss may be that of an output without an input."""
WELL = 0.3
"""An error at this part of chance needs an input: no output without one comes there."""
OF_WORDS = WITHOUT_A_CHANCE - {"mIoU", "IoU", "Dice"}
GOOD = 0.7
"""Scores of words and boxes, of which an output without an input gets next to nothing: an error that needs one."""
FOR_NOTHING = "An output that ignores its input may score that: of classes, the share of the largest."
COMPARE = (
    "Compare {label} with what an output that ignores its input scores. Of classes that is the share of the largest. "
    "To be judged by it: {command}. Near it, see whether one batch can be "
    "memorised; far from it, the model may have been trained before."
)
WAS_TRAINED = (
    "If it was trained before, the weights that it began with are as good. Else see whether it can change: the "
    "learning rate, frozen layers, whether the optimiser steps."
)


class Unmoved(NamedTuple):
    """How the title ends, the sentence and the remedy. `well`: whether it was far better than chance all along."""

    title: str
    line: str
    remedy: str
    well: bool


def is_well(chance: Chance | None, error: float) -> bool:
    """Whether an error is so far below what chance has that the input must be read."""
    return chance is not None and error <= WELL * chance.error


def reads_input(data: Evaluations) -> bool:
    """Whether train loss is so far below val loss that the output follows the input: a constant one has like losses on
    both."""
    both = np.isfinite(data.train_loss) & np.isfinite(data.val_loss)
    if not both.any():
        return False
    train, val = float(data.train_loss[both][-1]), float(data.val_loss[both][-1])
    return 0 <= train < ALIKE * val


def unmoved(data: Evaluations, chance: Chance | None, most: float, run_id: str) -> Unmoved | None:
    """None where it has moved, is no share, or chance is known and near; and where it is not known, but the input is
    read. `most`: a step of a share, as an error."""
    metric, known = data.metric, data.error[np.isfinite(data.error)]
    if metric is None or not metric.is_share or len(known) <= USUAL:
        return None
    by_words = metric.label in OF_WORDS
    well = known.min() <= GOOD if by_words else is_well(chance, float(known.min()))
    # Where chance is not known, it may be near; of what certainly reads its input that is not asked.
    if not well and (chance is not None or by_words or reads_input(data)):
        return None
    first, usual = float(known[0]), series.running_median(known, USUAL)[USUAL - 1 :]
    far = min(most, max(STEP * first, SCATTERS * series.scatter(known, len(known))))
    if max(float(np.abs(usual - first).max()), first - float(known.min()) - most) > far or first >= 1.0:
        return None
    now, then = metric.error_text(float(usual[-1])), metric.error_text(first)
    if well:
        line = f"{metric.heading} rests at {now} since its first evaluation: this run has changed nothing of it"
        return Unmoved(WHERE_IT_BEGAN, line, WAS_TRAINED, True)
    line = f"{metric.heading} has not moved since its first evaluation: {then} then, {now} now"
    return Unmoved(
        NOT_MOVED,
        line,
        COMPARE.format(label=metric.label, command=monitor_line("metric", run_id, metric.name, "--chance", "VALUE")),
        False,
    )
