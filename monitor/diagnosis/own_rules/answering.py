"""`python -m monitor.diagnosis.own_rules.answering`: runs rules of one's own for one run, apart from everything else.

The job comes as one line of JSON on stdin; answers go to stdout as lines of JSON. Each check of each rule is a fork of
its own with a deadline and a limit of memory: a rule that hangs, exits, forks, prints or changes what it was given
spoils its own answer alone, and the next check starts from what was read. No sandbox: rules are the user's code.

A rule sees the run as it was after an evaluation, without clock and processes, whenever it is asked: so live, in a
terminal and at `--at` it says the same.
"""

from __future__ import annotations

import contextlib
import math
import os
import resource
import select
import signal
import sys
import time
from numbers import Real
from pathlib import Path
from typing import Any, NoReturn

import msgspec

from monitor.diagnosis.own_rules.contract import Finding, Quiet
from monitor.diagnosis.own_rules.loading import Late, load, message_of
from monitor.diagnosis.own_rules.wire import (
    CHECK_SECS,
    LATE,
    LOAD_SECS,
    MOST_NUMBERS,
    MOST_TEXT,
    Done,
    Loaded,
    Reply,
    RuleAnswer,
    RuleJob,
)
from monitor.run_dir import Snapshot
from monitor.run_dir.reader import RunReader
from monitor.run_dir.records import ready
from monitor.run_dir.replay import as_of

GRACE_SECS = 0.5
"""After its deadline, until a rule that holds on to its time is killed."""
MOST_MEMORY = 2 * 2**30
"""Bytes that one check may take beside what was read."""
MOST_ANSWER = 65_536


def main() -> int:
    """Loads the rules, answers for each epoch that was asked for, and ends: a message a line on standard output."""
    job = msgspec.json.decode(sys.stdin.buffer.readline(), type=RuleJob)
    out, caller = os.dup(1), os.dup(0)
    _silence()
    _alarm(LOAD_SECS)
    rules, why = load(job)
    signal.setitimer(signal.ITIMER_REAL, 0)
    _send(out, Loaded([facts for facts, _ in rules], why))
    seen = RunReader(Path(job.run_dir)).read(0.0)
    for facts, kind in rules:
        late = facts.why or facts.rule in job.skip
        for epoch in job.epochs if not late else ():
            answer = _asked(kind, facts.rule, as_of(seen, epoch), epoch, job.path, caller)
            _send(out, answer)
            if LATE in answer.why:
                break  # one deadline is enough for one rule
    _send(out, Done())
    return 0


def _silence() -> None:
    """What a rule prints goes nowhere, and it reads nothing."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)


def _send(out: int, reply: Reply) -> None:
    data = msgspec.json.encode(reply) + b"\n"
    while data:
        data = data[os.write(out, data) :]


def _alarm(secs: float) -> None:
    """Raises Late in the rule once its time is over; kills this process where that is caught."""
    rang = False

    def _ring(*_: object) -> None:
        nonlocal rang
        if rang:
            os.kill(os.getpid(), signal.SIGKILL)
        rang = True
        raise Late(f"{LATE} {secs:g} s")

    signal.signal(signal.SIGALRM, _ring)
    signal.setitimer(signal.ITIMER_REAL, secs, GRACE_SECS)


def _asked(kind: type[Any], rule: str, seen: Snapshot, epoch: float, path: str, caller: int) -> RuleAnswer:
    """One rule's answer at one evaluation, from a fork that does not outlive it."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        _answer_and_end(kind, rule, seen, epoch, path, writing)
    with contextlib.suppress(OSError):
        os.setpgid(pid, pid)
    os.close(writing)
    begun = time.monotonic()
    said = _listen(reading, caller)
    late = time.monotonic() - begun >= CHECK_SECS
    os.close(reading)
    for kill, whom in ((os.killpg, pid), (os.kill, pid)):
        with contextlib.suppress(OSError):
            kill(whom, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    try:
        return msgspec.json.decode(said, type=ready(RuleAnswer))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return RuleAnswer(rule, epoch, why=f"{LATE} {CHECK_SECS:g} s" if late else _how_it_ended(status, bool(said)))


def _how_it_ended(status: int, spoke: bool) -> str:
    if spoke:
        return "it wrote nonsense in place of an answer"
    code = os.waitstatus_to_exitcode(status)
    return f"it ended its process ({signal.Signals(-code).name if code < 0 else f'exit code {code}'})"


def _listen(reading: int, caller: int) -> bytes:
    """The first line that comes, or what has come when the time is over. Ends with the caller."""
    deadline, said = time.monotonic() + CHECK_SECS + 2 * GRACE_SECS, b""
    while (left := deadline - time.monotonic()) > 0:
        ready, _, _ = select.select([reading, caller], [], [], left)
        if caller in ready:
            os.killpg(0, signal.SIGKILL)  # its end of the pipe is closed: nobody waits for an answer
        if reading in ready:
            part = os.read(reading, MOST_ANSWER)
            said += part
            if not part or b"\n" in part or len(said) > MOST_ANSWER:
                break
    return said.partition(b"\n")[0]


def _answer_and_end(kind: type[Any], rule: str, seen: Snapshot, epoch: float, path: str, writing: int) -> NoReturn:
    """Never returns into the code that forked, whatever the rule raises."""
    pid = os.getpid()
    os.setpgid(0, 0)
    try:
        _limit()
        _alarm(CHECK_SECS)
        answer = _answer(kind, rule, seen, epoch)
    except BaseException as fault:  # noqa: BLE001 - a rule may raise what it likes, also SystemExit
        answer = RuleAnswer(rule, epoch, why=message_of(fault, path, _line_of(kind)))
    signal.setitimer(signal.ITIMER_REAL, CHECK_SECS)
    if os.getpid() == pid:  # else a rule has forked, and this is its copy
        _send(writing, answer)
    os._exit(0)


def _line_of(kind: type[Any]) -> int | None:
    code = getattr(kind.check, "__code__", None)
    return getattr(code, "co_firstlineno", None)


def _limit() -> None:
    """An orphan that computes on ends by itself, and no check takes the machine's memory."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    cpu = int(time.process_time() + CHECK_SECS) + 2
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu))
    with contextlib.suppress(OSError, ValueError):
        used = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + MOST_MEMORY, used + MOST_MEMORY))


def _answer(kind: type[Any], rule: str, seen: Snapshot, epoch: float) -> RuleAnswer:
    found = kind().check(seen)
    if isinstance(found, Quiet):
        return _checked(rule=rule, epoch=epoch, line=found.line)
    if not isinstance(found, Finding):
        raise TypeError(f"check returned {type(found).__name__}; it must return a Finding or a Quiet")
    return _checked(
        rule=rule,
        epoch=epoch,
        severity=found.severity,
        line=found.line,
        since=epoch if found.since is None else _plain(found.since),
        now=_numbers(found.now),
        limits=_numbers(found.limits),
        remedy=found.remedy,
        cannot_tell=found.cannot_tell,
    )


def _checked(**fields: Any) -> RuleAnswer:
    """Raises TypeError that names the field with a wrong type."""
    cut = {name: value[:MOST_TEXT] if isinstance(value, str) else value for name, value in fields.items()}
    try:
        return msgspec.convert(cut, ready(RuleAnswer))
    except msgspec.ValidationError as wrong:
        raise TypeError(f"{str(wrong).rstrip('.')}") from None


def _numbers(given: Any) -> Any:
    if not isinstance(given, dict):
        return given
    return {str(name)[:40]: _plain(value) for name, value in list(given.items())[:MOST_NUMBERS]}


def _plain(value: Any) -> Any:
    """Numbers of NumPy are numbers; one that is not finite is a word, as JSON knows none."""
    if isinstance(value, Real):
        return float(value) if math.isfinite(value) else str(float(value))
    return value[:MOST_TEXT] if isinstance(value, str) else value


if __name__ == "__main__":
    sys.exit(main())
