"""A child run from the plan of a restart: what was shown is what runs, or nothing does."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from monitor.launcher.glance import status
from monitor.launcher.headroom import need_of
from monitor.launcher.relaunch.plan import RestartPlan, Wish, make_plan
from monitor.launcher.relaunch.twins import refuse_a_twin
from monitor.launcher.starting import claim, foreseen
from monitor.launcher.stopping import refuse_unstoppable, stop
from monitor.launcher.supervising import supervise
from monitor.run_dir import Away, Parent, StopWith, processes
from monitor.run_dir.audit import audited
from monitor.run_dir.errors import RefusedError
from monitor.run_dir.launch import Order, read_launch


def plan_restart(
    runs_dir: Path,
    run_id: str,
    changes: Mapping[str, Any],
    *,
    expected: Mapping[str, Any] | None = None,
    start_from: str | None = None,
    device: str | None = None,
    stop_parent: bool = False,
) -> RestartPlan:
    """What a restart of `run_id` with `changes` would run; nothing is started. See `relaunch.plan.make_plan`.

    Its notes also tell whether memory and disk will do, and whom it would wait for; with `stop_parent` a live parent
    is stopped first.
    """
    plan = make_plan(runs_dir, run_id, Wish(changes, expected or {}, start_from, device))
    after = run_id if stop_parent and status(runs_dir / run_id).live else ""
    notes = (*plan.notes, *foreseen(runs_dir, need_of(runs_dir / run_id), plan.device, after))
    return replace(plan, notes=notes)


@audited("restart", lambda plan, **how: (plan.runs_dir, plan.child_id))
def restart(
    plan: RestartPlan, *, stop_parent: bool, asked_by: str = "", trusted: bool = False, away: Away | None = None
) -> str:
    """Starts the child run of a plan and returns its id; with `stop_parent` the parent is asked to stop first.

    The child then waits in the state `queued` until the parent has ended: its own supervisor waits, not the caller.
    Raises RefusedError if the child exists already or was asked for just now (a second click, a second terminal), if
    anything that was shown is no longer so, or if the command is not this user's own and nobody has agreed to it
    (`trusted`).
    """
    if plan.stranger and not trusted:
        raise RefusedError(f"{plan.stranger} Then agree to it with --trust-command.\n{plan.command}")
    order = Order(
        argv=plan.argv,
        cwd=plan.cwd,
        asked_by=asked_by,
        how="restart",
        parent=_parent_of(plan),
        thresholds=plan.thresholds,
        stop_grace_secs=plan.stop_grace_secs,
        environment=plan.environment,
        away=away,
        stop_with=_stopped_with(plan.runs_dir / plan.parent_id),
        device=plan.device,
    )
    parent_dir = plan.runs_dir / plan.parent_id
    waits = stop_parent and status(parent_dir).live
    if waits:
        refuse_unstoppable(parent_dir)
    with processes.alone_in(parent_dir):
        _refuse_what_was_not_shown(plan)
        refuse_a_twin(plan, time.time())
        run_dir = claim(plan.runs_dir, order, plan.child_id, None)
    supervise(run_dir, *(["--after-parent"] if waits else []))
    if waits and status(parent_dir).live:
        # Not before: the child stands in line when its parent lets the device go, and nothing is stopped for a child
        # that cannot begin.
        _stop_if_live(parent_dir, asked_by)
    return plan.child_id


def _stop_if_live(parent_dir: Path, asked_by: str) -> None:
    try:
        stop(parent_dir, asked_by)
    except RefusedError:
        if status(parent_dir).live:
            raise


def _refuse_what_was_not_shown(plan: RestartPlan) -> None:
    """The plan is made again: what runs is byte for byte what was shown, or nothing runs."""
    if (plan.runs_dir / plan.child_id).exists():
        raise RefusedError(f"There is a run {plan.child_id} in {plan.runs_dir} already; nothing was started.")
    shown, now = plan.parts(), make_plan(plan.runs_dir, plan.parent_id, plan.wish).parts()
    changed = [name for name in shown if shown[name] != now[name]]
    if changed:
        raise RefusedError(
            f"What would run is no longer what was shown: {' and '.join(changed)} changed meanwhile. "
            "Nothing was started; look at it again."
        )


def _parent_of(plan: RestartPlan) -> Parent:
    return Parent(
        run_id=plan.parent_id,
        how="restart_warm" if plan.is_warm else "restart",
        changes={key: [before, after] for key, before, after in plan.diff},
        expected=dict(plan.expected),
        code_line=plan.code.line,
        code_diff=plan.code.diff,
    )


def _stopped_with(parent_dir: Path) -> StopWith:
    launch = read_launch(parent_dir)
    return "INT" if launch is None else launch.stop_with
