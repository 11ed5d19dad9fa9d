"""The five stages of a stop, in one table for supervisor, command line and page; docs/control.md shows the same.

| stage       | what has happened                                                | who acts next |
|-------------|------------------------------------------------------------------|---------------|
| asked       | the request is written; the trainer reads it between two steps   | the trainer   |
| answered    | the trainer's phase shows that it obeys; on disk this is "asked" | the trainer   |
| interrupted | the first signal was sent: Ctrl-C, or SIGTERM if the run says so | the trainer   |
| terminated  | SIGTERM was sent to the process group                            | the trainer   |
| killed      | SIGKILL was sent to everything that the trainer has started      | the system    |

When the time of a stage is over, or the next signal is asked for now, the supervisor enters the next one.
"""

from __future__ import annotations

import signal
from typing import NamedTuple

from monitor.run_dir.records import Launch, Progress, StopStageName, StopWith

KILL_AFTER_SECS = 10.0
"""From SIGTERM to SIGKILL."""


LATE = 1.5
"""So many times its longest pause between two questions `should_stop()` a trainer is waited for."""
FIRST_EPOCH_SECS = 600.0
"""How long a trainer is waited for that has not asked twice and is in its first epoch."""


def answer_secs(progress: Progress | None) -> float | None:
    """Within what time a trainer that asks `should_stop()` will have asked again, by its own pace.

    None in the first epoch of one that has not asked twice: it may ask once an epoch, of a length not known yet.
    """
    if progress is None or not progress.listens:
        return 0.0
    if progress.asks_secs is not None:
        return LATE * progress.asks_secs
    return None if progress.epoch == 0 and progress.phase in ("starting", "training", "evaluating") else 0.0


class StopStep(NamedTuple):
    """A stage as it is shown. `signal`: the number that is sent on entering it, None for none.

    `hurried`: the stage that is entered at once on "do not wait"; None after the last one.
    """

    words: str
    signal: int | None
    hurried: StopStageName | None


STEPS: dict[StopStageName, StopStep] = {
    "asked": StopStep("Asked to stop", None, "terminated"),
    "interrupted": StopStep("Sent {signal}", signal.SIGINT, "terminated"),
    "terminated": StopStep("Sent {signal}", signal.SIGTERM, "killed"),
    "killed": StopStep("Killed", signal.SIGKILL, None),
}
ANSWERED = {"stopping": "Finishing step", "saving": "Saving checkpoint", "ended": "Waiting for exit"}
"""The stage "answered": the phase of the trainer → how it is shown."""


def signal_of(stage: StopStageName, stop_with: StopWith) -> int | None:
    """The number of the signal that a stage sends; `stop_with`: the run's own first signal."""
    return signal.SIGTERM if stage == "interrupted" and stop_with == "TERM" else STEPS[stage].signal


def signal_words(number: int | None) -> str:
    """SIGTERM for 15, Ctrl-C for 2, "" for none."""
    if number is None:
        return ""
    return "Ctrl-C" if number == signal.SIGINT else signal.Signals(number).name


def first_signal(launch: Launch | None) -> str:
    """With what a script that cannot be asked is stopped first, in words."""
    return signal_words(signal_of("interrupted", launch.stop_with if launch is not None else "INT"))


def words_of(stage: StopStageName, launch: Launch | None) -> str:
    """What a stage is called: "Asked to stop", "Sent Ctrl-C", "Sent SIGTERM", "Killed"."""
    number = signal_of(stage, launch.stop_with if launch is not None else "INT")
    return STEPS[stage].words.format(signal=signal_words(number))


def answered_words(progress: Progress | None, generation: int) -> str:
    """What a trainer that has answered does now; "" for one that has not."""
    return ANSWERED.get(progress.phase, "") if progress is not None and progress.generation == generation else ""


def next_signal(stage: StopStageName) -> str:
    """The signal that follows when a stage is not waited for, in words; "" after the last one."""
    hurried = STEPS[stage].hurried
    return signal_words(STEPS[hurried].signal) if hurried is not None else ""
