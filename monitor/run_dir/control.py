"""The one door to a living run: a request is a file, and so is its answer.

`control/<generation>-<verb>-<n>.request.json` is created exclusively: two tabs or a double click are one request.
The file itself is the message to the trainer, whose writer asks `stop_wanted`.
The supervisor (the writer itself, in a run without one) answers once: done, refused (why) or expired.
"""

from __future__ import annotations

import errno
import re
from pathlib import Path
from typing import Literal, cast, get_args

from monitor.run_dir import files, held, opening
from monitor.run_dir.errors import RefusedError
from monitor.run_dir.records import CONTROL_DIR, Answer, Request, Verb, decode, encode

Result = Literal["done", "refused", "expired"]

WHETHER = ("stop", "cancel")
"""The verbs of which only the last one counts; the others ask how a stop is to go on."""
FILE_NAME = re.compile(rf"(\d+)-({'|'.join(get_args(Verb))})-(\d+)\.(request|answer)\.json")


def request(run_dir: Path, verb: Verb, *, generation: int, asked_by: str, now: float) -> Request:
    """Writes a request for `verb` and returns it; an unanswered request for the same verb is returned instead. Raises
    RefusedError.

    A stop after a cancel (and a cancel after a stop) is a new request: of these two only the last one counts.
    """
    run_dir = Path(run_dir)
    try:
        opening.make_folder(run_dir / CONTROL_DIR)
        while True:
            # One look at the folder decides both, so that two who see nothing waiting take the same number.
            names = _names(run_dir)
            waiting = _unanswered(run_dir, generation, names)
            same = _last_word([asked for asked in waiting if (asked.verb in WHETHER) == (verb in WHETHER)])
            if same is not None and same.verb == verb:
                return same
            number = 1 + max((n for g, _, n, _ in names if g == generation), default=0)
            asked = Request(verb=verb, generation=generation, number=number, asked_at=now, asked_by=asked_by)
            if files.create(_path(run_dir, asked, "request"), encode(asked)):
                return asked
    except OSError as problem:
        raise RefusedError(
            f"Cannot ask {run_dir.name} to {verb}: {problem.strerror or problem} ({run_dir / CONTROL_DIR}). "
            "Check that the folder is yours and has room."
        ) from problem


def pending(run_dir: Path, generation: int) -> list[Request]:
    """The unanswered requests of a generation, oldest first. An unreadable one is passed over."""
    return _unanswered(Path(run_dir), generation, _names(Path(run_dir)))


def _unanswered(run_dir: Path, generation: int, names: list[tuple[int, Verb, int, str]]) -> list[Request]:
    answered = {(g, v, n) for g, v, n, kind in names if kind == "answer"}
    open_ones = []
    for g, v, n, kind in names:
        if kind != "request" or g != generation or (g, v, n) in answered:
            continue
        path = run_dir / CONTROL_DIR / f"{g}-{v}-{n}.request.json"
        asked = files.read_document(path, Request, files.UNREADABLE)
        # One whose content does not agree with its name could never be answered.
        if asked is not None and (asked.generation, asked.verb, asked.number) == (g, v, n):
            open_ones.append(asked)
    return sorted(open_ones, key=_order)


def answer(run_dir: Path, asked: Request, result: Result, why: str, now: float) -> Answer:
    """Answers once: if it was answered before, that answer stands. Raises OSError, also where that one is damaged."""
    given = Answer(
        verb=asked.verb, generation=asked.generation, number=asked.number, answered_at=now, result=result, why=why
    )
    path = _path(Path(run_dir), asked, "answer")
    if files.create(path, encode(given)):
        return given
    try:
        return decode(files.read_bytes(path) or b"", Answer)
    except ValueError as problem:
        raise OSError(errno.EIO, f"an answer that cannot be read is there already: {problem}", str(path)) from None


def answers(run_dir: Path, generation: int) -> list[Answer]:
    """The answers of a generation, oldest first. An unreadable one is passed over."""
    folder = Path(run_dir) / CONTROL_DIR
    names = [f"{g}-{v}-{n}.{kind}.json" for g, v, n, kind in _names(run_dir) if kind == "answer" and g == generation]
    found = [files.read_document(folder / name, Answer, files.UNREADABLE) for name in names]
    return sorted((given for given in found if given is not None), key=lambda given: given.answered_at)


def stop_wanted(run_dir: Path, generation: int) -> bool:
    """Whether there is an unanswered stop that was not cancelled. What a training loop asks between steps."""
    names = _names(Path(run_dir))
    if not any(g == generation and v == "stop" and kind == "request" for g, v, _, kind in names):
        return False
    last = _last_word([asked for asked in pending(Path(run_dir), generation) if asked.verb in WHETHER])
    return last is not None and last.verb == "stop"


def newest(run_dir: Path, verb: Verb) -> tuple[int, int]:
    """(generation, number) of the last request of a kind, answered or not; (0, 0) where there was none."""
    return max(((g, n) for g, v, n, kind in _names(Path(run_dir)) if v == verb and kind == "request"), default=(0, 0))


def _last_word(waiting: list[Request]) -> Request | None:
    return max(waiting, key=_order, default=None)


def _order(asked: Request) -> tuple[int, bool]:
    """By number, never by the clock, which may be set back in between; of two at once the cancel comes last."""
    return asked.number, asked.verb == "cancel"


def _names(run_dir: Path) -> list[tuple[int, Verb, int, str]]:
    """(generation, verb, number, kind) of every file behind the door; empty where there is none."""
    try:
        entries = held.names_in(run_dir / CONTROL_DIR)
    except OSError:
        return []
    matches = filter(None, map(FILE_NAME.fullmatch, entries))
    return [(int(m[1]), cast(Verb, m[2]), int(m[3]), m[4]) for m in matches]


def _path(run_dir: Path, asked: Request, kind: str) -> Path:
    return run_dir / CONTROL_DIR / f"{asked.generation}-{asked.verb}-{asked.number}.{kind}.json"
