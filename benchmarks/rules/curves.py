"""Labelled curves from a folder: `labels.csv` and one `<id>.csv` per run."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from monitor.run_dir import Epoch

FIELDS = ("train_loss", "val_loss", "train_wer", "val_wer", "lr", "blank_ratio")
CLASSES = (
    "overfitting",
    "loss_only",
    "not_learning",
    "diverged",
    "oscillating",
    "misleading_metric",
    "healthy",
)


@dataclass(frozen=True)
class Curve:
    """One run. `verdicts`: class → True, False, or absent where the raters do not say or do not agree.

    `alarm_row`: 1-based evaluation at which a person who watched would have raised the alarm.
    """

    id: str
    family: str
    verdicts: Mapping[str, bool]
    alarm_row: int | None
    records: tuple[Epoch, ...]

    def scaled(self, factor: float) -> Curve:
        """The same run with every loss multiplied."""
        return replace(self, records=tuple(_scaled(record, factor) for record in self.records))


def _scaled(record: Epoch, factor: float) -> Epoch:
    losses = {name: getattr(record, name) for name in ("train_loss", "val_loss")}
    return msgspec.structs.replace(record, **{k: v * factor for k, v in losses.items() if v is not None})


def read_curves(folder: Path) -> list[Curve]:
    """Raises FileNotFoundError where `labels.csv` or a curve that it names is missing."""
    with (folder / "labels.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [
        Curve(
            id=row["id"],
            family=row["family"] or row["id"],
            verdicts=verdicts_of(row),
            alarm_row=int(float(row["alarm_row"])) if row.get("alarm_row") else None,
            records=read_records(folder / f"{row['id']}.csv"),
        )
        for row in rows
    ]


def read_records(path: Path) -> tuple[Epoch, ...]:
    records = []
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            values = {name: float(row[name]) for name in FIELDS if row.get(name)}
            records.append(Epoch(epoch=float(row["epoch"]), **values))  # type: ignore[arg-type]
    return tuple(records)


def verdicts_of(row: Mapping[str, str]) -> dict[str, bool]:
    """Overfitting and loss-only as both raters agree; the other classes from the words of the first rater's label."""
    words = [part.strip().lower() for part in row["labels"].split(";")]
    found: dict[str, bool] = {}
    if row["consensus"] in ("yes", "no"):
        found["overfitting"] = row["consensus"] == "yes"
    if row["consensus"] in ("yes", "no", "loss_only"):
        found["loss_only"] = row["consensus"] == "loss_only"
    if "truncated" in words and len(words) == 1:
        return found
    if not any("undetermined" in word for word in words):
        found["not_learning"] = any(
            word.startswith(("not learning", "plateau", "blank collapse", "collapse", "underfitting")) for word in words
        )
    found["diverged"] = any(
        word.startswith("diverg") or "non-finite" in word or word.startswith("nan") for word in words
    )
    found["oscillating"] = any("oscillating" in word for word in words)
    found["misleading_metric"] = any(
        "swapped" in word or "broken scale" in word or "different scales" in word for word in words
    )
    found["healthy"] = words[0].startswith("healthy")
    return found
