"""Where a command writes: a child must never overwrite the files of its parent."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import count
from pathlib import Path

from monitor.launcher.relaunch.flags import NO_RULES, Flag, Rules, canonical, given
from monitor.launcher.relaunch.writing import with_option
from monitor.run_dir.errors import UsageError
from monitor.run_dir.launch import PLACEHOLDER, is_own_trainer

OUTPUT_KEYS = frozenset(
    {
        "output_dir",
        "out",
        "outdir",
        "out_dir",
        "output",
        "output_path",
        "save_dir",
        "save_path",
        "log_dir",
        "logdir",
        "logging_dir",
        "checkpoint_dir",
        "checkpoints_dir",
        "ckpt_dir",
        "exp_dir",
        "experiment_dir",
        "work_dir",
        "workdir",
        "run_dir",
        "results_dir",
        "default_root_dir",
    }
)
"""Names that scripts give the option for their output folder."""


IS_READ = re.compile(r"resume|restore|pretrained|(^|[_.])(load|init|from)(_|$)")
"""Names of options for files that a script reads, whatever their values."""


def is_output(key: str) -> bool:
    """Whether an option of this name says where a script writes."""
    return canonical(key).rpartition(".")[2] in OUTPUT_KEYS or canonical(key) == "hydra.run.dir"


def is_unknown(value: str) -> bool:
    """Whether a folder is known only once the script runs: the run's own (`{run_dir}`), or one that Hydra fills in."""
    return PLACEHOLDER in value or "${" in value


def _outputs(argv: list[str], rules: Rules) -> list[Flag]:
    """The options of a command that say where it writes, by whichever of their names they are given."""
    return [flag for flag in given(argv, rules) if is_output(flag.key) and flag.values]


def with_own_folders(
    argv: list[str],
    parent_dir: Path,
    cwd: Path,
    changed: set[str],
    rules: Rules = NO_RULES,
    holds_dated: Callable[[Path], bool] = lambda folder: False,
) -> list[str]:
    """`argv` with every folder inside the parent's run directory turned into the child's (`{run_dir}`).

    `changed` are keys that were given a new value, which is then not the parent's. `holds_dated`: whether each start
    makes a folder of its own below this one.
    Raises UsageError if an output folder would still be the one the parent wrote into.
    """
    for flag in _outputs(argv, rules):
        value = flag.values[-1]
        inside = _inside(cwd / value, parent_dir)
        if inside is not None and not is_unknown(value):
            own = f"{PLACEHOLDER}/{inside}" if str(inside) != "." else PLACEHOLDER
            argv = with_option(argv, flag.key, own, rules.get(flag.key, {}), rules)
        elif flag.key == "output_dir" and is_own_trainer(argv):
            argv = with_option(argv, flag.key, PLACEHOLDER, rules.get(flag.key, {}), rules)
        elif not is_unknown(value) and flag.key not in changed and not holds_dated(cwd / value):
            raise UsageError(
                f"{flag.key} {value}: the child would overwrite the files of {parent_dir.name}. "
                f"Give another folder ({flag.key}=…, or {PLACEHOLDER} for the child's own)."
            )
    return argv


def refuse_used_folder(
    before: list[str],
    after: list[str],
    cwd: Path,
    rules: Rules = NO_RULES,
    holds_dated: Callable[[Path], bool] = lambda folder: False,
) -> None:
    """Raises UsageError if an output folder is, perhaps in another spelling, the one it was, or holds files already."""
    old = {flag.key: _folders(flag.values, cwd) for flag in _outputs(before, rules)}
    for flag in _outputs(after, rules):
        folders = {folder for folder in _folders(flag.values, cwd) if not holds_dated(folder)}
        if folders & old.get(flag.key, set()):
            raise UsageError(f"{flag.key} {flag.values[-1]}: must differ, or the parent's files are overwritten.")
        if any(_holds_files(folder) for folder in folders):
            raise UsageError(
                f"{flag.key} {flag.values[-1]}: this folder holds files already, which the child could overwrite. "
                f"Give a new one, or {PLACEHOLDER} for the child's own."
            )


def shared_folder(one: list[str], other: list[str], cwd: Path, rules: Rules = NO_RULES) -> str:
    """The output folder that both commands would write into, as the first one names it; "" where there is none."""
    taken = {folder for flag in _outputs(other, rules) for folder in _folders(flag.values, cwd)}
    named = (value for flag in _outputs(one, rules) for value in flag.values)
    return next((value for value in named if _folders((value,), cwd) & taken), "")


def own_folder(value: str, cwd: Path) -> str:
    """A folder beside `value` that is not there yet: after checkpoints/teacher comes checkpoints/teacher-2."""
    stem = value.rstrip("/")
    return next(name for number in count(2) if not (cwd / (name := f"{stem}-{number}")).exists())


def _holds_files(folder: Path) -> bool:
    try:
        return next(folder.iterdir(), None) is not None
    except OSError:
        return False


def _folders(values: tuple[str, ...], cwd: Path) -> set[Path]:
    return {(cwd / value).resolve() for value in values if not is_unknown(value)}


def _inside(path: Path, folder: Path) -> Path | None:
    """`path` relative to `folder`, or None if it lies elsewhere."""
    try:
        return path.resolve().relative_to(folder.resolve())
    except (ValueError, OSError):
        return None
