"""Write a run in another tool's format, once or for as long as it grows; the run itself is not touched.

csv and parquet hold its tables. tensorboard writes an event file and needs nothing more. mlflow, wandb-offline and
trackio are written with the libraries of that name, into a folder; nothing is sent.
"""

from __future__ import annotations

import contextlib
import signal
import sys
import time
from pathlib import Path
from typing import Annotated, Literal

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
)
from monitor.run_dir import words
from monitor.run_dir.errors import EXIT_OK

FOLLOW_SECS = 2.0


def run(
    run: RunArgument,
    to: Annotated[
        Literal["csv", "parquet", "tensorboard", "mlflow", "wandb-offline", "trackio"],
        typer.Option("--to", help="The format."),
    ],
    out: Annotated[
        Path | None, typer.Option("--out", help="A new or empty folder.", show_default="RUN-FORMAT here")
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Go on until the run has ended, or Ctrl-C.")] = False,
    runs: RunsOption = DEFAULT_RUNS,
    as_json: JsonOption = False,
) -> int:
    """Exit code 0, also where Ctrl-C or SIGTERM ends --follow."""
    from monitor.frames.exports import Export

    run_dir = find_run(runs, run)
    folder = out or Path(f"{run_dir.name}-{to}")
    export = Export(run_dir, to, folder)
    with contextlib.redirect_stdout(sys.stderr):  # the libraries of other tools print as they go
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # a run that goes on must not stay open over there
        try:
            export.step(now())
            while follow and not export.is_over:
                time.sleep(FOLLOW_SECS)
                export.step(now())
        except KeyboardInterrupt:
            pass
        finally:
            export.close()
    if as_json:
        print_json({"run_id": run_dir.name, "to": to, "out": str(folder.absolute()), "numbers": export.written})
    else:
        written = words.count(export.written, "number")
        console().print(f"Exported {written} of {run_dir.name} to {folder}.", soft_wrap=True)
    return EXIT_OK
