"""What is minimised: the CTC loss of the network's output, and, where asked for, of its visual features alone."""

from __future__ import annotations

from torch import Tensor, nn

from trainer.data.batches import Batch
from trainer.loss import clip_losses, per_token
from trainer.models.base import CtcModel


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
