"""List the checks, write a file for rules of your own (`new`), or try them on recorded runs (`measure`).

Rules of your own stand in vitalsigns_rules.py, in the folder where a run is started or above it, or in an installed
package. `list` runs none of them; `measure` runs those of the current folder.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.table import Table

from monitor.commands.common import DEFAULT_RUNS, JsonOption, RunsOption, console, err_console, now, print_json
from monitor.diagnosis.own_rules.measuring import Count, Spoke, counts, measure
from monitor.diagnosis.own_rules.sources import RULES_FILE, RuleSource, installed, nearest
from monitor.diagnosis.settings import settings_for
from monitor.rules.registry import RULES
from monitor.run_dir.errors import EXIT_OK, MonitorError, RefusedError
from monitor.run_dir.reader import RunReader, list_runs
from monitor.run_dir.words import count, sentence

TEMPLATE = Path(__file__).resolve().parent.parent / "diagnosis" / "own_rules" / "template.py"


def run(
    act: Annotated[Literal["list", "new", "measure"], typer.Argument(help="What to do.")] = "list",
    runs: RunsOption = DEFAULT_RUNS,
    as_json: JsonOption = False,
) -> int:
    """Exit code 0, whatever `measure` finds."""
    if act == "new":
        _write_new()
    files = [*installed(), *nearest(Path.cwd())]
    measured = _measured(runs, files) if act == "measure" else []
    if as_json:
        print_json({"rules": _listed(), "files": [_file(each) for each in files], "measured": measured})
    elif act == "measure":
        _print_measured(files, measured, runs)
    else:
        _print_list(files)
    return EXIT_OK


def _write_new() -> None:
    """Raises RefusedError where there is one."""
    path = Path.cwd() / RULES_FILE
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(TEMPLATE.read_text(encoding="utf-8"))
    except FileExistsError:
        raise RefusedError(f"{path} is there already; nothing was changed.") from None


def _listed() -> list[dict[str, Any]]:
    return [{"rule": rule.name, "title": rule.title, "may_stop": rule.may_stop} for rule in RULES]


def _file(source: RuleSource) -> dict[str, str]:
    return {"file": source.name, "problem": source.problem}


def _measured(runs: Path, files: list[RuleSource]) -> list[Count]:
    """Raises RefusedError where there is nothing to run."""
    if not any(not each.problem for each in files):
        why = " ".join(_shown(each) for each in files) or f"There is no {RULES_FILE} here; python -m monitor rules new"
        raise RefusedError(sentence(why))
    spoken: list[Spoke] = []
    thresholds = settings_for(Path.cwd()).thresholds
    for name in list_runs(runs):
        try:
            spoken += measure(RunReader(runs / name).read(now()), files, thresholds)
        except MonitorError as problem:
            err_console().print(str(problem), soft_wrap=True)
    return counts(spoken)


def _shown(source: RuleSource) -> str:
    return f"{source.name}: {sentence(source.problem)} It is left out." if source.problem else source.name


def _print_list(files: list[RuleSource]) -> None:
    table = Table("rule", "what it finds", "says at most", box=None)
    for rule in RULES:
        table.add_row(rule.name, rule.title, "STOP" if rule.may_stop else "LOOK")
    console().print(table)
    console().print("Rules of your own, which say LOOK at most:" if files else f"No {RULES_FILE} here or above.")
    for each in files:
        console().print(_shown(each), soft_wrap=True)


def _print_measured(files: list[RuleSource], measured: list[Count], runs: Path) -> None:
    console().print("\n".join(["Asked at every evaluation:", *map(_shown, files)]), soft_wrap=True)
    if not measured:
        console().print(f"No run in {runs} has an evaluation.")
    for each in measured:
        flagged = f"{each.flagged} of {count(each.runs, 'run')} flagged, {each.critical} critical"
        after = f"; of {each.ended} that have ended {each.better} became better afterwards" if each.ended else ""
        console().print(f"{each.rule}  {each.title}: {flagged}{after}.", soft_wrap=True)
        if each.left_out:
            console().print(f"  left out, first in {sentence(each.left_out)}", soft_wrap=True)
