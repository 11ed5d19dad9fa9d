"""The verbs `archive` and `restore`: an ended run is moved to the trash, and back."""

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
from monitor.run_dir.words import monitor_line


def archive_verb(run: RunArgument, runs: RunsOption = DEFAULT_RUNS, as_json: JsonOption = False) -> int:
    """Move an ended run, unchanged, to the folder .trash beside the other runs; restore moves it back."""
    put = archive(runs.absolute(), run, now())
    if as_json:
        print_json(put)
    else:
        console().print(
            f"{put.run_id} is in the trash.  Undo: {monitor_line('restore', put.run_id)}{elsewhere(runs)}",
            soft_wrap=True,
        )
    return EXIT_OK


def restore_verb(
    run: Annotated[str | None, typer.Argument(metavar="[RUN]", help="A run id that was archived.")] = None,
    runs: RunsOption = DEFAULT_RUNS,
    as_json: JsonOption = False,
) -> int:
    """Move a run back out of the trash; without a name, list the trash."""
    if run is None:
        found = trashed(runs.absolute())
        if as_json:
            print_json({"trash": found})
        else:
            console().print("\n".join(each.run_id for each in found) or "The trash is empty.")
        return EXIT_OK
    run_id = restore(runs.absolute(), run)
    if as_json:
        print_json({"run_id": run_id})
    else:
        console().print(
            f"{run_id} is restored.  Look at it: {monitor_line('show', run_id)}{elsewhere(runs)}", soft_wrap=True
        )
    return EXIT_OK
