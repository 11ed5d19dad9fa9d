"""The verbs `archive` and `restore`: an ended run is put aside, and taken back."""

from __future__ import annotations

from typing import Annotated

import typer

from monitor.commands.common import (
    DEFAULT_RUNS,
    JsonOption,
    RunArgument,
    RunsOption,
    console,
    elsewhere,
    now,
    print_json,
)
from monitor.launcher.trash import archive, restore, trashed
from monitor.run_dir.errors import EXIT_OK


def archive_verb(run: RunArgument, runs: RunsOption = DEFAULT_RUNS, as_json: JsonOption = False) -> int:
    """Put an ended run aside: it moves to the folder .trash beside the other runs, whole; restore takes it back."""
    put = archive(runs.absolute(), run, now())
    if as_json:
        print_json(put)
    else:
        console().print(
            f"{put.run_id} is in the trash.  Take it back: python -m monitor restore {put.run_id}{elsewhere(runs)}",
            soft_wrap=True,
        )
    return EXIT_OK


def restore_verb(
    run: Annotated[str | None, typer.Argument(metavar="[RUN]", help="A run id that was archived.")] = None,
    runs: RunsOption = DEFAULT_RUNS,
    as_json: JsonOption = False,
) -> int:
    """Take a run back out of the trash; without a name, list what lies there."""
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
