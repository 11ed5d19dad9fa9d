"""How many frames are left for each word inside the network: hooks on every module that keeps time."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from monitor.run_dir import Probe
from trainer.data.batches import collate
from trainer.data.corpus import frames_needed
from trainer.data.preflight import TIGHT
from trainer.probes.subject import Subject

ENOUGH = 2.0
"""Frames per word that leave CTC room for blanks."""
KEEPS_TIME = (nn.Conv1d, nn.Conv3d, nn.LSTM)


def measure(subject: Subject) -> Probe:
    """Frames per word at each module, for the val clip of median length."""
    clips = sorted(subject.corpus.splits["val"], key=lambda clip: len(clip.frames))
    clip = clips[len(clips) // 2]
    rows = _time_of_modules(subject, collate([clip.frames], [clip.tokens]).to(subject.device))
    words = max(1, len(clip.tokens))
    for row in rows:
        row["frames per word"] = round(row["frames"] / words, 2)
    least = min(rows, key=lambda row: row["frames"])
    stride = subject.model.stride
    tight = sum(-(-len(each.frames) // stride) < TIGHT * frames_needed(each.tokens) for each in clips)
    per_word = least["frames per word"]
    enough = per_word >= ENOUGH
    return Probe(
        name="time-resolution",
        title="Time inside the network",
        line=f"{'Enough' if enough else 'Too little'} time is left inside: {per_word:.1f} frames per word at "
        f"{least['module']} for a clip of {len(clip.frames)} frames and {words} words; "
        f"{tight} of {len(clips)} val clips are tight.",
        cause="no_evidence",
        stance="against" if enough else "for",
        numbers={"frames per word": per_word, "stride": float(stride), "tight clips": float(tight)},
        rows=rows,
    )


def _time_of_modules(subject: Subject, batch: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []

    def _noting(name: str) -> Any:
        def _hook(module: nn.Module, _inputs: Any, output: Any) -> None:
            seen: Tensor = output[0] if isinstance(output, tuple) else output
            # LSTMs are batch first (N, T, C), convolutions have time behind the channels.
            rows.append({"module": name, "frames": int(seen.shape[1 if isinstance(module, nn.LSTM) else 2])})

        return _hook

    named = [(name, module) for name, module in subject.model.named_modules() if isinstance(module, KEEPS_TIME)]
    hooks = [module.register_forward_hook(_noting(name)) for name, module in named]
    try:
        subject.model.eval()
        with torch.inference_mode():
            subject.model(batch.frames, batch.frame_lengths)
    finally:
        for each in hooks:
            each.remove()
    return rows
