"""The reader of an archive: a process of this machine that feeds as another host's does."""

from __future__ import annotations

import sys

from monitor.launcher.hosts.ssh import quoted
from monitor.run_dir.folders import Folder
from monitor.run_dir.words import PACKAGE


def command(words: list[str]) -> list[str]:
    """The command line that runs a verb of the product here."""
    return [sys.executable, "-m", PACKAGE, *words]


def why(folder: Folder, code: int | None, said: str) -> str:
    """Why the reader has ended, as one sentence. `said`: its standard error."""
    problems = [line.removeprefix("error: ") for line in said.splitlines() if line.startswith("error: ")]
    if problems:
        return f"{quoted(problems[-1], 600)}."
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return f"The reader of {folder.there} has ended: {quoted(lines[-1]) if lines else f'code {code}'}."
