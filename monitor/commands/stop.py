"""Stop runs: each finishes its step, saves a checkpoint and exits; one that does not is signalled, then killed."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, Any

import typer

from monitor import launcher
from monitor.commands.common import (
    DEFAULT_RUNS,
    JsonOption,
    RunsOption,
    YesOption,
    confirm,
    console,
    find_run,
    harmless,
    now,
    print_json,
    run_ids,
    who,
)
from monitor.launcher import generation, status, stop
from monitor.launcher.engines import queues
from monitor.launcher.stopplan import StopPlan, stop_plan
from monitor.run_dir import Answer, Request, control, processes, words
from monitor.run_dir.errors import EXIT_OK, EXIT_REFUSED, RefusedError, UsageError
from monitor.run_dir.launch import read_launch, read_state
from monitor.run_dir.reader import RunReader
from monitor.run_dir.records import StopStageName
from monitor.run_dir.status import Status
from monitor.run_dir.stop_stages import words_of

Act = Callable[[Path, str], Request]
Ended = tuple[Status, Answer | None]
JUST_NOW_SECS = 1.0


def run(
    run: Annotated[
        list[str], typer.Argument(metavar="RUN…", help="Run ids, or paths of run directories.", autocompletion=run_ids)
    ],
    runs: RunsOption = DEFAULT_RUNS,
    wait: Annotated[bool, typer.Option(help="Wait until they have ended.")] = True,
    cancel: Annotated[bool, typer.Option("--cancel", help="Cancel a stop, while that is still possible.")] = False,
    hurry: Annotated[bool, typer.Option("--hurry", help="Send the next signal of a stop now.")] = False,
    more_time: Annotated[
        bool, typer.Option("--more-time", help="Restart the waiting time of a stop's present stage.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be lost, and stop nothing.")] = False,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> int:
    """Exit code 0; 5 where a run refused, or went on."""
    queues.look()
    folders = [find_run(runs, name) for name in dict.fromkeys(run)]
    chosen: dict[Act, bool] = {launcher.cancel_stop: cancel, launcher.hurry_stop: hurry, launcher.more_time: more_time}
    act = _one_act(chosen) or stop
    if act is not stop:
        asked, refused = _asked(folders, act)
        return _report(asked, refused, _as_they_are(asked), as_json)
    plans = [stop_plan(folder, RunReader(folder).read(now()), now()) for folder in folders]
    if dry_run and as_json:
        print_json({"runs": plans})
        return EXIT_OK
    # A run that has ended, or is only followed, refuses by itself.
    _print_plans([plan for plan in plans if dry_run or not plan.is_over], quiet=as_json)
    if dry_run:
        return EXIT_OK
    if sys.stdin.isatty() and not all(plan.can_save for plan in plans):
        confirm("Stop it?" if len(plans) == 1 else f"Stop these {len(plans)} runs?", yes)
    asked, refused = _asked(folders, stop)
    _print_who_asked(asked, quiet=as_json)
    return _report(asked, refused, _wait_for_all(asked, quiet=as_json) if wait else _as_they_are(asked), as_json)


def _as_they_are(asked: list[tuple[Path, Request]]) -> list[Ended]:
    return [(status(folder), None) for folder, _ in asked]


def _one_act(wanted: dict[Act, bool]) -> Act | None:
    chosen = [act for act, is_wanted in wanted.items() if is_wanted]
    if len(chosen) > 1:
        raise UsageError("--cancel, --hurry and --more-time exclude each other; give one of them.")
    return chosen[0] if chosen else None


def _asked(folders: list[Path], act: Act) -> tuple[list[tuple[Path, Request]], list[RefusedError]]:
    """All runs are asked before any is waited for. One run that refuses raises; of several, refusals are returned."""
    asked, refused = [], []
    for folder in folders:
        try:
            asked.append((folder, act(folder, who())))
        except RefusedError as problem:
            if len(folders) == 1:
                raise
            refused.append(problem)
    return asked, refused


def _print_plans(plans: list[StopPlan], *, quiet: bool) -> None:
    """What will happen and what is lost, on stderr, before it begins."""
    for plan in plans if not quiet else []:
        sys.stderr.write(f"{plan.run_id}: {harmless(' '.join(plan.lines))}\n")


def _print_who_asked(asked: list[tuple[Path, Request]], *, quiet: bool) -> None:
    """Prints who asked first, where another person's stop is already under way: both are one request."""
    for folder, request in asked if not quiet else []:
        age = now() - request.asked_at
        if request.asked_by != who() or age > JUST_NOW_SECS:
            by = request.asked_by or "An unknown user"
            sys.stderr.write(f"{folder.name}: {harmless(by)} asked for this stop {words.ago(age)}.\n")


def _report(
    asked: list[tuple[Path, Request]],
    refused: list[RefusedError],
    ended: list[Ended],
    as_json: bool,
) -> int:
    documents = [_document(folder, request, *how) for (folder, request), how in zip(asked, ended, strict=True)]
    if as_json:
        several = {"runs": documents, "refused": [str(problem) for problem in refused]}
        print_json(documents[0] if len(documents) == 1 and not refused else several)
    else:
        for document in documents:
            console().print(_line(document), soft_wrap=True)
        for problem in refused:
            console().print(str(problem), soft_wrap=True)
    denied = any(document["answer"] is not None and document["answer"].result == "refused" for document in documents)
    return EXIT_REFUSED if denied or refused else EXIT_OK


def _document(folder: Path, request: Request, ended: Status, answer: Answer | None) -> dict[str, Any]:
    return {"run_id": folder.name, "request": request, "answer": answer, "status": ended}


def _line(document: dict[str, Any]) -> str:
    answer, ended = document["answer"], document["status"]
    if answer is not None and answer.result == "refused":
        return f"{document['run_id']} continues. {answer.why}"
    return f"{document['run_id']}: {ended.text}. {ended.evidence}"


LOOK_EVERY_SECS = 0.2


def _wait_for_stop(run_dir: Path, request: Request, *, quiet: bool) -> tuple[Status, Answer | None]:
    """Returns when the run has ended or the request was answered otherwise, with the answer if there is one."""
    shown = ""
    launch = read_launch(run_dir)
    while True:
        now = status(run_dir)
        answer = _answer_to(run_dir, request)
        if not now.live or (answer is not None and answer.result != "done") or _has_ended_unwritten(run_dir, request):
            return now, answer
        stage = _stage(run_dir)
        if stage != shown and not quiet:
            sys.stderr.write(f"{words_of(stage, launch)}.\n")
        shown = stage
        time.sleep(LOOK_EVERY_SECS)


def _has_ended_unwritten(run_dir: Path, request: Request) -> bool:
    """Whether the trainer is gone after a stop of which a full disk takes neither the request nor the final state."""
    state = read_state(run_dir)
    is_gone = state is not None and state.trainer is not None and processes.liveness(state.trainer) == "gone"
    return request.number == 0 and is_gone


def _wait_for_all(asked: list[tuple[Path, Request]], *, quiet: bool) -> list[tuple[Status, Answer | None]]:
    """The same for several runs, each waited for while the others go on ending."""
    with ThreadPoolExecutor(max_workers=max(1, len(asked))) as pool:
        return list(pool.map(lambda one: _wait_for_stop(*one, quiet=quiet or len(asked) > 1), asked))


def _answer_to(run_dir: Path, request: Request) -> Answer | None:
    """The answer to one request, if it was given."""
    known = control.answers(run_dir, generation(run_dir))
    return next((a for a in known if (a.verb, a.number) == (request.verb, request.number)), None)


def _stage(run_dir: Path) -> StopStageName:
    state = read_state(run_dir)
    return state.stop.stage if state is not None and state.stop is not None else "asked"
