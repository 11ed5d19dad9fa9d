"""What has become of a run's code since it was started: which lines, where that can be known, and what cannot.

Known exactly: files that git holds (the start's commit and edits are put together again and set against the files of
now), and a script that git does not hold (its text was kept). Of other files outside git only that they changed is
known. Not known: code that is imported from elsewhere, such as installed packages.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from monitor.diagnosis.comparison import counted, same_code
from monitor.launcher.relaunch.imports import of_the_run
from monitor.run_dir import Launch
from monitor.run_dir.provenance import (
    DIFF_OPTIONS,
    LONGEST_DIFF_BYTES,
    Code,
    code_behind,
    git,
    repository_of,
    scratch_index,
    text_of,
)

MOST_NAMES = 3


@dataclass(frozen=True)
class CodeChange:
    """`is_same` is None where it is not known. `line` says what changed; `diff` as git writes it;
    `now` is the code that the run imports, for a plan to be carried out only while that stays as it was shown.

    A new file outside git is reported, but is no change by itself (`monitor.diagnosis.comparison.same_code`).
    """

    is_same: bool | None
    line: str = ""
    diff: str = ""
    now: Code = field(default_factory=Code)


def code_since(launch: Launch, whose: str) -> CodeChange:
    """What changed in the code since `launch`, worded for `whose` start ("the parent", "it")."""
    cwd = Path(launch.cwd)
    # The file of then: where it was found by PYTHONPATH, this process may have another PYTHONPATH.
    then = Path(launch.script) if launch.script else None
    now = code_behind(then if then is not None and then.is_file() else None, cwd)
    if launch.script_sha256 is None and launch.git_commit is None:
        return CodeChange(None, f"Which code {whose} ran was not written down.", now=of_the_run(now, cwd))
    diff = _tracked_diff(launch, now, cwd) + _script_diff(launch, now)
    others = _other_files(launch.local_files, now.local_files, _script_name(launch, now))
    if not diff and same_code(launch, now):
        return CodeChange(True, f"{_some(others)}." if others else "", now=of_the_run(now, cwd))
    return CodeChange(False, _line(diff, others, launch, now, whose), diff[:LONGEST_DIFF_BYTES], of_the_run(now, cwd))


def _tracked_diff(launch: Launch, now: Code, cwd: Path) -> str:
    """The diff between the tracked files of then and of now; "" where there is none or it cannot be made."""
    if launch.git_commit is None or (launch.git_tree and launch.git_tree == now.git_tree):
        return ""
    top = repository_of(Path(launch.script) if launch.script else None, cwd)
    if top is None:
        return ""
    with scratch_index(top) as environment:
        then = _tree_then(top, launch, environment)
        if then is None:
            return ""
        plain = {name: value for name, value in environment.items() if name != "GIT_INDEX_FILE"}
        return git(top, "diff", *DIFF_OPTIONS, then, environment=plain) or ""


def _tree_then(top: Path, launch: Launch, environment: Mapping[str, str]) -> str | None:
    """The tree of the start, put together from its commit and its edits; None where they do not give it."""
    if git(top, "read-tree", str(launch.git_commit), environment=environment) is None:
        return None
    if launch.git_diff:
        applied = git(top, "apply", "--cached", "-", environment=environment, given=launch.git_diff)
        if applied is None:
            return None
    tree = (git(top, "write-tree", environment=environment) or "").strip()
    return tree if tree and tree == (launch.git_tree or tree) else None


def _script_name(launch: Launch, now: Code) -> str:
    return Path(now.script or launch.script or "").name


def _script_diff(launch: Launch, now: Code) -> str:
    """Of a script that git does not hold: its kept text against the text of now."""
    if launch.script_text is None or now.script is None or launch.script_sha256 == now.script_sha256:
        return ""
    text = text_of(Path(now.script))
    if text is None:
        return ""
    name = _script_name(launch, now)
    before, after = launch.script_text.splitlines(), text.splitlines()
    lines = difflib.unified_diff(before, after, f"a/{name}", f"b/{name}", lineterm="")
    return "".join(f"{line}\n" for line in lines)


def _other_files(before: Mapping[str, str], now: Mapping[str, str], script: str) -> list[str]:
    """What happened to code files outside git, one phrase a file."""
    names = sorted(name for name in {*before, *now} if before.get(name) != now.get(name) and name != script)
    words = {name: "is new" if name not in before else "is gone" if name not in now else "changed" for name in names}
    return [f"{name} {word} (not in git)" for name, word in words.items()]


def _line(diff: str, others: list[str], launch: Launch, now: Code, whose: str) -> str:
    files = [line[6:] for line in diff.splitlines() if line.startswith("+++ b/")]
    gone = [line[6:] for line in diff.splitlines() if line.startswith("--- a/") and line[6:] not in files]
    names = files + gone
    parts = []
    if names:
        added, removed = counted(diff)
        what = names[0] if len(names) == 1 else f"{len(names)} files ({_some(names)})"
        parts.append(f"{what} changed since {whose} started: +{added} −{removed}")
    elif not others:
        parts.append(_not_exactly(launch, now, whose))
    if others:
        parts.append(_some(others))
    return "; ".join(parts) + "."


def _not_exactly(launch: Launch, now: Code, whose: str) -> str:
    """That something changed, where the lines are not known."""
    if launch.git_commit != now.git_commit:
        commits = f"{(launch.git_commit or 'none')[:9]} → {(now.git_commit or 'none')[:9]}"
        return f"the code changed since {whose} started (commit {commits}); which lines, is not known"
    what = _script_name(launch, now) or "the code"
    return f"{what} changed since {whose} started; which lines, is not known"


def _some(names: list[str]) -> str:
    more = len(names) - MOST_NAMES
    return ", ".join(names[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
