"""run.json: what a run is: its model, data, chance baselines, units and environment."""

from __future__ import annotations

from typing import Any

from monitor.run_dir.metric import Metric
from monitor.run_dir.records.base import SCHEMA_VERSION, GapBasis, Record, Words


class ModelInfo(Record, frozen=True, kw_only=True):
    """The model: its name, its number of trainable parameters, and the share of them per stage (sums to 1)."""

    name: Words = ""
    parameters: int | None = None
    share_per_stage: dict[str, float] = {}


class DataInfo(Record, frozen=True, kw_only=True):
    """The corpus: sequences (`clips`) and target tokens per split, people, words, frames per output frame."""

    name: Words = ""
    clips: dict[str, int] = {}
    tokens: dict[str, int] = {}
    signers: dict[str, int] = {}
    vocabulary: int | None = None
    output_stride: int | None = None
    left_out: dict[str, int] = {}


class Floors(Record, frozen=True, kw_only=True):
    """Chance baselines of this corpus (monitor.run_dir.floors): what an output that ignores the input scores."""

    blank_ratio: float | None = None
    """b*: blank ratio of a correct output with one frame per token, 1 - sum(L)/sum(T)."""
    loss_uniform: float | None = None
    """Loss of a uniform output over all classes, nats per token."""
    loss_flat: float | None = None
    """Lowest loss of one frame-independent distribution with equal token odds, nats per token."""
    loss_unigram: float | None = None
    """The same with the train unigram frequencies: the chance line of the loss chart, nats per token."""
    wer_constant: float | None = None
    """WER on val of the best constant sentence (fraction): the chance line of the WER chart."""
    constant_sentence: str | None = None
    accuracy_constant: float | None = None
    """Accuracy on val of always saying the most frequent label (fraction), where each target is one label."""
    wer_empty: float | None = None
    """WER of saying nothing: 1.0 wherever no reference is empty."""
    unigram_entropy: float | None = None
    """Entropy of the train token frequencies, nats."""


class Environment(Record, frozen=True, kw_only=True):
    """Where a run was started: code, Python, torch, device and host; None or "" where it is not known."""

    git_commit: str | None = None
    python: str = ""
    torch: str | None = None
    device: str | None = None
    device_name: str | None = None
    host: str = ""


class Reading(Record, frozen=True, kw_only=True, omit_defaults=False):
    """How a run's records were read from the text log of a foreign script."""

    path: str
    said: str = ""
    """What was understood, in one sentence with its figures."""
    confirmed_by: str = ""
    """Who has confirmed the reading; empty: not confirmed yet."""
    doubts: tuple[str, ...] = ()
    """What shows that the log may be misread, one sentence each; none once a person confirms the reading of the run."""


class Run(Record, frozen=True, kw_only=True, omit_defaults=False):
    """run.json: what this run is, written once by the trainer."""

    schema_version: int = SCHEMA_VERSION
    run_id: str
    name: Words = ""
    created_at: float = 0.0
    config: dict[str, Any] = {}
    config_schema: dict[str, Any] = {}
    model: ModelInfo = ModelInfo()
    data: DataInfo = DataInfo()
    floors: Floors = Floors()
    metrics: list[Metric] = []
    """The errors and scores that the script declares; at most one is primary."""
    units: dict[str, Words] = {}
    """What a number means, e.g. {"loss": "nats per token", "wer": "fraction"}."""
    gap_basis: GapBasis = "train"
    """"eval": gap = val_loss - train_eval_loss (both in eval mode); "train": val_loss - train_loss."""
    warmup_epochs: float = 0.0
    environment: Environment = Environment()
    notes: str = ""
    reading: Reading | None = None
    source: str = ""
    """Which file of the script its records are read from, in one sentence with what is not certain of it."""
