"""The plan of a restart: everything a person sees and confirms before a child run starts."""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, partial
from itertools import count
from pathlib import Path
from typing import Any

import msgspec

from monitor.diagnosis.comparison import data_seed
from monitor.launcher.relaunch.changing import Changed, Command, changed
from monitor.launcher.relaunch.code import CodeChange, code_since
from monitor.launcher.relaunch.fields import with_presets
from monitor.launcher.relaunch.flags import NO_RULES, Rules, text_of, value_of
from monitor.launcher.relaunch.options import described_run
from monitor.launcher.relaunch.outputs import is_output, is_unknown, refuse_used_folder, with_own_folders
from monitor.launcher.relaunch.surroundings import environment_lines
from monitor.launcher.relaunch.warm import CHECKPOINTS, misfit, rules_of, starting_change
from monitor.launcher.relaunch.writing import with_option
from monitor.launcher.relaunch.written import holds_dated, overwritten
from monitor.run_dir import METRIC_FILE, RUN_FILE, Launch, MetricChoice, Run, check_run_id, files
from monitor.run_dir.errors import RefusedError, UnreadableRunError, UsageError
from monitor.run_dir.launch import command_of, is_own_trainer, read_launch
from monitor.run_dir.metric import Metric
from monitor.run_dir.one_word import put_back, words_of
from monitor.run_dir.redaction import HIDDEN
from monitor.run_dir.seal import is_from_here, unverified_command_warning


@dataclass(frozen=True)
class RestartRequest:
    """What a person asks of a child: `changes` (key → new value; text is converted by the config schema),
    what is `expected` of them, and what it starts from (`relaunch.warm.STARTS`; None: as the parent did)."""

    changes: Mapping[str, Any] = field(default_factory=dict)
    expected: Mapping[str, Any] = field(default_factory=dict)
    start_from: str | None = None
    device: str | None = None
    """The device it shall have for itself; None: as the parent, "" for none."""


@dataclass(frozen=True)
class RestartPlan:
    """What will run. `argv` is the template that is stored; `command` is byte for byte what runs.

    `diff` holds (key, before, after) for what differs from the parent; `notes` what a person should know first;
    `stranger` is what must be agreed to where the command is not this user's own, else "".
    """

    runs_dir: Path
    parent_id: str
    child_id: str
    argv: list[str]
    command: str
    diff: list[tuple[str, Any, Any]]
    cwd: Path
    request: RestartRequest
    code: CodeChange
    surroundings: tuple[str, ...] = ()
    stranger: str = ""
    thresholds: Mapping[str, float] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    stop_grace_secs: float = 60.0
    notes: tuple[str, ...] = ()
    device: str = ""
    metric: Metric | None = None
    """By which the parent is judged, as a person has chosen or its project's settings say."""
    is_tried: bool = False
    """Whether the command is run up to its parser before a live parent is stopped for it."""
    copies: Mapping[str, str] = field(default_factory=dict)
    """Files of settings with changed values, written into the child's folder: their place in it → their text."""
    rules: Rules = field(default_factory=dict)
    """What the script declares of its options."""
    asked_at: float = field(default_factory=time.time)
    """UTC seconds: what was started since, or just before, by the same restart is the same request made twice."""

    @property
    def expected(self) -> Mapping[str, Any]:
        """The effects that the request expects of the changes."""
        return self.request.expected

    @property
    def is_warm(self) -> bool:
        """Whether the child begins with weights of its parent."""
        return self.request.start_from in CHECKPOINTS

    def parts(self) -> dict[str, str]:
        """What was shown, part by part: a plan is only carried out while all of them are as they were."""
        now = self.code.now
        code = [now.script_sha256, now.git_commit, now.git_diff, now.git_tree, sorted(now.local_files.items())]
        code += [sorted(now.imported.items()), sorted(now.others.items())]
        return {
            "the child's name": self.child_id,
            "the command": self.command,
            "the folder": str(self.cwd),
            "the device": self.device,
            "the environment": json.dumps(sorted(self.environment.items())),
            "the code": json.dumps(code),
            "the file of settings": json.dumps(sorted(self.copies.items())),
        }

    @property
    def digest(self) -> str:
        """16 hex digits: two plans with the same `parts` have the same."""
        return hashlib.sha256(json.dumps(self.parts()).encode()).hexdigest()[:16]


def make_plan(runs_dir: Path, parent_id: str, request: RestartRequest) -> RestartPlan:
    """The plan of a child of `parent_id` as requested.

    Raises UnreadableRunError for an unknown run, RefusedError for one without a command,
    UsageError (one line per field) for a value that is not allowed or a folder that would be overwritten.
    """
    parent_dir = runs_dir / check_run_id(parent_id)
    if hidden := [key for key, value in request.changes.items() if value == HIDDEN]:
        raise UsageError(f"{hidden[0]}: its value is hidden where a run is shown; give the value itself.")
    started = _launch_of(parent_dir)
    launch = msgspec.structs.replace(started, argv=words_of(started.argv))
    written = read_run(parent_dir)
    run = described_run(launch, written)
    start = starting_change(parent_dir, launch, run, request.start_from)
    made = _changed(parent_dir, launch, run, {**_kept_corpus(launch, written), **request.changes}, start)
    cwd = Path(launch.cwd)
    rules = rules_of(run)
    dated = cache(partial(holds_dated, parent_dir))
    argv = _with_default_folders(made.argv, rules, lambda folder: is_unknown(folder) or dated(cwd / folder))
    argv = with_own_folders(argv, parent_dir, cwd, set(made.values), rules, dated)
    refuse_used_folder(launch.argv, argv, cwd, rules, dated)
    argv = put_back(started.argv, argv)
    over = overwritten(parent_dir, launch, {**(run.config if run else {}), **_by_dest(made.values, rules)}, start)
    child_id = free_run_id(runs_dir, parent_id)
    is_ours = is_from_here(started, parent_dir)
    # git runs what a repository's own settings name: nothing is asked of it where the folder may be a stranger's.
    code = code_since(started, "the parent") if is_ours else CodeChange(None, "Its code was not looked at.")
    _refuse_unchanged_code(request, code)
    return RestartPlan(
        runs_dir=runs_dir,
        parent_id=parent_id,
        child_id=child_id,
        argv=argv,
        command=command_of(argv, runs_dir / child_id),
        diff=_diff(made.values, launch, run),
        cwd=cwd,
        request=request,
        code=code,
        surroundings=environment_lines(started, run, os.environ) if is_ours else (),
        stranger="" if is_ours else unverified_command_warning(started),
        thresholds=launch.thresholds,
        environment=launch.environment if is_ours else {},
        stop_grace_secs=launch.stop_grace_secs,
        notes=tuple(dict.fromkeys([*made.notes, *_notes(written, made.values), *over])),
        copies=made.copies,
        rules=rules,
        metric=_judged_by(parent_dir, launch),
        device=launch.device if request.device is None else request.device,
    )


def _by_dest(values: Mapping[str, Any], rules: Rules) -> dict[str, Any]:
    """The values, also under the names that the script keeps them by, as of a Makefile's variable."""
    kept_by = {key: rules[key]["x-dest"] for key in values if "x-dest" in rules.get(key, NO_RULES)}
    return {**values, **{str(kept_by[key]): values[key] for key in kept_by}}


def _judged_by(parent_dir: Path, launch: Launch) -> Metric | None:
    chosen = files.read_document(parent_dir / METRIC_FILE, MetricChoice, files.UNREADABLE)
    return chosen.metric if chosen is not None and chosen.metric is not None else launch.metric


def _refuse_unchanged_code(request: RestartRequest, code: CodeChange) -> None:
    if request.expected.get("code_edit") and not request.changes and code.is_same:
        raise RefusedError(
            "This option is an edit of the code, and the code is as it was when the parent started: nothing would be "
            "different. Edit it first, then restart."
        )


def behind(plan: RestartPlan, taken: Collection[str]) -> RestartPlan:
    """The same plan under the next name that is free once the runs `taken` are there: for several planned together."""
    child_id = free_run_id(plan.runs_dir, plan.parent_id, taken)
    return replace(plan, child_id=child_id, command=command_of(plan.argv, plan.runs_dir / child_id))


def free_run_id(runs_dir: Path, base: str, taken: Collection[str] = ()) -> str:
    """The next name of a family that no folder has: after demo comes demo-2, after demo-2 demo-3."""
    match = re.fullmatch(r"(.*)-(\d{1,4})", base)
    stem, first = (match[1], int(match[2]) + 1) if match else (base, 2)
    names = (f"{stem[:90]}-{number}" for number in count(first))
    return next(name for name in names if name not in taken and not (runs_dir / name).exists())


def _launch_of(parent_dir: Path) -> Launch:
    if not parent_dir.is_dir():
        raise UnreadableRunError(f"There is no run {parent_dir.name} in {parent_dir.parent}.")
    launch = read_launch(parent_dir)
    if launch is None or not launch.argv or launch.how == "import":
        raise RefusedError(
            f"How {parent_dir.name} was started is not known (it was imported), so it cannot be started again. "
            "Start it with: python -m monitor start -- COMMAND…"
        )
    if not Path(launch.cwd).is_dir():
        raise RefusedError(f"{parent_dir.name} was started in {launch.cwd}, which is not on this machine.")
    return launch


def read_run(parent_dir: Path) -> Run | None:
    """run.json, or None if there is none or it cannot be understood."""
    return files.read_document(parent_dir / RUN_FILE, Run, files.UNREADABLE)


def _changed(
    parent_dir: Path, launch: Launch, run: Run | None, changes: Mapping[str, Any], start: Mapping[str, Any]
) -> Changed:
    config = run.config if run else {}
    rules = with_presets(run.config_schema, config.get("data")).get("properties", {}) if run else {}
    return changed(Command(launch.argv, parent_dir, Path(launch.cwd), rules, config), changes, start)


def _kept_corpus(launch: Launch, written: Run | None) -> dict[str, Any]:
    """The corpus of an older run of our own trainer, whose one seed fixed it too: a child of it is to have the same."""
    if written is None or not is_own_trainer(launch.argv) or "data_seed" in written.config:
        return {}
    seed = data_seed(written)
    return {"data_seed": seed} if isinstance(seed, int) and seed and value_of(launch.argv, "data_seed") is None else {}


def _with_default_folders(argv: list[str], rules: Rules, is_new: Callable[[str], bool]) -> list[str]:
    """With the output folder that a script takes by itself where none is given: the child would take the same.

    `is_new`: whether each start has a folder of its own there.
    """
    for key, rule in rules.items():
        is_default = rule.get("x-option") and isinstance(rule.get("default"), str) and rule["default"]
        if is_output(key) and is_default and not is_new(rule["default"]) and value_of(argv, key, rules) is None:
            argv = with_option(argv, key, rule["default"], rule, rules)
    return argv


def _diff(changes: Mapping[str, Any], launch: Launch, run: Run | None) -> list[tuple[str, Any, Any]]:
    config, rules = run.config if run else {}, rules_of(run)
    rows = [
        (key, config.get(key, value_of(launch.argv, key, rules)), _meant(value, rules.get(key, NO_RULES)))
        for key, value in changes.items()
    ]
    return [row for row in rows if row[1] is None or text_of(row[1]) != text_of(row[2])]


def _meant(value: Any, rule: Mapping[str, Any]) -> Any:
    """What a script reads of an option without a value."""
    return rule.get("x-const", value) if value == "" and rule.get("x-nargs") == "?" else value


def _notes(written: Run | None, changes: Mapping[str, Any]) -> list[str]:
    notes = [] if written else ["The parent wrote no run.json, so the values it had are read from its command line."]
    return [*notes, *filter(None, [misfit(changes)])]
