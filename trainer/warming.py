"""Before the first step: one forward and backward pass for each shape that training will have.

So kernels are chosen, and graphs captured or compiled, before the first epoch, the largest shape takes its memory
first, and a compiler that fails does so while the run can still go on without it. Weights, running figures and random
numbers are as before afterwards.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator

import msgspec
import torch

from trainer.data.batches import Batch, TrainingBatches
from trainer.loss import Objective
from trainer.models.base import CtcModel
from trainer.models.compiled import FAILURES, in_one_line
from trainer.training import Training

MOST_SHAPES = 32
"""Of which what is new is paid in advance; the commonest ones."""

Lengths = tuple[int, ...]
"""Frames of each clip of a batch."""


def never() -> bool:
    """Whether a stop was requested: not where the caller has no way to ask."""
    return False


def shapes(batches: TrainingBatches, model: CtcModel, rank: int = 0, world: int = 1) -> dict[Lengths, int]:
    """Shapes of the batches to come: one example of each → the frames it is padded to. Largest first.

    Lengths are drawn as distortion draws them, so a rare shape may be missing.
    """
    seen: Counter[Lengths] = Counter()
    example: dict[Lengths, tuple[Lengths, int]] = {}
    for drawn in batches.drawn():
        lengths = tuple(drawn.tolist())[rank::world] or tuple(drawn.tolist())[:1]
        padded = batches.buckets.of(max(lengths)) if batches.buckets is not None else max(lengths)
        shape = model.shape(lengths, padded)
        seen[shape] += 1
        example.setdefault(shape, (lengths, padded))
    usual = [example[shape] for shape, _ in seen.most_common(MOST_SHAPES)]
    return dict(sorted(usual, key=lambda each: (len(each[0]) * each[1], sum(each[0])), reverse=True))


def warm_up(training: Training, say: Callable[[str], None], stop: Callable[[], bool] = never) -> str:
    """Nothing on a CPU that compiles nothing. Returns what a person must know: "" or why the run is not compiled.

    Raises what torch raises, but for errors of its compiler and for memory that runs out: the training names that.
    """
    model, ranks, line = training.model, training.ranks, ""
    made = model.compiled or model.graphs
    if made is None and (training.device.type == "cpu" or training.batches.buckets is None):
        return ""
    coming = shapes(training.batches, model, ranks.rank, ranks.world)
    if made is not None:
        number = f"{len(coming)} shape{'s' if len(coming) > 1 else ''} of batches"
        compiling = "Compiling" if model.compiled is not None else "Capturing CUDA graphs"
        say(f"{compiling} for {number}{'; this can take minutes' if model.compiled is not None else ''} …")
        try:
            _pass_through(training, coming, stop)
            made.close()
        except FAILURES as problem:
            line = (
                f"{compiling} failed, so this run goes on uncompiled: {in_one_line(problem)}. --compile off skips this."
            )
        if not ranks.any(bool(line)):
            return ""
        model.compiled = model.graphs = None
        training.setting = msgspec.structs.replace(training.setting, compile="off")
        line = line or "Compiling failed in another process, so this run goes on uncompiled."
    if training.device.type != "cpu":
        with contextlib.suppress(torch.OutOfMemoryError):
            _pass_through(training, coming, stop)
    return line


def _pass_through(training: Training, coming: dict[Lengths, int], stop: Callable[[], bool]) -> None:
    objective = Objective(training.model, training.config.auxiliary_ctc)  # alone: no process waits for another here
    training.to_training_mode()
    with _as_before(training):
        for lengths, padded in coming.items():
            if stop():
                return
            batch = blank(training.batches, lengths, padded).to(training.device)
            with training.precision.autocast():
                _, minimised = objective(batch)
            minimised.mean().backward()
            training.model.zero_grad(set_to_none=True)


@contextlib.contextmanager
def _as_before(training: Training) -> Iterator[None]:
    """Running figures and random numbers of before, and no gradients, whatever happens in here."""
    buffers = {name: value.clone() for name, value in training.model.named_buffers()}
    cuda = training.device.type == "cuda"
    with torch.random.fork_rng(devices=[torch.cuda.current_device()] if cuda else []):
        try:
            yield
        finally:
            with torch.no_grad():
                for name, value in training.model.named_buffers():
                    value.copy_(buffers[name])
            training.model.zero_grad(set_to_none=True)


def blank(batches: TrainingBatches, lengths: Lengths, padded: int) -> Batch:
    """A batch of this shape without anything to see, with one word a clip."""
    clips = batches.corpus.splits["train"]
    kind = torch.uint8 if clips[0].frames.dtype == "uint8" else torch.float32
    return Batch(
        frames=torch.zeros(len(lengths), padded, *batches.corpus.frame_shape, dtype=kind),
        frame_lengths=torch.tensor(lengths, dtype=torch.int64),
        targets=torch.ones(len(lengths), dtype=torch.int64),
        target_lengths=torch.ones(len(lengths), dtype=torch.int64),
    )
