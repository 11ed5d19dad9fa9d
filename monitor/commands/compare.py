"""Compare runs at equal epochs: whether the change helped, what differs, and WER, val loss and gap side by side."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from monitor.commands.common import DEFAULT_RUNS, JsonOption, RunsOption, console, find_run, now, print_json
from monitor.diagnosis.comparison import Comparison, compare
from monitor.diagnosis.ledger import decided_by_seeds, with_seeds
from monitor.diagnosis.moment import has_ended
from monitor.diagnosis.outcome import Outcome, expectation_words, outcome
from monitor.diagnosis.prescriptions.seeds import more_seeds
from monitor.diagnosis.seed_groups import groups_in
from monitor.diagnosis.seed_means import seed_lines, siblings
from monitor.diagnosis.what_differs import is_child_of
from monitor.run_dir import Snapshot, words
from monitor.run_dir.errors import EXIT_OK, UsageError
from monitor.run_dir.reader import RunReader, list_runs
from monitor.view.compared import MODES, compared

LOSSES: dict[str, tuple[str, Callable[[float | None], str]]] = {
    "val_loss": ("val loss", words.number),
    "gap": ("gap", words.number),
}


def run(
    which: Annotated[list[str], typer.Argument(metavar="RUN RUN…", help="Two or more run ids or run directories.")],
    runs: RunsOption = DEFAULT_RUNS,
    at: Annotated[float | None, typer.Option(help="Judge at this epoch instead of the agreed one.")] = None,
    by: Annotated[
        str, typer.Option(metavar="|".join(MODES), help="Numbers at an equal epoch, each at its best, or by hours.")
    ] = MODES[0],
    as_json: JsonOption = False,
) -> int:
    """Exit code 0, whatever the outcome. Raises UsageError for fewer than two different runs."""
    if by not in MODES:
        raise UsageError(f"--by {by}: must be one of {', '.join(MODES)}.")
    folders, moment = _different_runs(runs, which), now()
    snapshots = [RunReader(folder).read(moment) for folder in folders]
    found = compare(snapshots)
    parent, child = _family(snapshots)
    folder = Path(child.run_dir).parent
    groups, read = groups_in(folder, list_runs(folder)), lambda name: RunReader(folder / name).read(moment)
    decided = decided_by_seeds(folder, child.run_id, groups, moment) if is_child_of(child, parent) else None
    judged = outcome(parent, child, at)
    is_open = judged.word == "TOO CLOSE" and decided is None
    judged = dataclasses.replace(judged, line=with_seeds(judged.line, decided))
    beside = compared([child, parent, *snapshots[2:]], at, by)
    seeds = seed_lines(parent, child, beside.epoch, groups, read)
    more = more_seeds(parent, child, [*snapshots, *siblings(child, groups, read)]) if is_open else ()
    if as_json:
        print_json(
            {
                **dataclasses.asdict(found),
                "parent": parent.run_id,
                "child": child.run_id,
                "outcome": {**dataclasses.asdict(judged), "credited": judged.credited},
                "by": by,
                "beside": {"columns": beside.columns, "rows": beside.rows},
                "code": beside.code,
                "seeds": seeds,
                "others": beside.others,
                "more_seeds": more,
            }
        )
        return EXIT_OK
    shown = [*_outcome(judged, parent, child, more), *_paragraph(seeds), *_paragraph(beside.others)]
    console().print(*shown, sep="\n", soft_wrap=True)
    console().print(_settings(found))
    is_known = all(bool((each.run and each.run.config) or (each.launch and each.launch.argv)) for each in snapshots)
    may_come = not all(map(has_ended, snapshots))
    console().print(*_remarks(found, beside.code.text.rstrip("."), is_known, may_come), sep="\n", soft_wrap=True)
    if found.epochs if by == MODES[0] else beside.rows:
        console().print(_table(found) if by == MODES[0] else _beside(beside.columns, beside.rows))
    return EXIT_OK


def _paragraph(lines: Sequence[str]) -> list[str]:
    return [*lines, ""] if lines else []


def _different_runs(runs: Path, which: list[str]) -> list[Path]:
    """Their folders. Raises UsageError for fewer than two, or for one that is given twice."""
    if len(which) < 2:
        raise UsageError("Give two runs or more to compare.")
    folders = [find_run(runs, name) for name in which]
    twice = next((each.name for each in folders if folders.count(each) > 1), None)
    if twice is not None:
        raise UsageError(f"{twice} was given twice: a run compared with itself shows nothing. Give different runs.")
    return folders


def _family(snapshots: list[Snapshot]) -> tuple[Snapshot, Snapshot]:
    """(parent, child) of the first two: as their launch.json says, else in the order given."""
    first, second = snapshots[:2]
    link = first.launch.parent if first.launch is not None else None
    return (second, first) if link is not None and link.run_id == second.run_id else (first, second)


def _outcome(judged: Outcome, parent: Snapshot, child: Snapshot, more: Sequence[str]) -> list[str]:
    lines = [f"{judged.word}  {child.run_id} against {parent.run_id}: {judged.line}"]
    if judged.expected:
        lines.append(f"Expected: {judged.expected}. {expectation_words(judged.expectation_met)}".strip())
    if judged.not_credited:
        lines.append(f"{judged.not_credited}: the effect cannot be credited to the settings alone.")
    return [*lines, *(f"Another seed: {command}" for command in more), ""]


def _settings(found: Comparison) -> Table:
    table = Table("setting", *found.run_ids, box=None, pad_edge=False)
    for key, values in found.settings.items():
        table.add_row(key, *(words.NOT_MEASURED if value is None else str(value) for value in values))
    return table


def _remarks(found: Comparison, code: str, is_known: bool, may_come: bool) -> list[str]:
    """`is_known`: whether each run wrote down a setting or the command that started it; `may_come`: whether one of them
    still trains."""
    remarks = []
    if not found.settings:
        remarks.append("No setting differs." if is_known else "No settings are written down.")
    remarks.append(f"Code: {code}.")
    if found.not_comparable:
        remarks.append(f"Not comparable: {found.not_comparable}")
    if not found.epochs:
        remarks.append(f"They have no evaluated epoch in common{' yet' if may_come else ''}.")
    return [*remarks, ""]


def _beside(columns: list[str], rows: list[list[str]]) -> Table:
    table = Table(*columns, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*row)
    return table


def _table(found: Comparison) -> Table:
    metric = found.metric
    forms = ({metric.name: (metric.title, metric.text)} if metric is not None else {}) | LOSSES
    # What none of them logs is no column.
    kept = {
        name: form
        for name, form in forms.items()
        if any(value is not None for column in found.values[name] for value in column)
    }
    heads = [f"{title} {run_id}" for title, _ in kept.values() for run_id in found.run_ids]
    table = Table("epoch", *heads, box=None, pad_edge=False)
    for index, epoch in enumerate(found.epochs):
        cells = [form(column[index]) for name, (_, form) in kept.items() for column in found.values[name]]
        table.add_row(words.plain(epoch), *cells)
    return table
