"""Stop a run: it finishes its step, saves a checkpoint and exits; one that does not is signalled, then killed."""

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
    print_json,
    who,
)
from monitor.commands.waiting import wait_for_stop
from monitor.errors import EXIT_OK, EXIT_REFUSED
from monitor.launcher import cancel_stop, status, stop


def run(
    run: RunArgument,
    runs: RunsOption = DEFAULT_RUNS,
    wait: Annotated[bool, typer.Option(help="Wait until it has ended.")] = True,
    cancel: Annotated[bool, typer.Option("--cancel", help="Take a stop back, while that is possible.")] = False,
    as_json: JsonOption = False,
) -> int:
    run_dir = find_run(runs, run)
    request = cancel_stop(run_dir, who()) if cancel else stop(run_dir, who())
    now, answer = wait_for_stop(run_dir, request, quiet=as_json) if wait and not cancel else (status(run_dir), None)
    refused = answer is not None and answer.result == "refused"
    if as_json:
        print_json({"run_id": run_dir.name, "request": request, "answer": answer, "status": now})
    elif refused and answer:
        console().print(f"{run_dir.name} goes on. {answer.why}")
    else:
        console().print(f"{run_dir.name}: {now.word}. {now.evidence}", soft_wrap=True)
    return EXIT_REFUSED if refused else EXIT_OK
