"""The word that findings of one moment stand for, and the word that is shown, which does not change back at once. Pure.

A graver word is shown at once. A milder one is shown once no graver was reached at three evaluations in a row, and LOOK
stands for three evaluations too: what flickers at its threshold must not turn the headline at every evaluation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from monitor.diagnosis.early import has_come_far, is_logged
from monitor.diagnosis.waiting import knows_by_heart
from monitor.rules.evaluations import measured, past_guard, validation
from monitor.rules.registry import evaluate, facts_of
from monitor.rules.result import Finding, OwnAnswers
from monitor.rules.thresholds import CommonLimits, Thresholds
from monitor.run_dir import Epoch, Snapshot
from monitor.run_dir.replay import as_of
from monitor.run_dir.status import ENDED_VERDICTS, EndedVerdict, is_records_alone, status_of

Verdict = Literal["STOP", "LOOK", "KEEP GOING", "TOO EARLY", "CAN'T JUDGE"] | EndedVerdict
STANDS_FOR = 3
"""Evaluations for which a word stands, unless a graver one comes."""
GRAVE: tuple[Verdict, ...] = ("LOOK", "STOP")
"""The words that stand, the gravest last."""


@dataclass(frozen=True)
class WordAt:
    """The judgement at the evaluation of one epoch: the findings, the word, and the finding that decided it."""

    epoch: float
    findings: tuple[Finding, ...]
    word: Verdict
    worst: Finding | None


def word_now(snapshot: Snapshot, findings: tuple[Finding, ...], thresholds: Thresholds) -> WordAt:
    """The word of this moment by its findings alone."""
    rows = _evaluations(snapshot)
    epoch = rows[-1].epoch if rows else 0.0
    return WordAt(epoch, findings, *_word(snapshot, findings, thresholds))


def standing(snapshot: Snapshot, now: WordAt, thresholds: Thresholds, own: OwnAnswers) -> WordAt:
    """The judgement at the evaluation whose word is shown: `now`, unless a graver word has not stood its time.

    Records alone are replayed: the state of a process at that time is not known any more.
    """
    if now.word == "STOP" or now.word in ENDED_VERDICTS.values() or not snapshot.epochs:
        return now
    rows = _evaluations(snapshot)

    @cache
    def _judged_at(ago: int) -> WordAt | None:
        if ago >= len(rows):
            return None
        if ago == 0 and rows[-1] is snapshot.epochs[-1]:
            return now
        then = as_of(snapshot, rows[-1 - ago].epoch)
        found = tuple(each for each in evaluate(then, thresholds, then.read_at, own) if isinstance(each, Finding))
        known = word_now(then, found, thresholds)
        return known if ago or _rank(known.word) > _rank(now.word) else now

    def _word_at(ago: int) -> Verdict | None:
        known = _judged_at(ago)
        return None if known is None else known.word

    return _judged_at(shown_from(_word_at)) or now


def shown_from(word: Callable[[int], str | None]) -> int:
    """How many evaluations ago the word was reached that is shown now. `word(n)`: the one of n evaluations ago."""
    for ago in range(STANDS_FOR):
        if word(ago) == "STOP":
            return ago
    for ago in range(STANDS_FOR):
        # A LOOK that was reached while STOP still stood was never shown.
        if word(ago) == "LOOK" and "STOP" not in (word(ago + more) for more in range(1, STANDS_FOR)):
            return ago
    return 0


def moments(snapshot: Snapshot) -> tuple[float, ...]:
    """The epochs whose word may stand now, newest first: `shown_from` looks no further back."""
    rows = _evaluations(snapshot)[-(2 * STANDS_FOR - 1) :]
    return tuple(dict.fromkeys(record.epoch for record in (*snapshot.epochs[-1:], *reversed(rows))))


def _evaluations(snapshot: Snapshot) -> tuple[Epoch, ...]:
    """What is counted: the evaluations, or every record of a run that validates nothing."""
    return measured(snapshot, validation).epochs or snapshot.epochs


def _rank(word: Verdict) -> int:
    return GRAVE.index(word) if word in GRAVE else -1


def _word(snapshot: Snapshot, findings: tuple[Finding, ...], thresholds: Thresholds) -> tuple[Verdict, Finding | None]:
    criticals = [finding for finding in findings if finding.severity == "critical"]
    warnings = [finding for finding in findings if finding.severity == "warning"]
    worst = next(iter([f for f in criticals if facts_of(f.rule).may_stop] or criticals or warnings), None)
    if (ended := ENDED_VERDICTS.get(status_of(snapshot).word)) is not None:
        return ended, worst
    overconfident = next((finding for finding in findings if finding.rule == "overconfident"), None)
    sure = any(facts_of(finding.rule).may_stop for finding in criticals)
    outweighed = sure or any(_outweighs_errors(finding.rule) for finding in criticals + warnings)
    if overconfident is not None and not outweighed:
        gap = above_its_limit(findings)
        fine = gap is None or not knows_by_heart(snapshot)
        return (_fine(snapshot), overconfident) if fine else ("LOOK", gap)
    if worst is not None:
        may_stop = worst.severity == "critical" and facts_of(worst.rule).may_stop
        return ("STOP" if may_stop else "LOOK"), worst
    seen = measured(snapshot, validation)
    if not seen.epochs:
        rows = [record for record in snapshot.epochs if is_logged(record)]
        far = _allowed(snapshot, rows, thresholds) or has_come_far(snapshot, thresholds)
        return ("CAN'T JUDGE" if far else "TOO EARLY"), None
    return (_fine(snapshot) if _allowed(snapshot, seen.epochs, thresholds) else "TOO EARLY"), None


def _fine(snapshot: Snapshot) -> Verdict:
    """The word where nothing is wrong; a run whose records have ended cannot keep going."""
    return "ENDED" if is_records_alone(snapshot) else "KEEP GOING"


def above_its_limit(findings: tuple[Finding, ...]) -> Finding | None:
    """The finding about a gap that is above the user's own limit now."""
    gap = next((finding for finding in findings if finding.rule == "gap"), None)
    return gap if gap is not None and gap.now["gap"] > gap.limits["gap"] else None  # type: ignore[operator]


def _outweighs_errors(rule: str) -> bool:
    """Whether a falling error rate does not make up for its finding."""
    return facts_of(rule).never_learnt or facts_of(rule).live_only


def _allowed(snapshot: Snapshot, rows: Sequence[Epoch], thresholds: Thresholds) -> bool:
    """Whether so many rows, up to the epoch of the last, are enough for a verdict."""
    least = thresholds.of(CommonLimits).guard_evaluations
    return len(rows) >= least and past_guard(snapshot, thresholds, rows[-1].epoch, len(rows))
