"""What a person decides about one run, kept in its folder: the metric that it is judged by, and the away policy."""

from __future__ import annotations

from pathlib import Path

from monitor.run_dir import AWAY_FILE, METRIC_FILE, Away, MetricChoice, encode, files
from monitor.run_dir.audit import audited, by_run_dir
from monitor.run_dir.metric import Metric


@audited("metric", by_run_dir)
def judge_by(run_dir: Path, metric: Metric | None, by: str, now: float) -> None:
    """From now on the run is judged by `metric`; None: by what is declared or recognised.

    A run that has ended is judged anew where it is looked at. Raises RefusedError if the folder cannot be written.
    """
    with files.writing(run_dir, "changed"):
        files.replace(run_dir / METRIC_FILE, encode(MetricChoice(metric=metric, by=by, at=now)))


@audited("away", by_run_dir)
def set_policy(run_dir: Path, policy: Away) -> None:
    """Changes what is done when the run goes bad, from now on. Raises RefusedError if the folder cannot be written."""
    with files.writing(run_dir, "changed"):
        files.replace(run_dir / AWAY_FILE, encode(policy))
