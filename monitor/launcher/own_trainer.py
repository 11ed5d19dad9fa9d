"""Starting this project's own trainer: its options asked of it, its command made of them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from monitor.launcher.relaunch.fields import checked, with_presets
from monitor.launcher.relaunch.flags import text_of
from monitor.launcher.starting import start
from monitor.run_dir.errors import RefusedError
from monitor.run_dir.launch import PLACEHOLDER
from monitor.run_dir.processes import HOME


def start_training(runs_dir: Path, config: Mapping[str, Any], **how: Any) -> str:
    """Starts our own trainer with `config` (option → value); `how` is what `start` takes besides the command.

    Raises UsageError for a value that the trainer does not allow.
    """
    return start(runs_dir, training_command(config), **{"cwd": HOME, "name": "run", **how})


def training_command(config: Mapping[str, Any], schema: Mapping[str, Any] | None = None) -> list[str]:
    """The command template of our own trainer for these options. Raises UsageError for a value it does not allow.

    `schema`: what `trainer_schema` told, where somebody asks often; None asks it anew.
    """
    given = {key: value for key, value in config.items() if not (key == "preset" and not value)}
    known = trainer_schema() if schema is None else schema
    values = checked(given, with_presets(known, config.get("data", "synthetic")))
    options = [word for key, value in values.items() for word in (f"--{key}", text_of(value))]
    return [sys.executable, "-m", "trainer", *options, "--output_dir", PLACEHOLDER]


def trainer_schema() -> dict[str, Any]:
    """The options of our own trainer as JSON Schema, asked of it in a process of its own (it may need torch)."""
    done = subprocess.run(
        [sys.executable, "-m", "trainer", "--schema"],
        cwd=HOME,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode:
        raise RefusedError(f"The trainer does not tell its options: {done.stderr.strip() or done.returncode}")
    return dict(json.loads(done.stdout))
