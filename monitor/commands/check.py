"""Judge a run for a script: exit 0 healthy, 1 warning, 2 critical, failed or lost, 3 unreadable, 4 too early to say."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from monitor.commands.common import DEFAULT_RUNS, JsonOption, RunArgument, RunsOption, console, find_run, print_json
from monitor.commands.looking import Look, choice_of, look_at, step_of
from monitor.diagnosis.judged_by import renamed_words
from monitor.rules.registry import facts_of
from monitor.rules.result import Quiet
from monitor.run_dir.errors import EXIT_CRITICAL, EXIT_NOT_ENOUGH_DATA, EXIT_OK, EXIT_WARNING

BROKEN_OFF = frozenset({"FAILED", "LOST"})
UNDECIDED = frozenset({"TOO EARLY", "CAN'T JUDGE"})


def run(
    run: RunArgument,
    runs: RunsOption = DEFAULT_RUNS,
    at: Annotated[float | None, typer.Option(help="Judge it as it was after this epoch.")] = None,
    as_json: JsonOption = False,
) -> int:
    """Returns `exit_code`; with `at` that of the records up to that epoch."""
    look = look_at(find_run(runs, run), at)
    code = exit_code(look)
    if as_json:
        print_json({**_document(look, code), **({} if at is None else {"status": None}), "at_epoch": at})
    else:
        then = [] if at is None else [f"As it was at epoch {look.snapshot.epochs[-1].epoch:g}."]
        console().print("\n".join([*then, *lines(look)]), soft_wrap=True)
    return code


def exit_code(look: Look) -> int:
    """The exit code by the worst finding that the word rests on, whatever the word. A run that failed or was lost is
    never healthy; one that was stopped can be."""
    if look.judged.diagnosis.verdict in BROKEN_OFF:
        return EXIT_CRITICAL
    severities = {finding.severity for finding in look.judged.diagnosis.grounds}
    if "critical" in severities:
        return EXIT_CRITICAL
    if "warning" in severities:
        return EXIT_WARNING
    # Rules that speak at once look at no evaluation; their silence says nothing about the run's health.
    saw_enough = any(isinstance(r, Quiet) and not facts_of(r.rule).before_guard for r in look.judged.results)
    if look.judged.diagnosis.verdict in UNDECIDED or not saw_enough:
        return EXIT_NOT_ENOUGH_DATA
    return EXIT_OK


def lines(look: Look) -> list[str]:
    """Verdict and reason, every finding with its remedy, and what could not be checked."""
    diagnosis = look.judged.diagnosis
    text = [f"{diagnosis.verdict}  {diagnosis.reason}"]
    for finding in diagnosis.grounds:
        # A line may begin with its title.
        named = finding.line.lower().startswith(finding.title.lower())
        text.append(f"{finding.severity:8}  {'' if named else f'{finding.title}: '}{finding.line}")
        text.append(f"          {finding.remedy}")
    text.extend(diagnosis.suppressed)
    found = choice_of(look)
    if step := step_of(look):
        text.append(step if step.startswith("First") else f"Next: {step}")
    if found:
        text += [found.waiting, found.restarting, found.text]
    text += renamed_words(look.snapshot)
    return [*text, f"{diagnosis.checks_ran} of {diagnosis.checks} checks ran.", *diagnosis.not_checked]


def _document(look: Look, code: int) -> dict[str, object]:
    """`code`: the exit code."""
    found = choice_of(look)
    step = step_of(look)
    return {
        "run_id": look.snapshot.run_id,
        "exit_code": code,
        "status": look.status,
        "diagnosis": replace(look.judged.diagnosis, next_step=step),
        "wait_or_restart": found,
    }
