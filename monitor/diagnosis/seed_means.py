"""What the seeds of a run and of its parent reached at one epoch, in sentences."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from monitor.diagnosis.moment import common_metric, of_child
from monitor.diagnosis.seed_spread import SeedGroup, difference, group_of, has_come, spread
from monitor.run_dir import Snapshot, words
from monitor.run_dir.errors import MonitorError
from monitor.run_dir.metric import WER, Metric


def seed_lines(
    parent: Snapshot, child: Snapshot, epoch: float, groups: Sequence[SeedGroup], read: Callable[[str], Snapshot]
) -> list[str]:
    """One line for each of the two that has seeds, and one for the difference of their means; none without seeds.

    `read` reads another run of the folder; one that cannot be read is left out.
    """
    known = {run.run_id: run for run in (parent, child)}
    sides = [_runs(run, groups, known, read) for run in (parent, child)]
    if sides[0] is not None and sides[0] == sides[1]:
        sides = sides[:1]
    metric = common_metric(parent, child) or WER
    values = [_values(side or [run], epoch, metric) for side, run in zip(sides, (parent, child), strict=False)]
    lines = [
        f"{side[0].run_id} and {words.count(len(side) - 1, 'seed')} ({', '.join(run.run_id for run in side[1:])}): "
        f"{metric.title} {spread(at, metric).text} at epoch {epoch:g}."
        for side, at in zip(sides, values, strict=True)
        if side is not None and len(at) > 1
    ]
    between = difference(*values) if len(values) == 2 else None
    if between is not None:
        mean, low, high = between
        interval = f"{metric.bare_change(low)} to {metric.bare_change(high)}"
        lines.append(f"Difference of the means {metric.change(mean)} (95 % Welch t interval {interval}).")
    return lines


def siblings(run: Snapshot, groups: Sequence[SeedGroup], read: Callable[[str], Snapshot]) -> list[Snapshot]:
    """The run and its seeds in the folder, as far as they can be read."""
    return _runs(run, groups, {run.run_id: run}, read) or [run]


def _runs(
    run: Snapshot, groups: Sequence[SeedGroup], known: dict[str, Snapshot], read: Callable[[str], Snapshot]
) -> list[Snapshot] | None:
    """The run and its seeds, the first of them first; None where it has none."""
    group = group_of(run.run_id, groups)
    if group is None:
        return None
    for name in group.runs:
        try:
            known.setdefault(name, known.get(name) or read(name))
        except MonitorError:
            continue
    return [known[name] for name in group.runs if name in known]


def _values(runs: Sequence[Snapshot], epoch: float, metric: Metric) -> list[float]:
    """The metric of each run at this epoch, without the runs that have not come so far."""
    far = [run for run in runs if run.epochs and has_come(run.epochs[-1].epoch, epoch)]
    rows = [of_child(run, epoch) for run in far]
    known = [metric.of(row) for row in rows if row is not None]
    return [value for value in known if value is not None and math.isfinite(value)]
