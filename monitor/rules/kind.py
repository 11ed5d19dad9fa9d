"""What kind of run this is, by what it logs: advice fits only the runs that it speaks of."""

from __future__ import annotations

from monitor.rules.evaluations import floors_of, last
from monitor.rules.primary import primary_of
from monitor.rules.rule import Kind
from monitor.run_dir import Snapshot
from monitor.run_dir.checkpoints import is_own_trainer
from monitor.run_dir.metric_names import EDIT_RATES


def is_ours(snapshot: Snapshot) -> bool:
    """Whether our own trainer trains it, whose checkpoints `python -m trainer.diagnose` can measure."""
    return snapshot.launch is not None and is_own_trainer(snapshot.launch.argv)


def fits(kind: Kind, snapshot: Snapshot) -> bool:
    """Whether a rule about this kind of run speaks of this one."""
    return kind == "any" or (is_ctc(snapshot) if kind == "ctc" else is_sequence(snapshot))


def is_ctc(snapshot: Snapshot) -> bool:
    """Whether blanks are spoken of: our own trainer, or a run that logs a blank ratio or has a floor for one."""
    return is_ours(snapshot) or floors_of(snapshot).blank_ratio is not None or last(snapshot, "blank_ratio") is not None


def is_sequence(snapshot: Snapshot) -> bool:
    """Whether its output is sentences: CTC or any other recogniser with predictions or an error rate over words."""
    metric = primary_of(snapshot)
    words = any(last(snapshot, name) is not None for name in ("val_wer", "length_ratio"))
    by_edits = metric is not None and metric.label in EDIT_RATES
    return is_ctc(snapshot) or words or by_edits or bool(snapshot.decodes)
