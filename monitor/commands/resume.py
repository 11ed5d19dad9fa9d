"""Let a stopped, failed or lost run go on from its last checkpoint, as the same run."""

from __future__ import annotations

from monitor.commands.common import (
    DEFAULT_RUNS,
    JsonOption,
    RunArgument,
    RunsOption,
    console,
    find_run,
    print_json,
    who,
)
from monitor.errors import EXIT_OK, EXIT_REFUSED
from monitor.launch import read_state
from monitor.launcher import resume


def run(run: RunArgument, runs: RunsOption = DEFAULT_RUNS, as_json: JsonOption = False) -> int:
    run_dir = find_run(runs, run)
    resume(run_dir.parent, run_dir.name, who())
    state = read_state(run_dir)
    failed = state is not None and state.state == "failed"
    if as_json:
        print_json({"run_id": run_dir.name, "state": state})
    elif failed and state:
        console().print(f"{run_dir.name} failed: {state.error}", soft_wrap=True)
    else:
        console().print(f"{run_dir.name} goes on as generation {state.generation if state else 1}.")
    return EXIT_REFUSED if failed else EXIT_OK
