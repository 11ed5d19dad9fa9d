"""The CTC loss: per clip in fp32, summed so that neither batch size nor padding can change a mean; and what of it is
minimised: that of the output, and, where asked for, that of the visual features alone."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from trainer.data.batches import Batch
from trainer.data.corpus import BLANK
from trainer.models.base import CtcModel


def clip_losses(log_probs: Tensor, output_lengths: Tensor, batch: Batch) -> Tensor:
    """(N,) negative log-likelihood of each clip's target, in nats.

    log_probs is (T, N, C) fp32. Targets and lengths are int64: torch's native path, because cuDNN's (int32 on the
    CPU) ignores `zero_infinity` and differs between versions. A clip without any valid path gives inf, not zero:
    a zero would still count in the mean.
    """
    return F.ctc_loss(
        log_probs.float(),
        batch.targets,
        output_lengths.to(torch.int64),
        batch.target_lengths,
        blank=BLANK,
        reduction="none",
        zero_infinity=False,
    )


def per_token(losses: Tensor, batch: Batch) -> Tensor:
    """(N,) nats per target token of each clip; their mean over clips is the loss that is trained and shown.

    An empty target counts as one token, as in torch's own mean.
    """
    return losses / batch.target_lengths.clamp(min=1)


class Objective(nn.Module):
    """Batch -> two (N,) tensors in nats per token: the loss that is reported, and the one that is minimised.

    The auxiliary loss makes the visual features spell the sentence without the LSTM's help (Min et al. 2021); it is
    never part of the reported loss, so that runs with and without it can be compared.
    """

    def __init__(self, model: CtcModel, auxiliary_weight: float = 0.0) -> None:
        super().__init__()
        self.model = model
        self.auxiliary_weight = auxiliary_weight

    def forward(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """(reported, minimised), each (N,); the same tensor without an auxiliary loss."""
        if not self.auxiliary_weight:
            log_probs, lengths = self.model(batch.frames, batch.frame_lengths)
            loss = per_token(clip_losses(log_probs, lengths, batch), batch)
            return loss, loss
        log_probs, visual, lengths = self.model.forward_both(batch.frames, batch.frame_lengths)
        loss = per_token(clip_losses(log_probs, lengths, batch), batch)
        return loss, loss + self.auxiliary_weight * per_token(clip_losses(visual, lengths, batch), batch)
