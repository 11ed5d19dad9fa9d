"""A run, or a folder of runs, as pandas DataFrames and a Plotly figure: `vitalsigns.read("runs/demo").epochs`."""

from __future__ import annotations

import html
import time
from functools import cached_property
from pathlib import Path

import pandas as pd
import plotly.graph_objects as go

from monitor.diagnosis.judging import judge_run
from monitor.diagnosis.summaries import summary_of
from monitor.diagnosis.verdict import Judged
from monitor.frames import figure, tables
from monitor.run_dir import LAUNCH_FILE, RUN_FILE, Launch, Run, files
from monitor.run_dir.errors import MonitorError
from monitor.run_dir.reader import RunReader, list_runs
from monitor.run_dir.redaction import redacted
from monitor.run_dir.replay import as_of
from monitor.view import palette
from monitor.view.report.blocks import Figure
from monitor.view.report.chart import chart
from monitor.view.report.measured import statistics
from monitor.view.report.page import USED

__all__ = ["RunFrames", "read", "runs"]

STYLE = (
    f".vs-run {{ {palette.properties(*USED, dark=False)}; color: var(--vs-text); background: var(--vs-surface) }} "
    ".vs-run figure { display: inline-block; width: 30rem; margin: 0 1rem 0 0 } "
    ".vs-run svg text { fill: var(--vs-muted); font-size: 12px } .vs-run svg .axis { stroke: var(--vs-hairline) }"
)


def read(run: str | Path) -> RunFrames:
    """The run as it stands on the disk now. Raises UnreadableRunError."""
    return RunFrames(RunReader(Path(run)))


def runs(folder: str | Path) -> pd.DataFrame:
    """One row for each run of a folder (index: run id): verdict, newest numbers, and the settings that differ.

    Settings have the prefix `config.`; a run that cannot be read has its reason in `problem`.
    """
    rows = [_row(Path(folder) / name) for name in list_runs(Path(folder))]
    return tables.of_runs(rows)


def _row(run_dir: Path) -> tables.RunOfFolder:
    try:
        summary = summary_of(run_dir)
    except MonitorError as problem:
        return tables.RunOfFolder(run_dir.name, problem=str(problem))
    run = files.read_document(run_dir / RUN_FILE, Run, files.UNREADABLE)
    launch = files.read_document(run_dir / LAUNCH_FILE, Launch, files.UNREADABLE)
    parent = launch.parent.run_id if launch is not None and launch.parent is not None else None
    return tables.RunOfFolder(run_dir.name, summary, redacted(run.config) if run is not None else {}, parent)


class RunFrames:
    """What was read of one run. Tables are made when first asked for; `refresh()` reads what has been added."""

    def __init__(self, reader: RunReader) -> None:
        self._reader = reader
        self.snapshot = reader.read(time.time())

    def refresh(self) -> RunFrames:
        """Reads the bytes that are new, and makes the tables anew when they are asked for."""
        self.snapshot = self._reader.read(time.time())
        for name in ("epochs", "steps", "decodes", "alerts", "findings"):
            self.__dict__.pop(name, None)
        return self

    def judge(self, at: float | None = None) -> Judged:
        """Findings and verdict, now or as they were after the last evaluation up to epoch `at`."""
        seen = self.snapshot if at is None else as_of(self.snapshot, at)
        return judge_run(seen, seen.read_at)

    @cached_property
    def epochs(self) -> pd.DataFrame:
        """One row for each evaluation (index: epoch), a column for each number that was logged at least once.

        `attrs["units"]` has the unit of each column that has one. Not measured is NaN, or NA in a column of counts.
        """
        return tables.of_epochs(self.snapshot)

    @cached_property
    def steps(self) -> pd.DataFrame:
        """One row for each logged step (index: step), as `epochs`."""
        return tables.of_steps(self.snapshot)

    @cached_property
    def decodes(self) -> pd.DataFrame:
        """One row for each prediction: epoch, split, clip_id, reference, hypothesis, errors and words.

        `errors` are edits over words (substitutions, deletions, insertions), `words` those of the reference.
        """
        return tables.of_decodes(self.snapshot)

    @cached_property
    def alerts(self) -> pd.DataFrame:
        """What the alert file remembers, oldest first: event, rule, severity, at (UTC), epoch, line."""
        return tables.of_alerts(self.snapshot)

    @cached_property
    def findings(self) -> pd.DataFrame:
        """What the rules find now (index: rule): severity, line, onset, fired, critical_since, now, limits."""
        return tables.of_findings(self.judge().results)

    def plot(self) -> go.Figure:
        """Losses, and below them the error rate where there is one, by epoch, in the colours of the page."""
        return figure.of(self.snapshot)

    def _repr_html_(self) -> str:
        """Verdict and small curves, for a notebook: no script, a few kilobytes. Text of the run is escaped."""
        said = self.judge().diagnosis
        head = f"<p><b>{html.escape(self.snapshot.run_id)}: {said.verdict}</b> {html.escape(said.reason)}</p>"
        curves = "".join(chart(block) for block in statistics(self.snapshot) if isinstance(block, Figure))
        return f'<div class="vs-run"><style>{STYLE}</style>{head}{curves}</div>'

    def __repr__(self) -> str:
        return (
            f"<run {self.snapshot.run_id}: {len(self.snapshot.epochs)} evaluations, {len(self.snapshot.steps)} steps>"
        )
