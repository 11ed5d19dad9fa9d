"""Starting the trainer so that it can never run without being recorded.

The new process waits at a gate until its pid stands in state.json, and only then becomes the trainer.
If the supervisor dies before that, the gate closes and the process ends without having done anything.
`subprocess` cannot do this: it returns only after the new program has begun.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from monitor.run_dir.errors import RefusedError
from monitor.run_dir.launch import RAY_JOB_VARIABLE
from monitor.run_dir.opening import OddFileError, open_to_write

NOT_STARTED = 127
PR_SET_PDEATHSIG = 1
RESET_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGPIPE", "SIGXFSZ", "SIGCHLD", "SIGUSR1", "SIGUSR2")
"""Dispositions are inherited: a trainer that ignores Ctrl-C by accident could not be asked to save."""


@dataclass(frozen=True)
class Program:
    """What to run: `argv` as it is, in `cwd`, its output appended to `log`."""

    argv: list[str]
    cwd: Path
    environment: dict[str, str]
    log: Path


def spawn(program: Program, record: Callable[[int], None]) -> int:
    """Starts `program` in a session and process group of its own; returns its pid.

    `record(pid)` is called before the program's first instruction; if it raises, nothing is started.
    Raises RefusedError with one sentence when the folder or the program cannot be used.
    """
    log = _log_of(program)
    gate_out, gate_in = os.pipe()
    word_out, word_in = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(gate_in)
        os.close(word_out)
        _become(program, log, gate_out, word_in)
    for descriptor in (log, gate_out, word_in):
        os.close(descriptor)
    with contextlib.ExitStack() as undo:
        undo.callback(_forget, pid, gate_in, word_out)
        record(pid)
        os.write(gate_in, b"1")
        undo.pop_all()
    os.close(gate_in)
    with os.fdopen(word_out, "rb") as pipe:
        problem = pipe.read().decode()
    if problem:
        os.waitpid(pid, 0)
        raise RefusedError(problem)
    return pid


def _log_of(program: Program) -> int:
    try:
        return open_to_write(program.log, os.O_WRONLY | os.O_APPEND)
    except OddFileError as odd:
        raise RefusedError(f"Could not start: {odd}. Move {program.log} away.") from None


def _forget(pid: int, gate_in: int, word_out: int) -> None:
    """Closes the gate: the waiting process ends by itself."""
    os.close(gate_in)
    os.close(word_out)
    os.waitpid(pid, 0)


def _become(program: Program, log: int, gate: int, word: int) -> NoReturn:
    """In the new process: waits for the gate, then turns into the program. Never returns."""
    try:
        os.setsid()
        if os.read(gate, 1):
            _prepare(program, log)
            os.execvpe(program.argv[0], program.argv, program.environment)
    except (OSError, ValueError) as problem:
        os.write(word, _sentence(program, problem).encode())
    finally:
        os._exit(NOT_STARTED)


def _prepare(program: Program, log: int) -> None:
    for name in RESET_SIGNALS:
        signal.signal(getattr(signal, name), signal.SIG_DFL)
    if RAY_JOB_VARIABLE in program.environment and sys.platform == "linux":
        # Where Ray's node dies, Ray kills the group of the supervisor; the trainer has one of its own, and nobody would
        # own it any more. It gets the signal of Ray's own stop, and may save.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    elif "SLURM_JOB_ID" in program.environment:
        # A cluster's warning goes to every process of the step, and one that does not expect it would die of it:
        # the supervisor takes it as a stop, which saves a checkpoint.
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    os.chdir(program.cwd)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(source, target)


def _sentence(program: Program, problem: OSError | ValueError) -> str:
    """What to tell a person who asked for something that cannot be started."""
    first = program.argv[0]
    if not program.cwd.is_dir():
        return f"Could not start: the folder {program.cwd} is not there. Start from a folder that exists."
    if isinstance(problem, FileNotFoundError):
        where = "there" if "/" in first else "on the PATH"
        return f"Could not start: the program {first!r} is not {where}. Give the full path of an interpreter."
    why = getattr(problem, "strerror", None) or problem
    return f"Could not start {first!r} in {program.cwd}: {why}."
