"""How `import` shows a parsed file: as text for people, as a document for programs."""

from __future__ import annotations

from typing import Any

from rich.table import Table as Screen

from monitor.commands.common import console
from monitor.importers.importing import Plan, counted
from monitor.importers.mapping import as_json
from monitor.run_dir.words import NOT_MEASURED, plain


def show_plan(chosen: Plan) -> None:
    """Prints how each column is read, what is not read, and the notes."""
    screen = console()
    screen.print(f"{counted(chosen)}.")
    rows = Screen("column", "becomes", "unit", "first", "last", box=None, pad_edge=False)
    for use in chosen.mapping.uses:
        first, last = (_value_of(epoch, use.field) for epoch in (chosen.first, chosen.last))
        unit = "percent → fraction" if use.scale != 1 else "fraction" if use.why else "as logged"
        rows.add_row(use.column, use.field, f"{unit} ({use.why})" if use.why else unit, first, last)
    screen.print(rows)
    losses = {use.field for use in chosen.mapping.uses} & {"train_loss", "train_eval_loss", "val_loss"}
    if losses and chosen.units["loss"] == "as logged":
        screen.print("What the loss is per (token, utterance, image, batch …) the file does not say; --per UNIT does.")
    used = {use.column for use in chosen.mapping.uses}
    unused = [column for column in chosen.survey.columns if column not in used]
    if unused:
        more = f" and {len(unused) - 20} more" if len(unused) > 20 else ""
        screen.print(f"Kept beside, under their own names: {', '.join(unused[:20])}{more}.")
    _show_samples(chosen)
    for note in chosen.notes:
        screen.print(note)
    if chosen.unread.count:
        screen.print(f"Not read: {chosen.unread.count:,}.")
        for sentence in chosen.unread.sentences()[:5]:
            screen.print(f"  {sentence}")


def _show_samples(chosen: Plan) -> None:
    samples = chosen.samples
    if samples:
        empty = sum(not sample.hypothesis for sample in samples)
        epochs = sorted({sample.epoch for sample in samples if sample.epoch is not None})
        where = f" of epoch {', '.join(map(plain, epochs[-5:]))}" if epochs else ""
        console().print(f"Predictions{where}: {len(samples)}, {empty} of them empty.")


def _value_of(record: Any, field: str) -> str:
    """A number of a record in words; a dash where it has none."""
    return plain(getattr(record, field, None))


def figures_of(record: Any) -> str:
    """The losses and the WER that a record has: `train_loss 1.2, val_loss 1.5`."""
    shown = [(name, _value_of(record, name)) for name in ("train_loss", "val_loss", "val_wer")]
    return ", ".join(f"{name} {value}" for name, value in shown if value != NOT_MEASURED)


def as_document(chosen: Plan) -> dict[str, Any]:
    """The same for --json; docs/for-scripts.md describes the fields."""
    return {
        "format": chosen.kind.name,
        "epochs": chosen.counts.evaluations,
        "steps": chosen.counts.steps,
        "samples": len(chosen.samples),
        "starts": chosen.starts,
        "columns": as_json(chosen.mapping.uses),
        "units": chosen.units,
        "notes": list(chosen.notes),
        "not_read": {"count": chosen.unread.count, "first": chosen.unread.first},
    }
