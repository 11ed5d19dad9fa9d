"""Start a run: the bundled trainer by a form, or any command; the command is shown before it runs."""

from __future__ import annotations

import functools
import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from monitor import launcher
from monitor.diagnosis.away import word_of
from monitor.diagnosis.settings import settings_for
from monitor.launcher.relaunch.choices import SettingChoice, written
from monitor.launcher.relaunch.plan import free_run_id
from monitor.run_dir import Away
from monitor.run_dir.errors import MonitorError, UsageError
from monitor.run_dir.launch import Order, command_of, name_of
from monitor.run_dir.words import monitor_line
from monitor.ui.dialogs.away import choose
from monitor.ui.dialogs.device import pick_device
from monitor.ui.dialogs.form import Form
from monitor.ui.dialogs.parts import act, asked_by, attempt, code, dialog, go_to, plain, shown_before

OWN = "The bundled trainer"
SCRIPT = "Your own command"
NO_PRESET = "none"
SHELL_SIGNS = frozenset("|&;<>$`*?~")


@dataclass(frozen=True)
class Start:
    """What would be started, complete: `argv` may hold {run_dir}; `device` as `slots.device_name`."""

    argv: list[str]
    cwd: Path
    run_id: str
    device: str = ""

    @property
    def shown(self) -> str:
        """What was shown, as one text: another one must be looked at again before it starts."""
        return json.dumps([self.argv, str(self.cwd), self.run_id, self.device])


@dialog("Start a run", width="large")
def start(runs_dir: Path) -> None:
    """What to start, on which device, the command byte for byte, one button."""
    # Containers: what comes and goes in one moves nothing below it, which would stand there twice for a moment.
    body, foot = st.container(), st.container(key="foot_start")
    with body:
        kind = st.radio("What", (OWN, SCRIPT), horizontal=True, key="start_kind")
        made = _own_trainer() if kind == OWN else _own_command(runs_dir)
        name = st.text_input("Name of the run", key="start_name", placeholder="default: from the command").strip()
        device = pick_device(runs_dir, None, "start_device") or ""
        away = choose(Away(), "start")
        plan = None
        if made is not None:
            argv, cwd = made
            plan = Start(argv, cwd, _free_name(runs_dir, argv, cwd, name), device)
            st.caption("The same from a terminal:")
            code(f"cd {shlex.quote(str(cwd))} && {_terminal_line(runs_dir, plan, away)}")
    shown = foot.container()
    cancel, go = foot.columns((1, 2))
    if cancel.button("Cancel", width="stretch", key="cancel_start"):
        st.rerun()
    clicked = go.button("Start", type="primary", width="stretch", disabled=plan is None, key="confirm_start")
    with shown:
        if plan is not None:
            _show(runs_dir, plan)
            if shown_before("start", plan.shown, clicked):
                _start(runs_dir, plan, away)


def _own_trainer() -> tuple[list[str], Path] | None:
    """The command of our trainer from the form, or None with the reason at its field."""
    schema = attempt(_schema)
    if schema is None:
        return None
    rules: Mapping[str, Any] = schema["properties"]
    left, right = st.columns(2)
    corpora = rules["data"]["enum"]
    data = str(left.selectbox("data", corpora, corpora.index(rules["data"]["default"]), key="start_data"))
    presets: Mapping[str, Mapping[str, Any]] = schema.get("presets", {}).get(data, {})
    preset = str(right.selectbox("preset", [NO_PRESET, *presets], key=f"start_preset_{data}"))
    values = presets.get(preset, {})
    fields = [
        SettingChoice(key, written(values.get(key, rule.get("default"))), rule)
        for key, rule in rules.items()
        if key != "data"
    ]
    form = Form(f"start_{data}_{preset}", fields, {}, "default" if preset == NO_PRESET else "preset")
    chosen = {"data": data, **({"preset": preset} if preset in presets else {}), **form.wanted}
    made = None
    try:
        made = launcher.training_command(chosen, schema), launcher.HOME
    except MonitorError as problem:
        form.complain(str(problem))
    form.draw()
    return None if form.problems else made


@functools.cache
def _schema() -> dict[str, Any]:
    """Asked once per server: the trainer may need torch to list its options."""
    return launcher.trainer_schema()


def _own_command(runs_dir: Path) -> tuple[list[str], Path] | None:
    """The arguments of a command line and its working directory; None if there is none or it is invalid."""
    typed = st.text_area("Command", key="start_command", placeholder="python train.py --epochs 50", height=80)
    folder = st.text_input("Working directory", str(runs_dir.absolute().parent), key="start_cwd").strip()
    if not typed.strip():
        st.caption("{run_dir} in the command stands for the run's own folder. The same from a terminal:")
        code("python -m monitor start -- python train.py …")
        return None
    try:
        argv, cwd = _words(typed), _folder(folder)
    except UsageError as problem:
        st.error(plain(str(problem)), icon=None)
        return None
    signs = sorted({word for word in argv if SHELL_SIGNS & set(word)})
    if signs:
        st.warning(plain(f"No shell reads the command: {' '.join(signs[:5])} is passed on unchanged."), icon=None)
    st.caption("Arguments:")
    code(json.dumps(argv, ensure_ascii=False), "json")
    return argv, cwd


def _words(typed: str) -> list[str]:
    """As a shell splits them, but nothing is expanded. Raises UsageError."""
    if "\0" in typed:
        raise UsageError("A command cannot contain a NUL character.")
    try:
        return shlex.split(typed.replace("\\\n", " "))
    except ValueError as problem:
        raise UsageError(f"The command is incomplete: {problem}.") from None


def _folder(typed: str) -> Path:
    try:
        path = Path(typed).expanduser()
        known = path.is_absolute() and path.is_dir()
    except (OSError, ValueError, RuntimeError):
        known = False
    if not known:
        raise UsageError(f"{typed or 'The working directory'} is not a folder on this machine; give an absolute path.")
    return path


def _free_name(runs_dir: Path, argv: list[str], cwd: Path, name: str) -> str:
    stem = name_of(Order(argv, cwd), name or ("run" if cwd == launcher.HOME else None))
    return stem if not (runs_dir / stem).exists() else free_run_id(runs_dir, stem)


def _show(runs_dir: Path, plan: Start) -> None:
    try:
        notes = launcher.start_notes_for_command(runs_dir, plan.argv, plan.cwd, plan.device)
    except MonitorError as problem:
        notes = [str(problem)]
    notes += filter(None, [settings_for(plan.cwd).problem])
    if notes:
        st.warning(plain(" ".join(notes)), icon=None)
    st.caption(plain(f"{plan.run_id} runs exactly this, in {plan.cwd}:"))
    code(command_of(plan.argv, runs_dir.absolute() / plan.run_id))


def _terminal_line(runs_dir: Path, plan: Start, away: Away) -> str:
    words = ["start", "--runs", str(runs_dir.absolute()), "--run-id", plan.run_id]
    words += ["--device", plan.device] if plan.device else []
    words += ["--if-bad", word_of(away)] if away.do != "tell" else []
    words += ["--if-bad-hours", f"{away.budget_hours:g}"] if away.budget_hours else []
    return monitor_line(*words, "--", *plan.argv)


def _start(runs_dir: Path, plan: Start, away: Away) -> None:
    """At most once: the run takes the name that was shown, so a second start is refused."""
    how: dict[str, Any] = {"run_id": plan.run_id, "cwd": plan.cwd, "away": away, "device": plan.device}
    act(lambda: go_to(runs_dir, launcher.start(runs_dir, plan.argv, asked_by=asked_by(), **how)))
