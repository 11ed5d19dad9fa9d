"""Continue a stopped, failed or lost run from its last checkpoint, as the same run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from monitor.commands.common import (
    DEFAULT_RUNS,
    JsonOption,
    RunArgument,
    RunsOption,
    TrustOption,
    console,
    elsewhere,
    find_run,
    print_json,
    who,
)
from monitor.launcher import plan_resume, resume, status, take_over
from monitor.launcher.engines import queues
from monitor.launcher.relaunch.resuming import ResumePlan
from monitor.run_dir import State, job_words
from monitor.run_dir.audit import refusal_noted
from monitor.run_dir.errors import EXIT_OK, EXIT_REFUSED, MonitorError
from monitor.run_dir.launch import read_state
from monitor.run_dir.words import monitor_line


def run(
    run: RunArgument,
    runs: RunsOption = DEFAULT_RUNS,
    trust: TrustOption = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show where it would continue, and start nothing.")
    ] = False,
    as_json: JsonOption = False,
) -> int:
    """Exit code 0; 5 where the new start has failed already."""
    queues.look()
    run_dir = find_run(runs, run)
    if not dry_run and take_over(run_dir.parent, run_dir.name, trusted=trust):
        return _taken_over(run_dir, as_json)
    with refusal_noted(run_dir, "resume", dry_run=dry_run):
        plan = plan_resume(run_dir.parent, run_dir.name)
    if not as_json:
        console().print("\n".join(_plan_lines(plan)), soft_wrap=True)
    if not dry_run:
        resume(run_dir.parent, run_dir.name, who(), plan=plan, trusted=trust)
    state = read_state(run_dir)
    failed = not dry_run and state is not None and state.state == "failed"
    if as_json:
        print_json({"run_id": run_dir.name, "started": not dry_run, **_document(plan), "state": state})
    elif not dry_run:
        console().print(_what_came(run_dir.name, state), soft_wrap=True)
    return EXIT_REFUSED if failed else EXIT_OK


def way_back(runs: Path, run_id: str) -> str:
    """How a run that was stopped for a child goes on, and from where; why it does not, where it cannot."""
    try:
        plan = plan_resume(runs, run_id)
    except MonitorError as problem:
        return str(problem)
    return f"To go on with {run_id}: {monitor_line('resume', run_id)}{elsewhere(runs)}. {plan.line}"


def _taken_over(run_dir: Path, as_json: bool) -> int:
    """It had lost its supervisor and went on, or waited, alone."""
    if as_json:
        print_json({"run_id": run_dir.name, "started": False, "taken_over": True, "state": read_state(run_dir)})
    else:
        console().print(f"{run_dir.name} has a supervisor again. {status(run_dir).evidence}", soft_wrap=True)
    return EXIT_OK


def _plan_lines(plan: ResumePlan) -> list[str]:
    """Where it goes on, what surrounds it, and the command byte for byte."""
    return [plan.line, *plan.surroundings, f"In: {plan.cwd}", f"Runs: {plan.command}"]


def _document(plan: ResumePlan) -> dict[str, object]:
    return {
        "line": plan.line,
        "command": plan.command,
        "cwd": str(plan.cwd),
        "code": {"same": plan.code.is_same, "line": plan.code.line, "diff": plan.code.diff},
        "surroundings": list(plan.surroundings),
        "stranger": plan.stranger,
    }


def _what_came(run_id: str, state: State | None) -> str:
    if state is not None and state.state == "failed":
        return f"{run_id} failed: {state.error}"
    if state is not None and state.job is not None:
        job = job_words.called(state.job)
        return f"{run_id} was submitted as {job} and continues as generation {state.generation}."
    return f"{run_id} continues as generation {state.generation if state else 1}."
