"""The command that a Makefile's target runs, where make starts the training: read from the text, nothing is executed.

Only a plain `python script.py …` is opened (`one_word`): what a shell or make would compute (`&&`, `|`, `$(shell …)`,
`$$HOME`, a variable that is set twice or under a condition, a rule with a pattern) stays unknown, and so does a target
that runs two scripts.
"""

from __future__ import annotations

import os
import re
import shlex
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path, PurePath

from monitor.run_dir.one_word import is_plain, words_of

FILES = ("GNUmakefile", "makefile", "Makefile")
MAKE = frozenset({"make", "gmake"})
PROGRAMS = (".py", ".sh", ".bash", ".ipynb")
MOST_BYTES = 1 << 20
TAKES_VALUE = frozenset({"-C", "-f", "-I", "-o", "-W", "--directory", "--file", "--makefile", "--include-dir"})
TAKES_COUNT = frozenset({"-j", "-l", "--jobs", "--load-average"})
FOLDER, FILE = ("-C", "--directory"), ("-f", "--file", "--makefile")
GIVEN = re.compile(r"([A-Za-z_]\w*)(?:\?|:{1,3}|\+)?=(.*)", re.DOTALL)
SET = re.compile(r"(?:export\s+|override\s+)?([A-Za-z_]\w*)\s*(\?|:{1,3}|\+|!)?=[ \t]*([^#\n]*)(?:#.*)?")
RULE = re.compile(r"([^\s:=#][^:=#]*?)\s*::?(?!=)\s*([^=;#]*?)\s*(?:;\s*([^#]*))?(?:#.*)?")
CONDITION, CONDITION_ENDS = re.compile(r"\s*ifn?(?:eq|def)\b"), re.compile(r"\s*endif\b")
REFERENCE = re.compile(r"\$(?:\(([^()${}]*)\)|\{([^()${}]*)\}|([@A-Za-z]))")
BEFORE_COMMAND = re.compile(r"[ \t@+-]*")
ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=[\w./,:+-]*")
INTERPRETER = re.compile(r"(?:python|pypy)[\d.]*")
NAMES_PYTHON, MAKES_AGAIN = re.compile(r"(?i)python|\.py\b|\s-m\s"), re.compile(r"\$[({]MAKE[)}]|\bmake\b")
STARTERS = frozenset(
    {"env", "nice", "nohup", "time", "stdbuf", "uv", "poetry", "pipenv", "conda", "srun", "mpirun"}
    | {"torchrun", "accelerate", "deepspeed", "composer"}
)
"""Programs that a line may begin with, beside Python, to start a script."""
TOOLS = frozenset({"pip", "venv", "pytest", "ruff", "mypy", "build"})
DEEPEST, LONGEST_LINE = 12, 20_000


@dataclass(frozen=True)
class Recipe:
    """What make runs. `words`: the command; `folder`: where it runs; `path`: the Makefile whose `line` says so."""

    words: list[str]
    folder: Path
    path: Path
    line: str


def is_make(argv: list[str]) -> bool:
    """Whether make starts the script."""
    return _make_at(argv) is not None


def recipe_of(argv: list[str], cwd: Path, environment: Mapping[str, str] | None = None) -> Recipe | None:
    """The plain command of the target that `argv` names; None where make starts nothing or that is not known."""
    begin = _make_at(argv)
    if begin is None:
        return None
    path, goals, given = _asked(argv[begin + 1 :], cwd)
    text = text_of(path)
    if path is None or text is None or len(goals) > 1:
        return None
    surroundings = {**(os.environ if environment is None else environment), **_before(argv[:begin])}
    read = _Makefile(text, given, surroundings)
    found = read.command_of(goals[0] if goals else read.first)
    folder = _folder(argv[begin + 1 :], cwd)
    return None if found is None else Recipe(found[0], folder, path, found[1])


def opened(argv: list[str], cwd: Path) -> tuple[list[str], Path]:
    """(words, folder) of the command that runs in the end: within a word, or of a Makefile's target."""
    words = words_of(argv)
    recipe = recipe_of(words, cwd)
    return (words, cwd) if recipe is None else (recipe.words, recipe.folder)


def makefile_of(argv: list[str], cwd: Path) -> Path | None:
    """The Makefile that a command of make reads."""
    begin = _make_at(argv)
    return None if begin is None else _asked(argv[begin + 1 :], cwd)[0]


def text_of(path: Path | None) -> str | None:
    """The text of a Makefile with its lines joined; None where it cannot be read."""
    try:
        if path is None or not path.is_file() or path.stat().st_size > MOST_BYTES:
            return None
        return path.read_text(encoding="utf-8", errors="replace").replace("\\\n", " ")
    except OSError:
        return None


def _make_at(argv: list[str]) -> int | None:
    place = next((n for n, word in enumerate(argv) if PurePath(word).name in MAKE), len(argv))
    is_of_another = any(word.endswith(PROGRAMS) or INTERPRETER.fullmatch(PurePath(word).name) for word in argv[:place])
    return None if place == len(argv) or is_of_another else place


def _before(words: list[str]) -> dict[str, str]:
    """The variables that `env` sets before make."""
    return {found[1]: found[2] for word in words if (found := GIVEN.fullmatch(word)) is not None}


def _folder(words: list[str], cwd: Path) -> Path:
    for place, word in enumerate(words):
        option, _, joined = word.partition("=")
        if word in FOLDER and place + 1 < len(words):
            cwd = cwd / words[place + 1]
        elif option in FOLDER and joined:
            cwd = cwd / joined
    return cwd


def _asked(words: list[str], cwd: Path) -> tuple[Path | None, list[str], dict[str, str]]:
    """(the Makefile, the targets, the variables) that the words behind `make` name."""
    named, goals, given = "", [], {}
    place = 0
    while place < len(words):
        word = words[place]
        option, _, joined = word.partition("=")
        if option in FILE and (joined or place + 1 < len(words)):
            named = joined or words[place + 1]
        elif (found := GIVEN.fullmatch(word)) is not None:
            given[found[1]] = found[2]
        elif not word.startswith("-") and not (word.isdigit() and words[place - 1] in TAKES_COUNT):
            goals.append(word)
        place += 2 if word in TAKES_VALUE else 1
    folder = _folder(words, cwd)
    candidates = [folder / named] if named else [folder / name for name in FILES]
    return next((path for path in candidates if path.is_file()), None), goals, given


@dataclass
class _Makefile:
    """The rules and variables of one file. `given`: by the command; they win over the file."""

    text: str
    given: Mapping[str, str]
    environment: Mapping[str, str]
    rules: dict[str, tuple[list[str], list[str]]] = field(default_factory=dict)
    values: dict[str, str | None] = field(default_factory=dict)
    first: str = ""

    def __post_init__(self) -> None:
        depth, targets = 0, list[str]()
        seen = Counter[str]()
        for line in self.text.splitlines():
            if line.startswith("\t"):
                for target in targets:
                    self.rules[target][1].append(line)
                continue
            if CONDITION.match(line):
                depth += 1
            elif CONDITION_ENDS.match(line):
                depth -= 1
            elif (found := SET.fullmatch(line.strip())) is not None:
                seen[found[1]] += 1
                self._set(*found.groups(), is_sure=not depth and seen[found[1]] == 1)
            elif line.strip() and (rule := RULE.fullmatch(line)) is not None:
                targets = self._begin(rule, is_sure=not depth)

    def _set(self, name: str, how: str | None, value: str, *, is_sure: bool) -> None:
        if how == "?" and name in self.environment:
            value = self.environment[name]
        self.values[name] = value.strip() if is_sure and how not in ("+", "!") else None

    def _begin(self, rule: re.Match[str], *, is_sure: bool) -> list[str]:
        """The targets whose recipe begins here."""
        targets = rule[1].split()
        for target in targets:
            before, lines = self.rules.setdefault(target, ([], []))
            before += rule[2].split()
            lines += [rule[3]] if rule[3] else []
            lines += [] if is_sure else ["$(python)"]  # a condition decides what runs
            is_special = target.startswith(".") and "/" not in target
            self.first = self.first or ("" if is_special or "%" in target else target)
        return targets

    def command_of(self, target: str, deep: int = 0) -> tuple[list[str], str] | None:
        """(words, line of the Makefile) of the one script that a target runs, else of its one prerequisite that runs
        one."""
        if target not in self.rules or deep > DEEPEST:
            return None
        before, lines = self.rules[target]
        telling = [line for line in lines if NAMES_PYTHON.search(self._filled(line, target))]
        if telling and len(lines) > 1 and ".ONESHELL" in self.rules:
            return None
        opened = [(self._opened(line, target), line) for line in telling]
        if any(words is None for words, _ in opened):
            return None
        scripts = [(words, line) for words, line in opened if words and _is_script(words)]
        if scripts:
            return scripts[0] if len(scripts) == 1 else None
        if any(MAKES_AGAIN.search(line) for line in lines):
            return None
        found = [each for name in before if (each := self.command_of(name, deep + 1)) is not None]
        return found[0] if len(found) == 1 else None

    def _opened(self, line: str, target: str) -> list[str] | None:
        """The words of a plain line; None where only a shell, or make itself, understands it."""
        text = BEFORE_COMMAND.sub("", self._filled(line, target), count=1)
        variables: list[str] = []
        while (head := text.partition(" "))[2] and ASSIGNMENT.fullmatch(head[0]):
            variables.append(head[0])
            text = head[2].lstrip()
        if not is_plain(text):
            return None
        words = words_of(shlex.split(text))
        return [*(["env", *variables] if variables else []), *words]

    def _filled(self, line: str, target: str) -> str:
        """A line with what its variables hold; what is not known stays, and is then not opened as it holds a $."""
        for _ in range(DEEPEST):
            now = REFERENCE.sub(lambda match: self._value(match, target), line)
            if now == line or len(now) > LONGEST_LINE:
                break
            line = now
        return line

    def _value(self, match: re.Match[str], target: str) -> str:
        if match.start() and match.string[match.start() - 1] == "$":
            return match.group()  # $$(x) is the shell's
        if match[3] == "@":
            return target
        name = match[1] or match[2] or match[3] or ""
        if name in self.given:
            return self.given[name]
        value = self.values.get(name) if name in self.values else self.environment.get(name)
        return match.group() if value is None else value


def _is_script(words: list[str]) -> bool:
    """Whether Python runs a file or a module of the project here, be it below a launcher."""
    if not (INTERPRETER.fullmatch(PurePath(words[0]).name) or PurePath(words[0]).name in STARTERS):
        return False
    modules = {after for option, after in pairwise(words) if option == "-m"}
    return any(word.endswith(".py") for word in words) or bool(modules - TOOLS)
