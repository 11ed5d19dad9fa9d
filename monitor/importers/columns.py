"""Columns that do not describe one run's evaluations as they stand: a table of runs, and W&B's export of a chart."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from monitor.importers.vocabulary import EPOCHS, STEPS, words
from monitor.run_dir.errors import UnreadableRunError

RUN_NAMES = words(
    "name, run, run name, trial name, run_name, run id, run_id, experiment, trial, trial_id, model, number"
)
RUN_FACTS = words("state, status, created, runtime, user, start time, duration, notes, tags, sweep, source, end time")
MODEL_FACTS = words(
    "model, models, method, methods, algorithm, approach, architecture, backbone, network, params, #params"
)
"""Names of columns that describe one model a row, where none is an epoch or a step."""
OF_A_RUN = re.compile(r"(.+?) - (.+?)(__MIN|__MAX)?")
"""How W&B names a column when it exports a chart: run, quantity, and the band around its line."""
OTHERS = ""
"""The name of a column of another run: it is not read."""


def is_table_of_runs(names: Sequence[str]) -> bool:
    """Whether the columns describe runs, one a row, and not evaluations of one run."""
    known = {name.strip().strip("\"'").lower() for name in names}
    how_long = "epochs" in known and "epoch" not in known  # for how many epochs each was trained
    models = bool(known & MODEL_FACTS) and not known & (EPOCHS | STEPS)
    return models or (bool(known & RUN_NAMES) and (how_long or bool(known & RUN_FACTS)))


def refuse_a_table_of_runs(path: Path, names: Sequence[str]) -> None:
    """Raises UnreadableRunError where the columns describe runs or models, one a row."""
    if is_table_of_runs(names):
        raise UnreadableRunError(
            f"{path} is a table of runs, one a row ({', '.join(names[:4])} …), and not one run's evaluations; "
            "export a chart of the run, or its history."
        )


def runs_of(names: Sequence[str]) -> list[str]:
    """The runs of a chart's export, in order; none where the columns are no such export.

    One column may name none: the steps. Two parts alone are no sign of it (`val - loss`), so of several runs one must
    have its band, which W&B always exports.
    """
    parts = [OF_A_RUN.fullmatch(name) for name in names]
    runs = list(dict.fromkeys(found[1] for found in parts if found))
    if sum(found is None for found in parts) > 1 or (len(runs) > 1 and not any(found and found[3] for found in parts)):
        return []
    return runs


def of_run(names: Sequence[str], run: str) -> list[str]:
    """The names of a chart's export without the run, those of other runs as OTHERS."""
    parts = [OF_A_RUN.fullmatch(name) for name in names]
    return [
        name if found is None else found[2] + (found[3] or "") if found[1] == run else OTHERS
        for name, found in zip(names, parts, strict=True)
    ]


def without_run(names: Sequence[str]) -> list[str]:
    """The names of a chart's export without the run, where it is one run's; any others as they are."""
    runs = runs_of(names)
    return of_run(names, runs[0]) if len(runs) == 1 else list(names)
