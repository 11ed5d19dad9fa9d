"""Put an ended run aside: it moves to the folder .trash beside the other runs, whole; restore takes it back."""

from __future__ import annotations

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
from monitor.launcher.trash import archive
from monitor.run_dir.errors import EXIT_OK


def run(run: RunArgument, runs: RunsOption = DEFAULT_RUNS, as_json: JsonOption = False) -> int:
    put = archive(runs.absolute(), run, now())
    if as_json:
        print_json(put)
    else:
        console().print(
            f"{put.run_id} is in the trash.  Take it back: python -m monitor restore {put.run_id}{elsewhere(runs)}",
            soft_wrap=True,
        )
    return EXIT_OK
