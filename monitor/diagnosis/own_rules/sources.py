"""Where a run's own rules come from, and whether they may run: `vitalsigns_rules.py`, and installed packages.

The file is code, so it runs only where a command would: for a run that this user started here (its launch is sealed),
from the project that it was started in, out of a file that no other user may write, and never out of a run directory,
which may come from anyone. What is not run is named.
"""

from __future__ import annotations

import functools
import hashlib
import os
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import msgspec

from monitor.run_dir import Launch
from monitor.run_dir.ownership import read_own
from monitor.run_dir.reader import is_run
from monitor.run_dir.seal import is_from_here

RULES_FILE = "vitalsigns_rules.py"
GROUP = "vitalsigns.rules"
"""The entry points by which an installed package offers rules."""
MOST_BYTES = 262_144
NOT_STARTED_HERE = (
    "this run was not started by you on this machine, or its folder was moved or its launch.json edited since"
)


class RuleSource(msgspec.Struct, frozen=True):
    """One file with its text, or one entry point. `problem`: why it is not run."""

    name: str
    path: str = ""
    text: str = ""
    entry: str = ""
    problem: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """The same as long as the rules are the same."""
        return self.path or self.entry, hashlib.sha256(self.text.encode()).hexdigest()


def sources_of(launch: Launch | None, run_dir: Path) -> list[RuleSource]:
    """Installed rules, then those of the project that a run was started in. Reads files, runs nothing."""
    return [*installed(), *_of_project(launch, run_dir)]


@functools.cache
def installed() -> tuple[RuleSource, ...]:
    """What packages of this environment offer: installed code is trusted as the program itself."""
    found = metadata.entry_points(group=GROUP)
    return tuple(RuleSource(name=f"{each.name} ({each.value})", entry=each.name) for each in sorted(found))


def _of_project(launch: Launch | None, run_dir: Path) -> Iterator[RuleSource]:
    if launch is None or not Path(launch.cwd).is_absolute():
        return
    for source in nearest(Path(launch.cwd)):
        foreign = "" if is_from_here(launch, run_dir) else NOT_STARTED_HERE
        yield msgspec.structs.replace(source, problem=foreign or source.problem)


def nearest(folder: Path) -> Iterator[RuleSource]:
    """The rules of the project that a folder belongs to: the nearest file there or above it that may run.

    Files before it that may not run come first, each with its problem.
    """
    for path in (each / RULES_FILE for each in (folder, *folder.parents)):
        if os.path.lexists(path):
            found = read(path)
            yield found
            if not found.problem:
                return


def read(path: Path) -> RuleSource:
    """One file; raises nothing."""
    source = RuleSource(name=str(path), path=str(path))
    try:
        text, why = _text_of(path)
    except (OSError, ValueError, RuntimeError) as problem:  # RuntimeError: links in a circle
        text, why = "", f"it cannot be read: {getattr(problem, 'strerror', None) or problem}"
    return msgspec.structs.replace(source, text=text, problem=why)


def _text_of(path: Path) -> tuple[str, str]:
    """(text, why it may not run): the text that is checked is the text that is run, even if the file changes."""
    for place in dict.fromkeys((path.absolute(), path.resolve(strict=True))):
        run = next((folder for folder in place.parents if is_run(folder)), None)
        if run is not None:
            return "", f"it lies in a run directory ({run}), and nothing there is executed"
    data, why = read_own(path, MOST_BYTES)
    if why:
        return "", f"it may hold what others wrote: {why}"
    if len(data) > MOST_BYTES:
        return "", f"it is larger than {MOST_BYTES // 1024} KiB"
    return data.decode("utf-8"), ""
