"""THE CONTRACT: what a run directory holds (schema 1), as file names and typed records.

A run is a directory; its name is the run id; nothing outside it matters.
This module knows the records but never touches a disk: bytes in, bytes out.
It is long and stays one file: the whole format of a run directory is read in one place, and every
record that names another stands beside it.
Units stand in the names: `_secs`, `_steps`, `_ratio` (0 to 1), `_per_sec`, `_at` (UTC seconds), `_bytes`.
Losses are in the unit that `run.json` states under `units.loss`; WER is a fraction and may exceed 1.
The public description is docs/run-directory.md.
"""

from __future__ import annotations

import json
import math
import re
import threading
from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Literal, TypeVar, cast, get_args

import msgspec

from monitor.run_dir.errors import UnreadableRunError, UsageError
from monitor.run_dir.metric import Metric

SCHEMA_VERSION = 1

LAUNCH_FILE = "launch.json"
RUN_FILE = "run.json"
PROGRESS_FILE = "progress.json"
STATE_FILE = "state.json"
EPOCHS_FILE = "epochs.jsonl"
STEPS_FILE = "steps.jsonl"
CLIPS_FILE = "clips.jsonl"
DECODES_FILE = "decodes.jsonl"
ALERTS_FILE = "alerts.jsonl"
ALERTS_LOCK_FILE = "alerts.lock"
AWAY_FILE = "away.json"
AWAY_ACT_FILE = "away_act.json"
SUMMARY_FILE = "summary.json"
OUTCOME_FILE = "outcome.json"
SOURCE_FILE = "source.json"
READING_FILE = "reading.json"
METRIC_FILE = "metric.json"
GPU_FILE = "gpu.json"
LOG_FILE = "trainer.log"
LOCK_FILE = "writer.lock"
JOB_SCRIPT_FILE = "job.sh"
JOB_LOG_FILE = "job.log"
PROBES_DIR = "probes"
ACKS_DIR = "acks"
CONTROL_DIR = "control"
CHECKPOINTS_DIR = "checkpoints"
LAST_CHECKPOINT = "last.pt"
BEST_CHECKPOINT = "best.pt"
BEST_LOSS_CHECKPOINT = "best_loss.pt"

RUN_DIR_VARIABLE = "VITALSIGNS_RUN_DIR"
"""Environment variable that a supervisor sets for the process it starts: the run directory to write into."""
GENERATION_VARIABLE = "VITALSIGNS_GENERATION"
"""Environment variable beside it: the generation (1 for the first start, +1 for each resume)."""

Severity = Literal["info", "warning", "critical"]
SEVERITIES: tuple[Severity, ...] = ("critical", "warning", "info")
"""Worst first."""
StoredState = Literal["queued", "starting", "running", "stopping", "stopped", "finished", "failed"]
Phase = Literal["starting", "training", "evaluating", "saving", "stopping", "ended"]
Outcome = Literal["finished", "stopped", "failed"]
FINAL_STATES = frozenset[str](get_args(Outcome))
"""The states from which a run only comes back as a new generation."""
OPEN_STATES = frozenset[str](get_args(StoredState)) - FINAL_STATES
Liveness = Literal["alive", "gone", "unknown", "archived"]
"""Of a recorded process: "unknown" is another host's or another pid namespace's, which cannot be judged from here;
"archived" is any of a run in an archive, of which no process is asked for."""
GapBasis = Literal["eval", "train"]
Verb = Literal["stop", "cancel", "hurry", "wait"]
"""Of a request: stop, cancel the stop, send its next signal now, give it more time."""
StopWith = Literal["INT", "TERM"]
StopStageName = Literal["asked", "interrupted", "terminated", "killed"]
"""How far a stop has come: what each means stands in stop_stages."""
HowStarted = Literal["start", "restart", "resume", "foreground", "import", "attach"]


RUN_ID_PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
RunId = Annotated[str, msgspec.Meta(pattern=rf"\A{RUN_ID_PATTERN.pattern}\Z")]
"""The name of a folder beside this one; a name in another's record never leads out of the folder of runs."""


Words = Annotated[str, msgspec.Meta(max_length=2000)]
"""Text that is shown wherever its run is: what is longer is none, and would be sent to every tab again and again."""


class Record(msgspec.Struct, frozen=True, omit_defaults=True):
    """Base of all records: immutable, unknown fields ignored.

    Lines leave out what is not set; whole documents (run.json, state.json …) spell every field out. Of what comes in
    hundreds of thousands the collector of cycles need not look at each (`gc=False`): numbers and texts make none.
    """


class Identity(Record, frozen=True, kw_only=True):
    """Which process, so that a recycled pid is never mistaken for it. `start_ticks` is raw, since boot."""

    host: str
    boot_id: str
    pid_namespace: str
    pid: int
    start_ticks: int


class Parent(Record, frozen=True, kw_only=True):
    """Where a child run comes from: `how` it was made, `changes` key → [before, after], what was `expected`.

    `code_line` and `code_diff` say what changed in the code between the two starts; "" where nothing did.
    """

    run_id: RunId
    how: Literal["restart", "restart_warm"] = "restart"
    changes: dict[str, list[Any]] = {}
    expected: dict[str, Any] = {}
    code_line: str = ""
    code_diff: str = ""


class Away(Record, frozen=True, kw_only=True, omit_defaults=False):
    """What is done when the verdict is STOP while the user is away; in launch.json, or in away.json if changed.

    `budget_hours`: how long a child may run that was started by this policy. `by_policy`: this run is such a child.
    """

    do: Literal["tell", "stop", "stop_and_fix"] = "tell"
    budget_hours: float | None = None
    by_policy: bool = False
    at: float = 0.0
    by: str = ""


JobId = Annotated[str, msgspec.Meta(pattern=r"\A[0-9]{1,18}(?:_[0-9]{1,6})?\Z")]
"""Digits, and in a job array of SLURM "_" and the place in it: it becomes a word of a command. For Ray we choose it."""

EngineName = Literal["slurm", "ray"]


class JobOrder(Record, frozen=True, kw_only=True, omit_defaults=False):
    """What is asked of a cluster's engine for a run, in launch.json; `gpus` and `nproc` are per node.

    `options`: more options of sbatch, as they were given. `signal_secs`: how long before the time limit it warns.
    `address`: where Ray's job API is asked, http://host:port; the other fields but `gpus` and `nproc` are SLURM's.
    """

    engine: EngineName = "slurm"
    address: str = ""
    partition: str = ""
    gpus: int = 0
    time: str = ""
    nodes: int = 1
    nproc: int = 1
    options: list[str] = []
    signal_secs: int = 120


class JobPlace(Record, frozen=True, kw_only=True):
    """Which job of an engine a run is, in state.json; `restarts`: how often the engine had started it again."""

    engine: EngineName = "slurm"
    job_id: JobId
    submitted_at: float = 0.0
    restarts: int = 0


class JobSeen(Record, frozen=True, kw_only=True):
    """The engine's last answer about a job; kept in the user's own folder, never in a run's.

    `state`: its own word, such as PENDING; "" before the first answer, GONE where it no longer knows the job. `reason`:
    why it waits or ended, in its words. `said`: the last error that it gave or wrote into the job's log.
    `cancelled_by`: the account that cancelled it, where the engine's accounting knows. `problem`: why it did not
    answer, since `problem_at`. `asks`: what it needs, in words, where the engine's reason does not name it. Times in
    UTC seconds; `starts_at` is an estimate.
    """

    engine: EngineName = "slurm"
    address: str = ""
    job_id: JobId
    run_dir: str = ""
    state: str = ""
    reason: str = ""
    asks: str = ""
    partition: str = ""
    nodes: str = ""
    exit_status: str = ""
    restarts: int = 0
    starts_at: float | None = None
    ended_at: float | None = None
    cancelled_by: str = ""
    said: str = ""
    problem: str = ""
    problem_at: float = 0.0


class Launch(Record, frozen=True, kw_only=True, omit_defaults=False):
    """launch.json: what was started, by whom, with which thresholds; created exclusively before anything runs.

    `argv` may hold the placeholder `{run_dir}`. `environment_names` are names only: values may be secrets.
    `seal` proves to the user who wrote it, on that machine, that the command is his own (monitor.run_dir.seal).
    """

    schema_version: int = SCHEMA_VERSION
    run_id: str
    created_at: float
    argv: list[str] = []
    cwd: str = ""
    interpreter: str = ""
    environment_names: list[str] = []
    environment: dict[str, str] = {}
    how: HowStarted = "start"
    parent: Parent | None = None
    thresholds: dict[str, float] = {}
    asked_by: Words = ""
    script: str | None = None
    script_sha256: str | None = None
    git_commit: str | None = None
    git_diff: str | None = None
    stop_grace_secs: float = 60.0
    host: str = ""
    seal: str = ""
    git_tree: str | None = None
    local_files: dict[str, str] = {}
    script_text: str | None = None
    imported: dict[str, str] = {}
    """Path from the script's folder → hash of each Python file that it imports; empty where that is not known."""
    git_others: str | None = None
    """One hash of git's other files that the script may read, such as settings and kernels."""
    away: Away | None = None
    stop_with: StopWith = "INT"
    """The first signal to a script that does not ask whether it should stop."""
    config: dict[str, Any] = {}
    """The values of its options as far as its source shows them; for a script that writes no run.json."""
    config_schema: dict[str, Any] = {}
    scheduler: dict[str, str] = {}
    """The job of a cluster it was started in: `kind`, `job_id` and the engine's other variables."""
    device: str = ""
    """The device it was asked to have for itself: cuda:2, cuda (any GPU), cpu; empty where none was."""
    metric: Metric | None = None
    """The primary metric that the project's settings name, or by which the parent is judged."""
    job: JobOrder | None = None
    """What was asked of a cluster's engine, which then starts the supervisor; None: this machine starts it."""


class ModelInfo(Record, frozen=True, kw_only=True):
    """The model: its name, its number of trainable parameters, and the share of them per stage (sums to 1)."""

    name: Words = ""
    parameters: int | None = None
    share_per_stage: dict[str, float] = {}


class DataInfo(Record, frozen=True, kw_only=True):
    """The corpus: sequences (`clips`) and target tokens per split, people, words, frames per output frame."""

    name: Words = ""
    clips: dict[str, int] = {}
    tokens: dict[str, int] = {}
    signers: dict[str, int] = {}
    vocabulary: int | None = None
    output_stride: int | None = None
    left_out: dict[str, int] = {}


class Floors(Record, frozen=True, kw_only=True):
    """Chance baselines of this corpus (monitor.run_dir.floors): what an output that ignores the input scores."""

    blank_ratio: float | None = None
    """b*: blank ratio of a correct output with one frame per token, 1 - sum(L)/sum(T)."""
    loss_uniform: float | None = None
    """Loss of a uniform output over all classes, nats per token."""
    loss_flat: float | None = None
    """Lowest loss of one frame-independent distribution with equal token odds, nats per token."""
    loss_unigram: float | None = None
    """The same with the train unigram frequencies: the chance line of the loss chart, nats per token."""
    wer_constant: float | None = None
    """WER on val of the best constant sentence (fraction): the chance line of the WER chart."""
    constant_sentence: str | None = None
    accuracy_constant: float | None = None
    """Accuracy on val of always saying the most frequent label (fraction), where each target is one label."""
    wer_empty: float | None = None
    """WER of saying nothing: 1.0 wherever no reference is empty."""
    unigram_entropy: float | None = None
    """Entropy of the train token frequencies, nats."""


class Environment(Record, frozen=True, kw_only=True):
    """Where a run was started: code, Python, torch, device and host; None or "" where it is not known."""

    git_commit: str | None = None
    git_dirty: bool | None = None
    python: str = ""
    torch: str | None = None
    device: str | None = None
    device_name: str | None = None
    host: str = ""


class Reading(Record, frozen=True, kw_only=True, omit_defaults=False):
    """How a run's records were read from the text log of a foreign script."""

    path: str
    said: str = ""
    """What was understood, in one sentence with its figures."""
    confirmed_by: str = ""
    """Who has confirmed the reading; empty: not confirmed yet."""
    doubts: tuple[str, ...] = ()
    """What shows that the log may be misread, one sentence each; none once a person confirms the reading of the run."""


class Run(Record, frozen=True, kw_only=True, omit_defaults=False):
    """run.json: what this run is, written once by the trainer."""

    schema_version: int = SCHEMA_VERSION
    run_id: str
    name: Words = ""
    created_at: float = 0.0
    config: dict[str, Any] = {}
    config_schema: dict[str, Any] = {}
    model: ModelInfo = ModelInfo()
    data: DataInfo = DataInfo()
    floors: Floors = Floors()
    metrics: list[Metric] = []
    """The errors and scores that the script declares; at most one is primary."""
    units: dict[str, Words] = {}
    """What a number means, e.g. {"loss": "nats per token", "wer": "fraction"}."""
    gap_basis: GapBasis = "train"
    """"eval": gap = val_loss - train_eval_loss (both in eval mode); "train": val_loss - train_loss."""
    warmup_epochs: float = 0.0
    environment: Environment = Environment()
    notes: str = ""
    reading: Reading | None = None
    source: str = ""
    """Which file of the script its records are read from, in one sentence with what is not certain of it."""


class Progress(Record, frozen=True, kw_only=True, omit_defaults=False):
    """progress.json: the trainer's own sign of life, replaced whole. `outcome` is written at its end."""

    heartbeat_at: float
    phase: Phase = "starting"
    generation: int = 1
    process: Identity | None = None
    epoch: int = 0
    epochs: int | None = None
    step: int = 0
    steps_per_epoch: int | None = None
    step_secs: float | None = None
    """Median seconds of the last steps."""
    epoch_secs: float | None = None
    """Median seconds of one epoch, evaluation included, however far its evaluations lie apart."""
    asks_secs: float | None = None
    """Longest time between two questions `should_stop()`, in seconds; None before the second."""
    listens: bool = True
    """Whether this process asks `should_stop()`: a supervisor then waits for it before it signals."""
    backlog: int = 0
    """Records that could not be written yet (a full disk); they wait in memory."""
    dropped: int = 0
    """Records lost because the bounded backlog overflowed."""
    checkpoint: str | None = None
    checkpoint_at: float | None = None
    checkpoint_epoch: int | None = None
    checkpoint_bytes: int | None = None
    """Size of that checkpoint."""
    disk_free_bytes: int | None = None
    """Room on the run's disk for this user."""
    outcome: Outcome | None = None
    error: str | None = None
    follower: Identity | None = None
    """The process that copies a foreign script's records in here; `heartbeat_at` is then when they last grew."""
    traceback: str | None = None
    """With "failed": the end of the exception's traceback, cut to a few thousand characters."""


class StopStage(Record, frozen=True, kw_only=True):
    """How far a stop has come; the stages and what follows each stand in stop_stages."""

    stage: StopStageName = "asked"
    asked_at: float = 0.0
    asked_by: str = ""
    stage_at: float = 0.0
    """When the time allowed for this stage began: anew when a checkpoint begins, and when a person gives more time."""
    waits_secs: float | None = None
    """From `stage_at` until the next signal; None when nothing comes after it."""
    cancelled_at: float | None = None
    """When a person asked to cancel the stop; until the trainer goes on or leaves, no signal follows."""


class QueuePlace(Record, frozen=True, kw_only=True):
    """Where a queued run stands in the line before a device; kept up to date by its own supervisor.

    `ticket` decides the order, `position` 1 is next; `after` is the parent that it waits for first.
    """

    device: str
    ticket: int = 0
    position: int = 1
    held_by: list[str] = []
    after: str = ""


class State(Record, frozen=True, kw_only=True, omit_defaults=False):
    """state.json: the supervisor's view of the process it owns, replaced whole."""

    state: StoredState
    generation: int = 1
    updated_at: float = 0.0
    supervisor: Identity | None = None
    trainer: Identity | None = None
    started_at: float | None = None
    ended_at: float | None = None
    exit_code: int | None = None
    signal: int | None = None
    error: str | None = None
    stop: StopStage | None = None
    traceback: str | None = None
    """With "failed": the last traceback of the trainer or its log, cut to a few thousand characters."""
    device: str = ""
    """The device it has for itself: cuda:2, cpu; empty where it was started without one."""
    queue: QueuePlace | None = None
    """While it waits for a device."""
    code_line: str = ""
    """What had changed in the code when this run was resumed, now or in an earlier generation."""
    job: JobPlace | None = None
    """The job of an engine that it was submitted as."""


class Epoch(Record, frozen=True, kw_only=True, gc=False):
    """One line of epochs.jsonl: one evaluation. `None` means not measured, never zero."""

    epoch: float
    step: int = 0
    at: float = 0.0
    generation: int = 1
    train_loss: float | None = None
    """Running mean over the epoch, with dropout and augmentation on."""
    train_eval_loss: float | None = None
    """Fixed train subset, eval mode, no augmentation."""
    val_loss: float | None = None
    gap: float | None = None
    train_wer: float | None = None
    val_wer: float | None = None
    val_substitutions: int | None = None
    val_deletions: int | None = None
    val_insertions: int | None = None
    val_tokens: int | None = None
    """Reference tokens in val (sum of L)."""
    val_hypothesis_tokens: int | None = None
    """Predicted tokens (sum of H)."""
    blank_ratio: float | None = None
    empty_ratio: float | None = None
    """Share of val clips whose hypothesis is empty."""
    length_ratio: float | None = None
    """Predicted tokens per target token, sum(H)/sum(L)."""
    entropy: float | None = None
    """Mean entropy of the output distribution per valid frame, nats."""
    mutual_information: float | None = None
    """H(mean p) - mean H(p) over valid val frames, nats."""
    top_token: str | None = None
    top_token_ratio: float | None = None
    unique_hypothesis_ratio: float | None = None
    distinct_token_ratio: float | None = None
    lr: float | None = None
    grad_norm: float | None = None
    """Median gradient norm of the epoch before clipping."""
    clipped_ratio: float | None = None
    non_finite_ratio: float | None = None
    """Share of this epoch's batches whose loss or gradient was not finite (skipped)."""
    non_finite_in_a_row: int | None = None
    update_ratio: float | None = None
    seconds: float | None = None
    clips_per_sec: float | None = None
    data_wait_ratio: float | None = None
    metrics: dict[str, float] = {}
    """Anything else the script logs."""


class Step(Record, frozen=True, kw_only=True, gc=False):
    """One line of steps.jsonl: one logging step."""

    step: int
    epoch: float = 0.0
    at: float = 0.0
    generation: int = 1
    train_loss: float | None = None
    lr: float | None = None
    grad_norm: float | None = None
    clipped_ratio: float | None = None
    clips_per_sec: float | None = None
    data_wait_ratio: float | None = None
    device_memory_bytes: int | None = None
    device_busy_ratio: float | None = None
    non_finite: int = 0
    metrics: dict[str, float] = {}
    """Anything else the script logs."""


class Clip(Record, frozen=True, kw_only=True, gc=False):
    """One line of clips.jsonl: a sequence that is decoded, in the order the decodes follow."""

    clip_id: str
    reference: str
    split: Literal["train", "val", "test"] = "val"
    input_frames: int | None = None
    signer: str | None = None


class Decode(Record, frozen=True, kw_only=True):
    """One line of decodes.jsonl: one evaluation's hypotheses of one split.

    `hypotheses` follows the order of that split's clips in clips.jsonl, unless `clip_ids` names them.
    """

    epoch: float
    step: int = 0
    at: float = 0.0
    generation: int = 1
    split: Literal["train", "val", "test"] = "val"
    hypotheses: Sequence[str] = []
    adjusted: Sequence[str] | None = None
    """The same clips by the user's own decoder, where one is on; `hypotheses` is without."""
    clip_ids: Sequence[str] | None = None


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
    word: Literal["HELPED", "TOO CLOSE", "ONLY THE GAP MOVED", "WORSE", "CAN'T COMPARE", "WAITING"]
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


class Place(Record, frozen=True, kw_only=True, omit_defaults=False):
    """How far one foreign file was read; `device` and `inode` distinguish it from another one of the same name."""

    device: int = 0
    inode: int = 0
    offset: int = 0
    lines: int = 0


class Source(Record, frozen=True, kw_only=True, omit_defaults=False):
    """source.json: the foreign output that a followed run is fed from, replaced whole by its follower."""

    path: str
    format: str
    mapping: dict[str, Any] = {}
    """How it is read, as a person has confirmed it."""
    places: dict[str, Place] = {}
    """By path: how far each file was read."""
    memory: dict[str, Any] = {}
    """What the reader of that format needs beside the places to go on."""
    kept: dict[str, int] = {}
    """Bytes of each .jsonl file that those places account for; what stands behind them was read, not yet noted."""
    updated_at: float = 0.0


class GpuHistory(Record, frozen=True, kw_only=True, omit_defaults=False):
    """gpu.json: what the GPUs of a run did over time, replaced whole by its supervisor every few seconds.

    Each column has a value for every entry of `at`, the mean over `every_secs` before it; None where the driver does
    not say.
    It is bounded: a full one keeps one entry for two, and `every_secs` doubles. Of several GPUs `busy_ratio` is the
    mean, the memory that of the fullest, the power the sum, the temperature that of the hottest.
    """

    gpus: list[str] = []
    """As nvidia-smi counts them: cuda:0."""
    name: str = ""
    every_secs: float = 5.0
    memory_total_bytes: float | None = None
    power_limit_watts: float | None = None
    at: list[float] = []
    busy_ratio: list[float | None] = []
    """Share of the time in which any kernel ran."""
    memory_bytes: list[float | None] = []
    """Used by processes of any user."""
    power_watts: list[float | None] = []
    temperature_celsius: list[float | None] = []
    throttled_ratio: list[float | None] = []
    """Share of the readings at which heat, the power limit or the hardware kept the clock down."""
    throttled_by: list[str] = []
    """Which of them, ever."""


class ReadingWord(Record, frozen=True, kw_only=True, omit_defaults=False):
    """reading.json: a person's word on how a log is read, for its follower."""

    by: str
    at: float
    mapping: dict[str, Any] = {}
    """How it shall be read, as in source.json; empty: as it is."""
    follow: bool = True
    """False: the log shall not be followed any longer."""


class MetricChoice(Record, frozen=True, kw_only=True, omit_defaults=False):
    """metric.json: the metric that a person wants the run to be judged by; `val_loss` for the loss alone.

    None: no choice any more; what is declared or recognised decides again.
    """

    metric: Metric | None = None
    by: Words = ""
    at: float = 0.0


class Request(Record, frozen=True, kw_only=True):
    """control/<generation>-<verb>-<n>.request.json: what a person asks of a living run."""

    verb: Verb
    generation: int
    number: int
    asked_at: float
    asked_by: str = ""


class Answer(Record, frozen=True, kw_only=True):
    """The one answer to a request."""

    verb: Verb
    generation: int
    number: int
    answered_at: float
    result: Literal["done", "refused", "expired"]
    why: str = ""


class Probe(Record, frozen=True, kw_only=True, omit_defaults=False):
    """probes/<name>.json: one measurement of a checkpoint, made on demand."""

    name: str
    title: str
    line: str
    """What was found, in one sentence with its numbers."""
    at: float = 0.0
    checkpoint: str = ""
    cause: str = ""
    """The cause (monitor.diagnosis.causes) that this speaks about; empty for none."""
    stance: Literal["for", "against", ""] = ""
    numbers: dict[str, float] = {}
    rows: list[dict[str, Any]] = []


class Problem(Record, frozen=True, kw_only=True):
    """A line or file that could not be used: counted and shown, never fatal."""

    file: str
    line: int
    reason: str


class Snapshot(Record, frozen=True, kw_only=True):
    """Everything read of one run at one moment, frozen. Rules, diagnosis and view see nothing else."""

    run_dir: str
    run_id: str
    read_at: float
    seq: int = 0
    """Grows with every change seen; everything painted from one snapshot carries it."""
    life: int = 0
    """Grows when a file was replaced or cut short: offsets before it mean nothing."""
    run: Run | None = None
    launch: Launch | None = None
    progress: Progress | None = None
    planned: int | None = None
    """Epochs planned at a moment of the past, of which there is no progress."""
    state: State | None = None
    trainer_liveness: Liveness | None = None
    """Of the process recorded in state.json (else progress.json), looked up at `read_at`; None: nothing recorded."""
    supervisor_liveness: Liveness | None = None
    follower_liveness: Liveness | None = None
    job: JobSeen | None = None
    """The engine's last answer about its job."""
    silent_secs: float | None = None
    """Since the trainer's last sign of life: by the reader's own steady clock once it has seen one arrive, else by the
    wall clock. Negative where a clock was set back; None without any heartbeat."""
    epochs: tuple[Epoch, ...] = ()
    """One per epoch number: the last record wins; in file order."""
    steps: Sequence[Step] = ()
    clips: tuple[Clip, ...] = ()
    decodes: tuple[Decode, ...] = ()
    alerts: tuple[Alert, ...] = ()
    probes: tuple[Probe, ...] = ()
    """By name; a file in probes/ that is no Probe is left out."""
    counted: frozenset[str] = frozenset()
    """Fields of evaluations and floors that the run has not logged: they were counted from its logged val clips."""
    acknowledged: frozenset[str] = frozenset()
    choice: MetricChoice | None = None
    """Which metric a person wants it to be judged by."""
    metric: Metric | None = None
    """The primary metric where it was decided on other evaluations than these (monitor.rules.primary)."""
    gpu: GpuHistory | None = None
    """What its supervisor read of its GPUs; None where it has none, or none that can be read."""
    away: Away | None = None
    """The away policy where it was changed since the start; that of the start stands in `launch`."""
    away_act: AwayAct | None = None
    overlaps: tuple[float, ...] = ()
    """Epochs that a resumed run wrote again."""
    resumed_at: tuple[float, ...] = ()
    """First epoch of each later generation that went on from an earlier one."""
    anew: int = 0
    """How often a later generation began at the first epoch again, as the folds of one log do: none of the evaluations
    before it are kept."""
    problems: tuple[Problem, ...] = ()


T = TypeVar("T", bound=Record)


def check_run_id(run_id: str) -> str:
    """Returns `run_id` if it is a plain folder name. Raises UsageError otherwise (no separators, no `..`)."""
    if not RUN_ID_PATTERN.fullmatch(run_id):
        raise UsageError(
            f"Run id {run_id!r} is not allowed: use 1 to 100 letters, digits, '.', '_' or '-', "
            "starting with a letter or digit."
        )
    return run_id


def check_schema(version: int, where: str) -> None:
    """Raises UnreadableRunError if `version` (of the file named `where`) is newer than this program reads."""
    if version > SCHEMA_VERSION:
        raise UnreadableRunError(
            f"{where} was written by a newer Vitalsigns (schema {version}; this one reads {SCHEMA_VERSION}). "
            "Update this installation, or open the run with the one that wrote it."
        )


def schema_of(data: bytes) -> int:
    """The schema version that a document claims, also where nothing else in it can be decoded."""
    try:
        claims = json.loads(data)
    except (ValueError, RecursionError):
        return SCHEMA_VERSION
    version = claims.get("schema_version") if isinstance(claims, dict) else None
    return version if isinstance(version, int) else SCHEMA_VERSION


def finite_or_word(value: Any) -> Any:
    """Replaces non-finite floats by the words "nan", "inf", "-inf": msgspec would write null and lose the finding."""
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else ("inf" if value > 0 else "-inf")
    if isinstance(value, dict):
        return {key: finite_or_word(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite_or_word(item) for item in value]
    return value


def encode(record: Record) -> bytes:
    """One record as compact JSON without a newline. Non-finite numbers become words."""
    data = msgspec.json.encode(record)
    # What is not finite was written as null; most lines hold none, as they leave out what is not set.
    if b"null" not in data:
        return data
    return msgspec.json.encode(finite_or_word(msgspec.to_builtins(record)))


def encode_line(record: Record) -> bytes:
    """One record as one line of a .jsonl file."""
    return encode(record) + b"\n"


def _sayable(value: Any) -> Any:
    """Half characters (lone surrogates), which Python writes into JSON and no text may hold, become question marks."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, dict):
        return {_sayable(key): _sayable(item) for key, item in value.items()}
    return [_sayable(item) for item in value] if isinstance(value, list) else value


_ready: set[Any] = set()
_preparing = threading.Lock()


def ready(kind: Any) -> Any:
    """The same type, worked out by one thread before any decodes it: msgspec (0.22) crashes the process where two
    threads decode a type of records for the first time at once."""
    if kind not in _ready:
        with _preparing:
            msgspec.json.Decoder(kind)
            _ready.add(kind)
    return kind


def decode(data: bytes, kind: type[T]) -> T:
    """The record in `data`; lenient: number words, bare NaN and unknown fields are accepted.

    Raises ValueError with one sentence when it is not such a record.
    """
    try:
        return cast("T", msgspec.json.decode(data, type=ready(kind), strict=False))
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError, RecursionError) as first:
        # A foreign writer's bare NaN or Infinity is no JSON, but Python's own reader takes it.
        try:
            return msgspec.convert(_sayable(json.loads(data)), kind, strict=False)
        except (ValueError, RecursionError, OverflowError, msgspec.ValidationError):
            raise ValueError(str(first)) from None


def decode_all(lines: Iterable[bytes], kind: type[T]) -> list[T]:
    """As `decode` of each line, at once. Raises ValueError where one is not such a record, or lenience is needed."""
    return list(map(msgspec.json.Decoder(ready(kind), strict=False).decode, lines))
