"""What all networks share: one signature, masks, and a bidirectional LSTM that never sees padding."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from trainer.models.compiled import Compiled
from trainer.models.graphs import Graphs


@dataclass(frozen=True)
class Preparation:
    """How a network is to compute: the same function at another speed, or in other memory."""

    channels_last: bool = False
    """Pictures with a pixel's channels beside each other."""
    own_kernels: bool = False
    """Batch norm, depthwise convolution and pooling of such pictures by `trainer.kernels`."""
    few_shapes: bool = False
    """Single pictures in stacks of a few sizes."""
    recompute: bool = False
    """Activations of the visual network are computed again when gradients need them."""
    compiler: dict[str, Any] | None = None
    """Options of torch.compile for the visual network; None: not compiled."""
    graphs: bool = False
    """As CUDA graphs."""


class CtcModel(nn.Module):
    """Frames (N, T, D) and lengths (N,) int64 -> log_probs (T', N, C) fp32 and output lengths (N,) int64.

    A network here is `see` (short-term features), then `bilstm` (the sentence around them), then `head` (classes).
    """

    stride = 1
    """Input frames per output frame; T' = ceil(T / stride) for every network here."""
    dropout: nn.Module
    bilstm: BiLstm
    head: CtcHead
    compiled: Compiled | None = None
    """`see`, or the greater part of it, once `prepare` has asked for it."""
    graphs: Graphs | None = None
    """Of the whole network, or of the greater part of it, once `prepare` has asked for them."""

    def stages(self) -> dict[str, nn.Module]:
        """The parts that parameters and gradients are reported for; together they are the whole network."""
        raise NotImplementedError("each network names its own parts")

    def see(self, *given: Tensor) -> tuple[Tensor, Tensor]:
        """Visual features (N, T', F), each of a short stretch of its clip, and their lengths (N,)."""
        raise NotImplementedError("each network has its own way from frames to features")

    def prepare(self, how: Preparation) -> None:
        """Once, before it is trained. Vectors have no channels to order and no single pictures."""
        if how.compiler is not None:
            self.compiled = Compiled(self.see, how.compiler)
        if how.graphs:
            self.graphs = Graphs(self)

    def shape(self, lengths: Sequence[int], padded: int) -> tuple[int, ...]:
        """What a batch of such clips costs anew when it has not come before: batches of one shape share its kernels."""
        return len(lengths), padded

    def given(self, frames: Tensor, lengths: Tensor) -> tuple[Tensor, ...]:
        """What `see` gets: of sizes that only the batch's shape decides, where there are to be few shapes."""
        return frames, lengths

    def look(self, *given: Tensor) -> tuple[Tensor, Tensor]:
        """`see`, compiled where that is what is compiled."""
        made: tuple[Tensor, Tensor] = (self.compiled or self.see)(*given)
        return made

    def forward(self, frames: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Frames (N, T, D) and lengths (N,) → log_probs (T', N, C) fp32 and output lengths (N,)."""
        made: tuple[Tensor, Tensor] = self._whole(self._forward, frames, lengths)
        return made

    def forward_both(self, frames: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """As `forward`, with log_probs (T', N, C) of the visual features alone in the middle; for training."""
        made: tuple[Tensor, Tensor, Tensor] = self._whole(self._forward_both, frames, lengths)
        return made

    def _whole(self, function: Callable[..., Any], frames: Tensor, lengths: Tensor) -> Any:
        """One of the two below, as a CUDA graph where that is asked for."""
        given = self.given(frames, lengths)
        return function(*given) if self.graphs is None else self.graphs(function, *given)

    def _forward(self, *given: Tensor) -> tuple[Tensor, Tensor]:
        seen, lengths = self.look(*given)
        return self.head(self.bilstm(self.dropout(seen), lengths)), lengths

    def _forward_both(self, *given: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        seen, lengths = self.look(*given)
        seen = self.dropout(seen)
        return self.head(self.bilstm(seen, lengths)), self.head.of_visual(seen), lengths


def valid_frames(lengths: Tensor, frames: int) -> Tensor:
    """(N, T) bool: True where a frame belongs to its clip."""
    return torch.arange(frames, device=lengths.device) < lengths[:, None]


def silence_padding(x: Tensor, lengths: Tensor) -> Tensor:
    """Channels (N, C, T) with zeros behind each clip's end.

    A convolution's own padding is zero too: so a clip comes out the same whatever lies beside it in the batch.
    """
    return x * valid_frames(lengths, x.shape[2])[:, None, :].to(x.dtype)


def halve(lengths: Tensor) -> Tensor:
    """Length after one stage of stride 2 (kernel 5, padding 2): ceil(T / 2)."""
    return torch.div(lengths + 1, 2, rounding_mode="floor")


class BiLstm(nn.Module):
    """Bidirectional LSTM layers over padded clips (N, T, C) -> (N, T, 2H).

    The backward half reads each clip from its own last frame, so padding behind it changes nothing.
    Twice as fast on a CPU as packed sequences, at the same result.
    """

    def __init__(self, features: int, hidden_dim: int, layers: int, dropout: float) -> None:
        super().__init__()
        sizes = [features, *[2 * hidden_dim] * (layers - 1)]
        self.ahead = nn.ModuleList(nn.LSTM(size, hidden_dim, batch_first=True) for size in sizes)
        self.back = nn.ModuleList(nn.LSTM(size, hidden_dim, batch_first=True) for size in sizes)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """x (N, T, C) and lengths (N,) → (N, T, 2H); what stands in padding means nothing."""
        time = torch.arange(x.shape[1], device=x.device)
        # Position t of a clip of length n is read from n - 1 - t; padding stays where it is.
        mirror = torch.where(time < lengths[:, None], lengths[:, None] - 1 - time, time)
        for layer, (ahead, back) in enumerate(zip(self.ahead, self.back, strict=True)):
            x = x if layer == 0 else self.dropout(x)
            x = torch.cat([ahead(x)[0], _reorder(back(_reorder(x, mirror))[0], mirror)], dim=2)
        return x


def _reorder(x: Tensor, order: Tensor) -> Tensor:
    """Frames of (N, T, C) in the order (N, T) gives."""
    return x.gather(1, order[:, :, None].expand(-1, -1, x.shape[2]))


@dataclass(frozen=True)
class HeadOptions:
    """How the classes are scored; the defaults are those that were measured to be best (docs/log.md)."""

    normalised: bool = False
    """Every class's weights have length 1, so that no class wins by the size of its weights."""
    auxiliary: bool = False
    """The same classifier also scores the visual features, for an auxiliary CTC loss."""


PLAIN = HeadOptions()


class CtcHead(nn.Module):
    """LayerNorm, dropout, linear, log-softmax in fp32: (N, T, F) -> log_probs (T, N, C).

    The LayerNorm is what lets CTC leave its all-blank plateau early.
    """

    def __init__(
        self,
        features: int,
        vocabulary_size: int,
        dropout: float,
        visual_features: int = 0,
        options: HeadOptions = PLAIN,
    ) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(features)
        self.dropout = nn.Dropout(dropout)
        self.linear: nn.Linear = (NormalisedLinear if options.normalised else nn.Linear)(features, vocabulary_size)
        if options.auxiliary:
            self.visual = nn.Linear(visual_features, features)
            self.visual_norm = nn.LayerNorm(features)

    def forward(self, x: Tensor) -> Tensor:
        """log_probs (T, N, C) of sequence features (N, T, F)."""
        return self._classes(self.norm(x))

    def of_visual(self, x: Tensor) -> Tensor:
        """log_probs (T, N, C) of visual features (N, T, F'), by the classifier of the sequence features."""
        return self._classes(self.visual_norm(self.visual(x)))

    def _classes(self, x: Tensor) -> Tensor:
        return self.linear(self.dropout(x)).float().log_softmax(dim=2).transpose(0, 1)

    @torch.no_grad()
    def start_at(self, odds: Tensor) -> None:
        """Biases that give every frame the class probabilities `odds` (C,), before anything is learnt.

        With the blank at b* and words as often as they are, the loss starts at the unigram floor, not above it.
        """
        self.linear.bias.copy_(odds.clamp(min=1e-8).log())


class NormalisedLinear(nn.Linear):
    """Logits by direction: each class's weight vector is scaled to length 1."""

    def forward(self, x: Tensor) -> Tensor:
        """(…, F) → logits (…, C); the length of the features still counts."""
        return F.linear(x, F.normalize(self.weight, dim=1), self.bias)
