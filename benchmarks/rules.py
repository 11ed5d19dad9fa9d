"""Replays labelled training curves through a rule, evaluation by evaluation, and counts what it said.

Usage: python -m benchmarks.rules --curves DIR [--rule overfitting] [--json]
DIR holds `labels.csv` (id, consensus, alarm_row, family …) and `<id>.csv` (epoch, train_loss, val_loss, val_wer …).
A curve counts as flagged if the rule said warning or critical at any evaluation; it never sees what comes later.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import statistics
import sys
from pathlib import Path

from monitor.rules.registry import RULES
from monitor.rules.result import Finding
from monitor.rules.thresholds import DEFAULTS
from monitor.run_dir import Epoch, Snapshot

FIELDS = ("train_loss", "val_loss", "train_wer", "val_wer", "lr", "blank_ratio")


def read_curve(path: Path, scale: float = 1.0) -> tuple[Epoch, ...]:
    """The records of one curve; losses times `scale`."""
    records = []
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            values = {name: float(row[name]) for name in FIELDS if row.get(name)}
            for name in ("train_loss", "val_loss"):
                if name in values:
                    values[name] *= scale
            records.append(Epoch(epoch=float(row["epoch"]), **values))  # type: ignore[arg-type]
    return tuple(records)


def first_alarm(records: tuple[Epoch, ...], rule_name: str) -> tuple[int | None, str | None]:
    """(row, 1-based, of the first warning or critical; worst severity ever said)."""
    rule = next(rule for rule in RULES if rule.name == rule_name)
    first, worst = None, None
    for row in range(1, len(records) + 1):
        snapshot = Snapshot(run_dir="", run_id="curve", read_at=0.0, epochs=records[:row])
        result = rule.check(snapshot, DEFAULTS, 0.0)
        if isinstance(result, Finding) and result.severity != "info":
            first = row if first is None else first
            worst = "critical" if "critical" in (worst, result.severity) else "warning"
    return first, worst


def measure(folder: Path, rule_name: str) -> dict[str, object]:
    """Precision, recall, false-alarm rate and lead on the labels that both raters agree on."""
    rows = list(csv.DictReader((folder / "labels.csv").open(newline="")))
    said = {}
    for row in rows:
        records = read_curve(folder / f"{row['id']}.csv")
        said[row["id"]] = (row["consensus"], *first_alarm(records, rule_name), row["alarm_row"])
        for scale in (0.1, 10.0):
            scaled = first_alarm(read_curve(folder / f"{row['id']}.csv", scale), rule_name)
            if scaled != said[row["id"]][1:3]:
                sys.stderr.write(f"{row['id']}: not scale-free: {said[row['id']][1:3]} against {scaled} at x{scale}\n")
    hit = [k for k, v in said.items() if v[0] == "yes" and v[1]]
    missed = [k for k, v in said.items() if v[0] == "yes" and not v[1]]
    false = [k for k, v in said.items() if v[0] == "no" and v[1]]
    quiet = [k for k, v in said.items() if v[0] == "no" and not v[1]]
    loss_only = [k for k, v in said.items() if v[0] == "loss_only"]
    on_loss_only = [k for k in loss_only if said[k][1]]
    leads = [float(said[k][3]) - said[k][1] for k in hit if said[k][3]]
    return {
        "rule": rule_name,
        "precision": len(hit) / max(1, len(hit) + len(false)),
        "recall": len(hit) / max(1, len(hit) + len(missed)),
        "false_alarm_rate": len(false) / max(1, len(false) + len(quiet)),
        "median_lead": statistics.median(leads) if leads else math.nan,
        "counts": {"hit": len(hit), "missed": len(missed), "false": len(false), "quiet": len(quiet)},
        "on_loss_only": f"{len(on_loss_only)}/{len(loss_only)}",
        "missed": missed,
        "false": false,
        "loss_only_flagged": on_loss_only,
        "critical_false": [k for k in false if said[k][2] == "critical"],
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--curves", type=Path, required=True)
    parser.add_argument("--rule", default="overfitting", choices=[rule.name for rule in RULES])
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    if not (args.curves / "labels.csv").exists():
        sys.stderr.write(f"error: {args.curves} holds no labels.csv. Give the folder of labelled curves.\n")
        return 64
    found = measure(args.curves, args.rule)
    if args.json:
        print(json.dumps({"ours": {args.rule: found}}))
        return 0
    for key, value in found.items():
        print(f"{key:>20}  {value:.2f}" if isinstance(value, float) else f"{key:>20}  {value}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
