"""Which files a Python script imports, read from source: what else lies in its folder is no part of the run.

Not known: modules that are named at run time, and what is installed outside of the repository.
"""

from __future__ import annotations

import ast
import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

MOST_BYTES = 1_000_000
MOST_FILES = 300
AT_RUN_TIME = frozenset({"import_module", "__import__", "exec", "execfile", "run_path", "run_module"})
AT_RUN_TIME |= {"exec_module", "load_module", "load_source", "spec_from_file_location", "load_entry_point"}
AT_RUN_TIME |= {"instantiate", "get_class", "get_method", "locate", "LightningCLI", "Config.fromfile"}
"""Calls after which the source does not say what is imported; the last row are frameworks that import by name."""
FILE = re.compile(r"[\w./-]+\.py")
OWN = Path(__file__).resolve().parent.parent
"""This package: a script that writes its records by it declares nothing there."""


def tree_of(path: Path) -> ast.AST:
    """The syntax tree of a Python file; an empty one for what is none, is too long or cannot be read."""
    try:
        if path.suffix != ".py" or path.stat().st_size > MOST_BYTES:
            return ast.Module([], [])
        return ast.parse(path.read_bytes())
    except (OSError, ValueError, SyntaxError, RecursionError, MemoryError):
        return ast.Module([], [])


def nodes_of(tree: ast.AST) -> tuple[ast.AST, ...]:
    """Every node of a tree, in the order of `ast.walk`; a tree is walked once, however often it is asked."""
    walked: tuple[ast.AST, ...] | None = vars(tree).get("walked")
    if walked is None:
        walked = vars(tree)["walked"] = tuple(ast.walk(tree))
    return walked


def search_path(text: str | None = None) -> list[Path]:
    """The folders of a PYTHONPATH; of this process's where none is given."""
    text = os.environ.get("PYTHONPATH", "") if text is None else text
    return [Path(each) for each in text.split(os.pathsep) if each]


def modules_of(script: Path, cwd: Path) -> Iterator[Path]:
    """The script, then what it imports from beside it or from where Python looks, and what that imports.

    Without this package where it lies there.
    """
    roots = [script.parent, *script.parent.parents[:3], cwd, cwd / "src", *search_path()]
    waiting, seen = [script], {script}
    while waiting:
        path = waiting.pop(0)
        yield path
        found = dict.fromkeys(name for _, name in _named(tree_of(path)))
        for file in (f for root in (path.parent, *roots) for name in found for f in _files(root / name)):
            if file not in seen:
                seen.add(file)
                if not file.is_relative_to(OWN):
                    waiting.append(file)


@dataclass
class Sources:
    """Where the modules of a script may lie. `near`: where Python looks first; `known`: the project's Python files.

    A name that is not found near is taken for every file of the project that it may mean, as an installed package
    that lies in the same repository.
    """

    cwd: Path
    near: list[Path]
    known: Iterable[Path] = ()
    _by_name: dict[str, list[Path]] = field(default_factory=dict)
    _found: dict[str, list[Path]] = field(default_factory=dict)

    def meant_by(self, level: int, name: str, file: Path) -> Iterator[Path]:
        """The files that an import in `file` may mean. `level`: its leading dots."""
        if level:
            yield from _files(file.parents[level - 1] / name if name else file.parents[level - 1])
            return
        if name not in self._found:
            self._found[name] = self._looked_up(name)
        yield from (*self._found[name], *_files(file.parent / name))

    def _looked_up(self, name: str) -> list[Path]:
        first = name.partition("/")[0]
        if found := [each for root in self.near for each in _files(root / name)]:
            return found
        if first in sys.stdlib_module_names or any(_is_there(root / first) for root in self.near):
            return []
        return self._names().get(name, [])

    def _names(self) -> dict[str, list[Path]]:
        if not self._by_name:
            for path in self.known:
                parts = path.parts[1:-1] if path.stem == "__init__" else (*path.parts[1:-1], path.stem)
                for start in range(len(parts)):
                    self._by_name.setdefault("/".join(parts[start:]), []).append(path)
        return self._by_name


def imported_files(script: Path, words: Sequence[str], sources: Sources) -> set[Path] | None:
    """The script and every file that it may import, also those named in strings and in the `words` of its command.

    None where that is not known: no Python script, names made at run time, too many files.
    """
    if script.suffix != ".py":
        return None
    found: set[Path] = set()
    waiting = [script, *_named_files(words, script, sources), *_packages(script)]
    while waiting:
        path = waiting.pop().resolve()
        if path in found:
            continue
        found.add(path)
        tree = tree_of(path)
        if len(found) > MOST_FILES or any(map(_imports_at_run_time, nodes_of(tree))):
            return None
        waiting += [each for level, name in set(_named(tree)) for each in sources.meant_by(level, name, path)]
        waiting += _packages(path)
        strings = (n.value for n in nodes_of(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str))
        waiting += _named_files(strings, path, sources)
    return found


def _packages(path: Path) -> Iterator[Path]:
    """The packages that a file lies in: to import it imports them too."""
    folder = path.parent
    while (folder / "__init__.py").is_file() and folder != folder.parent:
        yield folder / "__init__.py"
        folder = folder.parent


def _named_files(words: Iterable[str], file: Path, sources: Sources) -> list[Path]:
    """Python files that texts name: a file of settings in Python, a script that is started."""
    named = [word for word in words if FILE.fullmatch(word)]
    places = [folder / word for word in named for folder in (file.parent, sources.cwd)]
    return [place for place in places if place.is_file()]


def _files(module: Path) -> Iterator[Path]:
    if module.name:
        yield from (each for each in (module.with_name(f"{module.name}.py"), module / "__init__.py") if each.is_file())


def _is_there(module: Path) -> bool:
    return module.is_dir() or module.with_name(f"{module.name}.py").is_file()


def _named(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """(leading dots, path) of each module that a file imports, of its packages, and of the names taken from it."""
    for node in nodes_of(tree):
        if isinstance(node, ast.ImportFrom):
            module = node.module or ""
            yield from ((node.level, name) for name in _with_packages(module))
            names = [f"{module}.{alias.name}".strip(".") for alias in node.names]
            yield from ((node.level, name.replace(".", "/")) for name in names)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield from ((0, name) for name in _with_packages(alias.name))


def _with_packages(module: str) -> Iterator[str]:
    parts = module.split(".") if module else []
    yield from ("/".join(parts[:end]) for end in range(1, len(parts) + 1))


def _imports_at_run_time(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    owner = getattr(getattr(node.func, "value", None), "id", "")
    return name in AT_RUN_TIME or f"{owner}.{name}" in AT_RUN_TIME
