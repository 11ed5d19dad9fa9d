"""What has become of a run's code since it was started: which lines, where that can be known, and what cannot.

Known exactly: files that git holds (the start's commit and edits are put together again and set against the files of
now), and a script that git does not hold (its text was kept). Of other files outside git only that they changed is
known. Not known: code that is imported from elsewhere, such as installed packages.
A file that the run does not import is no part of its code; where what it imports is not known, every file is.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from monitor.diagnosis.comparison import counted, same_code
from monitor.run_dir import Launch
from monitor.run_dir.makefile import makefile_of, opened
from monitor.run_dir.one_word import words_of
from monitor.run_dir.provenance import (
    DIFF_OPTIONS,
    LONGEST_DIFF_BYTES,
    NO_PART,
    Code,
    code_behind,
    git,
    repository_of,
    scratch_index,
    seen_from,
    text_of,
)

MOST_NAMES = 3
SECTION = re.compile(r"^(?=diff --git )", re.MULTILINE)
SECTION_FILE = re.compile(r"^diff --git a/.* b/(.*)$", re.MULTILINE)


@dataclass(frozen=True)
class CodeChange:
    """`is_same` is None where it is not known. `line` says what changed; `diff` as git writes it;
    `now` is the code that the run imports, for a plan to be carried out only while that stays as it was shown.

    What the run does not import is reported, but is no change (`monitor.diagnosis.comparison.same_code`).
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
    python_path = launch.environment.get("PYTHONPATH", "") if launch.environment else None
    words, folder = opened(launch.argv, cwd)
    script = then if then is not None and then.is_file() else None
    now = code_behind(script, folder, words, python_path, makefile_of(words_of(launch.argv), cwd))
    if launch.script_sha256 is None and launch.git_commit is None:
        return CodeChange(None, f"Which code {whose} ran was not written down.", now=_of_the_run(now))
    top = repository_of(Path(launch.script) if launch.script else None, cwd)
    sections = _sections(_tracked_diff(launch, now, top))
    outside = _other_files(launch.local_files, now.local_files, _script_name(launch, now))
    beside = _beside(launch, now, top, {*sections, *outside})
    diff = "".join(text for name, text in sections.items() if name not in beside) + _script_diff(launch, now)
    if not diff and same_code(launch, now):
        unused = sorted(beside & sections.keys())
        lines = [_some([*outside.values()])] if outside else []
        lines += [f"{_some(unused)} changed since {whose} started, which the run does not import"] if unused else []
        return CodeChange(True, " ".join(f"{line}." for line in lines), now=_of_the_run(now))
    is_known = bool(launch.imported and now.imported)
    others = [
        said for name, said in outside.items() if name not in beside and not (is_known and _is_no_part(name, launch))
    ]
    line = _line(diff, others, launch, now, whose)
    return CodeChange(False, line, diff[:LONGEST_DIFF_BYTES], _of_the_run(now))


def _of_the_run(code: Code) -> Code:
    """The same without the files that the run does not import; whole where what it imports is not known."""
    if not code.imported:
        return code
    local = {name: digest for name, digest in code.local_files.items() if not name.endswith(".py")}
    return replace(code, git_commit=None, git_diff=None, git_tree=None, local_files=local)


def changed_files(before: Code, now: Code) -> list[str]:
    """The names of what differs between two moments of a run's code; "the commit" where git's files moved with it."""
    pairs = [(before.local_files, now.local_files), (before.imported, now.imported)]
    if before.imported and now.imported:
        pairs.append((before.others, now.others))
    else:
        pairs.append((_sections(before.git_diff or ""), _sections(now.git_diff or "")))
    names = {name for one, other in pairs for name in one.keys() | other.keys() if one.get(name) != other.get(name)}
    if before.script_sha256 != now.script_sha256:
        script = Path(now.script or before.script or "the script")
        names = {name for name in names if Path(name).name != script.name} | {script.name}
    if not names and before != now:
        return ["the commit" if before.git_commit != now.git_commit else "a file that git holds"]
    return sorted(names)


def _sections(diff: str) -> dict[str, str]:
    """File → its part of a diff."""
    return {named[1]: part for part in SECTION.split(diff) if (named := SECTION_FILE.search(part)) is not None}


def _beside(launch: Launch, now: Code, top: Path | None, names: Collection[str]) -> set[str]:
    """Of changed files, named from the top of the repository, those that are no part of the run, then or now."""
    script = Path(now.script or launch.script or "")
    if not (launch.imported and now.imported):
        return set()
    root = top if top is not None and launch.git_commit else script.parent
    used = launch.imported.keys() | now.imported.keys()
    return {
        name
        for name in names
        if (name.endswith(".py") or NO_PART.search(name)) and seen_from(script, root / name) not in used
    }


def _is_no_part(name: str, launch: Launch) -> bool:
    """Whether a file outside git is a shell script that the command does not name."""
    return name.endswith(".sh") and not any(word.endswith(Path(name).name) for word in words_of(launch.argv))


def _tracked_diff(launch: Launch, now: Code, top: Path | None) -> str:
    """The diff between the tracked files of then and of now; "" where there is none or it cannot be made."""
    if launch.git_commit is None or (launch.git_tree and launch.git_tree == now.git_tree):
        return ""
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


def _other_files(before: Mapping[str, str], now: Mapping[str, str], script: str) -> dict[str, str]:
    """File → what happened to it, of code outside git."""
    names = sorted(name for name in {*before, *now} if before.get(name) != now.get(name) and name != script)
    words = {name: "is new" if name not in before else "is gone" if name not in now else "changed" for name in names}
    return {name: f"{name} {word} (not in git)" for name, word in words.items()}


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
    seen = {Path(name).name for name in names} | {other.partition(" ")[0] for other in others}
    unseen = [] if not names and not others else [n for n in _imports_changed(launch, now) if Path(n).name not in seen]
    if unseen:
        parts.append(f"{_some(unseen)} changed since {whose} started; which lines, is not known")
    if others:
        parts.append(_some(others))
    return "; ".join(parts) + "."


def _not_exactly(launch: Launch, now: Code, whose: str) -> str:
    """That something changed, where the lines are not known."""
    if launch.git_commit != now.git_commit:
        commits = f"{(launch.git_commit or 'none')[:9]} → {(now.git_commit or 'none')[:9]}"
        return f"the code changed since {whose} started (commit {commits}); which lines, is not known"
    names = _imports_changed(launch, now)
    what = _some(names) if names else _script_name(launch, now) or "the code"
    return f"{what} changed since {whose} started; which lines, is not known"


def _imports_changed(launch: Launch, now: Code) -> list[str]:
    """Files that the run imported and that are others now; [] where that is not known."""
    if not now.imported:
        return []
    return [name for name in launch.imported if now.imported.get(name) != launch.imported[name]]


def _some(names: list[str]) -> str:
    more = len(names) - MOST_NAMES
    return ", ".join(names[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
