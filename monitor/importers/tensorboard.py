"""TensorBoard event files, read with tensorboard's own reader (`tensorboard.backend.event_processing`).

Read are scalars, old and new style, of every event file of a folder; the folders `train`, `validation` … that Keras and
`add_scalars` make become part of the names. Numbers of one step belong together. There is no epoch in an event file
unless the script logs a tag of that name; evaluations are then counted. Units are the script's own. Images, histograms
and text are passed over. A record that is cut off or damaged ends its file, and that is said.
"""

from __future__ import annotations

import heapq
import math
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from monitor.importers.items import Importer, Item, Row, SameStep, Unread
from monitor.importers.lightning import RATES
from monitor.importers.lines import head_of
from monitor.importers.vocabulary import SPLITS
from monitor.run_dir import Place
from monitor.run_dir.errors import UnreadableRunError
from monitor.run_dir.field_names import plain

MARK = "tfevents"
FRAME_BYTES = 16
"""Of each record: its length, and two checksums."""


class TensorBoard(Importer):
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
        if path.is_dir():
            return 0.6 if any(each.is_file() for each in path.rglob(f"*{MARK}*")) else 0.0
        return 0.9 if MARK in path.name or head[FRAME_BYTES - 4 :][:64].find(b"brain.Event:") >= 0 else 0.0

    def items(self) -> Iterator[Item]:
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

    def places(self) -> dict[str, Place]:
        return {str(file.path): Place(offset=file.offset, lines=file.events) for file in self._files.values()}

    def bytes_all(self) -> int:
        return sum(file.stat().st_size for file in event_files(self.path))


class EventFile:
    """One event file, through tensorboard's reader: what is new at every call."""

    def __init__(self, path: Path, prefix: str) -> None:
        self.path = path
        self.offset = 0
        self.events = 0
        self._prefix = prefix
        self._broken = ""
        if not path.is_file():
            raise UnreadableRunError(f"{path} is no file.")
        head_of(path)  # tells a git-LFS pointer
        loader, self._parse, self._damaged = _reader()
        self._loader = loader(str(path))

    def rows(self) -> Iterator[Row]:
        for record in self._loader.Load():
            self.offset += len(record) + FRAME_BYTES
            self.events += 1
            try:
                event = self._parse(record)
            except self._damaged:
                self._broken = f"event {self.events} is damaged"
                continue
            values = {
                self._named(value.tag): scalar
                for value in event.summary.value
                if (scalar := _scalar(value)) is not None
            }
            if values:
                yield Row(self.events, {**values, "step": float(event.step)}, event.wall_time)

    def _named(self, tag: str) -> str:
        if not self._prefix or plain(self._prefix).startswith(plain(tag)):
            return self._prefix or tag
        return f"{self._prefix}/{tag}"

    def cut_off(self) -> str:
        """Why not all of it could be read; empty where it could."""
        left = self.path.stat().st_size - self.offset
        return self._broken or (f"{left:,} bytes behind event {self.events} are cut off or damaged" if left else "")


def _reader() -> tuple[Any, Any, Any]:
    """(loader of raw records, parser of one, the error of a damaged one). Raises UnreadableRunError."""
    try:
        from google.protobuf.message import DecodeError
        from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader
        from tensorboard.compat.proto.event_pb2 import Event
    except ImportError as problem:
        raise UnreadableRunError(
            "Event files are read with tensorboard's own reader, which is not installed here: "
            f"python -m pip install tensorboard ({problem})."
        ) from problem
    return RawEventFileLoader, Event.FromString, DecodeError


def _scalar(value: Any) -> float | None:
    """The one number of a summary value, as either generation of writers puts it; None for images and the like."""
    kind = value.WhichOneof("value")
    if kind == "simple_value":
        return float(value.simple_value)
    tensor = value.tensor
    if kind != "tensor" or value.metadata.plugin_data.plugin_name not in ("scalars", ""):
        return None
    if len(tensor.float_val) == 1:
        return float(tensor.float_val[0])
    if len(tensor.double_val) == 1:
        return float(tensor.double_val[0])
    form = {1: "<f", 2: "<d"}.get(tensor.dtype)
    if form is None or len(tensor.tensor_content) != struct.calcsize(form):
        return None
    number = struct.unpack(form, tensor.tensor_content)[0]
    return float(number) if isinstance(number, float) else math.nan


def event_files(path: Path) -> dict[Path, str]:
    """Event file → what its folder adds to the names. Raises UnreadableRunError where a folder holds several runs."""
    if not path.is_dir():
        return {path: ""}
    own = sorted(each for each in path.glob(f"*{MARK}*") if each.is_file())
    below = sorted(each for each in path.rglob(f"*{MARK}*") if each.parent != path and each.is_file())
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
