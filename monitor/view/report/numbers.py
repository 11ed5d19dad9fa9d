"""Which numbers of the records a report shows."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from operator import attrgetter
from statistics import median

from monitor.rules.arithmetic.series import scatter
from monitor.rules.evaluations import measured, validation
from monitor.rules.primary import primary_of
from monitor.run_dir import Epoch, Snapshot
from monitor.run_dir.columns import values_of
from monitor.run_dir.metric import is_finite, read
from monitor.run_dir.metric_names import REWARD
from monitor.run_dir.words import plain

KEY_EPOCHS = 8
LEAST_FALL = 0.01
"""Of its first value: a train loss that has fallen by less hardly moves."""


ABOUT, SCATTERS = 3, 2.0
"""Values whose median stands for the first and the newest; a difference of so many scatters is no noise."""


def resumed_words(snapshot: Snapshot) -> str:
    """How often it began anew, at which epochs it was resumed, and which were trained again; "" for one start."""
    times = "once" if snapshot.anew == 1 else f"{snapshot.anew} times"
    anew = f"Begun anew {times}: only the newest start is shown." if snapshot.anew else ""
    if not snapshot.resumed_at:
        return anew
    at = ", ".join(plain(epoch) for epoch in snapshot.resumed_at)
    again = ", ".join(plain(epoch) for epoch in snapshot.overlaps)
    return f"{anew} Resumed at epoch {at}.".lstrip() + (f" Trained again: epoch {again}." if again else "")


def known(snapshot: Snapshot, name: str) -> list[tuple[float, float]]:
    """(epoch, value) of the evaluations that have a finite value, in order."""
    rows = zip(*(values_of(snapshot.epochs, each) for each in ("epoch", name)), strict=True)
    return [(epoch, float(value)) for epoch, value in rows if value is not None and math.isfinite(value)]


def printed(snapshot: Snapshot) -> tuple[float | None, list[tuple[str, str, str]]]:
    """The last decoded evaluation of val: its epoch, and (clip id, target, prediction) of each clip; None, [] where
    nothing was decoded."""
    decodes = [record for record in snapshot.decodes if record.split == "val"]
    if not decodes:
        return None, []
    targets = {clip.clip_id: clip.reference for clip in snapshot.clips if clip.split == "val"}
    ids = decodes[-1].clip_ids or list(targets)
    pairs = zip(ids, decodes[-1].hypotheses, strict=False)
    return decodes[-1].epoch, [(name, targets.get(name, ""), predicted) for name, predicted in pairs]


def broken(snapshot: Snapshot, name: str) -> tuple[float, float] | None:
    """(epoch, value) since which all that was measured is not finite; None where the newest value is finite."""
    found: tuple[float, float] | None = None
    for record in reversed(snapshot.epochs):
        value = read(record, name)
        if value is not None and is_finite(value):
            break
        found = found if value is None else (record.epoch, float(value))
    return found


def course(points: Sequence[tuple[float, float]]) -> str:
    """What a train loss of these (epoch, value) does: "falls", "hardly moves" or "does not fall"."""
    values = [value for _, value in points]
    few = min(ABOUT, (len(values) + 1) // 2)
    first, last = median(values[:few]), median(values[-few:])
    noise = scatter(values)
    least = max(LEAST_FALL * abs(first), 0.0 if math.isnan(noise) else SCATTERS * noise)
    return "falls" if first - last > least else "does not fall" if last - first > least else "hardly moves"


def train_field(snapshot: Snapshot) -> str:
    """The train loss that the gap is made of: in eval mode where the run says so and has measured it."""
    by_eval = snapshot.run is not None and snapshot.run.gap_basis == "eval"
    return "train_eval_loss" if by_eval and known(snapshot, "train_eval_loss") else "train_loss"


def key_epochs(snapshot: Snapshot) -> list[Epoch]:
    """First, last, best loss, best of the primary metric and evenly spaced ones between, in order."""
    # Rows that measured nothing of validation are taken where there are no others.
    epochs, metric = measured(snapshot, validation).epochs or snapshot.epochs, primary_of(snapshot)
    last = len(epochs) - 1
    wanted = {round(last * share / (KEY_EPOCHS - 1)) for share in range(KEY_EPOCHS)}
    measures: list[Callable[[Epoch], float | None]] = [attrgetter("val_loss")]
    for measure in [*measures, metric.error_of] if metric is not None else measures:
        values = [(measure(record), place) for place, record in enumerate(epochs)]
        best = min(((value, place) for value, place in values if is_finite(value)), default=None)
        if best is not None:
            wanted.add(best[1])
    return [epochs[place] for place in sorted(wanted)]


def from_to(points: Sequence[tuple[float, float]], shown: Callable[[float], str]) -> str:
    """ "44.59 → 2.36" """
    return f"{shown(points[0][1])} → {shown(points[-1][1])}"


def train_loss_is_to_fall(snapshot: Snapshot) -> bool:
    """Whether a train loss that falls is healthy: one beside a reward goes up and down as the data does."""
    metric = primary_of(snapshot)
    return metric is None or metric.label != REWARD
