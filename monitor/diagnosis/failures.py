"""Why a run crashed: the known causes, recognised from its error, traceback, exit code and signal.

Only what a line says in an error's own words counts; lines of code are left out, and so are errors that a program has
caught and dealt with. An ordinary exception has no class here: of it is said where in the run's own code it came up.
"""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from monitor.diagnosis.batch import half_the_batch
from monitor.diagnosis.last_frame import own_frame
from monitor.run_dir import JOB_LOG_FILE, JobSeen, Snapshot, job_words
from monitor.run_dir.checkpoints import saves_checkpoints
from monitor.run_dir.status import state_in_force, status_of
from monitor.run_dir.words import age, size

KILLED = "Killed by SIGKILL without a stop being asked: usually the kernel or the scheduler, when memory runs out."
OPEN_FILES = "Correct the path; a relative one counts from the folder in which the run was started."
FIRST_ERROR = "Find the first error of the other processes in the log: one that ends early makes all others fail."
LOADER = "Use fewer loader workers or read the data in parts; in a job or container, ask for more memory."
RESUME = "Resume it from its checkpoint; if this was a time limit, with a longer one."
NATIVE: dict[int, str] = {
    signal.SIGSEGV: "native code read or wrote memory that is not its own",
    signal.SIGBUS: "native code used memory that is not there, as of a file cut short or a full /dev/shm",
    signal.SIGABRT: "native code gave up by itself",
    signal.SIGFPE: "native code divided by zero",
    signal.SIGILL: "a native library uses an instruction that this processor does not have",
}
FAULTHANDLER = (
    "Start it with PYTHONFAULTHANDLER=1, which writes the Python lines that led there into the log; "
    "suspect the newest change of a compiled package, then its version."
)
LONGEST_QUOTE = 160
LONGEST_LINE = 300


@dataclass(frozen=True)
class Failure:
    """A known cause of a crash, or its place. `happened` and `advice` are one sentence each."""

    name: str
    happened: str
    advice: str


Said = Callable[[re.Match[str], str], str]
"""(what matched, all lines) → what happened."""


@dataclass(frozen=True)
class Kind:
    """`pattern` is searched in the lines; `handled`: programs often catch this one and fail later of something else."""

    name: str
    pattern: re.Pattern[str]
    said: Said
    advice: str
    handled: bool = False


def failure_of(snapshot: Snapshot) -> Failure | None:
    """Why a failed run failed, or where; None for one that did not fail, or of which neither is known. Pure."""
    if status_of(snapshot).word != "failed":
        return None
    state, progress = state_in_force(snapshot.state, snapshot.progress), snapshot.progress
    if state is not None and state.state != "failed" and snapshot.job is not None:
        return _by_its_job(snapshot.job)
    said = [each for each in (state, progress) if each is not None]
    text = "\n".join(part for each in said for part in (each.error, each.traceback) if part)
    code, number = (state.exit_code, state.signal) if state is not None and state.stop is None else (None, None)
    known = failure_in(text, code, number, snapshot.run.config if snapshot.run is not None else {})
    if known is None:
        return _raised(text, snapshot) if number is None else None
    return known if saves_checkpoints(snapshot) else replace(known, advice=_without_checkpoint(known.advice))


def _without_checkpoint(advice: str) -> str:
    """The advice for a run that has reported no checkpoint: it can only be started anew."""
    return advice.replace("Resume it from its checkpoint", "Start it again (it reported no checkpoint)").replace(
        "then resume it", "then start it again"
    )


BY_JOB = {
    "TIMEOUT": ("scheduler", RESUME),
    "DEADLINE": ("scheduler", RESUME),
    "PREEMPTED": ("scheduler", RESUME),
    "OUT_OF_MEMORY": ("host_memory", LOADER),
    "NODE_FAIL": ("node", "Resume it from its checkpoint: the engine chooses another node."),
    "BOOT_FAIL": ("node", "Resume it: the engine chooses another node."),
}
"""The engine's word for how a job ended → cause and advice."""
JOB_MEMORY = re.compile(r"memory limit|oom[_-]kill|Out Of Memory", re.IGNORECASE)


def _by_its_job(seen: JobSeen) -> Failure:
    """Of a run whose job the engine has ended, with nothing left to say why but the engine."""
    name, advice = BY_JOB.get(seen.state, ("job", f"Read the end of {JOB_LOG_FILE} in the run's folder."))
    if JOB_MEMORY.search(seen.said):
        name, advice = "host_memory", LOADER
    return Failure(name, job_words.ended(seen), advice)


def _raised(text: str, snapshot: Snapshot) -> Failure | None:
    """The line of a person's own code in which an exception came up; no cause is made up for it."""
    labelled = "\n".join(LABEL.sub("", line) for line in text.splitlines())
    frame = own_frame(labelled, snapshot.launch.cwd if snapshot.launch is not None else "")
    if frame is None:
        return None
    code = f": {frame.code}" if frame.code else ""
    how = "Called from" if frame.by_library else "Raised at"
    return Failure(
        "exception", f"{how} {frame.place}{code}.", f"Look at {frame.place} first, and at what it was given."
    )


def error_line(snapshot: Snapshot) -> str:
    """The line that names the error of a failed run, without its full stop; "" where nothing was said."""
    state, progress = state_in_force(snapshot.state, snapshot.progress), snapshot.progress
    text = (state.error if state is not None else None) or (progress.error if progress is not None else None) or ""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    chosen = next((line for line in lines if ERROR.match(line)), lines[0] if lines else "")
    return (chosen if len(chosen) <= LONGEST_LINE else chosen[:LONGEST_LINE] + "…").rstrip(".")


def failure_in(
    text: str, exit_code: int | None = None, signal_number: int | None = None, config: Mapping[str, Any] | None = None
) -> Failure | None:
    """The class of a crash from the last lines of its log or its traceback; None for one without a known cause."""
    lines = _lines(text)
    # A process that a signal ended did not end of an exception that its log holds.
    by_signal = signal_number in (signal.SIGKILL, signal.SIGTERM)
    kinds = [kind for kind in KINDS if not by_signal or kind.name in ("host_memory", "scheduler")]
    for kind in kinds:
        within = "\n".join(_uncaught(lines) if kind.handled else lines)
        if match := kind.pattern.search(within):
            advice = half_the_batch(config or {}) if kind.name == "gpu_memory" else kind.advice
            return Failure(kind.name, kind.said(match, within), advice)
    return _by_code(exit_code, signal_number)


def _by_code(exit_code: int | None, number: int | None) -> Failure | None:
    """What the exit alone says; a shell gives 128 more than the signal that ended its command."""
    ended_by = number or (exit_code - 128 if exit_code is not None and exit_code > 128 else None)
    if ended_by == signal.SIGKILL:
        return Failure("host_memory", KILLED, LOADER)
    if ended_by == signal.SIGTERM:
        return Failure("scheduler", "Ended by SIGTERM, which a scheduler, a container or a person sends.", RESUME)
    if ended_by == signal.SIGINT:
        return Failure("interrupt", *INTERRUPTED)
    if ended_by in NATIVE:
        return Failure("native_crash", f"Ended by {signal.Signals(ended_by).name}: {NATIVE[ended_by]}.", FAULTHANDLER)
    return None


LABEL = re.compile(r"^(?:\[(?:rank|default)?\d+(?:,\d+)?\](?:<\w+>)?:\s?|\d+: )")
"""Which process of several wrote a line: torch's, torchrun's, mpirun's and srun's way."""
QUOTED = re.compile(r"^\s+(?:exitcode|traceback|what\(\))\s*:")
"""Indented lines that are no code: of torchrun's summary, and of C++."""
ERROR = re.compile(r"^[\w.]*(?:Error|Exception|Interrupt|Exit)\b")
SAID_BY_THE_LAUNCHER = re.compile(
    r"^(?:torch\.distributed\.elastic\S*|ChildFailedError)(?!.*SignalException)\b"
    r"|^subprocess\.CalledProcessError: Command '\['[^']*python[\d.]*'|^srun: error: .*Exited with exit code"
)
"""What started several processes only says that one failed; the process has said why before it."""


def _lines(text: str) -> list[str]:
    """The lines that are no code, without the label of their process."""
    plain = [LABEL.sub("", line) for line in text.replace("Last line of its log: ", "\n").splitlines()]
    return [line.strip() for line in plain if QUOTED.match(line) or (line[:1].strip() and line[0] not in "│╭╰|")]


def _uncaught(lines: list[str]) -> list[str]:
    """From the exception that ended the process on, with those that it names as its direct cause."""
    errors = [place for place, line in enumerate(lines) if ERROR.match(line) and not SAID_BY_THE_LAUNCHER.match(line)]
    if not errors:
        return lines
    first = errors[-1]
    for earlier in reversed(errors[:-1]):
        if not any("direct cause" in line for line in lines[earlier:first]):
            break
        first = earlier
    return lines[first:]


def _quoted(match: re.Match[str]) -> str:
    """What a pattern found, short enough for a sentence."""
    return next((part for part in match.groups() if part), "").strip()[:LONGEST_QUOTE]


def _gpu_memory(match: re.Match[str], text: str) -> str:
    asked = re.search(r"[Tt]ried to allocate ([\d.]+ [KMGT]?i?B)", text)
    raw = re.search(r"(?:trying to allocate|Out of memory allocating) ([\d,]+) bytes", text)
    wanted = asked[1] if asked else size(float(raw[1].replace(",", ""))) if raw else ""
    free = re.search(r"of which ([\d.]+ [KMGT]?i?B) is free|; ([\d.]+ [KMGT]?i?B) free;", text)
    gpu = re.search(r"\bGPU (\d+)\b|/device:GPU:(\d+)\b", text)
    where = f"GPU {_quoted(gpu)}" if gpu else "The GPU"
    if not wanted:
        return f"{where} has no memory left."
    return f"{where} was asked for {wanted}{f' and had {_quoted(free)} free' if free else ''}: out of memory."


def _host_memory(match: re.Match[str], text: str) -> str:
    asked = re.search(r"Unable to allocate ([\d.]+ [KMGT]?i?B)|tried to allocate (\d+) bytes", text)
    if "Bus error" in match[0]:
        return "A loader worker ended by a bus error: usually the shared memory (/dev/shm) is used up."
    if match["code"]:
        return KILLED
    if asked is None:
        return "The machine or the job's limit has no memory left."
    return f"The machine had no room for {asked[1] or size(float(asked[2]))} more: out of memory on the host."


def _device_assertion(_: re.Match[str], text: str) -> str:
    check = re.search(r"Assertion `(.+?)` failed", text)
    return f"A check on the GPU failed{f': {_quoted(check)}' if check else ''}."


def _disk(match: re.Match[str], _: str) -> str:
    what = "The quota is used up" if "uota" in match[0] else "The disk is full"
    return f"{what}: no room for {_quoted(match)}." if _quoted(match) else f"{what}."


def _scheduler(match: re.Match[str], _: str) -> str:
    limit = "TIME LIMIT" in match[0] or "walltime" in match[0] or "RUNLIMIT" in match[0]
    if limit:
        return "The scheduler ended it at its time limit."
    if "SIGTERM" in match[0] or "signal: 15" in match[0] or "Terminated" in match[0]:
        return "Ended by SIGTERM, which a scheduler, a container or a person sends."
    return "The scheduler cancelled it."


def _peer(_: re.Match[str], text: str) -> str:
    late = re.search(r"OpType=(\w+).*?ran for (\d+) milliseconds", text)
    if late:
        return f"{late[1]} between the processes did not end within {age(int(late[2]) / 1000)}."
    return "The processes of this run lost each other: one ended, stopped answering or could not be reached."


def _missing(match: re.Match[str], _: str) -> str:
    return f"{_quoted(match)} does not exist."


def _import(match: re.Match[str], _: str) -> str:
    return f"An import failed: {_quoted(match)}."


INTERRUPTED = ("Ctrl-C ended it.", "Resume it from its checkpoint, if that was not wanted.")

KINDS = (
    Kind(
        "gpu_memory",
        re.compile(
            r"^(?:what\(\):\s+)?(?:[\w.]*[Ee]rror: )*(?:(?:CUDA|HIP|XPU) (?:error: )?out of memory"
            r"|MPS backend out of memory|CUDA error: CUBLAS_STATUS_ALLOC_FAILED|cuDNN error: CUDNN_STATUS_ALLOC_FAILED"
            r"|RESOURCE_EXHAUSTED: Out of memory|No executable batch size found"
            r"|(?:\{\{.*?\}\} )?OOM when allocating tensor with shape|Out of memory allocating [\d,]+ bytes"
            r"|(?:\[2\] )?Call to cuMemAlloc results in CUDA_ERROR_OUT_OF_MEMORY)"
            r"|^Cuda failure (?:2 )?'out of memory'",
            re.MULTILINE,
        ),
        _gpu_memory,
        "",
    ),
    Kind(
        "device_assertion",
        re.compile(r"^(?:what\(\):\s+)?(?:[\w.]*Error: )?CUDA error: device-side assert triggered", re.MULTILINE),
        _device_assertion,
        "Compare the largest label or token id with the size of the output and of the embedding; "
        "CUDA_LAUNCH_BLOCKING=1 names the line.",
    ),
    Kind(
        "disk",
        re.compile(
            r"^(?:[\w.]*Error: |\S+: (?:.*: )?)(?:\[Errno (?:28|122)\] )?"
            r"(?:No space left on device|Disk quota exceeded)(?:: ('[^']*'))?",
            re.MULTILINE,
        ),
        _disk,
        "Make room, or keep fewer checkpoints; then resume it.",
    ),
    Kind(
        "host_memory",
        re.compile(
            r"^(?:[\w.]*_?ArrayMemoryError|MemoryError)\b|DefaultCPUAllocator: (?:can't allocate|not enough) memory"
            r"|^OSError: \[Errno 12\] Cannot allocate memory|\boom[_-]kill\b|^srun: error: .*Out Of Memory"
            r"|DataLoader worker \(pid.*?\) is killed by signal: (?:Bus error|Killed)"
            r"|(?P<code>^Killed$|^\S+: line \d+: +\d+ Killed\b|^srun: error: \S+ tasks? .*: Killed|^exitcode\s*: -9\b"
            r"|failed \(exitcode: -9\)|terminated with signal SIGKILL|died with <Signals\.SIGKILL: 9>)",
            re.MULTILINE,
        ),
        _host_memory,
        LOADER,
    ),
    Kind(
        "scheduler",
        re.compile(
            r"^slurmstepd: error: .*CANCELLED AT.*|^=>> PBS: job killed: walltime|^TERM_RUNLIMIT|DUE TO TIME LIMIT"
            r"|SignalException: Process \d+ got signal: 15|died with <Signals\.SIGTERM: 15>"
            r"|^\S+: line \d+: +\d+ Terminated\b",
            re.MULTILINE,
        ),
        _scheduler,
        RESUME,
    ),
    Kind(
        "peer",
        re.compile(
            r"\bDistBackendError\b|\bDist(?:Store|Network)Error: |NCCL error in: "
            r"|\bnccl(?:UnhandledCuda|System|Internal|Remote)Error\b"
            r"|Watchdog caught collective operation timeout|Process group watchdog thread terminated"
            r"|gloo/transport/\S+ .*Connection (?:closed|reset) by peer",
        ),
        _peer,
        FIRST_ERROR,
    ),
    Kind(
        "file_missing",
        re.compile(
            r"^(?:FileNotFoundError: \[Errno 2\] No such file or directory: ('[^']*')"
            r"|\S+: can't open file ('[^']*'): \[Errno 2\])",
            re.MULTILINE,
        ),
        _missing,
        OPEN_FILES,
        handled=True,
    ),
    Kind(
        "import",
        re.compile(r"^(?:ModuleNotFoundError|ImportError): (.+?)\.?$", re.MULTILINE),
        _import,
        "Install what is missing in the Python that the run is started with, or correct the name.",
        handled=True,
    ),
    Kind(
        "interrupt",
        re.compile(r"^KeyboardInterrupt\b", re.MULTILINE),
        lambda _, __: INTERRUPTED[0],
        INTERRUPTED[1],
        handled=True,
    ),
)
"""In order of precedence: what makes other processes of the run fail comes before what they say of it."""
