"""What was worked out of the runs of a folder, kept for the next process in the user's own cache.

It holds nothing that cannot be worked out again: a file that is damaged, of other code, of another boot or not the
user's own is passed over. What was kept of a run holds as long as every file of its folder is the same.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from monitor.run_dir import files
from monitor.run_dir.opening import OddFileError, make_folder, open_to_read
from monitor.run_dir.processes import HOME, identify
from monitor.run_dir.records import PROGRESS_FILE, STEPS_FILE, ready

V = TypeVar("V")

MOST_BYTES = 256 * 2**20
SURE_NS = 2_000_000_000
"""A file that has just changed may change again within the same tick of the file system's clock."""
BEATS = frozenset({PROGRESS_FILE, STEPS_FILE})
CODE = (".py", ".json")


@dataclass(frozen=True)
class Mark:
    """Of a run's folder. `text` changes when any of its files does; `changed_ns`: when the newest of them last did;
    `folder_ns`: when one was last made, replaced or removed; `but_beats`: as `text`, without what a sign of life and
    the steps change."""

    text: str
    changed_ns: int = 0
    folder_ns: int = 0
    but_beats: str = ""

    def is_sure(self, now_ns: int) -> bool:
        """Whether a later change would show: not of what is being written now, nor of a folder that is gone."""
        return bool(self.text) and self.changed_ns + SURE_NS < now_ns


def mark_of(run_dir: str) -> Mark:
    """The mark of everything that stands in a run's folder; an empty one where it cannot be read."""
    try:
        own = os.stat(run_dir)  # noqa: PTH116 - thousands of these a look
        with os.scandir(run_dir) as entries:
            found = sorted((entry.name, entry.stat(follow_symlinks=False)) for entry in entries)
    except OSError:
        return Mark("")
    lines, rests, newest = [b"%d %d " % (own.st_ino, own.st_uid)], [], 0
    for name, each in found:
        changed, made = each.st_mtime_ns, each.st_ctime_ns
        line = b"%b/%d %d %d %d " % (os.fsencode(name), each.st_ino, each.st_size, changed, made)
        lines.append(line)
        if name not in BEATS:
            rests.append(line)
        newest = max(newest, changed, made)
    return Mark(_digest(lines), newest, own.st_mtime_ns, _digest(rests))


def _digest(lines: list[bytes]) -> str:
    return hashlib.blake2b(b"".join(lines), digest_size=16).hexdigest()


class Cache(Generic[V]):
    """What was kept of each run of a folder, by its name."""

    def __init__(self, folder: Path, kind: type[V]) -> None:
        self._kind: type[dict[str, tuple[str, V]]] = dict[str, tuple[str, kind]]  # type: ignore[valid-type]
        whole = str(folder.resolve())
        self._key = f"{_code()} {whole}"
        self._path = cache_dir() / f"runs-{hashlib.blake2b(whole.encode(), digest_size=8).hexdigest()}.bin"

    def load(self) -> dict[str, tuple[str, V]]:
        """Run id → (text of its mark, what was kept); empty where nothing of use was kept."""
        try:
            with os.fdopen(open_to_read(self._path), "rb") as file:
                if not _is_own(self._path.parent) or os.fstat(file.fileno()).st_uid != os.geteuid():
                    return {}
                data = file.read(MOST_BYTES + 1)
            key, _, rest = data.partition(b"\n")
            return msgspec.msgpack.decode(rest, type=ready(self._kind)) if key.decode() == self._key else {}
        except (OSError, OddFileError, ValueError, msgspec.MsgspecError, RecursionError):
            return {}

    def save(self, values: Mapping[str, tuple[str, V]]) -> None:
        """Keeps these and nothing else. A disk that takes none is no reason to stop."""
        with contextlib.suppress(OSError, OddFileError):
            make_folder(self._path.parent)
            if _is_own(self._path.parent):
                files.replace(self._path, self._key.encode() + b"\n" + msgspec.msgpack.encode(values))


def cache_dir() -> Path:
    """Where the user's programs keep what they can make again."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "vitalsigns"


def _is_own(folder: Path) -> bool:
    found = folder.stat()
    return found.st_uid == os.geteuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _code() -> str:
    """Changes with any file of this program, and with the machine, its boot and the container: what lives is another
    question there."""
    here, seen = identify(), hashlib.blake2b(digest_size=16)
    for folder, _, names in sorted(os.walk(HOME / "monitor")):
        for name in sorted(name for name in names if name.endswith(CODE)):
            found = os.stat(f"{folder}/{name}")  # noqa: PTH116
            seen.update(f"{folder}/{name} {found.st_size} {found.st_mtime_ns} ".encode())
    seen.update(f"{here.host} {here.boot_id} {here.pid_namespace}".encode())
    return seen.hexdigest()
