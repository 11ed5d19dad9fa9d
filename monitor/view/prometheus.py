"""The list of runs in Prometheus's text format: a few gauges a run, for so many runs and no more."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from monitor.run_dir import words
from monitor.run_dir.records import SEVERITIES
from monitor.view.shapes.listing import RunRow

MOST_RUNS = 2000
"""Runs in the answer at most: those at work first, then the ones that wrote last. Each has ten series at most."""
MOST_LETTERS = 120
"""Of a name: a run directory may call its metric anything."""
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
Sample = tuple[dict[str, str], float]
HELP = {
    "run_verdict": "The verdict as a label; 1 for the word that stands.",
    "run_live": "1 while the run is at work, else 0.",
    "run_gap": "Val loss - train loss at the last evaluation, in the unit of the loss.",
    "run_metric": "The metric that decides, at the last evaluation, in its own unit; shares as fractions.",
    "run_epoch": "The epoch of the last evaluation.",
    "run_last_record_age_seconds": "Seconds since the run last wrote anything; of a run at work up to 30 s too many.",
    "run_flags_open": "Flags that are open as of the last judgement, by severity.",
}


def exposition(rows: Sequence[RunRow], now: float, most: int = MOST_RUNS) -> str:
    """The whole answer. `rows`: the list's; `now`: UTC seconds; `most`: runs of each gauge at most."""
    told = sorted(rows, key=lambda row: (not row.live, -row.at))[:most]
    left_out = len(rows) - len(told)
    samples: dict[str, list[Sample]] = {name: [] for name in HELP}
    for row in told:
        for name, labels, value in _of_run(row, now):
            samples[name].append((labels, value))
    lines: list[str] = []
    for name, help_text in HELP.items():
        lines += _family(name, help_text, samples[name])
    lines += _family("runs", "Runs in the list.", [({}, len(rows))])
    lines += _family("runs_live", "Runs that are at work.", [({}, sum(row.live for row in rows))])
    lines += _family(
        "runs_left_out", f"Runs that have no gauges here, as there are more than {most}.", [({}, left_out)]
    )
    if left_out:
        at_work = sum(row.live for row in rows) - sum(row.live for row in told)
        which = f"those that wrote least recently, {at_work} of them at work" if at_work else "those that ended first"
        lines.append(f"# {left_out} of {len(rows)} runs are left out: {which}.")
    return "\n".join([*lines, ""])


def _of_run(row: RunRow, now: float) -> Iterator[tuple[str, dict[str, str], float]]:
    """(gauge, labels, value) of what is known of a run; what is not known has no series."""
    run = {"run": row.run}
    if row.verdict:
        yield "run_verdict", {**run, "verdict": row.verdict}, 1.0
    yield "run_live", run, float(row.live)
    if (gap := row.numbers.get("gap")) is not None:
        yield "run_gap", run, gap
    if row.value is not None:
        yield "run_metric", {**run, "metric": row.metric}, row.value
    if row.epoch is not None and math.isfinite(row.epoch):
        yield "run_epoch", run, row.epoch
    if row.at:
        yield "run_last_record_age_seconds", run, max(0.0, now - row.at)
    if row.flags is not None:
        for severity in SEVERITIES:
            yield "run_flags_open", {**run, "severity": severity}, float(row.flags.get(severity, 0))


def _family(name: str, help_text: str, samples: Sequence[Sample]) -> list[str]:
    if not samples:
        return []
    full = f"vitalsigns_{name}"
    lines = [f"# HELP {full} {help_text}", f"# TYPE {full} gauge"]
    for labels, value in samples:
        said = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
        lines.append(f"{full}{{{said}}} {value:.10g}" if said else f"{full} {value:.10g}")
    return lines


def _escaped(text: str) -> str:
    """A label's value: no control code, and no sign that would end it."""
    plain = "".join(letter if letter.isprintable() else " " for letter in words.steady(text)[:MOST_LETTERS])
    return plain.replace("\\", r"\\").replace('"', r"\"")
