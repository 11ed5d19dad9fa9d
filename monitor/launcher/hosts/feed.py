"""The side where the runs lie: says what is new in a folder of runs over a pipe, until the pipe is closed.

It runs as `vitalsigns serve --feed` behind an ssh, and only reads. A look costs what is new: documents are compared by
size and time, lines are sent from where the other side's copy ends. What lives is judged here, where the pids are.
"""

from __future__ import annotations

import contextlib
import os
import queue
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from monitor.launcher.engines import queues
from monitor.launcher.hosts import wire
from monitor.run_dir import EPOCHS_FILE, FINAL_STATES, LOG_FILE, RUN_ID_PATTERN, SUMMARY_FILE, files
from monitor.run_dir.errors import MonitorError
from monitor.run_dir.labels import Label, read_labels
from monitor.run_dir.launch import read_progress, read_state
from monitor.run_dir.lives import Lives, lives_of
from monitor.run_dir.opening import OddFileError, open_to_read
from monitor.run_dir.reader import list_runs

LOOK_SECS = 0.25
ROWS_SECS = 1.0
NAMES_SECS = 2.0
SHARES = 10
"""Runs that have ended are looked at one tenth a second."""
MOST_AT_ONCE = 16
"""Pieces of one file in one look: others have their turn."""


class Sent:
    """What the other side has of a file of lines. `base`: where its copy begins in the file here."""

    def __init__(self, size: int = 0, end: str = "", base: int = 0) -> None:
        self.size, self.end, self.base = size, end, base
        self.inode = self.mtime_ns = 0


class Opened:
    """A file of lines while it is sent: what it was when it was opened, and its bytes."""

    def __init__(self, descriptor: int) -> None:
        found = os.fstat(descriptor)
        self.size, self.mtime_ns, self.inode = found.st_size, found.st_mtime_ns, found.st_ino
        self._descriptor = descriptor

    def read(self, length: int, at: int) -> bytes:
        """Up to `length` bytes from `at` on; fewer at the end of the file."""
        return os.pread(self._descriptor, length, at)

    def close(self) -> None:
        """Closes the descriptor that it was given."""
        os.close(self._descriptor)


class FedRun:
    """What the other side has of a run."""

    def __init__(self) -> None:
        self.documents: dict[str, tuple[int, int]] = {}
        self.lines: dict[str, Sent] = {}
        self.lives: Lives | None = None
        self.label: Label | None = None
        self.has_ended = False


class FolderFeed:
    """Speaks to `out` about one folder."""

    def __init__(self, runs_dir: Path, out: BinaryIO) -> None:
        self._runs_dir = runs_dir
        self._out = out
        self._runs: dict[str, FedRun] = {}
        self._said: wire.Runs | None = None
        self._names: list[str] = []
        self._cut: list[str] = []
        self._labels: dict[str, Label] = {}
        self._looks = 0
        self._next_names = self._next_rows = self._next_tick = 0.0

    def take(self, have: wire.Have) -> None:
        """Notes what the other side has of a run."""
        run = self._runs.setdefault(have.run, FedRun())
        for name, held in have.files.items():
            if name in wire.LINES:
                run.lines[name] = Sent(held.size, held.end)
                run.lines[name].mtime_ns = held.mtime_ns
            else:
                run.documents[name] = (held.mtime_ns, held.size)

    def greet(self) -> None:
        """Says which protocol, version and host this is, and what its clock shows."""
        from vitalsigns import __version__

        hello = wire.Hello(protocol=wire.PROTOCOL, version=__version__, host=socket.gethostname(), now=time.time())
        self._say(hello)
        self._out.flush()

    def end(self) -> None:
        """The page has hung up."""

    def look(self, wanted: list[str]) -> None:
        """Sends what is new now. Raises OSError when the page has hung up."""
        now = time.monotonic()
        if now >= self._next_names:
            self._next_names = now + NAMES_SECS
            self._look_at_names()
            self._look_at_labels()
        if now >= self._next_rows:
            self._next_rows = now + ROWS_SECS
            queues.look_soon()
            for name in self._due():
                self._look_at_row(name)
            self._looks += 1
        for name in wanted:
            if name in self._names:
                self._look_at_row(name)
                self._look_at_whole(name)
        if now >= self._next_tick:
            self._next_tick = now + wire.TICK_SECS
            self._say(wire.Tick(now=time.time()))
        self._out.flush()

    def _look_at_names(self) -> None:
        try:
            named = [name for name in list_runs(self._runs_dir) if RUN_ID_PATTERN.fullmatch(name)]
            names, problem = named[: wire.MOST_RUNS], ""
            if not names and not self._runs_dir.is_dir():
                problem = f"There is no folder {self._runs_dir} there."
        except MonitorError as trouble:
            names, problem = self._names, str(trouble)
        if self._cut and not problem:
            problem = (
                f"{self._cut[-1]} is larger than {wire.MOST_LINES_BYTES >> 20} MiB: what stands beyond is not sent."
            )
        said = wire.Runs(names=names, problem=problem)
        if said != self._said:
            self._say(said)
            self._said, self._names = said, names
            self._runs = {name: self._runs.get(name) or FedRun() for name in names}

    def _look_at_labels(self) -> None:
        """What people say of a run is sent at once, also of one that has ended."""
        self._labels = read_labels(self._runs_dir)
        for name in self._names:
            if self._runs[name].label != self._labels.get(name):
                self._look_at_row(name)

    def _due(self) -> Iterator[str]:
        for place, name in enumerate(self._names):
            run = self._runs[name]
            if not run.has_ended or run.lives is None or place % SHARES == self._looks % SHARES:
                yield name

    def _look_at_row(self, name: str) -> None:
        run_dir, run = self._runs_dir / name, self._runs[name]
        try:
            state, progress = read_state(run_dir), read_progress(run_dir)
            lives = lives_of(run_dir, state, progress)
            mine = run_dir.stat().st_uid == os.getuid()
        except (MonitorError, OSError):
            return
        lives = msgspec.structs.replace(lives, mine=mine)
        label = self._labels.get(name)
        if lives != run.lives or label != run.label:
            run.lives, run.label = lives, label
            self._say(wire.Seen(run=name, lives=lives, label=label))
        ended = state is not None and state.state in FINAL_STATES
        run.has_ended = ended or (state is None and (progress is None or progress.outcome is not None))
        for document in wire.ROW_DOCUMENTS:
            self._send_document(name, run, document)
        for lines in wire.ROW_LINES:
            self._send_lines(name, run, lines)
        # Without a summary the other side judges; of a lost run it says the last epoch.
        if (lives.trainer == "gone" and not run.has_ended) or SUMMARY_FILE not in run.documents:
            self._send_lines(name, run, EPOCHS_FILE)

    def _look_at_whole(self, name: str) -> None:
        run = self._runs[name]
        for document in wire.WHOLE_DOCUMENTS:
            self._send_document(name, run, document)
        for folder in wire.FOLDERS:
            for file in self._in_folder(name, folder):
                self._send_document(name, run, file)
        for lines in (*wire.WHOLE_LINES, LOG_FILE):
            self._send_lines(name, run, lines)

    def _in_folder(self, name: str, folder: str) -> list[str]:
        place = self._runs_dir / name / folder
        try:
            found = [] if place.is_symlink() else sorted(entry.name for entry in os.scandir(place))
        except OSError:
            found = []
        known = [each for each in self._runs[name].documents if each.startswith(f"{folder}/")]
        there = [f"{folder}/{each}" for each in found if wire.is_known(f"{folder}/{each}")][: wire.MOST_IN_FOLDER]
        return list(dict.fromkeys([*there, *known]))

    def _send_document(self, name: str, run: FedRun, file: str) -> None:
        found = self._found(name, file)
        if found is not None and found == run.documents.get(file):
            return
        try:
            data = self._document(name, file) if found is not None else None
        except OddFileError:
            return
        if found is None or data is None:
            if run.documents.pop(file, None) is not None:
                self._say(wire.Gone(run=name, file=file))
            return
        run.documents[file] = (found[0], len(data))
        self._say(wire.Piece(run=name, file=file, at=0, size=len(data), mtime_ns=found[0]), data)

    def _send_lines(self, name: str, run: FedRun, file: str) -> None:
        opened = self._opened(name, file)
        if opened is None:
            if run.lines.pop(file, None) is not None:
                self._say(wire.Gone(run=name, file=file))
            return
        with contextlib.closing(opened):
            sent = run.lines.get(file)
            if sent is None or not self._goes_on(opened, sent):
                # Of a log its end; the rest of a run is needed whole.
                base = max(0, opened.size - wire.LOG_BYTES) if file == LOG_FILE else 0
                sent = run.lines[file] = Sent(0, "", base)
                if not opened.size:
                    self._say(wire.Piece(run=name, file=file, at=0, size=0, mtime_ns=opened.mtime_ns))
            sent.inode, sent.mtime_ns = opened.inode, opened.mtime_ns
            if opened.size > wire.most_bytes(file) and file != LOG_FILE and f"{name}/{file}" not in self._cut:
                self._cut.append(f"{name}/{file}")
            for _ in range(MOST_AT_ONCE):
                most = min(wire.PIECE_BYTES, wire.most_bytes(file) - sent.size)
                data = opened.read(most, sent.base + sent.size) if most > 0 else b""
                if not data:
                    break
                self._say(wire.Piece(run=name, file=file, at=sent.size, size=len(data), mtime_ns=opened.mtime_ns), data)
                sent.size += len(data)
                sent.end = _end(opened, sent)

    def _found(self, name: str, file: str) -> tuple[int, int] | None:
        """(time in ns, size) of a document, None where there is none."""
        try:
            found = (self._runs_dir / name / file).lstat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size

    def _document(self, name: str, file: str) -> bytes | None:
        """Raises OddFileError for what is no file of a run."""
        try:
            return files.read_bytes(self._runs_dir / name / file)
        except OSError:
            return None

    def _opened(self, name: str, file: str) -> Opened | None:
        try:
            return Opened(open_to_read(self._runs_dir / name / file))
        except (OddFileError, OSError):
            return None

    def _goes_on(self, opened: Opened, sent: Sent) -> bool:
        """Whether the file still holds what was sent of it, and has only grown."""
        if sent.inode and opened.inode != sent.inode:
            return False
        return opened.size >= sent.base + sent.size and _end(opened, sent) == sent.end

    def _say(self, message: wire.FromThere, data: bytes = b"") -> None:
        self._out.write(msgspec.json.encode(message) + b"\n" + data)


def _end(opened: Opened, sent: Sent) -> str:
    length = min(wire.END_BYTES, sent.size)
    return opened.read(length, sent.base + sent.size - length).hex()


def feed(feeding: FolderFeed, given: BinaryIO) -> None:
    """Speaks about a folder until the pipe that it was given is closed. Raises nothing for a listener that is gone."""
    wanted: queue.SimpleQueue[list[str] | None] = queue.SimpleQueue()
    try:
        feeding.greet()
        begun = threading.Event()
        threading.Thread(target=_listen, args=(given, feeding, wanted, begun), daemon=True).start()
        begun.wait()
        runs: list[str] = []
        while True:
            with contextlib.suppress(queue.Empty):
                asked = wanted.get(timeout=LOOK_SECS)
                if asked is None:
                    return
                runs = asked[: wire.MOST_WANTED]
            feeding.look(runs)
    except OSError:
        return
    finally:
        feeding.end()


def _listen(
    given: BinaryIO, feeding: FolderFeed, wanted: queue.SimpleQueue[list[str] | None], begun: threading.Event
) -> None:
    """Takes what the other side says: first what it has, then what it wants."""
    decoder = msgspec.json.Decoder(wire.ToThere)
    with contextlib.suppress(OSError, ValueError):
        while line := given.readline(wire.LONGEST_LINE):
            message = decoder.decode(line)
            if isinstance(message, wire.Want):
                wanted.put(message.runs)
                begun.set()
            elif not begun.is_set():
                feeding.take(message)
    wanted.put(None)
    begun.set()
