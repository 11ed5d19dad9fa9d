"""What of a run can be changed in a form: its settings with their values now, for any script."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from monitor.launcher.relaunch.flags import given, text_of, value_of
from monitor.launcher.relaunch.outputs import is_output, is_unknown, own_folder
from monitor.run_dir import Launch, Run
from monitor.run_dir.launch import is_own_trainer
from monitor.run_dir.one_word import words_of

NOT_A_CHOICE = frozenset({"output_dir", "resume", "preset", "init_checkpoint"})
"""Of our own trainer: made by the plan, or asked for apart."""


@dataclass(frozen=True)
class SettingChoice:
    """A setting: its value `now` as text ("" for none), its JSON Schema `rule`, and what must be `proposed` instead."""

    key: str
    now: str
    rule: Mapping[str, Any] = field(default_factory=dict)
    proposed: str | None = None
    why: str = ""

    @property
    def options(self) -> list[str]:
        """The values that it can have, as text; empty where they are not listed."""
        return [written(option) for option in self.rule.get("enum", [])]


def choices(run_dir: Path, launch: Launch | None, run: Run | None) -> list[SettingChoice]:
    """By the config schema; of a script that has none by its config, and by the options of its command."""
    config = run.config if run is not None else {}
    rules = (run.config_schema if run is not None else {}).get("properties", {})
    argv = words_of(launch.argv) if launch is not None else []
    cwd = Path(launch.cwd) if launch is not None else Path()
    if rules:
        unknown = [key for key in config if key not in rules and value_of(argv, key, rules) is not None]
        keys = [key for key in rules if "x-option" in rules[key] or key not in NOT_A_CHOICE]
        return [_choice(key, written(config[key]), run_dir, cwd) for key in unknown] + [
            _choice(key, written(config.get(key)), run_dir, cwd, rules[key]) for key in keys
        ]
    now = {key: written(value) for key, value in config.items()} | {flag.key: flag.text for flag in given(argv)}
    own = {"output_dir"} if is_own_trainer(argv) else set()
    return [_choice(key, value, run_dir, cwd) for key, value in now.items() if key not in own]


def _choice(key: str, value: str, run_dir: Path, cwd: Path, rule: Mapping[str, Any] | None = None) -> SettingChoice:
    rule = rule or {}
    if (
        not value
        or not is_output(key)
        or is_unknown(value)
        or (cwd / value).resolve().is_relative_to(run_dir.resolve())
    ):
        return SettingChoice(key, value, rule)
    return SettingChoice(key, value, rule, own_folder(value, cwd), "must differ, or the parent's files are overwritten")


def written(value: Any) -> str:
    """A value as it stands on a command line; "" for none."""
    if value is None:
        return ""
    if isinstance(value, (list, dict)):
        return json.dumps(value)
    return f"{value:g}" if isinstance(value, float) else text_of(value)
