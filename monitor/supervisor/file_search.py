"""The file of figures that a script's framework writes: what is read along where its log holds no epoch, or less.

Looked for below the run's own folder, the folders that its command names and, less deep, the folder that it runs in.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from math import inf
from pathlib import Path

from monitor.importers.following import Following, about_of
from monitor.importers.importing import Asked, Plan, plan
from monitor.importers.live import FollowedRun, find_followed
from monitor.importers.mapping import Use
from monitor.importers.names import plain_name
from monitor.launcher.relaunch.written import (
    DEEPEST,
    DEEPEST_BESIDE,
    Written,
    files_since,
    is_in_a_run,
    output_folders,
)
from monitor.run_dir import DECODES_FILE, EPOCHS_FILE, LAUNCH_FILE, LOG_FILE, RUN_FILE, STEPS_FILE, Launch, Run, files
from monitor.run_dir.errors import MonitorError
from monitor.run_dir.launch import read_launch, read_state
from monitor.run_dir.opening import OddFileError, open_to_read
from monitor.supervisor.group import is_held_open

NAMES = re.compile(
    r"metrics\.csv|results\.csv|summary\.csv|history\.csv|trainer_state\.json|.*\.jsonl|.*tfevents.*|.*\.wandb|training\.log"
)
"""Lightning, Ultralytics, timm, Hugging Face, JSON lines, TensorBoard, Weights & Biases, Keras' CSVLogger."""
MEASURED = frozenset({"train_loss", "train_eval_loss", "val_loss", "train_wer", "val_wer"})
LEAST_EVALUATIONS = 2
"""Before a run is read anew from a file, the file shows that it goes on."""
MOST_TRIED = 20
MOST_BYTES, MOST_LOOKED_AT = 50_000_000, 1 << 20
NOT_SURE = (
    ", which appeared in the folder that the script runs in. It is not certain that this script wrote it; "
    "an option that names the folder of its outputs, such as {run_dir}, makes it certain."
)


class FileSearch:
    """Looks for a file that did not lie there when the script began: what did is another training's."""

    def __init__(self, run_dir: Path, launch: Launch) -> None:
        self._run_dir = run_dir
        self._launch = launch
        self._before = {written.path for written in self._named(0.0)}

    def found(self, generation: int, now: float, *, validated: bool = False) -> Following | None:
        """Follows the file with the most figures, with `validated` of those with a validation; None without one."""
        known = (each for each in self._readable() if not (validated and each.mapping.train_only))
        chosen = max(known, key=_richness, default=None)
        return None if chosen is None else self._followed(chosen, "Its log names no epoch.", generation, now)

    def richer(self, told: frozenset[str], source: Path) -> Plan | None:
        """A file other than `source` that holds all that this holds (`told`: its fields and scores), and more.

        More is another loss or error rate, or epochs of which the source has no record. None where there is none, where
        it holds fewer evaluations, or where the log prints predictions, which no file of figures has.
        """
        if not told or _count(self._run_dir / DECODES_FILE):
            return None
        count = _count(self._run_dir / EPOCHS_FILE)
        others = (each for each in self._readable() if each.path.absolute() != source.absolute())
        better = [each for each in others if _tells_more(each, told, count) and _is_as_long(each, count)]
        return max(better, key=_richness, default=None)

    def change_to(self, chosen: Plan, told: frozenset[str], generation: int, now: float) -> Following:
        """Reads the run anew, from this file; the follower of its source has ended.

        Raises RefusedError, or OSError or ValueError where the run's folder cannot be read or written.
        """
        run = files.required_document(self._run_dir / RUN_FILE, Run)
        for name in (EPOCHS_FILE, *([STEPS_FILE] if chosen.counts.steps else [])):
            files.replace(self._run_dir / name, b"")
        more = " and ".join(field.replace("_", " ") for field in sorted(fields_of(chosen.mapping.uses) - told))
        why = f"Read from its log at first; then a file appeared that holds {more or 'more evaluations'} as well."
        return self._followed(chosen, why, generation, now, run.created_at)

    def _followed(self, chosen: Plan, why: str, generation: int, now: float, created_at: float = 0.0) -> Following:
        sure = self._is_own(chosen.path) or self._is_proven(chosen.path)
        about = replace(
            about_of(chosen, self._run_dir.name),
            config={**chosen.config, **self._launch.config},
            config_schema=self._launch.config_schema,
            notes=f"{why} {chosen.source}",
            source=f"Read from {self._shown(chosen.path)}{'.' if sure else NOT_SURE}",
        )
        run = FollowedRun.inside(self._run_dir, about, generation, now, created_at)
        return Following(run)

    def _shown(self, path: Path) -> Path:
        cwd = Path(self._launch.cwd)
        return path.relative_to(cwd) if path.is_relative_to(cwd) else path

    def _is_own(self, path: Path) -> bool:
        """Whether a file lies in the run's folder, or in one that its command names for it alone."""
        return _owns(self._run_dir, self._launch, path) and not any(
            _owns(other, launch, path) for other, launch in self._rivals()
        )

    def _is_proven(self, path: Path) -> bool:
        """Whether a process of this run holds the file open, or the run's log names the file's folder."""
        return is_held_open(path, self._run_dir) or _is_named(self._shown(path.parent), self._run_dir / LOG_FILE)

    def _may_be_ours(self, path: Path) -> bool:
        """Not a file in a place where another run writes as well, unless something proves whose it is."""
        if self._is_own(path):
            return True
        shared = any(
            _owns(other, launch, path) or path.is_relative_to(launch.cwd)
            for other, launch in self._rivals()
            if launch.cwd
        )
        return not shared or self._is_proven(path)

    def _rivals(self) -> Iterator[tuple[Path, Launch]]:
        """The other runs that were under way since this one began, with how they were started."""
        for place in sorted(self._run_dir.parent.glob(f"*/{LAUNCH_FILE}")):
            try:
                launch, state = read_launch(place.parent), read_state(place.parent)
            except MonitorError:
                continue
            ended_at = state.ended_at if state is not None else None
            if place.parent != self._run_dir and launch is not None and (ended_at or inf) >= self._launch.created_at:
                yield place.parent, launch

    def _readable(self) -> Iterator[Plan]:
        new = [written for written in self._named(self._launch.created_at) if written.path not in self._before]
        for written in sorted(new, key=lambda each: -each.changed_at)[:MOST_TRIED]:
            try:
                if written.path.stat().st_size <= MOST_BYTES and self._may_be_ours(written.path):
                    chosen = plan(written.path, Asked(), follow=True)
                    # Of two scripts that write into one folder, each has its own file.
                    other = find_followed(self._run_dir.parent, chosen.path)
                    if chosen.kind.grows and other in (None, self._run_dir):
                        yield chosen
            except (MonitorError, OSError):
                continue

    def _named(self, since: float) -> Iterator[Written]:
        """`since`: UTC seconds; beside the script only files that changed since then."""
        places = dict.fromkeys(output_folders(self._run_dir, self._launch), DEEPEST)
        places.setdefault(Path(self._launch.cwd), DEEPEST_BESIDE)
        for folder, deepest in places.items():
            for written in files_since(folder, since if deepest == DEEPEST_BESIDE else 0.0, deepest):
                if NAMES.fullmatch(written.path.name) and not self._is_a_runs(written.path):
                    yield written

    def _is_a_runs(self, path: Path) -> bool:
        """Whether a file is one of our own records, or lies in another run's folder."""
        if path.is_relative_to(self._run_dir):
            return path.parent == self._run_dir
        return is_in_a_run(path, self._run_dir.parent)


def _owns(run_dir: Path, launch: Launch, path: Path) -> bool:
    """Whether a file lies in one of the folders that a run names for its outputs; the one that it runs in is none."""
    folders = [folder.absolute() for folder in output_folders(run_dir, launch)]
    return any(path.is_relative_to(folder) for folder in folders if not Path(launch.cwd).is_relative_to(folder))


def _is_named(folder: Path, log: Path) -> bool:
    """Whether the beginning of a log names a folder: `Logging results to runs/train2`."""
    try:
        with os.fdopen(open_to_read(log), "rb") as lines:
            head = lines.read(MOST_LOOKED_AT).decode("utf-8", "replace")
    except (OSError, OddFileError):
        return False
    return folder.parts != () and re.search(rf"(?<![\w.-]){re.escape(str(folder))}(?![\w-])", head) is not None


def fields_of(uses: Iterable[Use]) -> frozenset[str]:
    """The losses and error rates that a source tells."""
    return frozenset(use.field for use in uses) & MEASURED


def _tells_more(chosen: Plan, told: frozenset[str], count: int) -> bool:
    """Whether a file has every quantity read so far and another one, or the same ones of epochs that were missed."""
    fields = fields_of(chosen.mapping.uses)
    names_epochs = any(use.field == "epoch" for use in chosen.mapping.uses)
    has_all = told <= fields | {plain_name(name) for name in chosen.survey.columns}
    missed = names_epochs and chosen.counts.evaluations > count + 1
    return has_all and (missed or bool(fields - told))


def _is_as_long(chosen: Plan, count: int) -> bool:
    return chosen.counts.evaluations >= max(count, LEAST_EVALUATIONS)


def _count(path: Path) -> int:
    """How many records a file holds, those of one epoch counted once."""
    try:
        with os.fdopen(open_to_read(path), "rb") as lines:
            return len({line.partition(b",")[0] for line in lines})
    except (OSError, OddFileError):
        return 0


def _richness(chosen: Plan) -> tuple[int, int]:
    return chosen.counts.evaluations, len(chosen.mapping.uses)
