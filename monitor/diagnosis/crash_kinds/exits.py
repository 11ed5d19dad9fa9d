"""What the exit code or the signal of a process says, where its log says nothing."""

from __future__ import annotations

import signal

from monitor.diagnosis.crash_kinds.kind import Failure
from monitor.diagnosis.crash_kinds.machine import KILLED, MORE_MEMORY, RESUME, TERMINATED
from monitor.diagnosis.crash_kinds.software import INTERRUPTED
from monitor.run_dir.status import signal_name

PACKAGE = "suspect the newest change of a compiled package, then its version."
FAULTHANDLER = (
    f"Start it with PYTHONFAULTHANDLER=1, which writes the Python lines that led there into the log; {PACKAGE}"
)
NATIVE: dict[int, tuple[str, str]] = {
    signal.SIGSEGV: ("native code read or wrote memory that is not its own", FAULTHANDLER),
    signal.SIGBUS: (
        "native code used memory that is not there, as of a file cut short or a full /dev/shm",
        "Look at the room on the disk and in /dev/shm (of a container --shm-size=8g or --ipc=host), then whether a "
        "file that it maps into memory was cut short.",
    ),
    signal.SIGABRT: ("native code gave up by itself", FAULTHANDLER),
    signal.SIGFPE: ("native code divided by zero", FAULTHANDLER),
    signal.SIGILL: (
        "a native library uses an instruction that this processor does not have",
        "Install builds for this processor: one of an older or a generic instruction set, or start it on another node.",
    ),
}
"""Signal → what native code did, and what to look at."""
SENT: dict[int, tuple[str, str]] = {
    signal.SIGHUP: (
        "the terminal or the connection that it was started from was closed",
        "Start it with nohup, in tmux, or with this program's start, which detaches it.",
    ),
    signal.SIGXCPU: ("its limit of processor time was reached", "Raise that limit (ulimit -t, or the job's)."),
    signal.SIGXFSZ: (
        "a file reached the largest size",
        "Raise that limit (ulimit -f), or write smaller files.",
    ),
    signal.SIGPIPE: (
        "the program that read its output ended",
        "Write its output to a file, not into a command that stops reading, such as head.",
    ),
    signal.SIGUSR1: (
        "a scheduler sends it before a time limit",
        "Let the script handle it and save, or take --signal out of the job's options.",
    ),
}
"""The same of signals that something outside has sent."""
WRONG_USE = 2
CODES = {
    WRONG_USE: "Read the end of its log: code 2 is usually a command that was called wrongly, and the script's --help "
    "lists its options.",
    126: "A command could not be executed: look at its rights (chmod +x) and at the interpreter in its first line.",
    127: "A command was not found: look at PATH and at the environment that is activated.",
}
"""Exit code → what to look at, where it has a meaning of its own."""
MAKE = "make ends with code 2 whatever its command ended with: read what that wrote before make's own line."
"""The same of code 2 below make."""


def signal_of(exit_code: int | None, number: int | None) -> int | None:
    """The signal that ended it, also where a shell says it by 128 more than its number."""
    return number or (exit_code - 128 if exit_code is not None and 128 < exit_code <= 192 else None)


def by_exit(exit_code: int | None, number: int | None) -> Failure | None:
    """What the exit alone says; a shell gives 128 more than the signal that ended its command."""
    ended_by = signal_of(exit_code, number)
    if ended_by == signal.SIGKILL:
        return Failure("host_memory", KILLED, MORE_MEMORY)
    if ended_by == signal.SIGTERM:
        return Failure("scheduler", TERMINATED, RESUME)
    if ended_by == signal.SIGINT:
        return Failure("interrupt", *INTERRUPTED)
    if ended_by in NATIVE:
        what, advice = NATIVE[ended_by]
        return Failure("native_crash", f"Ended by {signal_name(ended_by)}: {what}.", advice)
    return None


def unknown_exit(exit_code: int | None, number: int | None, *, trained: bool, by_make: bool) -> Failure | None:
    """The same of an exit that is no known cause; None where neither code nor signal is known.

    `trained`: its command was taken, as it has evaluated; `by_make`: make gives the exit code.
    """
    if ended_by := signal_of(exit_code, number):
        name = signal_name(ended_by)
        what, advice = SENT.get(ended_by, ("", f"Find out what sends {name}: the job, the container or a script."))
        return Failure("signal", f"Ended by {name}{f': {what}' if what else ''}.", advice)
    if not exit_code:
        return None
    usual = (
        f"Read the end of its log, and look in the script for what ends it with code {exit_code}: sys.exit, os._exit "
        "or a command that failed."
    )
    known = MAKE if by_make and exit_code == WRONG_USE else CODES.get(exit_code)
    if trained and not by_make and exit_code == WRONG_USE:
        known = None
    return Failure("exit_code", f"It ended with exit code {exit_code}.", known or usual)
