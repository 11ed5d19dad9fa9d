"""What the verbs share: options, finding a run, printing text and JSON."""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.text import Text

from monitor.run_dir import EPOCHS_FILE, LAUNCH_FILE, RUN_FILE, RUN_ID_PATTERN
from monitor.run_dir.audit import user_name
from monitor.run_dir.errors import RefusedError, UnreadableRunError, UsageError
from monitor.run_dir.folders import DEFAULT_RUNS, RUNS_VARIABLE, Folder, Folders, folders_of, plain, programs_known
from monitor.run_dir.reader import is_run, list_runs, nearest

READERS = frozenset({"list", "show", "check", "diagnose", "report", "compare", "log", "predictions", "paper", "export"})
"""The verbs that read an archive."""
_archives: dict[Path, Folder] = {}
_brought: dict[Path, set[str]] = {}
"""Of each archive the runs that this process has read."""


def _runs_given(text: str | Path) -> Path:
    """The folder of `--runs`; of an archive its copy. Raises UsageError."""
    if "://" not in str(text):
        return plain(Path(text))
    folder = folders_of([str(text)]).all[0]
    _archives[folder.path] = folder
    return folder.path


def _only_read(ctx: typer.Context, runs: Path) -> Path:
    if runs in _archives and ctx.info_name not in READERS:
        said = f"{_archives[runs].there} is an archive: {ctx.info_name} would change something, or needs a folder here."
        raise RefusedError(f"{said} An archive is read by {', '.join(sorted(READERS | {'serve'}))}.")
    return runs


RunsOption = Annotated[
    Path,
    typer.Option(
        "--runs",
        help="Folder that holds the runs.",
        envvar=RUNS_VARIABLE,
        show_default="runs",
        parser=_runs_given,
        callback=_only_read,
        metavar="PATH",
    ),
]
SeveralRunsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--runs",
        metavar="[NAME=][HOST:]PATH|ADDRESS",
        help="Folder that holds the runs; repeatable: each is a heading of the list.",
        show_default="runs",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")]
TrustOption = Annotated[
    bool, typer.Option("--trust-command", help="Run a command that was recorded elsewhere; read it first.")
]


def run_ids(ctx: Any, incomplete: str) -> list[str]:
    """Run ids for the completion of a shell, which takes them as they are: another name may be a command."""
    runs = ctx.params.get("runs") or os.environ.get(RUNS_VARIABLE) or DEFAULT_RUNS
    return [name for name in list_runs(Path(runs)) if name.startswith(incomplete) and RUN_ID_PATTERN.fullmatch(name)]


IfBadOption = Annotated[
    str, typer.Option("--if-bad", metavar="tell|stop|fix", help="What to do if it goes bad while you are away.")
]
IfBadHoursOption = Annotated[
    float | None, typer.Option("--if-bad-hours", help="With fix: how many hours the child may run (default 12).")
]
RunArgument = Annotated[
    str, typer.Argument(metavar="RUN", help="A run id, or the path of a run directory.", autocompletion=run_ids)
]

DeviceOption = Annotated[
    str | None,
    typer.Option(
        "--device", metavar="N|any|cpu|none", help="Reserve this GPU (any, or the CPU); waits while another run has it."
    ),
]

JSON_VERSION = 1
"""Raised when a field of a printed document is renamed or removed; added fields leave it as it is."""
PIPE_COLUMNS = 200
"""A pipe has no width; a table must not be broken for one."""


def find_run(runs_dir: Path, text: str) -> Path:
    """The run directory that a person means by a run id or a path.

    Raises UnreadableRunError with the nearest name if there is none, or if the folder is no run.
    """
    if runs_dir in _archives:
        _bring(_archives[runs_dir], text)
    by_id = runs_dir / text
    looks_like_path = "/" in text or text in (".", "..")
    path = Path(text) if looks_like_path or not by_id.is_dir() else by_id
    if path.is_dir():
        if not is_run(path):
            raise UnreadableRunError(
                f"{path} is no run directory: it holds neither {RUN_FILE} nor {LAUNCH_FILE} nor {EPOCHS_FILE}."
            )
        return plain(path.absolute())
    if looks_like_path:
        raise UnreadableRunError(
            f"There is no run directory {text}; python -m monitor list shows the runs in {_address_of(runs_dir)}."
        )
    raise UnreadableRunError(f"No run called {text!r} in {_address_of(runs_dir)}. {_nearest(runs_dir, text)}")


def _address_of(runs_dir: Path) -> str:
    return _archives[runs_dir].there if runs_dir in _archives else str(runs_dir)


def _bring(folder: Folder, run_id: str) -> None:
    # Imported here: few verbs read an archive.
    from monitor.launcher.hosts.bringing import bring

    if run_id not in _brought.setdefault(folder.path, set()):
        _brought.setdefault(folder.path, set()).add(run_id)
        try:
            said = bring(folder, run_id)
        except RefusedError as problem:
            if not (folder.path / run_id).is_dir():
                raise
            said = f"{problem} What was read then is shown."
        if said:
            err_console().print(said, soft_wrap=True)


def _nearest(runs_dir: Path, text: str) -> str:
    if not list_runs(runs_dir):
        return "There are no runs there; choose another folder with --runs."
    near = nearest(runs_dir, text)
    return f"Nearest: {near}." if near else f"See: python -m monitor list{elsewhere(runs_dir)}"


def folders_given(texts: Sequence[str] | None, programs: Sequence[str] | None = None) -> Folders:
    """The folders of `--runs`, given once or several times, else the usual one. Raises UsageError."""
    return folders_of(texts or [os.environ.get(RUNS_VARIABLE) or DEFAULT_RUNS], programs or programs_known())


def elsewhere(runs: Path) -> str:
    """What a printed command needs so that it finds the same folder of runs: nothing, or ` --runs FOLDER`."""
    usual = Path(os.environ.get(RUNS_VARIABLE) or DEFAULT_RUNS)
    return "" if runs.absolute() == usual.absolute() else f" --runs {shlex.quote(_address_of(runs))}"


def wanted_fields(pairs: list[str]) -> dict[str, str]:
    """Field → the name it has in the file, from repeated `--map FIELD=NAME`. Raises UsageError."""
    wanted = {}
    for pair in pairs:
        field, sign, name = pair.partition("=")
        if not sign or not name:
            raise UsageError(f"--map {pair} is not FIELD=NAME, such as --map val_loss=dev_ctc.")
        wanted[field.strip()] = name.strip()
    return wanted


def who() -> str:
    """The user of this terminal, who is recorded as asking."""
    return user_name()


def now() -> float:
    """UTC seconds; the command line is one of the edges that look at the clock."""
    return time.time()


def print_json(document: Any) -> None:
    """One JSON document on stdout, with its version; what is not finite becomes null, as JSON knows no NaN."""
    plain = _plain(document)
    versioned = {"version": JSON_VERSION, **plain} if isinstance(plain, dict) else plain
    sys.stdout.write(json.dumps(versioned, indent=2, ensure_ascii=False) + "\n")


def print_line(event: Any) -> None:
    """One line on stdout: a text, or a JSON object for a script that reads along."""
    line = event if isinstance(event, str) else json.dumps(_plain(event), ensure_ascii=False)
    sys.stdout.write(line + "\n")


def _plain(value: Any) -> Any:
    built = msgspec.to_builtins(value, builtin_types=(), enc_hook=str)
    return _finite(built)


def _finite(value: Any) -> Any:
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return None
    if isinstance(value, dict):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return value


def console() -> Console:
    """Where text for people goes; run names and decoded words are never read as markup."""
    return HarmlessConsole(
        markup=False, highlight=False, emoji=False, width=None if sys.stdout.isatty() else PIPE_COLUMNS
    )


def err_console() -> Console:
    """Where progress and asides go, so that stdout holds the answer alone."""
    return Console(stderr=True, markup=False, highlight=False, emoji=False)


def confirm(question: str, yes: bool) -> None:
    """Asks for confirmation. Raises RefusedError on "no", UsageError where stdin is not a terminal."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError("stdin is not a terminal, so the confirmation cannot be asked; pass --yes.")
    if not typer.confirm(question, err=True):
        raise RefusedError("Nothing was done.")


CODES = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Control characters but for the tab and the line end, and those that change a line's direction."""


def harmless(text: str) -> str:
    """The text with a visible gap for each code in it."""
    return CODES.sub("\N{REPLACEMENT CHARACTER}", text)


class HarmlessConsole(Console):
    """Prints every text so; its own colours are none of the text's."""

    def render_str(self, text: str, **how: Any) -> Text:
        """As rich does, after `harmless`."""
        return super().render_str(harmless(text), **how)
