"""Did the change help? A child against its parent at an equal epoch, decided by WER alone. Pure.

The interval is a paired bootstrap over the validation clips: the same clips are drawn for both runs, so that what is
hard for both does not count as noise. The gap never decides: dropout and augmentation raise train loss by definition.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from monitor.diagnosis.alignment import aligned
from monitor.diagnosis.comparison import counted, obstacle, same_code
from monitor.run_dir import FINAL_STATES, Epoch, Snapshot

Word = Literal["HELPED", "TOO CLOSE", "ONLY THE GAP MOVED", "WORSE", "CAN'T COMPARE", "WAITING"]

DRAWS = 2000
SHARE = 0.95
LEAST_CLIPS = 20
GAP_MOVED_RATIO = 0.2
"""A gap smaller by this share of the parent's has moved."""


@dataclass(frozen=True)
class ClipPair:
    """One clip that both runs decoded: its target, what each said, and the word errors of each."""

    clip_id: str
    reference: str
    parent_said: str
    child_said: str
    parent_errors: int
    child_errors: int
    words: int


@dataclass(frozen=True)
class Outcome:
    """What came of a change at `epoch`. WER are fractions, `low` and `high` the interval of their difference.

    `credited`: whether only the settings differ, so that the change may be counted as tried; else `not_credited`
    says what else differs.
    """

    word: Word
    line: str
    epoch: float
    parent_wer: float | None = None
    child_wer: float | None = None
    low: float | None = None
    high: float | None = None
    clips: int = 0
    parent_gap: float | None = None
    child_gap: float | None = None
    not_credited: str = ""
    expected: str = ""
    expectation_met: bool | None = None

    @property
    def credited(self) -> bool:
        return not self.not_credited

    @property
    def difference(self) -> float | None:
        if self.parent_wer is None or self.child_wer is None:
            return None
        return self.child_wer - self.parent_wer


def outcome(parent: Snapshot, child: Snapshot, epoch: float | None = None) -> Outcome:
    """The child judged against the parent at `epoch` (default: the one that was agreed on at its start)."""
    wanted = judged_epoch(parent, child) if epoch is None else epoch
    why_not_credited = _what_else_differs(parent, child)
    expected = _expected_text(child)
    why_not = obstacle([parent, child])
    if why_not:
        return Outcome("CAN'T COMPARE", why_not, wanted, not_credited=why_not_credited, expected=expected)
    now, then = _at(child, wanted), _at(parent, wanted)
    if then is None and _may_still_come(parent, wanted):
        line = f"{parent.run_id} has come to epoch {_last_epoch(parent):g} of {wanted:g}."
        return Outcome("WAITING", line, wanted, not_credited=why_not_credited, expected=expected)
    if then is None:
        return Outcome(
            "CAN'T COMPARE",
            f"{parent.run_id} has no evaluation at epoch {wanted:g}.",
            wanted,
            not_credited=why_not_credited,
        )
    if now is None:
        return _waiting(parent, child, wanted, why_not_credited, expected)
    pairs = pair_clips(parent, child, wanted)
    base = {
        "epoch": wanted,
        "parent_wer": then.val_wer,
        "child_wer": now.val_wer,
        "parent_gap": then.gap,
        "child_gap": now.gap,
        "clips": len(pairs),
        "not_credited": why_not_credited,
        "expected": expected,
    }
    if len(pairs) < LEAST_CLIPS:
        line = f"{_points(then, now)} Both decoded {len(pairs)} clips at epoch {wanted:g}; {LEAST_CLIPS} are needed."
        return Outcome(word="CAN'T COMPARE", line=line.strip(), **base)  # type: ignore[arg-type]
    low, high = interval(pairs)
    word, line = _judged(pairs, low, high, then, now, wanted)
    met = _met(child, now)
    return Outcome(word=word, line=line, low=low, high=high, expectation_met=met, **base)  # type: ignore[arg-type]


def judged_epoch(parent: Snapshot, child: Snapshot) -> float:
    """The epoch agreed on at the child's start; else the parent's last."""
    link = child.launch.parent if child.launch is not None else None
    agreed = link.expected.get("epoch") if link is not None else None
    last = parent.epochs[-1].epoch if parent.epochs else 0.0
    if isinstance(agreed, (int, float)) and not isinstance(agreed, bool) and agreed > 0:
        return float(agreed)
    return last


def pair_clips(parent: Snapshot, child: Snapshot, epoch: float) -> list[ClipPair]:
    """The clips of one target that both runs decoded at this evaluation."""
    theirs, ours = _said(parent, epoch), _said(child, epoch)
    pairs = []
    for clip_id, (reference, parent_said) in theirs.items():
        if clip_id not in ours or ours[clip_id][0] != reference or not reference.split():
            continue
        child_said = ours[clip_id][1]
        pairs.append(
            ClipPair(
                clip_id,
                reference,
                parent_said,
                child_said,
                errors_of(reference, parent_said),
                errors_of(reference, child_said),
                len(reference.split()),
            )
        )
    return pairs


def errors_of(reference: str, said: str) -> int:
    """Substitutions, deletions and insertions of the cheapest alignment."""
    return sum(kind != "h" for kind, _, _ in aligned(reference.split(), said.split()))


def interval(pairs: list[ClipPair]) -> tuple[float, float]:
    """The 95 % interval of the child's WER minus the parent's; the same for the same clips."""
    difference = np.array([pair.child_errors - pair.parent_errors for pair in pairs], float)
    words = np.array([pair.words for pair in pairs], float)
    drawn = np.random.default_rng(0).integers(0, len(pairs), (DRAWS, len(pairs)))
    means = difference[drawn].sum(axis=1) / words[drawn].sum(axis=1)
    low, high = np.quantile(means, [(1 - SHARE) / 2, (1 + SHARE) / 2])
    return float(low), float(high)


def _judged(pairs: list[ClipPair], low: float, high: float, then: Epoch, now: Epoch, epoch: float) -> tuple[Word, str]:
    words = sum(pair.words for pair in pairs)
    difference = sum(pair.child_errors - pair.parent_errors for pair in pairs) / words
    points = f"{_signed(100 * difference)} points at epoch {epoch:g} ({_signed(100 * low)} to {_signed(100 * high)})"
    if high < 0:
        return "HELPED", f"{points}."
    if low > 0:
        return "WORSE", f"{points}."
    if _gap_moved(then, now):
        gaps = f"Gap {then.gap:.2f} → {now.gap:.2f}, WER {points}."
        return "ONLY THE GAP MOVED", f"{gaps} Regularisation raises train loss; this is not learning."
    return "TOO CLOSE", f"{points}: within noise for {len(pairs)} clips. Judge again later, or run two more seeds."


def _gap_moved(then: Epoch, now: Epoch) -> bool:
    if then.gap is None or now.gap is None or not (math.isfinite(then.gap) and math.isfinite(now.gap)):
        return False
    return then.gap > 0 and then.gap - now.gap > GAP_MOVED_RATIO * then.gap


def _waiting(parent: Snapshot, child: Snapshot, wanted: float, not_credited: str, expected: str) -> Outcome:
    """Before the judged epoch: where both stood when the child stood here."""
    if not child.epochs:
        line = f"It is judged at epoch {wanted:g}; no evaluation yet."
        return Outcome("WAITING", line, wanted, not_credited=not_credited, expected=expected)
    last = child.epochs[-1]
    then = _at(parent, last.epoch)
    line = f"Epoch {last.epoch:g} of {wanted:g}."
    if _has_ended(child):
        line = f"It ended at epoch {last.epoch:g}; it was to be judged at {wanted:g}."
    if last.val_wer is not None and then is not None and then.val_wer is not None:
        course = "On course." if last.val_wer < then.val_wer else "Not better so far."
        line += f" Child {100 * last.val_wer:.1f} %, parent then {100 * then.val_wer:.1f} %. {course}"
    return Outcome(
        "WAITING",
        line,
        wanted,
        parent_wer=then.val_wer if then else None,
        child_wer=last.val_wer,
        parent_gap=then.gap if then else None,
        child_gap=last.gap,
        not_credited=not_credited,
        expected=expected,
    )


def _what_else_differs(parent: Snapshot, child: Snapshot) -> str:
    """Why a change of settings alone cannot have the credit, or ""."""
    link = child.launch.parent if child.launch is not None else None
    if not same_code(parent.launch, child.launch):
        added, removed = counted(link.code_diff if link is not None else "")
        lines = f" (+{added} −{removed})" if added or removed else ""
        return f"The code changed too{lines}"
    resumed = [run.run_id for run in (parent, child) if run.state is not None and run.state.code_line]
    if resumed:
        return f"{' and '.join(resumed)} went on with changed code"
    if link is not None and link.how == "restart_warm":
        return "It started warm from the parent's weights and has trained longer at equal epoch"
    return ""


def _may_still_come(run: Snapshot, epoch: float) -> bool:
    """Whether a run that is at work has this epoch before it."""
    state = run.state.state if run.state is not None else ""
    return state in ("starting", "running") and bool(run.epochs) and _last_epoch(run) < epoch


def _last_epoch(run: Snapshot) -> float:
    return run.epochs[-1].epoch if run.epochs else 0.0


def _has_ended(run: Snapshot) -> bool:
    return run.state is not None and run.state.state in FINAL_STATES


def _met(child: Snapshot, now: Epoch) -> bool | None:
    """Whether the numbers that were expected came; None where none were kept."""
    link = child.launch.parent if child.launch is not None else None
    expected = link.expected if link is not None else {}
    goals = [(now.val_wer, expected.get("val_wer")), (now.gap, expected.get("gap"))]
    known = [(value, goal) for value, goal in goals if isinstance(goal, (int, float)) and value is not None]
    return all(value <= goal for value, goal in known) if known else None


def _expected_text(child: Snapshot) -> str:
    link = child.launch.parent if child.launch is not None else None
    return str(link.expected.get("text", "")) if link is not None else ""


def _at(snapshot: Snapshot, epoch: float) -> Epoch | None:
    return next((record for record in snapshot.epochs if record.epoch == epoch), None)


def _said(snapshot: Snapshot, epoch: float) -> dict[str, tuple[str, str]]:
    """Clip id → (target, prediction) of one evaluation."""
    decode = next((each for each in snapshot.decodes if each.split == "val" and each.epoch == epoch), None)
    if decode is None:
        return {}
    clips = [clip for clip in snapshot.clips if clip.split == "val"]
    references = {clip.clip_id: clip.reference for clip in clips}
    names = decode.clip_ids if decode.clip_ids is not None else [clip.clip_id for clip in clips]
    return {
        name: (references[name], said)
        for name, said in zip(names, decode.hypotheses, strict=False)
        if name in references
    }


def _points(then: Epoch, now: Epoch) -> str:
    if then.val_wer is None or now.val_wer is None:
        return ""
    return f"Val WER {100 * then.val_wer:.1f} → {100 * now.val_wer:.1f} %."


def _signed(value: float) -> str:
    return f"{'+' if value >= 0 else '−'}{abs(value):.1f}"
