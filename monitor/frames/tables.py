"""Records → DataFrames: columns that were logged, their types, and their units in `attrs`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import jiwer
import msgspec
import pandas as pd

from monitor.diagnosis.summaries import scored
from monitor.rules.primary import primary_of
from monitor.rules.result import Finding, Result
from monitor.run_dir import Epoch, Snapshot, Step, Summary
from monitor.run_dir.metric import WER

COUNTS = {"step", "generation", "non_finite", "non_finite_in_a_row", "device_memory_bytes"}
COUNTS |= {"val_substitutions", "val_deletions", "val_insertions", "val_tokens", "val_hypothesis_tokens"}
LOSSES = ("train_loss", "train_eval_loss", "val_loss", "gap")
FRACTIONS = ("train_wer", "val_wer")
SECONDS = ("seconds",)
IDENTITY = {"epoch", "step", "at", "generation"}
"""Stand in every record, logged or not."""


@dataclass(frozen=True)
class RunOfFolder:
    """One run of a folder. `problem`: why it cannot be read."""

    run_id: str
    summary: Summary | None = None
    config: dict[str, Any] = field(default_factory=dict)
    parent: str | None = None
    problem: str = ""


def of_epochs(snapshot: Snapshot) -> pd.DataFrame:
    """One row an evaluation, by `epoch`. `attrs["units"]`: column → unit, where it is known; so with `of_steps`."""
    return _with_units(_of_records(snapshot.epochs, Epoch, "epoch"), snapshot)


def of_steps(snapshot: Snapshot) -> pd.DataFrame:
    """One row a logged step, by `step`."""
    return _with_units(_of_records(snapshot.steps, Step, "step"), snapshot)


def _of_records(records: Sequence[Epoch] | Sequence[Step], kind: type[Epoch | Step], index: str) -> pd.DataFrame:
    """A column for each number that any record has; those in `metrics` under their own names."""
    rows = [msgspec.structs.asdict(record) for record in records]
    own = [name for name in kind.__struct_fields__ if name != "metrics"]
    kept = [name for name in own if name in IDENTITY or any(row[name] is not None for row in rows)]
    more = dict.fromkeys(name for row in rows for name in row["metrics"] if name not in own)
    columns = {name: [row[name] for row in rows] for name in kept}
    columns |= {name: [row["metrics"].get(name) for row in rows] for name in more}
    table = pd.DataFrame({name: _column(name, values) for name, values in columns.items()})
    return table.set_index(index)


def _column(name: str, values: list[Any]) -> pd.Series[Any]:
    if name == "at":
        return pd.to_datetime(pd.Series(values, dtype="float64"), unit="s", utc=True)
    if name in COUNTS:
        return pd.Series(values, dtype="Int64")
    return pd.Series(values, dtype="str" if any(isinstance(value, str) for value in values) else "float64")


def _with_units(table: pd.DataFrame, snapshot: Snapshot) -> pd.DataFrame:
    stated = snapshot.run.units if snapshot.run is not None else {}
    units = dict.fromkeys(LOSSES, stated.get("loss", "")) | dict.fromkeys(FRACTIONS, stated.get("wer", "fraction"))
    units |= dict.fromkeys(SECONDS, "s") | {name: unit for name, unit in stated.items() if name not in ("loss", "wer")}
    metric = primary_of(snapshot)
    if metric is not None and metric is not WER:
        units |= {name: metric.unit for name in (metric.name, metric.train) if name and metric.unit != "raw"}
    table.attrs["units"] = {name: unit for name, unit in units.items() if unit and name in table.columns}
    return table


def of_decodes(snapshot: Snapshot) -> pd.DataFrame:
    """One row a prediction: `reference`, `errors` and `words` are missing where the clip's target is not known."""
    names = ["epoch", "split", "clip_id", "reference", "hypothesis", "errors", "words"]
    table = pd.DataFrame(list(_predictions(snapshot)), columns=names)
    return table.astype({"epoch": "float64", "errors": "Int64", "words": "Int64"})


def _predictions(snapshot: Snapshot) -> Iterator[tuple[Any, ...]]:
    clips = {split: {c.clip_id: c.reference for c in snapshot.clips if c.split == split} for split in _splits(snapshot)}
    for decode in snapshot.decodes:
        references = clips[decode.split]
        ids = decode.clip_ids or list(references)
        for clip_id, said in zip(ids, decode.hypotheses, strict=False):
            reference = references.get(clip_id)
            errors, words = (None, None) if reference is None else (_edits(reference, said), len(reference.split()))
            yield decode.epoch, decode.split, clip_id, reference, said, errors, words


def _splits(snapshot: Snapshot) -> set[str]:
    return {decode.split for decode in snapshot.decodes}


def _edits(reference: str, said: str) -> int:
    """Words substituted, left out and added. jiwer takes no empty reference: there every predicted word is an
    addition."""
    if not reference.split():
        return len(said.split())
    found = jiwer.process_words(reference, said)
    return found.substitutions + found.deletions + found.insertions


def of_alerts(snapshot: Snapshot) -> pd.DataFrame:
    """One row an event of an alert, oldest first; `at` in UTC."""
    names = ["event", "rule", "severity", "at", "epoch", "line"]
    table = pd.DataFrame([[getattr(alert, name) for name in names] for alert in snapshot.alerts], columns=names)
    table["at"] = pd.to_datetime(table["at"].astype("float64"), unit="s", utc=True)
    return table.astype({"epoch": "float64"})


def of_findings(results: Iterable[Result]) -> pd.DataFrame:
    """One row a rule that found something, by `rule`; epochs are floats, NaN where there is none."""
    names = ["rule", "severity", "line", "onset", "fired", "critical_since", "now", "limits"]
    found = [result for result in results if isinstance(result, Finding)]
    table = pd.DataFrame([[getattr(finding, name) for name in names] for finding in found], columns=names)
    return table.astype(dict.fromkeys(("onset", "fired", "critical_since"), "float64")).set_index("rule")


def of_runs(rows: Sequence[RunOfFolder]) -> pd.DataFrame:
    """Only the settings that differ between the runs become columns; `metric` names the primary one of each run."""
    shown = ["verdict", "reason", "epoch", "val_wer", "best_val_wer", "val_loss", "gap"]
    scores = ["metric", "metric_value", "metric_best"]
    differing = _differing([row.config for row in rows if row.summary is not None])
    table = pd.DataFrame(
        [
            [row.run_id, *(getattr(row.summary, name, None) for name in shown), *_scored(row), row.parent, row.problem]
            + [row.config.get(key) for key in differing]
            for row in rows
        ],
        columns=["run_id", *shown, *scores, "parent", "problem", *(f"config.{key}" for key in differing)],
    )
    numbers = dict.fromkeys(("epoch", "val_wer", "best_val_wer", "val_loss", "gap", *scores[1:]), "float64")
    return table.astype(numbers).set_index("run_id")


def _scored(row: RunOfFolder) -> tuple[str | None, float | None, float | None]:
    """(name of the primary metric, its newest value, its best value)."""
    if row.summary is None:
        return None, None, None
    metric, value, best, _ = scored(row.summary)
    return (metric.name if value is not None else None), value, best[0] if best is not None else None


def _differing(configs: Sequence[dict[str, Any]]) -> list[str]:
    keys = dict.fromkeys(key for config in configs for key in config)
    return [key for key in keys if len({repr(config.get(key)) for config in configs}) > 1]
