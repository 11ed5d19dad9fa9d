"""The list of runs: a row for each, those that need attention first; a run is read again when it has changed."""

from __future__ import annotations

import contextlib
import os
import re
import threading
import time
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
from msgspec.structs import replace

from monitor.diagnosis.glances import Glance, Glances, glance_or_fault
from monitor.diagnosis.seed_groups import Member, grouped
from monitor.diagnosis.seed_spread import SeedGroup, spread_of
from monitor.diagnosis.summaries import scored
from monitor.run_dir import ChildOutcome, Progress, words
from monitor.run_dir.cache import SURE_NS, Mark, mark_of
from monitor.run_dir.labels import LABELS_FILE, Label, read_labels
from monitor.run_dir.launch import read_progress
from monitor.run_dir.lives import is_mirrored
from monitor.run_dir.metric import WER, Metric
from monitor.run_dir.reader import is_run, list_runs
from monitor.view.row import need, row_of, with_age, with_outcome
from monitor.view.settings import differing, flat
from monitor.view.shapes.listing import RunRow, Setting, Sweep
from monitor.view.sweeps import settings_within, sweeps_of

EACH_LOOK = 200
"""A folder of so many runs is looked at whole, each second."""
LIST_AGAIN_SECS = 30.0
UNSEEN_SECS = 30
"""Of another machine's run that writes nothing but signs of life, the row is made anew so often."""
BEAT_SECS = 30.0
"""By so much the time of the last sign of life in a live row may lag; its age is shown in minutes."""
DIGITS = re.compile(r"\d+")
"""The evidence of a live run says a heartbeat's age in seconds: a row is not sent for those."""
LABELLED = ("title", "note", "tags", "pinned")


class _Known(msgspec.Struct, frozen=True):
    """A row, the mark of the files that it was made of, and what seeds are grouped by."""

    mark: Mark
    row: RunRow
    member: Member | None = None
    validation: str = ""
    metric: Metric = WER
    settings: dict[str, Setting] = {}
    outcome: ChildOutcome | None = None
    by_files: bool = False
    """Whether a live run changes by its files alone, as another machine's. One of this machine can end without writing
    anything, and is looked at whole each time."""
    pulse: tuple[object, ...] = ()

    def shows(self, other: _Known | None) -> bool:
        """Whether the list is the same with it as with the other."""
        return (
            other is not None
            and self.row is other.row
            and (self.member, self.validation, self.metric) == (other.member, other.validation, other.metric)
            and self.outcome == other.outcome
            and self.settings == other.settings
        )

    def of_age(self, now: float) -> _Known:
        """The same with the age of now, the same object where that reads the same."""
        row = with_age(self.row, now)
        return self if row is self.row else replace(self, row=row)

    def differs_in_age(self, other: _Known | None) -> bool:
        """Whether the age is all in which it may differ: neither order nor seeds are then others."""
        return other is not None and replace(other, row=replace(other.row, age=self.row.age)) == self


class RowBook:
    """Remembers the rows: a run whose files have not changed is not read again, unless a process works on it.

    Of a large folder each look takes what may live, what is new and a share of the rest, so that a look costs the same
    however many runs have ended. What changes in one of those shows within a few seconds where a file was made or
    replaced, as every writer of ours does, and within a minute where a foreign hand only appended to one.
    """

    def __init__(self, runs_dir: Path, each_look: int = EACH_LOOK) -> None:
        self._runs_dir = Path(runs_dir)
        self._each_look = each_look
        self._is_far = is_mirrored(self._runs_dir / "any")
        self._folder = _Names(self._runs_dir, each_look)
        self._known: dict[str, _Known] = {}
        self._rows: list[RunRow] = []
        self.sweeps: list[Sweep] = []
        """Those among the rows of the last look, in their order."""
        self._looks = 0
        self._labels: dict[str, Label] = {}
        self._labels_ns = 0
        self._made: dict[str, float] = {}
        """When a row was made of its files."""
        self._lock = threading.Lock()

    def rows(self, now: float) -> list[RunRow]:
        """Rows sorted by need, the same list as before where nothing has changed. An unreadable run is a row that says
        so. Raises UnreadableRunError for the folder."""
        with self._lock:
            names = self._folder.now()
            before = self._known
            if before:
                self._known = {name: before[name] for name in names if name in before}
                for name, whole in self._due(names).items():
                    self._known[name] = self._looked_at(name, now, whole)
            else:
                seen = Glances(self._runs_dir).all(names, now)
                found = {name: _known_of(name, mark, glance, now) for name, mark, glance in seen}
                self._known = {name: found[name] for name in names}
            is_labelled = self._read_labels()
            older = {
                name
                for name, each in self._known.items()
                if (known := before.get(name)) is not each and not each.shows(known)
            }
            if (
                is_labelled
                or len(before) != len(self._known)
                or any(not self._known[name].differs_in_age(before.get(name)) for name in older)
            ):
                self._rows = sorted(self._with_labels(self._with_seeds()), key=need)
            elif older:
                self._rows = [with_age(row, now) if row.run in older else row for row in self._rows]
            else:
                return self._rows
            self.sweeps = sweeps_of((row, self._known[row.run].metric) for row in self._rows)
            return self._rows

    def _due(self, names: Sequence[str]) -> dict[str, bool]:
        """The runs that are looked at now → whether at each of its files, or at the time of its folder alone."""
        if len(names) <= self._each_look:
            return dict.fromkeys(names, True)
        asked = dict.fromkeys(_share(names, self._looks * 3 * self._each_look, 3 * self._each_look), False)
        marked = _share(names, self._looks * self._each_look // 2, self._each_look // 2)
        must = [name for name in names if name not in self._known or self._known[name].row.live]
        self._looks += 1
        return {**asked, **dict.fromkeys([*marked, *must], True)}

    def _looked_at(self, name: str, now: float, whole: bool) -> _Known:
        """What is known of a run now, the same object where it is the same."""
        path = f"{self._runs_dir}/{name}"
        known = self._known.get(name)
        rests = (
            known is not None and known.by_files and not self._is_far and now - self._made_at(name, now) < UNSEEN_SECS
        )
        if known is not None and (rests or not whole) and known.mark.folder_ns == _folder_ns(path):
            return known.of_age(now)
        mark = mark_of(path)
        if known is not None and mark.text and known.mark == mark and (rests or not known.row.live):
            return known.of_age(now)
        if known is not None and rests and known.mark.but_beats == mark.but_beats and self._beats(name, known):
            return replace(known, mark=mark).of_age(now)
        self._made[name] = now
        fresh = _known_of(name, mark, glance_or_fault(self._runs_dir / name, now), now)
        if known is not None and _is_only_a_beat(known.row, fresh.row):
            fresh = replace(fresh, row=known.row)
        return known if known == fresh else fresh

    def _made_at(self, name: str, now: float) -> float:
        """When a row was made; those that were made together are looked at again one after the other."""
        return self._made.setdefault(name, now - zlib.crc32(name.encode()) % UNSEEN_SECS)

    def _beats(self, name: str, known: _Known) -> bool:
        """Whether a run whose records are the same says no more than that it goes on."""
        progress = read_progress(self._runs_dir / name)
        is_late = progress is not None and progress.heartbeat_at - known.row.at >= BEAT_SECS
        return not is_late and _pulse(progress) == known.pulse

    def _read_labels(self) -> bool:
        """Whether people have labelled a run since the last look."""
        changed_ns = _folder_ns(f"{self._runs_dir}/{LABELS_FILE}")
        if changed_ns == self._labels_ns:
            return False
        self._labels, self._labels_ns = read_labels(self._runs_dir), changed_ns
        return True

    def _with_labels(self, rows: dict[str, RunRow]) -> Iterator[RunRow]:
        """The rows with the settings in which they differ, and with what people say of the runs."""
        all_settings = {name: each.settings for name, each in self._known.items()}
        settings, within = differing(all_settings), settings_within(rows.values(), all_settings)
        for name, row in rows.items():
            own = {**settings.get(name, {}), **within.get(name, {})}
            label = self._labels.get(name)
            row = replace(row, settings=own) if own else row
            said = {field: getattr(label, field) for field in LABELLED} if label is not None else {}
            yield replace(row, **said) if said else row

    def _with_seeds(self) -> dict[str, RunRow]:
        """Of runs that differ in their seed alone the first has the mean of all, the others its name."""
        rows = {name: each.row for name, each in self._known.items()}
        members = [each.member for each in self._known.values() if each.member is not None]
        groups = grouped(members, lambda name: self._known[name].validation)
        for group in groups:
            metric = self._known[group.lead].metric
            mean = spread_of(
                group,
                {run: rows[run].value for run in group.runs},
                {run: rows[run].epoch or 0.0 for run in group.runs},
                metric,
            )
            for run in group.runs[1:]:
                rows[run] = replace(rows[run], seed_of=group.lead)
            said = mean.text if mean is not None else words.count(len(group.runs), "seed")
            rows[group.lead] = replace(rows[group.lead], seeds=f"{metric.heading} {said}" if mean is not None else said)
        return {**rows, **self._decided(rows, groups)}

    def _decided(self, rows: dict[str, RunRow], groups: Sequence[SeedGroup]) -> dict[str, RunRow]:
        """The rows of children whose seeds have decided together: their judgement says so, and asks for no more."""
        came = {name: each.outcome for name, each in self._known.items() if each.outcome is not None}
        tried = [group for group in groups if len(came.keys() & set(group.runs)) > 1]
        if not tried:
            return {}
        # Imported here: most folders have no such children, and their list must not wait for numpy.
        from monitor.diagnosis.ledger import decision_of, with_seeds

        of_parent: dict[str, list[ChildOutcome]] = {}
        for each in came.values():
            of_parent.setdefault(each.parent_id, []).append(each)
        found = {}
        for group in tried:
            own = [came[run] for run in group.runs if run in came]
            beside = [each for parent in {each.parent_id for each in own} for each in of_parent[parent]]
            known = list({each.run_id: each for each in (*own, *beside)}.values())
            for name in came.keys() & set(group.runs):
                if (decided := decision_of(name, known, group)) is not None:
                    found[name] = with_outcome(rows[name], came[name], with_seeds(came[name].line, decided))
        return found


def _pulse(progress: Progress | None) -> tuple[object, ...]:
    """What of a sign of life changes a row, besides its time and its place within the epoch."""
    if progress is None:
        return ()
    return (progress.generation, progress.phase, progress.outcome, progress.epochs, progress.process, progress.follower)


def _is_only_a_beat(known: RunRow, fresh: RunRow) -> bool:
    """Whether a live run has given no more than a sign of life: its row would be sent to every tab for that."""
    if not fresh.live or not 0 <= fresh.at - known.at < BEAT_SECS:
        return False
    if DIGITS.sub("", fresh.evidence) != DIGITS.sub("", known.evidence):
        return False
    return replace(fresh, at=known.at, age=known.age, evidence=known.evidence) == known


def _share(names: Sequence[str], begin: int, count: int) -> Sequence[str]:
    """`count` names of all, the next ones in turn."""
    begin %= len(names)
    return [*names[begin : begin + count], *names[: max(0, min(begin, begin + count - len(names)))]]


def _folder_ns(path: str) -> int:
    """When a file of this folder was last made, replaced or removed; 0 where that is not known."""
    try:
        return os.stat(path).st_mtime_ns  # noqa: PTH116 - hundreds of these a look
    except OSError:
        return 0


class _Names:
    """The names of the runs of a folder; of a large one they are listed again when an entry came or went."""

    def __init__(self, runs_dir: Path, each_look: int) -> None:
        self._runs_dir = runs_dir
        self._each_look = each_look
        self._names: list[str] = []
        self._others: list[Path] = []
        self._stamp = 0
        self._listed_at = float("-inf")

    def now(self) -> list[str]:
        """As `list_runs`. Raises UnreadableRunError for the folder."""
        stamp = _folder_ns(str(self._runs_dir))
        is_old = time.monotonic() - self._listed_at > LIST_AGAIN_SECS or time.time_ns() - stamp < SURE_NS
        if len(self._names) <= self._each_look or stamp != self._stamp or is_old or any(map(is_run, self._others)):
            self._names, self._stamp, self._listed_at = list_runs(self._runs_dir), stamp, time.monotonic()
            known = set(self._names)
            with contextlib.suppress(OSError):
                self._others = [each for each in self._runs_dir.iterdir() if each.name not in known]
        return self._names


def _known_of(name: str, mark: Mark, seen: Glance | Exception, now: float) -> _Known:
    if isinstance(seen, Exception):
        return _Known(mark, RunRow(run=name, state="unreadable", evidence=str(seen)))
    metric = scored(seen.summary)[0]
    return _Known(
        mark,
        with_age(row_of(name, seen), now),
        seen.member,
        seen.validation,
        metric,
        flat(seen.config),
        seen.outcome,
        seen.status.unseen,
    )
