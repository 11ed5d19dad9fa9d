"""Write a table for a paper: seeds grouped, mean and interval, difference to the first run given; nothing private.

HTML with the curves as SVG, or with --latex a tabular; --curves writes the curves into a file of their own. Runs that
are seeds of one another are one row; conditions have letters instead of names, and no user, host or folder is in it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from monitor.commands.common import (
    DEFAULT_RUNS,
    JsonOption,
    RunsOption,
    err_console,
    find_run,
    harmless,
    now,
    print_json,
    run_ids,
)
from monitor.run_dir.errors import EXIT_OK, RefusedError, UsageError
from monitor.run_dir.reader import RunReader
from monitor.view.report.chart import HEIGHT, WIDTH, drawn_lines, picture
from monitor.view.report.page import to_html
from monitor.view.report.paper import Paper, blocks_of, conditions_of, figure_of, latex_of, paper_of

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PRINTING_SECS = 60.0


def run(
    run: Annotated[list[str], typer.Argument(metavar="RUN…", help="The baseline first.", autocompletion=run_ids)],
    runs: RunsOption = DEFAULT_RUNS,
    latex: Annotated[bool, typer.Option("--latex", help="A LaTeX tabular instead of HTML.")] = False,
    curves: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the curves: .svg, or .pdf through a Chromium on PATH.")
    ] = None,
    as_json: JsonOption = False,
) -> int:
    """Exit code 0. Raises UsageError for a file of curves that is neither .svg nor .pdf."""
    moment = now()
    if curves is not None and curves.suffix not in (".svg", ".pdf"):
        raise UsageError(f"--curves {curves}: the name must end in .svg or .pdf.")
    found = paper_of(conditions_of([RunReader(find_run(runs, name)).read(moment) for name in dict.fromkeys(run)]))
    if curves is not None:
        _write_curves(curves, found)
    html, table = to_html(list(blocks_of(found))), latex_of(found)
    if as_json:
        document = {"metric": found.metric.name, "epoch": found.epoch, "html": html, "latex": table, "curves": curves}
        print_json({**document, "left_out": found.hidden})
    else:
        sys.stdout.write(harmless(table if latex else html))
        if found.hidden:
            err_console().print(f"Left out, as they may name a person: {', '.join(found.hidden)}.", soft_wrap=True)
    return EXIT_OK


def _write_curves(path: Path, paper: Paper) -> None:
    """Raises RefusedError where nothing can be drawn, or no browser makes a PDF of it; OSError."""
    figure = figure_of(paper)
    if not drawn_lines(figure):
        raise RefusedError("No run has two finite values: there is no curve to draw.")
    if path.suffix == ".svg":
        path.write_text(picture(figure), encoding="utf-8")
    else:
        _print(path, picture(figure))


def _print(path: Path, svg: str) -> None:
    """One page of the picture's size, with lines and letters as such."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise RefusedError(f"A PDF needs one of {', '.join(BROWSERS)} on PATH; write an .svg instead.")
    rules = f"@page {{ size: {WIDTH}px {HEIGHT}px; margin: 0 }} body {{ margin: 0 }} svg {{ display: block }}"
    with tempfile.TemporaryDirectory() as folder:
        page, made = Path(folder) / "curves.html", Path(folder) / "curves.pdf"
        head = f"<!doctype html><meta charset=utf-8><title>Curves</title><style>{rules}</style>"
        page.write_text(head + svg, encoding="utf-8")
        options = ["--headless", "--disable-gpu", f"--user-data-dir={folder}/profile", "--no-pdf-header-footer"]
        options += ["--no-sandbox"] if os.geteuid() == 0 else []  # a browser of root has none
        command = [browser, *options, f"--print-to-pdf={made}", page.as_uri()]
        try:
            subprocess.run(command, capture_output=True, timeout=PRINTING_SECS, check=False)
        except subprocess.TimeoutExpired:
            raise RefusedError(f"{browser} took longer than {PRINTING_SECS:g} s; write an .svg instead.") from None
        if not made.exists():
            raise RefusedError(f"{browser} wrote no PDF; write an .svg instead.")
        shutil.copyfile(made, path)
