"""Whether the command of a child gets past its parser: tried without a device before its parent is stopped for it.

The script is run up to the end of its parser (argparse and what is built on it, tyro, Hugging Face) or to its command
(click, typer, absl, Hydra) and no further. Where it uses another, nothing is run: a script that is not stopped there
would begin to train.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Collection, Mapping, Sequence
from itertools import islice, pairwise
from pathlib import Path

from monitor.launcher.relaunch.launchers import ASSIGNMENT, INTERPRETER, WRAPPERS, own_words_begin, script_path
from monitor.launcher.relaunch.parsers import MOST_FILES
from monitor.launcher.relaunch.signatures import name_of
from monitor.run_dir.imports import modules_of, nodes_of, tree_of
from monitor.run_dir.launch import expand, is_own_trainer, surroundings_with
from monitor.run_dir.provenance import LAUNCHER_MODULES
from monitor.run_dir.records import GENERATION_VARIABLE, RUN_DIR_VARIABLE

TRY_SECS = 60.0
PASSED = 77
STUB = f"""
import argparse, os, runpy, sys
def over(*_, **__):
    os._exit({PASSED})
def stop_behind(owner, name):
    own = getattr(owner, name)
    def parse(*words, **named):
        own(*words, **named)
        over()
    setattr(owner, name, parse)
used = set(FRAMEWORKS)
if "tap" in used:  # it has checks of its own behind argparse's
    import tap
    stop_behind(tap.Tap, "parse_args")
elif not used.isdisjoint(["argparse", "fastcore", "simple_parsing", "pyrallis"]):
    stop_behind(argparse.ArgumentParser, "parse_args")
if "draccus" in used:
    import draccus.argparsing
    stop_behind(draccus.argparsing.ArgumentParser, "parse_args")
if "click" in used:
    import click
    click.Command.invoke = lambda self, ctx: None if isinstance(self, click.Group) else over()
if "typer" in used:  # it has a click of its own
    from typer.core import TyperCommand, TyperGroup
    TyperCommand.__mro__[1].invoke = lambda self, ctx: None if isinstance(self, TyperGroup) else over()
if "hydra" in used:
    import hydra._internal.hydra
    hydra._internal.hydra.run_job = over
if "absl" in used:
    from absl import app
    app._run_main = over
if "jsonargparse" in used:
    import jsonargparse
    stop_behind(jsonargparse.ArgumentParser, "parse_args")
if "tyro" in used:
    import tyro
    stop_behind(tyro, "cli")
if "transformers" in used:
    from transformers import HfArgumentParser
    for name in ("parse_args_into_dataclasses", "parse_json_file", "parse_yaml_file", "parse_dict"):
        stop_behind(HfArgumentParser, name)
sys.argv = sys.argv[1:]
if sys.argv[0] == "-m":
    sys.argv = sys.argv[1:]
    sys.path[0] = os.getcwd()
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
else:
    sys.path[0] = os.path.dirname(os.path.abspath(sys.argv[0]))
    runpy.run_path(sys.argv[0], run_name="__main__")
"""
"""Run by the script's interpreter; FRAMEWORKS becomes the parsers that the script makes use of."""
STARTED_BY = {
    "argparse": {"parse_args"},
    "hydra": {"main"},
    "absl": {"run"},
    "jsonargparse": set(),
    "tyro": {"cli"},
    "transformers": {"HfArgumentParser"},
    "click": set(),
    "typer": set(),
    "tap": {"parse_args", "tapify"},
    "simple_parsing": {"parse_args", "parse"},
    "pyrallis": {"wrap", "parse"},
    "draccus": {"wrap", "parse"},
}
"""Parser → the calls without one of which a script that imports it does not parse; none: any use of it."""
UNKNOWN = frozenset({"configargparse"})
SAYS_NOTHING = re.compile(
    r"Set the environment variable HYDRA|Pass --help|See https?://|[^\w]*$|Try .* for help|For full help"
    r"|ERROR conda\.cli"
)
LAUNCHERS = frozenset({"torchrun", "accelerate", "deepspeed"})
TRANSPARENT = frozenset(
    {"env", "nohup", "nice", "ionice", "time", "timeout", "stdbuf", "taskset", "numactl", "chrt", "setsid", "exec"}
)
"""Wrappers that start the same Python in the same place: the try leaves them out, but for what `env` sets."""
MANAGERS = frozenset({"uv", "conda", "mamba", "micromamba", "poetry", "pipenv", "pdm", "pixi"})
"""Programs that choose the environment in which Python starts: the try runs below them."""
OWN_NEEDS = re.compile(r"^# /// script\s*$", re.MULTILINE)
"""Where a script names the packages that it needs, which `uv run` installs for this file alone."""
ALONE = {"RANK": "0", "LOCAL_RANK": "0", "WORLD_SIZE": "1", "LOCAL_WORLD_SIZE": "1"}
"""What a launcher of several processes tells each of them."""
WRONG_USE = 2
"""The exit code of a parser that does not take the words."""


def can_be_tried(argv: list[str], cwd: Path) -> bool:
    """Whether the command is a Python script whose parser is one that the try stops at."""
    script = script_path(argv, cwd) or _module_path(argv, cwd)
    if is_own_trainer(argv) or script is None or script.suffix != ".py" or not _interpreter(argv):
        return False
    if Path(argv[0]).name in MANAGERS and OWN_NEEDS.search(script.read_text(encoding="utf-8", errors="replace")):
        return False
    return bool(_parsers(script, cwd))


def _parsers(script: Path, cwd: Path) -> set[str]:
    """The parsers that the try stops at and the script makes use of; empty where it uses another one as well."""
    trees = [tree_of(path) for path in islice(modules_of(script, cwd), MOST_FILES)]
    calls = {name_of(node.func) for tree in trees for node in nodes_of(tree) if isinstance(node, ast.Call)}
    modules = {name for tree in trees for node in nodes_of(tree) for name in _imported(node)}
    own = {n.name for tree in trees for n in nodes_of(tree) if isinstance(n, ast.FunctionDef)}
    if modules & UNKNOWN:
        return set()
    modules |= {"jsonargparse"} if "LightningCLI" in calls else set()
    found = {name for name, starts in STARTED_BY.items() if name in modules and (not starts or starts & calls)}
    found |= {"fastcore"} if _is_begun_by_call_parse(trees, own) else set()
    is_replaced = own & {"parse_args", "parse_known_args"}
    return found - ({"argparse"} if is_replaced or "jsonargparse" in found else set())


def _is_begun_by_call_parse(trees: Sequence[ast.AST], own: Collection[str]) -> bool:
    """Whether the script decorates a function with fastcore's `@call_parse`, or calls one of its modules' that is.

    Such a function is called where it stands. With `nested` it takes any words, and nothing would be learned.
    """
    if "call_parse" in own:
        return False
    decorated = [
        {
            node.name
            for node in nodes_of(tree)
            if isinstance(node, ast.FunctionDef)
            for each in node.decorator_list
            if name_of(each.func if isinstance(each, ast.Call) else each) == "call_parse"
            and not (isinstance(each, ast.Call) and any(word.arg == "nested" for word in each.keywords))
        }
        for tree in trees
    ]
    called = {name_of(node.func) for node in nodes_of(trees[0]) if isinstance(node, ast.Call)}
    return bool(decorated[0] or called & set().union(*decorated))


def parser_problem(argv: list[str], cwd: Path, kept: Mapping[str, str], copies: Mapping[str, str]) -> str:
    """What the parser says against the command; "" where it passes, and where that is not known after a minute.

    `kept`: variables of the environment that the child will have; `copies`: its files of settings.
    """
    begin = own_words_begin(argv)
    with tempfile.TemporaryDirectory(prefix="vitalsigns-") as folder:
        for place, text in copies.items():
            (Path(folder) / place).parent.mkdir(parents=True, exist_ok=True)
            (Path(folder) / place).write_text(expand([text], Path(folder))[0], encoding="utf-8")
        script = argv[begin - 2 :] if argv[begin - 2] == "-m" else argv[begin - 1 :]
        path = script_path(argv, cwd) or _module_path(argv, cwd)
        stub = STUB.replace("FRAMEWORKS", repr(sorted(_parsers(path, cwd)) if path else []))
        (Path(folder) / "try.py").write_text(stub, encoding="utf-8")
        words = expand([*_interpreter(argv), f"{folder}/try.py", *script], Path(folder))
        environment = {
            **surroundings_with(kept),
            "CUDA_VISIBLE_DEVICES": "",
            "PYTHONWARNINGS": "ignore",
            "COLUMNS": "400",
        }
        launched = _launcher_in(argv)
        environment |= (ALONE if launched else {}) | _set_by_env(argv)
        for name in (RUN_DIR_VARIABLE, GENERATION_VARIABLE):
            environment.pop(name, None)
        done = _ended(words, cwd, environment)
    if done is None or done.returncode in (0, PASSED):
        return ""
    if done.returncode != WRONG_USE and (launched or Path(argv[0]).name in MANAGERS):
        return ""  # without its launcher, a script may fail for a reason of its own
    return _complaint(done.stderr) or _complaint(done.stdout) or f"exit code {done.returncode}"


def _ended(words: list[str], cwd: Path, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str] | None:
    """Exit status and output of a try; None where it takes more than a minute: it is killed with all it started."""
    try:
        process = subprocess.Popen(
            words,
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        )
    except OSError:
        return None
    with process:
        try:
            out, err = process.communicate(timeout=TRY_SECS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return None
    return subprocess.CompletedProcess(words, process.returncode, out, err)


def _complaint(text: str) -> str:
    """The line that says what is wrong: the last, or Hydra's first; without the frame that rich draws around it."""
    lines = [line.strip("│ \t") for line in text.splitlines()]
    said = [line for line in lines if line and not SAYS_NOTHING.match(line)]
    return said[0 if "HYDRA_FULL_ERROR" in text else -1] if said else ""


def _interpreter(argv: list[str]) -> list[str]:
    """The words that begin the interpreter which the script will have; empty where they are not known."""
    begin = own_words_begin(argv)
    if begin < 2:
        return []
    name, between = Path(argv[0]).name, argv[1 : begin - 1]
    if name in TRANSPARENT:
        inner = next((i for i, word in enumerate(between, 1) if _starts_scripts(word)), 0)
        is_plain = inner and not any(Path(word).name in WRAPPERS - TRANSPARENT for word in argv[:inner])
        return _interpreter(argv[inner:]) if is_plain else []
    if name in MANAGERS:
        return _below_manager(argv[: begin - 1])
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


def _starts_scripts(word: str) -> bool:
    """Whether a word is an interpreter, a launcher of one, or what chooses its environment."""
    name = Path(word).name
    return "=" not in word and (bool(INTERPRETER.fullmatch(name)) or name in LAUNCHERS | MANAGERS)


def _below_manager(before: list[str]) -> list[str]:
    """The words up to the interpreter that `uv run` or `conda run` starts. `before`: those before the script.

    uv takes a script without one; with `--script`, by which the script names its own packages, no other one fits.
    """
    if {"--script", "-s"} & set(before):
        return []
    before = before[:-1] if before[-1] == "-m" else before
    started = [i for i, word in enumerate(before) if i and _starts_scripts(word)]
    if not started:
        return before if before[0].endswith("uv") and "run" in before else []
    last = started[-1]
    if Path(before[last]).name in LAUNCHERS:
        return [*before[:last], "python"]
    rest = before[last + 1 :]
    return before if INTERPRETER.fullmatch(Path(before[last]).name) and all(w.startswith("-") for w in rest) else []


def _set_by_env(argv: list[str]) -> dict[str, str]:
    """The variables that `env A=B` sets for the script."""
    before = argv[: own_words_begin(argv)]
    at = next((i for i, word in enumerate(before) if Path(word).name == "env"), len(before))
    pairs = (word.partition("=") for word in before[at + 1 :] if ASSIGNMENT.fullmatch(word))
    return {name: value for name, _, value in pairs}


def _launcher_in(argv: list[str]) -> bool:
    before = argv[: own_words_begin(argv) - 1]
    return any(Path(word).name in LAUNCHERS for word in before) or any(
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
