"""What came of each change that was tried: one outcome.json a child, and counts per prescription over a folder of runs.

WER decides, at the epoch that was agreed on when the child was started (monitor.diagnosis.outcome).
A child whose code changed too, or that started warm, is not counted for its prescription.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from monitor.diagnosis.outcome import Outcome, outcome
from monitor.run_dir import EPOCHS_FILE, OUTCOME_FILE, ChildOutcome, Launch, Parent, Snapshot, encode, files
from monitor.run_dir.errors import MonitorError
from monitor.run_dir.launch import read_launch
from monitor.run_dir.reader import RunReader, list_runs

ENOUGH_FOR_SHARES = 10
UNDECIDED = frozenset({"CAN'T COMPARE", "WAITING"})


@dataclass(frozen=True)
class Tried:
    """How often a prescription was tried and with what result. `others`: children that are not counted, by reason."""

    prescription: str
    title: str
    words: dict[str, int]
    others: dict[str, int]

    @property
    def tries(self) -> int:
        return sum(self.words.values())

    @property
    def text(self) -> str:
        """Such as "3 tries: 2 helped, 1 worse"; shares only from ten tries on, as those of few say nothing."""
        said = [f"{count} {word.lower()}{self._share(count)}" for word, count in self.words.items()]
        tried = f"{self.tries} {'try' if self.tries == 1 else 'tries'}{': ' if said else ''}{', '.join(said)}"
        return "; ".join([tried, *(f"{count} {reason}" for reason, count in self.others.items())])

    def _share(self, count: int) -> str:
        return f" ({100 * count / self.tries:.0f} %)" if self.tries >= ENOUGH_FOR_SHARES else ""


def judge_child(run_dir: Path, child: Snapshot, now: float) -> ChildOutcome | None:
    """Judges a child once it has reached the agreed epoch and keeps the outcome; None before, and for no child.

    Raises OSError where the file cannot be written. A parent that is gone cannot be compared with: nothing is kept.
    """
    link = child.launch.parent if child.launch is not None else None
    if link is None or not child.epochs or (run_dir / OUTCOME_FILE).exists():
        return None
    came = _judged(run_dir, link, child, now)
    if came is None or came.word == "WAITING":
        return None
    kept = _record(child.run_id, link, came, now)
    files.create(run_dir / OUTCOME_FILE, encode(kept))
    return kept


def read_outcome(run_dir: Path) -> ChildOutcome | None:
    """The outcome of a child, or None where there is none or it is damaged. Raises OSError."""
    return files.read_document(run_dir / OUTCOME_FILE, ChildOutcome, ignoring=ValueError)


def ledger(runs_dir: Path) -> dict[str, Tried]:
    """Prescription → what came of it in this folder, by the outcomes that were kept."""
    return counted(filter(None, (read_outcome(runs_dir / run_id) for run_id in list_runs(runs_dir))))


def every_child(runs_dir: Path, now: float) -> list[ChildOutcome]:
    """All children of this folder once; see `ChildBook.children`."""
    return ChildBook(runs_dir).children(list_runs(runs_dir), now)


@dataclass(frozen=True)
class Known:
    """What is remembered of a child; `marks` change when its records, its outcome or its parent's records do."""

    launch: Launch | None
    marks: tuple[int, ...] = ()
    outcome: ChildOutcome | None = None


class ChildBook:
    """Remembers what came of each child: judged again only once it or its parent has grown. Nothing is written."""

    def __init__(self, runs_dir: Path) -> None:
        self._runs_dir = Path(runs_dir)
        self._known: dict[str, Known] = {}

    def children(self, names: Iterable[str], now: float, most: int | None = None) -> list[ChildOutcome]:
        """Those among `names` that are children, oldest first: by their kept outcome, else judged now.

        `word` may be WAITING. Children whose parent is gone and runs that cannot be read are left out. Who looks every
        second judges `most` of them a look; of the others stays what was known, until their turn comes.
        """
        left, found = most, {}
        for run_id in names:
            known = self._known.get(run_id) or Known(_launch_of_child(self._runs_dir / run_id))
            if known.launch is not None and left != 0:
                marks = self._marks(run_id, known.launch)
                if marks != known.marks:
                    known = Known(known.launch, marks, _outcome_now(self._runs_dir / run_id, known.launch, now))
                    left = None if left is None else left - 1
            found[run_id] = known
        self._known = found
        dated = [(each.launch.created_at, each.outcome) for each in found.values() if each.launch is not None]
        return [came for _, came in sorted(dated, key=lambda pair: pair[0]) if came is not None]

    def _marks(self, run_id: str, launch: Launch) -> tuple[int, ...]:
        parent = launch.parent.run_id if launch.parent is not None else ""
        marks: list[int] = []
        for name in (f"{run_id}/{OUTCOME_FILE}", f"{run_id}/{EPOCHS_FILE}", f"{parent}/{EPOCHS_FILE}"):
            try:
                found = (self._runs_dir / name).stat()
            except OSError:
                marks.append(-1)
            else:
                marks += [found.st_mtime_ns, found.st_size]
        return tuple(marks)


def counted(outcomes: Iterable[ChildOutcome]) -> dict[str, Tried]:
    """Counts per prescription; what it cannot be credited with is counted apart."""
    words: dict[str, Counter[str]] = {}
    others: dict[str, Counter[str]] = {}
    titles: dict[str, str] = {}
    for each in filter(lambda one: one.prescription, outcomes):
        reason = _why_not_counted(each)
        words.setdefault(each.prescription, Counter())
        others.setdefault(each.prescription, Counter())
        titles[each.prescription] = each.title or titles.get(each.prescription, "")
        if reason:
            others[each.prescription][reason] += 1
        else:
            words[each.prescription][each.word] += 1
    return {
        name: Tried(name, titles[name], dict(count.most_common()), dict(others[name].most_common()))
        for name, count in words.items()
    }


def _why_not_counted(each: ChildOutcome) -> str:
    if each.word == "WAITING":
        return "not judged yet"
    if each.word in UNDECIDED:
        return "could not be compared"
    return "" if each.credited else "not credited"


def _launch_of_child(run_dir: Path) -> Launch | None:
    """How a child was launched, which never changes; None for what is no child or cannot be read."""
    try:
        launch = read_launch(run_dir)
    except (MonitorError, OSError):
        return None
    return launch if launch is not None and launch.parent is not None else None


def _outcome_now(run_dir: Path, launch: Launch, now: float) -> ChildOutcome | None:
    try:
        kept = read_outcome(run_dir)
        if kept is not None or launch.parent is None:
            return kept
        came = _judged(run_dir, launch.parent, RunReader(run_dir).read(now), now)
    except (MonitorError, OSError):
        return None
    return None if came is None else _record(run_dir.name, launch.parent, came, 0.0)


def _judged(run_dir: Path, link: Parent, child: Snapshot, now: float) -> Outcome | None:
    try:
        return outcome(RunReader(run_dir.parent / link.run_id).read(now), child)
    except MonitorError:
        return None


def _record(run_id: str, link: Parent, came: Outcome, at: float) -> ChildOutcome:
    return ChildOutcome(
        run_id=run_id,
        parent_id=link.run_id,
        word=came.word,
        line=came.line,
        at=at,
        epoch=came.epoch,
        prescription=str(link.expected.get("prescription", "")),
        title=str(link.expected.get("title", "")),
        credited=came.credited,
        not_credited=came.not_credited,
        parent_wer=came.parent_wer,
        child_wer=came.child_wer,
        low=came.low,
        high=came.high,
        clips=came.clips,
        expectation_met=came.expectation_met,
    )
