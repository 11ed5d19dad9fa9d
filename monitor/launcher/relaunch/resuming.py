"""The plan of a resume: where the same run goes on, with which command, and what has changed around it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from monitor.launcher.relaunch.code import CodeChange, code_since
from monitor.launcher.relaunch.options import described_run
from monitor.launcher.relaunch.plan import read_run
from monitor.launcher.relaunch.surroundings import environment_lines
from monitor.launcher.relaunch.warm import checkpoint_about, resume_offer, resumed_command
from monitor.launcher.relaunch.written import newest_checkpoint
from monitor.run_dir import Launch
from monitor.run_dir.errors import RefusedError
from monitor.run_dir.launch import command_of, is_own_trainer, read_launch, read_progress, read_state
from monitor.run_dir.one_word import words_of
from monitor.run_dir.planned import IN_EPOCHS, key_of_epochs, planned_by
from monitor.run_dir.seal import fingerprint, is_from_here, unverified_command_warning
from monitor.run_dir.words import monitor_line


@dataclass(frozen=True)
class ResumePlan:
    """`line` says where it goes on and what changed; `command` is byte for byte what runs.

    `stranger` is what must be agreed to where the command is not this user's own, else "".
    """

    run_id: str
    line: str
    command: str
    cwd: str
    code: CodeChange
    surroundings: tuple[str, ...]
    stranger: str
    launch: Launch

    @property
    def fingerprint(self) -> str:
        """Of everything that decides what runs."""
        return fingerprint(self.launch)


def make_resume_plan(run_dir: Path) -> ResumePlan:
    """The plan for a run that is not live. Raises RefusedError where all epochs are done or no command is known."""
    launch = read_launch(run_dir)
    if launch is None or not launch.argv or launch.how == "import":
        raise RefusedError(f"How {run_dir.name} was started is not known (it was imported), so it cannot be resumed.")
    if launch.how == "attach":
        raise RefusedError(
            f"{run_dir.name} was not started by Vitalsigns: continue it where it was started, "
            f"or start it again: {monitor_line('restart', run_dir.name)}"
        )
    _refuse_finished(run_dir, launch)
    is_ours = is_from_here(launch, run_dir)
    # git runs what a repository's own settings name: nothing is asked of it where the folder may be a stranger's.
    code = code_since(launch, "it") if is_ours else CodeChange(None, "Its code was not looked at.")
    return ResumePlan(
        run_id=run_dir.name,
        line=f"{_where(run_dir, launch)} {_what_changed(code)}",
        command=command_of(resumed_command(run_dir, launch), run_dir),
        cwd=launch.cwd,
        code=code,
        surroundings=environment_lines(launch, read_run(run_dir), os.environ) if is_ours else (),
        stranger="" if is_ours else unverified_command_warning(launch),
        launch=launch,
    )


def _refuse_finished(run_dir: Path, launch: Launch) -> None:
    """A run that ended by itself has nothing left to do, unless it was to train longer than it did."""
    progress, state = read_progress(run_dir), read_state(run_dir)
    run = described_run(launch, read_run(run_dir))
    settings = run.config if run is not None else {}
    planned = planned_by(settings) or (progress.epochs if progress is not None else None)
    ended = (progress is not None and progress.outcome == "finished") or (
        state is not None and state.state == "finished"
    )
    # A foreign script may count its epochs from zero.
    last = planned - (0 if is_own_trainer(launch.argv) else 1) if planned else None
    if not ended or (last and progress is not None and progress.epoch < last):
        return
    done = (
        f"has completed all its {planned:g} epochs" if planned else "has finished: it ended by itself, with exit code 0"
    )
    key = key_of_epochs(settings)
    unit = "ep" if IN_EPOCHS.fullmatch(str(settings.get(key, ""))) else ""
    more = ("--set", f"{key}={2 * planned:g}{unit}") if planned and key else ()
    way = "To train longer, restart it" if more else "A child of it begins anew"
    raise RefusedError(
        f"{run_dir.name} {done}. A resume would start its command over in the same files. "
        f"{way}: {monitor_line('restart', run_dir.name, *more)}"
    )


def _where(run_dir: Path, launch: Launch) -> str:
    if not is_own_trainer(launch.argv):
        progress = read_progress(run_dir)
        kept = progress.checkpoint_epoch if progress is not None else None
        saved = f" Its newest checkpoint is of epoch {kept}." if kept is not None else ""
        added = [word for word in words_of(resumed_command(run_dir, launch)) if word not in words_of(launch.argv)]
        newest = newest_checkpoint(run_dir, launch, launch.created_at) if added else None
        if newest is not None:
            return (
                f"Starts the same command again in the same run, with {' '.join(added)}, the script's own way to go "
                f"on. Newest checkpoint on disk: {newest.path}."
            )
        offer = resume_offer(run_dir, launch, described_run(launch, read_run(run_dir)))
        return (
            f"Starts the same command again in the same run; whether it goes on is the script's own affair.{saved}"
            f"{f' {offer}' if offer else ''}"
        )
    about = checkpoint_about(run_dir, "last")
    if not about:
        return "It saved no checkpoint: it begins with epoch 1 again, in the same run."
    epoch, position, steps = (about.get(name) for name in ("epoch", "position", "steps_per_epoch"))
    if not (isinstance(epoch, int) and isinstance(position, int) and isinstance(steps, int)):
        return "Goes on from its last checkpoint in the same run."
    if position >= steps:
        epoch, position = epoch + 1, 0
    inside = f", at step {position + 1} of {steps}," if position else ""
    return f"Goes on with epoch {epoch}{inside} in the same run."


def _what_changed(code: CodeChange) -> str:
    if code.is_same:
        return f"{code.line} Nothing else is changed." if code.line else "Nothing is changed."
    return f"{code.line} It goes on with the new code." if code.is_same is False else code.line
