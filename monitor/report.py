"""A run's report as a list of blocks, written as Markdown or as one self-contained HTML page.

Text from a run (names, predictions, errors) is data: in both forms it is escaped, never interpreted.
"""

from __future__ import annotations

import html
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from monitor.diagnosis import Judged
from monitor.launch import command_of
from monitor.prescriptions.prescription import Prescription
from monitor.run_dir import Epoch, Floors, Snapshot
from monitor.status import Status

KEY_EPOCHS = 8
SAMPLES = 5

MARKDOWN_SIGNS = re.compile(r"([\\`*_\[\]<>|#])")


@dataclass(frozen=True)
class Heading:
    text: str
    level: int = 2


@dataclass(frozen=True)
class Text:
    text: str


@dataclass(frozen=True)
class Bullets:
    items: tuple[str, ...]


@dataclass(frozen=True)
class Code:
    text: str


@dataclass(frozen=True)
class Table:
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Block = Heading | Text | Bullets | Code | Table


def report_of(snapshot: Snapshot, judged: Judged, status: Status, options: Sequence[Prescription]) -> tuple[Block, ...]:
    """The blocks of a report: verdict, numbers at key epochs, findings, samples, what to try, how it was run."""
    return (
        Heading(f"Run {snapshot.run_id}", 1),
        Text(f"{status.word}. {status.evidence}"),
        *_verdict(judged),
        *_numbers(snapshot),
        *_findings(judged),
        *_samples(snapshot),
        *_options(options),
        *_origin(snapshot),
    )


def _verdict(judged: Judged) -> Iterator[Block]:
    diagnosis = judged.diagnosis
    yield Heading("Verdict")
    yield Text(f"{diagnosis.verdict}. {diagnosis.reason}")
    lines = tuple(line for line in (*diagnosis.also, *diagnosis.suppressed, diagnosis.next_step) if line)
    if lines:
        yield Bullets(lines)
    yield Text(f"{diagnosis.checks_ran} of {diagnosis.checks} checks ran.")
    if diagnosis.not_checked:
        yield Bullets(diagnosis.not_checked)


def _numbers(snapshot: Snapshot) -> Iterator[Block]:
    if not snapshot.epochs:
        return
    yield Heading("Numbers at key epochs")
    yield Table(
        ("epoch", "train loss", "val loss", "gap", "val WER", "blank"),
        tuple(_row(record) for record in key_epochs(snapshot.epochs)),
    )
    floors = snapshot.run.floors if snapshot.run else Floors()
    known = [
        ("one constant sentence scores", _percent(floors.wer_constant)),
        ("chance loss", _number(floors.loss_unigram)),
        ("blank ratio of a correct output (b*)", _number(floors.blank_ratio)),
    ]
    yield Bullets(tuple(f"{name} {value}" for name, value in known if value != "–"))


def key_epochs(epochs: Sequence[Epoch]) -> list[Epoch]:
    """First, last, best loss, best WER and evenly spaced ones between, in order."""
    last = len(epochs) - 1
    wanted = {round(last * share / (KEY_EPOCHS - 1)) for share in range(KEY_EPOCHS)}
    for name in ("val_loss", "val_wer"):
        known = [(getattr(e, name), i) for i, e in enumerate(epochs) if _is_finite(getattr(e, name))]
        if known:
            wanted.add(min(known)[1])
    return [epochs[index] for index in sorted(wanted)]


def _row(record: Epoch) -> tuple[str, ...]:
    losses = (_number(record.train_loss), _number(record.val_loss), _number(record.gap))
    return (f"{record.epoch:g}", *losses, _percent(record.val_wer), _number(record.blank_ratio))


def _findings(judged: Judged) -> Iterator[Block]:
    if not judged.diagnosis.findings:
        return
    yield Heading("Findings")
    for finding in judged.diagnosis.findings:
        yield Heading(f"{finding.severity}: {finding.title}", 3)
        yield Text(finding.line)
        yield Bullets((f"What to do: {finding.remedy}", f"What it cannot tell: {finding.cannot_tell}"))
    if judged.diagnosis.causes:
        yield Heading("Causes, most likely first")
    for cause in judged.diagnosis.causes:
        yield Heading(cause.title, 3)
        yield Bullets(
            (*(f"For it: {line}" for line in cause.evidence), *(f"Against: {line}" for line in cause.against))
        )


def _samples(snapshot: Snapshot) -> Iterator[Block]:
    """The first predictions of the last evaluation beside their targets."""
    decodes = [record for record in snapshot.decodes if record.split == "val"]
    if not decodes:
        return
    clips = {clip.clip_id: clip for clip in snapshot.clips if clip.split == "val"}
    ids = decodes[-1].clip_ids or list(clips)
    rows = [
        (name, clips[name].reference if name in clips else "", said or "(EMPTY)")
        for name, said in zip(ids, decodes[-1].hypotheses, strict=False)
    ]
    yield Heading(f"Predictions at epoch {decodes[-1].epoch:g}")
    yield Table(("clip", "target", "prediction"), tuple(rows[:SAMPLES]))


def _options(options: Sequence[Prescription]) -> Iterator[Block]:
    if not options:
        return
    yield Heading("What to try, one bundle per restart")
    for option in options:
        yield Heading(option.title, 3)
        facts = (
            ("Change", ", ".join(f"{key} {old} → {new}" for key, (old, new) in option.changes.items())),
            ("Expected", option.expected),
            ("Cost", option.cost),
            ("Disproved by", option.disproved_by),
            ("Note", option.note),
        )
        yield Bullets(tuple(f"{name}: {value}" for name, value in facts if value))
        if option.command:
            yield Code(option.command)


def _origin(snapshot: Snapshot) -> Iterator[Block]:
    config = snapshot.run.config if snapshot.run else {}
    if config:
        yield Heading("Configuration")
        yield Table(("key", "value"), tuple((key, str(value)) for key, value in config.items()))
    if snapshot.launch and snapshot.launch.argv:
        yield Heading("Command")
        yield Code(command_of(snapshot.launch.argv, Path(snapshot.run_dir)))


def to_markdown(blocks: Sequence[Block]) -> str:
    """GitHub-flavoured Markdown; what a run says is escaped."""
    return "\n".join(_markdown(block) for block in blocks)


def _markdown(block: Block) -> str:
    match block:
        case Heading(text, level):
            return f"{'#' * level} {_escaped(text)}\n"
        case Text(text):
            return f"{_escaped(text)}\n"
        case Bullets(items):
            return "".join(f"- {_escaped(item)}\n" for item in items)
        case Code(text):
            fence = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=2))
            return f"{fence}\n{text}\n{fence}\n"
        case Table(columns, rows):
            lines = [columns, ("---",) * len(columns), *rows]
            return "".join("| " + " | ".join(_cell(c, n) for c in row) + " |\n" for n, row in enumerate(lines))


def _cell(text: str, line: int) -> str:
    return text if line == 1 else _escaped(text)


def _escaped(text: str) -> str:
    return MARKDOWN_SIGNS.sub(r"\\\1", " ".join(text.split()))


STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#12161c}"
    "table{border-collapse:collapse}td,th{border:1px solid #d8dde4;padding:.3rem .6rem;text-align:left}"
    "pre{background:#eceff3;padding:.8rem;overflow-x:auto}"
)


def to_html(blocks: Sequence[Block]) -> str:
    """One page without scripts or links; everything a run says is escaped."""
    title = next((block.text for block in blocks if isinstance(block, Heading)), "Run")
    body = "\n".join(_html(block) for block in blocks)
    head = f'<meta charset="utf-8"><title>{html.escape(title)}</title><style>{STYLE}</style>'
    return f'<!doctype html>\n<html lang="en"><head>{head}</head><body>\n{body}\n</body></html>\n'


def _html(block: Block) -> str:
    match block:
        case Heading(text, level):
            return f"<h{level}>{html.escape(text)}</h{level}>"
        case Text(text):
            return f"<p>{html.escape(text)}</p>"
        case Bullets(items):
            return "<ul>" + "".join(f"<li>{html.escape(item)}</li>" for item in items) + "</ul>"
        case Code(text):
            return f"<pre>{html.escape(text)}</pre>"
        case Table(columns, rows):
            head = "".join(f"<th>{html.escape(column)}</th>" for column in columns)
            body = "".join("<tr>" + "".join(f"<td>{html.escape(c)}</td>" for c in row) + "</tr>" for row in rows)
            return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _is_finite(value: float | None) -> bool:
    return value is not None and math.isfinite(value)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value * 100:.1f} %"
