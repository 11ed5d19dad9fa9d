"""Runs that W&B writes into a folder of its own, followed into a folder of runs while they grow.

They are only read: what is found of them is written into run directories of their own, as `import --follow` does, so
that they are judged like any other run.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monitor.importers.following import Following
from monitor.importers.formats.level_log import files_of
from monitor.importers.formats.wandb import FILES
from monitor.importers.importing import Asked, NothingYetError, plan
from monitor.importers.live import find_followed
from monitor.run_dir.errors import MonitorError
from monitor.run_dir.launch import read_progress

ABOVE = (*FILES, *(f"wandb/{pattern}" for pattern in FILES))
"""A script keeps its runs in the folder wandb where it runs: either of the two may be given."""


def is_of_wandb(place: Path, folder: Path) -> bool:
    """Whether a place is one that W&B keeps its runs in, or lies below it. `folder`: as `--wandb-dir` names it."""
    real = folder.resolve()
    kept = [real / "wandb", *([real] if real.name == "wandb" or any(files_of(real, FILES)) else [])]
    return any(one in kept for one in (place.resolve(), *place.resolve().parents))


@dataclass
class _File:
    """What is remembered of one run between two rounds."""

    path: Path
    following: Following | None = None
    seen: tuple[int, int] = (0, 0)
    """Size and time of the file when it was last looked at."""
    is_over: bool = False
    trouble: str = ""


class WandbRuns:
    """Call `round` every second or two; it returns what is new, as plain documents. One thread."""

    def __init__(self, folder: Path, runs_dir: Path, since_secs: float) -> None:
        """A file that has not changed for `since_secs` is left alone until it does."""
        self._folder = folder
        self._runs_dir = runs_dir
        self._since_secs = since_secs
        self._files: dict[Path, _File] = {}

    def round(self, now: float) -> list[dict[str, Any]]:
        """Takes in what came since the last one. `now`: UTC seconds."""
        news: list[dict[str, Any]] = []
        for path in files_of(self._folder, ABOVE):
            file = self._files.setdefault(path, _File(path))
            try:
                self._visit(file, news, now)
            except NothingYetError:
                continue
            except (MonitorError, OSError) as problem:
                if str(problem) != file.trouble:
                    news.append({"event": "unreadable", "run_id": "", "at": now, "line": str(problem)})
                file.trouble = str(problem)
        return news

    def close(self, now: float) -> None:
        """Releases every run, so that another process can continue it."""
        for file in self._files.values():
            if file.following is not None:
                file.following.stop(now)
                file.following = None

    def _visit(self, file: _File, news: list[dict[str, Any]], now: float) -> None:
        found = file.path.stat()
        seen = (found.st_size, found.st_mtime_ns)
        is_old = file.following is None and now - found.st_mtime > self._since_secs
        if file.is_over or is_old or seen == file.seen:
            return
        file.seen = seen
        if file.following is None:
            self._begin(file, now)
            if file.following is None:
                return
            run_id = file.following.run.run_dir.name
            news.append({"event": "following", "run_id": run_id, "at": now, "line": self._named(file)})
        file.following.look(now)
        if file.following.ended:
            file.following.stop(now)
            file.following, file.is_over = None, True

    def _begin(self, file: _File, now: float) -> None:
        known = find_followed(self._runs_dir, file.path)
        if known is None:
            chosen = plan(file.path, Asked(), follow=True)
            file.following = Following.begin(self._runs_dir, chosen, chosen.run_name, now)
            return
        progress = read_progress(known)
        file.is_over = progress is not None and progress.outcome is not None
        if not file.is_over:
            file.following = Following.go_on(known, now)

    def _named(self, file: _File) -> str:
        return file.path.relative_to(self._folder).as_posix()
