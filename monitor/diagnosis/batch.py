"""What to change when a GPU has no memory left: half the batch, with the gradients of two of them summed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from monitor.run_dir.field_names import plain

BATCH = ("batch_size", "train_batch_size", "per_device_train_batch_size", "micro_batch_size", "bs")
ACCUMULATION = (
    *("accumulation_steps", "gradient_accumulation_steps", "grad_accumulation_steps", "accumulate_grad_batches"),
    *("gradient_accumulation", "grad_accum", "accum_iter", "update_freq"),
)


def halved(config: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Setting → [before, after] of half the batch, and of twice the accumulation where there is one; {} of neither."""
    batch, summed = _setting(config, BATCH), _setting(config, ACCUMULATION)
    if batch is None or batch[1] < 2:
        return {}
    changes: dict[str, list[Any]] = {batch[0]: [batch[1], batch[1] // 2]}
    return changes if summed is None else {**changes, summed[0]: [summed[1], 2 * summed[1]]}


def half_the_batch(config: Mapping[str, Any]) -> str:
    """One sentence, with the settings of this run where it has them."""
    batch = _setting(config, BATCH)
    if batch is None:
        return "Halve the batch size, and double gradient accumulation where the script has it."
    changes = halved(config)
    if not changes:
        return f"{batch[0]} is {batch[1]} already: shorten the inputs, take a smaller model, or recompute activations."
    said = [f"{key} {before} → {after}" for key, (before, after) in changes.items()]
    same = ", for the same update" if is_same_update(changes) else ""
    return f"Halve the batch: {', and double the accumulation: '.join(said)}{same}."


def is_same_update(changes: Mapping[str, list[Any]]) -> bool:
    """Whether an update rests on as many samples as before: the accumulation doubles, and the half is a whole one."""
    before, after = next(iter(changes.values()), (0, 0))
    return len(changes) == 2 and before == 2 * after


def _setting(config: Mapping[str, Any], names: tuple[str, ...]) -> tuple[str, int] | None:
    """(key, value) of the likeliest setting of these names that is a whole number of at least 1."""
    found = {plain(key.rpartition(".")[2]): key for key in reversed(list(config)) if _counts(config[key])}
    return next(((found[name], config[found[name]]) for name in names if name in found), None)


def _counts(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1
