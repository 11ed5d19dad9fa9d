"""Two accounts on one machine: what one of them plants, the other must not obey."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.supervised import end_everything

ROOT = Path(__file__).resolve().parent.parent
VICTIM, ATTACKER = 54_301, 54_302
"""Numbers of accounts that need not be in /etc/passwd."""


def needs_root() -> None:
    """Skips, and says so, where no second account can be had."""
    if os.geteuid() != 0 or not sys.platform.startswith("linux"):
        pytest.skip("NOT TRIED: an attack by another account needs root on Linux; run this file as root")


def run_as(uid: int, *command: object, **how: Any) -> subprocess.CompletedProcess[str]:
    """One command as another account, in no group but its own. `how`: as for subprocess.run; `env` as it is."""
    words = ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", *map(str, command)]
    return subprocess.run(words, capture_output=True, text=True, timeout=120, **how)


GROUP = 54_303
"""A group that the attacker is in, and that a folder of runs was given to."""


@pytest.fixture
def common_runs() -> Iterator[Path]:
    """A folder of runs that a group may write, in a place that everybody can reach."""
    needs_root()
    place = Path(tempfile.mkdtemp())
    place.chmod(0o755)
    runs = place / "runs"
    runs.mkdir()
    os.chown(runs, -1, GROUP)
    runs.chmod(0o2770)
    yield runs
    end_everything(runs)
    shutil.rmtree(place)


def as_attacker(act: Callable[[], object]) -> None:
    """Does `act` in a process of the attacker, a member of the group. Fails the test where it could not."""
    pid = os.fork()
    if pid == 0:
        done = 1
        try:
            os.setgroups([GROUP])
            os.setgid(GROUP)
            os.setuid(ATTACKER)
            os.umask(0o007)
            act()
            done = 0
        finally:
            os._exit(done)
    assert os.waitpid(pid, 0)[1] == 0, "the attacker could not do that"
