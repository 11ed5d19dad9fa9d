"""Rules of this project. `vitalsigns rules measure` tries them on your own runs."""

from __future__ import annotations

from itertools import takewhile
from statistics import median

from vitalsigns.rules import Finding, Quiet, Snapshot


class SlowEpochs:
    """Watches how long an epoch takes against the median of all: full memory or a slow disk shows there."""

    name = "slow_epochs"
    title = "Epochs take ever longer"
    thresholds = {"times": 3.0, "least_epochs": 5.0, "in_a_row": 2.0}

    def check(self, snapshot: Snapshot) -> Finding | Quiet:
        """Warns once the last epochs were all slow."""
        timed = [(row.epoch, row.seconds) for row in snapshot.epochs if row.seconds is not None]
        if len(timed) < self.thresholds["least_epochs"]:
            return Quiet(f"{len(timed)} epochs with a time are too few to compare.")
        usual = median(secs for _, secs in timed)
        limit = self.thresholds["times"] * usual
        slow = list(takewhile(lambda row: row[1] > limit, reversed(timed)))
        if len(slow) < self.thresholds["in_a_row"]:
            return Quiet(f"An epoch takes {usual:.3g} s.")
        return Finding(
            severity="warning",
            line=f"An epoch takes {timed[-1][1]:.3g} s; {usual:.3g} s is usual.",
            since=slow[-1][0],
            now={"seconds": timed[-1][1], "usual": usual},
            limits={"times the usual": self.thresholds["times"]},
            remedy="Look at the memory, the disk and the other jobs of the machine.",
            cannot_tell="Which of them it is.",
        )
