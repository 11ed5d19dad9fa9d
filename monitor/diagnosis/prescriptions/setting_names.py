"""Names under which people's scripts have the settings that options change."""

from __future__ import annotations

from typing import Any

from monitor.run_dir.field_names import plain

SETTINGS: dict[str, tuple[str, ...]] = {
    "rate": ("learning_rate", "lr", "base_lr", "max_lr", "peak_lr", "optimizer_lr", "optim_lr"),
    "clip": ("clip_norm", "max_grad_norm", "grad_clip", "clip_grad", "clip_grad_norm", "gradient_clip_val", "clip"),
    "precision": ("amp", "use_amp", "fp16", "bf16", "half", "mixed_precision", "precision", "dtype"),
}
"""What it sets → its names, the likeliest first."""


def key_of(config: dict[str, Any], setting: str) -> str | None:
    """The key of `config` that sets this, whatever its case and punctuation; None where there is none."""
    by_plain = {plain(key): key for key in reversed(list(config))}
    return next((by_plain[name] for name in SETTINGS[setting] if name in by_plain), None)


def without_mixed_precision(value: Any) -> Any:
    """The value of the same kind that means full precision; None where it is that already, or not understood."""
    if isinstance(value, bool):
        return False if value else None
    if value == 16:
        return 32
    if not isinstance(value, str):
        return None
    word = value.lower()
    if word in ("fp16", "bf16"):
        return "no"
    half = {"16-mixed": "32-true", "bf16-mixed": "32-true", "float16": "float32", "bfloat16": "float32", "16": "32"}
    return half.get(word)
