"""Show the audit log: who started, stopped, restarted or acknowledged what, when, from where, and the result."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from monitor.commands.common import DEFAULT_RUNS, JsonOption, RunsOption, console, print_json
from monitor.run_dir import words
from monitor.run_dir.audit import AUDIT_FILE, read
from monitor.run_dir.errors import EXIT_OK, UnreadableRunError


def run(
    run: Annotated[str | None, typer.Argument(metavar="[RUN]", help="Only entries about this run.")] = None,
    runs: RunsOption = DEFAULT_RUNS,
    last: Annotated[int, typer.Option(min=1, help="Number of newest entries to show.")] = 50,
    as_json: JsonOption = False,
) -> int:
    """Exit code 0. Raises UnreadableRunError where the log cannot be read."""
    try:
        every = read(runs)
    except (OSError, ValueError) as problem:
        raise UnreadableRunError(f"Cannot read {runs / AUDIT_FILE}: {problem}.") from None
    # The children of a race are noted in one entry.
    entries = [entry for entry in every if run is None or run in entry.run_id.split(", ")][-last:]
    if as_json:
        print_json({"audit": entries})
    elif not entries:
        console().print(f"{AUDIT_FILE} has no entries.", soft_wrap=True)
    else:
        table = Table("when", "who", "from", "what", "run", "result", box=None, pad_edge=False)
        for entry in entries:
            when = words.stamp(entry.at)
            result = f"{entry.result}: {entry.why}" if entry.why else entry.result
            table.add_row(when, entry.user, entry.via, entry.verb, entry.run_id, result)
        console().print(table)
    return EXIT_OK
