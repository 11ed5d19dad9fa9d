"""The options that a script's parser takes, read from its source: argparse, click, absl, or made of code.

Nothing is executed. Literals are taken, also in modules and packages beside the script; what is computed is left out,
and `is_whole` says so.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from monitor.launcher.relaunch.call_parse import has_dashes, of_call_parse
from monitor.launcher.relaunch.declared import declared_option, declared_place, merged
from monitor.launcher.relaunch.environment import site_packages
from monitor.launcher.relaunch.flags import canonical
from monitor.launcher.relaunch.hydra import Stores
from monitor.launcher.relaunch.overrides import NAMES, Within
from monitor.launcher.relaunch.sacred import of_sacred
from monitor.launcher.relaunch.signatures import (
    DIALECTS,
    Definitions,
    Properties,
    literal,
    name_of,
    of_call,
    of_definition,
)
from monitor.launcher.relaunch.subcommands import other_commands
from monitor.run_dir.imports import modules_of, nodes_of, tree_of

MOST_FILES = 60
ABSL = {"DEFINE_integer": "integer", "DEFINE_float": "number", "DEFINE_string": "string", "DEFINE_enum": "string"}
ABSL |= {
    "DEFINE_bool": "boolean",
    "DEFINE_boolean": "boolean",
    "DEFINE_list": "string",
    "DEFINE_multi_integer": "array",
}
ABSL |= {"DEFINE_multi_string": "array", "DEFINE_multi_float": "array"}
PAIRS = frozenset({"merge_from_list"})
JOINED = frozenset({"DictAction", "merge_from_dict", "merge_from_dotlist"})
GIN = re.compile(r"gin[_.](param|binding)s?")
OF_GIN = frozenset({"parse_config_files_and_bindings", "parse_config"})
FILE_ONLY = frozenset({"parse_json_file", "parse_yaml_file"})
FILE_FIRST = frozenset({"ActionConfigFile", "TrlParser", "LightningCLI", "CLI", "auto_cli", "configargparse"})
OF_HUGGING_FACE = {
    "TrainingArguments": "transformers/training_args.py",
    "Seq2SeqTrainingArguments": "transformers/training_args_seq2seq.py",
    "_BaseConfig": "trl/trainer/base_config.py",
    "ModelConfig": "trl/trainer/model_config.py",
    **dict.fromkeys(("ScriptArguments", "DatasetMixtureConfig"), "trl/scripts/utils.py"),
    **{
        f"{name}Config": f"trl/trainer/{name.lower()}_config.py"
        for name in ("SFT", "DPO", "GRPO", "KTO", "RLOO", "Reward", "Distillation")
    },
}
"""Classes whose fields are options of scripts that name none of them: where they stand in site-packages."""
BASES = ("TrainingArguments", "_BaseConfig")
CONFIGURATOR = re.compile(r"exec\(\s*open\(\s*['\"]configurator\.py")
"""Scripts whose settings are their own global names, given as `--name=value`."""


@dataclass
class Found:
    """The options of a script. `is_whole`: none of them was left out because it is computed.

    `within`: where words of the command override a file of settings. `file_first`: such a file takes the place of the
    parser's defaults; `file_only`: with a file as its one word, the script takes no other. `dotted`: options for a
    file whose settings are options themselves, `--config.lr` (ml_collections). `groups`: classes that a module puts
    together under one name, `types = (ModelArguments, TrainingArguments)`. `dashes`: how fastcore writes `batch_size`.
    """

    properties: Properties = field(default_factory=dict)
    is_whole: bool = True
    places: int = 0
    left_out: set[ast.AST] = field(default_factory=set)
    hydra: ast.Call | None = None
    stores: Stores = field(default_factory=Stores)
    definitions: Definitions = field(default_factory=dict)
    within: Within | None = None
    file_first: bool = False
    file_only: bool = False
    dotted: list[str] = field(default_factory=list)
    groups: dict[str, ast.expr] = field(default_factory=dict)
    dashes: bool = True


def read_parsers(script: Path, cwd: Path, interpreter: str = "", words: Sequence[str] = ()) -> Found:
    """What the script and the code that it imports declare, in the order in which it stands there.

    `interpreter`: the Python that runs it, in whose environment lies what Hugging Face declares.
    `words`: those of the command; where they name one of several sub-commands, the others are left out.
    """
    paths = list(islice(modules_of(script, cwd), MOST_FILES))
    trees = [tree if path == script else _imported_part(tree) for path in paths if (tree := tree_of(path))]
    definitions = {
        n.name: n for tree in reversed(trees) for n in nodes_of(tree) if isinstance(n, (ast.ClassDef, ast.FunctionDef))
    }
    names = {each for tree in trees for each in _names_used(tree)}
    if names & {"HfArgumentParser", "TrlParser"}:
        definitions = {**_installed(names - definitions.keys(), interpreter), **definitions}
    others, is_one_of_several = other_commands(trees, words)
    found = Found(
        definitions=definitions, left_out=others, places=int(is_one_of_several), dashes=has_dashes(interpreter)
    )
    for path, tree in zip(paths, trees, strict=True):
        constants = _constants(tree)
        found.groups = _groups(tree)
        for name, rule in _of_tree(tree, definitions, constants, found):
            found.properties.setdefault(name, rule)
        if path == script and CONFIGURATOR.search(_source(path)):
            found.properties |= dict(_globals(constants))
            found.file_first = True
    found.within = _within(trees, names) or _of_gin(found.properties, names)
    found.file_only = bool(names & FILE_ONLY)
    found.file_first = found.file_first or found.file_only or bool(names & FILE_FIRST) or _sets_defaults(trees)
    return found


def _installed(names: set[str], interpreter: str) -> dict[str, ast.ClassDef]:
    """Hugging Face's own arguments, where a script makes use of them, as the installed version declares them."""
    used = names & OF_HUGGING_FACE.keys()
    folders = site_packages(interpreter) if used else []
    files = dict.fromkeys(OF_HUGGING_FACE[name] for name in (*BASES, *sorted(used)))
    trees = [tree_of(folder / file) for folder in reversed(folders) for file in files]
    return {node.name: node for tree in trees for node in nodes_of(tree) if isinstance(node, ast.ClassDef)}


def _names_used(tree: ast.AST) -> Iterator[str]:
    """The last parts of all names, which tell what a script makes use of."""
    for node in nodes_of(tree):
        if isinstance(node, (ast.Name, ast.Attribute)):
            yield name_of(node)


def _within(trees: Iterable[ast.AST], names: set[str]) -> Within | None:
    """The option, or the last positional arguments, whose words override a file of settings."""
    if not names & (PAIRS | JOINED):
        return None
    for call in (node for tree in trees for node in nodes_of(tree) if isinstance(node, ast.Call)):
        if name_of(call.func) == "add_argument" and call.args and isinstance(word := literal(call.args[0]), str):
            several = next((w.value for w in call.keywords if w.arg == "nargs"), None)
            if several is not None and canonical(word) in NAMES:
                return Within(word if word.startswith("-") else "", not names & JOINED)
    return None


def _of_gin(properties: Properties, names: set[str]) -> Within | None:
    """The option whose words bind parameters over gin's files."""
    option = next((rule.get("x-option") for key, rule in properties.items() if GIN.fullmatch(key)), None)
    return Within(option, pairs=False, quotes=True) if option and names & OF_GIN else None


def _sets_defaults(trees: Iterable[ast.AST]) -> bool:
    """Whether a parser is given the values of a file as its defaults: `set_defaults(**values)`."""
    calls = (node for tree in trees for node in nodes_of(tree) if isinstance(node, ast.Call))
    return any(name_of(call.func) == "set_defaults" and any(not w.arg for w in call.keywords) for call in calls)


def _of_tree(
    tree: ast.AST, definitions: Mapping[str, Any], constants: Mapping[str, Any], found: Found
) -> Iterator[tuple[str, dict[str, Any]]]:
    typer_app = any(isinstance(n, (ast.Import, ast.ImportFrom)) and "typer" in ast.unparse(n) for n in nodes_of(tree))
    nodes = [
        node for node in nodes_of(tree) if isinstance(node, (ast.Call, ast.FunctionDef)) and node not in found.left_out
    ]
    uses_sacred = any(
        isinstance(n, (ast.Import, ast.ImportFrom)) and "sacred" in ast.unparse(n) for n in nodes_of(tree)
    )
    for node in sorted(nodes, key=lambda node: (node.lineno, node.col_offset)):
        if uses_sacred:
            yield from of_sacred(node)
        if isinstance(node, ast.Call):
            yield from _of_call(node, definitions, constants, found)
        elif any(_decorates(each, "call_parse") for each in node.decorator_list):
            yield from of_call_parse(node, definitions, dashes=found.dashes).items()
        elif typer_app and any(_decorates(each, "command", "callback") for each in node.decorator_list):
            for name, rule in of_definition(node, DIALECTS["typer"], definitions).items():
                yield name, {**rule, "x-place": rule["x-place"] + found.places} if "x-place" in rule else rule


def _of_call(
    call: ast.Call, definitions: Mapping[str, Any], constants: Mapping[str, Any], found: Found
) -> Iterator[tuple[str, dict[str, Any]]]:
    name = name_of(call.func)
    owner = name_of(call.func.value) if isinstance(call.func, ast.Attribute) else ""
    if name in ("add_argument", "option", "argument"):
        yield from _declared(call, constants, found)
    elif name == "add_subparsers":
        found.places += not found.left_out
    elif name == "set_defaults":
        for word in call.keywords:
            key = word.arg if word.arg in found.properties else _by_dest(str(word.arg), found.properties)
            if key and (value := literal(word.value)) is not None:
                found.properties[key]["default"] = value
    elif name in ABSL:
        yield from _absl(call, ABSL[name])
    elif name == "DEFINE_config_file" and call.args and isinstance(word := literal(call.args[0]), str):
        found.dotted.append(word)
        yield word, {"x-option": f"--{word}", "type": ["string", "null"], **_default_of(call)}
    elif name == "main" and owner == "hydra":
        found.hydra = call
    elif name == "store":
        found.stores.take(call, definitions)
    elif name in DIALECTS and not (name in ("run", "cli") and owner not in ("typer", "tyro")):
        spelled = [found.groups.get(name_of(word), word) for word in call.args]
        yield from of_call(ast.Call(call.func, spelled, call.keywords), name, definitions).items()


def _default_of(call: ast.Call) -> dict[str, Any]:
    default = literal(call.args[1]) if len(call.args) > 1 else None
    return {} if default is None else {"default": default}


def _declared(call: ast.Call, constants: Mapping[str, Any], found: Found) -> Iterator[tuple[str, dict[str, Any]]]:
    """An option or positional argument; nothing where it is computed, or is the other half of one already found."""
    if not any(isinstance(literal(node), str) for node in call.args):
        found.is_whole = found.is_whole and not (name_of(call.func) == "add_argument" and call.args)
        return
    key, rule = declared_option(call, constants)
    if key:
        twin = key if key in found.properties else _by_dest(rule.get("x-dest", key), found.properties)
        if twin and (both := merged(found.properties[twin], rule)):
            found.properties[twin] = both
        else:
            yield key, rule
    elif name_of(call.func) != "option" and found.places >= 0 and not _is_option(call):
        # Which one it is, is known where those before it take one word each.
        key, rule, is_single = declared_place(call, constants)
        place = found.places
        found.places = place + 1 if is_single else -1
        if is_single:
            yield key, {**rule, "x-place": place}


def _is_option(call: ast.Call) -> bool:
    return any(str(literal(node)).startswith("-") for node in call.args)


def _by_dest(dest: str, properties: Properties) -> str:
    """The setting whose value a script keeps under this name; "" for none."""
    return next((key for key, rule in properties.items() if rule.get("x-dest") == dest), "")


def _imported_part(tree: ast.AST) -> ast.AST:
    """A module without what it does only as a script of its own."""
    body = [
        node
        for node in getattr(tree, "body", [])
        if not (isinstance(node, ast.If) and "__name__" in ast.unparse(node.test))
    ]
    started = {
        name_of(n.func)
        for node in getattr(tree, "body", [])
        if node not in body
        for n in ast.walk(node)
        if isinstance(n, ast.Call)
    }
    return ast.Module([node for node in body if getattr(node, "name", "") not in started], [])


def _constants(tree: ast.AST) -> dict[str, Any]:
    """The literals that a module gives names to."""
    lines = [node for node in getattr(tree, "body", []) if isinstance(node, (ast.Assign, ast.AnnAssign))]
    named = [
        (target, line.value)
        for line in lines
        for target in (line.targets if isinstance(line, ast.Assign) else [line.target])
    ]
    return {t.id: v for t, node in named if isinstance(t, ast.Name) and (v := literal(node)) is not None}


def _groups(tree: ast.AST) -> dict[str, ast.expr]:
    """The tuples and lists that a module gives names to, also within its functions."""
    lines = [node for node in nodes_of(tree) if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)]
    return {name_of(line.targets[0]): line.value for line in lines if isinstance(line.value, (ast.Tuple, ast.List))}


def _globals(constants: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    kinds = {bool: "boolean", int: "integer", float: "number", str: "string"}
    for name, value in constants.items():
        if type(value) in kinds and not name.startswith("_"):
            rule = {"x-option": f"--{name}", "type": kinds[type(value)], "default": value}
            yield name, {**rule, "x-joined": True, "x-python": True}


def _absl(call: ast.Call, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    words = [literal(node) for node in call.args]
    if not words or not isinstance(words[0], str):
        return
    rule: dict[str, Any] = {"x-option": f"--{words[0]}", "x-names": [f"-{words[0]}"], "type": kind}
    if words[1:] and words[1] is not None:
        rule["default"] = ",".join(words[1]) if kind == "string" and isinstance(words[1], list) else words[1]
    else:
        rule["type"] = [kind, "null"]
    if name_of(call.func) == "DEFINE_enum" and isinstance(words[2] if words[2:] else None, list):
        rule["enum"] = words[2]
    if kind == "boolean":
        rule |= {"x-switch": "pair", "x-off": [f"--no{words[0]}"], "type": "boolean"}
    if kind == "array":
        rule["x-repeat"] = True
    explained = next((word for word in words[2:] if isinstance(word, str)), "")
    yield words[0], {**rule, **({"description": explained} if explained else {})}


def _decorates(node: ast.expr, *names: str) -> bool:
    return name_of(node.func if isinstance(node, ast.Call) else node) in names


def _source(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
