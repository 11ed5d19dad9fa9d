"""What came from another host, in the user's own cache: a folder that the reader reads like any folder of runs.

Everything that comes is checked before a byte is written: a run id, one of the known names, a size within the limits,
an offset that goes on where the copy ends. What breaks a rule ends the connection. Only plain files are made, 0600.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec

from monitor.launcher.hosts import wire
from monitor.run_dir import LOG_FILE, encode
from monitor.run_dir.labels import LABELS_FILE, Label, Labels, cut, read_labels
from monitor.run_dir.lives import HEARD_FILE, RUNS_DIR, SEEN_DIR
from monitor.run_dir.opening import OddFileError, make_folder, open_to_read, open_to_write
from monitor.run_dir.records import ready

WANT_DIR = "want"
WANT_SECS = 30.0
"""A run is sent whole for so long after its page was last open."""


class ForeignError(ValueError):
    """The other side sent what the protocol does not allow."""


def want(run_dir: Path) -> None:
    """Notes that the page of a mirrored run is open, so that all of it is sent. Raises nothing."""
    folder = run_dir.parents[1] / WANT_DIR
    with contextlib.suppress(OSError, OddFileError):
        make_folder(folder)
        os.close(open_to_write(folder / run_dir.name, os.O_WRONLY))
        os.utime(folder / run_dir.name)


class Mirror:
    """The copy of one folder. `bytes_taken`: of files, since it was made."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.bytes_taken = self._before = 0
        self._runs_dir = place / RUNS_DIR
        self._names: set[str] = set()
        for folder in (self._runs_dir, place / SEEN_DIR, place / WANT_DIR):
            make_folder(folder)
        self._labels, self._has_new_label = read_labels(self._runs_dir), False

    def have(self) -> Iterator[wire.Have]:
        """What there is already, run by run."""
        for run_dir in sorted(each for each in self._runs_dir.iterdir() if each.name != LABELS_FILE):
            held = {}
            for path in (
                *run_dir.glob("*"),
                *(each for folder in wire.FOLDERS for each in run_dir.glob(f"{folder}/*")),
            ):
                name = path.relative_to(run_dir).as_posix()
                if wire.is_known(name) and name != LOG_FILE:
                    held[name] = self._held(path, name)
            with contextlib.suppress(msgspec.ValidationError):
                yield msgspec.convert({"kind": "have", "run": run_dir.name, "files": held}, ready(wire.Have))

    def wanted(self, now: float) -> list[str]:
        """The runs whose page is open, the newest first. `now`: UTC seconds."""
        found = []
        with contextlib.suppress(OSError):
            for entry in os.scandir(self.place / WANT_DIR):
                at = entry.stat().st_mtime
                if abs(now - at) < WANT_SECS:
                    found.append((at, entry.name))
                else:
                    Path(entry.path).unlink()
        return [name for _, name in sorted(found, reverse=True) if name in self._names][: wire.MOST_WANTED]

    def take(self, message: wire.FromThere, data: bytes) -> None:
        """Takes one message with its bytes. Raises ForeignError, or OSError for this machine's disk."""
        match message:
            case wire.Runs():
                self._take_names(message)
            case wire.Seen():
                self._known(message.run)
                _put(self.place / SEEN_DIR / f"{message.run}.json", encode(message.lives))
                self._set_label(message.run, cut(message.label) if message.label is not None else None)
            case wire.Piece():
                self._take_piece(message, data)
            case wire.Gone():
                with contextlib.suppress(FileNotFoundError):
                    self._path(message.run, message.file).unlink()

    def begin(self) -> None:
        """A connection has greeted: its bytes are counted from here."""
        self._before = self.bytes_taken
        self.hear()

    def hear(self) -> None:
        """Notes that the other side was heard now, and writes down what people there say of the runs."""
        if self._has_new_label:
            _put(self._runs_dir / LABELS_FILE, encode(Labels(labels=self._labels)))
            self._has_new_label = False
        path = self.place / HEARD_FILE
        os.close(open_to_write(path, os.O_WRONLY))
        os.utime(path)

    def heard_at(self) -> float | None:
        """When the other side was heard last, UTC seconds; None if it never was."""
        try:
            return (self.place / HEARD_FILE).stat().st_mtime
        except OSError:
            return None

    def _take_names(self, runs: wire.Runs) -> None:
        if runs.problem and not runs.names:
            return  # a folder that cannot be read now has not lost its runs
        self._names = set(runs.names)
        for run in [run for run in self._labels if run not in self._names]:
            self._set_label(run, None)
        for entry in list(self._runs_dir.iterdir()):
            if entry.name not in self._names and entry.name != LABELS_FILE:
                shutil.rmtree(entry, ignore_errors=True)
                (self.place / SEEN_DIR / f"{entry.name}.json").unlink(missing_ok=True)

    def _set_label(self, run: str, label: Label | None) -> None:
        if label != self._labels.get(run):
            self._has_new_label = True
            self._labels.pop(run, None)
            if label is not None:
                self._labels[run] = label

    def _known(self, run: str) -> str:
        if run not in self._names:
            raise ForeignError(f"it names {run!r}, which is not in its list of runs")
        return run

    def _path(self, run: str, file: str) -> Path:
        self._known(run)
        if not wire.is_known(file):
            raise ForeignError(f"it sends {file[:60]!r}, which is no file of a run")
        return self._runs_dir / run / file

    def _take_piece(self, piece: wire.Piece, data: bytes) -> None:
        path = self._path(piece.run, piece.file)
        if piece.at + piece.size > wire.most_bytes(piece.file):
            raise ForeignError(f"it sends more of {piece.file} than such a file may hold")
        if self.bytes_taken - self._before + piece.size > wire.MOST_BYTES:
            raise ForeignError(f"it has sent {wire.MOST_BYTES >> 30} GiB; look at fewer of its runs at once")
        make_folder(path.parent)
        if piece.at == 0:
            _put(path, data)
        elif piece.file not in wire.LINES or piece.at != (path.stat().st_size if path.exists() else 0):
            raise ForeignError(f"it continues {piece.file} at another place than the end of the copy")
        else:
            descriptor = open_to_write(path, os.O_WRONLY | os.O_APPEND)
            with os.fdopen(descriptor, "ab", buffering=0) as out:
                out.write(data)
        os.utime(path, ns=(piece.mtime_ns, piece.mtime_ns))
        self.bytes_taken += len(data)

    def _held(self, path: Path, name: str) -> wire.Held:
        try:
            with os.fdopen(open_to_read(path), "rb") as file:
                found = os.fstat(file.fileno())
                length = min(wire.END_BYTES, found.st_size) if name in wire.LINES else 0
                return wire.Held(
                    found.st_size, found.st_mtime_ns, os.pread(file.fileno(), length, found.st_size - length).hex()
                )
        except (OSError, OddFileError):
            return wire.Held(0, 0)


def _put(path: Path, data: bytes) -> None:
    """Replaces a file as a whole. Without fsync: after a power cut it is fetched anew."""
    aside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with os.fdopen(open_to_write(aside, os.O_WRONLY | os.O_TRUNC), "wb") as file:
        file.write(data)
    aside.replace(path)
