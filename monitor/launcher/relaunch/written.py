"""What a run wrote outside of its own folder while it ran, known from the disk; what a child would write over is named.

Not known: files that another program changed in the same folders at the same time; they are taken for the run's.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from heapq import nsmallest
from pathlib import Path
from typing import Any

from monitor.launcher.relaunch.flags import find_flags
from monitor.launcher.relaunch.outputs import IS_READ, is_output
from monitor.run_dir import LAUNCH_FILE, RUN_FILE, Launch
from monitor.run_dir.launch import PLACEHOLDER, expand, read_state
from monitor.run_dir.makefile import opened
from monitor.run_dir.opening import OddFileError, open_to_read

CHECKPOINT_ENDINGS = frozenset(
    {".pt", ".pth", ".ckpt", ".safetensors", ".bin", ".tar", ".h5", ".keras", ".pdparams", ".msgpack", ".weights"}
)
MODEL_FILE = re.compile(
    r"(?i)(?:.*[-_.])?(?:model|network|checkpoint|ckpt|weights|snapshot|agent|policy)(?:[-_.\d].*)?\.(?:pkl|pickle|joblib|params)"
    r"|.*\.\w{1,20}_model"
)
"""Files that may be anything, and are checkpoints by their name."""
DATA_FILE = re.compile(
    r"(?i)(?!.*(?:model|network|checkpoint|ckpt|weights|best|last|epoch|step|iter))(?:\d+"
    r"|(?:train|valid|val|dev|test|data|dataset|chunk|shard|part|tokens?|features?|images?|labels?|index|corpus)(?:[-_.\d].*)?"
    r")\.(?:bin|tar|h5)"
)
"""Files with the ending of a checkpoint whose names say that they are data: `train.bin`, `chunk-0-0.bin`."""
OF_AN_ARCHIVE = re.compile(rb"(?s)PK\x01\x02.{42}[\w./-]{1,200}\.(?:pt|pth|safetensors|bin|h5)")
"""The name of a file with weights, where a zip archive lists what it holds."""
END_OF_ARCHIVE_BYTES = 1 << 16
OF_A_FOLDER = re.compile(r"trainer_state\.json|training_args\.bin|random_states_\d+\.pkl|\.metadata|zero_to_fp32\.py")
"""Files of a checkpoint that is a folder: of transformers, accelerate, torch.distributed.checkpoint, DeepSpeed."""
PRETRAINED = re.compile(r"(?:pytorch_|adapter_)?model(?:-\d+-of-\d+)?\.(?:safetensors|bin)")
DEEPEST = 8
DEEPEST_BESIDE = 3
"""Below the folder that a script runs in, which holds more than its outputs; folders made since are looked into."""
MOST_FILES = 20_000
"""So many files of a folder are looked at; a data set below it must not hold up a dialog."""
MOST_NAMED = 3
SLACK_SECS = 2.0
IS_CODE = frozenset(
    {".py", ".pyc", ".ipynb", ".sh", ".md", ".yaml", ".yml", ".toml", ".lock", ".c", ".cpp", ".cu", ".h", ".rs"}
    | {".js", ".ts", ".css", ".html"}
)
NEW_EACH_TIME = re.compile(
    r"version_\d+|tfevents|offline-run|run-\d|\d{4}[-_]?\d\d[-_]?\d\d|\d{10}|\d\dh[-_]?\d\dm|\d\d([-_.:])\d\d\1\d\d"
)
"""Names that a tool makes anew at every start, so that no start writes over another's."""


@dataclass(frozen=True)
class Written:
    """A file that changed. `changed_at`: UTC seconds."""

    path: Path
    changed_at: float


def files_since(folder: Path, since: float, deepest: int = DEEPEST) -> Iterator[Written]:
    """Plain files below a folder that changed since then; deeper than `deepest` only in folders that changed as well.

    No link is followed, no hidden folder is entered, and no other file system: `/proc` below a script that runs in
    `/` holds no outputs.
    """
    looked = 0
    disk = _found(str(folder))
    if disk is None:
        return
    for root, folders, names in os.walk(folder):
        depth = len(Path(root).relative_to(folder).parts)
        if looked > MOST_FILES:
            return
        looked += len(names) + 1
        least = 0.0 if depth < deepest else since if since and depth < DEEPEST else float("inf")
        folders[:] = [name for name in folders if _is_entered(f"{root}/{name}", disk.st_dev, least)]
        for name in names:
            found = _found(f"{root}/{name}")
            if found is not None and stat.S_ISREG(found.st_mode) and found.st_mtime >= since:
                yield Written(Path(root) / name, found.st_mtime)


def _found(path: str) -> os.stat_result | None:
    """What lies there; None where nothing can be found out, as of a file that is gone or a name that is none."""
    try:
        return os.lstat(path)
    except (OSError, ValueError):
        return None


def _is_entered(folder: str, disk: int, since: float) -> bool:
    name = folder.rpartition("/")[2]
    found = None if name[0] == "." or name == "__pycache__" or name.endswith(".egg-info") else _found(folder)
    return found is not None and found.st_dev == disk and found.st_mtime >= since


def output_folders(run_dir: Path, launch: Launch) -> list[Path]:
    """The run's own folder, and those that its command or a default of its script names."""
    named = [str(value) for key, value in launch.config.items() if is_output(key) and isinstance(value, str) and value]
    folder = opened(launch.argv, Path(launch.cwd))[1]
    return [run_dir, *(folder / word for word in expand(named, run_dir))]


def newest_checkpoint(run_dir: Path, launch: Launch | None, since: float) -> Written | None:
    """The newest checkpoint in the run's folders, else below the folder it runs in; None where none was found.

    `since`: UTC seconds; what is older than the run is not its own.
    """
    outputs, place = [run_dir], Path()
    if launch is not None:
        words, place = opened(launch.argv, Path(launch.cwd))
        argv = expand(words, run_dir)
        named = [flag.values[-1] for flag in find_flags(argv) if is_output(flag.key) and flag.values]
        outputs = [*output_folders(run_dir, launch), *(place / value for value in named)]
    found = [saved for folder in outputs for saved in _checkpoints(folder, since)]
    if not found and launch is not None and launch.cwd:
        beside = _checkpoints(place, since, DEEPEST_BESIDE)
        found = [saved for saved in beside if not is_in_a_run(saved.path)]
    newest = max(found, key=lambda saved: saved.changed_at, default=None)
    return None if newest is None else Written(_whole(newest.path), newest.changed_at)


def _whole(path: Path) -> Path:
    """The folder that is the checkpoint, where the file is a part of one; else the file."""
    for folder in list(path.parents)[:2]:  # DeepSpeed's files lie in a folder of their own inside it
        try:
            names = {each.name for each in folder.iterdir()}
        except OSError:
            continue
        if any(map(OF_A_FOLDER.fullmatch, names)) or (PRETRAINED.fullmatch(path.name) and "config.json" in names):
            return folder
    return path


def overwritten(
    run_dir: Path, launch: Launch, settings: Mapping[str, Any], start: Mapping[str, Any] | None = None
) -> list[str]:
    """One sentence for each file of the run that a child with these settings would write over.

    `start`: the setting by which the child goes on from a checkpoint of the run, which it reads there."""
    state, cwd = read_state(run_dir), opened(launch.argv, Path(launch.cwd))[1]
    if state is None or state.started_at is None:
        return []
    until = state.ended_at + SLACK_SECS if state.ended_at else float("inf")
    places = {cwd: DEEPEST_BESIDE, **dict.fromkeys(output_folders(run_dir, launch)[1:], DEEPEST)}
    found = {w.path: w for folder, deepest in places.items() for w in files_since(folder, state.started_at, deepest)}
    runs_dir = run_dir.parent.resolve()

    @cache  # of a folder of 20,000 files that are asked one by one a dialog would wait seconds
    def is_of_a_run(folder: Path) -> bool:
        return is_in_a_run(folder.resolve() / "any file", runs_dir) or is_in_a_run(folder / "any file")

    mine = [w.path for w in found.values() if w.changed_at <= until and _is_written_again(w.path)]
    mine = [path for path in mine if not is_of_a_run(path.parent)]
    read = [cwd / str(value) for value in (start or {}).values() if value]
    outputs = {key: value for key, value in settings.items() if not IS_READ.search(key)}
    named = [(path, _named_by(path, outputs, cwd)) for path in mine]
    # What another setting named for the parent, and none for the child, goes elsewhere now.
    at_risk = [(path, key) for path, key in named if key or not _named_by(path, launch.config, cwd)]
    chosen = nsmallest(MOST_NAMED, at_risk)
    return [
        _kept_sentence(path, cwd) if _lies_in(path, read) else _sentence(run_dir.name, path, key, outputs, cwd)
        for path, key in chosen
    ] + ([f"{len(at_risk) - MOST_NAMED} more files are in the same place."] if len(at_risk) > MOST_NAMED else [])


def holds_dated(run_dir: Path, folder: Path) -> bool:
    """Whether all that a run wrote below a folder lies in places whose names are new at each start."""
    state = read_state(run_dir)
    if state is None or state.started_at is None:
        return False
    parts = [w.path.relative_to(folder).parts for w in files_since(folder, state.started_at)]
    return bool(parts) and all(any(map(NEW_EACH_TIME.search, names)) for names in parts)


def _is_written_again(path: Path) -> bool:
    """Whether another start may write a file of this name: no code, no name that is new each time."""
    return path.suffix not in IS_CODE and not any(NEW_EACH_TIME.search(part) for part in path.parts[-4:])


def is_in_a_run(path: Path, runs_dir: Path | None = None) -> bool:
    """Whether a file lies in a run's folder, in any folder of runs or below this one: that run has its own writers.

    A file in the folder of runs itself is the monitor's. A folder that a script makes there (TensorBoard's default is
    `runs/` as well) is no run.
    """
    if path.parent == runs_dir:
        return True
    folders = list(path.parents)[:3]
    if runs_dir is not None and path.is_relative_to(runs_dir):
        folders.append(runs_dir / path.relative_to(runs_dir).parts[0])
    return any((folder / name).exists() for folder in folders for name in (LAUNCH_FILE, RUN_FILE))


def _named_by(path: Path, settings: Mapping[str, Any], cwd: Path) -> str:
    """The setting whose value is this file or a folder above it (not the one that it runs in); "" for none."""
    for key, value in settings.items():
        if isinstance(value, str) and value and value not in (".", "./") and PLACEHOLDER not in value:
            place = cwd / value
            if place != cwd and (path == place or path.is_relative_to(place) or path == Path(f"{place}{path.suffix}")):
                return key
    return ""


def _sentence(name: str, path: Path, key: str, settings: Mapping[str, Any], cwd: Path) -> str:
    shown = path.relative_to(cwd) if path.is_relative_to(cwd) else path
    if key:
        place = cwd / str(settings[key])
        own = f"{PLACEHOLDER}/{place.name if place.is_dir() or not place.exists() else path.name}"
        return f"{name} wrote {shown} while it ran, and the child would write over it. Avoid it with: --set {key}={own}"
    return (
        f"{shown} was written while {name} ran, and none of its settings names it: the child may write over it. "
        "Move it away first, or give the script another place for it."
    )


def _lies_in(path: Path, places: list[Path]) -> bool:
    return any(path == place or path.is_relative_to(place) for place in places)


def _kept_sentence(path: Path, cwd: Path) -> str:
    shown = path.relative_to(cwd) if path.is_relative_to(cwd) else path
    return f"The child goes on from {shown} and may write over it: copy it first if you need it."


def _checkpoints(folder: Path, since: float, deepest: int = DEEPEST) -> list[Written]:
    """Checkpoints below a folder."""
    return [each for each in files_since(folder, since, deepest) if _is_checkpoint(each.path)]


def _is_checkpoint(path: Path) -> bool:
    """Whether a file holds weights, by its ending, its name or, of an archive, by the files in it."""
    ending = path.suffix.lower()
    if ending in CHECKPOINT_ENDINGS or MODEL_FILE.fullmatch(path.name):
        return DATA_FILE.fullmatch(path.name) is None
    return ending == ".zip" and _holds_weights(path)


def _holds_weights(archive: Path) -> bool:
    """Whether the list of files at the end of a zip archive names weights, as in those of Stable-Baselines3."""
    try:
        with os.fdopen(open_to_read(archive), "rb") as file:
            file.seek(max(os.fstat(file.fileno()).st_size - END_OF_ARCHIVE_BYTES, 0))
            return OF_AN_ARCHIVE.search(file.read(END_OF_ARCHIVE_BYTES)) is not None
    except (OSError, OddFileError):
        return False
