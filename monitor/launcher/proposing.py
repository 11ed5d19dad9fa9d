"""What a log seems to say, for a person to look at before it is followed: what page and command line show."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from monitor.importers.formats.registry import BINARY, detect
from monitor.importers.free_text.evidence import NO_FIGURES, Figures, Shown, figures_of
from monitor.importers.free_text.proposal import names_of, propose_log, sentence
from monitor.importers.free_text.scan import check_log, scan
from monitor.importers.importing import Asked, Plan, plan, summary_of
from monitor.importers.items import LOG_FORMAT, Importer
from monitor.importers.live import find_followed, read_source
from monitor.importers.mapping import SourceMapping, mapping_of
from monitor.importers.several import container
from monitor.run_dir import EPOCHS_FILE
from monitor.run_dir.errors import RefusedError, UnreadableRunError
from monitor.run_dir.words import monitor_line

MOST_WRITERS = 3
BY_FORMAT = BINARY | {"hugging-face", "ultralytics", "wav2letter", "clearml", "tensorboard-csv"}
"""Formats that are read by their own importer and not as a log's lines: their figures need more than their lines, as
sums of parts, several dev sets, a summary at the end."""


@dataclass(frozen=True)
class Proposal:
    """The likely reading of a log. `said`: the question to a person; `known`: the run that is fed from this log
    already."""

    path: Path
    mapping: SourceMapping
    said: str
    epochs: int
    samples: int
    known: Path | None = None
    names: tuple[str, ...] = ()
    """Every quantity that the log names."""
    writers: tuple[str, ...] = ()
    """Processes of this user that have the log open for writing, for people."""
    figures: Figures = NO_FIGURES
    """What is read of its first and its last evaluation."""
    plan: Plan | None = None
    """Of a file that its own importer reads: how."""


@dataclass(frozen=True)
class AttachRequest:
    """What a person wants of an attachment. `pid`: the process that writes the log."""

    asked_by: str
    name: str = ""
    pid: int | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    """Field → name in the log, where the proposal is not right."""
    percent: bool | None = None


def propose(
    runs_dir: Path, path: Path, request: AttachRequest, progress: Callable[[int], None] = lambda done_bytes: None
) -> Proposal:
    """Reads the log once and says how it would be followed. Raises MonitorError in one sentence where it cannot be."""
    path = path.absolute()
    kind = _kind_of(path)
    if not path.is_file() or kind.name in BY_FORMAT:
        return _by_format(runs_dir, path, kind, request)
    found = scan(path, progress)
    try:
        mapping = propose_log(found, request.columns, request.percent)
    except UnreadableRunError as problem:
        if kind.name in ("log", "table"):
            raise
        if not kind.grows:
            raise UnreadableRunError(f"{problem} Import may read it, as {kind.title}: {_import_of(path)}") from None
        with contextlib.suppress(UnreadableRunError):
            return _by_format(runs_dir, path, kind, request)
        raise
    return Proposal(
        path=path,
        mapping=mapping,
        said=sentence(found, mapping, path.name),
        epochs=len({row.epoch for row in found.rows}),
        samples=found.samples,
        known=find_followed(runs_dir, path),
        names=names_of(found),
        writers=_writers(path),
        figures=figures_of(found.evidence(), mapping),
    )


def _kind_of(path: Path) -> type[Importer]:
    """The format of a log, of a folder, or of one run in a file that holds several (mlflow.db/NAME)."""
    place, part = container(path)
    if path.is_dir() or (part and place.is_file()):
        return detect(path)
    try:
        check_log(path)
    except UnreadableRunError:
        if not path.is_file():
            raise
        with contextlib.suppress(UnreadableRunError):
            if (kind := detect(path)).name in BINARY:
                return kind
        raise
    return detect(path)


def _by_format(runs_dir: Path, path: Path, kind: type[Importer], request: AttachRequest) -> Proposal:
    """As its own importer reads it. Raises UnreadableRunError for what never grows: there is nothing to follow."""
    if not kind.grows:
        raise UnreadableRunError(f"{path.name} is {kind.title}, which does not grow; import it: {_import_of(path)}")
    chosen = plan(path, Asked(fields=dict(request.columns), percent=request.percent), follow=True)
    return Proposal(
        path=path,
        mapping=chosen.mapping,
        said=summary_of(chosen),
        epochs=chosen.counts.evaluations,
        samples=len(chosen.samples),
        known=find_followed(runs_dir, path),
        names=tuple(chosen.survey.columns),
        writers=_writers(path) if path.is_file() else (),
        figures=_figures_of(chosen),
        plan=chosen,
    )


def _figures_of(chosen: Plan) -> Figures:
    uses = [(use, chosen.survey.columns[use.column]) for use in chosen.mapping.uses]
    return Figures(
        ("first", "last"),
        tuple(
            Shown(use.column, use.field, use.scale != 1, (f"{column.first:.6g}", f"{column.last:.6g}"), (0, 0))
            for use, column in uses
        ),
    )


def _import_of(path: Path) -> str:
    return monitor_line("import", path)


@dataclass(frozen=True)
class HowRead:
    """How the log of a run is read. `said`: the question about it; `names`: every quantity that the log names."""

    said: str
    mapping: SourceMapping
    names: tuple[str, ...]
    figures: Figures


def reading_of(run_dir: Path, request: AttachRequest) -> HowRead:
    """How a run's log is read, with the changes of `request`.

    Raises RefusedError for a run that writes its own records, UsageError for a change that the log does not allow.
    """
    source = read_source(run_dir)
    if source is None and not (run_dir / EPOCHS_FILE).exists():
        raise RefusedError(f"Nothing was read from {run_dir.name}'s log yet; try again when it has printed an epoch.")
    if source is None or source.format != LOG_FORMAT:
        raise RefusedError(f"{run_dir.name} is not read from a log: there is nothing to confirm.")
    path = Path(source.path)
    found = scan(path)
    kept = mapping_of(source.mapping)
    changed = bool(request.columns) or request.percent is not None
    mapping = propose_log(found, request.columns, request.percent) if changed else kept
    said = sentence(found, mapping, path.name)
    return HowRead(said, mapping, names_of(found), figures_of(found.evidence(), mapping))


def _writers(path: Path) -> tuple[str, ...]:
    found = []
    for process in psutil.process_iter(["pid", "cmdline"]):
        try:
            opened = process.open_files()
        except (psutil.Error, OSError):
            continue
        if any(file.path == str(path) and getattr(file, "mode", "a") != "r" for file in opened):
            command = " ".join(process.info["cmdline"] or [])
            found.append(f"{process.info['pid']} ({command[:80]})")
    return tuple(found[:MOST_WRITERS])
