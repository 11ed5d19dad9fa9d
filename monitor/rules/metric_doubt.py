"""Values of the primary metric that contradict its unit."""

from __future__ import annotations

from monitor.rules.doubts import doubt_of
from monitor.rules.primary import needs_of, unclear_of, wanted_of
from monitor.rules.result import Numbers, Result
from monitor.rules.rule import PRIMARY, Rule
from monitor.rules.thresholds import Thresholds
from monitor.run_dir import Snapshot
from monitor.run_dir.metric import Metric
from monitor.run_dir.words import number


class MetricDoubt(Rule):
    """Watches whether the values of the metric that decides can be what they are called: no share is above 100 % (error
    rates over sequences may be) or below 0, and none becomes a hundred times as large from one evaluation to the next
    while val loss stays where it was.

    There is no guard: a wrong number is wrong at any epoch. Val loss decides instead of such a metric.
    It cannot tell which of the two units is right.
    """

    name = "metric_doubt"
    title = "Metric in doubt"
    place = 15
    watches = (PRIMARY, "val_loss")
    before_guard = True

    def check(self, snapshot: Snapshot, thresholds: Thresholds, now: float) -> Result:
        """A warning about values that their unit cannot have; an info where a declared bound may be in another unit."""
        metric = wanted_of(snapshot)
        if metric is None:
            return self.not_applicable(needs_of(snapshot))
        if doubt := doubt_of(snapshot, metric):
            return self.finding(
                "warning",
                f"{doubt.line} {_instead(snapshot)}",
                doubt.epoch,
                now=_numbers(snapshot, metric),
                limits={"unit": metric.unit},
                remedy="Look at how it is computed, and log it in one unit; a metric of another unit or direction is "
                "declared with Metric(…, unit=…).",
                cannot_tell="Which of the units is right.",
            )
        unclear = unclear_of(snapshot)
        if unclear is None:
            return self.quiet(f"{metric.heading} stays in its unit.")
        names = " and ".join(unclear[1])
        return self.finding(
            "info",
            f"The {names} declared for {metric.title} may be in percent or a fraction, the values are in percent: "
            f"{'they are' if len(unclear[1]) > 1 else 'it is'} not used.",
            snapshot.epochs[0].epoch,
            now=_numbers(snapshot, metric),
            limits={},
            remedy=f"Declare the unit: Metric({metric.name!r}, unit='percent', …), {names} in percent.",
            cannot_tell="Which of them is meant.",
        )


def _instead(snapshot: Snapshot) -> str:
    """What decides instead of it."""
    known = any(record.val_loss is not None for record in snapshot.epochs)
    return "It decides nothing" + ("; val loss does." if known else ".")


def _numbers(snapshot: Snapshot, metric: Metric) -> Numbers:
    """The newest value, as it was logged."""
    values = [value for record in snapshot.epochs if (value := metric.of(record)) is not None]
    return {metric.name: number(values[-1])} if values else {}
