"""The most that a change can do, by arithmetic alone; shown beside the change."""

from __future__ import annotations

import math
from typing import Any

from monitor.run_dir import Snapshot

MEAN_OF_PEAK = 0.5
"""A schedule with warm-up and decay runs at about half its peak on average."""
SMALL_SHRINKAGE = 0.05


def weight_shrinkage(snapshot: Snapshot, config: dict[str, Any], decay: float) -> float | None:
    """Share by which AdamW's decay alone shrinks a weight over the whole run: 1 - (1 - lr x decay) ^ steps."""
    rate, batch, epochs = (config.get(name) for name in ("learning_rate", "batch_size", "epochs"))
    clips = config.get("train_clips") or (snapshot.run.data.clips.get("train") if snapshot.run else None)
    numbers = (rate, batch, epochs, clips)
    if not all(isinstance(number, (int, float)) and number > 0 for number in numbers):
        return None
    steps = float(epochs) * math.ceil(float(clips) / float(batch)) / float(config.get("accumulation_steps") or 1)  # type: ignore[arg-type]
    return float(1 - (1 - MEAN_OF_PEAK * float(rate) * decay) ** steps)  # type: ignore[arg-type]


def decay_note(snapshot: Snapshot, config: dict[str, Any], decay: float) -> str:
    """What weight decay does over the run, before and after the change."""
    after = weight_shrinkage(snapshot, config, decay)
    if after is None:
        return ""
    before = config.get("weight_decay")
    was = weight_shrinkage(snapshot, config, before) if isinstance(before, (int, float)) else None
    instead = f" instead of {100 * was:.2g} %" if was is not None else ""
    effect = "close to no effect" if after < SMALL_SHRINKAGE else "a real but mild effect"
    shrinks = f"shrinks weights by {100 * after:.2g} % over the whole run{instead}"
    return f"Weight decay {decay:g} at this rate {shrinks}: {effect}."


def threshold_note(snapshot: Snapshot) -> str:
    """From which score on a threshold on a frame's best log-probability can filter anything at all."""
    words = snapshot.run.data.vocabulary if snapshot.run is not None else None
    if not words or words < 1:
        return "A threshold on a frame's best log-probability cannot filter below -ln of the number of classes."
    lowest = -math.log(words + 1)
    return (
        f"The best log-probability of a frame is never below -ln({words + 1}) = {lowest:.2f}, so a threshold of "
        f"{math.floor(lowest):d} or less filters nothing: moving it from there to a lower one changes no prediction."
    )


def parameters_note(snapshot: Snapshot) -> str:
    """Parameters per training clip, where both are known."""
    count = snapshot.run.model.parameters if snapshot.run is not None else None
    clips = snapshot.run.data.clips.get("train") if snapshot.run is not None else None
    if not count or not clips:
        return ""
    return f"{count / 1e6:.3g} million parameters on {clips:,} clips are {count / clips:,.0f} a clip."
