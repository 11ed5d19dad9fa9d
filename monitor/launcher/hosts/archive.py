"""Runs that lie in an object store, such as s3://bucket/runs: what is new there is fed into a copy here; only reading.

The feed is that of another host's folder (`feed`), with objects for files, in a process of its own beside the page, so
that a store that hangs keeps nothing else. An object is known by its etag, time and size: what has not changed is not
read again, what has only grown is read from where the copy ends. Of the names in the store none becomes a path here
but a run id and the known names of its files.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, BinaryIO

from monitor.launcher.hosts import wire
from monitor.launcher.hosts.feed import FedRun, FolderFeed, Opened, Sent
from monitor.launcher.hosts.ssh import quoted
from monitor.run_dir import EPOCHS_FILE, LAUNCH_FILE, RUN_FILE, RUN_ID_PATTERN, SUMMARY_FILE, decode, words
from monitor.run_dir.errors import RefusedError
from monitor.run_dir.labels import LABELS_FILE, Label, Labels
from monitor.run_dir.lives import ARCHIVED
from monitor.run_dir.opening import MOST_DOCUMENT_BYTES, OddFileError

STORE_SECS = 12.0
"""So long one request may take, of however many pages."""
NAMES_SECS = 5.0
"""Between two looks at the names of the runs, which also show that the store answers."""
WANTED_SECS = 10.0
"""Between two looks at a run whose page is open."""
LEAST_AGAIN_SECS, EACH_SECS = 300.0, 0.5
"""How seldom a run without an open page is read: two of them a second, however many there are."""
WORKERS, MOST_AHEAD = 8, 64
CHUNK_BYTES = 4 << 20
KEPT_BYTES = 2 << 30
"""Of one archive here. Beyond it the records of the runs whose page was closed longest ago are removed first."""
MAKES_A_RUN = frozenset({RUN_FILE, LAUNCH_FILE, EPOCHS_FILE})
PACKAGES = {"s3": "s3fs", "gs": "gcsfs", "abfs": "adlfs"}


class StoreError(Exception):
    """The store has not given what it was asked for; its text is a sentence."""


class Store:
    """One folder of an object store. `fs`: of fsspec; `root`: the folder's path in it; `address`: as it was given."""

    def __init__(self, fs: Any, root: str, address: str) -> None:
        self._fs, self._root, self.address = fs, root.strip("/"), address

    @classmethod
    def at(cls, address: str) -> Store:
        """Raises RefusedError where the packages for it are missing."""
        refuse_without_packages(address)
        import fsspec

        scheme, _, rest = address.partition("://")
        fs = fsspec.filesystem(scheme, use_listings_cache=False, skip_instance_cache=True)
        return cls(fs, str(fs._strip_protocol(address)) or rest, address)

    def names(self) -> tuple[list[str], tuple[int, int] | None]:
        """(what could be runs by their names, sorted; (mark, size) of the file of labels). Raises StoreError."""
        entries = list(self._entries(""))
        found = (name for name, entry in entries if entry["type"] == "directory")
        labels = [entry for name, entry in entries if name == LABELS_FILE and entry["type"] == "file"]
        mark = (_mark(labels[0]), int(labels[0].get("size") or 0)) if labels else None
        return sorted(name for name in found if RUN_ID_PATTERN.fullmatch(name)), mark

    def files(self, run: str, *folders: str) -> dict[str, tuple[int, int]]:
        """The known files of a run → (mark, size); of some of its folders too. Raises StoreError, FileNotFoundError."""
        entries = list(self._entries(run))
        there = {name for name, entry in entries if entry["type"] == "directory"}
        for folder in there.intersection(folders):
            entries += [(f"{folder}/{name}", entry) for name, entry in self._entries(f"{run}/{folder}")]
        return {
            name: (_mark(entry), int(entry.get("size") or 0))
            for name, entry in entries
            if entry["type"] == "file" and wire.is_known(name)
        }

    def read(self, file: str, at: int, length: int) -> bytes:
        """So much of an object, fewer bytes at its end. Raises StoreError."""
        if length <= 0:
            return b""
        with self._asked(file):
            data = self._fs.cat_file(f"{self._root}/{file}", start=at, end=at + length, timeout=STORE_SECS)
            return bytes(data)[:length]

    def _entries(self, folder: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """What lies right below a folder, under its own name."""
        whole = f"{self._root}/{folder}".rstrip("/")
        with self._asked(folder):
            found = self._fs.ls(whole, detail=True, timeout=STORE_SECS)
        for entry in found:
            path = str(entry["name"]).strip("/")
            if path.startswith(f"{whole}/") and "/" not in (name := path[len(whole) + 1 :]):
                yield name, entry

    @contextlib.contextmanager
    def _asked(self, what: str) -> Iterator[None]:
        """Turns any error of a store's client into a sentence; but for what is not there, of one run."""
        try:
            yield
        except FileNotFoundError:
            if what:
                raise
            raise StoreError(f"There is nothing at {self.address}: no such bucket, or no run below that path") from None
        except Exception as fault:
            raise StoreError(self._why(fault)) from fault

    def _why(self, fault: Exception) -> str:
        kind, said = type(fault).__name__, quoted(str(fault).strip().splitlines()[-1] if str(fault).strip() else "")
        if "Credentials" in kind:
            return (
                f"There are no credentials for {self.address} ({said or kind}); they are looked for where the store's "
                "own tools look (for s3: AWS_PROFILE, AWS_ACCESS_KEY_ID, ~/.aws)"
            )
        if isinstance(fault, PermissionError):
            return f"{self.address} refuses to be read with these credentials ({said or kind})"
        if isinstance(fault, TimeoutError):
            return f"{self.address} cannot be reached: no answer within {STORE_SECS:.0f} s"
        return f"{self.address} cannot be reached: {said or kind}"


def refuse_without_packages(address: str) -> None:
    """Raises RefusedError with what to install to read an address."""
    package = PACKAGES[address.partition("://")[0]]
    if any(importlib.util.find_spec(each) is None for each in ("fsspec", package)):
        others = "" if package == "s3fs" else f" {package}"
        raise RefusedError(f"Reading {address} needs {package}: pip install 'vitalsigns[archive]'{others}")


def _mark(entry: dict[str, Any]) -> int:
    """The time of an object to the second, and below that what tells its version: in ns, as a file's time."""
    stamps = [entry.get(name) for name in ("LastModified", "last_modified", "updated", "mtime", "created")]
    at = next((each for each in stamps if hasattr(each, "timestamp")), None)
    version = repr(
        [entry.get(name) for name in ("ETag", "etag", "md5Hash", "generation")] + [str(each) for each in stamps]
    )
    below = int.from_bytes(hashlib.blake2b(version.encode(), digest_size=8).digest()) % 1_000_000_000
    return max(0, int(at.timestamp()) if at is not None else 0) * 1_000_000_000 + below


class _Object(Opened):
    """An object while it is sent; it is read in large parts."""

    def __init__(self, store: Store, file: str, mark: int, size: int) -> None:
        self.size, self.mtime_ns, self.inode = size, mark, 0
        self._store, self._file = store, file
        self._begin, self._data = 0, b""

    def read(self, length: int, at: int) -> bytes:
        """Up to `length` bytes from `at` on. Raises StoreError where the object is shorter by now."""
        wanted = min(self.size, at + length)
        if at < self._begin or wanted > self._begin + len(self._data):
            self._begin, self._data = (
                at,
                self._store.read(self._file, at, min(self.size - at, max(length, CHUNK_BYTES))),
            )
            if at + len(self._data) < wanted:
                raise StoreError(f"{self._file} has changed while it was read")
        return self._data[at - self._begin :][:length]

    def close(self) -> None:
        """Lets go of the part that is held in memory."""
        self._data = b""


class ArchiveFeed(FolderFeed):
    """Speaks to `out` about one folder of a store. Some runs are looked at at once, in threads of their own."""

    def __init__(self, store: Store, out: BinaryIO) -> None:
        super().__init__(Path(store.address), out)
        self._store = store
        self._objects: dict[str, dict[str, tuple[int, int]]] = {}
        self._looked_at: dict[str, float] = {}
        self._wanted_at: dict[str, float] = {}
        self._under_way: dict[str, Future[None]] = {}
        self._troubles: dict[str, str] = {}
        self._is_full = False
        self._count = 0
        self._labels_mark: tuple[int, int] | None = None
        self._pool = ThreadPoolExecutor(WORKERS)
        self._saying = threading.Lock()

    def greet(self) -> None:
        """Greets once the store has answered. Raises RefusedError with why it has not."""
        names = self._names_there()
        super().greet()
        self._say_names(names)
        self._next_names = time.monotonic() + NAMES_SECS

    def end(self) -> None:
        """Ends the threads, without waiting for an answer of the store."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def look(self, wanted: list[str]) -> None:
        """Begins what is due. Raises RefusedError when the store does not answer any more."""
        now = time.monotonic()
        if now >= self._next_names:
            self._say_names(self._names_there())
            self._say(wire.Tick(now=time.time()))
            self._trim(now)
            self._next_names = time.monotonic() + NAMES_SECS
        for name in [name for name, future in self._under_way.items() if future.done()]:
            self._under_way.pop(name).result()
        for name in wanted:
            if name in self._runs and now - self._wanted_at.get(name, float("-inf")) >= WANTED_SECS:
                self._begin(name, now, whole=True)
        for name in self._due_rows(now):
            self._begin(name, now, whole=False)
        self._out.flush()

    def _names_there(self) -> list[str]:
        try:
            names, mark = self._store.names()
        except StoreError as trouble:
            raise RefusedError(f"{trouble}.") from None
        if mark != self._labels_mark:
            self._labels, self._labels_mark = self._labels_there(mark), mark
        return names

    def _labels_there(self, mark: tuple[int, int] | None) -> dict[str, Label]:
        """The labels of the runs; none where the file cannot be read or decoded."""
        if mark is None or mark[1] > MOST_DOCUMENT_BYTES:
            return {}
        try:
            return decode(self._store.read(LABELS_FILE, 0, mark[1]), Labels).labels
        except (StoreError, FileNotFoundError, ValueError):
            return {}

    def _say_names(self, found: list[str]) -> None:
        self._names, self._count = found[: wire.MOST_RUNS], len(found)
        said = wire.Runs(names=self._names, problem=self.problem())
        if said != self._said:
            self._said = said
            self._runs = {name: self._runs.get(name) or FedRun() for name in (*self._names, *self._under_way)}
            self._looked_at = {name: at for name, at in list(self._looked_at.items()) if name in self._runs}
            self._say(said)
        for name in self._names:
            label, run = self._labels.get(name), self._runs[name]
            if run.lives is None or label != run.label:
                run.lives, run.label = ARCHIVED, label
                self._say(wire.Seen(run=name, lives=ARCHIVED, label=label))

    def _say(self, message: wire.FromThere, data: bytes = b"") -> None:
        """Sends a message, unless it is about a run that has gone meanwhile."""
        with self._saying:
            run = getattr(message, "run", None)
            if run is None or self._said is None or run in self._said.names:
                self._hand_over(message, data)

    def _hand_over(self, message: wire.FromThere, data: bytes) -> None:
        super()._say(message, data)

    def problem(self) -> str:
        """The problem of the whole archive, "" where there is none."""
        names, count = self._names, self._count
        unread = sum(name not in self._looked_at for name in names)
        said = []
        if count > len(names):
            said.append(f"It has {count:,} folders, of which the first {len(names):,} are read.")
        if self._is_full:
            said.append(
                f"What is kept of it here has reached {KEPT_BYTES >> 30} GiB: {words.count(unread, 'run')} not read."
            )
        elif unread and self._looked_at:
            said.append(f"Being read for the first time: {len(names) - unread:,} of {len(names):,} runs so far.")
        if self._troubles:
            name, why = list(self._troubles.items())[0]  # noqa: RUF015 - threads change it meanwhile
            said.append(f"Of {words.count(len(self._troubles), 'run')} not all could be read, such as {name}: {why}.")
        if self._cut:
            said.append(f"{self._cut[-1]} is larger than {wire.MOST_LINES_BYTES >> 20} MiB: the rest is left there.")
        return " ".join(said)

    def _due_rows(self, now: float) -> list[str]:
        """The runs whose rows are due, as many as may wait, those never read first."""
        again = now - max(LEAST_AGAIN_SECS, EACH_SECS * len(self._names))
        free = MOST_AHEAD - len(self._under_way)
        new = [name for name in self._names if name not in self._looked_at] if not self._is_full else []
        old = (name for name, at in list(self._looked_at.items()) if at < again and name in self._runs)
        return [name for name in (*new, *old) if name not in self._under_way][: max(0, free)]

    def _begin(self, name: str, now: float, *, whole: bool) -> None:
        if name in self._under_way:
            return
        if whole:
            self._wanted_at[name] = now
        self._under_way[name] = self._pool.submit(self.look_at, name, whole=whole)

    def look_at(self, name: str, *, whole: bool) -> None:
        """Sends what is new of one run, with `whole` all of it. Raises OSError when the page has hung up."""
        try:
            objects = self._store.files(name, *(wire.FOLDERS if whole else ()))
            self._objects[name] = objects
            if not MAKES_A_RUN.isdisjoint(objects):
                self._look_at_row(name)
                if whole:
                    self._look_at_whole(name)
            self._troubles.pop(name, None)
        except (StoreError, FileNotFoundError) as trouble:
            self._troubles[name] = str(trouble) if isinstance(trouble, StoreError) else "it was taken away"
        finally:
            self._looked_at[name] = time.monotonic()
            self._objects.pop(name, None)

    def _look_at_row(self, name: str) -> None:
        run = self._runs[name]
        # What makes it a run comes last: its row never says that no file tells how it ended while that file is coming.
        for document in sorted(wire.ROW_DOCUMENTS, key=MAKES_A_RUN.__contains__):
            self._send_document(name, run, document)
        for lines in wire.ROW_LINES:
            self._send_lines(name, run, lines)
        if SUMMARY_FILE not in run.documents:
            self._send_lines(name, run, EPOCHS_FILE)

    def _in_folder(self, name: str, folder: str) -> list[str]:
        there = [each for each in sorted(self._objects[name]) if each.startswith(f"{folder}/")][: wire.MOST_IN_FOLDER]
        known = [each for each in self._runs[name].documents if each.startswith(f"{folder}/")]
        return list(dict.fromkeys([*there, *known]))

    def _found(self, name: str, file: str) -> tuple[int, int] | None:
        return self._objects[name].get(file)

    def _document(self, name: str, file: str) -> bytes | None:
        size = self._objects[name][file][1]
        if size > MOST_DOCUMENT_BYTES:
            raise OddFileError(f"{file} is too large")
        data = self._store.read(f"{name}/{file}", 0, size)
        if len(data) != size:
            raise StoreError(f"{file} has changed while it was read")
        return data

    def _opened(self, name: str, file: str) -> Opened | None:
        found = self._objects[name].get(file)
        return None if found is None else _Object(self._store, f"{name}/{file}", *found)

    def _send_lines(self, name: str, run: FedRun, file: str) -> None:
        """Until all of it is sent; nothing is asked for where it was."""
        found = self._objects[name].get(file)
        before = -1
        while found is None or not _is_sent(run.lines.get(file), *found, wire.most_bytes(file)):
            super()._send_lines(name, run, file)
            sent = run.lines.get(file)
            if sent is None or sent.size == before:
                return
            before = sent.size

    def _goes_on(self, opened: Opened, sent: Sent) -> bool:
        # An object is replaced as a whole: another version of the same length has changed within.
        has_grown = opened.size > sent.base + sent.size or opened.mtime_ns == sent.mtime_ns
        return has_grown and super()._goes_on(opened, sent)

    def _trim(self, now: float) -> None:
        """Removes the records of runs without an open page from the copy, where it has become too large."""
        kept = sum(map(_bytes_of, self._runs.values()))
        for name in sorted(self._runs, key=lambda name: self._wanted_at.get(name, 0.0)) if kept > KEPT_BYTES else ():
            if kept <= KEPT_BYTES or name in self._under_way or now - self._wanted_at.get(name, -1e9) < 6 * WANTED_SECS:
                continue
            run = self._runs[name]
            for file in [*run.documents, *run.lines]:
                if file not in wire.ROW_DOCUMENTS and file not in wire.ROW_LINES:
                    sent, size = run.lines.pop(file, None), run.documents.pop(file, (0, 0))[1]
                    kept -= sent.size if sent is not None else size
                    self._say(wire.Gone(run=name, file=file))
        self._is_full = kept > KEPT_BYTES


def _is_sent(sent: Sent | None, mark: int, size: int, most: int) -> bool:
    return sent is not None and sent.mtime_ns == mark and sent.base + sent.size >= min(size, sent.base + most)


def _bytes_of(run: FedRun) -> int:
    return sum(size for _, size in list(run.documents.values())) + sum(sent.size for sent in list(run.lines.values()))
