"""What came of each change that was tried: one outcome.json a child, and counts per prescription over a folder of runs.

WER decides, at the epoch that was agreed on when the child was started (monitor.outcome).
A child whose code changed too is not counted for its prescription.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from monitor import files
from monitor.errors import MonitorError
from monitor.outcome import outcome
from monitor.reader import RunReader, list_runs
from monitor.run_dir import OUTCOME_FILE, ChildOutcome, Snapshot, decode, encode


@dataclass(frozen=True)
class Tried:
    """How often a prescription was tried and with what result. Counts: shares of few tries say nothing."""

    prescription: str
    tries: int
    words: dict[str, int]

    @property
    def text(self) -> str:
        """Such as "3 tries: 2 helped, 1 worse"."""
        said = [f"{count} {word.lower()}" for word, count in self.words.items()]
        return f"{self.tries} {'try' if self.tries == 1 else 'tries'}: {', '.join(said)}"


def judge_child(run_dir: Path, child: Snapshot, now: float) -> ChildOutcome | None:
    """Judges a child once it has reached the agreed epoch and keeps the outcome; None before, and for no child.

    Raises OSError where the file cannot be written. A parent that is gone cannot be compared with: nothing is kept.
    """
    link = child.launch.parent if child.launch is not None else None
    if link is None or not child.epochs or (run_dir / OUTCOME_FILE).exists():
        return None
    try:
        parent = RunReader(run_dir.parent / link.run_id).read(now)
    except MonitorError:
        return None
    came = outcome(parent, child)
    if came.word == "WAITING":
        return None
    kept = ChildOutcome(
        run_id=child.run_id,
        parent_id=link.run_id,
        word=came.word,
        line=came.line,
        at=now,
        epoch=came.epoch,
        prescription=str(link.expected.get("prescription", "")),
        credited=came.credited,
        parent_wer=came.parent_wer,
        child_wer=came.child_wer,
        low=came.low,
        high=came.high,
        clips=came.clips,
        expectation_met=came.expectation_met,
    )
    files.create(run_dir / OUTCOME_FILE, encode(kept))
    return kept


def read_outcome(run_dir: Path) -> ChildOutcome | None:
    """The outcome of a child, or None where there is none that can be read."""
    try:
        return decode(files.read_bytes(run_dir / OUTCOME_FILE) or b"", ChildOutcome)
    except (OSError, ValueError):
        return None


def ledger(runs_dir: Path) -> dict[str, Tried]:
    """Prescription → what came of it in this folder."""
    return counted(filter(None, (read_outcome(runs_dir / run_id) for run_id in list_runs(runs_dir))))


def counted(outcomes: Iterable[ChildOutcome]) -> dict[str, Tried]:
    """Counts per prescription, of those that a prescription can be credited with."""
    words: dict[str, Counter[str]] = {}
    for each in outcomes:
        if each.prescription and each.credited and each.word != "CAN'T COMPARE":
            words.setdefault(each.prescription, Counter())[each.word] += 1
    return {name: Tried(name, sum(count.values()), dict(count.most_common())) for name, count in words.items()}
