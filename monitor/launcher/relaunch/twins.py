"""A child that somebody else, or the other hand, has just asked for."""

from __future__ import annotations

import contextlib
from pathlib import Path

from monitor.launcher.relaunch.plan import RestartPlan
from monitor.run_dir import FINAL_STATES
from monitor.run_dir.errors import MonitorError, RefusedError
from monitor.run_dir.launch import read_launch, read_state

TWIN_SECS = 10.0
"""The same restart within this time is the same wish, pressed in two places."""
WAITING = frozenset({"queued", "starting"})


def refuse_a_twin(plan: RestartPlan, now: float) -> None:
    """Raises RefusedError if a child of the same parent with the same command is waiting or was started just now."""
    for run_dir in plan.runs_dir.iterdir():
        with contextlib.suppress(MonitorError, OSError):
            if _is_twin(plan, run_dir, now):
                break
    else:
        return
    raise RefusedError(
        f"{run_dir.name} is the same restart of {plan.parent_id} and was asked for just now; nothing more was started."
    )


def _is_twin(plan: RestartPlan, run_dir: Path, now: float) -> bool:
    launch = read_launch(run_dir)
    if launch is None or launch.parent is None:
        return False
    # Two devices are two wishes: the same run twice, side by side.
    if (launch.parent.run_id, launch.argv, launch.device) != (plan.parent_id, plan.argv, plan.device):
        return False
    state = read_state(run_dir)
    if state is not None and state.state in FINAL_STATES:
        return False  # it could not be started, or is over: that one does not stand in the way of another try
    return abs(now - launch.created_at) < TWIN_SECS or (state is not None and state.state in WAITING)
