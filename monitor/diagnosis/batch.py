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


def half_the_batch(config: Mapping[str, Any]) -> str:
    """One sentence, with the settings of this run where it has them."""
    batch, summed = _setting(config, BATCH), _setting(config, ACCUMULATION)
    if batch is None:
        return "Halve the batch size, and double gradient accumulation where the script has it."
    key, value = batch
    if value < 2:
        return f"{key} is {value} already: shorten the inputs, take a smaller model, or recompute activations."
    halved = f"Halve the batch: {key} {value} → {value // 2}"
    if summed is None:
        return f"{halved}."
    return f"{halved}, and double the accumulation: {summed[0]} {summed[1]} → {2 * summed[1]}."


def _setting(config: Mapping[str, Any], names: tuple[str, ...]) -> tuple[str, int] | None:
    """(key, value) of the likeliest setting of these names that is a whole number of at least 1."""
    found = {plain(key.rpartition(".")[2]): key for key in reversed(list(config)) if _counts(config[key])}
    return next(((found[name], config[found[name]]) for name in names if name in found), None)


def _counts(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1
