"""Columns that do not describe one run's evaluations as they stand: a table of runs, and W&B's export of a chart."""

from __future__ import annotations

import re
from collections.abc import Sequence

from monitor.importers.vocabulary import words

RUN_NAMES = words("name, run, run name, run_name, run id, run_id, experiment, trial, trial_id, model, number")
RUN_FACTS = words("state, status, created, runtime, user, start time, duration, notes, tags, sweep, source, end time")
OF_A_RUN = re.compile(r"(.+?) - (.+?)(__MIN|__MAX)?")
"""How W&B names a column when it exports a chart: run, quantity, and the band around its line."""


def is_table_of_runs(names: Sequence[str]) -> bool:
    """Whether the columns describe runs, one a row, and not evaluations of one run."""
    known = {name.strip().strip("\"'").lower() for name in names}
    return bool(known & RUN_NAMES) and bool(known & RUN_FACTS)


def without_run(names: Sequence[str]) -> list[str]:
    """The names of a chart's export without the run, where it is one run's; any others as they are."""
    parts = [OF_A_RUN.fullmatch(name) for name in names]
    runs = {found[1] for found in parts if found}
    if len(runs) != 1 or sum(found is None for found in parts) > 1:
        return list(names)
    return [name if found is None else found[2] + (found[3] or "") for name, found in zip(names, parts, strict=True)]
