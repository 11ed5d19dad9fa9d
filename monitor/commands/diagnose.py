"""Diagnose a run: findings, likely causes, and options to change, each with its command and expected effect."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

import typer

from monitor.commands.check import lines as findings_lines
from monitor.commands.common import DEFAULT_RUNS, JsonOption, RunArgument, RunsOption, console, find_run, print_json
from monitor.commands.looking import Look, look_at, step_of
from monitor.diagnosis.prescriptions.choosing import lettered
from monitor.diagnosis.prescriptions.prescription import Considered, Prescription
from monitor.diagnosis.prescriptions.registry import consider, prescribe
from monitor.launcher import check
from monitor.run_dir.errors import EXIT_OK


def run(
    run: RunArgument,
    runs: RunsOption = DEFAULT_RUNS,
    measure: Annotated[
        bool, typer.Option("--measure", help="Measure the best checkpoint first: about half a minute on the CPU.")
    ] = False,
    as_json: JsonOption = False,
) -> int:
    """Exit code 0, whatever is found; that of `check` says how the run is."""
    run_dir = find_run(runs, run)
    if measure:
        check(run_dir)
    look = look_at(run_dir)
    options = prescribe(look.snapshot, look.judged.diagnosis)
    others = consider(look.snapshot, look.judged.diagnosis)
    if as_json:
        print_json(document(look, options, others))
    else:
        console().print(
            "\n".join([*findings_lines(look), *_causes(look), *_advice(options), *_not_advised(others)]), soft_wrap=True
        )
    return EXIT_OK


def document(look: Look, options: tuple[Prescription, ...], considered: tuple[Considered, ...]) -> dict[str, Any]:
    """What --json prints, also of `report`."""
    step = step_of(look)
    return {
        "run_id": look.snapshot.run_id,
        "status": look.status,
        "diagnosis": replace(look.judged.diagnosis, next_step=step),
        "results": list(look.judged.results),
        "prescriptions": list(options),
        "considered": list(considered),
    }


def _causes(look: Look) -> list[str]:
    """The likely causes, most likely first, with what speaks for and against each."""
    text = ["", "Causes, most likely first:"] if look.judged.diagnosis.causes else []
    for number, cause in enumerate(look.judged.diagnosis.causes, start=1):
        text.append(f"{number}. {cause.title}")
        text += [f"   + {line}" for line in cause.evidence]
        text += [f"   - {line}" for line in cause.against]
    return text


def _advice(options: tuple[Prescription, ...]) -> list[str]:
    """What to try, one bundle per restart."""
    text = ["", "What to try, one bundle per restart:"] if options else []
    for letter, option in lettered(options):
        changes = ", ".join(f"{key} {before} → {after}" for key, (before, after) in option.changes.items())
        named = all(f"{before} → {after}" in option.title for before, after in option.changes.values())
        text.append(f"{letter}. {option.title}" + ("" if named else f": {changes}"))
        for label, value in (
            ("expected", option.expected),
            ("cost", option.cost),
            ("disproved by", option.disproved_by),
            ("note", option.note),
            ("code edit", option.code_edit),
            ("command", option.command),
        ):
            if value:
                text.append(f"   {label}: {value}")
    return text


def _not_advised(considered: tuple[Considered, ...]) -> list[str]:
    """Options that were considered and are not suggested, with the reason."""
    text = ["", "Considered, and not suggested now:"] if considered else []
    for one in considered:
        text.append(f"- {one.option.title}: {one.why_not}" + (f" {one.option.note}" if one.option.note else ""))
    return text
