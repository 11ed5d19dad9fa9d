"""The away policy of a run: what it may do when the run goes bad, and what it has done."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from monitor.run_dir import AWAY_ACT_FILE, AWAY_FILE, Away, AwayAct, Snapshot, files
from monitor.run_dir.errors import UsageError
from monitor.run_dir.launch import read_launch

ACTIONS: dict[str, Literal["tell", "stop", "stop_and_fix"]] = {"tell": "tell", "stop": "stop", "fix": "stop_and_fix"}
"""Word on the command line → stored policy."""
BUDGET_HOURS = 12.0
"""How long the child may run by default."""
ASKED_BY = "away policy"
"""Who asked, in the requests and starts that the policy makes."""


def policy_of(run_dir: Path) -> Away:
    """The policy in force: the one that was set last, else that of the start, else: tell only.

    Raises UnreadableRunError for a launch.json that cannot be understood.
    """
    try:
        changed = files.read_document(run_dir / AWAY_FILE, Away, ignoring=OSError)
    except ValueError:
        return Away()  # a damaged policy stops nothing
    if changed is not None:
        return changed
    launch = read_launch(run_dir)
    return (launch.away if launch is not None else None) or Away()


def policy_in(snapshot: Snapshot) -> Away:
    """The same of what was read at one moment."""
    of_start = snapshot.launch.away if snapshot.launch is not None else None
    return snapshot.away or of_start or Away()


def policy_from(do: str, hours: float | None, by: str, now: float) -> Away:
    """The policy for a word of ACTIONS and, for "fix", the hours that the child may run.

    Raises UsageError for another word, or for hours that mean nothing.
    """
    if do not in ACTIONS:
        raise UsageError(f"Away policy {do!r} is unknown; must be one of {', '.join(ACTIONS)}.")
    if hours is not None and (do != "fix" or not hours > 0):
        raise UsageError("The hours limit the child of fix: must be a number above 0, and only with fix.")
    budget = (hours or BUDGET_HOURS) if do == "fix" else None
    return Away(do=ACTIONS[do], budget_hours=budget, at=now, by=by)


def word_of(policy: Away) -> str:
    """The word of ACTIONS for a policy."""
    return next(word for word, do in ACTIONS.items() if do == policy.do)


def words(policy: Away) -> str:
    """The policy in a few words."""
    if policy.do == "tell":
        return "tell me only"
    if policy.do == "stop" or policy.by_policy:
        until = f", at the latest after {policy.budget_hours:g} h" if policy.by_policy and policy.budget_hours else ""
        return f"stop it{until}"
    return f"stop it and start the first prescribed change, for {policy.budget_hours or BUDGET_HOURS:g} h at most"


def act_words(act: AwayAct) -> str:
    """What it has done, in a few words."""
    what = f"asked it to stop at epoch {act.epoch:g}"
    if not act.settled:
        return f"is stopping it (epoch {act.epoch:g})"
    if act.did == "stop_and_fix":
        return f"{what}, " + (f"started {act.child_id}" if act.child_id else "no child")
    return what


def act_of(run_dir: Path) -> AwayAct | None:
    """What the policy has done to this run; None if nothing."""
    return files.read_document(run_dir / AWAY_ACT_FILE, AwayAct, files.UNREADABLE)
