"""Findings → one verdict, the causes behind it in order of precedence, and what is not advised.

Only a rule whose measured false-alarm rate is at most .05 may say STOP; every other critical says LOOK.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from monitor.diagnosis.causes import FIRST_STEPS, Cause, causes_of, first_try, suppressed
from monitor.rules.evaluations import best_wer, evaluations_until, measured, past_guard, validation
from monitor.rules.registry import BY_NAME, evaluate, frozen
from monitor.rules.result import Finding, NotApplicable, NotEnoughData, Quiet, Result
from monitor.rules.thresholds import DEFAULTS, CommonLimits, Thresholds
from monitor.run_dir import SEVERITIES, Epoch, Severity, Snapshot
from monitor.run_dir.status import ENDED_WORDS, LONGEST_ERROR, status_of

Verdict = Literal["STOP", "LOOK", "KEEP GOING", "TOO EARLY", "CAN'T JUDGE", "ENDED"]


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
    return Diagnosis(
        verdict=verdict,
        severity=min((finding.severity for finding in findings), key=SEVERITIES.index, default=None),
        reason=_reason(verdict, worst, snapshot, thresholds, (ran, len(results))),
        also=tuple(finding.line for finding in findings if finding is not worst and finding.severity != "info")[:2],
        next_step=_next_step(verdict, causes),
        worst=worst,
        findings=findings,
        suppressed=suppressed(snapshot, findings),
        causes=causes,
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
    if status_of(snapshot).word in ENDED_WORDS:
        return "ENDED", worst
    overconfident = next((finding for finding in findings if finding.rule == "overconfident"), None)
    if overconfident is not None and not any(_outweighs_errors(finding.rule) for finding in criticals + warnings):
        return "KEEP GOING", overconfident
    if worst is not None:
        may_stop = worst.severity == "critical" and BY_NAME[worst.rule].may_stop
        return ("STOP" if may_stop else "LOOK"), worst
    seen = measured(snapshot, validation)
    if not seen.epochs:
        return ("CAN'T JUDGE" if _allowed(snapshot, snapshot.epochs, thresholds) else "TOO EARLY"), None
    return ("KEEP GOING" if _allowed(snapshot, seen.epochs, thresholds) else "TOO EARLY"), None


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
    if not rows and snapshot.epochs:
        return f"No validation so far, at epoch {snapshot.epochs[-1].epoch:g}. First verdict after {least} evaluations."
    count, epoch = len(rows), rows[-1].epoch if rows else 0.0
    apart = epoch / count if count and epoch > 0 else 1.0
    more = evaluations_until(snapshot, thresholds, epoch, count, apart)
    return f"{count} of {count + more} evaluations so far. First verdict at epoch {math.ceil(epoch + more * apart):g}."


def _reason(
    verdict: Verdict, worst: Finding | None, snapshot: Snapshot, thresholds: Thresholds, coverage: tuple[int, int]
) -> str:
    if verdict == "ENDED":
        return ended_words(snapshot) + (f" {worst.line}" if worst is not None else "")
    if worst is not None:
        return worst.line + _patience(verdict, worst, snapshot, thresholds)
    if verdict == "TOO EARLY":
        return _too_early(snapshot, thresholds)
    if verdict == "CAN'T JUDGE":
        return "Only train loss is logged. Add validation loss to get a verdict: run.log_epoch(epoch, val_loss=…)."
    return f"{_how_it_goes(snapshot)} {coverage[0]} of {coverage[1]} checks ran."


def _patience(verdict: Verdict, worst: Finding, snapshot: Snapshot, thresholds: Thresholds) -> str:
    """When to look again: a warning may pass, and says nothing of now or never."""
    rows = measured(snapshot, validation).epochs
    if verdict != "LOOK" or worst.severity != "warning" or BY_NAME[worst.rule].before_guard or not rows:
        return ""
    persistence = thresholds.of(CommonLimits)
    apart = rows[-1].epoch - rows[-2].epoch if len(rows) > 1 else 0.0
    by = rows[-1].epoch + max(persistence.warning_epochs + persistence.critical_epochs, 2 * apart)
    return f" The run may still recover; look by epoch {math.ceil(by)}."


def _how_it_goes(snapshot: Snapshot) -> str:
    best = best_wer(snapshot)
    if best is None:
        return "Val loss does not rise away from train loss."
    wer, epoch = best
    chance = snapshot.run.floors.wer_constant if snapshot.run is not None else None
    against = f", {100 * (chance - wer):.1f} points below chance" if chance is not None else ""
    return f"Val WER {100 * wer:.1f} %{against}, best at epoch {epoch:g}."


def ended_words(snapshot: Snapshot) -> str:
    """How a run that no process works on any more has ended, in one sentence."""
    status = status_of(snapshot)
    last = f"{snapshot.epochs[-1].epoch:g}" if snapshot.epochs else ""
    best = best_wer(snapshot)
    score = f", best val WER {100 * best[0]:.1f} % at {best[1]:g}" if best is not None else ""
    if status.word == "failed":
        error = (snapshot.state.error if snapshot.state else None) or (
            snapshot.progress.error if snapshot.progress else None
        )
        when = f"after epoch {last}" if last else "before its first evaluation"
        return f"Failed {when}{': ' + error[:LONGEST_ERROR] if error else ''}."
    if status.word == "lost":
        return f"Lost: {status.evidence}"
    return f"{status.word.capitalize()} {f'at epoch {last}' if last else 'before its first evaluation'}{score}."


def _why_not(result: Result) -> str | None:
    if isinstance(result, NotApplicable):
        return f"{result.title}: not checked, needs {result.needs}."
    if isinstance(result, NotEnoughData):
        return f"{result.title}: not enough data yet, {result.have} of {result.need} evaluations."
    return None


def _next_step(verdict: Verdict, causes: tuple[Cause, ...]) -> str:
    if verdict == "KEEP GOING":
        return "The checkpoint with the best error rate is kept."
    return first_try(FIRST_STEPS[causes[0].name]) if causes else ""
