"""Findings → one verdict, the causes behind it in order of precedence, and what is not advised.

Where a graver word has not stood its time (monitor.diagnosis.word), word, causes and options are those of then, and the
reason says as of when.

Only a rule whose measured false-alarm rate is at most .05 may say STOP; every other critical says LOOK.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from itertools import pairwise

from monitor.diagnosis.causes import Cause, breaks, causes_of, learns, suppressed
from monitor.diagnosis.crash_kinds.kind import Failure
from monitor.diagnosis.early import cannot_judge, too_early
from monitor.diagnosis.failures import failure_of, how_it_failed
from monitor.diagnosis.waiting import comes_down, knows_by_heart, what_waiting_brought
from monitor.diagnosis.word import STANDS_FOR, Verdict, WordAt, above_its_limit, standing, word_now
from monitor.rules import grown
from monitor.rules.arithmetic.series import scatter
from monitor.rules.beside_chance import beside
from monitor.rules.columns import forget_all
from monitor.rules.evaluations import last, lowest, measured, validation
from monitor.rules.kind import fits
from monitor.rules.primary import best_of, chance_of, last_of, measured_last, primary_of
from monitor.rules.registry import evaluate, facts_of, frozen
from monitor.rules.result import (
    NO_RULES,
    Finding,
    LeftOut,
    NotApplicable,
    NotEnoughData,
    OwnAnswers,
    Quiet,
    Result,
    in_words,
)
from monitor.rules.thresholds import DEFAULTS, CommonLimits, Thresholds
from monitor.rules.wer_plateau import WerPlateau
from monitor.rules.worse import LEAST_GAINED, LOST_RATIO, LOST_SCATTERS, WORSE_POINTS
from monitor.run_dir import SEVERITIES, Severity, Snapshot
from monitor.run_dir.checkpoints import keeps_best_checkpoint
from monitor.run_dir.metric import Metric
from monitor.run_dir.planned import planned_epochs
from monitor.run_dir.status import ENDED_VERDICTS, is_over, status_of
from monitor.run_dir.words import limit, number, plain, sentence


@dataclass(frozen=True)
class Diagnosis:
    """The judgement of a run. `findings` are open now; the word, `worst`, `grounds` and causes may be of a moment ago:
    `as_of` is its epoch, None where they are of now."""

    verdict: Verdict
    severity: Severity | None
    reason: str
    also: tuple[str, ...] = ()
    next_step: str = ""
    worst: Finding | None = None
    findings: tuple[Finding, ...] = ()
    grounds: tuple[Finding, ...] = ()
    """What the word rests on: the findings of now, and those of the moment that it is of."""
    as_of: float | None = None
    suppressed: tuple[str, ...] = ()
    causes: tuple[Cause, ...] = ()
    failure: Failure | None = None
    """The cause of a crash, or where it came up; what to look at or to try about it is then the next step."""
    checks_ran: int = 0
    checks: int = 0
    not_checked: tuple[str, ...] = ()


@dataclass(frozen=True)
class Judged:
    """Every rule's answer, the diagnosis that follows from them, and the thresholds that both were made with."""

    results: tuple[Result, ...]
    diagnosis: Diagnosis
    thresholds: Thresholds = field(default=DEFAULTS)
    own: OwnAnswers = NO_RULES


def judge(snapshot: Snapshot, now: float, own: OwnAnswers = NO_RULES) -> Judged:
    """Every rule's answer and the diagnosis, with the thresholds that were frozen at the run's start.

    `own`: what the project's own rules have answered, asked by `monitor.diagnosis.judging`.
    """
    thresholds = frozen(snapshot.launch.thresholds) if snapshot.launch is not None else DEFAULTS
    results = evaluate(snapshot, thresholds, now, own)
    return Judged(results, diagnose(snapshot, results, thresholds, own), thresholds, own)


def forget(run_dir: str, run_id: str) -> None:
    """Drops what rules have kept of a run; the next judgement is the same."""
    grown.forget(run_dir, run_id)
    forget_all()


def diagnose(
    snapshot: Snapshot,
    results: tuple[Result, ...],
    thresholds: Thresholds = DEFAULTS,
    own: OwnAnswers = NO_RULES,
) -> Diagnosis:
    """The verdict of one moment. Pure: `results` are the rules' answers on the same snapshot."""
    findings = tuple(result for result in results if isinstance(result, Finding))
    ran = sum(isinstance(result, (Finding, Quiet)) for result in results)
    # What is about another kind of run is no check that this one lacks.
    fitting = [
        each for each in results if not isinstance(each, NotApplicable) or fits(facts_of(each.rule).kind, snapshot)
    ]
    now_said = word_now(snapshot, findings, thresholds)
    shown = standing(snapshot, now_said, thresholds, own)
    grounds = _grounds(now_said, shown)
    # Losses that are finite again are no ground for advice, however long the word stands.
    present = tuple(each for each in grounds if each in findings or not breaks((each,)))
    failure, over = failure_of(snapshot), is_over(snapshot)
    reason = _reason(now_said, snapshot, thresholds)
    return Diagnosis(
        verdict=shown.word,
        severity=min((finding.severity for finding in grounds), key=SEVERITIES.index, default=None),
        reason=reason if shown is now_said else f"{_stands(shown, now_said)} {reason}",
        also=_also(now_said.worst, findings),
        next_step=failure.advice if failure is not None else _next_step(shown.word, snapshot),
        worst=shown.worst,
        findings=findings,
        grounds=grounds,
        as_of=None if shown is now_said else shown.epoch,
        suppressed=suppressed(snapshot, present),
        causes=causes_of(snapshot, present),
        failure=failure,
        checks_ran=ran,
        checks=len(fitting),
        not_checked=tuple(why for each in fitting if (why := _why_not(each, over))),
    )


def _grounds(now: WordAt, shown: WordAt) -> tuple[Finding, ...]:
    """The findings of now, then what of that moment has closed since: dated; in their order."""
    if shown is now:
        return now.findings
    open_now = {finding.rule for finding in now.findings}
    closed = [
        replace(finding, line=f"{_then(finding, shown.epoch)}.")
        for finding in shown.findings
        if finding.rule not in open_now
    ]
    return tuple(sorted([*now.findings, *closed], key=lambda finding: facts_of(finding.rule).place))


def _stands(shown: WordAt, now: WordAt) -> str:
    """Why a graver word is shown than that of now."""
    what = _then(shown.worst, shown.epoch) if shown.worst is not None else f"{shown.word}, as of epoch {shown.epoch:g}"
    since = f"At epoch {now.epoch:g}" if now.epoch > shown.epoch else "Since then"
    still = shown.worst is not None and any(found.rule == shown.worst.rule for found in now.findings)
    changed = "it still holds" if still else "the signs are weaker"
    return f"{what}. {since} {changed}; a word stands for {STANDS_FOR} evaluations."


def _then(finding: Finding, epoch: float) -> str:
    """A finding of an earlier evaluation: its title and the number that it rests on, dated."""
    known = next(iter(in_words(finding.now).items()), None)
    was = f": {known[0]} was {known[1]}" if known else ""
    return f"{finding.title}, as of epoch {epoch:g}{was}"


def _reason(now: WordAt, snapshot: Snapshot, thresholds: Thresholds) -> str:
    """The sentences beside the word: a gap above its limit is always named."""
    verdict, worst = now.word, now.worst
    if verdict == "TOO EARLY":
        return too_early(snapshot, thresholds)
    if verdict == "CAN'T JUDGE":
        return cannot_judge(snapshot)
    said = [ended_words(snapshot)] if verdict in ENDED_VERDICTS.values() else []
    # That a process is gone stands in how it ended already.
    if worst is not None and not (said and facts_of(worst.rule).live_only):
        said.append(worst.line)
    elif not said:
        said.append(_how_it_goes(snapshot))
    if not any(facts_of(finding.rule).never_learnt for finding in now.findings):
        said.append(beside(snapshot))
    gap = above_its_limit(now.findings)
    if gap is not None and gap is not worst:
        said.append(f"The gap is {number(float(gap.now['gap']))}, above its limit {limit(float(gap.limits['gap']))}.")
    if verdict == "LOOK" and gap is not None and knows_by_heart(snapshot):
        said.append(what_waiting_brought(snapshot))
    elif verdict == "LOOK" and worst is not None:
        said.append(_patience(worst, snapshot, thresholds))
    return " ".join(sentence for sentence in said if sentence)


def _also(worst: Finding | None, findings: tuple[Finding, ...]) -> tuple[str, ...]:
    """The two gravest of what the reason does not name."""
    named = (worst, above_its_limit(findings))
    return tuple(finding.line for finding in findings if finding not in named and finding.severity != "info")[:2]


def _patience(worst: Finding, snapshot: Snapshot, thresholds: Thresholds) -> str:
    """When to look again: a warning may pass, and says nothing of now or never."""
    rows = measured(snapshot, validation).epochs
    if worst.severity != "warning" or facts_of(worst.rule).before_guard or not rows or is_over(snapshot):
        return ""
    if last(snapshot, "lr") == 0:
        return "The learning rate is 0: more epochs change nothing."
    if worst.rule == WerPlateau.name:
        return ""  # its option is to stop here
    if breaks((worst,)) and not comes_down(snapshot):
        return ""  # its option is to restart
    persistence, planned = thresholds.of(CommonLimits), planned_epochs(snapshot) or math.inf
    apart = rows[-1].epoch - rows[-2].epoch if len(rows) > 1 else 0.0
    by = rows[-1].epoch + max(persistence.warning_epochs + persistence.critical_epochs, 2 * apart)
    if rows[-1].epoch >= planned:
        return ""
    at = f"{math.ceil(by)}" if math.ceil(by) < planned else f"{plain(planned)}, its planned end"
    return f"Look again by epoch {at}."


def _how_it_goes(snapshot: Snapshot) -> str:
    metric, best, now = primary_of(snapshot), best_of(snapshot), last_of(snapshot)
    if metric is None or best is None or now is None:
        return _how_val_loss_goes(snapshot)
    chance, beside = chance_of(snapshot, metric), ""
    if chance is not None and not chance.assumed:
        better = metric.error(now) < chance.error
        if now != metric.value(chance.error) and (learns(snapshot) or not better):
            beside = f", {metric.apart(metric.error(now), chance.error)} chance"
    if (since := measured_last(snapshot, metric)) is not None and math.isfinite(now):
        was = "its best" if now == best[0] else f"best {metric.text(best[0])} at epoch {plain(best[1])}"
        return f"{metric.heading} was {metric.text(now)} at epoch {plain(since)}, {was}; it was not measured since."
    if not math.isfinite(now):
        measured_at = [(record.epoch, value) for record in snapshot.epochs if (value := metric.of(record)) is not None]
        last = max((epoch for epoch, value in measured_at if math.isfinite(value)), default=-math.inf)
        since = next(epoch for epoch, _ in measured_at if epoch > last)
        was = f"best {metric.text(best[0])} at epoch {plain(best[1])}"
        return f"{metric.heading} is {metric.text(now)} since epoch {plain(since)}; {was}. Look at how it is computed."
    known = [value for record in snapshot.epochs if (value := metric.of(record)) is not None]
    same = len(known) > 1 and min(known) == max(known)
    at_best = "the same at each evaluation" if same else "its best so far"
    extreme = at_best if now == best[0] else f"best {metric.text(best[0])} at epoch {plain(best[1])}"
    more = _fell_back(snapshot, metric) or _only_worse(snapshot, metric, best[1])
    return f"{metric.heading} is {metric.text(now)}, {extreme}{beside}.{more}"


def _how_val_loss_goes(snapshot: Snapshot) -> str:
    """Of a run whose val loss alone decides: where it is, and whether it has risen from its best all the while."""
    rows = [(row.epoch, row.val_loss) for row in snapshot.epochs if row.val_loss is not None]
    if not rows:
        return "No check finds anything wrong."
    now = rows[-1][1]
    best_epoch, best = min(rows, key=lambda row: row[1])
    if now <= best:
        return f"Val loss is {number(now)}, its best so far."
    since = [loss for epoch, loss in rows if epoch >= best_epoch]
    rises = len(since) >= 3 and all(before < after for before, after in pairwise(since))
    more = f" It has risen at {_each(len(since) - 1)} since." if rises else ""
    return f"Val loss is {number(now)}, best {number(best)} at epoch {plain(best_epoch)}.{more}"


def _each(count: int) -> str:
    return "both evaluations" if count == 2 else f"each of {count} evaluations"


def _fell_back(snapshot: Snapshot, metric: Metric) -> str:
    """That the newest evaluation alone gave back most of what had been gained: one says nothing of whether it stays."""
    errors = [error for record in snapshot.epochs if (error := metric.error_of(record)) is not None]
    if len(errors) < LEAST_GAINED or not all(map(math.isfinite, errors)):
        return ""
    *before, now = errors
    best = min(before)
    gained, far = before[0] - best, WORSE_POINTS * (1.0 if metric.is_share else abs(best))
    most = max(LOST_RATIO * gained, LOST_SCATTERS * scatter(before), far)
    alone = before[-1] - best <= most < now - best
    return " It has lost most of what it had gained at this evaluation alone: the next shows whether it stays so." * (
        alone and gained > 0
    )


def _only_worse(snapshot: Snapshot, metric: Metric, best_epoch: float) -> str:
    """That it got worse at each of two or more evaluations since its best, where those are too few for a flag."""
    rows = [record for record in snapshot.epochs if record.epoch >= best_epoch]
    errors = [error for record in rows if (error := metric.error_of(record)) is not None]
    if len(errors) < 3 or not all(before < after for before, after in pairwise(errors)):
        return ""
    far = WORSE_POINTS * (1.0 if metric.is_share else abs(errors[0]))
    return f" It has got worse at {_each(len(errors) - 1)} since." if errors[-1] - errors[0] > far else ""


def ended_words(snapshot: Snapshot) -> str:
    """How a run that no process works on any more has ended, in one sentence."""
    status = status_of(snapshot)
    last = f"{snapshot.epochs[-1].epoch:g}" if snapshot.epochs else ""
    metric, best = primary_of(snapshot), best_of(snapshot)
    score = f", best {metric.title} {metric.text(best[0])} at {best[1]:g}" if metric and best else ""
    if metric is None and (loss := lowest(snapshot, "val_loss")) is not None:
        score = f", best val loss {number(loss[0])} at {loss[1]:g}"
    if metric and best and not math.isfinite(now := last_of(snapshot) or 0.0):
        score += f", {metric.text(now)} at its end"
    if status.word == "failed":
        return f"Failed {f'after epoch {last}' if last else 'before its first evaluation'}{how_it_failed(snapshot)}"
    if status.word == "lost":
        return status.evidence
    if status.word == "imported":
        return f"The records end at epoch {last}{score}."
    return f"{status.word.capitalize()} {f'at epoch {last}' if last else 'before its first evaluation'}{score}."


def _why_not(result: Result, over: bool) -> str | None:
    if isinstance(result, LeftOut):
        return f"{result.title}: left out: {sentence(result.why)}"
    if isinstance(result, NotApplicable):
        return f"{result.title}: not checked, needs {result.needs}."
    if isinstance(result, NotEnoughData) and over:
        return f"{result.title}: not checked, {result.have} of {result.need} {result.of}, too few."
    if isinstance(result, NotEnoughData):
        return f"{result.title}: not enough data yet, {result.have} of {result.need} {result.of}."
    return None


def _next_step(verdict: Verdict, snapshot: Snapshot) -> str:
    """What holds without any option; the options come from `prescribe`, and the first of them from `next_step`."""
    kept = verdict == "KEEP GOING" and keeps_best_checkpoint(snapshot)
    return "The checkpoint with the best error rate is kept." if kept else ""
