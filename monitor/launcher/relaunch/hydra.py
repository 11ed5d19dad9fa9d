"""The settings of a Hydra script: its config, and those that defaults lists name, which become its groups.

A config is a YAML file or a dataclass of the ConfigStore. Its place among the settings is its group, or the package
that the defaults list or the head of the file names.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from monitor.launcher.relaunch.configs import rule_of, scalar, settings_in
from monitor.launcher.relaunch.flags import BARE_OVERRIDE
from monitor.launcher.relaunch.hydra_words import deleted_in
from monitor.launcher.relaunch.signatures import Definitions, Dialect, Properties, literal, name_of, of_definition

OPTIONS = {
    "config_name": ("--config-name", "-cn"),
    "config_path": ("--config-path", "-cp"),
    "config_dir": ("--config-dir", "-cd"),
}
DEFAULTS = re.compile(r"^defaults:[^\n]*\n((?:[ \t]*-[^\n]*\n?|[ \t]*#[^\n]*\n|\s*\n)+)", re.MULTILINE)
ENTRY = re.compile(
    r"^\s*-\s*(?P<how>optional\s+|override\s+)?(?P<group>/?[\w/.-]+)(?:@(?P<package>[\w.:-]*))?"
    r"(?P<colon>\s*:\s*(?P<choice>[^\n#]*))?\s*(?:#.*)?$",
    re.MULTILINE,
)
PACKAGE = re.compile(r"\A(?:\s*#[^\n]*\n|\s*\n)*?\s*#\s*@package\s+([\w.]+)")
DEEPEST = 5
FIELDS = Dialect()


@dataclass(frozen=True)
class Configs:
    """Where configs lie: folders of YAML files, and dataclasses by (group, name). `chosen`: group → choice given."""

    folders: tuple[Path, ...]
    stored: Mapping[tuple[str, str], ast.AST]
    definitions: Definitions
    chosen: Mapping[str, str]

    def names_in(self, group: str) -> list[str]:
        """The choices of a group, in the order of their names."""
        files = {path.stem for folder in self.folders for path in (folder / group).glob("*.yaml")} if group else set()
        return sorted(files | {name for where, name in self.stored if where == group})


@dataclass(frozen=True)
class Node:
    """One config: its group, its name, and the package in which its settings stand ("": at the top).

    `is_placed`: the package is given where the config is named, and the head of its file decides nothing.
    """

    group: str
    name: str
    package: str = ""
    depth: int = 0
    is_placed: bool = False


@dataclass
class Stores:
    """The dataclasses that a script stores as configs: `cs.store(group=…, name=…, node=…)`."""

    found: dict[tuple[str, str], ast.AST] = field(default_factory=dict)

    def take(self, call: ast.Call, definitions: Definitions) -> None:
        """Adds a call whose name and dataclass the text of the script gives; leaves any other out."""
        given = dict(zip(("name", "node", "group"), call.args, strict=False))
        given |= {word.arg: word.value for word in call.keywords if word.arg}
        name, node = literal(given.get("name")), definitions.get(name_of(given.get("node")))
        if isinstance(name, str) and node is not None:
            self.found[str(literal(given.get("group")) or ""), name.removesuffix(".yaml")] = node


def hydra_settings(
    call: ast.Call, script: Path, argv: list[str], cwd: Path, stored: Stores, definitions: Definitions
) -> Properties:
    """Dotted name → rule, for a script with this `@hydra.main(…)`; a change is written as `name=value`."""
    given = {word.arg: literal(word.value) for word in call.keywords}
    named = {key: _on_command(argv, words) or given.get(key) for key, words in OPTIONS.items()}
    if not isinstance(named["config_name"], str):
        return {}
    folders = [script.parent / str(named["config_path"] or "")]
    folders += [cwd / str(named["config_dir"])] if named["config_dir"] else []
    overrides = [match for word in argv if (match := BARE_OVERRIDE.fullmatch(word))]
    chosen = {match[1].removeprefix("+"): match[2] for match in overrides}
    configs = Configs(tuple(folders), stored.found, definitions, chosen)
    name = named["config_name"].removesuffix(".yaml").removesuffix(".yml")
    found: Properties = {}
    for key, rule in _settings(Node("", name, is_placed=True), configs):
        found[key] = {"x-option": key, "x-hydra": True, **rule}
    for word in [each[0] for each in overrides]:
        found |= _added(word, configs, found)
    gone = deleted_in(argv)
    return {
        key: {k: v for k, v in rule.items() if k != "default" or not _is_below(key, gone)}
        for key, rule in found.items()
    }


def _is_below(key: str, gone: set[str]) -> bool:
    return any(key == each or key.startswith(f"{each}.") for each in gone)


def _added(word: str, configs: Configs, known: Properties) -> Properties:
    """What a word of the command adds to the settings: `+experiment=a` those of that choice, `+key=1` the key."""
    key, _, value = word.lstrip("+").partition("=")
    group, _, package = key.partition("@")
    choices = configs.names_in(group)
    if value in choices and key not in known:
        place = package.replace("_global_", "") if package else group.replace("/", ".")
        node = Node(group, value, place, is_placed=bool(package))
        inner = {k: {"x-option": k, "x-hydra": True, **rule} for k, rule in _settings(node, configs)}
        return {key: {"x-option": key, "x-hydra": True, "enum": choices}, **inner}
    if word.startswith("+") and key not in known and "@" not in key and not key.startswith("hydra"):
        now = scalar(value) if value else ""
        return {key: {"x-option": key, "x-hydra": True, **_rule_with(now)}}
    return {}


def _settings(node: Node, configs: Configs) -> Iterator[tuple[str, dict[str, Any]]]:
    """The settings of a config and of those in its defaults list; what comes later wins."""
    if node.depth > DEEPEST:
        return
    folder = next((f for f in configs.folders if (f / node.group / f"{node.name}.yaml").is_file()), None)
    stored = configs.stored.get((node.group, node.name))
    if folder is None:
        if isinstance(stored, ast.ClassDef):
            yield from _prefixed(_of_class(stored, configs), node.package)
        return
    path = folder / node.group / f"{node.name}.yaml"
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return
    if (head := PACKAGE.match(text)) and not node.is_placed:
        node = replace(node, package=_of_head(head[1], node))
    own = {
        key: _rule_with(setting.value)
        for key, setting in settings_in(path).items()
        if key != "defaults" and not key.startswith(("defaults.", "hydra."))
    }
    listed = DEFAULTS.search(text)
    entries = [*ENTRY.finditer(listed[1])] if listed else []
    for entry in entries:
        if entry["group"] == "_self_":
            yield from _prefixed(own, node.package)
        else:
            yield from _chosen(entry, node, configs)
    if not any(entry["group"] == "_self_" for entry in entries):
        yield from _prefixed(own, node.package)


def _chosen(entry: re.Match[str], node: Node, configs: Configs) -> Iterator[tuple[str, dict[str, Any]]]:
    """The choice of one line of a defaults list, and the settings of what is chosen."""
    is_absolute = entry["group"].startswith("/")
    place = entry["group"].strip("/") if is_absolute else f"{node.group}/{entry['group']}".strip("/")
    named = None if entry["package"] == "_group_" else entry["package"]
    if not entry["colon"]:  # a config of the same group: `- base`
        group, _, name = place.rpartition("/")
        package = node.package if not is_absolute else group.replace("/", ".")
        package = _package(named, node) if named is not None else package
        yield from _settings(Node(group, name, package, node.depth + 1, named is not None), configs)
        return
    if place.startswith("hydra"):
        return
    below = f"{node.package}.{entry['group']}".strip(".") if not is_absolute else place
    package = _package(named, node) if named is not None else below.replace("/", ".")
    key = f"{place}@{package or '_global_'}" if named is not None else place
    chosen = configs.chosen.get(key, (entry["choice"] or "").strip().strip("\"'"))
    rule: dict[str, Any] = {"enum": choices} if (choices := configs.names_in(place)) else {}
    names = [name.strip() for name in chosen.strip("[]").split(",")]
    if chosen in ("", "null"):
        yield key, {**rule, "type": ["string", "null"]}
        return
    yield key, {**({} if len(names) > 1 else rule), "default": chosen}
    for name in names:
        yield from _settings(Node(place, name.strip("\"'"), package, node.depth + 1, named is not None), configs)


def _package(named: str, node: Node) -> str:
    """The package that a defaults list names, seen from the config in which it stands."""
    if named in ("_global_", "_here_"):
        return "" if named == "_global_" else node.package
    if named.startswith("_global_."):
        return named.removeprefix("_global_.")
    return f"{node.package}.{named}".strip(".")


def _of_head(named: str, node: Node) -> str:
    """The package that the head of a config's file names: `# @package optim` is so from the top, wherever it is named.

    `_group_` is what an older Hydra wrote for the usual one.
    """
    if named in ("_global_", "_group_"):
        return "" if named == "_global_" else node.group.replace("/", ".")
    return named.removeprefix("_global_.")


def _prefixed(settings: Mapping[str, dict[str, Any]], package: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for key, rule in settings.items():
        yield (f"{package}.{key}" if package else key), rule


def _of_class(what: ast.ClassDef, configs: Configs) -> dict[str, dict[str, Any]]:
    kept = ("type", "default", "enum", "items")
    made = of_definition(what, FIELDS, configs.definitions)
    return {key: {k: v for k, v in rule.items() if k in kept} for key, rule in made.items() if key != "defaults"}


def _rule_with(value: Any) -> dict[str, Any]:
    """What is known of a setting by its value. Any setting may become null."""
    rule = rule_of(value)
    kinds = rule.get("type", [])
    several = {"type": [*(kinds if isinstance(kinds, list) else [kinds]), "null"]} if kinds else {}
    return {**rule, **several, **({} if value is None else {"default": value})}


def _on_command(argv: list[str], words: tuple[str, ...]) -> str | None:
    for index, word in enumerate(argv):
        name, equals, value = word.partition("=")
        if name in words:
            return value if equals else argv[index + 1] if index + 1 < len(argv) else None
    return None
