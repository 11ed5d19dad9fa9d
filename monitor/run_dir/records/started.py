"""launch.json and away.json: what was started, by whom, from which parent, and what happens while the user is away."""

from __future__ import annotations

from typing import Any, Literal

from monitor.run_dir.metric import Metric
from monitor.run_dir.records.base import SCHEMA_VERSION, Record, RunId, Words
from monitor.run_dir.records.job import JobOrder

StopWith = Literal["INT", "TERM"]
HowStarted = Literal["start", "restart", "resume", "foreground", "import", "attach"]


class Parent(Record, frozen=True, kw_only=True):
    """Where a child run comes from: `how` it was made, `changes` key → [before, after], what was `expected`.

    `code_line` and `code_diff` say what changed in the code between the two starts; "" where nothing did.
    """

    run_id: RunId
    how: Literal["restart", "restart_warm"] = "restart"
    changes: dict[str, list[Any]] = {}
    expected: dict[str, Any] = {}
    code_line: str = ""
    code_diff: str = ""


class Away(Record, frozen=True, kw_only=True, omit_defaults=False):
    """What is done when the verdict is STOP while the user is away; in launch.json, or in away.json if changed.

    `budget_hours`: how long a child may run that was started by this policy. `by_policy`: this run is such a child.
    """

    do: Literal["tell", "stop", "stop_and_fix"] = "tell"
    budget_hours: float | None = None
    by_policy: bool = False
    at: float = 0.0
    by: str = ""


class Launch(Record, frozen=True, kw_only=True, omit_defaults=False):
    """launch.json: what was started, by whom, with which thresholds; created exclusively before anything runs.

    `argv` may hold the placeholder `{run_dir}`. `environment_names` are names only: values may be secrets.
    `seal` proves to the user who wrote it, on that machine, that the command is his own (monitor.run_dir.seal).
    """

    schema_version: int = SCHEMA_VERSION
    run_id: str
    created_at: float
    argv: list[str] = []
    cwd: str = ""
    interpreter: str = ""
    environment_names: list[str] = []
    environment: dict[str, str] = {}
    how: HowStarted = "start"
    parent: Parent | None = None
    thresholds: dict[str, float] = {}
    asked_by: Words = ""
    script: str | None = None
    script_sha256: str | None = None
    git_commit: str | None = None
    git_diff: str | None = None
    stop_grace_secs: float = 60.0
    host: str = ""
    seal: str = ""
    git_tree: str | None = None
    local_files: dict[str, str] = {}
    script_text: str | None = None
    imported: dict[str, str] = {}
    """Path from the script's folder → hash of each Python file that it imports; empty where that is not known."""
    git_others: str | None = None
    """One hash of git's other files that the script may read, such as settings and kernels."""
    away: Away | None = None
    stop_with: StopWith = "INT"
    """The first signal to a script that does not ask whether it should stop."""
    config: dict[str, Any] = {}
    """The values of its options as far as its source shows them; for a script that writes no run.json."""
    config_schema: dict[str, Any] = {}
    scheduler: dict[str, str] = {}
    """The job of a cluster it was started in: `kind`, `job_id` and the engine's other variables."""
    device: str = ""
    """The device it was asked to have for itself: cuda:2, cuda (any GPU), cpu; empty where none was."""
    metric: Metric | None = None
    """The primary metric that the project's settings name, or by which the parent is judged."""
    job: JobOrder | None = None
    """What was asked of a cluster's engine, which then starts the supervisor; None: this machine starts it."""
