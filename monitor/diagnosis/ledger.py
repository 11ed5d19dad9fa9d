"""The outcome of each change that was tried: one outcome.json a child, and all of them over a folder of runs.

The error rate decides (monitor.diagnosis.outcome), at the epoch that was agreed on when the child was started and again
at its end; the last judgement is kept. What is counted as a try of the same thing: monitor.diagnosis.tries.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from monitor.diagnosis.moment import has_ended
from monitor.diagnosis.outcome import JUDGED_AGAIN, Outcome, outcome, without_seeds_asked_for
from monitor.diagnosis.seed_groups import groups_in
from monitor.diagnosis.seed_spread import SeedGroup, group_of
from monitor.diagnosis.tries import SeedsOfChange, seeds_of_changes
from monitor.run_dir import EPOCHS_FILE, OUTCOME_FILE, ChildOutcome, Launch, Parent, Snapshot, encode, files
from monitor.run_dir.errors import MonitorError
from monitor.run_dir.launch import read_launch
from monitor.run_dir.reader import RunReader, list_runs

AGAIN_SECS = 60.0
"""Until a child is judged again that waits, or was judged provisionally: that a run was lost is written nowhere."""


def judge_child(run_dir: Path, child: Snapshot, now: float) -> ChildOutcome | None:
    """Judges a child once it has reached the agreed epoch and again at its end, and keeps the last outcome.

    None where there is no new outcome, and for no child. Raises OSError where the file cannot be written. A parent that
    is gone cannot be compared with: what was kept stays.
    """
    link = child.launch.parent if child.launch is not None else None
    kept = read_outcome(run_dir)
    is_there = (run_dir / OUTCOME_FILE).exists()
    if link is None or not child.epochs or (is_there and (kept is None or not has_ended(child))):
        return None
    came = _judged(run_dir, link, child, now)
    if came is None or came.word == "WAITING":
        return None
    found = _record(child, link, came, now)
    if kept is not None and msgspec.structs.replace(found, at=kept.at) == kept:
        return None
    if is_there:
        files.replace(run_dir / OUTCOME_FILE, encode(found))
    else:
        files.create(run_dir / OUTCOME_FILE, encode(found))
    return found


def read_outcome(run_dir: Path) -> ChildOutcome | None:
    """The outcome of a child, or None where there is none or it is damaged. Raises OSError."""
    return files.read_document(run_dir / OUTCOME_FILE, ChildOutcome, ignoring=ValueError)


def kept_outcomes(runs_dir: Path) -> list[ChildOutcome]:
    """The outcomes that were kept in this folder; of one that was kept without its changes, those of its start."""
    kept = (read_outcome(runs_dir / run_id) for run_id in list_runs(runs_dir))
    return [_with_changes(runs_dir, each) for each in kept if each is not None]


def tried_by_then(snapshot: Snapshot) -> list[ChildOutcome]:
    """The outcomes in the folder of a run that were known at the moment of the snapshot, which may be long ago."""
    return [each for each in kept_outcomes(Path(snapshot.run_dir).parent) if each.at <= snapshot.read_at]


def children_of(snapshot: Snapshot) -> list[ChildOutcome]:
    """The outcomes of a run's children, as far as they were known at the moment of the snapshot."""
    return [each for each in tried_by_then(snapshot) if each.parent_id == snapshot.run_id]


def _with_changes(runs_dir: Path, kept: ChildOutcome) -> ChildOutcome:
    launch = None if kept.changes else _launch_of_child(runs_dir / kept.run_id)
    if launch is None or launch.parent is None:
        return kept
    return msgspec.structs.replace(kept, changes=launch.parent.changes)


def every_child(runs_dir: Path, now: float) -> list[ChildOutcome]:
    """All children of this folder once; see `ChildBook.children`."""
    return ChildBook(runs_dir).children(list_runs(runs_dir), now)


@dataclass(frozen=True)
class KnownChild:
    """What is remembered of a child; `marks` change when its records, its outcome or its parent's records do."""

    launch: Launch | None
    marks: tuple[int, ...] = ()
    outcome: ChildOutcome | None = None
    looked_at: float = 0.0

    def is_due(self, now: float) -> bool:
        """Whether it may have another outcome by the passing of time alone."""
        is_open = self.outcome is None or self.outcome.word == "WAITING" or self.outcome.provisional
        return is_open and abs(now - self.looked_at) >= AGAIN_SECS


class ChildBook:
    """Keeps the outcome of each child: judged again only once it or its parent has grown. Nothing is written."""

    def __init__(self, runs_dir: Path) -> None:
        self._runs_dir = Path(runs_dir)
        self._known: dict[str, KnownChild] = {}

    def children(self, names: Iterable[str], now: float, most: int | None = None) -> list[ChildOutcome]:
        """Those among `names` that are children, oldest first: by their kept outcome, else judged now.

        `word` may be WAITING, or CAN'T COMPARE where its parent is gone; runs that cannot be read are left out. Who
        looks every second judges `most` of them a look; of the others stays what was known, until their turn comes.
        """
        left, found = most, {}
        for run_id in names:
            known = self._known.get(run_id) or KnownChild(_launch_of_child(self._runs_dir / run_id))
            if known.launch is not None and left != 0:
                marks = self._marks(run_id, known.launch)
                if marks != known.marks or known.is_due(now):
                    known = KnownChild(
                        known.launch, marks, _outcome_now(self._runs_dir / run_id, known.launch, now), now
                    )
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


def decided_by_seeds(runs_dir: Path, run_id: str, groups: Iterable[SeedGroup], now: float) -> SeedsOfChange | None:
    """What a child and its seeds came to together, where that is HELPED or WORSE; None before, and for no child."""
    groups = list(groups)
    group = group_of(run_id, groups)
    if group is None:
        return None
    book = ChildBook(runs_dir)
    of_parents = {group_of(each.parent_id, groups) for each in book.children(group.runs, now)} - {None, group}
    names = [*group.runs, *(run for each in of_parents if each is not None for run in each.runs)]
    return decision_of(run_id, book.children(names, now), group)


def decision_of(run_id: str, children: Sequence[ChildOutcome], group: SeedGroup) -> SeedsOfChange | None:
    """The same of judgements that are known: `children` of this group, and those that are seeds of their parents."""
    if run_id not in {each.run_id for each in children}:
        return None
    found = seeds_of_changes(children, [group])
    return next((each for each in found if run_id in each.runs and each.word in ("HELPED", "WORSE")), None)


def with_seeds(line: str, decided: SeedsOfChange | None) -> str:
    """A judgement that names what its seeds have decided, in place of the advice to start some."""
    if decided is None:
        return line
    return f"{without_seeds_asked_for(line)} {decided.title} together: {decided.word}, {decided.text}"


def line_now(found: ChildOutcome, runs_dir: Path, now: float) -> str:
    """The line of a judgement with what its seeds have decided, where the folder has some."""
    groups = groups_in(runs_dir, list_runs(runs_dir))
    return with_seeds(found.line, decided_by_seeds(runs_dir, found.run_id, groups, now))


def settled(children: Sequence[ChildOutcome], seeds: Iterable[SeedsOfChange]) -> list[ChildOutcome]:
    """The children; where their seeds have decided together, none asks for more seeds."""
    decided = {run for each in seeds if each.word in ("HELPED", "WORSE") for run in each.runs}
    return [
        msgspec.structs.replace(each, line=without_seeds_asked_for(each.line)) if each.run_id in decided else each
        for each in children
    ]


def _launch_of_child(run_dir: Path) -> Launch | None:
    """How a child was launched, which never changes; None for what is no child or cannot be read."""
    try:
        launch = read_launch(run_dir)
    except (MonitorError, OSError):
        return None
    return launch if launch is not None and launch.parent is not None else None


def _outcome_now(run_dir: Path, launch: Launch, now: float) -> ChildOutcome | None:
    """What was kept as its last judgement, else what would be kept now."""
    kept = None
    try:
        kept = read_outcome(run_dir)
        if launch.parent is None:
            return kept
        if kept is not None and not kept.provisional:
            return kept if kept.changes else msgspec.structs.replace(kept, changes=launch.parent.changes)
        child = RunReader(run_dir).read(now)
        came = _judged(run_dir, launch.parent, child, now)
    except (MonitorError, OSError):
        return kept
    if came is None and not (run_dir.parent / launch.parent.run_id).exists():
        return _without_parent(child, launch.parent, kept)
    return kept if came is None else _record(child, launch.parent, came, 0.0)


def _without_parent(child: Snapshot, link: Parent, kept: ChildOutcome | None) -> ChildOutcome:
    """What is known of a child whose parent is not in the folder any more: it is not judged again."""
    if kept is not None:
        return msgspec.structs.replace(kept, line=kept.line.replace(JUDGED_AGAIN, "Provisional: its parent is gone."))
    gone = f"Its parent {link.run_id} is not in this folder any more."
    return _record(child, link, Outcome("CAN'T COMPARE", gone, 0.0), 0.0)


def _judged(run_dir: Path, link: Parent, child: Snapshot, now: float) -> Outcome | None:
    try:
        return outcome(RunReader(run_dir.parent / link.run_id).read(now), child)
    except MonitorError:
        return None


def _record(child: Snapshot, link: Parent, came: Outcome, at: float) -> ChildOutcome:
    return ChildOutcome(
        run_id=child.run_id,
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
        metric=came.metric,
        parent_value=came.parent_value,
        child_value=came.child_value,
        parent_best=came.parent_best,
        child_best=came.child_best,
        low=came.low,
        high=came.high,
        clips=came.clips,
        expectation_met=came.expectation_met,
        provisional=came.provisional,
        ended_early=came.ended_early,
        evaluations=came.evaluations,
        changes=link.changes,
        task=child.run.data.name if child.run is not None else "",
    )
