"""The plan of a resume: where the same run goes on, with which command, and what has changed around it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monitor.launcher.relaunch.code import CodeChange, code_since
from monitor.launcher.relaunch.flags import text_of
from monitor.launcher.relaunch.loads import load_in
from monitor.launcher.relaunch.options import described_run
from monitor.launcher.relaunch.plan import read_run
from monitor.launcher.relaunch.surroundings import environment_lines
from monitor.launcher.relaunch.warm import checkpoint_about, going_on, resume_offer, resumed_command
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
        return f"Starts the same command again in the same run{_of_a_script(run_dir, launch)}"
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


def _of_a_script(run_dir: Path, launch: Launch) -> str:
    """The rest of the sentence for a script: how it goes on as far as its options and its code tell, and with what."""
    progress, run = read_progress(run_dir), described_run(launch, read_run(run_dir))
    newest = newest_checkpoint(run_dir, launch, launch.created_at)
    on_disk = f"Newest checkpoint on disk: {newest.path}." if newest is not None else ""
    added = [word for word in words_of(resumed_command(run_dir, launch)) if word not in words_of(launch.argv)]
    if added and newest is not None:
        return f", with {' '.join(added)}, the script's own way to go on. {on_disk}"
    key, value = going_on(launch, run)
    given = Path(launch.cwd) / str(value) if key and value else None
    loads = None if key or not is_from_here(launch, run_dir) else load_in(launch)
    kept = progress.checkpoint_epoch if progress is not None else None
    said = [_how(key, value, loads, is_file=given is not None and given.exists())]
    said += [f"Its newest checkpoint is of epoch {kept}."] if kept is not None else []
    if newest is None:
        return " ".join([*said, *(["No checkpoint of it was found on disk."] if kept is None else [])])
    if given is not None and given.absolute() == newest.path.absolute():
        return " ".join([*said, "That is its newest checkpoint on disk."])
    offer = resume_offer(run_dir, launch, run)
    is_at_risk = loads == "" or (key and not value)
    step = " The new start may write over it: copy it first if you need it." if is_at_risk and not offer else ""
    return " ".join([*said, f"{on_disk}{step}{f' {offer}' if offer else ''}"])


def _how(key: str, value: Any, loads: str | None, *, is_file: bool) -> str:
    """By what a script goes on. `key`, `value`: its option for that, as it was started; `is_file`: whether the value is
    a path; `loads`: see `load_in`."""
    if key and value:
        where = "so from there, and not from a newer one" if is_file else "its own way to go on"
        return f", with {key} {text_of(value)} as before, {where}."
    if key:
        return f", without {key}: from the beginning, unless it finds a checkpoint itself."
    if loads == "":
        return ", from the beginning as far as its code shows: no call in it loads a checkpoint."
    return f"; whether it goes on depends on the script{f' ({loads})' if loads else ''}."


def _what_changed(code: CodeChange) -> str:
    if code.is_same:
        return f"{code.line} Nothing else is changed." if code.line else "Nothing is changed."
    return f"{code.line} It goes on with the new code." if code.is_same is False else code.line
