"""Start a child of a run with the same or changed settings; shows the changes and the exact command first."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from monitor.commands.common import (
    DEFAULT_RUNS,
    DeviceOption,
    IfBadHoursOption,
    IfBadOption,
    JsonOption,
    RunArgument,
    RunsOption,
    TrustOption,
    YesOption,
    confirm,
    console,
    elsewhere,
    find_run,
    now,
    print_json,
    who,
)
from monitor.commands.looking import look_at
from monitor.commands.resume import way_back
from monitor.diagnosis.away import policy_from
from monitor.diagnosis.ledger import children_of
from monitor.diagnosis.prescriptions.choosing import agreed, chosen, judged_words, recommended, too_fresh
from monitor.diagnosis.prescriptions.registry import consider, prescribe
from monitor.diagnosis.tries import came_of, child_with
from monitor.launcher import plan_restart, restart_together, status
from monitor.launcher.relaunch.plan import RestartPlan
from monitor.launcher.relaunch.warm import STARTS
from monitor.launcher.slots import device_name
from monitor.run_dir.audit import refusal_noted
from monitor.run_dir.checkpoints import saves_checkpoints
from monitor.run_dir.errors import EXIT_OK, EXIT_REFUSED, RefusedError, UsageError
from monitor.run_dir.launch import read_state
from monitor.run_dir.reader import RunReader
from monitor.run_dir.status import device_words
from monitor.run_dir.words import monitor_line

SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change a setting; one with several values: a child of each."),
]
OptionOption = Annotated[
    list[str] | None,
    typer.Option("--option", metavar="B", help="An option of diagnose, by letter or name; several: a child of each."),
]
FromOption = Annotated[
    str | None,
    typer.Option("--from", metavar="|".join(STARTS), help="Starting weights; default: as the parent started."),
]
JudgeAtOption = Annotated[
    float | None, typer.Option("--judge-at", help="Epoch at which the child is judged; default: its planned end.")
]
NoTryOption = Annotated[
    bool, typer.Option("--no-try", help="Stop the parent without trying the child's command up to its parser.")
]


def run(
    run: RunArgument,
    runs: RunsOption = DEFAULT_RUNS,
    change: SetOption = None,
    fix: Annotated[bool, typer.Option("--fix", help="Take the first recommended fix; --set adds to it.")] = False,
    option: OptionOption = None,
    start_from: FromOption = None,
    judge_at: JudgeAtOption = None,
    device: DeviceOption = None,
    keep_parent: Annotated[bool, typer.Option("--keep-parent", help="Leave a live parent running.")] = False,
    no_try: NoTryOption = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan and start nothing.")] = False,
    trust: TrustOption = False,
    yes: YesOption = False,
    if_bad: IfBadOption = "tell",
    if_bad_hours: IfBadHoursOption = None,
    as_json: JsonOption = False,
) -> int:
    """Exit code 0; 5 where a child has failed at once."""
    away = policy_from(if_bad, if_bad_hours, who(), now())
    run_dir = find_run(runs, run)
    ways: dict[str, Any] = {"start_from": start_from, "device": None if device is None else device_name(device)}
    ways |= {"stop_parent": not keep_parent, "try_first": not no_try}
    with refusal_noted(run_dir, "restart", dry_run=dry_run):
        choices = _choices(AskedChange(fix, None, judge_at, {}), option or [], _parsed(change or []))
        wanted = [wanted_of(run_dir, each) for each in choices]
        plans: list[RestartPlan] = []
        for each in wanted:
            ways |= {"expected": each.expected, "beside": plans}
            plans.append(plan_restart(run_dir.parent, run_dir.name, each.changes, **ways))
    stops = not keep_parent and status(run_dir).live
    if not as_json:
        console().print("\n".join(_lines(plans, wanted, stops)), soft_wrap=True)
    if not dry_run:
        confirm(_question(stops, len(plans)), yes)
        restart_together(plans, stop_parent=stops, asked_by=who(), trusted=trust, away=away)
    died = [""] * len(plans) if dry_run else _deaths(plans, stops)
    if as_json:
        documents = [
            {**_document(plan, stops, started=not dry_run), "remark": each.remark, "died": death}
            for plan, each, death in zip(plans, wanted, died, strict=True)
        ]
        print_json({**documents[0], "others": documents[1:]})
    elif not dry_run:
        for plan, death in zip(plans, died, strict=True):
            console().print(f"{plan.child_id}: {death or _now(plan)}", soft_wrap=True)
    return EXIT_REFUSED if any(died) else EXIT_OK


LOOKED_AT_SECS = 8.0
"""So long a child for which its parent was stopped is looked at: most commands that are wrong end in seconds."""


@dataclass(frozen=True)
class AskedChange:
    """What was asked for: the first fix of the diagnosis or one of its options, the epoch to judge at, own changes."""

    fix: bool
    option: str | None
    judge_at: float | None
    own: dict[str, Any]


@dataclass(frozen=True)
class Wanted:
    """The result of the choice: the changes, the expectation that the child keeps, and a remark on the epoch of
    judgement."""

    changes: dict[str, Any]
    expected: dict[str, Any]
    remark: str = ""


def plan_lines(plan: RestartPlan, stops_parent: bool, remark: str = "") -> list[str]:
    """The plan in words: what differs, what happens to the parent, the code, the command byte for byte."""
    text = [f"Restart {plan.parent_id} as {plan.child_id}:"]
    text += [f"  {key}  {before} → {after}" for key, before, after in plan.diff] or ["  nothing is changed"]
    if stops_parent:
        saves = saves_checkpoints(RunReader(plan.runs_dir / plan.parent_id).read(now()))
        kept = "its checkpoint is kept" if saves else "it has reported no checkpoint"
        text.append(f"{plan.parent_id} is stopped first; {kept}.")
    if plan.code.line:
        text.append(f"{plan.code.line} The child runs the new code." if plan.code.is_same is False else plan.code.line)
    text += plan.surroundings
    if plan.device:
        text.append(f"It has {device_words(plan.device)} for itself.")
    if judged := judged_words(plan.expected):
        text.append(f"{judged}{_expected(plan)}. {remark}".rstrip())
    return [*text, *plan.notes, *filter(None, [plan.stranger]), f"In: {plan.cwd}", f"Runs: {plan.command}"]


def _lines(plans: Sequence[RestartPlan], wanted: Sequence[Wanted], stops_parent: bool) -> list[str]:
    """The plans in words, one below the other; what holds for every child of a race stands once, below them."""
    each_says = [plan_lines(plan, stops_parent, each.remark) for plan, each in zip(plans, wanted, strict=True)]
    if len(plans) == 1:
        return each_says[0]
    shared = [line for line in each_says[0] if all(line in lines for lines in each_says)]
    found = [line for lines in each_says for line in [*(each for each in lines if each not in shared), ""]]
    found += [f"For all {len(plans)}:", *shared]
    epochs = list(dict.fromkeys(f"{plan.expected['epoch']:g}" for plan in plans if "epoch" in plan.expected))
    if len(epochs) > 1:
        found += ["", f"They are judged at epochs {' and '.join(epochs)}: --judge-at EPOCH judges all of them at one."]
    return found


def _question(stops_parent: bool, children: int) -> str:
    child = "child" if children == 1 else f"{children} children"
    return f"Stop the parent and start the {child}?" if stops_parent else f"Start {'it' if children == 1 else 'them'}?"


def _now(plan: RestartPlan) -> str:
    now = status(plan.runs_dir / plan.child_id)
    if now.word == "queued" and status(plan.runs_dir / plan.parent_id).live:
        later = f"{monitor_line('show', plan.child_id)}{elsewhere(plan.runs_dir)}"
        return f"queued. It waits for {plan.parent_id} to end. Whether it starts is seen with: {later}"
    return f"{now.word}. {now.evidence}" if now.word == "queued" else f"{now.word}."


def _deaths(plans: Sequence[RestartPlan], stops: bool) -> list[str]:
    """For each child what it says if it ended at once, and how its parent goes on; "" while it lives or waits."""
    until = time.monotonic() + LOOKED_AT_SECS
    children = [plan.runs_dir / plan.child_id for plan in plans]
    while stops and time.monotonic() < until and all(status(run_dir).live for run_dir in children):
        time.sleep(0.2)
    return [_death(plan, stops) for plan in plans]


def _death(plan: RestartPlan, stops: bool) -> str:
    state = read_state(plan.runs_dir / plan.child_id)
    if state is None or state.state != "failed":
        return ""
    said = f"failed. {(state.error or '').removesuffix('.')}."
    if not stops:
        return said
    back = way_back(plan.runs_dir, plan.parent_id)
    was_stopped = status(plan.runs_dir / plan.parent_id).word == "stopped"
    return f"{said} {plan.parent_id} was stopped for it. {back}" if was_stopped else f"{said} {back}"


def _expected(plan: RestartPlan) -> str:
    text = str(plan.expected.get("text", ""))
    return f": {text}" if text else ""


def _parsed(pairs: list[str]) -> dict[str, list[str]]:
    """Setting → the values that it was given."""
    wrong = [pair for pair in pairs if "=" not in pair or pair.startswith("=")]
    if wrong:
        raise UsageError(f"--set {wrong[0]}: must be KEY=VALUE, e.g. --set dropout=0.5")
    found: dict[str, list[str]] = {}
    for pair in pairs:
        key, value = pair.split("=", 1)
        found.setdefault(key, []).append(value)
    return found


def _choices(common: AskedChange, options: Sequence[str], values: Mapping[str, list[str]]) -> list[AskedChange]:
    """A choice for each child: one for each option, or for each value of the one setting that has several."""
    several = [f"--set {key}" for key, given in values.items() if len(given) > 1]
    several += ["--option"] if len(options) > 1 else []
    if len(several) > 1:
        raise UsageError(f"{' and '.join(several)} have several values; give several to one of them only.")
    own = {key: given[0] for key, given in values.items()}
    made = [replace(common, option=option, own=own) for option in options] or [replace(common, own=own)]
    for key, given in values.items():
        made = [replace(made[0], own={**own, key: value}) for value in given] if len(given) > 1 else made
    return made


def wanted_of(run_dir: Path, choice: AskedChange) -> Wanted:
    """Changes and expectation of the prescription that was chosen; of a person's own changes only the epoch.

    Raises RefusedError for an epoch of judgement that the child does not reach.
    """
    look = look_at(run_dir)
    options = prescribe(look.snapshot, look.judged.diagnosis)
    option = recommended(options) if choice.fix else None
    if choice.option:
        option = chosen(options, consider(look.snapshot, look.judged.diagnosis), choice.option)
    if choice.fix and option is None:
        raise RefusedError(
            f"There is no recommended fix for {run_dir.name} ({look.judged.diagnosis.verdict}); "
            "give a change with --set KEY=VALUE."
        )
    changes = {key: after for key, (_, after) in option.changes.items()} if option is not None else {}
    changes |= choice.own
    expected = agreed(option, look.snapshot, changes, choice.judge_at)
    came = child_with(option, children_of(look.snapshot)) if option is not None and not choice.own else None
    tried = f"{came_of(came)} " if came is not None else ""
    fresh = too_fresh(look.snapshot, look.judged.diagnosis.worst, expected.get("epoch"), str(expected.get("epoch_by")))
    return Wanted(changes, expected, f"{tried}{fresh}".strip())


def _document(plan: RestartPlan, stops_parent: bool, *, started: bool) -> dict[str, Any]:
    return {
        "parent_id": plan.parent_id,
        "child_id": plan.child_id,
        "started": started,
        "stops_parent": stops_parent,
        "diff": [list(row) for row in plan.diff],
        "command": plan.command,
        "cwd": str(plan.cwd),
        "code": {"same": plan.code.is_same, "line": plan.code.line, "diff": plan.code.diff},
        "surroundings": list(plan.surroundings),
        "expected": dict(plan.expected),
        "stranger": plan.stranger,
        "notes": list(plan.notes),
        "device": plan.device,
    }
