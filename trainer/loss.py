"""The CTC loss: per clip in fp32, summed so that neither batch size nor padding can change a mean."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from trainer.data.batches import Batch
from trainer.data.corpus import BLANK


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
