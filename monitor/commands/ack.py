"""Acknowledge an alert of a run, by its id or by its rule: it stays listed and sends no more messages."""

from __future__ import annotations

from typing import Annotated

import typer

from monitor.commands.common import (
    DEFAULT_RUNS,
    JsonOption,
    RunArgument,
    RunsOption,
    console,
    find_run,
    now,
    print_json,
    who,
)
from monitor.diagnosis.acks import acknowledge
from monitor.run_dir.errors import EXIT_OK


def run(
    run: RunArgument,
    alert: Annotated[str, typer.Argument(metavar="ALERT", help="An alert id such as gap-33, or a rule such as gap.")],
    runs: RunsOption = DEFAULT_RUNS,
    as_json: JsonOption = False,
) -> int:
    """Exit code 0, also where it was acknowledged before."""
    run_dir = find_run(runs, run)
    alert_id, is_new = acknowledge(run_dir, alert, who(), now())
    if as_json:
        print_json({"run_id": run_dir.name, "alert_id": alert_id, "new": is_new})
    else:
        console().print(f"{alert_id}: {'acknowledged' if is_new else 'was already acknowledged'}.")
    return EXIT_OK
