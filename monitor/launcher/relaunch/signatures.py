"""Options that a framework makes of the parameters of a function or the fields of a dataclass.

typer, fire, jsonargparse, tyro, Hugging Face's HfArgumentParser, simple-parsing, pyrallis: each has its own way to
write a name and a truth value, which is one row of DIALECTS.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

KINDS = {"int": "integer", "float": "number", "str": "string", "bool": "boolean", "Path": "string"}
LISTS = frozenset({"list", "List", "tuple", "Tuple", "Sequence", "set"})
NO_VALUE = object()

Properties = dict[str, dict[str, Any]]
Definitions = Mapping[str, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef]


@dataclass(frozen=True)
class Dialect:
    """How a framework writes options. `booleans`: "pair" `--x`/`--no-x`, "bare" `--x` with or without a value, "value".

    `lists`: "words" `--x 1 2`, "repeat" `--x 1 --x 2`, "value" in one word.
    `dashes`: `--batch-size`; `places`: what has no default is a positional argument; `python`: values are Python's.
    `enums`: an Enum is given by its value; elsewhere by its name.
    """

    booleans: str = "value"
    lists: str = "value"
    dashes: bool = False
    places: bool = False
    python: bool = False
    enums: bool = False


DIALECTS = {
    "typer": Dialect("pair", "repeat", dashes=True, places=True, enums=True),
    "run": Dialect("pair", "repeat", dashes=True, places=True, enums=True),
    "Fire": Dialect(python=True),
    "CLI": Dialect(places=True),
    "LightningCLI": Dialect(),
    "auto_cli": Dialect(places=True),
    "cli": Dialect("pair", "words", dashes=True),
    "HfArgumentParser": Dialect("bare", "words", python=True, enums=True),
    "TrlParser": Dialect("bare", "words", python=True, enums=True),
    "add_arguments": Dialect("bare", "words", python=True),
    "wrap": Dialect(),
}
"""What is called (or decorates) → how it writes."""


def of_call(call: ast.Call, name: str, definitions: Definitions) -> Properties:
    """The options that such a call makes of what it is given; {} where that is not in the sources."""
    words = [*call.args, *(word.value for word in call.keywords)]
    if name == "Fire":
        return _of_fire(words, definitions)
    if name == "LightningCLI":
        return _of_lightning(call, definitions)
    parts = [each for word in words for each in (word.elts if isinstance(word, (ast.Tuple, ast.List)) else [word])]
    found: Properties = {}
    for part in parts:
        if isinstance(part, ast.Name) and (what := definitions.get(part.id)) is not None:
            found |= of_definition(what, DIALECTS[name], definitions)
    return found


def _of_fire(words: list[ast.expr], definitions: Definitions) -> Properties:
    """The parameters of one function; of several (a dict, a class, a whole module) those that any of them has.

    Of several the command names one by a word, so that no positional argument is known.
    """
    one = definitions.get(name_of(words[0])) if words else None
    several: list[ast.AST] = []
    if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return of_definition(one, DIALECTS["Fire"], definitions)
    if isinstance(one, ast.ClassDef):
        several = [one, *(n for n in one.body if isinstance(n, ast.FunctionDef) and not n.name.startswith("_"))]
    elif words and isinstance(words[0], ast.Dict):
        several = [what for node in words[0].values if (what := definitions.get(name_of(node))) is not None]
    elif not words:
        several = [what for what in definitions.values() if not what.name.startswith("_")]
    found: Properties = {}
    for each in several:
        for key, rule in of_definition(each, DIALECTS["Fire"], definitions).items():
            found.setdefault(key, rule)
    return found


def _of_lightning(call: ast.Call, definitions: Definitions) -> Properties:
    """The parameters of the model and of the data module, whose names begin with `model.` and `data.`."""
    given = dict(zip(("model_class", "datamodule_class"), call.args, strict=False))
    given |= {word.arg: word.value for word in call.keywords if word.arg}
    found: Properties = {}
    for name, prefix in (("model_class", "model."), ("datamodule_class", "data.")):
        if (what := definitions.get(name_of(given.get(name)))) is not None:
            found |= of_definition(what, DIALECTS["CLI"], definitions, prefix)
    return {key: {"x-option": f"--{key}", **rule} for key, rule in found.items() if "x-place" not in rule}


def of_definition(what: ast.AST, dialect: Dialect, definitions: Definitions, prefix: str = "") -> Properties:
    """The options of one function or dataclass."""
    found: Properties = {}
    for name, annotation, default in _fields(what, definitions):
        inner = definitions.get(name_of(annotation))
        if isinstance(inner, ast.ClassDef) and _is_enum(inner):
            key, rule = _rule(f"{prefix}{name}", annotation, default, dialect)
            values = [literal(line.value) for line in inner.body if isinstance(line, ast.Assign)]
            is_known = dialect.enums and all(isinstance(value, str) for value in values)
            found[key] = {**rule, **({"enum": values} if is_known else {})}
        elif isinstance(inner, ast.ClassDef):
            found |= of_definition(inner, dialect, definitions, f"{prefix}{name}.")
        else:
            key, rule = _rule(f"{prefix}{name}", annotation, default, dialect)
            if "x-place" in rule:
                rule["x-place"] = sum("x-place" in each for each in found.values())
            found[key] = rule
    return found


def literal(node: ast.AST | None) -> Any:
    """The value of a literal; None for anything else."""
    try:
        return None if node is None else ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return None


def name_of(node: ast.AST | None) -> str:
    """The last part of a dotted name: Option of typer.Option."""
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _fields(what: ast.AST, definitions: Definitions) -> Iterator[tuple[str, ast.expr | None, ast.expr | None]]:
    """(name, annotation, default) of each; the default is None where there is none."""
    made = [line for line in getattr(what, "body", []) if getattr(line, "name", "") == "__init__"]
    if isinstance(what, ast.ClassDef) and made and not what.decorator_list:
        yield from _fields(made[0], definitions)
    elif isinstance(what, ast.ClassDef):
        for base in what.bases:
            if (parent := definitions.get(name_of(base))) is not None and parent is not what:
                yield from _fields(parent, definitions)
        for line in what.body:
            if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name) and _is_given(line):
                yield line.target.id, line.annotation, line.value
    elif isinstance(what, (ast.FunctionDef, ast.AsyncFunctionDef)):
        named = what.args.posonlyargs + what.args.args
        defaults = [None] * (len(named) - len(what.args.defaults)) + what.args.defaults + what.args.kw_defaults
        for each, default in zip([*named, *what.args.kwonlyargs], defaults, strict=True):
            if each.arg not in ("self", "cls", "ctx"):
                yield each.arg, each.annotation, default


def _is_given(line: ast.AnnAssign) -> bool:
    """Whether a field of a dataclass is given when one is made: no ClassVar, no `field(init=False)`."""
    outer = line.annotation.value if isinstance(line.annotation, ast.Subscript) else line.annotation
    made = line.value if isinstance(line.value, ast.Call) and name_of(line.value.func) == "field" else None
    return name_of(outer) != "ClassVar" and _keyword(made, "init") is not False


def _rule(
    name: str, annotation: ast.expr | None, default: ast.expr | None, dialect: Dialect
) -> tuple[str, dict[str, Any]]:
    kind, about = _unwrapped(annotation)
    inner = about if about is not None else default if isinstance(default, ast.Call) else None
    words = [text for node in (inner.args if inner is not None else []) if isinstance(text := literal(node), str)]
    halves = [word.partition("/") for word in words]
    spelled = [on.strip() for on, _, _ in halves if on.strip().startswith("-")]
    off = [half.strip() for _, _, half in halves if half]
    value = _default(default)
    own = "--" + (name.replace("_", "-") if dialect.dashes else name)
    rule: dict[str, Any] = {"x-option": (spelled or off or [own])[0], **_with_words(kind, dialect)}
    if spelled[1:]:
        rule["x-names"] = spelled[1:]
    if not kind and isinstance(value, (bool, int, float, str)):
        rule["type"] = KINDS[type(value).__name__]
    if value is not None and value is not NO_VALUE:
        rule["default"] = list(value) if isinstance(value, (tuple, set)) else value
    explained = _keyword(inner, "help") or (_keyword(inner, "metadata") or {}).get("help")
    if isinstance(explained, str):
        rule["description"] = explained
    needed = (value is NO_VALUE and dialect.places) or name_of(getattr(inner, "func", None)) == "Argument"
    if needed:
        return name, {k: v for k, v in rule.items() if k != "x-option"} | {"x-place": 0}
    if rule.get("type") == "boolean":
        return name, rule | _truth(str(rule["x-option"]), dialect, spelled, off)
    return name, rule | ({"x-python": True} if dialect.python else {})


def _with_words(kind: Mapping[str, Any], dialect: Dialect) -> dict[str, Any]:
    """The kind of a value with how its words are written, where it is a list; a tuple has as many as it names."""
    plain, size = {name: about for name, about in kind.items() if name != "x-nargs"}, kind.get("x-nargs", "+")
    if "array" not in str(kind.get("type")) or dialect.lists == "value":
        return plain
    return {**plain, **({"x-repeat": True} if dialect.lists == "repeat" and size == "+" else {"x-nargs": size})}


def _truth(option: str, dialect: Dialect, on: list[str], off: list[str]) -> dict[str, Any]:
    """How a truth value is written; `on` and `off`: the spellings that are given."""
    if dialect.booleans == "bare":
        return {"x-python": True, "x-nargs": "?", "x-off": [f"--no_{option.lstrip('-')}"]}
    if dialect.booleans == "value":
        return {"x-joined": True} | ({"x-python": True} if dialect.python else {})
    if off:
        return {"x-switch": "pair", "x-off": off} if on else {"x-switch": "off"}
    return {"x-switch": "on" if on else "pair"}


def _unwrapped(annotation: ast.expr | None) -> tuple[dict[str, Any], ast.Call | None]:
    """What the annotation says of the value, and the call in an Annotated."""
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        try:
            annotation = ast.parse(annotation.value, mode="eval").body
        except SyntaxError:
            return {}, None
    if isinstance(annotation, ast.BinOp):
        sides = [_unwrapped(side)[0] for side in (annotation.left, annotation.right)]
        return _optional(next((side for side in sides if side), {})), None
    if not isinstance(annotation, ast.Subscript):
        kind = KINDS.get(name_of(annotation), "array" if name_of(annotation) in LISTS else "")
        return ({"type": kind} if kind else {}), None
    outer = name_of(annotation.value)
    parts = annotation.slice.elts if isinstance(annotation.slice, ast.Tuple) else [annotation.slice]
    if outer == "Annotated":
        about = next((part for part in parts[1:] if isinstance(part, ast.Call)), None)
        return _unwrapped(parts[0])[0], about
    if outer == "Literal":
        return {"enum": [literal(part) for part in parts]}, None
    if outer in LISTS:
        return _list_of(parts, is_tuple=outer.lower() == "tuple"), None
    if outer in ("Optional", "Union"):
        return _optional(_unwrapped(parts[0])[0]), None
    return {}, None


def _list_of(parts: Sequence[ast.expr], *, is_tuple: bool) -> dict[str, Any]:
    """A list or tuple; `x-nargs`: how many values a tuple holds."""
    is_open = not is_tuple or any(isinstance(literal(part), type(...)) for part in parts)
    inner = _unwrapped(parts[0])[0] if is_open or len({ast.unparse(part) for part in parts}) == 1 else {}
    items = {"items": inner} if isinstance(inner.get("type"), str) and inner["type"] != "boolean" else {}
    return {"type": "array", **items, **({} if is_open else {"x-nargs": len(parts)})}


def _optional(kind: dict[str, Any]) -> dict[str, Any]:
    return {**kind, "type": [kind["type"], "null"]} if isinstance(kind.get("type"), str) else kind


def _default(node: ast.expr | None) -> Any:
    """A default: NO_VALUE where one must be given, None where it is computed."""
    if node is None:
        return NO_VALUE
    if not isinstance(node, ast.Call):
        return literal(node)
    name = name_of(node.func)
    if name in ("field", "HfArg", "Option", "Argument"):
        first = node.args[0] if node.args and name in ("Option", "Argument") else None
        if (default := next((w.value for w in node.keywords if w.arg == "default"), first)) is not None:
            found = literal(default)
            return NO_VALUE if found is ... else found
        made = next((w.value for w in node.keywords if w.arg == "default_factory"), None)
        return literal(made.body) if isinstance(made, ast.Lambda) else None if made is not None else NO_VALUE
    return None


def _keyword(call: ast.Call | None, name: str) -> Any:
    return literal(next((w.value for w in call.keywords if w.arg == name), None)) if call is not None else None


def _is_enum(what: ast.ClassDef) -> bool:
    return any(name_of(base).endswith("Enum") for base in what.bases)
