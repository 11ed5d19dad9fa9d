"""Take a run back out of the trash; without a name, list what lies there."""

from __future__ import annotations

from typing import Annotated

import typer

from monitor.commands.common import DEFAULT_RUNS, JsonOption, RunsOption, console, elsewhere, print_json
from monitor.launcher.trash import restore, trashed
from monitor.run_dir.errors import EXIT_OK


def run(
    run: Annotated[str | None, typer.Argument(metavar="[RUN]", help="A run id that was archived.")] = None,
    runs: RunsOption = DEFAULT_RUNS,
    as_json: JsonOption = False,
) -> int:
    if run is None:
        lying = trashed(runs.absolute())
        if as_json:
            print_json({"trash": lying})
        else:
            console().print("\n".join(each.run_id for each in lying) or "The trash is empty.")
        return EXIT_OK
    run_id = restore(runs.absolute(), run)
    if as_json:
        print_json({"run_id": run_id})
    else:
        console().print(f"{run_id} is back.  Look at it: python -m monitor show {run_id}{elsewhere(runs)}")
    return EXIT_OK
