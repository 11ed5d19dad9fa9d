"""What kind of run this is, by what it logs: advice fits only the runs that it speaks of."""

from __future__ import annotations

from monitor.rules.evaluations import floors_of, last
from monitor.rules.primary import primary_of
from monitor.rules.rule import Kind
from monitor.run_dir import Snapshot
from monitor.run_dir.checkpoints import is_ours
from monitor.run_dir.metric_names import EDIT_RATES

LANGUAGE_MODELS = ("llama", "mistral", "mixtral", "qwen", "gemma", "phi-", "gpt", "falcon", "olmo", "deepseek")
"""Parts of names by which configs call a pretrained language model."""
FINE_TUNED = "Fewer epochs or a lower learning rate first; then more varied examples."
"""Against overfitting of such a model: it learns a small data set by heart within an epoch or two."""


def is_fine_tune(snapshot: Snapshot) -> bool:
    """Whether it fine-tunes a pretrained language model, by its config: adapters, or the name of the model."""
    config = snapshot.run.config if snapshot.run is not None else {}
    if any("lora" in key.lower() for key in config):
        return True
    named = [str(value).lower() for key, value in config.items() if "model" in key.lower() and isinstance(value, str)]
    return any(name in value for value in named for name in LANGUAGE_MODELS)


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
