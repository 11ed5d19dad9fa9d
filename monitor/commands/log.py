"""Show the end of a run's log: progress bars folded, terminal codes removed; only warnings, or lines with a word."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from msgspec.structs import replace

from monitor.commands.common import DEFAULT_RUNS, JsonOption, RunArgument, RunsOption, console, find_run, print_json
from monitor.launcher.engines import ray_log
from monitor.run_dir import GPU_FILE, LOG_FILE, RUN_FILE, GpuHistory, Run, files
from monitor.run_dir.errors import EXIT_OK
from monitor.run_dir.launch import read_progress, read_state
from monitor.run_dir.opening import OddFileError, open_to_read
from monitor.run_dir.status import state_in_force
from monitor.view.gpu import gpu_shown, gpu_unread
from monitor.view.log import LogQuestion, log_tail


def run(
    run: RunArgument,
    runs: RunsOption = DEFAULT_RUNS,
    word: Annotated[str, typer.Option(help="Only lines with this text.")] = "",
    warnings: Annotated[bool, typer.Option("--warnings", help="Only warnings and errors.")] = False,
    most: Annotated[int, typer.Option(min=1, help="Maximum number of lines, from the end.")] = 40,
    as_json: JsonOption = False,
) -> int:
    """Exit code 0, also where there is no log: then it says why."""
    run_dir = find_run(runs, run)
    state, question = read_state(run_dir), LogQuestion(word=word, only_grave=warnings)
    found = log_tail(run_dir / LOG_FILE, question, ray_log.whole(run_dir, state))
    lines = found.lines[-most:]
    if as_json:
        history = files.read_document(run_dir / GPU_FILE, GpuHistory, files.UNREADABLE)
        run_json = files.read_document(run_dir / RUN_FILE, Run, files.UNREADABLE)
        unread = gpu_unread(history, run_json, state_in_force(state, read_progress(run_dir)), time.time())
        error = state.error if state else None
        shown = replace(found, last_error=error, lines=lines, gpu=gpu_shown(history, 0.0), gpu_unread=unread)
        print_json({"run_id": run_dir.name, **msgspec.to_builtins(shown)})
        return EXIT_OK
    if found.source:
        console().print(found.source, soft_wrap=True, style="dim")
    if not found.exists:
        console().print(_why_none(run_dir), soft_wrap=True)
    else:
        folded = (f"{line}  (folded from {count} lines)" if count > 1 else line for line, count, _ in lines)
        console().print("\n".join(folded), soft_wrap=True)
    return EXIT_OK


def _why_none(run_dir: Path) -> str:
    try:
        os.close(open_to_read(run_dir / LOG_FILE))
    except OddFileError as odd:
        return f"The log of {run_dir.name} is not shown: {odd}."
    except FileNotFoundError:
        return f"{run_dir.name} has no {LOG_FILE}: what a terminal started wrote to that terminal."
    except OSError as problem:
        return f"The log of {run_dir.name} cannot be read: {problem.strerror}."
    return f"{LOG_FILE} of {run_dir.name} is there now; ask again."
