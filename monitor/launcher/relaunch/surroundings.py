"""The environment of a child or a resumed run, in words: what is as it was, what this server gives, what is missing."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from monitor.launcher.relaunch.launchers import INTERPRETER
from monitor.run_dir import Launch, Run
from monitor.run_dir.launch import SECRET, is_kept
from monitor.run_dir.one_word import words_of

OF_TRAINING = ("WANDB_", "HF_", "HUGGING", "AWS_", "AZURE_", "GOOGLE_", "COMET_", "MLFLOW_", "NEPTUNE_", "DATA")
"""How the names of variables begin that trainings read, beside those with a secret in them."""
OF_SESSIONS = ("SSH_", "XDG_", "DBUS_", "GPG_", "VITALSIGNS_", "XAUTH")
"""Names of variables that belong to a login, whatever their values."""


def environment_lines(launch: Launch, run: Run | None, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Names only: no value of a variable that is not kept is ever shown or stored."""
    lines = [_interpreter_line(launch, run, environ)]
    rules: Mapping[str, Mapping[str, Any]] = launch.config_schema.get("properties", {})
    known = [name for name in launch.environment_names if _matters(name) or "x-env" in rules.get(name, {})]
    taken = [name for name in known if name in environ]
    missing = [name for name in known if name not in environ]
    if taken:
        lines.append(f"Taken from here, not stored: {', '.join(taken)}.")
    if missing:
        lines.append(f"Environment variables of the first start that are not set here: {', '.join(missing)}.")
    return tuple(line for line in lines if line)


def _matters(name: str) -> bool:
    if is_kept(name) or name.startswith(OF_SESSIONS):
        return False
    return SECRET.search(name) is not None or name.startswith(OF_TRAINING)


def _interpreter_line(launch: Launch, run: Run | None, environ: Mapping[str, str]) -> str:
    if not launch.argv:
        return ""
    path = launch.environment.get("PATH", environ.get("PATH"))
    named = words_of(launch.argv)[0]
    now = shutil.which(named, path=path) or named
    if launch.interpreter and now != launch.interpreter:
        return f"{named} is {now} now; it was {launch.interpreter}."
    names = [launch.environment.get("CONDA_DEFAULT_ENV"), Path(launch.environment.get("VIRTUAL_ENV", "")).name]
    place = next((f"environment {name}, " for name in names if name), "")
    version = run.environment.python if run is not None else ""
    python = f", Python {version}" if version else ""
    program = "Python" if INTERPRETER.fullmatch(Path(now).name) else "Program"  # make, bash, torchrun
    return f"{program} as it was: {place}{now}{python}."
