"""Which code a script imports, read from its source: what else lies in its folder is no part of the run."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath

from monitor.run_dir.provenance import LONGEST_DIFF_BYTES, Code

MOST_BYTES = 1_000_000
MOST_FILES = 300
AT_RUN_TIME = frozenset({"import_module", "__import__", "exec", "execfile", "run_path", "run_module"})
SECTION = re.compile(r"^(?=diff --git )", re.MULTILINE)
SECTION_FILE = re.compile(r"^diff --git a/.* b/(.*)$", re.MULTILINE)


def tree_of(path: Path) -> ast.AST:
    """The syntax tree of a Python file; an empty one for what is none, is too long or cannot be read."""
    try:
        if path.suffix != ".py" or path.stat().st_size > MOST_BYTES:
            return ast.Module([], [])
        return ast.parse(path.read_bytes())
    except (OSError, ValueError, SyntaxError, RecursionError, MemoryError):
        return ast.Module([], [])


def of_the_run(code: Code, cwd: Path) -> Code:
    """The same without Python files that the script does not import; whole where what it imports is not known.

    git's tree is left out then: it changes with every file, and `git_diff` holds the same edits file by file.
    """
    cut = len(code.git_diff or "") > LONGEST_DIFF_BYTES
    names = _imported_names(Path(code.script), cwd) if code.script and not cut else None
    if names is None:
        return code
    sections = [text for text in _sections(code).items() if _is_of(text[0], names)]
    local = {name: digest for name, digest in code.local_files.items() if _is_of(name, names)}
    return replace(code, git_tree=None, git_diff="".join(text for _, text in sections) or None, local_files=local)


def changed_files(before: Code, now: Code) -> list[str]:
    """The names of what differs between two moments of a run's code; "the commit" where git's files moved with it."""
    names = _differing(before.local_files, now.local_files) | _differing(_sections(before), _sections(now))
    if before.script_sha256 != now.script_sha256:
        script = Path(now.script or before.script or "the script")
        names = {name for name in names if Path(name).name != script.name} | {script.name}
    if not names and before != now:
        return ["the commit" if before.git_commit != now.git_commit else "a file that git holds"]
    return sorted(names)


def _differing(before: Mapping[str, str], now: Mapping[str, str]) -> set[str]:
    return {name for name in before.keys() | now.keys() if before.get(name) != now.get(name)}


def _sections(code: Code) -> dict[str, str]:
    """File → its part of the diff against the commit."""
    parts = SECTION.split(code.git_diff or "")
    return {named[1]: part for part in parts if (named := SECTION_FILE.search(part)) is not None}


def _is_of(name: str, imported: set[str]) -> bool:
    """Whether a file may be one of the run: every one that is no Python, and what is imported under any folder."""
    path = PurePosixPath(name)
    if path.suffix != ".py":
        return True
    parts = path.parts[:-1] if path.stem == "__init__" else (*path.parts[:-1], path.stem)
    return any("/".join(parts[start:]) in imported for start in range(len(parts)))


def _imported_names(script: Path, cwd: Path) -> set[str] | None:
    """The modules that the script and what it imports name, as paths: a/b for a.b. None where they are not known."""
    if script.suffix != ".py":
        return None
    # Of a script in a package its own name is as good as imported: `-m package.train` imports the package.
    names = {script.stem, script.parent.name}
    for number, path in enumerate(modules_of(script, cwd)):
        tree = tree_of(path)
        if number >= MOST_FILES or any(map(_imports_at_run_time, ast.walk(tree))):
            return None
        names |= set(_named(tree))
    return names


def modules_of(script: Path, cwd: Path) -> Iterator[Path]:
    """The script, then what it imports from beside it or from where Python looks, and what that imports."""
    elsewhere = [Path(each) for each in os.environ.get("PYTHONPATH", "").split(os.pathsep) if each]
    roots = [script.parent, *script.parent.parents[:3], cwd, cwd / "src", *elsewhere]
    waiting, seen = [script], {script}
    while waiting:
        path = waiting.pop(0)
        yield path
        found = list(dict.fromkeys(_named(tree_of(path))))
        for file in (f for root in (path.parent, *roots) for name in found for f in _files(root / name)):
            if file not in seen:
                seen.add(file)
                waiting.append(file)


def _files(module: Path) -> Iterator[Path]:
    yield from (each for each in (module.with_name(f"{module.name}.py"), module / "__init__.py") if each.is_file())


def _named(tree: ast.AST) -> Iterator[str]:
    """Each module that a file imports, with the packages that it lies in and the names that are taken from it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            module = node.module or ""
            yield from _with_packages(module)
            yield from (f"{module}.{alias.name}".strip(".").replace(".", "/") for alias in node.names)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield from _with_packages(alias.name)


def _with_packages(module: str) -> Iterator[str]:
    parts = module.split(".") if module else []
    yield from ("/".join(parts[:end]) for end in range(1, len(parts) + 1))


def _imports_at_run_time(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    return name in AT_RUN_TIME
