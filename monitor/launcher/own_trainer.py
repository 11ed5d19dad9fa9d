"""This project's own trainer: its options, its command, and measurements of its checkpoints."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from monitor.launcher.relaunch.fields import checked, with_presets
from monitor.launcher.relaunch.flags import text_of
from monitor.launcher.starting import start
from monitor.run_dir import files, opening
from monitor.run_dir.audit import audited, by_run_dir
from monitor.run_dir.errors import RefusedError
from monitor.run_dir.launch import PLACEHOLDER, is_own_trainer, read_launch
from monitor.run_dir.processes import HOME
from monitor.run_dir.words import TRAINER


def start_training(runs_dir: Path, config: Mapping[str, Any], **how: Any) -> str:
    """Starts our own trainer with `config` (option → value); `how` is what `start` takes besides the command.

    Raises UsageError for a value that the trainer does not allow.
    """
    return start(runs_dir, training_command(config), **{"cwd": HOME, "name": "run", **how})


def training_command(config: Mapping[str, Any], schema: Mapping[str, Any] | None = None) -> list[str]:
    """The command template of our own trainer for these options. Raises UsageError for a value it does not allow.

    `schema`: the result of `trainer_schema`, for callers that ask often; None asks it anew.
    """
    given = {key: value for key, value in config.items() if not (key == "preset" and not value)}
    known = trainer_schema() if schema is None else schema
    values = checked(given, with_presets(known, config.get("data", "synthetic")))
    options = [word for key, value in values.items() for word in (f"--{key}", text_of(value))]
    return [sys.executable, "-m", TRAINER, *options, "--output_dir", PLACEHOLDER]


def trainer_schema() -> dict[str, Any]:
    """The options of our own trainer as JSON Schema, asked of it in a process of its own (it may need torch)."""
    done = subprocess.run(
        [sys.executable, "-m", TRAINER, "--schema"],
        cwd=HOME,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode:
        raise RefusedError(f"The trainer did not report its options: {done.stderr.strip() or done.returncode}")
    return dict(json.loads(done.stdout))


CHECK_LOG = "diagnose.log"
MOST_SAID_BYTES = 65_536
CHECKS: dict[Path, subprocess.Popen[bytes]] = {}
"""Measurements of checkpoints that this process has started."""


@audited("check", by_run_dir)
def start_check(run_dir: Path) -> None:
    """Starts `python -m trainer.diagnose` on a run, in the background; its findings come to the run's `probes/`.

    Raises RefusedError while one is under way, or where the run's trainer is not this project's.
    """
    running = CHECKS.get(run_dir)
    if running is not None and running.poll() is None:
        raise RefusedError(f"{run_dir.name} is already being checked; the findings will appear under the causes.")
    launch = read_launch(run_dir)
    if launch is None or not is_own_trainer(launch.argv):
        raise RefusedError(f"{run_dir.name} was not written by python -m trainer: only that trainer's can be measured.")
    if importlib.util.find_spec("torch") is None:
        raise RefusedError(
            "This Python has no torch; run the check where the run was trained: python -m trainer.diagnose"
        )
    # Our own interpreter and code, never those that a run directory names: it may come from elsewhere.
    command = [sys.executable, "-m", f"{TRAINER}.diagnose", str(run_dir), "--json"]
    try:
        opened = opening.open_to_write(run_dir / CHECK_LOG, os.O_WRONLY | os.O_TRUNC)
    except (OSError, opening.OddFileError) as problem:
        raise RefusedError(f"{run_dir / CHECK_LOG} cannot be written: {problem}. Move it away.") from None
    with os.fdopen(opened, "wb") as log:
        CHECKS[run_dir] = subprocess.Popen(
            command, cwd=HOME, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )


def check(run_dir: Path) -> None:
    """Measures a checkpoint and waits for that. Raises RefusedError as `start_check` does, or if it fails."""
    start_check(run_dir)
    if CHECKS[run_dir].wait():
        lines = [line for line in files.last_lines(run_dir / CHECK_LOG, MOST_SAID_BYTES) if line.strip()]
        said = lines[-1].decode("utf-8", "replace") if lines else "no output"
        raise RefusedError(f"The check of {run_dir.name} failed: {said}")
