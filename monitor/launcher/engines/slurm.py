"""SLURM in commands (sbatch, squeue, sacct, scancel, scontrol, sinfo), each with a time limit; errors in sentences.

The programs are those on the user's PATH; of a run directory they are given its path and digits, nothing else.
"""

from __future__ import annotations

import pwd
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from msgspec.structs import replace

from monitor.launcher.engines.engine import PATIENCE_SECS, clean_environment, digits
from monitor.run_dir import JOB_LOG_FILE, JOB_SCRIPT_FILE, JobOrder, JobSeen, Launch, job_words, processes
from monitor.run_dir.errors import RefusedError
from monitor.run_dir.launch import command_of
from monitor.run_dir.words import PACKAGE

FIELDS = (
    "JobArrayID",
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
ACCOUNTED = ("JobID", "State", "Start", "End", "Partition", "NodeList", "ExitCode", "Reason", "WorkDir")
"""The same fields of sacct, which does not count restarts, and says of a cancelled job by which uid."""
LINE = re.compile(
    r"(?P<job>\d+(?:_\d+)?)\|(?P<state>[A-Z_]+)(?: by (?P<uid>\d+))?\|(?P<start>[^|]*)\|(?P<end>[^|]*)\|"
    r"(?P<partition>[^|]*)\|(?P<nodes>[^|]*)\|(?:(?P<restarts>\d+)\|)?(?P<code>\d+(?::\d+)?)\|(?P<reason>[^|]*)\|"
    r"(?P<folder>.*)\|"
)
NO_NODES = "None assigned"
NO_ACCOUNTING = "storage is disabled"
UNKNOWN_END = "it has left the queue, and the accounting (sacct) does not say yet how it ended"
LATE_SECS = 600.0
"""So long the accounting may be behind, or silent: then a job that left the queue has ended, and how was not seen."""
PREFIX = re.compile(
    r"^(?:sbatch|scancel|scontrol|squeue|sacct|slurm_load_\w+)(?: error)?: (?:error: |fatal: )?"
    r"(?:Batch job submission failed: )?"
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
NO_CLUSTER = (
    "This machine belongs to no cluster that SLURM can find (it has no slurm.conf): submit from a login node, or name "
    "the file: SLURM_CONF=FILE."
)
SENTENCES = (
    (r"configuration source", NO_CLUSTER),
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


def script(run_dir: Path, launch: Launch, after: str = "") -> str:
    """The script that sbatch gets, for a person to read; `after`: the number of a job that has to end first."""
    order = launch.job
    assert order is not None
    asked = {
        "dependency": f"afterany:{after}" if after else "",
        "chdir": str(run_dir.absolute()),
        "output": JOB_LOG_FILE,
    }
    commands = command_of(launch.argv, run_dir).splitlines()
    return _script(launch.run_id, order, asked, commands, shlex.quote(str(run_dir.absolute())))


def array_script(members: Mapping[int, tuple[Path, Launch]], after: str = "") -> str:
    """The script of a job array: place in it → (run, launch). The runs lie in one folder, and are called STEM-PLACE."""
    place, (run_dir, launch) = next(iter(members.items()))
    stem = str(run_dir.absolute()).removesuffix(str(place))
    asked = {
        "dependency": f"afterany:{after}" if after else "",
        "array": ",".join(map(str, members)),
        "chdir": str(run_dir.absolute().parent),
        "output": f"{stem.replace('%', '%%')}%a/{JOB_LOG_FILE}",
    }
    commands = [f"{each.run_id}: {command_of(each.argv, where)}" for where, each in members.values()]
    assert launch.job is not None
    return _script(launch.run_id, launch.job, asked, commands, f'{shlex.quote(stem)}"$SLURM_ARRAY_TASK_ID"')


def _script(name: str, order: JobOrder, asked: Mapping[str, str], commands: Sequence[str], run_dir: str) -> str:
    """`run_dir`: as the shell reads it."""
    asked = {
        "job-name": name,
        "partition": order.partition,
        "nodes": str(order.nodes),
        "ntasks-per-node": "1",
        "gpus-per-node": str(order.gpus) if order.gpus else "",
        "cpus-per-task": str(order.nproc) if order.nproc > 1 else "",
        "time": order.time,
        **asked,
        "open-mode": "append",
        "signal": f"B:USR1@{order.signal_secs}",
    }
    lines = [f"#SBATCH --{name}={_quoted(value)}" for name, value in asked.items() if value]
    lines += ["#SBATCH --requeue"]
    # One line: an option may be two words, such as -A lab.
    lines += [f"#SBATCH {' '.join(map(_quoted, order.options))}"] if order.options else []
    python = f"{shlex.quote(sys.executable)} -m {PACKAGE}.supervisor {run_dir} --job"
    meeting: list[str] = []
    if order.nodes > 1:
        port = "$((20000 + SLURM_JOB_ID % 20000))"
        meeting = [f'export PET_RDZV_ENDPOINT="$(hostname):{port}" PET_RDZV_ID="$SLURM_JOB_ID"']
    return "\n".join(
        [
            "#!/bin/bash",
            *lines,
            "# The supervisor starts this command, saves and requeues it before the time limit, and stays to its end:",
            *(f"#   {line}" for line in commands),
            *meeting,
            f"cd {shlex.quote(str(processes.HOME))} && exec {python}",
            "",
        ]
    )


def _quoted(value: str) -> str:
    """A value in a line of #SBATCH, which knows double quotes."""
    return value if re.fullmatch(r"[\w@%+=:,./-]+", value) else '"' + re.sub(r'(["\\])', r"\\\1", value) + '"'


def asks(_order: JobOrder) -> str:
    """Always "": the reason that squeue gives for a waiting job says what it needs."""
    return ""


def submit(run_dir: Path, _launch: Launch, _after: str) -> str:
    """Hands the run's job script to sbatch and returns the job's number. Raises RefusedError with what SLURM says."""
    said = _run(["sbatch", "--parsable", str(run_dir / JOB_SCRIPT_FILE)], cwd=run_dir).strip()
    number = said.partition(";")[0]
    if not number.isdecimal():
        raise RefusedError(f"sbatch gave no job number but: {said[:200]}")
    return number


def cancel(job: str, *options: str) -> None:
    """scancel with these options. Raises RefusedError with what SLURM says."""
    _run(["scancel", *options, digits(job)])


def leave(job: str, _order: JobOrder) -> None:
    """Cancels the job only while it is pending: one that has just begun goes on. Raises RefusedError."""
    cancel(job, "--state=PENDING")


def nudge(job: str, _order: JobOrder, hard: bool) -> None:
    """SIGUSR1 to the supervisor, as shortly before the time limit; `hard`: ends the job. Raises RefusedError."""
    cancel(job, *([] if hard else ["--signal=USR1", "--batch"]))


def requeue(job: str) -> None:
    """Puts a job back into the queue under its number. Raises RefusedError with what SLURM says."""
    _run(["scontrol", "requeue", digits(job)])


def removal(seen: JobSeen) -> str:
    """It works on every machine that can submit jobs to that cluster."""
    return f"scancel {seen.job_id}"


def is_here() -> bool:
    """Whether this machine can submit jobs."""
    return shutil.which("sbatch") is not None


def asked(known: Sequence[JobSeen], now: float) -> dict[str, JobSeen]:
    """What squeue says of these jobs, and sacct of those that left it: one call each for all. Another folder's is none.

    Raises RefusedError with what SLURM says.
    """
    command = ["squeue", "--me", "--array", "--states=all", "--noheader"]
    command += [f"--Format={','.join(f'{each}:|' for each in FIELDS)}"]
    found = _own(_run(command), known, now)
    unsure = [seen for seen in known if seen.ended_at is None and _is_unsure(found.get(seen.job_id))]
    return found | _accounted(unsure, found, now) if unsure else found


def _own(answer: str, known: Sequence[JobSeen], now: float) -> dict[str, JobSeen]:
    """The jobs in an answer that are these: a number that SLURM has given again is another folder's job."""
    runs = {seen.job_id: Path(seen.run_dir) for seen in known}
    found = {}
    for seen in parsed(answer.splitlines(), now):
        run_dir = runs.get(seen.job_id)
        # A job array has one folder for all of its jobs: the one that their runs lie in.
        if run_dir is not None and seen.run_dir == str(run_dir.parent if "_" in seen.job_id else run_dir):
            found[seen.job_id] = replace(seen, run_dir=str(run_dir))
    return found


def _is_unsure(seen: JobSeen | None) -> bool:
    """Whether the queue alone does not tell how a job ended, or who cancelled it."""
    return seen is None or seen.state == "CANCELLED"


def _accounted(unsure: Sequence[JobSeen], queue: Mapping[str, JobSeen], now: float) -> dict[str, JobSeen]:
    """What the accounting says of jobs of which the queue says too little; nothing where there is none.

    It learns of an end a moment after the queue: until then, and while it does not answer, a job keeps its last state.
    """
    if shutil.which("sacct") is None:
        return {}
    command = ["sacct", "--allocations", "--noheader", "--parsable", f"--format={','.join(ACCOUNTED)}"]
    command += [f"--jobs={','.join(digits(seen.job_id) for seen in unsure)}"]
    try:
        rows, problem = _own(_run(command), unsure, now), UNKNOWN_END
    except RefusedError as refused:
        if NO_ACCOUNTING in str(refused):
            return {}
        rows, problem = {}, str(refused)
    found = {}
    for seen in unsure:
        row, queued = rows.get(seen.job_id), queue.get(seen.job_id)
        since = seen.problem_at if seen.problem else now
        if row is not None and row.ended_at is not None:
            found[seen.job_id] = replace(row, restarts=seen.restarts)
        elif now - since < LATE_SECS:
            found[seen.job_id] = replace(queued or seen, ended_at=None, problem=problem, problem_at=since)
    return found


def parsed(lines: Iterable[str], now: float) -> list[JobSeen]:
    """The jobs of squeue's answer; a line that is none, such as a later version's, is left out."""
    found = []
    for line in lines:
        if (match := LINE.fullmatch(line.strip())) is None:
            continue
        is_over = match["state"] not in job_words.SLURM_WAITS | job_words.SLURM_WORKS
        job = JobSeen(
            job_id=match["job"],
            run_dir=match["folder"],
            state=match["state"],
            reason=match["reason"],
            partition=match["partition"],
            nodes="" if match["nodes"] == NO_NODES else match["nodes"],
            exit_status=match["code"],
            restarts=int(match["restarts"] or 0),
            starts_at=_time(match["start"]),
            ended_at=(_time(match["end"]) or now) if is_over else None,
            cancelled_by=_account(match["uid"]),
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


def _account(uid: str | None) -> str:
    """Its name; "user 1007" for one that this machine does not know, "" for none."""
    try:
        return pwd.getpwuid(int(uid)).pw_name if uid else ""
    except (KeyError, OverflowError):
        return f"user {uid}"


def _time(text: str) -> float | None:
    try:
        return time.mktime(time.strptime(text, "%Y-%m-%dT%H:%M:%S"))
    except ValueError:
        return None


def _run(command: list[str], cwd: Path | None = None) -> str:
    """The answer of one of SLURM's programs. Raises RefusedError, one sentence."""
    try:
        done = subprocess.run(
            command,
            cwd=cwd,
            env=clean_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECS,
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
    """SLURM's error, with its meaning where that is known."""
    lines = [line.strip() for line in error.splitlines() if line.strip() and "--help" not in line]
    lines.sort(key=lambda line: ": fatal: " not in line)  # what it died of, before what led to it
    said = [PREFIX.sub("", line) for line in lines]
    text = next((line for line in said if not line.startswith("If ")), "no reason given")[:300]
    meant = next((meaning for pattern, meaning in SENTENCES if re.search(pattern, "\n".join(said))), "")
    if "{partitions}" in meant:
        meant = meant.format(partitions=", ".join(partitions()) or "none that sinfo shows")
    return f"{program} refused: {text.rstrip('.')}.{' ' + meant if meant else ''}"
