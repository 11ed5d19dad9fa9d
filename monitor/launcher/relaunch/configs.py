"""Settings that stand in a file which the command names: YAML, JSON, TOML, gin or Python.

A file is read without executing anything, and each setting is known by its place in the text: a change writes another
value there and leaves every other byte as it is. The file itself is never written: the child gets a copy.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monitor.launcher.relaunch.flags import Flag, Rules, canonical, given
from monitor.launcher.relaunch.launchers import own_words_begin
from monitor.run_dir.errors import UsageError
from monitor.run_dir.launch import PLACEHOLDER

ENDINGS = frozenset({".yaml", ".yml", ".json", ".toml", ".py", ".gin"})
MOST_BYTES = 200_000
MOST_BASES = 5
NAMES_A_CONFIG = re.compile(
    r"(^|_)(config|cfg|conf|hparams?|params|recipe|settings|options?|yaml|spec|experiment|gin|c|f)(_|$|file|path)", re.I
)
POINTS_BESIDE = re.compile(
    r"!include|^\s*_base_\s*[=:]|^\s*(defaults|extends|base_config|includes?)\s*:\s|^from \.", re.MULTILINE
)
"""What names other files by a path from the file's own folder; a copy elsewhere would not find them."""
LINE = re.compile(
    r"^(?P<indent> *)(?P<item>- )?(?P<key>[\w.$-]+|\"[^\"]+\"|'[^']+')\s*(?P<sign>[:=])(?:[ \t]+|$)(?P<value>[^\n]*)$",
    re.MULTILINE,
)
TABLE = re.compile(r"^\[([^\[\]]+)\]\s*(#.*)?$", re.MULTILINE)
VALUE = re.compile(r"(?P<value>\"(?:[^\"\\]|\\.)*\"|'(?:[^']|'')*'|[^#\n]*?)\s*(?:#.*)?$")
NUMBER = re.compile(r"[-+]?(\d[\d_]*\.?\d*|\.\d+)([eE][-+]?\d+)?")
NO_TEXT = frozenset(["true", "false", "null", "none", "yes", "no", "on", "off", "y", "n"])
"""Words that YAML reads as truth values or as nothing."""
WORDS: dict[str, Any] = {"true": True, "false": False, "null": None, "~": None, "none": None}


@dataclass(frozen=True)
class Setting:
    """One setting: its value, and from which to which byte of the text it stands."""

    value: Any
    first: int
    last: int


def named_by(argv: list[str], cwd: Path, rules: Rules) -> list[tuple[Flag, Path]]:
    """The options and positional arguments that name a file of settings, with its path."""
    flags = given(argv, rules)
    taken = {index for flag in flags for index in range(flag.first, flag.last)}
    rest = [i for i in range(own_words_begin(argv), len(argv)) if i not in taken]
    places = [Flag(argv[i], argv[i], (argv[i],), i, i + 1, "place") for i in rest]
    named = [flag for flag in flags if flag.form == "place" or NAMES_A_CONFIG.search(flag.key)]
    found = [(flag, cwd / flag.values[-1]) for flag in (*named, *places) if flag.values]
    return [(flag, path) for flag, path in found if path.suffix in ENDINGS and _is_small_file(path)]


def settings_in(path: Path) -> dict[str, Setting]:
    """Dotted name → setting; {} for a file that cannot be read or holds none."""
    try:
        text = path.read_bytes()
        found = (
            _in_code(text)
            if path.suffix in (".json", ".py")
            else _in_lines(text.decode(), path.suffix in (".toml", ".gin"))
        )
        return dict(found)
    except (OSError, ValueError, SyntaxError, RecursionError, MemoryError):
        return {}


def settings_of_get_config(path: Path) -> dict[str, Setting]:
    """Those that the file's `get_config` sets one by one: `config.optim.lr = 0.1`."""
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, ValueError, SyntaxError, RecursionError, MemoryError):
        return {}
    made = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "get_config"]
    lines = [line for function in made for line in function.body if isinstance(line, ast.Assign)]
    named = [(ast.unparse(line.targets[0]).partition(".")[2], line.value) for line in lines]
    starts = [0] * (path.read_bytes().count(b"\n") + 2)  # where they stand is not asked: they are never written
    return {key: setting for name, value in named if name for key, setting in _in_value(name, value, starts)}


def with_bases(path: Path, depth: int = 0) -> dict[str, Setting]:
    """The same with the settings of the files that it builds on (`_base_`, `_BASE_`), over which its own win."""
    own = settings_in(path)
    found: dict[str, Setting] = {}
    for key in ("_base_", "_BASE_"):
        named = own[key].value if key in own else []
        for name in [named] if isinstance(named, str) else named if isinstance(named, (list, tuple)) else []:
            if depth < MOST_BASES and isinstance(name, str) and (path.parent / name) != path:
                found |= with_bases(path.parent / name, depth + 1)
    return found | {key: setting for key, setting in own.items() if key not in ("_base_", "_BASE_")}


def changed_copy(path: Path, changes: Mapping[str, Any]) -> str:
    """The text of the file with other values, in which `{run_dir}` stands for the run that it is written for.

    Raises UsageError for a file that a copy elsewhere would break.
    """
    text, settings = path.read_bytes(), settings_in(path)
    if PLACEHOLDER.encode() in text:
        raise UsageError(
            f"{path.name} holds {PLACEHOLDER} itself, which a copy would lose. Copy and change it by hand."
        )
    if POINTS_BESIDE.search(text.decode(errors="replace")):
        raise UsageError(
            f"{path.name} names other files by their place beside it, which a copy in the child's folder would not "
            f"find. Copy it by hand, change {', '.join(changes) or 'it'} there, and name the copy."
        )
    added = [key for key in changes if key not in settings]
    for key in sorted(changes.keys() - added, key=lambda key: -settings[key].first):
        setting = settings[key]
        text = (
            text[: setting.first]
            + _written(changes[key], path.suffix, text[setting.first : setting.last])
            + text[setting.last :]
        )
    for key in added:
        text = _with_line(text, key, changes[key], path)
    return text.decode()


def _with_line(text: bytes, key: str, value: Any, path: Path) -> bytes:
    """The text of a JSON or YAML file with one more setting. Raises UsageError for another kind of file."""
    if path.suffix == ".json" and (brace := text.find(b"{")) >= 0:
        comma = b"" if not text[brace + 1 :].strip().strip(b"}") else b","
        return text[: brace + 1] + f"\n  {json.dumps(key)}: {json.dumps(value)}".encode() + comma + text[brace + 1 :]
    if path.suffix in (".yaml", ".yml") and "." not in key:
        return text.rstrip(b"\n") + f"\n{key}: ".encode() + _written(value, path.suffix, b"") + b"\n"
    raise UsageError(f"{key}: {path.name} does not hold it. Write it there by hand, and start a run with that file.")


def rule_of(value: Any) -> dict[str, Any]:
    """What is known of a setting by its value."""
    kinds: dict[type, str] = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array"}
    kind = kinds.get(type(value))
    # A whole number may stand for any number: `lr: 1`.
    return {"type": ["integer", "number"] if kind == "integer" else kind} if kind and kind != "string" else {}


def _written(value: Any, suffix: str, before: bytes) -> bytes:
    quoted = before[:1] in (b'"', b"'") or suffix in (".json", ".toml", ".py", ".gin")
    if suffix in (".py", ".gin"):
        return repr(value).encode()
    if isinstance(value, str) and not quoted:
        plain = re.fullmatch(r"[A-Za-z_/][\w./-]*", value) and value.lower() not in NO_TEXT
        return value.encode() if plain else json.dumps(value, ensure_ascii=False).encode()
    text = json.dumps(value, ensure_ascii=False)
    # YAML 1.1 reads 1e-05 as text.
    return (re.sub(r"^(-?\d+)e", r"\1.0e", text) if isinstance(value, float) else text).encode()


def _is_small_file(path: Path) -> bool:
    try:
        return path.is_file() and path.stat().st_size <= MOST_BYTES
    except OSError:
        return False


def _in_code(text: bytes) -> Iterator[tuple[str, Setting]]:
    """The literals of a Python file's assignments, and of JSON, which is read as a Python expression."""
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    tree = ast.parse(text)
    for node in tree.body:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Dict):
            yield from _in_value("", node.value, starts)
        elif isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if isinstance(target, (ast.Name, ast.Attribute)):
                yield from _in_value(ast.unparse(target), node.value, starts)


def _in_value(name: str, node: ast.expr, starts: list[int]) -> Iterator[tuple[str, Setting]]:
    prefix = f"{name}." if name else ""
    if isinstance(node, ast.Dict):
        for key, inner in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant):
                yield from _in_value(f"{prefix}{key.value!s}", inner, starts)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "dict":
        for word in node.keywords:
            if word.arg:
                yield from _in_value(f"{prefix}{word.arg}", word.value, starts)
    else:
        try:
            words = {"true": True, "false": False, "null": None}
            value = words[node.id] if isinstance(node, ast.Name) else ast.literal_eval(node)
        except (KeyError, ValueError, TypeError):
            return
        first = starts[node.lineno - 1] + node.col_offset
        yield name, Setting(value, first, starts[(node.end_lineno or 1) - 1] + (node.end_col_offset or 0))


def _in_lines(text: str, is_toml: bool) -> Iterator[tuple[str, Setting]]:
    """The scalars and one-line lists of YAML's mappings and TOML's tables; list items are no settings of their own."""
    above: list[tuple[int, str]] = []
    within: int | None = None
    """The indent of a text block or of a mapping in braces: its lines are no settings."""
    tables = [(found.start(), found[1].strip()) for found in TABLE.finditer(text)] if is_toml else []
    for line in LINE.finditer(text):
        if (line["sign"] == "=") != is_toml:
            continue
        key, indent = line["key"].strip("\"'"), len(line["indent"]) + len(line["item"] or "")
        if within is not None and indent > within:
            continue
        within = None
        above = [each for each in above if each[0] < indent]
        raw = VALUE.match(line["value"])
        inner = raw["value"] if raw else ""
        table = next((name for start, name in reversed(tables) if start < line.start()), "")
        path = ".".join(filter(None, (table, *(name for _, name in above), key)))
        if not inner or inner[0] in "|>&*!{":
            within = indent if inner[:1] in ("|", ">", "{") else None
            above.append((indent, "" if line["item"] else key))
            continue
        if line["item"] or any(not name for _, name in above) or (inner[0] == "[" and not inner.endswith("]")):
            continue
        first = len(text[: line.start("value")].encode())
        yield path, Setting(scalar(inner), first, first + len(inner.encode()))


def scalar(text: str) -> Any:
    """The value of one word or one-line list as YAML reads it."""
    if text.lower() in WORDS:
        return WORDS[text.lower()]
    if NUMBER.fullmatch(text):
        number = float(text.replace("_", ""))
        return int(number) if re.fullmatch(r"[-+]?[\d_]+", text) else number
    if text[0] == "[":
        return [scalar(part.strip()) for part in text[1:-1].split(",") if part.strip()]
    return text[1:-1] if text[0] in "\"'" and text[-1] == text[0] else text


def resolved(key: str, rules: Rules) -> str:
    """The key of a setting that was named by an alias, by its last part or in another case; else itself."""
    wanted = canonical(key)
    if wanted in rules:
        return wanted
    spelled = {k for k, rule in rules.items() if wanted in map(canonical, map(str, _other_names(rule)))}
    parts = {k for k in rules if k.rpartition(".")[2] == wanted}
    cased = {k for k in rules if k.lower() == wanted.lower()}
    return next((found.pop() for found in (spelled, parts, cased) if len(found) == 1), wanted)


def _other_names(rule: Mapping[str, Any]) -> list[Any]:
    on = [] if rule.get("x-switch") == "off" else [rule.get("x-option", ""), *rule.get("x-names", ())]
    return [*on, rule.get("x-dest", "")]
