"""Where a child starts from: as its parent did, from scratch, or warm from a checkpoint of the parent."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from monitor.launcher.relaunch.flags import value_of
from monitor.launcher.relaunch.writing import with_option
from monitor.launcher.relaunch.written import newest_checkpoint
from monitor.run_dir import BEST_CHECKPOINT, CHECKPOINTS_DIR, LAST_CHECKPOINT, Launch, Run, files
from monitor.run_dir.errors import RefusedError, UsageError
from monitor.run_dir.launch import is_own_trainer
from monitor.run_dir.one_word import put_back, words_of
from monitor.run_dir.words import monitor_line

SCRATCH = "scratch"
CHECKPOINTS = {"best": BEST_CHECKPOINT, "last": LAST_CHECKPOINT}
STARTS = (SCRATCH, *CHECKPOINTS)
WEIGHTS_KEY = "init_checkpoint"
"""Our trainer's option for the weights that a run starts from."""
GOES_ON_FROM = re.compile(
    r"(^|\.)(resume\w*|(auto_)?resume_from\w*|ckpt(_path)?|(load|restore|init|continue|start)_(from\w*|ckpt|checkpoint\w*|path)"
    r"|from_checkpoint|checkpoint(_path|_file)?)$"
)
"""Names that scripts give the option for the checkpoint from which they go on."""
NO_CHECKPOINT = re.compile(r"(epochs?|iter(ation)?s?|steps?|round|id|name|optimi[sz]er|scheduler|lr|strict|mode)$")
"""Ends of such names that are of something else: `resume_epoch`, `resume_run_id`."""
GOES_ON = re.compile(r"(^|\.)((auto_?)?resume(_training|_train|_run)?|continue(_train(ing)?)?)$")
"""Names of the switch with which a script goes on from the checkpoint that it finds itself."""
NOT_SET = ("", "none", "None", "null", "no", "false", "False", SCRATCH)
"""Values of such an option with which a script begins anew."""
NO_PATH = frozenset({"x-switch", "enum"})
SHAPING_KEYS = frozenset({"model", "width", "hidden_dim", "classifier", "modality", "data"})
"""Settings of our trainer that make another network, which the weights do not fit."""


def starting_change(parent_dir: Path, launch: Launch, run: Run | None, start_from: str | None) -> dict[str, Any]:
    """The setting that makes a child start so; nothing for None (as the parent did).

    Raises UsageError for a word that is none of STARTS or a script whose option for weights is not known,
    RefusedError where there is no such checkpoint.
    """
    if start_from is None:
        return {}
    if start_from not in STARTS:
        raise UsageError(f"A child starts from {', '.join(STARTS)}, not from {start_from}.")
    if start_from == SCRATCH:
        return {WEIGHTS_KEY: None} if weights_of(launch, run) else {}
    path = parent_dir / CHECKPOINTS_DIR / CHECKPOINTS[start_from]
    option, newest = resume_option(run), newest_checkpoint(parent_dir, launch, launch.created_at)
    if start_from == "last" and option and newest and not takes_weights(launch, run):
        return {option: str(newest.path.absolute())}
    if not takes_weights(launch, run):
        own = _switch_to_go_on(rules_of(run), run.config if run else {})[0]
        if own and start_from == "last":
            raise UsageError(
                f"This script goes on by {own}, from the checkpoint that it finds itself: "
                f"{monitor_line('resume', parent_dir.name)}"
            )
        given = (
            f"=… its path, {path}"
            if path.exists()
            else f"={newest.path}"
            if newest and start_from == "last"
            else "=PATH"
        )
        raise UsageError(f"Which option of this script takes starting weights is not known; set it: OPTION{given}.")
    if not path.is_file():
        raise RefusedError(f"{parent_dir.name} has saved no {path.name}; its child can only start from scratch.")
    return {WEIGHTS_KEY: str(path.absolute())}


def rules_of(run: Run | None) -> Mapping[str, Any]:
    """What a run's script declares of its options."""
    return run.config_schema.get("properties", {}) if run else {}


def takes_weights(launch: Launch, run: Run | None) -> bool:
    """Whether this command has the option for starting weights."""
    return is_own_trainer(launch.argv) or WEIGHTS_KEY in rules_of(run) or value_of(launch.argv, WEIGHTS_KEY) is not None


def resume_option(run: Run | None) -> str:
    """The script's option for a checkpoint to go on from, such as `--resume_from_checkpoint`; "" where it has none."""
    return next((key for key, rule in rules_of(run).items() if _names_one(key) and _is_path(rule)), "")


def going_on(launch: Launch, run: Run | None) -> tuple[str, Any]:
    """The script's option for going on, of whichever kind, and the value that it was started with; ("", None) for none.

    One that was given a value comes first."""
    rules, config = rules_of(run), {**launch.config, **(run.config if run else {})}
    keys = [key for key in rules if _names_one(key) or GOES_ON.search(key)]
    held = {key: config.get(key) if config.get(key) not in NOT_SET else None for key in keys}
    return next(((key, value) for key, value in held.items() if value), (next(iter(keys), ""), None))


def _names_one(key: str) -> bool:
    return GOES_ON_FROM.search(key) is not None and NO_CHECKPOINT.search(key) is None


def _is_path(rule: Mapping[str, Any]) -> bool:
    """Whether an option takes a path: no switch, no number, and none of the words scratch and resume (nanoGPT)."""
    kinds = rule.get("type", "string")
    is_text = "string" in ([kinds] if isinstance(kinds, str) else kinds)
    return not NO_PATH & rule.keys() and is_text and rule.get("default") != SCRATCH


def resumed_command(run_dir: Path, launch: Launch) -> list[str]:
    """The command with which a run goes on: with the script's own switch for that, where it has saved a checkpoint.

    Only what launch.json says of the script counts, which is sealed.
    """
    if is_own_trainer(launch.argv):
        return [*launch.argv, "--resume"]
    rules: Mapping[str, Any] = launch.config_schema.get("properties", {})
    key, value = _switch_to_go_on(rules, launch.config)
    if not key or newest_checkpoint(run_dir, launch, launch.created_at) is None:
        return launch.argv
    return put_back(launch.argv, with_option(words_of(launch.argv), key, value, rules[key], rules))


def _switch_to_go_on(rules: Mapping[str, Any], config: Mapping[str, Any]) -> tuple[str, Any]:
    """(key, value) of the switch, where it is known to be off; ("", None) without one."""
    for key, rule in rules.items():
        if "x-file" in rule or "x-within" in rule or "x-env" in rule:
            continue
        if GOES_ON.search(key) and rule.get("type") == "boolean" and config.get(key) is False:
            return key, True
        if key == "init_from" and config.get(key) == SCRATCH:
            return key, "resume"
    return "", None


def resume_offer(run_dir: Path, launch: Launch, run: Run | None) -> str:
    """How a script that has such an option goes on from the newest checkpoint on disk; "" where that is not known."""
    option, newest = resume_option(run), newest_checkpoint(run_dir, launch, launch.created_at)
    if not option or newest is None:
        return ""
    return (
        f"To go on from it in a child: {monitor_line('restart', run_dir.name, '--from', 'last')} (sets {option}); "
        "a resume may write over it."
    )


def weights_of(launch: Launch, run: Run | None) -> str:
    """The weights that the run itself started from, or ""."""
    given = value_of(launch.argv, WEIGHTS_KEY)
    return given if given is not None else str((run.config if run else {}).get(WEIGHTS_KEY) or "")


def checkpoint_about(run_dir: Path, which: str) -> dict[str, Any]:
    """What the readable file beside a checkpoint says; empty where there is no checkpoint or no such file."""
    path = run_dir / CHECKPOINTS_DIR / CHECKPOINTS[which]
    data = files.read_bytes(path.with_suffix(".json")) if path.is_file() else None
    try:
        about = json.loads(data) if data else {}
    except ValueError:
        return {}
    return about if isinstance(about, dict) else {}


def epoch_words(about: Mapping[str, Any]) -> str:
    """How far the last checkpoint had come: "epoch 60", or "epoch 60 and 12 of 40 steps"."""
    epoch, position, steps = (about.get(name) for name in ("epoch", "position", "steps_per_epoch"))
    if not (isinstance(epoch, int) and isinstance(position, int) and isinstance(steps, int)):
        return "epoch unknown"
    if 0 < position < steps:
        return f"epoch {epoch - 1} and {position} of {steps} steps"
    return f"epoch {epoch if position >= steps else epoch - 1}"


def misfit(changes: Mapping[str, Any]) -> str:
    """A warning where changed settings make another network than the one the weights are from, or ""."""
    shaping = sorted(SHAPING_KEYS & changes.keys())
    if not changes.get(WEIGHTS_KEY) or not shaping:
        return ""
    return f"These weights may not fit: {', '.join(shaping)} makes another network, and the trainer then refuses them."
