"""Restart a run as a child of it, with the same or changed values; shows the diff and the exact command first."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from monitor.commands.common import (
    DEFAULT_RUNS,
    JsonOption,
    RunArgument,
    RunsOption,
    TrustOption,
    YesOption,
    confirm,
    console,
    find_run,
    print_json,
    who,
)
from monitor.commands.looking import look_at
from monitor.errors import EXIT_OK, RefusedError, UsageError
from monitor.launcher import RestartPlan, plan_restart, restart, status
from monitor.prescriptions.prescription import kept_with_child
from monitor.prescriptions.registry import prescribe


def run(
    run: RunArgument,
    runs: RunsOption = DEFAULT_RUNS,
    change: Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="A changed value.")] = None,
    fix: Annotated[bool, typer.Option("--fix", help="Take the first recommended fix; --set adds to it.")] = False,
    keep_parent: Annotated[bool, typer.Option("--keep-parent", help="Leave a live parent running.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan and start nothing.")] = False,
    trust: TrustOption = False,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> int:
    run_dir = find_run(runs, run)
    changes, expected = _recommended(run_dir) if fix else ({}, {})
    plan = plan_restart(run_dir.parent, run_dir.name, {**changes, **_parsed(change or [])}, expected=expected)
    stops = not keep_parent and status(run_dir).live
    if not as_json:
        console().print("\n".join(plan_lines(plan, stops)), soft_wrap=True)
    if not dry_run:
        confirm("Stop the parent and start the child?" if stops else "Start it?", yes)
        restart(plan, stop_parent=stops, asked_by=who(), trusted=trust)
    if as_json:
        print_json(_document(plan, stops, started=not dry_run))
    elif not dry_run:
        console().print(f"{plan.child_id}: {status(plan.runs_dir / plan.child_id).word}.", soft_wrap=True)
    return EXIT_OK


def plan_lines(plan: RestartPlan, stops_parent: bool) -> list[str]:
    """The plan in words: what differs, what happens to the parent, the command byte for byte."""
    text = [f"Restart {plan.parent_id} as {plan.child_id}:"]
    text += [f"  {key}  {before} → {after}" for key, before, after in plan.diff] or ["  nothing is changed"]
    if stops_parent:
        text.append(f"{plan.parent_id} is stopped first; its checkpoint is kept.")
    return [*text, *plan.notes, f"Runs: {plan.command}"]


def _parsed(pairs: list[str]) -> dict[str, Any]:
    wrong = [pair for pair in pairs if "=" not in pair or pair.startswith("=")]
    if wrong:
        raise UsageError(f"--set {wrong[0]}: must be KEY=VALUE, e.g. --set dropout=0.5")
    return dict(pair.split("=", 1) for pair in pairs)


def _recommended(run_dir: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Changes and expectation of the first prescription that is a change of values."""
    look = look_at(run_dir)
    options = [option for option in prescribe(look.snapshot, look.judged.diagnosis) if option.changes]
    if not options:
        raise RefusedError(
            f"There is no recommended fix for {run_dir.name} ({look.judged.diagnosis.verdict}); "
            "say what to change with --set KEY=VALUE."
        )
    first = options[0]
    changes = {key: after for key, (_, after) in first.changes.items()}
    return changes, kept_with_child(first)


def _document(plan: RestartPlan, stops_parent: bool, *, started: bool) -> dict[str, Any]:
    return {
        "parent_id": plan.parent_id,
        "child_id": plan.child_id,
        "started": started,
        "stops_parent": stops_parent,
        "diff": [list(row) for row in plan.diff],
        "command": plan.command,
        "notes": list(plan.notes),
    }
