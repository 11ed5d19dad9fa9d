"""Restart and resume: a child run from a plan, and the next generation of the same run.

The command that was shown is the command that runs, or nothing runs.
"""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from monitor.launcher.engines import submitting
from monitor.launcher.glance import existing, status
from monitor.launcher.headroom import need_of
from monitor.launcher.relaunch.code import changed_files
from monitor.launcher.relaunch.launchers import is_in_image
from monitor.launcher.relaunch.outputs import shared_folder
from monitor.launcher.relaunch.plan import RestartPlan, RestartRequest, behind, make_plan
from monitor.launcher.relaunch.resuming import ResumePlan, make_resume_plan
from monitor.launcher.relaunch.trying import can_be_tried, parser_problem
from monitor.launcher.starting import claim, start_notes, submit_or_forget
from monitor.launcher.stopping import refuse_unstoppable, stop
from monitor.launcher.supervising import ensure_supervised, refuse_unsealed, supervise
from monitor.run_dir import FINAL_STATES, Away, Parent, files, processes
from monitor.run_dir.audit import audited, by_name, refuse_mirrored
from monitor.run_dir.errors import MonitorError, RefusedError
from monitor.run_dir.launch import PLACEHOLDER, Order, expand, read_launch, read_state
from monitor.run_dir.makefile import opened
from monitor.run_dir.one_word import words_of
from monitor.run_dir.seal import is_from_here, seal_anew


def plan_restart(
    runs_dir: Path,
    run_id: str,
    changes: Mapping[str, Any],
    *,
    expected: Mapping[str, Any] | None = None,
    start_from: str | None = None,
    device: str | None = None,
    stop_parent: bool = False,
    try_first: bool = True,
    beside: Sequence[RestartPlan] = (),
) -> RestartPlan:
    """What a restart of `run_id` with `changes` would run; nothing is started. See `relaunch.plan.make_plan`.

    Its notes also say whether memory and disk suffice, and what it would wait for; with `stop_parent` a live parent
    is stopped first, and with `try_first` only once the child's command has got past its parser, where that can be
    tried (`relaunch.trying`). `beside`: the plans of other children that are to start with it (`restart_together`).
    Raises RefusedError also where two of them would be the same run, or write into the same folder.
    """
    plan = make_plan(runs_dir, run_id, RestartRequest(changes, expected or {}, start_from, device))
    plan = behind(plan, [each.child_id for each in beside])
    _refuse_sharing(plan, beside)
    stops = stop_parent and status(runs_dir / run_id).live
    words, place = opened(plan.argv, plan.cwd)
    is_tried = stops and try_first and not plan.stranger and can_be_tried(words, place)
    tried = [f"Before {run_id} is stopped, the command is run up to its parser, without a device."] if is_tried else []
    if stops and not is_tried and is_in_image(words):
        tried = [f"Its Python is in an image: the command is not tried before {run_id} is stopped."]
    # The first child alone has its parent's device; the others stand in line as any run.
    after = run_id if stops and not beside else ""
    notes = (*plan.notes, *tried, *start_notes(runs_dir, need_of(runs_dir / run_id), plan.device, after))
    return replace(plan, notes=notes, is_tried=is_tried)


def restart(
    plan: RestartPlan, *, stop_parent: bool, asked_by: str = "", trusted: bool = False, away: Away | None = None
) -> str:
    """Starts the child run of a plan and returns its id: `restart_together` of one."""
    return restart_together([plan], stop_parent=stop_parent, asked_by=asked_by, trusted=trusted, away=away)[0]


@audited("restart", lambda plans, **how: (plans[0].runs_dir, ", ".join(plan.child_id for plan in plans)))
def restart_together(
    plans: Sequence[RestartPlan],
    *,
    stop_parent: bool,
    asked_by: str = "",
    trusted: bool = False,
    away: Away | None = None,
) -> list[str]:
    """Starts the children of one parent, each with its own change, and returns their ids: all of them or none.

    With `stop_parent` the parent is asked to stop, once, after every child waits for it in the state `queued`: their
    supervisors wait, not the caller. On SLURM they are one job array where they can be (`may_be_array`). Raises
    RefusedError, which names the child, if one exists already or was asked for just now (a second click, a second
    terminal), if anything that was shown is no longer so, or if the command is not this user's own and it has not been
    approved (`trusted`).
    """
    parent_dir = plans[0].runs_dir / plans[0].parent_id
    waits = stop_parent and status(parent_dir).live
    if waits:
        refuse_unstoppable(parent_dir)
    for plan in plans:
        with _naming(plan, plans):
            _refuse_stranger(plan, trusted)
            if waits:
                _refuse_unparsed(plan)
    claimed: list[Path] = []
    try:
        for plan in plans:
            with _naming(plan, plans):
                claimed.append(_claimed(plan, _order_of(plan, asked_by, away)))
    except RefusedError:
        _forget(claimed)
        raise
    _begin(claimed, parent_dir if waits else None, asked_by)
    if waits and status(parent_dir).live:
        # Not before: the child stands in line when its parent lets the device go, and nothing is stopped for a child
        # that cannot begin.
        _stop_if_live(parent_dir, asked_by)
    return [plan.child_id for plan in plans]


def _begin(children: Sequence[Path], parent_dir: Path | None, asked_by: str) -> None:
    """Starts runs that were claimed just now, or submits them; `parent_dir`: the run that they wait for.

    Raises RefusedError with the first that does not start. Those before it that wait leave the queue again.
    """
    launch, state = read_launch(children[0]), read_state(parent_dir) if parent_dir is not None else None
    order = launch.job if launch is not None else None
    after = state.job.job_id if state is not None and state.job is not None else ""
    if members := submitting.array_of(children, order):
        try:
            submitting.submit_array(members, after=after)
        except RefusedError:
            _forget(children)
            raise
        return
    for place, run_dir in enumerate(children):
        try:
            if order is not None:
                submit_or_forget(run_dir, after=after)
            else:
                supervise(run_dir, *(["--after-parent"] if parent_dir is not None else []))
        except RefusedError as problem:
            _forget(children[place + 1 :])
            if not place:
                raise
            raise RefusedError(f"{_left(children[:place], parent_dir, asked_by)} {run_dir.name}: {problem}") from None


def _left(begun: Sequence[Path], parent_dir: Path | None, asked_by: str) -> str:
    """What becomes of the children that had begun when another one was refused, as a sentence."""
    names = f"{' and '.join(each.name for each in begun)} {'was' if len(begun) == 1 else 'were'}"
    if parent_dir is None:
        return f"{names} started, and no more."
    for each in begun:
        with contextlib.suppress(RefusedError):
            stop(each, asked_by)
    return f"{names} taken out of the queue again, and {parent_dir.name} goes on."


def _forget(claimed: Sequence[Path]) -> None:
    for run_dir in claimed:
        shutil.rmtree(run_dir, ignore_errors=True)


@contextlib.contextmanager
def _naming(plan: RestartPlan, plans: Sequence[RestartPlan]) -> Iterator[None]:
    """Of several children a refusal says which one it is about."""
    try:
        yield
    except RefusedError as problem:
        if len(plans) == 1:
            raise
        raise RefusedError(f"{plan.child_id} is refused, and with it the whole race: {problem}") from None


def _refuse_sharing(plan: RestartPlan, beside: Sequence[RestartPlan]) -> None:
    """Nothing would be compared by a run without a change, by two that are the same or that write over each other."""
    same = next((each for each in (*beside, plan) if beside and _is_unchanged(each)), None)
    if same is not None:
        again = f"{same.child_id} would be {same.parent_id} again, without a known change"
        raise RefusedError(f"{again}: give each child of a race a change.")
    for other in beside:
        if plan.argv == other.argv and plan.device == other.device and plan.copies == other.copies:
            raise RefusedError(f"{other.child_id} and {plan.child_id} would be the same run twice: give each a change.")
        if shared := shared_folder(words_of(plan.argv), words_of(other.argv), plan.cwd, plan.rules):
            raise RefusedError(
                f"{other.child_id} and {plan.child_id} would both write into {shared}. "
                f"Give {PLACEHOLDER} for the folder of each."
            )


def _is_unchanged(plan: RestartPlan) -> bool:
    """Whether neither a setting, nor a file of settings, nor the code, nor the starting weights differ."""
    return not (plan.diff or plan.copies or plan.is_warm or plan.code.is_same is False)


def may_be_array(plans: Sequence[RestartPlan]) -> bool:
    """Whether these children can be one job array: jobs of SLURM that are called STEM-2, STEM-3."""
    parent = read_launch(plans[0].runs_dir / plans[0].parent_id)
    children = [plan.runs_dir / plan.child_id for plan in plans]
    return bool(submitting.array_of(children, parent.job if parent is not None else None))


def _refuse_stranger(plan: RestartPlan, trusted: bool) -> None:
    if plan.stranger and not trusted:
        raise RefusedError(f"{plan.stranger} To run it anyway, pass --trust-command.\n{plan.command}")


def _order_of(plan: RestartPlan, asked_by: str, away: Away | None) -> Order:
    parent = read_launch(plan.runs_dir / plan.parent_id)
    return Order(
        argv=plan.argv,
        cwd=plan.cwd,
        asked_by=asked_by,
        how="restart",
        parent=_parent_of(plan),
        thresholds=plan.thresholds,
        stop_grace_secs=plan.stop_grace_secs,
        environment=plan.environment,
        away=away,
        stop_with="INT" if parent is None else parent.stop_with,
        device=plan.device,
        metric=plan.metric,
        job=parent.job if parent is not None else None,
    )


def _claimed(plan: RestartPlan, order: Order) -> Path:
    """The child's folder, claimed once what was shown has proved to be still so."""
    with processes.alone_in(plan.runs_dir / plan.parent_id):
        _refuse_what_was_not_shown(plan)
        _refuse_duplicate(plan)
        return claim(plan.runs_dir, order, plan.child_id, None, plan.copies)


def _refuse_unparsed(plan: RestartPlan) -> None:
    """Nothing is stopped for a child whose command would end in its own parser."""
    words = opened(plan.argv, plan.cwd)
    problem = parser_problem(*words, plan.environment, plan.copies) if plan.is_tried else ""
    if problem:
        raise RefusedError(
            f"The child's command does not start: {problem}\n"
            f"{plan.parent_id} goes on; nothing was stopped or started. To start it all the same, pass --no-try."
        )


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
    new = make_plan(plan.runs_dir, plan.parent_id, plan.request)
    shown, now = plan.parts(), new.parts()
    changed = [name for name in shown if shown[name] != now[name]]
    if "the code" in changed:
        changed = [name for name in changed if name != "the code"] + changed_files(plan.code.now, new.code.now)
    if changed:
        raise RefusedError(
            f"The plan is out of date: {' and '.join(changed)} changed since it was shown. "
            "Nothing was started; review the new plan."
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
        raise RefusedError(f"The plan is out of date: {run_id}'s launch.json changed. Review the new plan.")
    if plan is not None and plan.code.now != now.code.now:
        edited = " and ".join(changed_files(plan.code.now, now.code.now))
        raise RefusedError(f"The plan is out of date: {edited} changed since it was shown. Review the new plan.")
    run_dir = runs_dir / run_id
    if now.stranger and not trusted:
        raise RefusedError(
            f"{now.stranger} To run it anyway, and to seal it anew, pass --trust-command.\n{now.command}"
        )
    if now.stranger:
        with files.writing(run_dir, "started"):
            seal_anew(run_dir, now.launch)
    if now.launch.job is not None:
        submitting.submit(run_dir)
    else:
        supervise(run_dir, "--resume")
    return run_id


def take_over(runs_dir: Path, run_id: str, *, trusted: bool = False) -> bool:
    """Gives a run that has lost its supervisor, while it trains or waits in a queue, a new one; False where it has one.

    Raises RefusedError for one whose folder was moved since it was sealed, unless its owner says so (`trusted`).
    """
    refuse_mirrored(runs_dir)
    run_dir = existing(runs_dir, run_id)
    state = read_state(run_dir)
    alone = status(run_dir).unsupervised or (state is not None and state.state == "queued")
    # Where there is nothing to take over, nothing is done that the audit log could name.
    return alone and read_launch(run_dir) is not None and _supervise_again(runs_dir, run_id, trusted=trusted)


@audited("resume", by_name)
def _supervise_again(runs_dir: Path, run_id: str, *, trusted: bool) -> bool:
    run_dir = existing(runs_dir, run_id)
    launch = read_launch(run_dir)
    if launch is None:
        return False
    if not trusted:
        refuse_unsealed(run_dir, launch)
    elif not is_from_here(launch, run_dir):
        with files.writing(run_dir, "started"):
            seal_anew(run_dir, launch)
    return ensure_supervised(run_dir)


DUPLICATE_SECS = 10.0
"""The same restart, asked for so soon after the child was made, is one request that was made twice."""
WAITING = frozenset({"queued", "starting"})


def _refuse_duplicate(plan: RestartPlan) -> None:
    """Raises RefusedError if a child of the same parent with the same command is waiting, or was started since this one
    was asked for or just before."""
    for run_dir in plan.runs_dir.iterdir():
        with contextlib.suppress(MonitorError, *files.UNREADABLE):
            if _is_duplicate(plan, run_dir):
                break
    else:
        return
    raise RefusedError(
        f"{run_dir.name} is the same restart of {plan.parent_id}, requested just now; nothing more was started."
    )


def _is_duplicate(plan: RestartPlan, run_dir: Path) -> bool:
    launch = read_launch(run_dir)
    if launch is None or launch.parent is None:
        return False
    # Two devices are two requests: the same run twice, side by side.
    if (launch.parent.run_id, launch.argv, launch.device) != (plan.parent_id, plan.argv, plan.device):
        return False
    # The change may stand in a file of settings alone, which the command names alike for every child.
    wanted = {run_dir / place: expand([text], run_dir)[0].encode() for place, text in plan.copies.items()}
    if any(files.read_bytes(path) != text for path, text in wanted.items()):
        return False
    state = read_state(run_dir)
    if state is not None and state.state in FINAL_STATES:
        return False  # it could not be started, or is over: that one does not stand in the way of another try
    if state is not None and state.state in WAITING:
        return True
    # One from the future was made before the clock was set back: nobody knows how long ago.
    return plan.asked_at - DUPLICATE_SECS < launch.created_at < time.time() + DUPLICATE_SECS
