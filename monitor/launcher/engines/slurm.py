"""SLURM in commands: sbatch, squeue, scancel, scontrol, sinfo, each with a time limit, and their errors in sentences.

The programs are those on the user's PATH; of a run directory they are given its path and digits, nothing else. The
queue is read for all runs together, at most every 15 s by all processes of a user, and kept in the user's own folder.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from msgspec.structs import replace

from monitor.run_dir import GENERATION_VARIABLE, RUN_DIR_VARIABLE, JobSeen, job_words, jobs
from monitor.run_dir.errors import RefusedError

ASK_EVERY_SECS = 15.0
PATIENCE_SECS = 20.0
FORGET_SECS = 30 * 86_400.0
"""A job that ended so long ago is not kept any longer."""
FIELDS = (
    "JobID",
    "State",
    "StartTime",
    "EndTime",
    "Partition",
    "NodeList",
    "RestartCnt",
    "exit_code",
    "Reason",
    "WorkDir",
)
LINE = re.compile(
    r"(?P<job>\d+)\|(?P<state>[A-Z_]+)\|(?P<start>[^|]*)\|(?P<end>[^|]*)\|(?P<partition>[^|]*)\|(?P<nodes>[^|]*)\|"
    r"(?P<restarts>\d+)\|(?P<code>\d+(?::\d+)?)\|(?P<reason>[^|]*)\|(?P<folder>.*)\|"
)
PREFIX = re.compile(
    r"^(?:sbatch|scancel|scontrol|squeue|slurm_load_\w+)(?: error)?: (?:error: )?(?:Batch job submission failed: )?"
)
NO_PARTITION = "SLURM has no such partition; it has: {partitions}."
NO_ACCOUNT = "SLURM does not take your account there. Name another: --sbatch '--account NAME' (sacctmgr lists yours)."
BAD_TIME = "The partition does not allow that time limit, or it is no time: --time HOURS:MINUTES:SECONDS."
NO_NODE = "No node, or not so many, has what is asked for; sinfo -o '%P %D %c %m %G' lists what there is."
LIMITED = "A limit of your account or its quality of service forbids it, or is reached."
NO_KEY = (
    "This machine and the controller have different munge keys, or munged does not run; an administrator mends that."
)
NO_ANSWER = "SLURM's controller does not answer. Try again later; scontrol ping shows it."
CUT_OFF = (
    "The controller closed the connection without an answer, most often because this machine and the controller have "
    "different munge keys. Ask an administrator."
)
SENTENCES = (
    (r"[Ii]nvalid partition", NO_PARTITION),
    (r"[Ii]nvalid account", NO_ACCOUNT),
    (r"[Tt]ime limit is invalid|Invalid --time", BAD_TIME),
    (r"node configuration|generic resource|Memory specification|[Nn]ode count", NO_NODE),
    (r"QOS|policy|[Ll]imit", LIMITED),
    (r"[Mm]unge|[Cc]redential|[Pp]rotocol authentication", NO_KEY),
    (r"Zero Bytes", CUT_OFF),
    (r"contact slurm controller|[Cc]onnection|[Tt]imed out|[Cc]ommunication", NO_ANSWER),
    (r"unrecognized option|invalid option", "sbatch does not know that option; see man sbatch."),
    (r"[Aa]lready completing|[Ii]nvalid job id", "The job has ended already."),
)
"""What an error of SLURM means and what to do; the first that fits."""


def submit(script: Path) -> str:
    """Hands a job script to sbatch and returns the job's number. Raises RefusedError with what SLURM says."""
    said = _run(["sbatch", "--parsable", str(script)], cwd=script.parent).strip()
    number = said.partition(";")[0]
    if not number.isdecimal():
        raise RefusedError(f"sbatch gave no job number but: {said[:200]}")
    return number


def cancel(job: str, *, signal: str = "", only_waiting: bool = False) -> None:
    """Cancels a job, or sends its batch process alone a signal. Raises RefusedError with what SLURM says."""
    how = [f"--signal={signal}", "--batch"] if signal else ["--state=PENDING"] if only_waiting else []
    _run(["scancel", *how, _digits(job)])


def requeue(job: str) -> None:
    """Puts a job back into the queue under its number. Raises RefusedError with what SLURM says."""
    _run(["scontrol", "requeue", _digits(job)])


def is_here() -> bool:
    """Whether this machine can submit jobs."""
    return shutil.which("sbatch") is not None


def remember(job: str, run_dir: Path) -> None:
    """From now on the queue is asked for this job. Raises OSError."""
    new = JobSeen(job_id=job, run_dir=str(run_dir.resolve()))
    jobs.change(lambda book: replace(book, jobs={**book.jobs, job: new}))


def look() -> None:
    """Reads the queue, if one of this user's runs waits or works in it and nobody has read it in the last 15 s.

    It raises nothing: what goes wrong stands in the book, with the last answer.
    """
    now = time.time()
    if not _is_due(jobs.book(), now):
        return
    due = []

    def begin(book: jobs.Book) -> jobs.Book:
        due.extend([book] if _is_due(book, now) else [])
        return replace(book, asked_at=now) if due else book

    try:
        jobs.change(begin)
        if due:
            _ask_and_note(due[0], now)
    except OSError:
        return  # a full disk: the next look tries again


def orphans(runs_dir: Path) -> list[str]:
    """A sentence for each open job whose run was removed from this folder of runs."""
    lines = []
    for seen in jobs.book().jobs.values():
        run_dir = Path(seen.run_dir)
        if seen.ended_at is None and run_dir.parent == runs_dir.resolve() and not run_dir.exists():
            gone = f"SLURM job {seen.job_id} is for {run_dir}, which is not there any more."
            lines.append(f"{gone} Remove it: scancel {seen.job_id}")
    return lines


def look_soon() -> None:
    """The same in the background, for a page that must not wait for SLURM."""
    if not _is_due(jobs.book(), time.time()) or _looking.locked():
        return
    threading.Thread(target=_look_alone, name="squeue", daemon=True).start()


_looking = threading.Lock()


def _look_alone() -> None:
    if _looking.acquire(blocking=False):
        try:
            look()
        finally:
            _looking.release()


def _is_due(book: jobs.Book, now: float) -> bool:
    is_open = any(seen.ended_at is None for seen in book.jobs.values())
    return is_open and not 0 <= now - book.asked_at < ASK_EVERY_SECS


def _ask_and_note(before: jobs.Book, now: float) -> None:
    command = ["squeue", "--me", "--states=all", "--noheader", f"--Format={','.join(f'{each}:|' for each in FIELDS)}"]
    try:
        found, problem = {seen.job_id: seen for seen in parsed(_run(command).splitlines(), now)}, ""
    except RefusedError as refused:
        found, problem = {}, str(refused)
    jobs.change(lambda book: _noted(book, before, found, problem, now))


def _noted(book: jobs.Book, before: jobs.Book, found: dict[str, JobSeen], problem: str, now: float) -> jobs.Book:
    """The book after an answer: of the jobs in it what SLURM says; one that it knows no more has ended unseen."""
    if problem:
        return replace(book, problem=problem, problem_at=book.problem_at if book.problem else now)
    known = {}
    for number, seen in book.jobs.items():
        if number in found and found[number].run_dir == seen.run_dir:
            known[number] = found[number]
        elif seen.ended_at is None and number in before.jobs:
            known[number] = replace(seen, state=job_words.GONE, ended_at=now)
        elif seen.ended_at is None or now - seen.ended_at < FORGET_SECS:
            known[number] = seen
    return replace(book, problem="", problem_at=0.0, jobs=known)


def parsed(lines: Iterable[str], now: float) -> list[JobSeen]:
    """The jobs of squeue's answer; a line that is none (a job of an array, a later version's) is left out."""
    found = []
    for line in lines:
        if (match := LINE.fullmatch(line.strip())) is None:
            continue
        is_over = match["state"] not in job_words.WAITING | job_words.AT_WORK
        job = JobSeen(
            job_id=match["job"],
            run_dir=match["folder"],
            state=match["state"],
            reason=match["reason"],
            partition=match["partition"],
            nodes=match["nodes"],
            exit_status=match["code"],
            restarts=int(match["restarts"]),
            starts_at=_time(match["start"]),
            ended_at=(_time(match["end"]) or now) if is_over else None,
        )
        found.append(job)
    return found


def partitions() -> list[str]:
    """The partitions there are, by sinfo; none where it does not answer."""
    try:
        return list(dict.fromkeys(_run(["sinfo", "--noheader", "--format=%R"]).split()))
    except RefusedError:
        return []


def nodes(fields: Sequence[str]) -> str:
    """These fields of sinfo, a line a node of a partition, "|" after each. Raises RefusedError."""
    return _run(["sinfo", "--noheader", "-N", f"--Format={','.join(f'{each}:|' for each in fields)}"])


def _time(text: str) -> float | None:
    try:
        return time.mktime(time.strptime(text, "%Y-%m-%dT%H:%M:%S"))
    except ValueError:
        return None


def _digits(job: str) -> str:
    if not job.isascii() or not job.isdecimal():
        raise RefusedError(f"{job[:40]!r} is no job number.")
    return job


def _run(command: list[str], cwd: Path | None = None) -> str:
    """The answer of one of SLURM's programs. Raises RefusedError, one sentence."""
    # A job that submits another one must not hand its own numbers on, and a run not its mark.
    dropped = (RUN_DIR_VARIABLE, GENERATION_VARIABLE)
    kept = {
        k: v for k, v in os.environ.items() if k not in dropped and (not k.startswith("SLURM_") or k == "SLURM_CONF")
    }
    try:
        done = subprocess.run(
            command, cwd=cwd, env=kept, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE_SECS
        )
    except FileNotFoundError:
        raise RefusedError(f"There is no {command[0]} here: submit from a login node of the cluster.") from None
    except OSError as problem:
        raise RefusedError(f"{command[0]} could not be started: {problem.strerror or problem}.") from None
    except subprocess.TimeoutExpired:
        raise RefusedError(f"SLURM's controller did not answer {command[0]} within {PATIENCE_SECS:.0f} s.") from None
    if done.returncode:
        raise RefusedError(sentence(command[0], done.stderr))
    return done.stdout


def sentence(program: str, error: str) -> str:
    """What SLURM said, and what it means where that is known."""
    said = [PREFIX.sub("", line.strip()) for line in error.splitlines() if line.strip() and "--help" not in line]
    text = next((line for line in said if not line.startswith("If ")), "no reason given")[:300]
    meant = next((meaning for pattern, meaning in SENTENCES if re.search(pattern, "\n".join(said))), "")
    if "{partitions}" in meant:
        meant = meant.format(partitions=", ".join(partitions()) or "none that sinfo shows")
    return f"{program} refused: {text.rstrip('.')}.{' ' + meant if meant else ''}"
