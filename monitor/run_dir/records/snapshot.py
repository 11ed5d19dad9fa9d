"""Everything read of one run at one moment."""

from __future__ import annotations

from collections.abc import Sequence

from monitor.run_dir.metric import Metric
from monitor.run_dir.records.base import Record
from monitor.run_dir.records.job import JobSeen
from monitor.run_dir.records.judged import Alert, AwayAct, MetricChoice
from monitor.run_dir.records.measured import Clip, Decode, Epoch, GpuHistory, Probe, Step
from monitor.run_dir.records.run import Run
from monitor.run_dir.records.started import Away, Launch
from monitor.run_dir.records.state import Liveness, Progress, State


class Problem(Record, frozen=True, kw_only=True):
    """A line or file that could not be used: counted and shown, never fatal."""

    file: str
    line: int
    reason: str


class Renamed(Record, frozen=True, kw_only=True):
    """A metric that was logged under another name, `before`, until an epoch. `joined`: its values of then stand under
    the name of `now`; else the two names may be two things, and stay two."""

    before: str
    now: str
    until: float
    joined: bool


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
    renamed: tuple[Renamed, ...] = ()
    anew: int = 0
    """How often a later generation began at the first epoch again, as the folds of one log do: none of the evaluations
    before it are kept."""
    problems: tuple[Problem, ...] = ()
