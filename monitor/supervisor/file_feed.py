"""The records of a script whose log holds no epoch: read along from a file of figures that its framework writes.

Looked for below the run's own folder, the folders that its command names and, less deep, the folder that it runs in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from monitor.importers.following import Following, about_of
from monitor.importers.importing import Asked, Plan, plan
from monitor.importers.live import FollowedRun
from monitor.launcher.relaunch.written import DEEPEST, DEEPEST_BESIDE, Written, files_since, output_folders
from monitor.run_dir import Launch
from monitor.run_dir.errors import MonitorError

NAMES = re.compile(
    r"metrics\.csv|results\.csv|summary\.csv|history\.csv|trainer_state\.json|.*\.jsonl|.*tfevents.*|.*\.wandb|training\.log"
)
"""Lightning, Ultralytics, timm, Hugging Face, JSON lines, TensorBoard, Weights & Biases, Keras' CSVLogger."""
MOST_TRIED = 20
MOST_BYTES = 50_000_000


class FileFeed:
    """One file of figures, followed inside the run of the script that writes it."""

    is_unwanted = False

    def __init__(self, following: Following) -> None:
        self._following = following

    @classmethod
    def go_on(cls, run_dir: Path, now: float) -> FileFeed:
        """The file that the run was read from before. Raises RefusedError."""
        return cls(Following.go_on(run_dir, now, locked=True))

    def look(self, now: float) -> None:
        self._following.step(now)

    def release(self, now: float) -> None:
        self._following.stop(now)

    def end(self, now: float, *, seen: bool) -> None:
        self._following.step(now)
        self._following.end(now)


class FileSearch:
    """Looks for a file that did not lie there when the script began: what did is another training's."""

    def __init__(self, run_dir: Path, launch: Launch) -> None:
        self._run_dir = run_dir
        self._launch = launch
        self._before = {written.path for written in self._named()}

    def found(self, generation: int, now: float) -> FileFeed | None:
        """Follows the file with the most figures; None where there is none so far."""
        chosen = max(self._readable(), key=_richness, default=None)
        if chosen is None:
            return None
        about = replace(
            about_of(chosen, self._run_dir.name),
            config={**chosen.config, **self._launch.config},
            config_schema=self._launch.config_schema,
            notes=f"Its log names no epoch. {chosen.source}",
        )
        run = FollowedRun.inside(self._run_dir, about, generation, now)
        return FileFeed(Following(chosen.path, run, chosen.reading))

    def _readable(self) -> Iterator[Plan]:
        new = [written for written in self._named() if written.path not in self._before]
        for written in sorted(new, key=lambda each: -each.changed_at)[:MOST_TRIED]:
            try:
                if written.path.stat().st_size <= MOST_BYTES:
                    chosen = plan(written.path, Asked(), follow=True)
                    if chosen.kind.grows:
                        yield chosen
            except (MonitorError, OSError):
                continue

    def _named(self) -> Iterator[Written]:
        places = dict.fromkeys(output_folders(self._run_dir, self._launch), DEEPEST)
        places.setdefault(Path(self._launch.cwd), DEEPEST_BESIDE)
        for folder, deepest in places.items():
            for written in files_since(folder, 0.0, deepest):
                if NAMES.fullmatch(written.path.name) and not self._is_a_runs(written.path):
                    yield written

    def _is_a_runs(self, path: Path) -> bool:
        """Whether a file is one of our own records, or lies in another run's folder."""
        if path.is_relative_to(self._run_dir):
            return path.parent == self._run_dir
        return path.is_relative_to(self._run_dir.parent)


def _richness(chosen: Plan) -> tuple[int, int]:
    return chosen.counts.evaluations, len(chosen.reading.uses)
