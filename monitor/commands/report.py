"""Write a run's report from its directory alone: Markdown, or one self-contained page with --html."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from monitor.commands.common import DEFAULT_RUNS, JsonOption, RunArgument, RunsOption, find_run, print_json
from monitor.commands.diagnose import document
from monitor.commands.looking import look_at
from monitor.errors import EXIT_OK
from monitor.prescriptions.registry import prescribe
from monitor.report import report_of, to_html, to_markdown


def run(
    run: RunArgument,
    runs: RunsOption = DEFAULT_RUNS,
    as_html: Annotated[bool, typer.Option("--html", help="One HTML page instead of Markdown.")] = False,
    as_json: JsonOption = False,
) -> int:
    look = look_at(find_run(runs, run))
    options = prescribe(look.snapshot, look.judged.diagnosis)
    if as_json:
        print_json(document(look, options))
        return EXIT_OK
    blocks = report_of(look.snapshot, look.judged, look.status, options)
    sys.stdout.write(to_html(blocks) if as_html else to_markdown(blocks))
    return EXIT_OK
