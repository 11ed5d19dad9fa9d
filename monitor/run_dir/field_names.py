"""Names under which people log a quantity → our field. Shared by importers, followed logs and callbacks."""

from __future__ import annotations

import re

SYNONYMS: dict[str, tuple[str, ...]] = {
    "epoch": ("epoch", "epochs", "ep", "train_epoch"),
    "step": (
        *("step", "global_step", "iteration", "iter", "updates", "train_global_step", "trainer_global_step"),
        *("num_updates", "current_steps", "current_step", "cur_step", "global_steps", "steps", "iterations", "iters"),
    ),
    "train_loss": (
        *("train_loss_epoch", "train_epoch_loss", "epoch_train_loss"),
        *("train_loss", "training_loss", "loss_train", "loss_training", "tr_loss", "loss", "total_loss"),
    ),
    "train_eval_loss": ("train_eval_loss", "train_loss_eval"),
    "val_loss": (
        *("val_loss", "valid_loss", "validation_loss", "eval_loss", "dev_loss", "val_loss_epoch"),
        *("loss_val", "loss_valid", "loss_validation", "loss_eval", "loss_dev", "validation_epoch_loss", "test_loss"),
    ),
    "train_wer": ("train_wer", "training_wer", "wer_train"),
    "val_wer": (
        *("val_wer", "valid_wer", "validation_wer", "eval_wer", "dev_wer", "wer_val", "wer_valid", "wer_validation"),
        *("wer_eval", "wer_dev", "wer", "test_wer"),
    ),
    "blank_ratio": ("blank_ratio", "val_blank_ratio", "blank", "blank_share", "blank_rate"),
    "empty_ratio": ("empty_ratio", "empty_share"),
    "length_ratio": ("length_ratio", "words_ratio"),
    "lr": ("lr", "learning_rate", "train_learning_rate", "train_lr"),
    "grad_norm": ("grad_norm", "gradient_norm", "train_grad_norm"),
}
"""Field → names under which people log it, the likeliest first."""

SHARES = frozenset({"train_wer", "val_wer", "blank_ratio", "empty_ratio"})
"""Fields that people also write in percent."""


def plain(name: str) -> str:
    """A name without case, unit and punctuation: 'Val WER (%)' → 'val_wer'."""
    # A unit is short: what may be of any length costs the square of it where a bracket is never closed.
    bare = re.sub(r"\([^)\n]{0,100}\)|\[[^\]\n]{0,100}\]|%", " ", name.lower())
    words = [word for word in re.split(r"[^a-z0-9]+", bare) if word not in ("", "percent", "pct")]
    return "_".join(words)


def fields_of(names: list[str]) -> dict[str, str]:
    """Field → the one of `names` that is it; a name serves one field, and the likeliest name wins."""
    by_plain = {plain(name): name for name in reversed(names)}
    chosen: dict[str, str] = {}
    for field, synonyms in SYNONYMS.items():
        free = [by_plain[one] for one in synonyms if one in by_plain and by_plain[one] not in chosen.values()]
        if free:
            chosen[field] = free[0]
    return chosen
