"""Another known metric gets worse beside the one that decides."""

from __future__ import annotations

import shlex

from monitor.rules import evaluations
from monitor.rules.doubts import doubt_of
from monitor.rules.primary import chance_of, errors_of, others_of, primary_of
from monitor.rules.result import Result
from monitor.rules.rule import PRIMARY, Rule
from monitor.rules.thresholds import Thresholds
from monitor.rules.worse import Worse, got_worse
from monitor.run_dir import Snapshot
from monitor.run_dir.metric import Metric

MOST_LOOKED_AT = 8
"""Other metrics, those measured most often first."""


class SecondMetric(Rule):
    """Watches the other known metrics of val: one that got far worse than its best, as a trend, while another one
    decides. A model may get better by one measure and worse by the other.

    It never says more than a hint. It cannot tell which of the two measures matters.
    """

    name = "second_metric"
    title = "Another metric got worse"
    place = 155
    watches = (PRIMARY, "metrics")

    def check(self, snapshot: Snapshot, thresholds: Thresholds, now: float) -> Result:
        """An info about the first of the other metrics that got worse; quiet where the primary one does so itself."""
        first = primary_of(snapshot)
        known = [metric for metric in others_of(snapshot) if metric.split == "val"][:MOST_LOOKED_AT]
        others = [metric for metric in known if doubt_of(snapshot, metric) is None]
        if first is None or not others:
            return self.not_applicable("two known errors or scores of val")
        if _worse(snapshot, first) is not None:
            return self.quiet(f"{first.heading} itself gets worse.")
        for metric in others:
            rows = evaluations.measured(snapshot, evaluations.known(metric.name, finite=True))
            worse = _worse(rows, metric) if evaluations.enough(rows, thresholds) else None
            if worse is None:
                continue
            best, last = metric.error_text(worse.best), metric.error_text(worse.last)
            at = rows.epochs[worse.best_at].epoch
            return self.finding(
                "info",
                f"{metric.heading} has got worse: {last}, where {best} was reached at epoch {at:g}; "
                f"{first.title} decides.",
                rows.epochs[worse.best_at + 1].epoch,
                fired=rows.epochs[-1].epoch,
                now={metric.title: last, f"best {metric.title}": best},
                limits={},
                remedy="Decide which of them matters. To let it decide: python -m monitor metric "
                f"{shlex.quote(snapshot.run_id)} {shlex.quote(metric.name)}",
                cannot_tell="Which of the measures matters.",
            )
        return self.quiet("No other metric gets worse.")


def _worse(snapshot: Snapshot, metric: Metric) -> Worse | None:
    return got_worse(metric, errors_of(snapshot, metric), chance_of(snapshot, metric))
