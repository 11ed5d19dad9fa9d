"""Training became slower than it was, or waits for its data."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from heapq import heappop, heappush, heappushpop
from typing import NamedTuple

import numpy as np

from monitor.rules.arithmetic.series import Array
from monitor.rules.result import Finding, Result
from monitor.rules.rule import Rule
from monitor.rules.thresholds import Limits, Thresholds
from monitor.run_dir import Snapshot, Step
from monitor.run_dir.field_names import plain
from monitor.run_dir.planned import planned_epochs
from monitor.run_dir.status import is_over
from monitor.run_dir.words import number, percent
from monitor.run_dir.words import plain as whole

MOST_STEPS = 20_000
"""Logged steps that are looked at, the newest."""
FIRST_STRETCHES = 3
"""Stretches at its beginning that say what is usual: the first steps compile, and fill their caches."""
IN_A_ROW = 2
CLEARLY = 0.9
"""Of the slowest stretch that was usual."""
SPEEDS = {
    **dict.fromkeys(("samples_per_second", "samples_per_sec", "samples_s", "samples_sec"), "samples/s"),
    **dict.fromkeys(("examples_per_second", "examples_per_sec", "examples_s"), "examples/s"),
    **dict.fromkeys(("images_per_second", "images_per_sec", "images_s", "img_s", "imgs_per_sec"), "images/s"),
    **dict.fromkeys(("tokens_per_second", "tokens_per_sec", "tokens_s", "tok_s", "tok_sec"), "tokens/s"),
    **dict.fromkeys(("steps_per_second", "steps_per_sec", "it_s", "its_per_sec", "iterations_per_second"), "steps/s"),
    "throughput": "throughput",
}
"""Names of a speed among the numbers of a step, without what stands before them, and what it is called."""


class ThroughputLimits(Limits, frozen=True):
    """How far speed may fall, how long data may be waited for, and what makes a stretch of steps."""

    throughput_fall_ratio: float = 0.3333
    """Of the run's own median."""
    data_wait_limit_ratio: float = 0.3333
    """Of the time of a step."""
    throughput_least_steps: int = 20
    throughput_least_secs: float = 60.0
    """A stretch whose median counts has so many logged steps, and lasts so long."""


class Stretch(NamedTuple):
    """Logged steps that follow each other: where they begin, and the medians over them; NaN where nothing is known."""

    step: int
    epoch: float
    speed: float
    wait: float


class Throughput(Rule):
    """Watches the samples a second against the run's own median, and the share of its time that a step waits for data.

    Both by medians over stretches of logged steps, so that an evaluation, a checkpoint or a short job beside it count
    for nothing; where steps do not say their speed, by the steps a second that their times tell; without steps by
    evaluations. The first epoch of several is taken as usual: batches sorted by their length are slow at its end.
    It cannot tell what made it slow.
    """

    name = "throughput"
    title = "Training became slower"
    place = 215
    limits = ThroughputLimits
    watches = ("clips_per_sec", "data_wait_ratio")
    picture = ""
    before_guard = True

    def check(self, snapshot: Snapshot, thresholds: Thresholds, now: float) -> Result:
        """A warning at most, once the last two stretches are slow or wait for data; quiet once the run has ended."""
        limits = thresholds.of(ThroughputLimits)
        if is_over(snapshot):
            return self.quiet("The run has ended.")
        stretches, what = _stretches(snapshot, limits)
        if not stretches:
            return self.not_applicable("clips_per_sec or data_wait_ratio in its steps, or steps that say their time")
        first = _first_judged(snapshot, stretches)
        if len(stretches) < first + IN_A_ROW:
            of = "stretches of steps" if stretches[-1].step and snapshot.steps else "evaluations"
            after = f"after the first {FIRST_STRETCHES}" if first == FIRST_STRETCHES else "after the first epoch"
            return self.not_enough_data(max(0, len(stretches) - first), IN_A_ROW, f"{of} {after}")
        waits = [stretch.wait > limits.data_wait_limit_ratio for stretch in stretches]
        if (since := _began(waits, 1)) is not None:
            return self._waits(stretches, since, limits)
        usual, slow = _slow([stretch.speed for stretch in stretches], first, limits)
        if (since := _began(slow, first)) is not None:
            return self._is_slow(stretches, since, usual, what, limits)
        return self.quiet(_at_rest(stretches[-1], what))

    def _waits(self, stretches: Sequence[Stretch], since: int, limits: ThroughputLimits) -> Finding:
        begin, now = stretches[since], stretches[-1]
        found = self.finding(
            "warning",
            f"Training waits for data {percent(now.wait)} of its time, more than a third since {_where(begin)}.",
            begin.epoch,
            now={"waiting for data": percent(now.wait)},
            limits={"of the time": limits.data_wait_limit_ratio},
            remedy="Use more data-loading workers, a faster disk or data kept in memory, or less work per sample.",
            cannot_tell="Whether the disk, the network or the work on each sample is slow.",
        )
        # Its speed may be as it was.
        return replace(found, title="Training waits for data")

    def _is_slow(
        self, stretches: Sequence[Stretch], since: int, usual: float, what: str, limits: ThroughputLimits
    ) -> Finding:
        begin, now = stretches[since], stretches[-1]
        return self.finding(
            "warning",
            f"Training became slower: {number(now.speed)} {what}, where {number(usual)} was usual, "
            f"since {_where(begin)}.",
            begin.epoch,
            now={what: now.speed, "usual": usual},
            limits={"fallen by": limits.throughput_fall_ratio},
            remedy="Look at the machine (other jobs, heat, disk, memory) and at what changed in the batches.",
            cannot_tell="What made it slow; longer samples or larger batches look the same.",
        )


def _where(stretch: Stretch) -> str:
    return f"step {stretch.step:,}" if stretch.step else f"epoch {whole(stretch.epoch)}"


def _at_rest(last: Stretch, what: str) -> str:
    wait = "" if math.isnan(last.wait) else f"; {percent(last.wait)} of the time is spent waiting for data"
    speed = "Its speed is not known" if math.isnan(last.speed) else f"{number(last.speed)} {what}"
    return f"{speed}{wait}."


def _stretches(snapshot: Snapshot, limits: ThroughputLimits) -> tuple[list[Stretch], str]:
    """(the stretches in their order, the unit of their speed); none where no speed is logged."""
    steps = tuple(snapshot.steps[-MOST_STEPS:])
    speeds, what = _speeds(steps, _own_times(snapshot))
    waits = np.array([math.nan if step.data_wait_ratio is None else step.data_wait_ratio for step in steps])
    if np.isfinite(speeds).any() or np.isfinite(waits).any():
        cuts = list(_cuts(steps, limits))
        return [
            Stretch(steps[i].step, steps[i].epoch, _median(speeds[i:j]), _median(waits[i:j])) for i, j in cuts
        ], what
    rows = [row for row in snapshot.epochs if row.clips_per_sec is not None or row.data_wait_ratio is not None]
    return [
        Stretch(row.step, row.epoch, _known(row.clips_per_sec), _known(row.data_wait_ratio)) for row in rows
    ], "clips/s"


def _known(value: float | None) -> float:
    return math.nan if value is None else value


def _median(values: Array) -> float:
    finite = values[np.isfinite(values)]
    return float(np.median(finite)) if len(finite) else math.nan


def _own_times(snapshot: Snapshot) -> bool:
    """Whether `at` is when a step was made; of a log that is read later it is the time of reading."""
    return snapshot.launch is None or snapshot.launch.how not in ("import", "attach")


def _speeds(steps: Sequence[Step], own_times: bool) -> tuple[Array, str]:
    """(the speed at each logged step, its unit): as logged, else by the times of the steps."""
    if any(step.clips_per_sec is not None for step in steps):
        return np.array([_known(step.clips_per_sec) for step in steps]), "clips/s"
    name = next((name for step in steps[-1:] for name in step.metrics if _unit(name)), "")
    if name:
        return np.array([step.metrics.get(name, math.nan) for step in steps]), _unit(name)
    count, at, of = (
        np.array([getattr(step, field) for step in steps], float) for field in ("step", "at", "generation")
    )
    speeds = np.full(len(steps), math.nan)
    if own_times and len(steps) > 1:
        done, secs = np.diff(count), np.diff(at)
        timed = (done > 0) & (secs > 0) & (at[:-1] > 0) & (np.diff(of) == 0)
        speeds[1:][timed] = done[timed] / secs[timed]
    return speeds, "steps/s"


def _unit(name: str) -> str:
    """What the speed of this name is called; "" for a name that is none."""
    words = plain(name).split("_")
    return next((SPEEDS[tail] for begin in range(len(words)) if (tail := "_".join(words[begin:])) in SPEEDS), "")


def _cuts(steps: Sequence[Step], limits: ThroughputLimits) -> Iterator[tuple[int, int]]:
    """(first, end) of each whole stretch: enough steps, long enough, of one start of the run."""
    begin = 0
    for place, step in enumerate(steps):
        if step.generation != steps[begin].generation:
            begin = place
        lasted = step.at - steps[begin].at
        if place - begin + 1 >= limits.throughput_least_steps and (
            lasted >= limits.throughput_least_secs or not step.at
        ):
            yield begin, place + 1
            begin = place + 1
            if begin == len(steps):
                return


def _first_judged(snapshot: Snapshot, stretches: Sequence[Stretch]) -> int:
    """The first stretch that is held against those before it: after the first epoch of several."""
    many = (planned_epochs(snapshot) or 0.0) > 1
    start = stretches[0].epoch
    later = (place for place, stretch in enumerate(stretches) if stretch.epoch >= math.floor(start) + 1)
    return max(FIRST_STRETCHES, next(later, len(stretches)) if many else 0)


def _slow(speeds: Sequence[float], first: int, limits: ThroughputLimits) -> tuple[float, list[bool]]:
    """(the median of the stretches that were not slow, whether each was): what is slow does not become usual.

    Slow is also slower than any of those: batches sorted by their length are as slow at the end of every epoch.
    """
    usual, slow = _Usual(), [False] * first
    for speed in speeds[:first]:
        usual.add(speed)
    for speed in speeds[first:]:
        is_slow = speed < (1 - limits.throughput_fall_ratio) * usual.median and speed < CLEARLY * usual.lowest
        slow.append(is_slow)
        if not is_slow:
            usual.add(speed)
    return usual.median, slow


class _Usual:
    """The median of the speeds added so far (NaN without any), and the lowest after the first FIRST_STRETCHES of them.

    By two heaps: a hundred thousand stretches take as many steps, not their square.
    """

    def __init__(self) -> None:
        self._below, self._above, self.lowest = list[float](), list[float](), math.inf

    def add(self, speed: float) -> None:
        """Takes one speed; NaN is none."""
        if math.isnan(speed):
            return
        if len(self._below) + len(self._above) >= FIRST_STRETCHES:
            self.lowest = min(self.lowest, speed)
        heappush(self._above, -heappushpop(self._below, -speed))
        if len(self._above) > len(self._below):
            heappush(self._below, -heappop(self._above))

    @property
    def median(self) -> float:
        """The median so far, in the unit of the speeds; NaN without any."""
        if not self._below:
            return math.nan
        middle = -self._below[0]
        return middle if len(self._below) > len(self._above) else (middle + self._above[0]) / 2


def _began(over: Sequence[bool], first: int) -> int | None:
    """Where the stretches began that are over their limit up to the end; None where those are too few."""
    begin = len(over)
    while begin > first and over[begin - 1]:
        begin -= 1
    return begin if len(over) - begin >= IN_A_ROW else None
