"""What people act on: had one stopped at the first STOP, how much was lost, how much saved; beside early stopping.

Each DIR holds `labels.csv` and `<id>.csv`, as for `python -m benchmarks.rules`; runs with an error rate count.
Regret is the share by which the lowest error rate until the stop lies above the run's lowest.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.decisions import picture, waiting
from benchmarks.decisions.pairs import read_pairs
from benchmarks.decisions.policies import Decision, decide, exact, has_errors, policies, words_of
from benchmarks.rules.curves import Curve, read_curves

REGRETS = (0.02, 0.10)


def measure(sets: Mapping[str, Sequence[Curve]]) -> tuple[dict[str, Any], dict[str, Any]]:
    """(set of runs → policy → figures; where there are several sets, "all" has them together; set → how often the end
    lay inside the band of waiting)."""
    made: dict[str, dict[str, list[Decision]]] = {}
    bands: dict[str, Any] = {}
    for name, curves in sets.items():
        judged = [(curve, words_of(curve)) for curve in curves if has_errors(curve)]
        bands[name] = waiting.band(judged)
        made[name] = {
            policy: [decide(curve, flags(curve, words)) for curve, words in judged]
            for policy, flags in policies().items()
        }
    if len(made) > 1:
        made["all"] = {policy: [d for found in made.values() for d in found[policy]] for policy in policies()}
    decisions = {name: {policy: figures(each) for policy, each in found.items()} for name, found in made.items()}
    return decisions, bands


def figures(decisions: Sequence[Decision]) -> dict[str, Any]:
    """Counts with exact 95 % intervals; `families` has the stops and the regretted ones of each family."""
    stops = [decision for decision in decisions if decision.row is not None]
    regretted = {f"{100 * limit:g} %": sum(stop.regret > limit for stop in stops) for limit in REGRETS}
    families: dict[str, list[int]] = {}
    for stop in stops:
        counts = families.setdefault(stop.family, [0, 0])
        counts[0] += 1
        counts[1] += stop.regret > REGRETS[0]
    return {
        "runs": len(decisions),
        "stops": len(stops),
        "regretted": regretted,
        "regretted_interval": exact(regretted[f"{100 * REGRETS[0]:g} %"], len(stops)),
        "worst_regret": max((stop.regret for stop in stops), default=0.0),
        "saved": float(np.mean([decision.saved for decision in decisions])) if decisions else 0.0,
        "families": families,
        "decisions": [asdict(stop) for stop in stops],
    }


def table(found: Mapping[str, Mapping[str, Any]]) -> str:
    lines = [
        "| policy | runs | stops | regret > 2 % (95 %) | > 10 % | worst | evaluations saved |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, row in found.items():
        share = row["regretted_interval"]
        interval = f" ({share[0]:.2f}–{share[1]:.2f})" if share else ""
        two, ten = row["regretted"].values()
        lines.append(
            f"| {name} | {row['runs']} | {row['stops']} | {two}{interval} | {ten} "
            f"| {100 * row['worst_regret']:.0f} % | {row['saved']:.2f} |"
        )
    return "\n".join(lines)


def _short(value: object) -> str:
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.decisions", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--curves", type=Path, required=True, nargs="+", metavar="DIR", help="folders of curves")
    parser.add_argument("--json", action="store_true", help="every figure, with the runs behind it")
    parser.add_argument("--picture", type=Path, metavar="FILE.svg", help="draw regret against saving")
    args = parser.parse_args()
    try:
        sets = {folder.name: read_curves(folder) for folder in args.curves}
    except FileNotFoundError as problem:
        sys.stderr.write(f"error: {problem.filename} is not there. Give folders that hold labels.csv and curves.\n")
        return 64
    found, bands = measure(sets)
    pairs = waiting.choices(read_pairs())
    if args.picture:
        args.picture.write_text(picture.draw(found[list(found)[-1]]), encoding="utf-8")
    if args.json:
        print(json.dumps({"policies": found, "waiting": bands, "pairs": pairs}, indent=1))
    else:
        print("\n\n".join(f"{name}:\n\n{table(rows)}" for name, rows in found.items()))
        print("\nBand of waiting, each run as one:")
        for name, row in bands.items():
            print(f"  {name}: {', '.join(f'{key} {_short(value)}' for key, value in row.items())}")
        print(
            f"Wait or restart on recorded pairs: {', '.join(f'{key} {_short(value)}' for key, value in pairs.items())}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
