"""A table for a paper: seeds grouped, mean and interval, difference to the first run given, curves; nothing private.

HTML with the curves as SVG, or with --latex a tabular. Runs that are seeds of one another are one row; conditions have
letters instead of names, and no user, host or folder is in it.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from monitor.commands.common import DEFAULT_RUNS, JsonOption, RunsOption, find_run, harmless, now, print_json, run_ids
from monitor.run_dir.errors import EXIT_OK
from monitor.run_dir.reader import RunReader
from monitor.view.report.page import to_html
from monitor.view.report.paper import blocks_of, conditions_of, latex_of, paper_of


def run(
    run: Annotated[list[str], typer.Argument(metavar="RUN…", help="The baseline first.", autocompletion=run_ids)],
    runs: RunsOption = DEFAULT_RUNS,
    latex: Annotated[bool, typer.Option("--latex", help="A LaTeX tabular instead of HTML.")] = False,
    as_json: JsonOption = False,
) -> int:
    moment = now()
    found = paper_of(conditions_of([RunReader(find_run(runs, name)).read(moment) for name in dict.fromkeys(run)]))
    html, table = to_html(list(blocks_of(found))), latex_of(found)
    if as_json:
        print_json({"metric": found.metric.name, "epoch": found.epoch, "html": html, "latex": table})
    else:
        sys.stdout.write(harmless(table if latex else html))
    return EXIT_OK
