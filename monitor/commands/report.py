"""Write a run's report from its directory alone: Markdown, or one self-contained page with --html."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from monitor.commands.common import DEFAULT_RUNS, JsonOption, RunArgument, RunsOption, find_run, harmless, print_json
from monitor.commands.diagnose import document
from monitor.commands.looking import Look, look_at
from monitor.diagnosis.ledger import ChildBook
from monitor.diagnosis.prescriptions.registry import consider, prescribe
from monitor.run_dir import ChildOutcome
from monitor.run_dir.errors import EXIT_OK
from monitor.view.report.markdown import to_markdown
from monitor.view.report.page import to_html
from monitor.view.report.whole import report_of


def run(
    run: RunArgument,
    runs: RunsOption = DEFAULT_RUNS,
    as_html: Annotated[bool, typer.Option("--html", help="One HTML page instead of Markdown.")] = False,
    as_json: JsonOption = False,
) -> int:
    """Exit code 0. With --json it is the document of `diagnose`."""
    look = look_at(find_run(runs, run))
    options = prescribe(look.snapshot, look.judged.diagnosis)
    if as_json:
        print_json(document(look, options, consider(look.snapshot, look.judged.diagnosis)))
        return EXIT_OK
    considered = consider(look.snapshot, look.judged.diagnosis)
    blocks = report_of(look.snapshot, look.judged, look.status, options, considered, _came_of(look))
    sys.stdout.write(to_html(blocks) if as_html else harmless(to_markdown(blocks)))
    return EXIT_OK


def _came_of(look: Look) -> ChildOutcome | None:
    """The outcome of the change that this run was started with; None for no child, and while it is not known."""
    found = ChildBook(look.run_dir.parent).children([look.run_dir.name], look.snapshot.read_at)
    return found[0] if found else None
