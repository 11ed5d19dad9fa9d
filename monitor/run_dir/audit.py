"""`audit.jsonl` beside the runs: one line for each act that controls a run, done or refused.

Who, when, which way, what, to which run, with what result. The origin is set by the process that acts: a terminal, the
page by its control link, a supervisor by its away policy.
This is the one file that several processes write: each line is one append of less than 4 KB, which a local disk
never tears nor mixes. It is a record for people, no proof against the one who owns the folder.
An act is never refused because its line cannot be written: a run on a full disk must still stop.
"""

from __future__ import annotations

import contextlib
import functools
import getpass
import logging
import os
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal, ParamSpec, TypeVar

from monitor.run_dir import files
from monitor.run_dir.errors import MonitorError, RefusedError, UnreadableRunError
from monitor.run_dir.lives import is_archived, is_mirrored
from monitor.run_dir.opening import OddFileError
from monitor.run_dir.records import Record, decode, encode_line
from monitor.run_dir.redaction import redacted_text

log = logging.getLogger(__name__)

AUDIT_FILE = "audit.jsonl"
LONGEST_TEXT = 500
LONGEST_NAME = 120
Result = Literal["done", "refused", "failed"]


class Entry(Record, frozen=True, kw_only=True):
    """One act. `via`: `terminal`, `page, control link`, `page, link of NAME`, `supervisor` and the like."""

    at: float
    user: str
    via: str
    verb: str
    run_id: str
    result: Result
    why: str = ""
    host: str = ""
    pid: int = 0


_via = "program"
_asked: Callable[[], str] | None = None


def set_origin(way: str, asked: Callable[[], str] | None = None) -> None:
    """Sets once, at the start of a process, by which way its acts come. Where one process acts for several people,
    `asked` is called at each act and returns the way; where it returns "", `way` holds."""
    global _via, _asked
    _via, _asked = way, asked


def by_run_dir(run_dir: Path, *_: object, **__: object) -> tuple[Path, str]:
    """(folder of runs, run id) of an act whose first argument is a run directory."""
    return Path(run_dir).parent, Path(run_dir).name


def by_name(runs_dir: Path, run_id: str, *_: object, **__: object) -> tuple[Path, str]:
    """(folder of runs, run id) of an act whose first two arguments they are."""
    return Path(runs_dir), run_id


P = ParamSpec("P")
R = TypeVar("R")


def audited(verb: str, about: Callable[..., tuple[Path, str]]) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Notes each call of an act in the audit. `about` returns (folder of runs, run id) of the call's arguments; an act
    that chooses the id itself returns it."""

    def _noted(act: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(act)
        def _acting(*args: P.args, **kwargs: P.kwargs) -> R:
            folder, run_id = about(*args, **kwargs)
            refuse_mirrored(folder)
            result, why = "failed", ""
            try:
                done = act(*args, **kwargs)
                result = "done"
                run_id = done if isinstance(done, str) else run_id
                return done
            except MonitorError as problem:
                result, why = "refused", str(problem)
                raise
            finally:
                note(folder, verb, run_id, result, why)  # type: ignore[arg-type]

        return _acting

    return _noted


@contextlib.contextmanager
def refusal_noted(run_dir: Path, verb: str, *, dry_run: bool) -> Iterator[None]:
    """Notes an act that is refused while it is planned, before it begins; of a dry run nothing."""
    try:
        yield
    except MonitorError as problem:
        if not dry_run:
            note(run_dir.parent, verb, run_dir.name, "refused", str(problem))
        raise


def refuse_mirrored(runs_dir: Path) -> None:
    """Raises RefusedError for the copy of another host's folder or of an archive: nothing here owns what lies there."""
    if is_archived(runs_dir / "any"):
        raise RefusedError(f"This run lies in an archive, which is only read; here is its copy alone ({runs_dir}).")
    if is_mirrored(runs_dir / "any"):
        raise RefusedError(f"This run lies on another host, and here is its mirror alone ({runs_dir}). Act there.")


def note(runs_dir: Path, verb: str, run_id: str, result: Result, why: str = "", via: str = "") -> None:
    """Appends one line; where there is no folder of runs, nothing was acted on. Raises nothing."""
    entry = Entry(
        at=time.time(),
        user=user_name(),
        via=via or (_asked() if _asked is not None else "") or _via,
        verb=verb,
        run_id=str(run_id)[:LONGEST_NAME],
        result=result,
        why=redacted_text(why)[:LONGEST_TEXT],
        host=socket.gethostname(),
        pid=os.getpid(),
    )
    if not runs_dir.is_dir() or is_mirrored(runs_dir / "any"):
        return
    path = runs_dir / AUDIT_FILE
    out = files.AppendFile(path, in_common=True)
    try:
        out.append(encode_line(entry), sync=True)
    except OSError as problem:
        log.warning("%s %s was not noted in %s: %s", verb, run_id, path, problem.strerror or problem)
    finally:
        out.close()


def read(runs_dir: Path) -> list[Entry]:
    """Every act noted in a folder of runs, the oldest first; a line that is none is passed over.

    Raises UnreadableRunError where the file is a link or no plain file, OSError where it cannot be read.
    """
    found: list[Entry] = []
    tail = files.LineTail(runs_dir / AUDIT_FILE)
    more = True
    while more:
        try:
            piece = tail.read()
        except OddFileError as odd:
            raise UnreadableRunError(f"{runs_dir}: {odd}.") from None
        more = piece.more
        for line in piece.lines:
            try:
                found.append(decode(line, Entry))
            except ValueError:
                continue
    return found


def user_name() -> str:
    """The user of this process, or the number of one without a name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
