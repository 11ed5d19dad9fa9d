"""Waiting for a run to end, saying each stage once."""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from monitor.launcher import generation, status
from monitor.run_dir import Answer, Request, control
from monitor.run_dir.launch import read_launch, read_state
from monitor.run_dir.status import Status, first_signal

LOOK_EVERY_SECS = 0.2
STAGES = {
    "asked": "Asked to stop.",
    "interrupted": "Sent {first}.",
    "terminated": "Sent SIGTERM.",
    "killed": "Killed it and what it had started.",
}


def wait_for_stop(run_dir: Path, request: Request, *, quiet: bool) -> tuple[Status, Answer | None]:
    """Returns when the run has ended or the request was answered otherwise, with the answer if there is one."""
    said = ""
    first = first_signal(read_launch(run_dir))
    while True:
        now = status(run_dir)
        answer = answer_to(run_dir, request)
        if not now.live or (answer is not None and answer.result != "done"):
            return now, answer
        stage = _stage(run_dir)
        if stage != said and not quiet:
            sys.stderr.write(STAGES.get(stage, stage).format(first=first) + "\n")
        said = stage
        time.sleep(LOOK_EVERY_SECS)


def wait_for_all(asked: list[tuple[Path, Request]], *, quiet: bool) -> list[tuple[Status, Answer | None]]:
    """The same for several runs, each waited for while the others go on ending."""
    with ThreadPoolExecutor(max_workers=max(1, len(asked))) as pool:
        return list(pool.map(lambda one: wait_for_stop(*one, quiet=quiet or len(asked) > 1), asked))


def answer_to(run_dir: Path, request: Request) -> Answer | None:
    """The answer to one request, if it was given."""
    known = control.answers(run_dir, generation(run_dir))
    return next((a for a in known if (a.verb, a.number) == (request.verb, request.number)), None)


def _stage(run_dir: Path) -> str:
    state = read_state(run_dir)
    return state.stop.stage if state is not None and state.stop is not None else "asked"
