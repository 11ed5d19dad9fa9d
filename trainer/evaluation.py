"""One pass over clips in eval mode: loss, hypotheses, and everything an epoch record says about them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch

from monitor.run_dir.counted import WordShape, word_shape, words_in
from trainer.data.batches import evaluation_batches
from trainer.data.buckets import Buckets
from trainer.data.corpus import Corpus, Sample
from trainer.decoding import Adjustment, adjusted, beam, greedy
from trainer.devices import Precision
from trainer.distributed import ALONE, Ranks
from trainer.loss import clip_losses, per_token
from trainer.metrics import FrameStatistics, WordErrors, word_errors
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
    adjusted: list[str] | None = None
    """The hypotheses with the user's own blank penalty or confidence filter, where one is on."""
    adjusted_wer: float | None = None
    beam_wer: float | None = None

    @property
    def wer(self) -> float:
        """Of all clips together, a fraction."""
        return self.errors.wer

    def rank(self) -> tuple[float, float]:
        """Sorts the better evaluation first: by WER, between equal ones by loss; NaN is never better."""
        return tuple(math.inf if math.isnan(value) else value for value in (self.wer, self.loss))  # type: ignore[return-value]


NOTHING = Adjustment()


def nothing() -> None:
    """Called after each batch where the caller wants nothing done."""


@dataclass
class _Sums:
    """What one process saw of its clips; the sums of several processes are one evaluation."""

    frames: FrameStatistics
    hypotheses: list[list[int]] = field(default_factory=list)
    by_user: list[list[int]] = field(default_factory=list)
    by_beam: list[list[int]] = field(default_factory=list)
    nll: float = 0.0
    token_loss: float = 0.0


def evaluate(
    model: CtcModel,
    corpus: Corpus,
    clips: Sequence[Sample],
    *,
    batch_size: int = 32,
    after_batch: Callable[[], None] = nothing,
    adjustment: Adjustment = NOTHING,
    beam_width: int = 0,
    precision: Precision | None = None,
    ranks: Ranks = ALONE,
    buckets: Buckets | None = None,
) -> Evaluation:
    """Scores `clips` with dropout off and nothing distorted; leaves the model in the mode it was in.

    Predictions and scores are of unfiltered greedy output; `adjustment` and `beam_width` add figures beside it.
    With several processes each scores every world-th clip, and all get the whole evaluation.
    """
    device = next(model.parameters()).device
    was_training = model.training
    model.eval()
    sums = _Sums(FrameStatistics(len(corpus.vocabulary)))
    precision = precision or Precision.of("fp32", device)
    with torch.inference_mode(), precision.autocast():
        for on_cpu in evaluation_batches(clips[ranks.rank :: ranks.world], batch_size, buckets):
            batch = on_cpu.to(device)
            log_probs, lengths = model(batch.frames, batch.frame_lengths)  # (T, N, C), (N,)
            losses = clip_losses(log_probs, lengths, batch).double()
            sums.nll += float(losses.sum())
            sums.token_loss += float(per_token(losses, batch).sum())
            sums.frames.add(log_probs, lengths)
            sums.hypotheses += greedy(log_probs, lengths)
            if adjustment.is_on:
                sums.by_user += adjusted(log_probs, lengths, adjustment)
            if beam_width:
                sums.by_beam += beam(log_probs, lengths, beam_width)
            after_batch()
    model.train(was_training)
    return _evaluation(corpus, clips, ranks.gather(sums))


def _evaluation(corpus: Corpus, clips: Sequence[Sample], parts: list[_Sums]) -> Evaluation:
    """One evaluation from what each process saw."""
    references = [corpus.sentence(clip.tokens) for clip in clips]

    def sentences(said: list[list[list[int]]]) -> list[str]:
        """The processes' sentences in the order of the clips."""
        out = [""] * sum(map(len, said))
        for rank, some in enumerate(said):
            out[rank :: len(said)] = [corpus.sentence(tokens) for tokens in some]
        return out

    hypotheses = sentences([part.hypotheses for part in parts])
    by_user, by_beam = sentences([part.by_user for part in parts]), sentences([part.by_beam for part in parts])
    nll, errors = sum(part.nll for part in parts), word_errors(references, hypotheses)
    return Evaluation(
        hypotheses=hypotheses,
        errors=errors,
        shape=word_shape(words_in(references), hypotheses),
        frames=FrameStatistics.merged([part.frames for part in parts]),
        loss=sum(part.token_loss for part in parts) / len(clips),
        loss_pooled=nll / max(1, errors.tokens),
        loss_per_clip=nll / len(clips),
        adjusted=by_user or None,
        adjusted_wer=word_errors(references, by_user).wer if by_user else None,
        beam_wer=word_errors(references, by_beam).wer if by_beam else None,
    )
