"""Whether the command of a child gets past its parser: tried without a device before its parent is stopped for it.

The script is run up to the end of `parse_args` (argparse) or to its command (click, typer) and no further. Where it
uses neither, nothing is run: a script that is not stopped there would begin to train.
"""

from __future__ import annotations

import ast
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from itertools import islice, pairwise
from pathlib import Path

from monitor.launcher.relaunch.launchers import INTERPRETER, LAUNCHER_MODULES, own_words_begin, script_path
from monitor.launcher.relaunch.parsers import MOST_FILES
from monitor.launcher.relaunch.signatures import name_of
from monitor.run_dir.imports import modules_of, tree_of
from monitor.run_dir.launch import expand, is_own_trainer, surroundings_with
from monitor.run_dir.records import GENERATION_VARIABLE, RUN_DIR_VARIABLE

TRY_SECS = 60.0
PASSED = 77
STUB = f"""
import argparse, os, runpy, sys
def over(*_, **__):
    os._exit({PASSED})
def parse_args(self, *words, _own=argparse.ArgumentParser.parse_args, **named):
    _own(self, *words, **named)
    over()
argparse.ArgumentParser.parse_args = parse_args
try:
    import click
    click.Command.invoke = over
except ImportError:
    pass
sys.argv = sys.argv[1:]
if sys.argv[0] == "-m":
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
else:
    sys.path[0] = os.path.dirname(os.path.abspath(sys.argv[0]))
    runpy.run_path(sys.argv[0], run_name="__main__")
"""
LAUNCHERS = frozenset({"torchrun", "accelerate", "deepspeed"})
ALONE = {"RANK": "0", "LOCAL_RANK": "0", "WORLD_SIZE": "1", "LOCAL_WORLD_SIZE": "1"}
"""What a launcher of several processes tells each of them."""
WRONG_USE = 2
"""The exit code of a parser that does not take the words."""


def can_be_tried(argv: list[str], cwd: Path) -> bool:
    """Whether the command is a Python script whose parser is one that the try stops at."""
    script = script_path(argv, cwd) or _module_path(argv, cwd)
    if is_own_trainer(argv) or script is None or script.suffix != ".py" or not _interpreter(argv):
        return False
    trees = [tree_of(path) for path in islice(modules_of(script, cwd), MOST_FILES)]
    calls = {name_of(node.func) for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)}
    modules = {name for tree in trees for node in ast.walk(tree) for name in _imported(node)}
    own = {n.name for tree in trees for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)}
    by_argparse = "argparse" in modules and "parse_args" in calls and not own & {"parse_args", "parse_known_args"}
    return not modules & {"configargparse", "jsonargparse", "tap"} and (
        by_argparse or bool(modules & {"click", "typer"})
    )


def parser_problem(argv: list[str], cwd: Path, kept: Mapping[str, str], copies: Mapping[str, str]) -> str:
    """What the parser says against the command; "" where it passes, and where that is not known after a minute.

    `kept`: variables of the environment that the child will have; `copies`: its files of settings.
    """
    begin = own_words_begin(argv)
    with tempfile.TemporaryDirectory(prefix="vitalsigns-") as folder:
        for place, text in copies.items():
            (Path(folder) / place).parent.mkdir(parents=True, exist_ok=True)
            (Path(folder) / place).write_text(text, encoding="utf-8")
        script = argv[begin - 2 :] if argv[begin - 2] == "-m" else argv[begin - 1 :]
        words = expand([*_interpreter(argv), "-c", STUB, *script], Path(folder))
        environment = {**surroundings_with(kept), "CUDA_VISIBLE_DEVICES": ""}
        launched = _launcher_in(argv)
        environment |= ALONE if launched else {}
        for name in (RUN_DIR_VARIABLE, GENERATION_VARIABLE):
            environment.pop(name, None)
        try:
            done = subprocess.run(
                words,
                cwd=cwd,
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=TRY_SECS,
            )
        except (OSError, subprocess.TimeoutExpired):
            return ""
    if done.returncode in (0, PASSED) or (launched and done.returncode != WRONG_USE):
        return ""  # without its launcher, a script may fail for a reason of its own
    said = done.stderr.strip().splitlines() or done.stdout.strip().splitlines()
    return said[-1] if said else f"exit code {done.returncode}"


def _interpreter(argv: list[str]) -> list[str]:
    """The words that begin the interpreter which the script will have; empty where they are not known."""
    begin = own_words_begin(argv)
    if begin < 2:
        return []
    name, between = Path(argv[0]).name, argv[1 : begin - 1]
    if name in LAUNCHERS:
        found = shutil.which(argv[0])
        beside = Path(found).parent / "python" if found else None
        return [str(beside)] if beside is not None and beside.exists() else []
    if not INTERPRETER.fullmatch(name):
        return []
    if _launcher_in(argv):
        return [argv[0]]
    options = between[:-1] if between[-1:] == ["-m"] else between
    return [argv[0], *options] if all(word.startswith("-") for word in options) else []


def _launcher_in(argv: list[str]) -> bool:
    before = argv[: own_words_begin(argv) - 1]
    return Path(argv[0]).name in LAUNCHERS or any(
        LAUNCHER_MODULES.fullmatch(word) for option, word in pairwise(before) if option == "-m"
    )


def _module_path(argv: list[str], cwd: Path) -> Path | None:
    """The file of `python -m package.module` below the folder that it runs in."""
    begin = own_words_begin(argv)
    if begin < 3 or argv[begin - 2] != "-m":
        return None
    place = cwd.joinpath(*argv[begin - 1].split("."))
    return next((path for path in (place.with_suffix(".py"), place / "__main__.py") if path.is_file()), None)


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.ImportFrom):
        return [(node.module or "").partition(".")[0].lower()]
    return [alias.name.partition(".")[0].lower() for alias in node.names] if isinstance(node, ast.Import) else []
