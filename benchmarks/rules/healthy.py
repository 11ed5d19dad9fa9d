"""The band of recorded healthy runs, each as multiples of its own first evaluation: `monitor/diagnosis/healthy.json`.

`python -m benchmarks.rules.healthy --curves DIR… > monitor/diagnosis/healthy.json`
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np

from benchmarks.rules.curves import Curve, read_curves
from monitor.diagnosis.normal import HIGH, LOW, Healthy

LEAST_RUNS = 8
"""At an evaluation to which fewer runs came, eight tenths of them say nothing."""


def healthy(curves: Sequence[Curve]) -> Healthy:
    """From the first evaluation (a multiple of 1) on, as far as enough runs go."""
    good = [curve for curve in curves if curve.verdicts.get("healthy")]
    return Healthy(
        runs=len(good),
        val_loss=_edges([_multiples(curve, "val_loss") for curve in good]),
        error=_edges([_multiples(curve, "val_wer") for curve in good]),
    )


def _multiples(curve: Curve, name: str) -> list[float]:
    known = [value for record in curve.records if (value := getattr(record, name)) is not None and np.isfinite(value)]
    return [value / known[0] for value in known] if known and known[0] > 0 else []


def _edges(runs: Sequence[Sequence[float]]) -> list[tuple[float, float]]:
    edges = []
    for place in range(max(map(len, runs), default=0)):
        there = [run[place] for run in runs if len(run) > place]
        if len(there) < LEAST_RUNS:
            break
        low, high = np.quantile(there, (LOW, HIGH))
        edges.append((round(float(low), 3), round(float(high), 3)))
    return edges


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.rules.healthy",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--curves", type=Path, required=True, nargs="+", metavar="DIR", help="folders of curves")
    args = parser.parse_args()
    found = healthy([curve for folder in args.curves for curve in read_curves(folder)])
    sys.stdout.write(msgspec.json.encode(found).decode() + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
