"""What a log seems to say → a mapping that a person can look at first, and one sentence that asks about it."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from monitor.importers.items import Row as Numbers
from monitor.importers.log_epochs import Basis, Row
from monitor.importers.log_line import plain_name
from monitor.importers.log_reading import Scan
from monitor.importers.mapping import Survey, Use, Wish, propose
from monitor.run_dir import Epoch, GapBasis
from monitor.run_dir.errors import UnreadableRunError, UsageError
from monitor.run_dir.field_names import SHARES, SYNONYMS

MOST_BESIDE = 40
MOST_NAMES = 100
LOSS_LIKE = {
    "val_loss": re.compile(r"val_(?!.*best).*loss"),
    "train_loss": re.compile(r"(?:train_)?(?!val_|test_|best).*loss"),
}
"""Where no name is one of the usual ones: any loss of that split."""
SPOKEN = {"train_loss": "train loss", "train_eval_loss": "train loss in eval mode", "val_loss": "val loss",
          "train_wer": "train WER", "val_wer": "val WER"}  # fmt: skip


@dataclass(frozen=True)
class LogMapping:
    """How a log is read. `beside`: names that are kept as they are."""

    basis: Basis
    uses: tuple[Use, ...]
    beside: tuple[str, ...] = ()

    @property
    def gap_basis(self) -> GapBasis:
        return "eval" if any(use.field == "train_eval_loss" for use in self.uses) else "train"

    def includes(self, other: LogMapping) -> bool:
        """Whether reading by `other` would give nothing else, but perhaps less."""
        return self.basis == other.basis and set(other.uses) <= set(self.uses)

    def document(self) -> dict[str, Any]:
        """The same as plain JSON, for source.json."""
        uses = [{"field": use.field, "column": use.column, "scale": use.scale} for use in self.uses]
        return {"basis": self.basis, "uses": uses, "beside": list(self.beside)}


def mapping_of(document: Mapping[str, Any]) -> LogMapping:
    """The mapping in a source.json. Raises UnreadableRunError where it holds none."""
    try:
        uses = tuple(Use(str(use["field"]), str(use["column"]), float(use["scale"])) for use in document["uses"])
        basis: Basis = "evaluations" if document["basis"] == "evaluations" else "epochs"
        beside = tuple(str(name) for name in document.get("beside", ()))
    except (KeyError, TypeError, ValueError):
        raise UnreadableRunError("How the log is read was not kept; attach to it again.") from None
    if not {use.field for use in uses} <= set(SYNONYMS):
        raise UnreadableRunError("How the log is read names fields that there are not; attach to it again.")
    return LogMapping(basis, uses, beside)


def propose_log(found: Scan, wanted: Mapping[str, str] | None = None, percent: bool | None = None) -> LogMapping:
    """Which name becomes which field. `wanted` (field → name in the log) is the user's word and wins.

    Raises UnreadableRunError where no epoch was found, UsageError for an unknown field or name.
    """
    rows = found.rows
    if not rows:
        raise UnreadableRunError(
            "No line there names an epoch with a loss or a WER. Lines such as 'Epoch 3/60 | train loss 3.7 | "
            "val loss 4.8 | WER 92 %' or 'epoch=3 val_loss=4.8' are understood."
        )
    seen = Counter(name for row in rows for name in row.cells)
    chosen = {field: _column(name, seen) for field, name in (wanted or {}).items()}
    chosen = {**_choose(seen, set(chosen) | {"epoch", "step"}, set(chosen.values())), **chosen}
    if not {"train_loss", "val_loss", "val_wer"} & set(chosen):
        raise UsageError(
            f"No name there looks like a loss or a WER; the log has {', '.join(sorted(seen)[:20])}. "
            "Say which is which: --map val_loss=NAME."
        )
    columns = tuple(chosen.values())
    proposed = propose(_surveyed(rows, columns), Wish(chosen, percent))
    uses = tuple(use for use in proposed if chosen.get(use.field) == use.column)
    often = [name for name, count in seen.most_common() if count * 2 >= len(rows) and name not in columns]
    return LogMapping(found.basis, uses, tuple(often[:MOST_BESIDE]))


def _surveyed(rows: tuple[Row, ...], columns: tuple[str, ...]) -> Survey:
    """What the numbers under each name are like, for their units."""
    survey = Survey()
    for place, row in enumerate(rows, 1):
        cells = {name: cell for name in columns if (cell := row.cells.get(name))}
        values = {name: number for name, cell in cells.items() if (number := _number(cell)) is not None}
        survey.take(Numbers(place, values, percents=frozenset(name for name in values if "%" in cells[name])))
    return survey


def _column(name: str, seen: Mapping[str, int]) -> str:
    plain = name if name in seen else plain_name(name)
    if plain not in seen:
        raise UsageError(f"There is no {name!r} in the log; it has {', '.join(sorted(seen)[:30])}.")
    return plain


def _choose(seen: Mapping[str, int], known: set[str], taken: set[str]) -> dict[str, str]:
    """Field → name, by the usual names; one that stands in a few lines only (a closing summary) claims nothing."""
    chosen: dict[str, str] = {}
    for field in (name for name in SYNONYMS if name not in known):
        names = [name for name in SYNONYMS[field] if name in seen]
        if not names and field in LOSS_LIKE:
            names = sorted((name for name in seen if LOSS_LIKE[field].fullmatch(name)), key=lambda name: -seen[name])
        free = [name for name in names if name not in taken | set(chosen.values())]
        most = max((seen[name] for name in free), default=0)
        usual = [name for name in free if seen[name] * 2 >= most]
        if usual:
            chosen[field] = usual[0]
    return chosen


def epoch_of(row: Row, mapping: LogMapping, at: float = 0.0) -> Epoch | None:
    """The record of one row; None where it holds none of the names in use."""
    values = {use.field: number * use.scale for use in mapping.uses
              if (number := _number(row.cells.get(use.column))) is not None}  # fmt: skip
    if not values:
        return None
    metrics = {name: number for name in mapping.beside if (number := _number(row.cells.get(name))) is not None}
    train = values.get("train_eval_loss", values.get("train_loss"))
    gap = values["val_loss"] - train if train is not None and "val_loss" in values else None
    known: dict[str, Any] = dict(values)
    step = int(row.step) if row.step is not None and math.isfinite(row.step) else 0
    return Epoch(epoch=row.epoch, step=step, at=at, generation=row.generation, gap=gap, metrics=metrics, **known)


def _number(text: str | None) -> float | None:
    return None if not text else float(text.rstrip("%"))


def sentence(found: Scan, mapping: LogMapping, name: str) -> str:
    """What was understood, in one sentence with its figures."""
    told = [_told(found.rows, use) for use in mapping.uses if use.field in SPOKEN]
    what = "epochs" if found.basis == "epochs" else "evaluations"
    count = len({row.epoch for row in found.rows})
    return f"Found {count:,} {what if count != 1 else what[:-1]} in {name}: {', '.join(told)}."


def names_of(found: Scan) -> tuple[str, ...]:
    """Every quantity that a log names, the most frequent first."""
    return tuple(name for name, _ in Counter(name for row in found.rows for name in row.cells).most_common(MOST_NAMES))


def words(mapping: LogMapping) -> str:
    """How the log is read, without figures: which name stands for what."""
    told = []
    for use in mapping.uses:
        what = SPOKEN.get(use.field) or use.field.replace("lr", "learning rate").replace("_", " ")
        told.append(f"{use.column} as {what}{' in percent' if use.scale != 1 else ''}")
    return ", ".join(told) + ("" if mapping.basis == "epochs" else "; evaluations are counted, no epoch is named") + "."


def _told(rows: tuple[Row, ...], use: Use) -> str:
    values = [number for row in rows if (number := _number(row.cells.get(use.column))) is not None]
    share = use.field in SHARES
    shown = [_short(value * use.scale * (100 if share else 1), share) for value in (values[0], values[-1])]
    change = shown[0] if len(values) == 1 else " → ".join(shown)
    return f"{SPOKEN[use.field]} {change}{' %' if share else ''}"


def _short(value: float, share: bool) -> str:
    if not math.isfinite(value):
        return str(value)
    return f"{value:.1f}".removesuffix(".0") if share else f"{value:.2f}" if abs(value) >= 0.1 else f"{value:.3g}"
