"""What is stored of a judgement: alerts, summary, outcome, the act of the away policy, the choice of a metric."""

from __future__ import annotations

from typing import Any, Literal

from monitor.run_dir.metric import Metric
from monitor.run_dir.records.base import Record, Severity, Words

OutcomeWord = Literal["HELPED", "TOO CLOSE", "ONLY THE GAP MOVED", "WORSE", "CAN'T COMPARE", "WAITING"]


class Alert(Record, frozen=True, kw_only=True):
    """One line of alerts.jsonl: a finding over time, remembered by one writer."""

    alert_id: str
    """`<rule>-<onset epoch>`: the same finding never opens twice."""
    event: Literal["raised", "worse", "resolved", "sent"]
    rule: str
    severity: Severity
    at: float
    epoch: float | None = None
    line: Words = ""
    of: Literal["raised", "worse", "resolved", "start", "end", "away", ""] = ""
    """With "sent": what the message was about."""
    to: str = ""
    """With "sent": to which address, as its place in vitalsigns.toml and its kind ("1-mailto"); never the address."""


class AwayAct(Record, frozen=True, kw_only=True, omit_defaults=False):
    """away_act.json: the one act of the away policy on this run. Created before anything is done.

    `settled`: the act is complete; with "stop_and_fix", `child_id` or `problem` then holds its result.
    """

    did: Literal["stop", "stop_and_fix"]
    rule: str = ""
    line: str = ""
    at: float = 0.0
    epoch: float = 0.0
    generation: int = 1
    child_id: str | None = None
    problem: str = ""
    settled: bool = False


class Summary(Record, frozen=True, kw_only=True, omit_defaults=False):
    """summary.json: what a list of a thousand runs needs without replaying a rule."""

    run_id: str
    updated_at: float = 0.0
    verdict: Words = "TOO EARLY"
    reason: Words = ""
    worst_rule: str | None = None
    worst_title: Words = ""
    """The finding's own title, which fits the run: not every empty output is one of blanks."""
    worst_severity: Severity | None = None
    flags: dict[Severity, int] | None = None
    """How many are open, by severity; None in a summary of before this was counted."""
    epoch: float = 0.0
    epochs: int | None = None
    evaluated_at: float = 0.0
    """When the last evaluation came, UTC seconds; 0 where evaluations have no date."""
    evaluated_every: float = 0.0
    """Epochs between the last two evaluations, or before the only one."""
    val_wer: float | None = None
    best_val_wer: float | None = None
    best_val_wer_epoch: float | None = None
    wer_constant: float | None = None
    metric: Metric | None = None
    """The primary metric: WER in most runs of sequences; the val loss where that decides although a metric is known.
    The numbers below it are in its unit."""
    metric_value: float | None = None
    metric_last_epoch: float | None = None
    """The epoch of that value, where it should have been measured again since."""
    metric_best: float | None = None
    metric_best_epoch: float | None = None
    metric_chance: float | None = None
    metric_in_doubt: Words = ""
    """The metric that would decide if its values did not contradict its unit: "val accuracy"."""
    val_loss: float | None = None
    gap: float | None = None
    length_ratio: float | None = None
    gap_series: list[float] = []
    """At most 60 points."""
    checks_ran: int = 0
    checks: int = 0
    counted: dict[str, Words] = {}
    """Number that the run has not logged itself → what it was counted from: "from 60 logged clips"."""


class ChildOutcome(Record, frozen=True, kw_only=True, omit_defaults=False):
    """outcome.json: the last judgement of the change that a child run was started with."""

    run_id: str
    parent_id: str
    word: OutcomeWord
    """Never WAITING on disk."""
    line: str = ""
    at: float = 0.0
    epoch: float = 0.0
    prescription: str = ""
    """The option it was started with; empty for a person's own changes."""
    credited: bool = True
    """Whether only the settings differ: neither the code nor the weights it began with."""
    parent_wer: float | None = None
    child_wer: float | None = None
    metric: Metric | None = None
    """By which the two were compared; the next two are its values, in its unit."""
    parent_value: float | None = None
    child_value: float | None = None
    parent_best: float | None = None
    child_best: float | None = None
    """The best of the metric in each up to that epoch, in its unit."""
    low: float | None = None
    high: float | None = None
    """The 95 % interval of the difference, over the clips."""
    clips: int = 0
    expectation_met: bool | None = None
    not_credited: str = ""
    title: str = ""
    provisional: bool = False
    """Judged at the agreed epoch; it is judged again when the child ends."""
    evaluations: int = 0
    """How many it rests on, where there is no interval over clips."""
    ended_early: bool = False
    """It ended before the epoch at which it was to be judged."""
    changes: dict[str, list[Any]] = {}
    """key → [before, after] that the child was started with."""
    task: str = ""
    """What was learnt, by the name of its data."""


class MetricChoice(Record, frozen=True, kw_only=True, omit_defaults=False):
    """metric.json: the metric that a person wants the run to be judged by; `val_loss` for the loss alone.

    None: no choice any more; what is declared or recognised decides again.
    """

    metric: Metric | None = None
    by: Words = ""
    at: float = 0.0
