"""A run as a job: its script, its submission, its leaving of the queue, and the ways to stop it from outside.

The job starts the run's supervisor on its node, and that one owns the trainer as anywhere else. Until then there is no
process of the run: state.json says queued, and the engine's queue says why (`monitor.run_dir.job_words`).
"""

from __future__ import annotations

import contextlib
import re
import shlex
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from monitor.launcher.engines import queues, slurm
from monitor.launcher.engines.registry import ENGINES
from monitor.run_dir import (
    JOB_SCRIPT_FILE,
    STATE_FILE,
    JobOrder,
    JobPlace,
    Launch,
    State,
    control,
    encode,
    files,
    held,
    processes,
)
from monitor.run_dir.errors import RefusedError, UsageError
from monitor.run_dir.launch import generation_of, read_launch, read_progress, read_state
from monitor.run_dir.provenance import TORCHRUN
from monitor.run_dir.seal import fact_of, note, unverified_command_warning

TIME = re.compile(r"(?:(?P<days>\d+)-)?(?P<parts>\d+(?::\d+){0,2})")
SIGNAL_SECS = 120
PARTITION = re.compile(r"[A-Za-z0-9_.,-]+")


def job_order(partition: str, gpus: int, time_limit: str, nodes: int, nproc: int, sbatch: str) -> JobOrder:
    """What is asked of SLURM. Raises UsageError for what no job script can hold."""
    if partition and not PARTITION.fullmatch(partition):
        raise UsageError(f"--partition {partition}: must be the name of a partition; sinfo lists them.")
    minutes = minutes_of(time_limit)
    try:
        options = shlex.split(sbatch)
    except ValueError as problem:
        raise UsageError(f"--sbatch {sbatch}: {problem}.") from None
    if any(ord(letter) < 32 for letter in sbatch):
        raise UsageError("--sbatch: line ends and control characters are not allowed.")
    # At most a quarter of the time, or a short job would be warned as it starts.
    warning = SIGNAL_SECS if minutes is None else max(5, min(SIGNAL_SECS, int(15 * minutes)))
    return JobOrder(
        partition=partition,
        gpus=gpus,
        time=time_limit,
        nodes=nodes,
        nproc=nproc,
        options=options,
        signal_secs=warning,
    )


def minutes_of(text: str) -> float | None:
    """Minutes of a time limit as SLURM reads it: 90, 1:30:00, 2-12, 1-00:30; None for none. Raises UsageError."""
    if not text:
        return None
    match = TIME.fullmatch(text)
    if match is None:
        raise UsageError(f"--time {text}: must be HOURS:MINUTES:SECONDS, minutes alone, or DAYS-HOURS.")
    parts = [int(each) for each in match["parts"].split(":")]
    if match["days"]:
        hours, minutes, seconds = [*parts, 0, 0][:3]
        return 60 * (24 * int(match["days"]) + hours) + minutes + seconds / 60
    if len(parts) == 3:
        return 60 * parts[0] + parts[1] + parts[2] / 60
    return parts[0] + (parts[1] / 60 if len(parts) == 2 else 0.0)


def in_job(argv: list[str], order: JobOrder | None) -> list[str]:
    """The command of a training over several nodes: srun starts one torchrun on each, and all meet at the first.

    The meeting point is known only on the node: the job script puts it into torchrun's own variables (PET_…).
    """
    if order is None or order.nodes == 1:
        return argv
    place = argv.index(TORCHRUN) if TORCHRUN in argv else -1
    if place < 0:
        raise UsageError("--nodes needs a Python command, such as python train.py.")
    spread = [f"--nnodes={order.nodes}", "--rdzv-backend=c10d"]
    rest = [word for word in argv[place + 1 :] if word != "--standalone"]
    step = ["srun", f"--nodes={order.nodes}", f"--ntasks={order.nodes}", "--ntasks-per-node=1", "--kill-on-bad-exit=1"]
    return [*step, *argv[: place + 1], *spread, *rest]


def submit(run_dir: Path, *, after: str = "") -> str:
    """Submits a run, or its next generation, as a job and returns the job's number.

    `after`: the number of the job of its parent, which has to end first. Raises
    RefusedError where the engine does not take it, or the run's command is not this user's own.
    """
    launch, order = _own(run_dir)
    # The supervisor in the job needs this lock: it cannot begin before all is written.
    with processes.RunLock(run_dir), files.writing(run_dir, "submitted"):
        engine = ENGINES[order.engine]
        files.replace(run_dir / JOB_SCRIPT_FILE, engine.script(run_dir, launch, after).encode())
        job = engine.submit(run_dir, launch, after)
        _note_job(run_dir, launch, order, job)
    return job


def array_of(run_dirs: Sequence[Path], order: JobOrder | None) -> dict[int, Path]:
    """Place in a job array → run, of runs that can be one: several of one folder, called STEM-2, STEM-3; else none."""
    found = [re.fullmatch(r"(.+)-([1-9][0-9]{0,2})", run_dir.name) for run_dir in run_dirs]
    stems = {(run_dir.parent, match[1] if match else None) for run_dir, match in zip(run_dirs, found, strict=True)}
    if len(run_dirs) < 2 or len(stems) > 1 or order is None or order.engine != "slurm":
        return {}
    return {int(match[2]): run_dir for run_dir, match in zip(run_dirs, found, strict=True) if match}


def submit_array(members: Mapping[int, Path], *, after: str = "") -> None:
    """Submits runs that were claimed just now as one job array (`array_of`). `after`, and RefusedError: as `submit`."""
    owned = {place: (run_dir, *_own(run_dir)) for place, run_dir in members.items()}
    script = slurm.array_script({place: (run_dir, launch) for place, (run_dir, launch, _) in owned.items()}, after)
    with contextlib.ExitStack() as held:
        for run_dir, _, _ in owned.values():
            held.enter_context(processes.RunLock(run_dir))
            held.enter_context(files.writing(run_dir, "submitted"))
            files.replace(run_dir / JOB_SCRIPT_FILE, script.encode())
        first, launch, _ = next(iter(owned.values()))
        job = slurm.submit(first, launch, "")
        for place, (run_dir, launch, order) in owned.items():
            _note_job(run_dir, launch, order, f"{job}_{place}")


def _own(run_dir: Path) -> tuple[Launch, JobOrder]:
    """Raises RefusedError for a command that is not this user's own, or no job."""
    launch = read_launch(run_dir)
    if launch is None or launch.job is None or fact_of(launch, run_dir) is None:
        raise RefusedError(unverified_command_warning(launch) if launch is not None else f"{run_dir} is no run.")
    return launch, launch.job


def _note_job(run_dir: Path, launch: Launch, order: JobOrder, job: str) -> None:
    """Writes down that this job is the run's next generation. Raises OSError."""
    state, progress = read_state(run_dir), read_progress(run_dir)
    generation = generation_of(state, progress) + 1 if state or progress else 1
    now = time.time()
    note(launch, run_dir, job=job, may_start=generation)
    queues.remember(job, run_dir, order)
    place = JobPlace(engine=order.engine, job_id=job, submitted_at=now)
    queued = State(state="queued", generation=generation, updated_at=now, job=place)
    files.replace(run_dir / STATE_FILE, encode(held.with_folder(run_dir, queued)))


def leave_queue(run_dir: Path) -> None:
    """Takes a run whose job waits out of the queue, and writes that down; one whose supervisor has begun is left alone.

    Raises RefusedError where the engine does not answer.
    """
    launch, state = read_launch(run_dir), read_state(run_dir)
    fact = fact_of(launch, run_dir)
    if launch is None or launch.job is None or state is None or state.job is None or fact is None:
        raise RefusedError(f"{run_dir.name} does not wait as a job of yours.")
    if fact.job != state.job.job_id:
        raise RefusedError(f"The job of {run_dir.name} was submitted by another user or for another folder.")
    lock = processes.RunLock(run_dir)
    try:
        lock.acquire()
    except RefusedError:
        return  # its supervisor has begun, and answers
    with _released(lock), files.writing(run_dir, "submitted"):
        ENGINES[launch.job.engine].leave(fact.job, launch.job)
        # Should the job have begun at this moment: its supervisor finds that it is wanted no more.
        note(launch, run_dir, job="", may_start=0)
        now = time.time()
        ended = State(state="stopped", generation=state.generation, updated_at=now, ended_at=now, job=state.job)
        files.replace(run_dir / STATE_FILE, encode(ended))
        for asked in control.pending(run_dir, state.generation):
            control.answer(run_dir, asked, "done" if asked.verb == "stop" else "refused", "", now)


def nudge(run_dir: Path, *, hard: bool = False) -> bool:
    """Tells the job of a run that does not answer a stop: its supervisor by SIGUSR1, or with `hard` by ending the job.

    False where this user has no job for this folder. Raises RefusedError with what the engine says.
    """
    launch, state = read_launch(run_dir), read_state(run_dir)
    fact = fact_of(launch, run_dir)
    if launch is None or launch.job is None or fact is None or state is None or state.job is None:
        return False
    if state.job.job_id != fact.job:
        return False
    ENGINES[launch.job.engine].nudge(fact.job, launch.job, hard)
    return True


@contextlib.contextmanager
def _released(lock: processes.RunLock) -> Iterator[None]:
    try:
        yield
    finally:
        lock.release()
