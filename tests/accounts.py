"""Two accounts on one machine: what one of them plants, the other must not obey."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

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
