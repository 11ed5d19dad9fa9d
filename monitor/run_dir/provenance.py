"""Which code a run was started with: the script, the commit, what was edited since, and files that git does not hold.

A change of the code explains as much as a change of a hyper-parameter, so both must be visible in a comparison.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from monitor.run_dir.imports import Sources, imported_files, search_path

TORCHRUN = "torch.distributed.run"
"""The module that starts a script in several processes."""
LAUNCHER_MODULES = re.compile(
    r"torch\.distributed\.(run|launch|launcher\..*)|accelerate\.commands\.launch|deepspeed(\..*)?|pdb|cProfile|coverage|papermill"
)
"""Modules that start the script behind them."""
LONGEST_DIFF_BYTES = 200_000
LARGEST_SCRIPT_BYTES = 20_000_000
LONGEST_KEPT_SCRIPT_BYTES = 200_000
GIT_TIMEOUT_SECS = 5.0
DIFF_OPTIONS = ("--no-color", "--no-ext-diff", "--src-prefix=a/", "--dst-prefix=b/")
"""Options that make a diff applicable and readable whatever the user's own git settings are."""
CODE_SUFFIXES = (".py", ".sh", ".pyx", ".c", ".cc", ".cpp", ".cu")
MOST_FILES = 300
MOST_ENTRIES = 3000
NO_CODE_FOLDERS = frozenset({"__pycache__", "node_modules", "site-packages", "runs", "venv", "wandb"})
NO_PART = re.compile(
    r"(^|/)(\.(?!env)|docs?/|vitalsigns\.toml$|makefile$|dockerfile|requirements[^/]*$"
    r"|(readme|licen[cs]e|change(log|s)|contributing|authors|notice|citation|history|todo)[^/]*$)"
    r"|\.(md|rst|adoc|tex|bib|pdf|png|jpe?g|gif|svg|ipynb|html|css|lock|log|py[ci]?)$",
    re.IGNORECASE,
)
"""Files of a repository that a run does not read: prose, pictures, lists of packages. Python is looked at by itself."""
WITHOUT_ADDRESSES = (":/", ":(exclude,top,glob)**/vitalsigns.toml")
"""Everything but the file that may hold addresses with secrets; thresholds are kept in launch.json anyway."""


@dataclass(frozen=True)
class Code:
    """`script` is a path (or None if the command names none), `git_diff` what differs from `git_commit`.

    `git_tree`: the tracked files as they were, edits included; it is the same before and after they are committed.
    `local_files`: path → hash of code that git does not hold, near the script; `script_text` where it is one of them.
    `imported`: path from the script's folder → hash of each Python file that it imports, itself included; empty where
    that is not known. `others`: path → hash of git's other files that it may read, such as settings and kernels.
    """

    script: str | None = None
    script_sha256: str | None = None
    git_commit: str | None = None
    git_diff: str | None = None
    git_tree: str | None = None
    local_files: Mapping[str, str] = field(default_factory=dict)
    script_text: str | None = None
    imported: Mapping[str, str] = field(default_factory=dict)
    others: Mapping[str, str] = field(default_factory=dict)

    @property
    def git_others(self) -> str | None:
        """One hash of all `others`; None where there is no repository."""
        return hashlib.sha256(repr(sorted(self.others.items())).encode()).hexdigest() if self.git_commit else None


def code_of(argv: list[str], cwd: Path, python_path: str | None = None, named_by: Path | None = None) -> Code:
    """Looks up the code behind `argv` as it is started in `cwd`; what cannot be found out is None.

    `python_path`: the PYTHONPATH of the start; None for that of this process. `named_by`: the Makefile that names the
    command, which is then a part of the code.
    """
    return code_behind(script_of(argv, cwd, python_path), cwd, argv, python_path, named_by)


def code_behind(
    script: Path | None,
    cwd: Path,
    argv: Sequence[str] = (),
    python_path: str | None = None,
    named_by: Path | None = None,
) -> Code:
    """The same for a script that is known already."""
    top = repository_of(script, cwd)
    commit = git(top, "rev-parse", "HEAD") if top else None
    diff = git(top, "diff", "HEAD", *DIFF_OPTIONS, "--", *WITHOUT_ADDRESSES) if top and commit else None
    local = _untracked(top) if top and commit else _beside(script)
    is_local = script is not None and script in local
    root = top or (script.parent if script else cwd)
    tree, tracked = _tracked_now(top) if top and commit else (None, {})
    known = [root / name for name in tracked if name.endswith(".py")] + [path for path in local if path.suffix == ".py"]
    imported = _imported(script, cwd, argv, known, python_path) if script else {}
    if imported and script and named_by and (digest := _sha256(named_by)):
        imported[seen_from(script, named_by)] = digest
    return Code(
        script=str(script) if script else None,
        script_sha256=_sha256(script) if script else None,
        git_commit=commit.strip() if commit else None,
        git_diff=_bounded(diff) if diff else None,
        git_tree=tree,
        local_files={str(path.relative_to(root)): digest for path in local if (digest := _sha256(path))},
        script_text=text_of(script) if is_local else None,
        imported=imported,
        others={name: digest for name, digest in tracked.items() if not NO_PART.search(name)},
    )


def seen_from(script: Path, path: Path) -> str:
    """How a file of a run is named: its path from the script's folder."""
    return os.path.relpath(path, script.parent)


def _imported(
    script: Path, cwd: Path, argv: Sequence[str], known: list[Path], python_path: str | None
) -> dict[str, str]:
    near = [script.parent, cwd, *search_path(python_path)]
    found = imported_files(script, argv, Sources(cwd, near, known))
    hashed = {seen_from(script, path): _sha256(path) for path in sorted(found or ())}
    return {name: digest for name, digest in hashed.items() if digest} if all(hashed.values()) else {}


def script_of(argv: list[str], cwd: Path, python_path: str | None = None) -> Path | None:
    """The file that a command runs: plain paths, `-m package`, and what a launcher's module starts.

    A `-m` behind a script is an option of its own.
    """
    candidates: list[Path] = []
    for before, word in pairwise(["", *argv]):
        if before == "-m" and not LAUNCHER_MODULES.fullmatch(word):
            module = word.replace(".", "/")
            folders = [cwd, *(cwd / each for each in search_path(python_path)), cwd / "src"]
            candidates += [folder / tail for folder in folders for tail in (f"{module}/__main__.py", f"{module}.py")]
            break
        if word.endswith((".py", ".sh", ".ipynb")):
            candidates.append(cwd / word)
    return next((path.resolve() for path in candidates if path.is_file()), None)


def repository_of(script: Path | None, cwd: Path) -> Path | None:
    """The top folder of the repository that holds the script, else of the one that it is started in."""
    for folder in (script.parent if script else cwd, cwd):
        top = git(folder, "rev-parse", "--show-toplevel")
        if top:
            return Path(top.rstrip("\n"))
    return None


def text_of(script: Path | None) -> str | None:
    """The script's text; None for one that is too long, is no text, or cannot be read."""
    try:
        if script is None or script.stat().st_size > LONGEST_KEPT_SCRIPT_BYTES:
            return None
        return script.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return None


def git(
    cwd: Path, *arguments: str, environment: Mapping[str, str] | None = None, given: str | None = None
) -> str | None:
    """What git prints in `cwd`, or None: no git, no repository and a slow disk are all ordinary."""
    try:
        done = subprocess.run(
            ["git", "-C", str(cwd), *arguments],
            capture_output=True,
            timeout=GIT_TIMEOUT_SECS,
            input=(given or "").encode(),
            env={**os.environ, **(environment or {})},
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode("utf-8", "replace")


@contextmanager
def scratch_index(top: Path) -> Iterator[dict[str, str]]:
    """An environment in which git has an index and new objects of its own: the repository itself is not written to."""
    objects = git(top, "rev-parse", "--path-format=absolute", "--git-path", "objects")
    with tempfile.TemporaryDirectory(prefix="vitalsigns-") as folder:
        (Path(folder) / "objects").mkdir()
        yield {
            "GIT_INDEX_FILE": f"{folder}/index",
            "GIT_OBJECT_DIRECTORY": f"{folder}/objects",
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": (objects or "").strip(),
        }


def _tracked_now(top: Path) -> tuple[str | None, dict[str, str]]:
    """The hash of all tracked files as they lie there now, and of each of them: path from the top → hash."""
    index = git(top, "rev-parse", "--path-format=absolute", "--git-path", "index")
    with scratch_index(top) as environment:
        try:
            # With its time of change: git tells by it which files may have been edited in the same instant.
            shutil.copy2((index or "").strip(), environment["GIT_INDEX_FILE"])
        except OSError:
            return None, {}
        if git(top, "add", "--update", environment=environment) is None:
            return None, {}
        tree = git(top, "write-tree", environment=environment)
        listed = git(top, "ls-files", "--stage", "-z", environment=environment) or ""
    entries = (line.partition("\t") for line in listed.split("\0") if line)
    return tree.strip() if tree else None, {name: about.split()[1] for about, _, name in entries}


def _untracked(top: Path) -> list[Path]:
    """Code files that git neither tracks nor ignores."""
    listed = git(top, "ls-files", "--others", "--exclude-standard", "-z") or ""
    return [top / name for name in sorted(listed.split("\0")) if name.endswith(CODE_SUFFIXES)][:MOST_FILES]


def _beside(script: Path | None) -> list[Path]:
    """Code files in and below the script's folder, where there is no repository."""
    if script is None:
        return []
    found, seen = [script], 0
    for folder, folders, names in os.walk(script.parent):
        folders[:] = sorted(name for name in folders if name not in NO_CODE_FOLDERS and not name.startswith("."))
        seen += len(folders) + len(names)
        if seen > MOST_ENTRIES:
            break
        paths = [Path(folder) / name for name in sorted(names) if name.endswith(CODE_SUFFIXES)]
        found += [path for path in paths if path != script]
    return found[:MOST_FILES]


def _sha256(path: Path) -> str | None:
    try:
        if path.stat().st_size > LARGEST_SCRIPT_BYTES:
            return None
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return None


def _bounded(diff: str) -> str:
    if len(diff) <= LONGEST_DIFF_BYTES:
        return diff
    return diff[:LONGEST_DIFF_BYTES] + f"\n… {len(diff) - LONGEST_DIFF_BYTES} more characters left out\n"
