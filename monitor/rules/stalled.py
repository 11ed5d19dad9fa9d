"""The trainer has gone silent for longer than its own pace explains."""

from __future__ import annotations

from itertools import pairwise
from statistics import median

from monitor.rules.result import Finding, Result
from monitor.rules.rule import Rule
from monitor.rules.thresholds import Limits, Thresholds
from monitor.run_dir import LOG_FILE, Progress, Severity, Snapshot, words
from monitor.run_dir.checkpoints import saves_checkpoints
from monitor.run_dir.status import silence_secs, status_of

EVALUATIONS = 9
"""The usual time between evaluations is measured over so many of the last ones."""


class StalledLimits(Limits, frozen=True):
    """How long a silence may last: the longer of the two."""

    stalled_pace: float = 3.0
    """Times the median step (or evaluation) time."""
    stalled_least_secs: float = 60.0


class Stalled(Rule):
    """Watches the age of the trainer's own heartbeat against three times its median step time (or the time from
    one evaluation to the next).

    The heartbeat comes from the training loop itself, so a hung loop is seen although its process lives.
    It cannot tell a dead-lock from a slow disk or a machine that sleeps.
    """

    name = "stalled"
    title = "Trainer silent"
    place = 60
    limits = StalledLimits
    before_guard = True
    live_only = True

    def check(self, snapshot: Snapshot, thresholds: Thresholds, now: float) -> Result:
        """Critical where the process is gone, a warning where it may live; the silence is counted up to `now`."""
        limits = thresholds.of(StalledLimits)
        progress = snapshot.progress
        if progress is None or (progress.process is None and progress.follower is None):
            return self.not_applicable("a heartbeat from a training process")
        status = status_of(snapshot)
        if status.word == "lost":
            line, remedy = f"{status.evidence} It left no outcome.", _when_lost(snapshot)
            return self._finding("critical", line, remedy, progress, limits, now)
        if not status.live:
            return self.quiet("The run has ended.")
        if progress.phase == "ended" or snapshot.follower_liveness == "gone":
            return self.not_applicable("a process that follows its log")
        evaluation_secs = _evaluation_secs(snapshot)
        patience = _patience(progress, evaluation_secs, limits)
        if patience is None or _is_of_an_earlier_start(progress, snapshot):
            return self.not_enough_data(0, 1)
        silent = silence_secs(snapshot)
        silent = now - progress.heartbeat_at if silent is None else silent + now - snapshot.read_at
        if silent <= patience:
            return self.quiet(f"Last sign of life {words.age(silent)} ago.")
        pace = progress.step_secs or evaluation_secs or 0.0
        a_whole = "an epoch takes" if evaluation_secs == progress.epoch_secs else "its evaluations come every"
        what = "a step takes" if progress.step_secs else a_whole
        alive = {"alive": "The process is alive.", "unknown": "Its process cannot be judged from here."}
        line = (
            f"No sign of life for {words.age(silent)}, {what} {_pace_words(pace)}. "
            f"{alive.get(snapshot.trainer_liveness or 'unknown', 'The process is gone.')}"
        )
        severity: Severity = "critical" if snapshot.trainer_liveness == "gone" else "warning"
        remedy = f"Look at {_its_output(snapshot)} and at the machine; if it stays silent, stop it and resume."
        return self._finding(severity, line, remedy, progress, limits, now)

    def _finding(
        self, severity: Severity, line: str, remedy: str, progress: Progress, limits: StalledLimits, now: float
    ) -> Finding:
        return self.finding(
            severity,
            line,
            float(progress.epoch),
            now={"silent, s": float(f"{now - progress.heartbeat_at:.0f}"), "step, s": progress.step_secs or "unknown"},
            limits={"times its own pace": limits.stalled_pace, "at least, s": limits.stalled_least_secs},
            remedy=remedy,
            cannot_tell="A dead-lock from a slow disk, a debugger or a sleeping machine.",
        )


def _when_lost(snapshot: Snapshot) -> str:
    """What a person can do about a run that is gone."""
    launch = snapshot.launch
    goes_on = launch is not None and launch.argv and launch.how != "import" and saves_checkpoints(snapshot)
    again = "resume it" if goes_on else "start it again"
    return f"Look at {_its_output(snapshot)}, and whether the machine was restarted or ran out of memory; then {again}."


def _its_output(snapshot: Snapshot) -> str:
    """Where the trainer's output went: a supervisor keeps it in the run's folder, others leave it where it is."""
    if snapshot.progress is not None and snapshot.progress.follower is not None:
        return "the end of the log that was followed"
    return f"the end of {LOG_FILE}" if snapshot.state is not None else "the last lines in its terminal or log"


def _is_of_an_earlier_start(progress: Progress, snapshot: Snapshot) -> bool:
    """Whether a resumed run has not written its first heartbeat yet: the age of the old one means nothing."""
    return snapshot.state is not None and progress.generation < snapshot.state.generation


def _evaluation_secs(snapshot: Snapshot) -> float | None:
    """Seconds from one evaluation to the next, which may be several epochs apart; None before any pace is known."""
    secs = snapshot.progress.epoch_secs if snapshot.progress is not None else None
    at = [record.epoch for record in snapshot.epochs[-EVALUATIONS:]]
    apart = [later - earlier for earlier, later in pairwise(at) if later > earlier]
    return secs * median(apart) if secs is not None and apart else secs


def _patience(progress: Progress, evaluation_secs: float | None, limits: StalledLimits) -> float | None:
    """Seconds of silence that are still normal; None before any pace is known.

    While evaluating or saving there are no steps: three times an evaluation and what lies before it is allowed.
    """
    pace = progress.step_secs if progress.phase == "training" else evaluation_secs
    pace = pace if pace is not None else (evaluation_secs or progress.step_secs)
    return None if pace is None else max(limits.stalled_least_secs, limits.stalled_pace * pace)


def _pace_words(secs: float) -> str:
    return f"{secs:.2g} s" if secs < 90 else words.age(secs)
