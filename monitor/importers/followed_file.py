"""A foreign file that grows → records, through the same reading as once.

Who goes on after a stop reads the file again from its beginning, in the way that was confirmed, and the records that
are there already are passed over: the same rows give the same records. A file that was replaced or cut short is read
as a new start of the run.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from monitor.importers.evaluations import RecordBuilder
from monitor.importers.formats.registry import named
from monitor.importers.growing import goes_on
from monitor.importers.items import FirstSentences, Row, Unread, whole_validations
from monitor.importers.live import FollowedRun
from monitor.importers.mapping import EVALUATED, SourceMapping, Use, Wish, extended
from monitor.run_dir import Epoch, Outcome, Place, Step
from monitor.run_dir.metric_names import parsed


class FollowedFile:
    """What `Following` asks of a file in one of the formats."""

    reads_again = True
    is_at_end = True
    doubts: tuple[str, ...] = ()

    def __init__(self, run: FollowedRun, mapping: SourceMapping) -> None:
        kind = named(run.source.format)
        self.path = Path(run.source.path)
        self.mapping = mapping
        self.has_grown = self.begins_anew = False
        self.unread = FirstSentences()
        self._run = run
        self._wish = Wish(names=kind.names, format_percent=kind.percent)
        self._importer = kind(self.path, follow=True)
        self._life, self._rewrites = self._importer.lives, self._importer.rewrites
        self._seen: set[str] = set()
        self._evaluations = RecordBuilder(mapping, int(run.source.memory.get("generation", 1)))
        if self._is_another():
            self._new_life(run.source.updated_at)

    @property
    def outcome(self) -> Outcome | None:
        """How the run ended, where the file says so."""
        return self._importer.outcome

    @property
    def changed_at(self) -> float | None:
        """When the file last changed, UTC seconds; None where that is not known."""
        return self._importer.grown_at() or None

    def read(self, now: float) -> Iterator[Epoch | Step]:
        """The records of what is new. Raises UnreadableRunError."""
        self.has_grown = False
        for item in whole_validations(self._importer.items()):
            if self._importer.lives != self._life:
                self._new_life(now)
            if self._importer.rewrites != self._rewrites:
                self._read_again(now)
            if isinstance(item, Row):
                yield from self._taken(item)
            elif isinstance(item, Unread):
                self.unread.add(item.sentence)

    def begin_again(self, generation: int) -> Iterator[Epoch]:
        """The process that writes the file was started again: the file itself shows where."""
        return iter(())

    def rest(self) -> Iterator[Epoch | Step]:
        """What is still open when nothing more comes."""
        for item in whole_validations(self._importer.rest()):
            if isinstance(item, Row):
                yield from self._taken(item)
        yield from self._evaluations.rest()

    def pass_over(self) -> int:
        """Leaves out nothing: 0 bytes."""
        return 0

    def close(self) -> None:
        """Does nothing: each reading closes its file itself."""

    def places(self) -> dict[str, Place]:
        """How far each file of the source was read."""
        return self._importer.places()

    def memory(self) -> dict[str, Any]:
        """What the run's source has kept, with the bytes (hex) before each place: another file has others."""
        return {**self._run.source.memory, "tails": self._importer.tails()}

    def _taken(self, row: Row) -> Iterator[Epoch | Step]:
        self.has_grown = True
        if not row.values.keys() <= self._seen:
            self._seen |= row.values.keys()
            uses = extended(self.mapping.uses, row, self._wish)
            self.begins_anew |= self._is_first_validation(row, uses)
            if uses != self.mapping.uses:
                self.mapping = replace(self.mapping, uses=uses)
                self._evaluations.use(uses)
                self._run.mapped(self.mapping.document())
        yield from self._evaluations.take(row)

    def _is_first_validation(self, row: Row, uses: tuple[Use, ...]) -> bool:
        """Whether training steps alone, each of which counted, are followed by a validation: they were steps."""
        if self.mapping.shape != "events" or not self.mapping.train_only or any(use.field == "epoch" for use in uses):
            return False
        fields = {use.field for use in uses if use.column in row.values}
        scores = [found for name in row.values if (found := parsed(name)) is not None and found[0] != "train"]
        return bool(fields & set(EVALUATED)) or (bool(scores) and not fields - {"step"})

    def _is_another(self) -> bool:
        """Whether the file that was followed is another one by now."""
        tails = self._run.source.memory.get("tails", {})
        for name, place in self._run.source.places.items():
            path = self._importer.path if self._importer.path.name == name else Path(name)
            if place.inode and not goes_on(path, place, str(tails.get(name, ""))):
                return not getattr(self._importer, "rewritten", False)
        return False

    def _read_again(self, now: float) -> None:
        """The tool wrote the same run's file again: what is known of it already is passed over."""
        self._rewrites = self._importer.rewrites
        self._run.commit(self.places(), self.memory(), now, reread=True)
        self._run.pass_over_again()
        self._evaluations = RecordBuilder(self.mapping, int(self._run.source.memory.get("generation", 1)))

    def _new_life(self, now: float) -> None:
        """What is read from here on is a new start: what was read before is settled and never read again."""
        generation = self._run.generation + 1
        self._life = self._importer.lives
        self._run.commit({}, {"generation": generation}, now)
        self._evaluations = RecordBuilder(self.mapping, generation)
