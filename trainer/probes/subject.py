"""What is measured: a run's network with saved weights, its corpus and its config, on one device."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from monitor.run_dir import BEST_CHECKPOINT, CHECKPOINTS_DIR, LAST_CHECKPOINT, RUN_FILE, Floors, Run, decode
from monitor.run_dir.errors import UnreadableRunError
from trainer import checkpoints
from trainer.config import Config, check_stored
from trainer.data.batches import Batch, evaluation_batches
from trainer.data.corpus import Corpus, Sample
from trainer.devices import choose_device
from trainer.models.base import CtcModel
from trainer.run import assemble
from trainer.terminal import Terminal


@dataclass(frozen=True)
class Subject:
    """A network as it stood at `checkpoint`, with everything that a probe needs beside it."""

    config: Config
    corpus: Corpus
    model: CtcModel
    floors: Floors
    checkpoint: Path
    device: torch.device

    def some(self, split: str, count: int) -> list[Sample]:
        """Evenly picked clips of a split."""
        clips = self.corpus.splits[split]
        step = max(1, len(clips) // count)
        return list(clips[::step][:count])

    def batches(self, clips: list[Sample], size: int = 16) -> list[Batch]:
        """Batches of at most `size` clips, on the device."""
        return [batch.to(self.device) for batch in evaluation_batches(clips, size)]

    def outputs(self, clips: list[Sample]) -> list[tuple[Tensor, Tensor]]:
        """(log_probs (T, N, C), lengths (N,)) of each batch, in eval mode."""
        self.model.eval()
        with torch.inference_mode():
            return [self.model(batch.frames, batch.frame_lengths) for batch in self.batches(clips)]


def open_run(run_dir: Path, device: str, screen: Terminal) -> Subject:
    """The best weights of a run, the last ones where no best was saved. Raises UnreadableRunError."""
    try:
        run = decode((run_dir / RUN_FILE).read_bytes(), Run)
    except (OSError, ValueError) as problem:
        raise UnreadableRunError(f"{run_dir} cannot be measured: its {RUN_FILE} cannot be read ({problem}).") from None
    if "model" not in run.config or "data" not in run.config:
        raise UnreadableRunError(f"{run_dir} was not written by this trainer: its network cannot be built from here.")
    found = [run_dir / CHECKPOINTS_DIR / name for name in (BEST_CHECKPOINT, LAST_CHECKPOINT)]
    checkpoint = next((path for path in found if path.exists()), None)
    if checkpoint is None:
        raise UnreadableRunError(f"{run_dir} has no checkpoint yet; wait for its first evaluation.")
    config = check_stored(run.config)
    torch.manual_seed(config.seed)
    corpus, model = assemble(config, screen)
    checkpoints.load_weights(model, checkpoint)
    where, warning = choose_device(device)
    if warning:
        screen.warn(warning)
    return Subject(config, corpus, model.to(where), run.floors, checkpoint, where)


def about(checkpoint: Path) -> str:
    """The checkpoint in words: its name and epoch."""
    try:
        epoch = json.loads(checkpoint.with_suffix(".json").read_bytes()).get("epoch")
    except (OSError, ValueError):
        return checkpoint.name
    return f"{checkpoint.name}, epoch {epoch}"
