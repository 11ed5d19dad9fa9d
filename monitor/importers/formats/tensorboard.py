"""TensorBoard event files (`event_file.py` reads one), without the tensorboard package.

Read are scalars, old and new style, of every event file of a folder; the folders `train`, `validation` … that Keras and
`add_scalars` make become part of the names. Numbers of one step belong together. There is no epoch in an event file
unless the script logs a tag of that name; evaluations are then counted. Units are the script's own. Images, histograms
and text are passed over. A record that is cut off ends its file, one that is damaged is left out; both are reported. A
link in the folder that leads out of it is not followed.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import ClassVar

from monitor.importers.formats.event_file import HEAD_BYTES, EventFile
from monitor.importers.formats.lightning import RATES
from monitor.importers.items import Importer, Item, SameStep, Unread
from monitor.importers.vocabulary import SPLITS
from monitor.run_dir import Place
from monitor.run_dir.errors import UnreadableRunError

MARK = "tfevents"


class TensorBoard(Importer):
    """Merges the scalars of all event files of one run by time, and joins those of one step into a row."""

    name = "tensorboard"
    title = "TensorBoard event files"
    shape = "events"
    names: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "lr": ("train/epoch_learning_rate", "epoch_learning_rate", *RATES),
    }

    def __init__(self, path: Path, *, follow: bool = False) -> None:
        super().__init__(path, follow=follow)
        self._files: dict[Path, EventFile] = {}
        self._steps = SameStep()
        folder = path.absolute() if path.is_dir() else path.absolute().parent
        self.run_name = folder.name if not folder.name.startswith("version_") else f"{folder.parent.name}-{folder.name}"

    @classmethod
    def fits(cls, path: Path, head: bytes) -> float:
        """High for a file by its name or its first record, lower for a folder with such a name at any depth."""
        if path.is_dir():
            return 0.6 if any(each.is_file() for each in path.rglob(f"*{MARK}*")) else 0.0
        return 0.9 if MARK in path.name or head[HEAD_BYTES:][:64].find(b"brain.Event:") >= 0 else 0.0

    def items(self) -> Iterator[Item]:
        """The rows that are new, by time and step. Raises UnreadableRunError without an event file, unless followed."""
        for file, prefix in event_files(self.path).items():
            if file not in self._files:
                self._files[file] = EventFile(file, prefix)
        if not self._files and not self.follow:
            raise UnreadableRunError(f"{self.path} holds no event file (*{MARK}*).")
        rows = heapq.merge(
            *(file.rows() for file in self._files.values()), key=lambda row: (row.at, row.values["step"])
        )
        yield from self._steps.join(rows, hold=self.follow)
        for known in self._files.values():
            reason = known.cut_off()
            if reason and not self.follow:
                yield Unread(known.events, f"{known.path.name}: {reason}")

    def rest(self) -> Iterator[Item]:
        """The row that waits for more scalars of its step, if one does."""
        return self._steps.rest()

    def places(self) -> dict[str, Place]:
        """How far each event file was read, in bytes and in events, by its path."""
        return {str(file.path): Place(offset=file.offset, lines=file.events) for file in self._files.values()}

    def bytes_all(self) -> int:
        """Size of all event files of the run, in bytes. Raises UnreadableRunError as `event_files` does."""
        return sum(file.stat().st_size for file in event_files(self.path))


def event_files(path: Path) -> dict[Path, str]:
    """Event file → what its folder adds to the names. Raises UnreadableRunError where a folder holds several runs."""
    if not path.is_dir():
        return {path: ""}
    root = path.resolve()
    found = [each for each in path.rglob(f"*{MARK}*") if each.is_file() and each.resolve().is_relative_to(root)]
    own = sorted(each for each in found if each.parent == path)
    below = sorted(each for each in found if each.parent != path)
    folders = sorted({each.parent.relative_to(path).as_posix() for each in below})
    if own or all(folder.split("/")[-1].lower() in SPLITS for folder in folders):
        return {**dict.fromkeys(own, ""), **{each: each.parent.relative_to(path).as_posix() for each in below}}
    if len(folders) == 1:
        return dict.fromkeys(below, "")
    several = sorted({folder.split("/")[0] for folder in folders})
    if len(several) == 1:
        return event_files(path / several[0])
    raise UnreadableRunError(
        f"{path} holds event files of {len(several)} runs ({', '.join(several[:10])}); give the folder of one."
    )
