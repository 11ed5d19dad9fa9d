"""Where a script loads a checkpoint, read from the source of what it imports; nothing is executed.

Not known: what an installed framework loads by itself, and modules that are named at run time.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from monitor.launcher.relaunch.signatures import literal, name_of
from monitor.run_dir import Launch
from monitor.run_dir.imports import nodes_of, tree_of

PARTS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|\d+")
"""The words of a name: `load_state_dict`, `LoadCheckpoint`."""
TAKES = frozenset({"load", "reload", "restore", "resume", "recover"})
KEPT = frozenset(
    {"state", "dict", "checkpoint", "checkpoints", "ckpt", "weights", "model", "models", "snapshot", "params"}
    | {"parameters", "variables", "latest", "last", "training", "train", "from", "possible", "learner", "file"}
)
WHOLE = frozenset(
    {"restore", "resume", "latest_checkpoint", "BackupAndRestore", "msgpack_restore", "from_bytes", "resume_or_load"}
)
"""Names of calls that load a checkpoint, whatever stands beside them."""
UNPICKLES = frozenset({"torch", "paddle", "pickle", "cloudpickle", "dill", "joblib", "jittor", "mindspore", "flow"})
"""Modules whose `load` reads what may be a checkpoint."""
KEYWORDS = frozenset(
    {
        "ckpt_path",
        "resume_from_checkpoint",
        "resume_from",
        "resume",
        "resume_training",
        "auto_resume",
        "autoresume",
        "checkpointer",
    }
)
NOT_ITS_OWN = frozenset({"init", "RunWriter", "add_argument", "option", "Option", "field", "Field", "Argument"})
"""Calls whose `resume=` is of a log or declares an option: wandb.init."""
READERS = frozenset({"open", "load", "loads", "read_bytes", "read_text"})
OF_A_CHECKPOINT = re.compile(r"(?i)checkpoint|ckpt|resume|snapshot|\.pth?\b|\.safetensors\b|\.npz\b|\.msgpack\b")
WRITES = re.compile(r"[rbt]*[wax+][wax+rbt]*")
MOST_FILES = 60


def load_in(launch: Launch) -> str | None:
    """ "train.py, line 12: torch.load" for the first call that may load a checkpoint; "" where its code holds none.

    None where not all of its code is known.
    """
    script = Path(launch.script) if launch.script else None
    if script is None or script.suffix != ".py" or not script.is_file():
        return None
    names = [script.name, *(name for name in launch.imported if name.endswith(".py") and name != script.name)]
    for name in names[:MOST_FILES]:
        found = next(_loads(tree_of(script.parent / name)), None)
        if found is not None:
            return f"{name}, line {found.lineno}: {ast.unparse(found.func)}"
    return "" if launch.imported and len(names) <= MOST_FILES else None


def _loads(tree: ast.AST) -> Iterator[ast.Call]:
    """The calls that load a checkpoint, as they stand in the file."""
    held = {
        target.id: ast.unparse(node.value)
        for node in nodes_of(tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    calls = [node for node in nodes_of(tree) if isinstance(node, ast.Call)]
    yield from (call for call in sorted(calls, key=lambda call: call.lineno) if _is_load(call, held))


def _is_load(call: ast.Call, held: Mapping[str, str]) -> bool:
    name = name_of(call.func)
    owner = name_of(call.func.value) if isinstance(call.func, ast.Attribute) else ""
    parts = {part.lower() for part in PARTS.findall(name)}
    if name in WHOLE or (parts & TAKES and parts & KEPT) or (name == "load" and owner in UNPICKLES):
        return True
    if name == "from_pretrained":  # a name of the hub is no checkpoint of the run
        return not (call.args and isinstance(literal(call.args[0]), str))
    if name not in NOT_ITS_OWN and any(word.arg in KEYWORDS and _is_on(word.value) for word in call.keywords):
        return True
    return name in READERS and not _writes(call) and OF_A_CHECKPOINT.search(_text_of(call, held)) is not None


def _is_on(node: ast.expr) -> bool:
    """Whether an argument is none of None, False and the empty text."""
    return not isinstance(node, ast.Constant) or bool(node.value)


def _writes(call: ast.Call) -> bool:
    modes = [*call.args[1:2], *(word.value for word in call.keywords if word.arg == "mode")]
    return name_of(call.func) == "open" and any(
        isinstance(mode := literal(node), str) and WRITES.fullmatch(mode) for node in modes
    )


def _text_of(call: ast.Call, held: Mapping[str, str]) -> str:
    """What a call reads from: its own words, and those of the names in them."""
    names = [node.id for node in ast.walk(call) if isinstance(node, ast.Name)]
    return " ".join([ast.unparse(call), *(held.get(name, "") for name in names)])
