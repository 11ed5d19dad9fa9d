"""A foreign file, read once: first all of it to see what it holds, then a mapping that can be shown, then its records.

Read three times rather than kept: memory does not grow with the file.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec

from monitor.importers.evaluations import RecordBuilder
from monitor.importers.formats.registry import checked
from monitor.importers.items import (
    LOG_FORMAT,
    Aside,
    FirstSentences,
    Importer,
    NothingYetError,
    Row,
    Shape,
    Unread,
    whole_validations,
)
from monitor.importers.lines import Lines
from monitor.importers.mapping import EVALUATED, SourceMapping, Survey, Use, Wish, doubts, propose, stated
from monitor.importers.moments import Counts
from monitor.importers.samples import Sample, read_samples
from monitor.importers.several import label
from monitor.run_dir import Epoch, Outcome, Step, words
from monitor.run_dir.errors import UnreadableRunError, UsageError
from monitor.run_dir.metric_names import parsed

MOST_EVALUATIONS = 20_000
MOST_STEPS = 100_000
TICK_ROWS = 500
MOST_KINDS = 50
WITH_SAMPLES = frozenset({"markdown", "model-card", "table"})
SPOKEN = (
    ("train_loss", "train loss", words.number),
    ("val_loss", "val loss", words.number),
    ("val_wer", "val WER", words.percent),
)
Tick = Callable[[int, int], None]
"""Called now and then with the bytes read and the bytes there are."""


@dataclass(frozen=True)
class Asked:
    """The user's choices: the format's name, the mapping, percent or fraction, the unit of the loss, which start."""

    format: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    percent: bool | None = None
    per: str = ""
    start: int | None = None


@dataclass(frozen=True)
class Plan:
    """What a file holds and how it will be read; shown before anything is written."""

    path: Path
    kind: type[Importer]
    mapping: SourceMapping
    survey: Survey
    counts: Counts
    first: Epoch | Step
    last: Epoch | Step
    notes: tuple[str, ...]
    unread: FirstSentences
    samples: tuple[Sample, ...] = ()
    config: dict[str, Any] = field(default_factory=dict)
    run_name: str = ""
    units: dict[str, str] = field(default_factory=dict)
    starts: int = 1
    """Starts of a run that the file holds."""
    start: int | None = None
    outcome: Outcome | None = None
    """How the run ended, where its format says so."""

    @property
    def source(self) -> str:
        """Where the run comes from and how it was read, for run.json."""
        read = f"Imported from {label(self.path)} ({self.kind.title}): {stated(self.mapping.uses)}."
        unread = [f"{self.unread.count} lines were not read."] if self.unread.count else []
        return " ".join([read, *unread, *self.notes])


def plan(path: Path, asked: Asked, tick: Tick = lambda done, all_bytes: None, *, follow: bool = False) -> Plan:
    """Reads everything and says what it is. Raises UnreadableRunError or UsageError in one sentence."""
    kind = checked(path, asked.format)
    # Two readings are one bar.
    seen = _looked(kind(path, follow=follow), lambda done, of: tick(done, 2 * of))
    if seen.survey.rows == 0:
        what = f"{path} holds nothing that can be read as {kind.title}"
        why = f" ({seen.unread_first})" if seen.unread_first else ""
        raise NothingYetError(f"{what}{why}." + ("" if asked.format else " Say what it is with --format."))
    wish = Wish(asked.fields, asked.percent, kind.names, kind.percent, parts=kind.name == LOG_FORMAT)
    uses = propose(seen.survey, wish)
    validated = any(use.field in EVALUATED for use in uses) or seen.scores_alone(uses)
    steps_alone, line = seen.importer.steps_alone, seen.importer.line
    mapping = SourceMapping(
        uses,
        _shape(seen, uses),
        train_only=not validated and not steps_alone,
        steps_alone=steps_alone,
        drop_stale=kind.name == "model-card",
    )
    told = _read(kind(path, follow=follow), mapping, line, lambda done, of: tick(of + done, 2 * of))
    each = None if follow or steps_alone else _steps_per_epoch(told, seen.survey, mapping)
    if each:
        mapping = replace(mapping, steps_per_epoch=each)
        told = _read(kind(path), mapping, line, tick)
    if told.last is None or told.first is None:
        if follow:
            raise NothingYetError(f"{path} holds no whole evaluation yet.")
        raise UnreadableRunError(f"No line of {path} has an epoch; say which column holds it: --map epoch=COLUMN.")
    if asked.start is not None and not 1 <= asked.start <= told.starts:
        raise UsageError(f"There is no start {asked.start}: {path} holds {told.starts}.")
    return Plan(
        path=path,
        kind=kind,
        mapping=mapping,
        survey=seen.survey,
        counts=told.counts,
        first=told.first,
        last=told.last,
        notes=(*seen.asides.sentences(), *doubts(seen.survey, uses, line), *_notes(told, mapping)),
        unread=seen.unread,
        samples=_samples(seen.importer.path) if kind.name in WITH_SAMPLES else (),
        config=seen.importer.config,
        run_name=seen.importer.run_name,
        units={"loss": f"{kind.loss_unit} per {asked.per}" if asked.per else "as logged", "wer": "fraction"},
        starts=told.starts,
        start=asked.start,
        outcome=seen.importer.outcome,
    )


def counted(chosen: Plan) -> str:
    """What a file is and how much it holds: "metrics.csv is a log of Lightning: 12 evaluations and 300 steps"."""
    steps = f" and {words.count(chosen.counts.steps, 'step')}" if chosen.counts.steps else ""
    evaluations = words.count(chosen.counts.evaluations, "evaluation")
    return f"{label(chosen.path)} is {chosen.kind.title}: {evaluations}{steps}"


def summary_of(chosen: Plan) -> str:
    """The same with the first and last losses and WER, and the notes, as sentences."""
    figures = []
    for field_, title, text in SPOKEN:
        first, last = (getattr(record, field_, None) for record in (chosen.first, chosen.last))
        known = list(dict.fromkeys(text(value) for value in (first, last) if value is not None))
        if known:
            figures.append(f"{title} {' → '.join(known)}".replace(" % →", " →"))
    return " ".join([f"{', '.join([counted(chosen), *figures])}.", *chosen.notes])


def _samples(path: Path) -> tuple[Sample, ...]:
    """The predictions printed beside a table; most lines of a long file can be none and name no epoch."""
    return read_samples(text for _, text in Lines(path).read() if ":" in text or "=" in text or "poch" in text)


def records(chosen: Plan, tick: Tick = lambda done, all_bytes: None) -> Iterator[Epoch | Step]:
    """Every record of the file, thinned where it holds more than a chart can show."""
    evaluations = RecordBuilder(chosen.mapping)
    importer = chosen.kind(chosen.path)
    thin_epochs = _Thinned(chosen.counts.evaluations, MOST_EVALUATIONS)
    thin_steps = _Thinned(chosen.counts.steps, MOST_STEPS)
    for found in _records(importer, evaluations, tick):
        if chosen.start is not None:
            if found.generation != chosen.start:
                continue
            found = msgspec.structs.replace(found, generation=1)
        if (thin_epochs if isinstance(found, Epoch) else thin_steps).keeps():
            yield found


def _records(importer: Importer, evaluations: RecordBuilder, tick: Tick) -> Iterator[Epoch | Step]:
    for number, item in enumerate(whole_validations(importer.items())):
        if number % TICK_ROWS == 0:
            tick(importer.bytes_done(), importer.bytes_all())
        if isinstance(item, Row):
            yield from evaluations.take(item)
    yield from evaluations.rest()


@dataclass
class _Looked:
    importer: Importer
    survey: Survey = field(default_factory=Survey)
    unread: FirstSentences = field(default_factory=FirstSentences)
    asides: FirstSentences = field(default_factory=lambda: FirstSentences(most=5))

    kinds: Counter[frozenset[str]] = field(default_factory=Counter)
    """The names that stand together in a row → how often."""

    def scores_alone(self, uses: tuple[Use, ...]) -> bool:
        """Whether rows of known scores stand between at least twice as many rows of the training."""
        of_training = {use.column for use in uses if use.field not in ("epoch", "step")}
        trained = sum(count for names, count in self.kinds.items() if names & of_training)
        scored = sum(count for names, count in self.kinds.items()
                     if not names & of_training and any(parsed(name) for name in names))  # fmt: skip
        return 0 < 2 * scored <= trained

    @property
    def unread_first(self) -> str:
        """As it stands inside a sentence."""
        first = self.unread.first[0].rstrip(".") if self.unread.first else ""
        return f"l{first[1:]}" if first.startswith("Line ") else first


def _looked(importer: Importer, tick: Tick) -> _Looked:
    seen = _Looked(importer)
    for number, item in enumerate(whole_validations(seen.importer.items())):
        if number % TICK_ROWS == 0:
            tick(seen.importer.bytes_done(), seen.importer.bytes_all())
        if isinstance(item, Row):
            seen.survey.take(item)
            if (names := frozenset(item.values)) in seen.kinds or len(seen.kinds) < MOST_KINDS:
                seen.kinds[names] += 1
        elif isinstance(item, Unread):
            seen.unread.add(item.sentence)
        elif isinstance(item, Aside):
            seen.asides.add(item.text)
    return seen


@dataclass
class _Overview:
    counts: Counts
    first: Epoch | Step | None = None
    last: Epoch | Step | None = None
    starts: int = 1


def _read(importer: Importer, mapping: SourceMapping, line: str, tick: Tick) -> _Overview:
    evaluations = RecordBuilder(mapping, line=line)
    told = _Overview(evaluations.counts)
    for found in _records(importer, evaluations, tick):
        if isinstance(found, Epoch) or mapping.steps_alone:
            told.first = told.first or found
            told.last = found
    told.starts = evaluations.generation
    return told


def _shape(seen: _Looked, uses: tuple[Use, ...]) -> Shape:
    """A table whose train and validation numbers never stand in one row is one of events, whatever wrote it."""
    counts = [seen.survey.columns[use.column].count for use in uses if use.field in ("train_loss", "val_loss")]
    apart = len(counts) == 2 and sum(counts) <= 1.5 * seen.survey.rows and max(counts) < seen.survey.rows
    return "events" if apart else seen.importer.shape


def _steps_per_epoch(told: _Overview, survey: Survey, mapping: SourceMapping) -> float | None:
    """Where many evaluations carry the same epoch number but another step: steps of one epoch, nearly."""
    columns = {use.field: survey.columns[use.column] for use in mapping.uses if use.field in ("epoch", "step")}
    if len(columns) < 2 or told.counts.repeated.count * 3 < told.counts.evaluations or told.starts > 1:
        return None
    epochs = columns["epoch"].most + (1 if columns["epoch"].least == 0 else 0)
    steps = columns["step"].most + (1 if columns["epoch"].least == 0 else 0)
    return steps / epochs if epochs > 0 and steps > 0 and math.isfinite(steps / epochs) else None


def _notes(told: _Overview, mapping: SourceMapping) -> Iterator[str]:
    counts = told.counts
    yield from counts.began_again.sentences()
    if told.starts > 1:
        yield f"The file holds {told.starts} starts; the last one counts (--start N takes another one)."
    if mapping.steps_per_epoch:
        yield (
            "Several evaluations carry one epoch number: they are numbered by their step, "
            f"about {mapping.steps_per_epoch:.0f} to an epoch."
        )
    else:
        yield from counts.repeated.sentences()
    if counts.without_epoch:
        yield f"{counts.without_epoch} lines have no epoch and were left out."
    if counts.counted:
        yield "There is no epoch in it: evaluations are counted instead."
    if counts.means:
        means = words.count(counts.means, "evaluation")
        yield f"The train loss of {means} is the mean of the steps since the one before."
    if counts.stale:
        yield f"The train loss of {counts.stale} evaluations only repeats the one before and was left out."
    for name, count, most in (
        ("evaluations", counts.evaluations, MOST_EVALUATIONS),
        ("steps", counts.steps, MOST_STEPS),
    ):
        if count > most:
            yield f"Of {count:,} {name} every {math.ceil(count / most)}th is kept."


class _Thinned:
    """Keeps every n-th of many, the last one too, so that at most `most` remain."""

    def __init__(self, count: int, most: int) -> None:
        self._every = max(1, math.ceil(count / most))
        self._left = count

    def keeps(self) -> bool:
        """Whether the next one is kept."""
        self._left -= 1
        return self._left % self._every == 0
