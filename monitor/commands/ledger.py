"""Show the outcome of every change that was tried in this folder: counts per option, and each child."""

from __future__ import annotations

from typing import Any

from rich.table import Table

from monitor.commands.common import DEFAULT_RUNS, JsonOption, RunsOption, console, now, print_json
from monitor.diagnosis.ledger import every_child
from monitor.diagnosis.tries import Tried, counted
from monitor.run_dir import ChildOutcome
from monitor.run_dir.errors import EXIT_OK

NOTHING = (
    "Nothing was tried here yet. A restart with changes is judged against its parent: python -m monitor restart RUN"
)


def run(runs: RunsOption = DEFAULT_RUNS, as_json: JsonOption = False) -> int:
    children = every_child(runs, now()) if runs.is_dir() else []
    tried = counted(children)
    if as_json:
        print_json({"prescriptions": [_document(each) for each in tried], "children": children})
    elif children:
        console().print(*(f"{each.title or each.prescription}: {each.text}" for each in tried), sep="\n")
        console().print(_table(children))
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


def _table(children: list[ChildOutcome]) -> Table:
    table = Table("child", "parent", "option", "outcome", "in numbers", box=None, pad_edge=False)
    for each in children:
        line = f"{each.line} {each.not_credited}.".strip() if each.not_credited else each.line
        table.add_row(each.run_id, each.parent_id, each.prescription or "own changes", each.word, line)
    return table
