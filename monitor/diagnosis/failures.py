"""Why a run crashed: the known causes, recognised from its error, traceback, exit code and signal.

Only what a line says in an error's own words counts; lines of code are left out, and so are errors that a program has
caught and dealt with. An ordinary exception has no class here: it is reported with the place in the run's own code
where it came up. The known causes stand in `crash_kinds`. Every failed run gets one sentence on what to look at.
"""

from __future__ import annotations

import re
from dataclasses import replace

from monitor.diagnosis.crash_kinds import machine
from monitor.diagnosis.crash_kinds.exits import FAULTHANDLER, PACKAGE, unknown_exit
from monitor.diagnosis.crash_kinds.kind import LONGEST_QUOTE, Failure
from monitor.diagnosis.crash_kinds.lines import LABEL, NAMES_AN_ERROR, bounded
from monitor.diagnosis.crash_kinds.registry import failure_in
from monitor.diagnosis.error_line import error_line, log_line, short
from monitor.diagnosis.last_frame import FATAL, CodeFrame, own_frame
from monitor.run_dir import JOB_LOG_FILE, JobSeen, Snapshot, job_words
from monitor.run_dir.checkpoints import saves_checkpoints
from monitor.run_dir.makefile import is_make
from monitor.run_dir.one_word import words_of
from monitor.run_dir.status import NOT_STARTED, state_in_force, status_of
from monitor.run_dir.words import sentence


def failure_of(snapshot: Snapshot) -> Failure | None:
    """Why a failed run failed, or where, with what to look at; None for a run that did not fail. Pure."""
    if status_of(snapshot).word != "failed":
        return None
    found = _failure(snapshot)
    parent = parent_to_go_on_with(snapshot)
    if found is None or parent is None:
        return found
    return replace(found, advice=f"{sentence(found.advice)} If {parent} was stopped for this run, it can be resumed.")


def parent_to_go_on_with(snapshot: Snapshot) -> str | None:
    """The run that a child was started from, where the child has failed before its first evaluation; else None."""
    parent = snapshot.launch.parent if snapshot.launch is not None else None
    is_stillborn = status_of(snapshot).word == "failed" and not snapshot.epochs
    return parent.run_id if parent is not None and is_stillborn else None


def _failure(snapshot: Snapshot) -> Failure | None:
    state, progress = state_in_force(snapshot.state, snapshot.progress), snapshot.progress
    if state is not None and state.state != "failed" and snapshot.job is not None:
        return _by_its_job(snapshot.job)
    said = [each for each in (state, progress) if each is not None]
    text = "\n".join(part for each in said for part in (each.error, each.traceback) if part)
    text = bounded(text)
    code, number = (state.exit_code, state.signal) if state is not None and state.stop is None else (None, None)
    known = failure_in(text, code, number, snapshot.run.config if snapshot.run is not None else {})
    if known is None:
        return _raised(text, snapshot) or _unknown(snapshot)
    if known.name == "native_crash":
        known = _with_its_line(known, text, snapshot)
    return known if saves_checkpoints(snapshot) else replace(known, advice=_without_checkpoint(known.advice))


def _without_checkpoint(advice: str) -> str:
    """The advice for a run that has reported no checkpoint: it can only be started anew."""
    return advice.replace("Resume it from its checkpoint", "Start it again (it reported no checkpoint)").replace(
        "then resume it", "then start it again"
    )


def how_it_failed(snapshot: Snapshot) -> str:
    """What follows "Failed after epoch 5": the error's own line, or how the process ended, and what that means.

    No repetition: a sentence that adds no more than the error's line is left out.
    """
    failure, error = failure_of(snapshot), error_line(snapshot)
    if failure is None:
        return "."
    if error:
        more = f" {failure.happened}" if failure.happened and _says_more(failure, error) else ""
        return f": {sentence(error)}{more}"
    line = log_line(snapshot)
    where = "An error in its log" if NAMES_AN_ERROR.match(line) else "The last line of its log"
    quoted = f" {where}: “{short(line)}”." if line else ""
    return f". {failure.happened}{quoted}"


def _says_more(failure: Failure, error: str) -> bool:
    return failure.adds or not failure.line or failure.line.rstrip(".:")[:LONGEST_QUOTE] not in error


IMPORTS = re.compile(r"(?:from\s+\S+\s+)?import\s")
"""A line of code that takes in a package: an exception below it is the package's own."""
BY_JOB = {
    "JOB_SUPERVISOR_ACTOR_DIED": ("node", "Resume it: the engine chooses another node."),
    "JOB_SUPERVISOR_ACTOR_START_TIMEOUT": ("scheduler", "Ask for no more than the cluster has, and resume it."),
    "JOB_SUPERVISOR_ACTOR_UNSCHEDULABLE": ("scheduler", "Ask for no more than the cluster has, and resume it."),
    "TIMEOUT": ("scheduler", machine.LONGER),
    "DEADLINE": ("scheduler", "Resume it from its checkpoint, with a later deadline."),
    "PREEMPTED": ("scheduler", machine.PREEMPTED),
    "OUT_OF_MEMORY": ("host_memory", machine.MORE_MEMORY),
    "NODE_FAIL": ("node", machine.OTHER_NODE),
    "BOOT_FAIL": ("node", "Resume it: the engine chooses another node."),
}
"""The engine's word for how a job ended, or its reason where it has one → cause and advice."""
JOB_MEMORY = re.compile(r"memory limit|oom[_-]kill|Out Of Memory", re.IGNORECASE)


def _by_its_job(seen: JobSeen) -> Failure:
    """Of a run whose job the engine has ended, with nothing left to say why but the engine."""
    log = f"{JOB_LOG_FILE} in the run's folder" if seen.engine == "slurm" else "the job's log (ray job logs)"
    known = BY_JOB.get(seen.reason) or BY_JOB.get(seen.state)
    name, advice = known or ("job", f"Read the end of {log}.")
    if JOB_MEMORY.search(seen.said):
        name, advice = "host_memory", machine.MORE_MEMORY
    return Failure(name, job_words.ended(seen), advice)


def _raised(text: str, snapshot: Snapshot) -> Failure | None:
    """The line of a person's own code in which an exception came up; no cause is made up for it."""
    frame = _frame(text, snapshot)
    if frame is None:
        return None
    code = f": {frame.code}" if frame.code else ""
    how = "Called from" if frame.by_library else "Raised at"
    advice = f"Look at {frame.place} first, and at what it was given."
    if frame.by_library and IMPORTS.match(frame.code):
        advice = "Run pip check in the Python of the run: it names packages whose versions do not fit each other."
    return Failure("exception", f"{how} {frame.place}{code}.", advice)


def _frame(text: str, snapshot: Snapshot) -> CodeFrame | None:
    labelled = "\n".join(LABEL.sub("", line) for line in text.splitlines())
    return own_frame(labelled, snapshot.launch.cwd if snapshot.launch is not None else "")


def _with_its_line(known: Failure, text: str, snapshot: Snapshot) -> Failure:
    """A crash of native code, with the line of Python that led there where the interpreter has written it."""
    if not FATAL.search(text) or (frame := _frame(text, snapshot)) is None:
        return known
    advice = f"Look at {frame.place} first; {PACKAGE}" if known.advice == FAULTHANDLER else known.advice
    return replace(known, happened=f"{known.happened} It was called from {frame.place}.", advice=advice)


def _unknown(snapshot: Snapshot) -> Failure:
    """Of a crash of which neither a cause nor a line is known: how the process ended, and where to read more."""
    state = state_in_force(snapshot.state, snapshot.progress)
    if state is not None and state.stop is not None:
        return Failure("stop", "A stop had been asked.", "Read the end of its log: whether it saved before it ended.")
    if state is not None and (state.error or "").startswith(NOT_STARTED):
        return Failure("not_started", "", "Correct the command or its folder, and start it again: nothing of it ran.")
    if error_line(snapshot):
        return Failure("exception", "", "Read what it wrote before this error: no line of its own code is known.")
    trained, by_make = bool(snapshot.epochs), snapshot.launch is not None and is_make(words_of(snapshot.launch.argv))
    known = None
    if state is not None:
        known = unknown_exit(state.exit_code, state.signal, trained=trained, by_make=by_make)
    nothing = "Read the end of what it wrote: nothing here says why it failed."
    return known or Failure("unknown", "It left no error.", nothing)
