"""Sub-commands of a script: which functions and parsers are those of another one than the command names.

`train.py train --lr .1` has the options of `train`; those of `evaluate` beside it are none of its settings.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence

from monitor.launcher.relaunch.signatures import literal, name_of
from monitor.run_dir.imports import nodes_of

DROPPED_ENDINGS = ("_command", "_cmd", "_group", "_grp")
"""click leaves these out of the name that it makes of a function's."""


def other_commands(trees: Iterable[ast.AST], words: Sequence[str]) -> tuple[set[ast.AST], bool]:
    """(nodes that belong to a sub-command which the words do not name, whether they name one of several).

    Nodes are functions with their decorators (typer, click) and the `add_argument` calls of argparse's sub-parsers.
    """
    owned = [pair for tree in trees for pair in (*_functions(tree), *_subparsers(tree))]
    names = {name for spelled, _ in owned for name in spelled}
    chosen = next((word for word in words if word in names), None)
    mine = {spelled for spelled, _ in owned if chosen in spelled}
    others = {node for spelled, nodes in owned if spelled not in mine for node in nodes}
    return (others, True) if chosen is not None and others else (set(), False)


def _functions(tree: ast.AST) -> Iterator[tuple[frozenset[str], list[ast.AST]]]:
    for function in (node for node in nodes_of(tree) if isinstance(node, ast.FunctionDef)):
        for each in function.decorator_list:
            if name_of(each.func if isinstance(each, ast.Call) else each) == "command":
                inside = [node for decorator in function.decorator_list for node in ast.walk(decorator)]
                yield _spelled(function.name, each), [function, *inside]


def _spelled(function: str, decorator: ast.expr) -> frozenset[str]:
    """The names by which a command may be called: the given one, else those made of the function's."""
    given = (
        [*decorator.args[:1], *(w.value for w in decorator.keywords if w.arg == "name")]
        if isinstance(decorator, ast.Call)
        else []
    )
    if named := next((name for node in given if isinstance(name := literal(node), str)), ""):
        return frozenset({named})
    short = next((function.removesuffix(end) for end in DROPPED_ENDINGS if function.endswith(end)), function)
    return frozenset(name.lower().replace("_", "-") for name in (function, short)) | {function}


def _subparsers(tree: ast.AST) -> Iterator[tuple[frozenset[str], list[ast.AST]]]:
    """Of argparse: `p = sub.add_parser("train")`, and what is added to `p` until that name is another parser's."""
    lines = [node for node in nodes_of(tree) if isinstance(node, (ast.Assign, ast.Call))]
    owners: dict[str, list[ast.AST]] = {}
    for node in sorted(lines, key=lambda node: (node.lineno, -node.end_col_offset if node.end_col_offset else 0)):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            owner, call = node.targets[0].id, node.value
            owners.pop(owner, None)
            if isinstance(call, ast.Call) and name_of(call.func) == "add_parser" and call.args:
                aliases = next((literal(w.value) for w in call.keywords if w.arg == "aliases"), None) or ()
                added: list[ast.AST] = []
                owners[owner] = added
                yield frozenset({str(literal(call.args[0])), *map(str, aliases)}), added
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "add_argument":
            owners.get(name_of(node.func.value), []).append(node)
