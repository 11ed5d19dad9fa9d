"""Findings → one verdict, the causes behind it in order of precedence, and what is not advised.

A collapsed or at-chance model is never told "more regularisation".
Only a rule whose measured false-alarm rate is at most .05 may say STOP; every other critical says LOOK.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

from monitor.rules.evaluations import floors_of, guard_of
from monitor.rules.registry import evaluate
from monitor.rules.result import Finding, NotApplicable, NotEnoughData, Quiet, Result
from monitor.rules.thresholds import DEFAULTS, Thresholds, frozen
from monitor.run_dir import Severity, Snapshot
from monitor.run_dir.status import ENDED_WORDS, LONGEST_ERROR, status_of

Verdict = Literal["STOP", "LOOK", "KEEP GOING", "TOO EARLY", "CAN'T JUDGE", "ENDED"]

STOP_GRADE: dict[str, str] = {
    "non_finite": "0 of 51 recorded runs that did not diverge",
    "at_chance": "0 of 24 recorded runs that went on to learn",
    "overfitting": "0 of 25 recorded runs that do not overfit",
}
"""Rules that may say STOP, and on how many runs they were wrong (docs/log.md, benchmarks/rules.py)."""

LEARNT_MARGIN = 0.1
"""WER below the constant sentence's from which on the input is certainly used."""
NEVER_LEARNT = frozenset({"non_finite", "at_chance", "blank_collapse", "token_dominance"})
COLLAPSED = frozenset({"blank_collapse", "token_dominance", "low_information"})
"""Output that does not depend on the clip, unless the error rate says that it does."""
LIVE_ONLY = frozenset({"stalled", "disk"})
SAID_AT_ONCE = frozenset({"non_finite", "stalled", "disk", "preflight"})
"""Rules without a guard: they speak even where it is too early for a verdict."""


@dataclass(frozen=True)
class Cause:
    """What probably lies behind the findings. `evidence` for it, `against` it: lines for people."""

    name: str
    title: str
    evidence: tuple[str, ...]
    against: tuple[str, ...] = ()


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
    severity = _worst_severity(findings)
    verdict, worst = _verdict(snapshot, findings, thresholds)
    causes = _causes(snapshot, findings)
    return Diagnosis(
        verdict=verdict,
        severity=severity,
        reason=_reason(verdict, worst, snapshot, thresholds, (ran, len(results))),
        also=tuple(finding.line for finding in findings if finding is not worst and finding.severity != "info")[:2],
        next_step=_next_step(verdict, causes),
        worst=worst,
        findings=findings,
        suppressed=_suppressed(snapshot, findings),
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
    worst = next(iter([f for f in criticals if f.rule in STOP_GRADE] or criticals or warnings), None)
    if status_of(snapshot).word in ENDED_WORDS:
        return "ENDED", worst
    overconfident = next((finding for finding in findings if finding.rule == "overconfident"), None)
    if overconfident is not None and not any(f.rule in NEVER_LEARNT | LIVE_ONLY for f in criticals + warnings):
        return "KEEP GOING", overconfident
    if worst is not None:
        may_stop = worst.severity == "critical" and worst.rule in STOP_GRADE
        return ("STOP" if may_stop else "LOOK"), worst
    if not any(record.val_loss is not None or record.val_wer is not None for record in snapshot.epochs):
        inside = not snapshot.epochs or snapshot.epochs[-1].epoch < guard_of(snapshot, thresholds)
        return ("TOO EARLY" if inside else "CAN'T JUDGE"), None
    return ("TOO EARLY" if _too_early(snapshot, thresholds) else "KEEP GOING"), None


def _too_early(snapshot: Snapshot, thresholds: Thresholds) -> bool:
    count = len(snapshot.epochs)
    if count < thresholds.guard_evaluations:
        return True
    return snapshot.epochs[-1].epoch < guard_of(snapshot, thresholds) and count < thresholds.guard_many_evaluations


def _reason(
    verdict: Verdict, worst: Finding | None, snapshot: Snapshot, thresholds: Thresholds, coverage: tuple[int, int]
) -> str:
    if verdict == "ENDED":
        return ended_words(snapshot) + (f" {worst.line}" if worst is not None else "")
    if worst is not None:
        return worst.line + _patience(verdict, worst, snapshot, thresholds)
    if verdict == "TOO EARLY":
        count, need = len(snapshot.epochs), thresholds.guard_evaluations
        first = max(math.ceil(guard_of(snapshot, thresholds)), need)
        return f"{count} of {max(need, first)} evaluations so far. First verdict at epoch {first}."
    if verdict == "CAN'T JUDGE":
        return "Only train loss is logged. Add validation loss to get a verdict: run.log_epoch(epoch, val_loss=…)."
    return f"{_how_it_goes(snapshot)} {coverage[0]} of {coverage[1]} checks ran."


def _patience(verdict: Verdict, worst: Finding, snapshot: Snapshot, thresholds: Thresholds) -> str:
    """When to look again: a warning may pass, and says nothing of now or never."""
    if verdict != "LOOK" or worst.severity != "warning" or worst.rule in SAID_AT_ONCE or not snapshot.epochs:
        return ""
    by = snapshot.epochs[-1].epoch + thresholds.warning_epochs + thresholds.critical_epochs
    return f" The run may still recover; look by epoch {math.ceil(by)}."


def _how_it_goes(snapshot: Snapshot) -> str:
    best = best_wer(snapshot)
    if best is None:
        return "Val loss does not rise away from train loss."
    wer, epoch = best
    chance = snapshot.run.floors.wer_constant if snapshot.run is not None else None
    against = f", {100 * (chance - wer):.1f} points below chance" if chance is not None else ""
    return f"Val WER {100 * wer:.1f} %{against}, best at epoch {epoch:g}."


def best_wer(snapshot: Snapshot) -> tuple[float, float] | None:
    """(lowest val WER, its epoch), or None where none is known."""
    known = [
        (record.val_wer, record.epoch)
        for record in snapshot.epochs
        if record.val_wer is not None and math.isfinite(record.val_wer)
    ]
    return min(known) if known else None


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


def _worst_severity(findings: tuple[Finding, ...]) -> Severity | None:
    order: tuple[Severity, ...] = ("critical", "warning", "info")
    return next((severity for severity in order if any(f.severity == severity for f in findings)), None)


def _why_not(result: Result) -> str | None:
    if isinstance(result, NotApplicable):
        return f"{result.title}: not checked, needs {result.needs}."
    if isinstance(result, NotEnoughData):
        return f"{result.title}: not enough data yet, {result.have} of {result.need} evaluations."
    return None


def learns(snapshot: Snapshot) -> bool:
    """Whether the best WER is clearly better than what one constant sentence scores."""
    chance = floors_of(snapshot).wer_constant
    best = best_wer(snapshot)
    return chance is not None and best is not None and best[0] < chance - LEARNT_MARGIN


def _suppressed(snapshot: Snapshot, findings: tuple[Finding, ...]) -> tuple[str, ...]:
    rules = {finding.rule for finding in findings if finding.severity != "info"}
    if "scorer_failure" in rules:
        return ("Nothing else is suggested before the error rate is right.",)
    if "at_chance" in rules or (rules & COLLAPSED and not learns(snapshot)):
        return ("More regularisation is not suggested: a model at chance has nothing to regularise.",)
    if "non_finite" in rules:
        return ("Nothing else is suggested before the losses are finite again.",)
    return ()


CAUSES: tuple[tuple[str, str, frozenset[str]], ...] = (
    ("scorer_wrong", "The error rate is computed wrongly", frozenset({"scorer_failure"})),
    ("measured_differently", "Train and val loss are measured differently", frozenset({"train_val_mismatch"})),
    ("diverging", "The optimisation diverges", frozenset({"non_finite", "divergence"})),
    ("decoder", "The decoder throws words away", frozenset({"decode_filter"})),
    (
        "no_evidence",
        "No usable input reaches the classifier",
        frozenset({"at_chance", "blank_collapse", "token_dominance", "low_information", "gradient_flow"}),
    ),
    (
        "too_little_regularisation",
        "Too much model, or too little variety in the data",
        frozenset({"overfitting", "gap", "val_loss_rising"}),
    ),
    ("words_missing", "The input is understood, but words are left out", frozenset({"blank_collapse"})),
    ("stuck", "Nothing more is being learnt", frozenset({"wer_plateau"})),
)
"""(name, title, rules that point to it), in order of precedence."""


def _causes(snapshot: Snapshot, findings: tuple[Finding, ...]) -> tuple[Cause, ...]:
    flags = {finding.rule: finding for finding in findings if finding.severity != "info"}
    causes = []
    # Empty predictions mean "no input arrives" only where nothing has been learnt.
    excluded = "no_evidence" if learns(snapshot) and "at_chance" not in flags else "words_missing"
    for name, title, rules in CAUSES:
        evidence = tuple(flags[rule].line for rule in flags if rule in rules and name != excluded)
        if evidence:
            measured = {stance: _measured(snapshot, name, stance) for stance in ("for", "against")}
            against = (*_against(name, snapshot, flags), *measured["against"])
            causes.append(Cause(name, title, (*evidence, *measured["for"]), against))
    return tuple(causes)


def _measured(snapshot: Snapshot, cause: str, stance: str) -> tuple[str, ...]:
    """What measurements of a checkpoint say about a cause."""
    return tuple(probe.line for probe in snapshot.probes if (probe.cause, probe.stance) == (cause, stance))


def _against(name: str, snapshot: Snapshot, flags: dict[str, Finding]) -> tuple[str, ...]:
    """What speaks against a cause, from the same records."""
    last = snapshot.epochs[-1] if snapshot.epochs else None
    if name == "no_evidence" and last is not None and last.train_wer is not None and last.train_wer < 0.5:
        return (f"Train WER is {100 * last.train_wer:.1f} %: something does arrive, but only for the train clips.",)
    if name == "too_little_regularisation" and last is not None and (last.train_wer or 0) > 0.7:
        return (f"Train WER is still {100 * (last.train_wer or 0):.1f} %: the train set is not learnt either.",)
    if name == "stuck" and "at_chance" not in flags:
        return ("The error rate is below chance: it may simply have learnt what this data holds.",)
    return ()


NEXT_STEPS = {
    "scorer_wrong": "First try: score the logged predictions again, references first.",
    "measured_differently": "First try: measure both losses alike; until then the gap means nothing.",
    "decoder": "First try: leave the blank penalty or confidence filter out.",
    "words_missing": "First try: decode again with the blank lowered, to see whether the decoder drops them.",
    "diverging": "First try: a lower learning rate from the last good checkpoint.",
    "no_evidence": "First try: find out whether the input reaches the classifier, before any regularisation.",
    "too_little_regularisation": "First try: stronger augmentation, with half the width.",
    "stuck": "First try: other data or another learning rate; or stop here and keep the best checkpoint.",
}


def _next_step(verdict: Verdict, causes: tuple[Cause, ...]) -> str:
    if verdict == "KEEP GOING":
        return "The checkpoint with the best error rate is kept."
    return NEXT_STEPS[causes[0].name] if causes else ""
