"""The folders of runs that are shown together, and the address of a run among them.

Of one folder a run's address is its id, as it always was. Of several each has a name, and the address is `name:id`;
no run id holds a colon.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from monitor.run_dir.errors import UsageError
from monitor.run_dir.lives import RUNS_DIR, archive_of, mirror_of

RUNS_VARIABLE = "VITALSIGNS_RUNS"
FOLDERS_VARIABLE = "VITALSIGNS_FOLDERS"
"""Several folders, one a line, for the page's server; it wins over VITALSIGNS_RUNS."""
NAME_PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
NAMED = re.compile(rf"({NAME_PATTERN.pattern})=(.+)", re.DOTALL)
FAR = re.compile(r"((?:[A-Za-z0-9_][A-Za-z0-9_.-]*@)?[A-Za-z0-9_][A-Za-z0-9_.-]*):(.+)", re.DOTALL)
"""A folder on another host, as scp takes it; a host never begins with a hyphen, which ssh would take for an option."""
ARCHIVE = re.compile(r"([A-Za-z][A-Za-z0-9+.:-]*)://(.*)", re.DOTALL)
"""An address as fsspec takes it."""
STORES = ("s3", "gs", "abfs")
"""Object stores: there are no links in them, and nothing there is run."""
PROGRAMS_VARIABLE = "VITALSIGNS_PROGRAMS"
DEFAULT_RUNS = Path("runs")


@dataclass(frozen=True)
class Folder:
    """`name`: its heading, "" where it is the only one; `path`: where it is read.

    Of a folder on another host that is its mirror; `host` is as ssh takes it, `there` the path on that host, `program`
    what starts the product there, "" for the usual. Of an archive in an object store it is a copy, `there` the address.
    """

    name: str
    path: Path
    host: str = ""
    there: str = ""
    program: str = ""

    @property
    def far(self) -> bool:
        """Whether it is not a folder of this machine."""
        return bool(self.there)

    @property
    def is_archive(self) -> bool:
        """Whether it lies in an object store: its runs can be looked at, and nothing else."""
        return self.far and not self.host

    @property
    def side(self) -> str:
        """Who answers for it, in words: a host, or the address of an archive."""
        return self.host or self.there

    @property
    def location(self) -> str:
        """Where it lies, in words."""
        return f"{self.host}:{self.there}" if self.host else self.there or str(self.path)

    @property
    def text(self) -> str:
        """As `--runs` takes it."""
        return f"{self.name}={self.location}" if self.name else self.location

    def address(self, run_id: str) -> str:
        """What the page calls a run of this folder."""
        return f"{self.name}:{run_id}" if self.name else run_id


@dataclass(frozen=True)
class Folders:
    """The folders that are shown together, at least one, in the order in which they were given."""

    all: tuple[Folder, ...]

    @property
    def several(self) -> bool:
        """Whether the folders have names, so that a run's address needs one."""
        return bool(self.all[0].name)

    @property
    def home(self) -> Folder:
        """Where runs that are started on the page go: the first folder of this machine."""
        return next((folder for folder in self.all if not folder.far), self.all[0])

    @property
    def text(self) -> str:
        """The folders as one text, one a line: it identifies a dashboard among those of one user."""
        return "\n".join(folder.text for folder in self.all)

    @property
    def location(self) -> str:
        """Where they lie, in words, separated by commas."""
        return ", ".join(folder.location for folder in self.all)

    @property
    def heading(self) -> str:
        """Above the page: the path of the only one, else the names."""
        return ", ".join(folder.name for folder in self.all) if self.several else self.location

    def of(self, address: str) -> tuple[Folder, str]:
        """The folder and the run id of an address. Raises UsageError for a folder that is none of these."""
        if not self.several:
            return self.all[0], address
        name, _, run_id = address.partition(":")
        found = next((folder for folder in self.all if folder.name == name), None)
        if found is None:
            names = ", ".join(folder.name for folder in self.all)
            raise UsageError(f"There is no folder {name[:40]!r} on this page; there is {names}.")
        return found, run_id

    def holding(self, path: Path) -> Folder:
        """The folder that is read at a path; the first one where none is."""
        return next((folder for folder in self.all if folder.path == path), self.all[0])


def folders_of(texts: Sequence[str | Path], programs: Sequence[str] = ()) -> Folders:
    """What `--runs` was given, once or several times: `PATH`, `HOST:PATH`, `s3://…`, each also as `NAME=…`.

    `programs`: what starts the product on a host, as `HOST=COMMAND`. Raises UsageError.
    """
    started = dict(_program(text) for text in programs)
    found = [_folder(str(text), started) for text in texts] or [Folder("", DEFAULT_RUNS.absolute())]
    twice = next((one for place, one in enumerate(found) if one.path in [each.path for each in found[:place]]), None)
    if twice is not None:
        raise UsageError(f"--runs names {twice.location} twice; give each folder once.")
    if len(found) == 1 and not found[0].name and not found[0].far:
        return Folders((found[0],))
    given = [folder.name for folder in found if folder.name]
    if len(set(given)) < len(given):
        raise UsageError(f"--runs gives the name {max(given, key=given.count)} to two folders; each needs its own.")
    taken = set(given)
    named = []
    for folder in found:
        name = folder.name or _free(_usual_name(folder), taken)
        taken.add(name)
        named.append(replace(folder, name=name))
    return Folders(tuple(named))


def plain(path: Path) -> Path:
    """The path without `..` and doubled parts; as it is where `..` leads elsewhere because a link stands before it."""
    short = os.path.normpath(path)
    return Path(short) if os.path.realpath(short) == os.path.realpath(path) else path


def served() -> Folders:
    """The folders of this process's page, from its environment."""
    several = os.environ.get(FOLDERS_VARIABLE)
    if not several:
        return folders_of([os.environ.get(RUNS_VARIABLE) or DEFAULT_RUNS])
    return folders_of(several.split("\n"), programs_known())


def programs_known() -> list[str]:
    """The commands that start the product on other hosts, from the environment: `HOST=COMMAND`, one a line."""
    return list(filter(None, (os.environ.get(PROGRAMS_VARIABLE) or "").split("\n")))


def _folder(text: str, programs: Mapping[str, str]) -> Folder:
    # A folder that is there is meant as it stands, also one with a sign in its name.
    match = None if Path(text).exists() else NAMED.fullmatch(text)
    name, where = match.groups() if match else ("", text)
    archive = ARCHIVE.fullmatch(where)
    if archive is not None:
        return _archive(name, archive[1], archive[2].rstrip("/"))
    far = None if Path(where).exists() else FAR.fullmatch(where)
    if far is None:
        return Folder(name, plain(Path(where).expanduser().absolute()))
    host, there = far[1], far[2].removeprefix("~/")
    if not there.isprintable():
        raise UsageError(f"--runs {text!r}: the path on {host} holds a control character; give a plain path.")
    return Folder(name, mirror_of(host, there) / RUNS_DIR, host, there, programs.get(host, ""))


def _archive(name: str, scheme: str, rest: str) -> Folder:
    if scheme not in STORES:
        known = ", ".join(f"{each}://" for each in STORES)
        raise UsageError(
            f"--runs cannot read over {scheme[:20]}://; archives are read from {known}, other hosts as HOST:PATH."
        )
    if ":" in rest.partition("@")[0] and "@" in rest:
        raise UsageError(
            "--runs takes no password in an address: it would be shown. Give it in the environment or in the store's "
            "own configuration."
        )
    if not rest or not rest.isprintable() or any(part in ("", ".", "..") for part in rest.split("/")):
        raise UsageError(f"--runs: {scheme}:// needs a bucket and a plain path, such as {scheme}://bucket/runs.")
    there = f"{scheme}://{rest}"
    return Folder(name, archive_of(there) / RUNS_DIR, "", there)


def _program(text: str) -> tuple[str, str]:
    host, sign, command = text.partition("=")
    if not sign or not command.strip() or not command.isprintable():
        raise UsageError(f"--program {text} is not HOST=COMMAND, such as gpu3=/opt/venv/bin/vitalsigns.")
    return host, command


def _usual_name(folder: Folder) -> str:
    """The last part of the path that tells folders apart: of lab/runs and other/runs the part before."""
    if folder.host:
        return folder.host.rpartition("@")[2][:40].strip("-._") or "host"
    whole = folder.there.split("/")[2:] if folder.is_archive else folder.path.parts
    parts = [part for part in whole if part not in ("/", "runs")]
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", parts[-1] if parts else "runs").strip("-._")[:32]
    return name or "runs"


def _free(name: str, taken: set[str]) -> str:
    number = 2
    free = name
    while free in taken:
        free, number = f"{name}-{number}", number + 1
    return free
