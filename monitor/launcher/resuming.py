"""The same run goes on, as its next generation."""

from __future__ import annotations

from pathlib import Path

from monitor.launcher.glance import existing, status
from monitor.launcher.relaunch.resuming import ResumePlan, make_resume_plan
from monitor.launcher.supervising import supervise
from monitor.run_dir.audit import audited, by_name
from monitor.run_dir.errors import RefusedError


def plan_resume(runs_dir: Path, run_id: str) -> ResumePlan:
    """What a resume of `run_id` would run and where it goes on; nothing is started.

    Raises RefusedError while it is live, when it has done all its epochs, or when no command is known.
    """
    run_dir = existing(runs_dir, run_id)
    if status(run_dir).live:
        raise RefusedError(f"{run_id} is still running; there is nothing to resume.")
    return make_resume_plan(run_dir)


@audited("resume", by_name)
def resume(
    runs_dir: Path, run_id: str, asked_by: str = "", *, plan: ResumePlan | None = None, trusted: bool = False
) -> str:
    """Lets the same run go on as its next generation: our trainer from its last checkpoint, a script as it was started.

    `plan` is what was shown, if anything was; `trusted`: a person has read a command that is not this user's own.
    Raises RefusedError as `plan_resume` does, and where what was shown is no longer so.
    """
    now = plan_resume(runs_dir, run_id)
    if plan is not None and plan.fingerprint != now.fingerprint:
        raise RefusedError(f"What would run is no longer what was shown: {run_id}'s launch.json changed meanwhile.")
    if plan is not None and plan.code.now != now.code.now:
        raise RefusedError("What would run is no longer what was shown: the code changed meanwhile. Look at it again.")
    if now.stranger and not trusted:
        raise RefusedError(f"{now.stranger} Then agree to it with --trust-command.\n{now.command}")
    supervise(runs_dir / run_id, "--resume", *(["--trusted", now.fingerprint] if now.stranger else []))
    return run_id
