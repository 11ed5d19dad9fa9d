"""How many outcomes lay inside the band that was drawn before them, and whether foretold crossings came."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.rules.curves import Curve
from benchmarks.rules.replay import snapshot_of
from benchmarks.rules.scores import wilson
from monitor.rules.arithmetic import forecast
from monitor.rules.arithmetic.series import Array
from monitor.rules.gap_forecast import GapForecast
from monitor.rules.gap_limit import GapLimits
from monitor.rules.result import Finding
from monitor.rules.thresholds import DEFAULTS

LIMIT_SCALES = (0.1, 1.0, 10.0)
"""Losses come in all units: a limit of 1.0 is met by few of the curves, a tenth or ten times the loss by others."""


def measure(curves: Sequence[Curve]) -> dict[str, Any]:
    return {
        "share_promised": forecast.SHARE,
        "gap": _coverage([_column(curve, "gap") for curve in curves]),
        "val_wer": _coverage([_column(curve, "val_wer") for curve in curves]),
        "crossings": _crossings(curves),
    }


def _column(curve: Curve, name: str) -> tuple[Array, Array]:
    """(epochs, values) of the evaluations that have one."""
    if name == "gap":
        values = [
            None if r.val_loss is None or r.train_loss is None else r.val_loss - r.train_loss for r in curve.records
        ]
    else:
        values = [getattr(record, name) for record in curve.records]
    found = np.array([np.nan if value is None else value for value in values], dtype=float)
    keep = np.isfinite(found)
    return np.array([record.epoch for record in curve.records])[keep], found[keep]


def _coverage(series: Sequence[tuple[Array, Array]]) -> dict[str, Any]:
    """Share of outcomes inside the band, each run counting as one; and the error beside that of "it stays as it is"."""
    per_run, by_ahead, better = [], {1: [], 3: [], 5: [], 10: []}, []
    for epochs, values in series:
        inside, errors, stays = [], [], []
        for count in range(forecast.NEEDED, len(values)):
            seen = forecast.outlook(epochs[:count], values[:count], min(forecast.AHEAD, len(values) - count))
            if seen is None:
                continue
            truth = values[count : count + len(seen.middle)]
            hits = (seen.low <= truth) & (truth <= seen.high)
            inside.extend(hits.tolist())
            errors.extend(np.abs(truth - seen.middle).tolist())
            stays.extend(np.abs(truth - values[count - 1]).tolist())
            for ahead, found in by_ahead.items():
                if ahead <= len(hits):
                    found.append((len(per_run), bool(hits[ahead - 1])))
        if inside:
            per_run.append(float(np.mean(inside)))
            better.append(float(np.mean(errors)) < float(np.mean(stays)))
    return {
        "runs": len(per_run),
        "inside": float(np.mean(per_run)) if per_run else None,
        "inside_by_evaluations_ahead": {str(ahead): _mean_of_runs(found) for ahead, found in by_ahead.items()},
        "closer_than_no_change": sum(better),
    }


def _mean_of_runs(found: Sequence[tuple[int, bool]]) -> float | None:
    runs: dict[int, list[bool]] = {}
    for run, hit in found:
        runs.setdefault(run, []).append(hit)
    return float(np.mean([np.mean(hits) for hits in runs.values()])) if runs else None


def _crossings(curves: Sequence[Curve]) -> dict[str, Any]:
    """First time that the hint speaks on a run, at each scale of its loss: did the gap cross within what was seen?"""
    said = came = inside = 0
    for curve in curves:
        for scale in LIMIT_SCALES:
            told = _first_told(curve.scaled(scale))
            if told is None:
                continue
            said += 1
            crossed_at, early, late = told
            came += crossed_at is not None
            inside += crossed_at is not None and early <= crossed_at <= late
    return {"foretold": said, "came": came, "came_interval": wilson(came, said), "inside_band": inside}


def _first_told(curve: Curve) -> tuple[float | None, float, float] | None:
    """(epoch of the crossing if it came, the band's early and late epoch) of the first hint with an outcome."""
    epochs, gap = _column(curve, "gap")
    rule = GapForecast()
    for row in range(1, len(curve.records)):
        result = rule.check(snapshot_of(curve.id, curve.records[:row]), DEFAULTS, 0.0)
        if not isinstance(result, Finding):
            continue
        count = int((epochs <= curve.records[row - 1].epoch).sum())
        seen = forecast.outlook(epochs[:count], gap[:count])
        crosses = forecast.crossing(seen, DEFAULTS.of(GapLimits).gap_limit) if seen is not None else None
        if crosses is None or len(gap) == count:
            return None
        over = np.flatnonzero(gap[count:] > DEFAULTS.of(GapLimits).gap_limit)
        late = float("inf") if crosses.late is None else crosses.late
        return (float(epochs[count + over[0]]) if len(over) else None), crosses.early, late
    return None
