"""launch.json: what was started, written before anything runs.

The command is kept as a template in which `{run_dir}` stands for the run directory,
so that a child run made from it never writes into its parent's folder.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import msgspec

from monitor.run_dir import files
from monitor.run_dir.checkpoints import is_own_trainer as is_own_trainer
from monitor.run_dir.errors import UnreadableRunError, UsageError
from monitor.run_dir.makefile import makefile_of, opened
from monitor.run_dir.metric import Metric
from monitor.run_dir.one_word import words_of
from monitor.run_dir.provenance import TORCHRUN, code_of, script_of
from monitor.run_dir.records import (
    GENERATION_VARIABLE,
    LAUNCH_FILE,
    PROGRESS_FILE,
    RUN_DIR_VARIABLE,
    STATE_FILE,
    Away,
    HowStarted,
    JobOrder,
    Launch,
    Parent,
    Progress,
    Record,
    State,
    StopWith,
    check_schema,
)
from monitor.run_dir.seal import is_from_here

PLACEHOLDER = "{run_dir}"
SUPERVISOR_LOG = "supervisor.log"
"""What the supervisor itself has to say: nothing on a good day."""

KEPT_VARIABLES = (
    "PATH",
    "PYTHONPATH",
    "LD_LIBRARY_PATH",
    "VIRTUAL_ENV",
    "CONDA_PREFIX",
    "CONDA_DEFAULT_ENV",
    "CUDA_VISIBLE_DEVICES",
    "CUBLAS_WORKSPACE_CONFIG",
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "PYTHONHASHSEED",
    "LANG",
    "LC_ALL",
    "TZ",
)
"""Variables whose values are kept: without them a restart is another run, and none of them is ever a secret."""
KEPT_PREFIXES = ("CUDA_", "NCCL_", "TORCH_", "PYTORCH_", "OMP_", "MKL_", "OPENBLAS_")
OF_THE_JOB = ("CUDA_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES", "OMP_NUM_THREADS")
"""Variables that a cluster sets anew for each start of a job."""
RAY_JOB_VARIABLE = "RAY_JOB_CONFIG_JSON_ENV_VAR"
"""Ray's own name for it; its value is JSON."""
SECRET = re.compile(r"KEY|TOKEN|SECRET|PASSW|CREDENTIAL|COOKIE|AUTH", re.IGNORECASE)
"""Names whose values are never kept."""


TAKES_NO_VALUE = re.compile(r"-[bBdEhiIOPqsSuvVx]+")
"""Options of the Python interpreter that may stand before the script."""


def in_processes(argv: list[str], count: int) -> list[str]:
    """The command that starts a Python script in `count` processes on this machine, as torchrun does.

    Raises UsageError for a command that does not begin with a Python interpreter.
    """
    if not argv or not re.fullmatch(r"python[\d.]*", Path(argv[0]).name):
        raise UsageError(f"--nproc needs a Python command, such as python train.py; this is {argv[:1] or 'empty'}.")
    rest = 1
    while rest < len(argv) and TAKES_NO_VALUE.fullmatch(argv[rest]):
        rest += 1
    run = [*argv[:rest], "-m", TORCHRUN, "--standalone", f"--nproc-per-node={count}"]
    return [*run, *argv[rest:]]


@dataclass(frozen=True)
class Order:
    """A command to start. `argv` may hold `{run_dir}`; `environment` is added to the caller's.

    `stop_grace_secs`: from a stop request to SIGTERM. `stop_with`: the first signal to a script that does not check for
    a stop. `device` (see `slots.device_name`): the run reserves it, and waits while another one has it.
    """

    argv: list[str]
    cwd: Path
    asked_by: str = ""
    how: HowStarted = "start"
    parent: Parent | None = None
    thresholds: Mapping[str, float] = field(default_factory=dict)
    stop_grace_secs: float = 60.0
    environment: Mapping[str, str] = field(default_factory=dict)
    away: Away | None = None
    stop_with: StopWith = "INT"
    read_help: bool = False
    """Whether the command is run once with --help before the start, to learn options that its source does not show."""
    device: str = ""
    metric: Metric | None = None
    job: JobOrder | None = None


def launch_of(order: Order, run_id: str, now: float) -> Launch:
    """The record for launch.json, with the code and the environment as they are at this moment."""
    surroundings = surroundings_with(order.environment)
    words = words_of(order.argv)
    code = code_of(*opened(order.argv, order.cwd), surroundings.get("PYTHONPATH", ""), makefile_of(words, order.cwd))
    return Launch(
        run_id=run_id,
        created_at=now,
        argv=list(order.argv),
        cwd=str(order.cwd),
        interpreter=shutil.which(words[0], path=surroundings.get("PATH")) or words[0],
        environment_names=sorted(surroundings),
        environment={name: value for name, value in surroundings.items() if is_kept(name)},
        how=order.how,
        parent=order.parent,
        thresholds=dict(order.thresholds),
        asked_by=order.asked_by,
        script=code.script,
        script_sha256=code.script_sha256,
        git_commit=code.git_commit,
        git_diff=code.git_diff,
        stop_grace_secs=order.stop_grace_secs,
        git_tree=code.git_tree,
        local_files=dict(code.local_files),
        imported=dict(code.imported),
        git_others=code.git_others,
        script_text=code.script_text,
        stop_with=order.stop_with,
        scheduler=job_of(os.environ),
        away=order.away,
        device=order.device,
        metric=order.metric,
        job=order.job,
    )


def job_of(environment: Mapping[str, str]) -> dict[str, str]:
    """The job of a cluster that a process runs in, from its environment; {} outside of one."""
    if RAY_JOB_VARIABLE in environment:  # first: a Ray may have been started inside of a job of SLURM
        return _job_of_ray(environment[RAY_JOB_VARIABLE])
    if not environment.get("SLURM_JOB_ID"):
        return {}
    array, place = environment.get("SLURM_ARRAY_JOB_ID"), environment.get("SLURM_ARRAY_TASK_ID")
    values = {
        "kind": "slurm",
        "job_id": f"{array}_{place}" if array and place else environment["SLURM_JOB_ID"],
        "node": environment.get("SLURMD_NODENAME", ""),
        "partition": environment.get("SLURM_JOB_PARTITION", ""),
        "restarts": environment.get("SLURM_RESTART_COUNT", "0"),
    }
    return {name: value for name, value in values.items() if value}


def _job_of_ray(text: str) -> dict[str, str]:
    """Of a job that was submitted to Ray's job API: Ray hands the name of the submission to the job's command."""
    try:
        name = msgspec.json.decode(text)["metadata"]["job_submission_id"]
    except (msgspec.DecodeError, TypeError, KeyError):
        return {}
    return {"kind": "ray", "job_id": str(name), "node": os.uname().nodename, "restarts": "0"}


def surroundings_with(kept: Mapping[str, str]) -> dict[str, str]:
    """This process's environment with the kept values of an earlier start, if there was one, in place of its own."""
    return {**{name: value for name, value in os.environ.items() if not (kept and is_kept(name))}, **kept}


def is_kept(name: str) -> bool:
    """Whether the value of this environment variable is kept with a run and used again."""
    return name in KEPT_VARIABLES or (name.startswith(KEPT_PREFIXES) and SECRET.search(name) is None)


def name_of(order: Order, name: str | None) -> str:
    """A run id made from a name, else from the script: "My run!" becomes My-run."""
    script = script_of(*opened(order.argv, order.cwd))
    from_script = "" if script is None else script.parent.name if script.stem == "__main__" else script.stem
    wanted = re.sub(r"[^A-Za-z0-9._-]+", "-", name or from_script).strip("-._")
    return wanted[:80] or "run"


def read_launch(run_dir: Path) -> Launch | None:
    """launch.json of a run, or None if there is none. Raises UnreadableRunError if it cannot be understood."""
    path = run_dir / LAUNCH_FILE
    try:
        launch = files.read_document(path, Launch)
    except ValueError as problem:
        raise UnreadableRunError(f"{path} cannot be read: {problem}") from None
    except OSError as problem:
        raise _unreachable(path, problem) from problem
    if launch is not None:
        check_schema(launch.schema_version, str(path))
    return launch


T = TypeVar("T", bound=Record)


def _unreachable(path: Path, problem: OSError) -> UnreadableRunError:
    why = problem.strerror or problem
    return UnreadableRunError(f"{path} cannot be read: {why}. Check the disk and your rights.")


def _read(path: Path, kind: type[T]) -> T | None:
    try:
        return files.read_document(path, kind, ignoring=ValueError)
    except OSError as problem:
        raise _unreachable(path, problem) from problem


def read_state(run_dir: Path) -> State | None:
    """state.json, or None if it is missing or cannot be decoded (the reader reports that).

    Raises UnreadableRunError where the disk or the rights prevent reading.
    """
    return _read(run_dir / STATE_FILE, State)


def read_progress(run_dir: Path) -> Progress | None:
    """progress.json, or None if there is none or it cannot be understood. Raises UnreadableRunError as `read_state`."""
    return _read(run_dir / PROGRESS_FILE, Progress)


def generation_of(state: State | None, progress: Progress | None) -> int:
    """Which start of the run this is: 1, and one more for each resume. A foreground run has no (new) state.json."""
    return max(state.generation if state else 1, progress.generation if progress else 1)


def expand(argv: list[str], run_dir: Path) -> list[str]:
    """The command that really runs: every `{run_dir}` replaced by the absolute path."""
    return [word.replace(PLACEHOLDER, str(run_dir.absolute())) for word in argv]


def command_of(argv: list[str], run_dir: Path) -> str:
    """The same as one line for a shell, byte for byte what runs."""
    return shlex.join(expand(argv, run_dir))


def environment_for(launch: Launch, run_dir: Path, generation: int) -> dict[str, str]:
    """The environment of the trainer: the supervisor's own, the kept values of the start, and the run directory.

    A variable of that kind that was not set at the start is not set now, but for the devices of a cluster's job, which
    may be others at each start. Nothing is taken from a launch that is not from here.
    """
    kept = launch.environment if is_from_here(launch, run_dir) else {}
    of_job = {name: os.environ[name] for name in OF_THE_JOB if name in os.environ} if job_of(os.environ) else {}
    return {
        **surroundings_with(kept),
        **of_job,
        "PYTHONUNBUFFERED": "1",
        RUN_DIR_VARIABLE: str(run_dir.absolute()),
        GENERATION_VARIABLE: str(generation),
    }
