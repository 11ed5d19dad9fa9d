"""What is measured: evaluations, steps, clips, predictions, probes of a checkpoint, and the GPUs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from monitor.run_dir.records.base import Record


class Epoch(Record, frozen=True, kw_only=True, gc=False):
    """One line of epochs.jsonl: one evaluation. `None` means not measured, never zero."""

    epoch: float
    step: int = 0
    at: float = 0.0
    generation: int = 1
    train_loss: float | None = None
    """Running mean over the epoch, with dropout and augmentation on."""
    train_eval_loss: float | None = None
    """Fixed train subset, eval mode, no augmentation."""
    val_loss: float | None = None
    gap: float | None = None
    train_wer: float | None = None
    val_wer: float | None = None
    val_substitutions: int | None = None
    val_deletions: int | None = None
    val_insertions: int | None = None
    val_tokens: int | None = None
    """Reference tokens in val (sum of L)."""
    val_hypothesis_tokens: int | None = None
    """Predicted tokens (sum of H)."""
    blank_ratio: float | None = None
    empty_ratio: float | None = None
    """Share of val clips whose hypothesis is empty."""
    length_ratio: float | None = None
    """Predicted tokens per target token, sum(H)/sum(L)."""
    entropy: float | None = None
    """Mean entropy of the output distribution per valid frame, nats."""
    mutual_information: float | None = None
    """H(mean p) - mean H(p) over valid val frames, nats."""
    top_token: str | None = None
    top_token_ratio: float | None = None
    unique_hypothesis_ratio: float | None = None
    distinct_token_ratio: float | None = None
    lr: float | None = None
    grad_norm: float | None = None
    """Median gradient norm of the epoch before clipping."""
    clipped_ratio: float | None = None
    non_finite_ratio: float | None = None
    """Share of this epoch's batches whose loss or gradient was not finite (skipped)."""
    non_finite_in_a_row: int | None = None
    update_ratio: float | None = None
    seconds: float | None = None
    clips_per_sec: float | None = None
    data_wait_ratio: float | None = None
    metrics: dict[str, float] = {}
    """Anything else the script logs."""


class Step(Record, frozen=True, kw_only=True, gc=False):
    """One line of steps.jsonl: one logging step."""

    step: int
    epoch: float = 0.0
    at: float = 0.0
    generation: int = 1
    train_loss: float | None = None
    lr: float | None = None
    grad_norm: float | None = None
    clipped_ratio: float | None = None
    clips_per_sec: float | None = None
    data_wait_ratio: float | None = None
    device_memory_bytes: int | None = None
    device_busy_ratio: float | None = None
    non_finite: int = 0
    metrics: dict[str, float] = {}
    """Anything else the script logs."""


class Clip(Record, frozen=True, kw_only=True, gc=False):
    """One line of clips.jsonl: a sequence that is decoded, in the order the decodes follow."""

    clip_id: str
    reference: str
    split: Literal["train", "val", "test"] = "val"
    input_frames: int | None = None
    signer: str | None = None


class Decode(Record, frozen=True, kw_only=True):
    """One line of decodes.jsonl: one evaluation's hypotheses of one split.

    `hypotheses` follows the order of that split's clips in clips.jsonl, unless `clip_ids` names them.
    """

    epoch: float
    step: int = 0
    at: float = 0.0
    generation: int = 1
    split: Literal["train", "val", "test"] = "val"
    hypotheses: Sequence[str] = []
    adjusted: Sequence[str] | None = None
    """The same clips by the user's own decoder, where one is on; `hypotheses` is without."""
    clip_ids: Sequence[str] | None = None


class GpuHistory(Record, frozen=True, kw_only=True, omit_defaults=False):
    """gpu.json: what the GPUs of a run did over time, replaced whole by its supervisor every few seconds.

    Each column has a value for every entry of `at`, the mean over `every_secs` before it; None where the driver does
    not say.
    It is bounded: a full one keeps one entry for two, and `every_secs` doubles. Of several GPUs `busy_ratio` is the
    mean, the memory that of the fullest, the power the sum, the temperature that of the hottest.
    """

    gpus: list[str] = []
    """As nvidia-smi counts them: cuda:0."""
    name: str = ""
    every_secs: float = 5.0
    memory_total_bytes: float | None = None
    power_limit_watts: float | None = None
    at: list[float] = []
    busy_ratio: list[float | None] = []
    """Share of the time in which any kernel ran."""
    memory_bytes: list[float | None] = []
    """Used by processes of any user."""
    power_watts: list[float | None] = []
    temperature_celsius: list[float | None] = []
    throttled_ratio: list[float | None] = []
    """Share of the readings at which heat, the power limit or the hardware kept the clock down."""
    throttled_by: list[str] = []
    """Which of them, ever."""


class Probe(Record, frozen=True, kw_only=True, omit_defaults=False):
    """probes/<name>.json: one measurement of a checkpoint, made on demand."""

    name: str
    title: str
    line: str
    """What was found, in one sentence with its numbers."""
    at: float = 0.0
    checkpoint: str = ""
    cause: str = ""
    """The cause (monitor.diagnosis.causes) that this speaks about; empty for none."""
    stance: Literal["for", "against", ""] = ""
    numbers: dict[str, float] = {}
    rows: list[dict[str, Any]] = []
