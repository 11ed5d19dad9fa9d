"""A foreign file that still grows → a run directory that grows with it (`live`), through the same reading as once.

Who goes on after a stop reads the file again from its beginning, in the way that was confirmed, and the records that
are there already are passed over: the same rows give the same records. A file that was replaced or cut short is read
as a new start of the run.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from monitor.importers.evaluations import Evaluations, Reading
from monitor.importers.formats import named
from monitor.importers.growing import goes_on
from monitor.importers.importing import Plan
from monitor.importers.items import Row, Told, Unread
from monitor.importers.live import About, FollowedRun
from monitor.importers.mapping import Use, Wish, as_json, extended, from_json
from monitor.run_dir import Epoch
from monitor.run_dir.errors import RefusedError

COMMIT_RECORDS = 2000


class Following:
    """One followed source: `step` takes in what is new. Made by `begin` or `go_on`."""

    def __init__(self, path: Path, run: FollowedRun, reading: Reading) -> None:
        kind = named(run.source.format)
        self.run = run
        self.last: Epoch | None = None
        self.added = 0
        self.unread = Told()
        self._wish = Wish(names=kind.names, format_percent=kind.percent)
        self._reading = reading
        self._importer = kind(path, follow=True)
        self._life, self._rewrites = self._importer.lives, self._importer.rewrites
        self._seen: set[str] = set()
        self._caught_up = False
        """What stood there before anybody followed came at a time that nobody knows."""
        self._evaluations = Evaluations(reading, int(run.source.memory.get("generation", 1)))

    @classmethod
    def begin(cls, runs_dir: Path, chosen: Plan, name: str, now: float) -> Following:
        """A new run for a file that has just been understood. Raises RefusedError."""
        if not chosen.kind.grows:
            raise RefusedError(
                f"{chosen.path} is {chosen.kind.title}, which does not grow; import it without --follow."
            )
        return cls(chosen.path, FollowedRun.begin(runs_dir, about_of(chosen, name), now), chosen.reading)

    @classmethod
    def go_on(cls, run_dir: Path, now: float, *, locked: bool = False) -> Following:
        """The same run again, as it was confirmed. `locked`: the caller holds the run's lock. Raises RefusedError."""
        run = FollowedRun.go_on(run_dir, now, locked=locked)
        try:
            kept = run.source.mapping
            reading = Reading(from_json(kept["uses"]), kept["shape"], train_only=bool(kept["train_only"]))
        except (KeyError, TypeError, ValueError) as problem:
            run.close(now)
            raise RefusedError(f"{run_dir} does not say how its file is read ({problem}); import it anew.") from problem
        following = cls(Path(run.source.path), run, reading)
        if following._replaced():
            following._new_life(now)
        return following

    @property
    def uses(self) -> tuple[Use, ...]:
        """Which name is read as which field."""
        return self._reading.uses

    @property
    def ended(self) -> bool:
        """Whether the source itself says that the run is over."""
        return self._importer.outcome is not None

    def step(self, now: float) -> int:
        """Takes in what is new and returns how many records came. Raises UnreadableRunError."""
        if self.run.waiting and not self._commit(now):
            return 0
        if not self._caught_up:
            now = min(now, self._importer.grown_at() or now)
        before = self.added
        since = 0
        for item in self._importer.items():
            if self._importer.lives != self._life:
                self._new_life(now)
            if self._importer.rewrites != self._rewrites:
                self._read_again(now)
            if isinstance(item, Row):
                since += self._take(item, now)
            elif isinstance(item, Unread):
                self.unread.add(item.sentence)
            if since >= COMMIT_RECORDS:
                self._commit(now)
                since = 0
        if self.added != before or not self._caught_up:
            self._commit(now)
        self._caught_up = True
        return self.added - before

    def _take(self, row: Row, now: float) -> int:
        if not row.values.keys() <= self._seen:
            self._seen |= row.values.keys()
            self._extend(row)
        count = 0
        for record in self._evaluations.take(row):
            if not record.at and self._caught_up:
                record = msgspec.structs.replace(record, at=now)
            if isinstance(record, Epoch):
                self.last = record
            self.run.add(record)
            count += 1
        self.added += count
        return count

    def _extend(self, row: Row) -> None:
        uses = extended(self._reading.uses, row, self._wish)
        if uses != self._reading.uses:
            self._reading = replace(self._reading, uses=uses)
            self._evaluations.use(uses)
            self.run.mapped(_kept(self._reading))

    def _commit(self, now: float, *, reread: bool = True) -> bool:
        memory = {**self.run.source.memory, "tails": self._importer.tails()}
        return self.run.commit(self._importer.places(), memory, now, reread=reread)

    def _replaced(self) -> bool:
        """Whether the file that was followed is another one by now."""
        tails = self.run.source.memory.get("tails", {})
        for name, place in self.run.source.places.items():
            path = self._importer.path if self._importer.path.name == name else Path(name)
            if place.inode and not goes_on(path, place, str(tails.get(name, ""))):
                return not getattr(self._importer, "rewritten", False)
        return False

    def _read_again(self, now: float) -> None:
        """The tool wrote the same run's file again: what is known of it already is passed over."""
        self._rewrites = self._importer.rewrites
        self._commit(now)
        self.run.pass_over_again()
        self._evaluations = Evaluations(self._reading, int(self.run.source.memory.get("generation", 1)))

    def _new_life(self, now: float) -> None:
        """What is read from here on is a new start: what was read before is settled and never read again."""
        generation = self.run.generation + 1
        self._life = self._importer.lives
        self.run.commit({}, {"generation": generation}, now)
        self._evaluations = Evaluations(self._reading, generation)

    def stop(self, now: float) -> None:
        """Lets go: with the end that the source names, else so that the run can be gone on with."""
        if self._importer.outcome is not None:
            self._take_rest(now)
            self.run.finish(self._importer.outcome, now)
        else:
            self.run.close(now)

    def end(self, now: float) -> None:
        """Lets go of a file whose writer is known to have ended: the evaluation that is still open counts."""
        self._take_rest(now)
        self.run.close(now)

    def _take_rest(self, now: float) -> None:
        for item in self._importer.rest():
            if isinstance(item, Row):
                self._take(item, now)
        self.run.add(*self._evaluations.rest())
        self._commit(now)


def about_of(chosen: Plan, name: str) -> About:
    """What the run of a followed file says of itself."""
    return About(
        path=chosen.path,
        format=chosen.kind.name,
        name=name,
        mapping=_kept(chosen.reading),
        units=chosen.units,
        gap_basis=chosen.gap_basis,
        config=chosen.config,
        notes=chosen.source,
    )


def _kept(reading: Reading) -> dict[str, Any]:
    return {"uses": as_json(reading.uses), "shape": reading.shape, "train_only": reading.train_only}
