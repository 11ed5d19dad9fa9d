"""Show or change the name, note, tags and pin of a run; they are kept beside the runs, in labels.json."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Annotated

import typer

from monitor.commands.common import (
    DEFAULT_RUNS,
    JsonOption,
    RunArgument,
    RunsOption,
    console,
    find_run,
    now,
    print_json,
    who,
)
from monitor.run_dir.errors import EXIT_OK, UsageError
from monitor.run_dir.labels import LONGEST_NOTE, LONGEST_TITLE, Label, label, label_of, tags_in
from monitor.run_dir.words import monitor_line


@dataclass
class Changes:
    """What was asked for; None and empty change nothing."""

    title: str | None = None
    note: str | None = None
    add: list[str] = field(default_factory=list)
    take: list[str] = field(default_factory=list)
    pinned: bool | None = None

    def any(self) -> bool:
        """Whether anything is to be changed."""
        return any(getattr(self, each.name) not in (None, []) for each in fields(self))


def run(
    run: RunArgument,
    runs: RunsOption = DEFAULT_RUNS,
    title: Annotated[str | None, typer.Option("--name", help="Shown beside the run's id; empty takes it away.")] = None,
    note: Annotated[str | None, typer.Option(help="A few sentences; empty takes them away.")] = None,
    add: Annotated[list[str] | None, typer.Option("--tag", help="A tag to add; may be given several times.")] = None,
    take: Annotated[list[str] | None, typer.Option("--untag", help="A tag to take away.")] = None,
    pinned: Annotated[bool | None, typer.Option("--pin/--unpin", help="At the top of the list, or no more.")] = None,
    as_json: JsonOption = False,
) -> int:
    """Exit code 0. What is printed is how it is afterwards."""
    run_dir = find_run(runs, run)
    folder, run_id = run_dir.parent, run_dir.name
    changes = Changes(title, note, add or [], take or [], pinned)
    known = label_of(folder, run_id)
    if changes.any():
        known = _changed(known, changes, now(), who())
        label(folder, run_id, known)
    if as_json:
        print_json({"run_id": run_id, **_fields(known)})
    else:
        console().print(_words(run_id, known), markup=False)
    return EXIT_OK


def _changed(known: Label, changes: Changes, at: float, by: str) -> Label:
    """The label with those changes. Raises UsageError where a text is too long."""
    title = known.title if changes.title is None else changes.title.strip()
    note = known.note if changes.note is None else changes.note.strip()
    for what, text, longest in (("name", title, LONGEST_TITLE), ("note", note, LONGEST_NOTE)):
        if len(text) > longest:
            raise UsageError(f"the {what} has {len(text)} characters; {longest} are the most.")
    gone = set(tags_in(" ".join(changes.take)))
    tags = [tag for tag in tags_in(" ".join([*known.tags, *changes.add])) if tag not in gone]
    pinned = known.pinned if changes.pinned is None else changes.pinned
    return Label(title=title, note=note, tags=tags, pinned=pinned, at=at, by=by)


def _fields(known: Label) -> dict[str, object]:
    return {name: getattr(known, name) for name in Label.__struct_fields__}


def _words(run_id: str, known: Label) -> str:
    if known.says_nothing:
        return (
            f"{run_id} has no name, note, tags or pin. For example: {monitor_line('label', run_id, '--tag', 'paper')}"
        )
    pin = " · pinned" if known.pinned else ""
    lines = [f"{run_id}{pin}", known.title, known.note, " ".join(f"#{tag}" for tag in known.tags)]
    return "\n".join(line for line in lines if line)
