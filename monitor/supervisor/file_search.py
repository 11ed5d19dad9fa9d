"""The file of figures that a script's framework writes: what is read along where its log holds no epoch, or less.

Looked for below the run's own folder, the folders that its command names and, less deep, the folder that it runs in.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from monitor.importers.following import Following, about_of
from monitor.importers.importing import Asked, Plan, plan
from monitor.importers.live import FollowedRun, find_followed
from monitor.importers.mapping import Use
from monitor.launcher.relaunch.written import (
    DEEPEST,
    DEEPEST_BESIDE,
    Written,
    files_since,
    is_in_a_run,
    output_folders,
)
from monitor.run_dir import DECODES_FILE, EPOCHS_FILE, RUN_FILE, STEPS_FILE, Launch, Run, files
from monitor.run_dir.errors import MonitorError
from monitor.run_dir.opening import OddFileError, open_to_read

NAMES = re.compile(
    r"metrics\.csv|results\.csv|summary\.csv|history\.csv|trainer_state\.json|.*\.jsonl|.*tfevents.*|.*\.wandb|training\.log"
)
"""Lightning, Ultralytics, timm, Hugging Face, JSON lines, TensorBoard, Weights & Biases, Keras' CSVLogger."""
MEASURED = frozenset({"train_loss", "train_eval_loss", "val_loss", "train_wer", "val_wer"})
LEAST_EVALUATIONS = 2
"""Before a run is read anew from a file, the file shows that it goes on."""
MOST_TRIED = 20
MOST_BYTES = 50_000_000


class FileSearch:
    """Looks for a file that did not lie there when the script began: what did is another training's."""

    def __init__(self, run_dir: Path, launch: Launch) -> None:
        self._run_dir = run_dir
        self._launch = launch
        self._before = {written.path for written in self._named(0.0)}

    def found(self, generation: int, now: float) -> Following | None:
        """Follows the file with the most figures; None where there is none so far."""
        chosen = max(self._readable(), key=_richness, default=None)
        return None if chosen is None else self._followed(chosen, "Its log names no epoch.", generation, now)

    def richer(self, told: frozenset[str]) -> Plan | None:
        """A file that holds all that the run's source holds (`told`: fields), and another loss or error rate as well.

        None where there is none, where it holds fewer evaluations, or where the log prints predictions, which no file
        of figures has.
        """
        if not told or _count(self._run_dir / DECODES_FILE):
            return None
        count = _count(self._run_dir / EPOCHS_FILE)
        better = [each for each in self._readable() if told < fields_of(each.mapping.uses) and _is_as_long(each, count)]
        return max(better, key=_richness, default=None)

    def change_to(self, chosen: Plan, told: frozenset[str], generation: int, now: float) -> Following:
        """Reads the run anew, from this file; the follower of its source has ended.

        Raises RefusedError, or OSError or ValueError where the run's folder cannot be read or written.
        """
        run = files.required_document(self._run_dir / RUN_FILE, Run)
        for name in (EPOCHS_FILE, *([STEPS_FILE] if chosen.counts.steps else [])):
            files.replace(self._run_dir / name, b"")
        more = " and ".join(field.replace("_", " ") for field in sorted(fields_of(chosen.mapping.uses) - told))
        why = f"Read from its log at first; then a file appeared that tells {more} as well."
        return self._followed(chosen, why, generation, now, run.created_at)

    def _followed(self, chosen: Plan, why: str, generation: int, now: float, created_at: float = 0.0) -> Following:
        about = replace(
            about_of(chosen, self._run_dir.name),
            config={**chosen.config, **self._launch.config},
            config_schema=self._launch.config_schema,
            notes=f"{why} {chosen.source}",
        )
        run = FollowedRun.inside(self._run_dir, about, generation, now, created_at)
        return Following(run)

    def _readable(self) -> Iterator[Plan]:
        new = [written for written in self._named(self._launch.created_at) if written.path not in self._before]
        for written in sorted(new, key=lambda each: -each.changed_at)[:MOST_TRIED]:
            try:
                if written.path.stat().st_size <= MOST_BYTES:
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
        return path.is_relative_to(self._run_dir.parent) or is_in_a_run(path)


def fields_of(uses: Iterable[Use]) -> frozenset[str]:
    """The losses and error rates that a source tells."""
    return frozenset(use.field for use in uses) & MEASURED


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
