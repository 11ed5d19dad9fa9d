"""Leaving the caller: a process of its own that tells once, over a pipe, whether it began well."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable
from pathlib import Path

from monitor.run_dir.opening import OddFileError, open_to_write

Report = Callable[[str], None]
"""Called once: with "" when all is well, else with the sentence that says what is wrong."""


def detached(log_path: Path, body: Callable[[Report], int], failure_code: int) -> int:
    """Runs `body` in a new session and returns as soon as it has reported; its output is appended to `log_path`.

    The caller is not the parent of the new process, so it neither waits for it nor keeps a zombie of it.
    Returns 0, or `failure_code` after the reported sentence was written to stderr.
    """
    word_out, word_in = os.pipe()
    if os.fork() == 0:
        os.close(word_out)
        os.setsid()
        _redirect(log_path)
        sys.exit(body(_once(word_in)))  # what it raises is printed by the interpreter, into the log
    os.close(word_in)
    with os.fdopen(word_out, "rb") as pipe:
        word = pipe.read().decode()
    if word == "ok":
        return 0
    sys.stderr.write((word or f"The supervisor ended before it began; {log_path} may say why.") + "\n")
    return failure_code


def _once(word_in: int) -> Report:
    """A report that counts the first time only: what goes wrong later belongs in the log."""
    reported = False

    def report(problem: str) -> None:
        """`problem`: why it could not begin, "" for well begun; only the first call writes to the pipe."""
        nonlocal reported
        if not reported:
            reported = True
            with contextlib.suppress(BrokenPipeError):  # the caller is gone, and the run none the worse for it
                os.write(word_in, (problem or "ok").encode())
            os.close(word_in)

    return report


def _redirect(log_path: Path) -> None:
    """stdin from nowhere, stdout and stderr appended to the log (or to nowhere, if the folder cannot be written)."""
    nothing = os.open(os.devnull, os.O_RDWR)
    try:
        log = open_to_write(log_path, os.O_WRONLY | os.O_APPEND)
    except (OSError, OddFileError):
        log = nothing
    for source, target in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(source, target)
