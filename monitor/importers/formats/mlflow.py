"""MLflow's file store: `mlruns/<experiment>/<run>/`, as `mlflow/store/tracking/file_store.py` writes it.

Each metric is a text file `metrics/<name>` with lines `<ms since 1970> <value> <step>` (two more words for a data set);
`params/` becomes the config, `tags/mlflow.runName` the name, `meta.yaml` says how the run ended. Numbers of one step
belong together. There is no epoch unless one is logged as a metric; evaluations are then counted. Artifacts, tags and
traces are not read; a run that is kept in a database or on a server is not here. A store may come from anyone: a link
in it, or a hard link, may be any file of the reader's. None is read, and each is reported.
"""

from __future__ import annotations

import heapq
import os
from collections.abc import Iterator
from pathlib import Path

from monitor.importers.items import Importer, Item, Row, SameStep, Unread
from monitor.importers.lines import Lines
from monitor.importers.numbers import number
from monitor.run_dir import Outcome, Place
from monitor.run_dir.errors import UnreadableRunError
from monitor.run_dir.opening import OddFileError, open_to_read

METRICS, META = "metrics", "meta.yaml"
MOST_FILES = 2000
LONGEST_VALUE = 6000
ENDED: dict[str, Outcome] = {"3": "finished", "4": "failed", "5": "stopped"}
"""`status:` of meta.yaml."""


class Mlflow(Importer):
    """Merges the files of one run's metrics by time, and joins the numbers of one step into a row."""

    name = "mlflow"
    title = "a run in MLflow's file store"
    shape = "events"

    def __init__(self, path: Path, *, follow: bool = False) -> None:
        super().__init__(run_folder(path), follow=follow)
        self._files: dict[Path, Lines] = {}
        self._steps = SameStep()
        self._links: list[str] = []
        self._told: set[str] = set()
        self.config = {each.name: _text(each) for each in self._plain("params", "*")}
        self.run_name = _text(self.path / "tags" / "mlflow.runName") or self.path.name
        self.outcome = ENDED.get(_status(self.path))

    @classmethod
    def fits(cls, path: Path, head: bytes) -> float:
        """High for the folder of a run, lower for one with runs below it, 0 for a file."""
        if not path.is_dir():
            return 0.0
        if (path / METRICS).is_dir() and (path / META).is_file():
            return 0.95
        return 0.75 if next(_runs(path), None) is not None else 0.0

    def items(self) -> Iterator[Item]:
        """The rows that are new, by time and step, then the links and lines that were not read."""
        folder = self.path / METRICS
        for file in self._plain(METRICS, "**/*"):
            self._files.setdefault(file, Lines(file, follow=self.follow))
        self.outcome = ENDED.get(_status(self.path))
        self._unread = [Unread(0, f"{name} is a link or no plain file and is not read") for name in self._links]
        self._links = []
        streams = [self._rows(file.relative_to(folder).as_posix(), lines) for file, lines in self._files.items()]
        rows = heapq.merge(*streams, key=lambda row: (row.at, row.values["step"]))
        yield from self._steps.join(rows, hold=self.follow and self.outcome is None)
        yield from self._unread

    def _plain(self, part: str, pattern: str) -> list[Path]:
        """The plain files of a part of the run, by name; the others are noted, and no folder is entered by a link."""
        folder = self.path / part
        found = [] if folder.is_symlink() else sorted(folder.glob(pattern))[:MOST_FILES]
        plain = [each for each in found if is_plain(each)]
        odd = [each for each in (folder, *found) if each.is_symlink() or not (each in plain or each.is_dir())]
        names = [each.relative_to(self.path).as_posix() for each in odd if each.is_symlink() or each.exists()]
        self._links += [name for name in names if name not in self._told]
        self._told |= set(names)
        return plain

    def _rows(self, name: str, lines: Lines) -> Iterator[Row]:
        for line, text in lines.read():
            words = text.split()
            cells = [number(word) for word in words[:3]]
            if len(words) not in (2, 3, 5) or None in cells:
                if len(self._unread) < 1000:
                    self._unread.append(Unread(line, f"{METRICS}/{name}: no time, value and step"))
                continue
            at, value, step = (cell or 0.0 for cell in [*cells, 0.0][:3])
            yield Row(line, {name: value, "step": step}, at / 1000)

    def rest(self) -> Iterator[Item]:
        """The row that waits for more metrics of its step, if one does."""
        return self._steps.rest()

    def places(self) -> dict[str, Place]:
        """How far the file of each metric was read, by its path."""
        return {str(file): lines.place for file, lines in self._files.items()}

    def bytes_all(self) -> int:
        """Size of all files of metrics, in bytes."""
        return sum(each.lstat().st_size for each in (self.path / METRICS).rglob("*") if each.is_file())


def _status(run: Path) -> str:
    for line in _text(run / META).splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "status":
            return value.strip()
    return ""


def _text(file: Path) -> str:
    if file.parent.is_symlink():
        return ""
    try:
        with os.fdopen(open_to_read(file), "rb") as opened:
            return opened.read(LONGEST_VALUE).decode("utf-8", "replace").strip()
    except (OSError, OddFileError):
        return ""


def is_plain(file: Path) -> bool:
    """Whether a file is one of its folder: no link, no hard link to a file elsewhere, no pipe."""
    try:
        os.close(open_to_read(file))
    except (OSError, OddFileError):
        return False
    return True


def _runs(path: Path) -> Iterator[Path]:
    """Runs in an experiment's folder, in `mlruns`, or in the folder that holds `mlruns`."""
    for pattern in ("*/", "*/*/", "mlruns/*/*/"):
        for metrics in sorted(path.glob(f"{pattern}{METRICS}")):
            if metrics.is_dir() and not metrics.is_symlink() and (metrics.parent / META).is_file():
                yield metrics.parent


def run_folder(path: Path) -> Path:
    """The run's folder. Raises UnreadableRunError where there is none, or several."""
    if (path / METRICS).is_dir():
        return path
    found = list(_runs(path)) if path.is_dir() else []
    if len(found) != 1:
        names = ", ".join(str(each.relative_to(path)) for each in found[:10]) or "none"
        raise UnreadableRunError(f"{path} holds {len(found)} runs of MLflow ({names}); give the folder of one.")
    return found[0]
