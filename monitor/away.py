"""If it goes bad while I am away: what was wished at the start or later, and what the policy has done."""

from __future__ import annotations

from pathlib import Path

from monitor import files
from monitor.errors import RefusedError
from monitor.launch import read_launch
from monitor.run_dir import AWAY_ACT_FILE, AWAY_FILE, Away, AwayAct, decode, encode

ASKED_BY = "away policy"
"""Who asked, in the requests and starts that the policy makes."""


def policy_of(run_dir: Path) -> Away:
    """The policy in force: the one that was set last, else that of the start, else: tell only.

    Raises UnreadableRunError for a launch.json that cannot be understood.
    """
    try:
        data = _read(run_dir / AWAY_FILE)
        if data is not None:
            return decode(data, Away)
    except ValueError:
        return Away()  # a damaged wish stops nothing
    launch = read_launch(run_dir)
    return (launch.away if launch is not None else None) or Away()


def set_policy(run_dir: Path, policy: Away) -> None:
    """Changes it, from now on. Raises RefusedError if the folder cannot be written."""
    try:
        files.replace(run_dir / AWAY_FILE, encode(policy))
    except OSError as problem:
        raise RefusedError(f"{run_dir} cannot be written ({problem.strerror}); nothing was changed.") from None


def act_of(run_dir: Path) -> AwayAct | None:
    """What the policy has done to this run; None if nothing."""
    try:
        data = _read(run_dir / AWAY_ACT_FILE)
        return None if data is None else decode(data, AwayAct)
    except ValueError:
        return None


def _read(path: Path) -> bytes | None:
    try:
        return files.read_bytes(path)
    except OSError:
        return None
