"""Findings → one verdict, the causes behind it in order of precedence, and what is not advised.

Only a rule whose measured false-alarm rate is at most .05 may say STOP; every other critical says LOOK.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from monitor.diagnosis.causes import Cause, causes_of, learns, suppressed
from monitor.diagnosis.failures import Failure, error_line, failure_of
from monitor.diagnosis.waiting import knows_by_heart, what_waiting_brought
from monitor.rules.evaluations import best_wer, evaluations_until, floors_of, last, measured, past_guard, validation
from monitor.rules.registry import BY_NAME, evaluate, frozen
from monitor.rules.result import Finding, NotApplicable, NotEnoughData, Quiet, Result
from monitor.rules.thresholds import DEFAULTS, CommonLimits, Thresholds
from monitor.run_dir import SEVERITIES, Epoch, Severity, Snapshot
from monitor.run_dir.checkpoints import keeps_best_checkpoint
from monitor.run_dir.status import ENDED_VERDICTS, EndedVerdict, status_of
from monitor.run_dir.words import limit, number, percent, plain, points, sentence

Verdict = Literal["STOP", "LOOK", "KEEP GOING", "TOO EARLY", "CAN'T JUDGE"] | EndedVerdict


@dataclass(frozen=True)
class Diagnosis:
    verdict: Verdict
    severity: Severity | None
    reason: str
    also: tuple[str, ...] = ()
    next_step: str = ""
    worst: Finding | None = None
    findings: tuple[Finding, ...] = ()
    suppressed: tuple[str, ...] = ()
    causes: tuple[Cause, ...] = ()
    failure: Failure | None = None
    """The known cause of a crash; what to try about it is then the next step."""
    checks_ran: int = 0
    checks: int = 0
    not_checked: tuple[str, ...] = ()


@dataclass(frozen=True)
class Judged:
    results: tuple[Result, ...]
    diagnosis: Diagnosis
    thresholds: Thresholds = field(default=DEFAULTS)


def judge(snapshot: Snapshot, now: float) -> Judged:
    """Every rule's answer and the diagnosis, with the thresholds that were frozen at the run's start."""
    thresholds = frozen(snapshot.launch.thresholds) if snapshot.launch is not None else DEFAULTS
    results = evaluate(snapshot, thresholds, now)
    return Judged(results, diagnose(snapshot, results, now, thresholds), thresholds)


def diagnose(
    snapshot: Snapshot, results: tuple[Result, ...], now: float, thresholds: Thresholds = DEFAULTS
) -> Diagnosis:
    """The verdict of one moment. Pure: `results` are the rules' answers on the same snapshot."""
    findings = tuple(result for result in results if isinstance(result, Finding))
    ran = sum(isinstance(result, (Finding, Quiet)) for result in results)
    verdict, worst = _verdict(snapshot, findings, thresholds)
    causes = causes_of(snapshot, findings)
    failure = failure_of(snapshot)
    return Diagnosis(
        verdict=verdict,
        severity=min((finding.severity for finding in findings), key=SEVERITIES.index, default=None),
        reason=_reason(verdict, worst, snapshot, thresholds, findings)
        + (f" {ran} of {len(results)} checks ran." if verdict == "KEEP GOING" and worst is None else ""),
        also=_also(worst, findings),
        next_step=failure.advice if failure is not None else _next_step(verdict, snapshot),
        worst=worst,
        findings=findings,
        suppressed=suppressed(snapshot, findings),
        causes=causes,
        failure=failure,
        checks_ran=ran,
        checks=len(results),
        not_checked=tuple(filter(None, map(_why_not, results))),
    )


def _verdict(
    snapshot: Snapshot, findings: tuple[Finding, ...], thresholds: Thresholds
) -> tuple[Verdict, Finding | None]:
    """(word, the finding that decides it)."""
    criticals = [finding for finding in findings if finding.severity == "critical"]
    warnings = [finding for finding in findings if finding.severity == "warning"]
    worst = next(iter([f for f in criticals if BY_NAME[f.rule].may_stop] or criticals or warnings), None)
    if (ended := ENDED_VERDICTS.get(status_of(snapshot).word)) is not None:
        return ended, worst
    overconfident = next((finding for finding in findings if finding.rule == "overconfident"), None)
    if overconfident is not None and not any(_outweighs_errors(finding.rule) for finding in criticals + warnings):
        gap = _above_its_limit(findings)
        return ("KEEP GOING", overconfident) if gap is None or not knows_by_heart(snapshot) else ("LOOK", gap)
    if worst is not None:
        may_stop = worst.severity == "critical" and BY_NAME[worst.rule].may_stop
        return ("STOP" if may_stop else "LOOK"), worst
    seen = measured(snapshot, validation)
    if not seen.epochs:
        return ("CAN'T JUDGE" if _allowed(snapshot, snapshot.epochs, thresholds) else "TOO EARLY"), None
    return ("KEEP GOING" if _allowed(snapshot, seen.epochs, thresholds) else "TOO EARLY"), None


def _above_its_limit(findings: tuple[Finding, ...]) -> Finding | None:
    """The finding about a gap that is above the user's own limit now."""
    gap = next((finding for finding in findings if finding.rule == "gap"), None)
    return gap if gap is not None and gap.now["gap"] > gap.limits["gap"] else None  # type: ignore[operator]


def _outweighs_errors(rule: str) -> bool:
    """Whether a falling error rate does not make up for its finding."""
    return BY_NAME[rule].never_learnt or BY_NAME[rule].live_only


def _allowed(snapshot: Snapshot, rows: Sequence[Epoch], thresholds: Thresholds) -> bool:
    """Whether so many rows, up to the epoch of the last, are enough for a verdict."""
    least = thresholds.of(CommonLimits).guard_evaluations
    return len(rows) >= least and past_guard(snapshot, thresholds, rows[-1].epoch, len(rows))


def _too_early(snapshot: Snapshot, thresholds: Thresholds) -> str:
    """How many evaluations there are of how many, and when a verdict comes if they go on at this distance."""
    rows, least = measured(snapshot, validation).epochs, thresholds.of(CommonLimits).guard_evaluations
    if not status_of(snapshot).live and _is_read_from_elsewhere(snapshot):
        return f"{len(rows)} of {least} evaluations: too few for a verdict." if rows else "No evaluation was recorded."
    if not rows and snapshot.epochs:
        return f"No validation so far, at epoch {snapshot.epochs[-1].epoch:g}. First verdict after {least} evaluations."
    count, epoch = len(rows), rows[-1].epoch if rows else 0.0
    apart = epoch / count if count and epoch > 0 else 1.0
    more = evaluations_until(snapshot, thresholds, epoch, count, apart)
    return f"{count} of {count + more} evaluations so far. First verdict at epoch {math.ceil(epoch + more * apart):g}."


def _is_read_from_elsewhere(snapshot: Snapshot) -> bool:
    """Whether its records come from a file: where nothing follows it, no evaluation can be promised."""
    return snapshot.launch is not None and snapshot.launch.how in ("import", "attach")


def _reason(
    verdict: Verdict, worst: Finding | None, snapshot: Snapshot, thresholds: Thresholds, findings: tuple[Finding, ...]
) -> str:
    """The sentences beside the word: a gap above its limit is always named."""
    if verdict == "TOO EARLY":
        return _too_early(snapshot, thresholds)
    if verdict == "CAN'T JUDGE":
        return "Only train loss is logged. Add validation loss to get a verdict: run.log_epoch(epoch, val_loss=…)."
    said = [ended_words(snapshot)] if verdict in ENDED_VERDICTS.values() else []
    # That a process is gone stands in how it ended already.
    if worst is not None and not (said and BY_NAME[worst.rule].live_only):
        said.append(worst.line)
    elif not said:
        said.append(_how_it_goes(snapshot))
    gap = _above_its_limit(findings)
    if gap is not None and gap is not worst:
        said.append(f"The gap is {number(float(gap.now['gap']))}, above its limit {limit(float(gap.limits['gap']))}.")
    if verdict == "LOOK" and worst is gap is not None and _improves(findings) and knows_by_heart(snapshot):
        said.append(what_waiting_brought(snapshot))
    elif verdict == "LOOK" and worst is not None:
        said.append(_patience(worst, snapshot, thresholds))
    return " ".join(sentence for sentence in said if sentence)


def _also(worst: Finding | None, findings: tuple[Finding, ...]) -> tuple[str, ...]:
    """The two gravest of what the reason does not name."""
    named = (worst, _above_its_limit(findings))
    return tuple(finding.line for finding in findings if finding not in named and finding.severity != "info")[:2]


def _improves(findings: tuple[Finding, ...]) -> bool:
    return any(finding.rule == "overconfident" for finding in findings)


def _patience(worst: Finding, snapshot: Snapshot, thresholds: Thresholds) -> str:
    """When to look again: a warning may pass, and says nothing of now or never."""
    rows = measured(snapshot, validation).epochs
    if worst.severity != "warning" or BY_NAME[worst.rule].before_guard or not rows:
        return ""
    persistence = thresholds.of(CommonLimits)
    apart = rows[-1].epoch - rows[-2].epoch if len(rows) > 1 else 0.0
    by = rows[-1].epoch + max(persistence.warning_epochs + persistence.critical_epochs, 2 * apart)
    return f"The run may still recover; look by epoch {math.ceil(by)}."


def _how_it_goes(snapshot: Snapshot) -> str:
    best, now = best_wer(snapshot), last(snapshot, "val_wer")
    if best is None or now is None:
        return "Val loss does not rise away from train loss."
    chance = floors_of(snapshot).wer_constant
    below = ""
    if chance and now > chance:
        below = f", {points(now - chance)} points above chance"
    elif chance and now < chance and learns(snapshot):
        below = f", {points(chance - now)} points below chance"
    lowest = "its best so far" if now == best[0] else f"best {percent(best[0])} at epoch {plain(best[1])}"
    return f"Val WER is {percent(now)}, {lowest}{below}."


def ended_words(snapshot: Snapshot) -> str:
    """How a run that no process works on any more has ended, in one sentence."""
    status = status_of(snapshot)
    last = f"{snapshot.epochs[-1].epoch:g}" if snapshot.epochs else ""
    best = best_wer(snapshot)
    score = f", best val WER {percent(best[0])} at {best[1]:g}" if best is not None else ""
    if status.word == "failed":
        error, failure = error_line(snapshot), failure_of(snapshot)
        when = f"after epoch {last}" if last else "before its first evaluation"
        happened = f" {failure.happened}" if failure is not None else ""
        return sentence(f"Failed {when}{': ' + error if error else ''}") + happened
    if status.word == "lost":
        return f"Lost: {status.evidence}"
    return f"{status.word.capitalize()} {f'at epoch {last}' if last else 'before its first evaluation'}{score}."


def _why_not(result: Result) -> str | None:
    if isinstance(result, NotApplicable):
        return f"{result.title}: not checked, needs {result.needs}."
    if isinstance(result, NotEnoughData):
        return f"{result.title}: not enough data yet, {result.have} of {result.need} evaluations."
    return None


def _next_step(verdict: Verdict, snapshot: Snapshot) -> str:
    """What holds without any option; the options come from `prescribe`, and the first of them from `next_step`."""
    kept = verdict == "KEEP GOING" and keeps_best_checkpoint(snapshot)
    return "The checkpoint with the best error rate is kept." if kept else ""
