"""The best of the primary metric has stopped moving."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from monitor.rules import evaluations
from monitor.rules.arithmetic import series
from monitor.rules.arithmetic.falling import keeps_falling
from monitor.rules.at_chance import ChanceLimits
from monitor.rules.beside_chance import beside
from monitor.rules.episodes import Episode, Level, open_episode
from monitor.rules.evaluations import Evaluations
from monitor.rules.learning import came_down
from monitor.rules.primary import (
    SAYING_NOTHING,
    Chance,
    chance_of,
    errors_of,
    needs_of,
    perfect_of,
    primary_of,
    scale_of,
)
from monitor.rules.result import Finding, Numbers, Result
from monitor.rules.rule import PRIMARY, Rule
from monitor.rules.thresholds import Limits, Thresholds
from monitor.rules.unmoved import FOR_NOTHING, Unmoved, is_well, reads_input, unmoved
from monitor.rules.worse import KEEP, USUAL, Worse, got_worse, is_lost, lost_much, since_the_best, worse_remedy
from monitor.run_dir import Severity, Snapshot
from monitor.run_dir.metric import Metric
from monitor.run_dir.metric_names import EDIT_RATES, ENDS_AT_ONE, WITHOUT_A_CHANCE
from monitor.run_dir.status import is_over

REMEDY = "If it stands near chance, the input does not arrive; if well better, stop here or change the data."
BEYOND_CHANCE = "It is well better than chance: stop here, or change the data."
BEYOND_AT_THE_END = "It is well better than chance: the data is to be changed."
BOTH_STAND = (
    "It is well better than chance, and train loss stands as high as val loss: the model, the rate or the labels are "
    "the limit, more data alone is not."
)
NEAR = 0.25
"""Train loss within this part of val loss: what is not learnt is not learnt on the train data either."""
WHEN_OVER = f"{KEEP} If that is near chance, the input does not arrive; if well better, the data is to be changed."
WITHOUT_CHANCE = "Compare it with what others reach on this data: stop here, or change the data or the rate."
WITHOUT_CHANCE_WHEN_OVER = f"{KEEP} Compare it with what others reach on this data before another run."
AT_WORST = "It has its worst value: nothing was learnt. See whether it can memorise one batch: inputs, labels, loss."
ONLY_SHARES = (
    "See whether it can memorise one batch: a loss falls, too, where only the share of each class is learnt, and "
    "another metric is at chance."
)
STILL_FALLS = (
    "Val loss still comes to new bests while {label} brings none: wait for more evaluations before you decide."
)
FELL_AT_ITS_END = "Val loss still came to new bests at its end: more epochs may bring a better {label}."
LOSS_STEP_RATIO = 0.02
"""Of its best: a val loss that came down by more within the window, to a best that is recent, still falls."""
RECENT_RATIO = 0.3
"""Of the window: so recent is the best of a val loss that still falls."""
BEYOND = 0.1
"""Points of a share, else a part of chance."""
LEAST_SHOWN = 0.0005
GOT_WORSE = "got worse"
"""How the title ends then."""


RESTS: dict[Severity, Severity] = {"critical": "warning", "warning": "info", "info": "info"}
"""How grave it is that a metric which has learnt much rests."""
SPOKEN = 0.02
"""So far beyond the error rate of an empty output, words are predicted that are not there."""
LEVELLED_OFF, AT_REST = "levelled off", "rests at chance"
"""How the title ends for a metric that has learnt much and rests, and where only its loss has."""


class PlateauLimits(Limits, frozen=True):
    """What counts as an improvement, and how many evaluations may pass without one."""

    wer_step: float = 0.01
    """One point of a share such as WER: what counts as an improvement."""
    wer_step_ratio: float = 0.02
    plateau_warning_evaluations: int = 10
    plateau_critical_evaluations: int = 20
    plateau_window_ratio: float = 0.1
    """Of all evaluations so far: no window is shorter, the critical one twice that."""
    plateau_learnt_ratio: float = 0.67
    """Of its first value: an error that has come down to it has learnt much, and may rest."""


class WerPlateau(Rule):
    """Watches how much the best of the primary metric moved over the last evaluations: under a point and under 2 % of
    itself; of a number that is no share under 2 % of its range so far.

    It cannot tell a model that has learnt all there is from one that is stuck: look at chance beside it.
    """

    name = "wer_plateau"
    title = "No more progress"
    place = 150
    watches = (PRIMARY, "val_loss", "train_loss", "train_eval_loss")
    yardstick = "best"
    causes = ("nothing_learnt", "getting_worse", "stuck")
    limits = PlateauLimits
    reads = ("chance_margin",)
    remedy_beside = (
        ("non_finite", "What is not finite comes first: such a network learns nothing more."),
        ("at_chance", "The finding about chance comes first."),
    )

    def check(self, snapshot: Snapshot, thresholds: Thresholds, now: float) -> Result:
        """A flag once a window of evaluations gained nothing; before that a warning where the metric got worse."""
        limits = thresholds.of(PlateauLimits)
        need = limits.plateau_warning_evaluations + 1
        metric = primary_of(snapshot)
        if metric is None:
            return self.not_applicable(needs_of(snapshot))
        snapshot = evaluations.measured(snapshot, evaluations.known(metric.name, finite=True))
        margin = thresholds.of(ChanceLimits).chance_margin
        if is_lost(metric, errors_of(snapshot, metric), chance_of(snapshot, metric), margin):
            return self.quiet(f"{metric.heading} is at chance again; at_chance reports that.")
        if unready := self.unready(snapshot, thresholds, metric.title, least=need):
            early = self.unready(snapshot, thresholds, metric.title) is None
            told = (metric, errors_of(snapshot, metric), chance_of(snapshot, metric))
            worse = got_worse(*told) or lost_much(*told) if early else None
            return self._only_worse(snapshot, thresholds, metric, worse) if worse else unready
        data = evaluations.read(snapshot, thresholds)
        counted = _since_it_spoke(metric, data.error, chance_of(snapshot, metric))
        best = np.minimum.accumulate(np.where(counted, data.error, np.inf))
        scale = scale_of(metric, data.error)
        # What ends at 1, as R² does, has a zero as an error, too: near it a small step is a large part.
        scale = np.fmin(scale, best - metric.error(1.0)) if metric.label in ENDS_AT_ONE else scale
        step = limits.wer_step_ratio * scale
        step = np.minimum(limits.wer_step, step) if metric.is_share else step
        if perfect_of(metric, data.error)[-1]:
            return self.quiet(
                f"{metric.heading} is {metric.error_text(float(data.error[-1]))}: nothing is left to gain."
            )
        falls = keeps_falling(np.where(counted, data.error, np.nan))
        levels = _levels(data, best, step, limits, falls)
        # The window of ten evaluations is the persistence.
        episode = open_episode(data.epochs, levels, thresholds, warning_epochs=0.0, critical_epochs=0.0)
        lost = lost_much(metric, data.error, chance_of(snapshot, metric))
        if lost is not None and (episode is None or episode.severity != "critical"):
            return self._only_worse(snapshot, thresholds, metric, lost)
        if episode is None:
            return self.quiet(f"{_best(metric, data, counted)} still moves ({_best_and_where(metric, data, best)}).")
        return self._at_rest(snapshot, data, episode, _best(metric, data, counted), best, lost, limits)

    def _at_rest(
        self,
        snapshot: Snapshot,
        data: Evaluations,
        episode: Episode,
        named: str,
        best: series.Array,
        lost: Worse | None,
        limits: PlateauLimits,
    ) -> Result:
        """The flag, with what became of the metric since its best. `best`: the lowest error up to each evaluation,
        `named`: in words."""
        metric = data.metric
        assert metric is not None  # check() has looked
        label, value, chance = metric.label, metric.value(float(best[-1])), chance_of(snapshot, metric)
        window = _window(limits, len(data), episode.severity)
        moved = abs(metric.value(float(best[-1 - window])) - value)
        worse = lost or got_worse(metric, data.error, chance)
        # What was never better than chance cannot get worse.
        had_learnt = chance is None or best[-1] < chance.error
        since = since_the_best(metric, data.error, window, worse) if had_learnt else ""
        learnt = not since and _has_learnt_much(metric, data, best, chance, limits)
        still = None if since else unmoved(data, chance, limits.wer_step, snapshot.run_id)
        learnt = learnt or (still is not None and still.well)
        rests = LEVELLED_OFF if chance is None or _beyond(metric, chance, float(best[-1])) else AT_REST
        state = GOT_WORSE if since else still.title if still else rests if learnt else "stuck"
        said = f"{since}{named} has moved {_moved(metric, moved)} in {window} evaluations"
        where = _best_and_where(metric, data, best)
        if still is not None:
            said = still.line
            where = f"best {where}"
        more = f" {FOR_NOTHING}" if still is not None and not still.well and not beside(snapshot) else ""
        return self.flag(
            data.epochs,
            episode,
            f"{said} ({where}); flagged since epoch {data.epochs[episode.onset]:g}.{more}",
            title=f"{_titled(label)} {state}",
            # One that has learnt much may rest for a while, or for good because there is no more to learn.
            severity=RESTS[episode.severity] if learnt else None,
            dated=True,
            now={
                f"best {metric.title}": metric.text(value),
                "moved": _moved(metric, moved),
                "evaluations": float(window),
            },
            limits=_limits(metric, limits),
            remedy=worse_remedy(metric, data) if since else _remedy(snapshot, metric, data, still),
            cannot_tell="Whether there is anything left to learn.",
        )

    def _only_worse(self, snapshot: Snapshot, thresholds: Thresholds, metric: Metric, worse: Worse) -> Finding:
        """That it got worse since its best, before there are enough evaluations to speak of a plateau."""
        data = evaluations.read(snapshot, thresholds)
        best, last = metric.error_text(worse.best), metric.error_text(worse.last)
        at = float(data.epochs[worse.best_at])
        return replace(
            self.finding(
                "warning",
                f"{metric.heading} has got worse since its best: {last}, where {best} was reached at epoch {at:g}.",
                float(data.epochs[worse.best_at + 1]),
                fired=float(data.epochs[-1]),
                now={metric.title: last, f"best {metric.title}": best},
                limits=_limits(metric, thresholds.of(PlateauLimits)),
                remedy=worse_remedy(metric, data),
                cannot_tell="Whether it recovers.",
            ),
            title=f"{_titled(metric.label)} {GOT_WORSE}",
        )


def _since_it_spoke(metric: Metric, errors: series.Array, chance: Chance | None) -> npt.NDArray[np.bool_]:
    """The evaluations that count: of an error rate that was worse than saying nothing before its best, or never better,
    those from its worst on; a model that begins to speak makes more errors than a silent one, and then fewer."""
    counted = np.isfinite(errors)
    if chance is not None and metric.label in EDIT_RATES and counted.any():
        worst, best = (
            int(np.argmax(np.where(counted, errors, -np.inf))),
            int(np.argmin(np.where(counted, errors, np.inf))),
        )
        if errors[worst] > SAYING_NOTHING + SPOKEN and (worst < best or errors[best] >= chance.error):
            counted[:worst] = False
    return counted


def _has_learnt_much(
    metric: Metric, data: Evaluations, best: series.Array, chance: Chance | None, limits: PlateauLimits
) -> bool:
    """Whether the best error, where it has a zero, is a part of its first, or a step below it and far below chance; or
    val loss has come far down."""
    first = data.error[np.isfinite(data.error)][0]
    has_zero = metric.is_share or (metric.direction == "error" and not (data.error < 0).any())
    far = metric.is_share and is_well(chance, float(best[-1])) and best[-1] <= first - limits.wer_step
    much = far or (has_zero and best[-1] <= limits.plateau_learnt_ratio * first)
    return bool(much or came_down("val loss", data.val_loss, data.epochs))


def _beyond(metric: Metric, chance: Chance, error: float) -> bool:
    """Whether an error is better than chance by the margin within which `at_chance` speaks."""
    return error < chance.error - ChanceLimits().chance_margin * chance.size(metric)


def _best(metric: Metric, data: Evaluations, counted: npt.NDArray[np.bool_]) -> str:
    """What `best` is of: the metric, or the metric since its worst value."""
    first = int(np.argmax(counted))
    later = np.isfinite(data.error[:first]).any()
    return f"Best {metric.label}" + f" since its worst, at epoch {data.epochs[first]:g}," * bool(later)


def _best_and_where(metric: Metric, data: Evaluations, best: series.Array) -> str:
    return f"{metric.text(metric.value(float(best[-1])))}, epoch {data.epochs[int(np.argmin(best))]:g}"


def _windows(
    limits: PlateauLimits, counts: npt.NDArray[np.intp], severity: Severity = "warning"
) -> npt.NDArray[np.intp]:
    """How many evaluations may pass without an improvement, after so many of them."""
    ratio = limits.plateau_window_ratio
    if severity == "critical":
        return series.windows(limits.plateau_critical_evaluations, 2 * ratio, counts)
    return series.windows(limits.plateau_warning_evaluations, ratio, counts)


def _window(limits: PlateauLimits, count: int, severity: Severity = "warning") -> int:
    return int(_windows(limits, np.array(count), severity))


def _levels(
    data: Evaluations, best: series.Array, step: series.Array, limits: PlateauLimits, falls: npt.NDArray[np.bool_]
) -> list[Level]:
    """At each evaluation how long the best error so far has made no such step. `falls`: whether it falls all the same,
    in steps too small for a window."""
    counts = np.arange(1, len(data) + 1)
    warning = data.judged & ~falls & _stuck(best, step, _windows(limits, counts))
    critical = warning & _stuck(best, step, _windows(limits, counts, "critical"))
    return [
        Level.CRITICAL if far else Level.WARNING if stuck else Level.CLEAR
        for stuck, far in zip(warning.tolist(), critical.tolist(), strict=True)
    ]


def _moved(metric: Metric, moved: float) -> str:
    """How far the best has moved; less than a tenth of a point counts as no difference."""
    return "0.0 points" if metric.is_share and metric.fraction(moved) < LEAST_SHOWN else metric.size(moved)


def _titled(label: str) -> str:
    """A label at the beginning of a title; one with a capital in it is a name and stays."""
    return label if label != label.lower() else label[:1].upper() + label[1:]


def _remedy(snapshot: Snapshot, metric: Metric, data: Evaluations, still: Unmoved | None) -> str:
    """What to do about a metric at rest: where chance is known, of a model that is beyond it or is not. `still`: that
    it is where it began."""
    chance, over, best = chance_of(snapshot, metric), is_over(snapshot), float(np.nanmin(data.error))
    beyond = BOTH_STAND if _both_stand(data) else BEYOND_AT_THE_END if over else BEYOND_CHANCE
    if is_at_worst(metric, best):
        return AT_WORST
    if beside(snapshot):
        return ONLY_SHARES
    if loss_still_falls(data.val_loss):
        return (FELL_AT_ITS_END if over else STILL_FALLS).format(label=metric.label)
    if still is not None:
        return still.remedy
    if chance is not None and (not chance.assumed or is_well(chance, best)):
        if best < chance.error - BEYOND * chance.size(metric):
            return f"{KEEP} {beyond}" if over else beyond
        return (
            f"Its best is {metric.error_text(best)}; {chance.does} {metric.error_text(chance.error)}. Find out whether "
            "the input reaches the output layer, and whether the labels are right."
        )
    if chance is None and (not metric.is_share or metric.label in WITHOUT_A_CHANCE or reads_input(data)):
        return WITHOUT_CHANCE_WHEN_OVER if over else WITHOUT_CHANCE
    return WHEN_OVER if over else REMEDY


def _both_stand(data: Evaluations) -> bool:
    """Whether train loss has come to rest too, near val loss and far from zero."""
    window = _window(PlateauLimits(), len(data))
    train, val = (losses[np.isfinite(losses)] for losses in (data.train_loss, data.val_loss))
    if min(len(train), len(val)) <= window or not val[-1] > 0:
        return False
    before, now = float(np.median(train[-window - 1 : -window + 2])), float(np.median(train[-USUAL:]))
    return before - now <= LOSS_STEP_RATIO * abs(before) and val[-1] - now <= NEAR * val[-1]


def is_at_worst(metric: Metric, best_error: float) -> bool:
    """Whether a share has the worst value that it can have at its best: a score of 0."""
    return metric.is_share and metric.direction == "score" and best_error >= 1.0


def loss_still_falls(val_loss: series.Array) -> bool:
    """Whether val loss came to a new best, by a step, in the last few of the window's evaluations."""
    known = val_loss[np.isfinite(val_loss)]
    window = _window(PlateauLimits(), len(known))
    if len(known) <= window:
        return False
    before, newest = float(known[:-window].min()), float(known[-int(RECENT_RATIO * window) :].min())
    return bool(newest <= known.min() and before - newest > LOSS_STEP_RATIO * abs(before))


def _limits(metric: Metric, limits: PlateauLimits) -> Numbers:
    if metric.is_share:
        return {"a step, points": 100 * limits.wer_step, "a step, part of itself": limits.wer_step_ratio}
    return {"a step, part of its range": limits.wer_step_ratio}


def _stuck(best: series.Array, step: series.Array, windows: npt.NDArray[np.intp]) -> npt.NDArray[np.bool_]:
    """At each place whether the best error moved less than the step within its window; not known before it is full."""
    begins = np.arange(len(best)) - windows
    known = (begins >= 0) & np.isfinite(best[np.maximum(begins, 0)])
    out = np.zeros(len(best), dtype=bool)
    out[known] = best[begins[known]] - best[known] < step[begins[known]]
    return out
