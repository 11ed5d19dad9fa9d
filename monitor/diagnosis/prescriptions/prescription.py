"""What a prescription is, and the pieces that all of them are made of."""

from __future__ import annotations

import math
import shlex
from dataclasses import dataclass, field
from typing import Any

from monitor.rules.evaluations import measured, validation
from monitor.rules.gap_limit import gap_limit_of
from monitor.rules.primary import last_of, primary_of
from monitor.rules.registry import frozen
from monitor.rules.thresholds import DEFAULTS
from monitor.run_dir import Snapshot, words
from monitor.run_dir.metric import WER, Metric
from monitor.run_dir.words import monitor_line

Config = dict[str, Any]
Changes = dict[str, list[Any]]

NAMES = {"hidden_dim": "width", "batch_size": "batch", "auxiliary_ctc": "auxiliary CTC loss", "bias_init": "first bias"}
"""Settings whose key is not what people call them."""
ADJECTIVES = {"augmentation", "classifier"}
"""Settings whose value stands before their name: strong augmentation."""
MULTIPLES = {"hidden_dim", "batch_size", "learning_rate", "clip_norm", "signers", "train_clips", "train_images"}
"""Settings that people change by a factor."""
FACTORS = {2.0: "twice", 3.0: "three times", 0.5: "half", 1 / 3: "a third of", 0.2: "a fifth of"}
MANY_CHANGES = 4
"""From so many on the sentence gives their number."""
COUNTS = {4: "four", 5: "five", 6: "six", 7: "seven", 8: "eight"}


@dataclass(frozen=True)
class Aims:
    """What to expect at an epoch at which the run already has its numbers; `value` of `metric` in its unit."""

    epoch: float
    value: float | None = None
    gap: float | None = None
    metric: Metric = WER

    @property
    def text(self) -> str:
        """The value that is expected at least, in full percent where it is a share."""
        if self.value is None:
            return ""
        if self.metric.is_share:
            return f"{100 * self.metric.fraction(self.value):.0f} %"
        return self.metric.text(self.value)

    @property
    def reach(self) -> str:
        """ "at most", or "at least" of a score."""
        return "at most" if self.metric.direction == "error" else "at least"


@dataclass(frozen=True)
class Prescription:
    """`changes`: config key → [before, after]; empty where no restart is needed.

    `command` restarts this run with them; None where it is unknown how the run was started. `flags` are the same
    changes as options of a training command. `note` says where arithmetic or measurements speak against hopes.
    `code_edit`: what to look for in the script, where the option is an edit of it and no setting.
    """

    id: str
    title: str
    changes: Changes
    command: str | None
    expected: str
    cost: str
    disproved_by: str
    note: str = ""
    flags: str = ""
    aims: Aims | None = field(default=None)
    code_edit: str = ""


@dataclass(frozen=True)
class Considered:
    """A change that people would think of, and why it is not suggested for this run now."""

    option: Prescription
    why_not: str


def kept_with_child(option: Prescription) -> dict[str, Any]:
    """What a child's launch.json remembers of the option it was started with, so that it can be judged by it.

    `aim_epoch` is the epoch for which the numbers are expected; that of judgement comes from `choosing.agreed`.
    """
    aims = {} if option.aims is None else {"aim_epoch": option.aims.epoch}
    if option.aims is not None:
        goals = {option.aims.metric.name: option.aims.value, "gap": option.aims.gap}
        aims |= {name: goal for name, goal in goals.items() if goal is not None}
    # To the child, what was "this run" is its parent.
    text = option.expected.replace("this run", "the parent")
    edit = {"code_edit": True} if option.code_edit else {}
    return {
        "prescription": option.id,
        "title": option.title,
        "text": text,
        "disproved_by": option.disproved_by,
        **aims,
        **edit,
    }


def bundle(config: Config, wanted: Config) -> Changes:
    """The part of `wanted` that this run has an option for and that differs from what it has."""
    return {key: [config[key], after] for key, after in wanted.items() if key in config and config[key] != after}


def restart(snapshot: Snapshot, changes: Changes, option: str) -> str | None:
    """The command that restarts the run with the changes of an option; None where there are none or no start is known.

    It names the option too, so that the child remembers what was expected.
    """
    if not changes or snapshot.launch is None or not snapshot.launch.argv:
        return None
    sets = (word for key, (_, after) in changes.items() for word in ("--set", f"{key}={after}"))
    return monitor_line("restart", snapshot.run_id, "--option", option, *sets)


def flags(changes: Changes) -> str:
    """The new values as options of a command line: "--dropout 0.5 --width 0.5"."""
    return " ".join(f"--{key} {shlex.quote(str(after))}" for key, (_, after) in changes.items())


def titled(changes: Changes) -> str:
    """The changes by name, each of them: "Strong augmentation, half the width, dropout 0.3 → 0.5"."""
    said = ", ".join(_named(key, before, after) for key, (before, after) in changes.items())
    many = f" ({COUNTS.get(len(changes), str(len(changes)))} settings)" if len(changes) >= MANY_CHANGES else ""
    return f"{said[:1].upper()}{said[1:]}{many}"


def _named(key: str, before: Any, after: Any) -> str:
    """One change as people say it: a simple multiple by its factor, else from what to what."""
    name = NAMES.get(key, key.replace("_", " "))
    if key in ADJECTIVES and isinstance(after, str) and after.isalpha():
        return f"{after} {name}"
    first, second = number_in(before), number_in(after)
    if key in MULTIPLES and first and second and first > 0:
        times = next((said for factor, said in FACTORS.items() if math.isclose(second / first, factor)), None)
        if times is not None:
            return f"{times} the {name}"
    return f"{name} {words.plain(before)} → {words.plain(after)}"


def number_in(value: Any) -> float | None:
    """A setting as a number, also where a command line has it as text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def judged_epoch(snapshot: Snapshot) -> float:
    """The last epoch at which something was validated."""
    rows = measured(snapshot, validation).epochs
    return rows[-1].epoch if rows else 0.0


def aims_below(snapshot: Snapshot, points: float, gap: float | None = None) -> Aims:
    """The primary metric so many points better than this run's last, at the same epoch; no number where it is no
    share."""
    metric, value = primary_of(snapshot), last_of(snapshot)
    if metric is None or value is None or not metric.is_share:
        return Aims(judged_epoch(snapshot), None, gap, metric or WER)
    return Aims(judged_epoch(snapshot), metric.value(max(0.0, metric.error(value) - points / 100)), gap, metric)


def gap_goal(snapshot: Snapshot) -> float:
    """The gap that a change is to come below: the limit in force."""
    return gap_limit_of(snapshot, frozen(snapshot.launch.thresholds) if snapshot.launch is not None else DEFAULTS)


def in_words(snapshot: Snapshot, aims: Aims) -> str:
    """The aims as half a sentence, beside what this run has."""
    metric, now = primary_of(snapshot), last_of(snapshot)
    if metric is None:
        return f"val loss at epoch {aims.epoch:g} below this run's"
    this = "" if now is None else f" (this run: {metric.text(now)})"
    if aims.value is None:
        return f"{metric.title} at epoch {aims.epoch:g} better than this run's{this}"
    goal = f"{metric.title} at epoch {aims.epoch:g} {aims.reach} {aims.text}{this}"
    return f"gap below {words.limit(aims.gap)} and {goal}" if aims.gap is not None else goal
