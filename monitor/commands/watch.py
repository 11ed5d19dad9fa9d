"""Judge all runs of a folder that have no supervisor of their own, and send their alerts, until stopped.

One line for each event: following, watched, adopted, raised, worse, resolved, sent, verdict, unreadable; with --json
each is an object. --wandb-dir also follows the runs that W&B writes there into the folder of runs; nothing is written
beside them. Ends with 0 at SIGTERM or Ctrl-C. With --once: one judgement, then exit 0 well, 1 warning, 2 critical,
3 where no run was critical or warned and one could not be read.
"""

from __future__ import annotations

import logging
import signal
import sys
import threading
import time
from pathlib import Path
from types import FrameType
from typing import Annotated, Any

import typer

from monitor.commands.common import DEFAULT_RUNS, JSON_VERSION, RUNS_VARIABLE, err_console, print_line
from monitor.diagnosis.settings import settings_for
from monitor.run_dir import words
from monitor.run_dir.errors import EXIT_CRITICAL, EXIT_OK, EXIT_UNREADABLE, EXIT_WARNING, UsageError
from monitor.supervisor.wandb_runs import WandbRuns, is_of_wandb
from monitor.supervisor.watching import Watcher

ROUND_SECS = 2.0
DELIVER_SECS = 120.0
"""How long --once waits for its messages; what is not delivered then is sent at the next look."""


def run(
    folder: Annotated[Path | None, typer.Argument(metavar="[RUNS]", help="Folder that holds the runs.")] = None,
    runs: Annotated[
        Path, typer.Option("--runs", help="Folder that holds the runs.", envvar=RUNS_VARIABLE, show_default="runs")
    ] = DEFAULT_RUNS,
    once: Annotated[bool, typer.Option("--once", help="Judge once, deliver the messages, and exit.")] = False,
    since_hours: Annotated[
        float, typer.Option(min=0.0, help="Skip runs whose files have not changed for this many hours.")
    ] = 24.0,
    wandb_dir: Annotated[
        Path | None, typer.Option("--wandb-dir", metavar="DIR", help="Follow the runs of W&B in this folder too.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per line.")] = False,
) -> int:
    """With --once 1 or 2 by the gravest open finding, 3 where a run cannot be read; else 0."""
    runs_dir = (folder or runs).absolute()
    if runs_dir.exists() and not runs_dir.is_dir():
        raise UsageError(f"{runs_dir} is a file; give the folder that holds the runs.")
    if wandb_dir is not None:
        _check_wandb_dir(wandb_dir, runs_dir, once)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(message)s", stream=sys.stderr)
    logging.getLogger(f"{words.PACKAGE}.supervisor.watch").setLevel(logging.ERROR)  # what it would say is an event here
    settings_for(runs_dir)  # a mistake in the file is reported now, not at the first alert
    watcher = Watcher(runs_dir, lambda: settings_for(runs_dir), 3600 * since_hours)
    others = None if wandb_dir is None else WandbRuns(wandb_dir.absolute(), runs_dir, 3600 * since_hours)
    leaving = _Leaving()
    try:
        return _once(watcher, others, leaving, as_json) if once else _stay(watcher, others, leaving, as_json)
    finally:
        watcher.close()
        if others is not None:
            others.close(time.time())


def _check_wandb_dir(folder: Path, runs_dir: Path, once: bool) -> None:
    """Raises UsageError where nothing can come of it. W&B makes its folder at its first run: that is waited for."""
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is no folder; give the one that W&B writes its runs into.")
    if is_of_wandb(runs_dir, folder):
        raise UsageError(f"{runs_dir} lies where W&B keeps its runs, where nothing is written; give another --runs.")
    if folder.is_dir():
        return
    if once or not folder.absolute().parent.is_dir():
        raise UsageError(f"There is no folder {folder}; give the one that W&B writes its runs into.")
    err_console().print(f"There is no folder {folder} yet: it is waited for.", soft_wrap=True)


class _Leaving(threading.Event):
    """Set by SIGTERM and Ctrl-C."""

    def __init__(self) -> None:
        super().__init__()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._note)

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self.set()


def _stay(watcher: Watcher, others: WandbRuns | None, leaving: _Leaving, as_json: bool) -> int:
    while not leaving.is_set():
        _say(others.round(time.time()) if others is not None else [], as_json)
        _say(watcher.round(time.time(), time.monotonic()), as_json)
        leaving.wait(ROUND_SECS)
    return EXIT_OK


def _once(watcher: Watcher, others: WandbRuns | None, leaving: _Leaving, as_json: bool) -> int:
    deadline = time.monotonic() + DELIVER_SECS
    _say(others.round(time.time()) if others is not None else [], as_json)
    _say(watcher.round(time.time(), time.monotonic()), as_json)
    while watcher.is_waiting and not leaving.is_set() and time.monotonic() < deadline:
        leaving.wait(0.2)
        _say(watcher.round(time.time(), time.monotonic()), as_json)
    code = {"critical": EXIT_CRITICAL, "warning": EXIT_WARNING}.get(str(watcher.worst), EXIT_OK)
    return EXIT_UNREADABLE if code == EXIT_OK and watcher.unreadable else code


def _say(news: list[dict[str, Any]], as_json: bool) -> None:
    for event in news:
        print_line({"version": JSON_VERSION, **event} if as_json else _words(event))
    sys.stdout.flush()


def _words(event: dict[str, Any]) -> str:
    at = words.stamp(event["at"])
    what = event["event"]
    parts = [event.get("rule"), event.get("verdict"), event.get("state")]
    if what == "sent":
        parts.append(f"to {event['to']}")
    detail = " ".join(str(part) for part in parts if part)
    line = f": {event['line']}" if event.get("line") else ""
    return f"{at}  {event['run_id'] or '(folder)'}  {what} {detail}{line}"
