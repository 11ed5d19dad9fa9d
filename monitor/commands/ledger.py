"""Show the outcome of every change that was tried in this folder: counts per option, and each child."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from rich.table import Table

from monitor.commands.common import DEFAULT_RUNS, JsonOption, RunsOption, console, now, print_json
from monitor.diagnosis.ledger import every_child, settled
from monitor.diagnosis.seed_groups import groups_in
from monitor.diagnosis.tries import SeedsOfChange, Tried, counted, seeds_of_changes
from monitor.run_dir import ChildOutcome
from monitor.run_dir.errors import EXIT_OK
from monitor.run_dir.reader import list_runs

NOTHING = (
    "Nothing was tried here yet. A restart with changes is judged against its parent: python -m monitor restart RUN"
)


def run(runs: RunsOption = DEFAULT_RUNS, as_json: JsonOption = False) -> int:
    """Exit code 0, also for a folder without a child."""
    children = every_child(runs, now())
    tried = counted(children)
    seeds = seeds_of_changes(children, groups_in(runs, list_runs(runs))) if children else []
    children = settled(children, seeds)
    if as_json:
        prescriptions = [_document(each) for each in tried]
        print_json({"prescriptions": prescriptions, "children": children, "seeds": [asdict(each) for each in seeds]})
    elif children:
        for each in tried:
            console().print(f"{each.title or each.prescription}: {each.text}")
        console().print(_table(children, seeds))
    else:
        console().print(NOTHING, soft_wrap=True)
    return EXIT_OK


def _document(each: Tried) -> dict[str, Any]:
    return {
        "prescription": each.prescription,
        "title": each.title,
        "task": each.task,
        "tries": each.tries,
        "counts": each.words,
        "not_counted": each.others,
        "text": each.text,
    }


def _table(children: list[ChildOutcome], seeds: list[SeedsOfChange]) -> Table:
    """A row a child; seeds of one change stand below one line with their mean."""
    table = Table("child", "parent", "option", "outcome", "in numbers", box=None, pad_edge=False)
    group_of = {run: each for each in seeds for run in each.runs}
    first = {each.runs[0]: each for each in seeds}
    # A run that is no child has no row of its own: its seeds stand where the first of them does.
    first |= {each.runs[1]: each for each in seeds if each.runs[0] not in {child.run_id for child in children}}
    ordered = [child for child in children if child.run_id not in group_of or child.run_id in first]
    for each in ordered:
        group = first.get(each.run_id)
        if group is None:
            _add(table, each.run_id, each)
            continue
        option = each.prescription or "own changes"
        table.add_row(group.title, each.parent_id, option, group.word, group.text)
        for child in (child for child in children if child.run_id in group.runs):
            _add(table, f"  {child.run_id}", child)
    return table


def _add(table: Table, name: str, each: ChildOutcome) -> None:
    line = f"{each.line} {each.not_credited}.".strip() if each.not_credited else each.line
    table.add_row(name, each.parent_id, each.prescription or "own changes", each.word, line)
