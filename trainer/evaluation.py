"""One pass over clips in eval mode: loss, hypotheses, and everything an epoch record says about them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from trainer.data.batches import evaluation_batches
from trainer.data.corpus import Corpus, Sample
from trainer.decoding import Adjustment, adjusted, beam, greedy
from trainer.loss import clip_losses, per_token
from trainer.metrics import FrameStatistics, WordErrors, WordShape, word_errors, word_shape
from trainer.models.base import CtcModel


@dataclass(frozen=True)
class Evaluation:
    """What one split scored. Losses in nats: `loss` per token (mean over clips), `loss_pooled` sum(NLL) / sum(L)."""

    hypotheses: list[str]
    errors: WordErrors
    shape: WordShape
    frames: FrameStatistics
    loss: float
    loss_pooled: float
    loss_per_clip: float
    adjusted_wer: float | None = None
    """With the user's own blank penalty or confidence filter, where one is on."""
    beam_wer: float | None = None

    @property
    def wer(self) -> float:
        return self.errors.wer

    def rank(self) -> tuple[float, float]:
        """Sorts the better evaluation first: by WER, between equal ones by loss; NaN is never better."""
        return tuple(math.inf if math.isnan(value) else value for value in (self.wer, self.loss))  # type: ignore[return-value]


NOTHING = Adjustment()


def nothing() -> None:
    """What happens after a batch where nobody watches."""


def evaluate(
    model: CtcModel,
    corpus: Corpus,
    clips: Sequence[Sample],
    *,
    batch_size: int = 32,
    after_batch: Callable[[], None] = nothing,
    adjustment: Adjustment = NOTHING,
    beam_width: int = 0,
) -> Evaluation:
    """Scores `clips` with dropout off and nothing distorted; leaves the model in the mode it was in.

    What is said and scored is unfiltered greedy output; `adjustment` and `beam_width` add figures beside it.
    """
    device = next(model.parameters()).device
    was_training = model.training
    model.eval()
    frames = FrameStatistics(len(corpus.vocabulary))
    hypotheses: list[str] = []
    by_user: list[str] = []
    by_beam: list[str] = []
    nll_sum = token_loss_sum = 0.0
    with torch.inference_mode():
        for on_cpu in evaluation_batches(clips, batch_size):
            batch = on_cpu.to(device)
            log_probs, lengths = model(batch.frames, batch.frame_lengths)  # (T, N, C), (N,)
            losses = clip_losses(log_probs, lengths, batch).double()
            nll_sum += float(losses.sum())
            token_loss_sum += float(per_token(losses, batch).sum())
            frames.add(log_probs, lengths)
            hypotheses += [corpus.sentence(tokens) for tokens in greedy(log_probs, lengths)]
            if adjustment.is_on:
                by_user += [corpus.sentence(tokens) for tokens in adjusted(log_probs, lengths, adjustment)]
            if beam_width:
                by_beam += [corpus.sentence(tokens) for tokens in beam(log_probs, lengths, beam_width)]
            after_batch()
    model.train(was_training)
    references = [corpus.sentence(clip.tokens) for clip in clips]
    errors = word_errors(references, hypotheses)
    return Evaluation(
        hypotheses=hypotheses,
        errors=errors,
        shape=word_shape(references, hypotheses),
        frames=frames,
        loss=token_loss_sum / len(clips),
        loss_pooled=nll_sum / max(1, errors.tokens),
        loss_per_clip=nll_sum / len(clips),
        adjusted_wer=word_errors(references, by_user).wer if by_user else None,
        beam_wer=word_errors(references, by_beam).wer if by_beam else None,
    )
