"""Puts a run together from an invocation: corpus, network, floors, run directory; then trains it."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import torch

from monitor.run_dir import (
    CHECKPOINTS_DIR,
    LAST_CHECKPOINT,
    LAUNCH_FILE,
    RUN_DIR_VARIABLE,
    Floors,
    Launch,
    files,
    floors,
)
from monitor.run_dir.errors import RefusedError, UsageError
from monitor.writer import RunWriter
from trainer import arguments, checkpoints, tuning
from trainer.arguments import Invocation
from trainer.config import Config, check_stored, completed
from trainer.data.augmentation import Distortion
from trainer.data.batches import TrainingBatches
from trainer.data.corpus import Corpus, describe, keep_feasible
from trainer.data.digits import digits_corpus
from trainer.data.entries import read_manifest
from trainer.data.phoenix import read_phoenix
from trainer.data.preflight import Preflight, too_short
from trainer.data.recorded import recorded_corpus
from trainer.data.synthetic import synthetic_corpus
from trainer.data.video import as_video
from trainer.devices import choose_device, tame_threads
from trainer.distributed import Ranks, join, leave
from trainer.loop import Loop
from trainer.models import build_model, describe_model
from trainer.models.base import CtcModel, HeadOptions
from trainer.settings import Setting, untried
from trainer.stopping import StopSignals
from trainer.terminal import Silent, Terminal, make_terminal
from trainer.training import Training, padded
from trainer.tuning import Choice
from trainer.warming import warm_up

MAY_CHANGE = ("epochs", "patience", "device", "log_every", "pace", "init_checkpoint", "loader_threads", "tuned")
"""Options that a resumed run may be given anew; any other one would make it another run."""


def run(invocation: Invocation, signals: StopSignals) -> None:
    """Trains what `invocation` asks for, or goes on with it. Raises MonitorError for what a person can mend."""
    ranks = join()
    _run(invocation, signals, ranks)
    leave(ranks)


def _run(invocation: Invocation, signals: StopSignals, ranks: Ranks) -> None:
    screen = make_terminal() if ranks.is_first else Silent()
    run_dir = Path(ranks.of_first(str(where(invocation))))
    config = invocation.config
    last = run_dir / CHECKPOINTS_DIR / LAST_CHECKPOINT
    resume = invocation.resume or is_requeued(run_dir, os.environ)
    about = checkpoints.about(last)
    if about is not None:
        if not resume:
            raise RefusedError(
                f"{run_dir} already holds a run; give --resume to go on with it, or another --output_dir."
            )
        config = resumed_config(about["config"], invocation.given)
    device, warning = choose_device(config.device)
    if warning:
        screen.warn(warning)
    torch.manual_seed(config.seed)
    corpus, model = assemble(config, screen)
    found = corpus_floors(corpus, model.stride)
    if config.bias_init == "prior":
        model.head.start_at(torch.tensor(class_odds(corpus, found)))
    if about is None and config.init_checkpoint:
        checkpoints.load_weights(model, Path(config.init_checkpoint))
    batches = padded(make_batches(corpus, model, config), config, device)
    choice = ranks.of_first(
        decided(config, model, batches, device, screen, about, ranks.world) if ranks.is_first else None
    )
    training = Training(config, model, batches, device, ranks, choice.setting)
    if ranks.world > 1:
        torch.manual_seed(config.seed + ranks.rank)  # every process drops other activations
    if about is not None:
        training.restore(checkpoints.load(last))
    try:
        warmed = warm_up(training, screen.say, stop=lambda: bool(signals.received))
        speed = " ".join(line for line in (choice.line, warmed) if line)
        _train(training, corpus, found, run_dir, screen, signals, speed, resume=resume)
    finally:
        training.loader.close()


def where(invocation: Invocation) -> Path:
    """The run directory: a supervisor's, else the one asked for, else a new one named after corpus and time."""
    given = os.environ.get(RUN_DIR_VARIABLE) or invocation.output_dir
    if given:
        return Path(given)
    if invocation.resume:
        raise UsageError("--resume needs --output_dir, the run directory to go on with.")
    name = f"{invocation.config.data}-{time.strftime('%Y%m%d-%H%M%S')}"
    return Path(os.environ.get("VITALSIGNS_RUNS", "runs")) / name


def resumed_config(stored: dict[str, Any], given: dict[str, Any]) -> Config:
    """The config of the run that goes on. Raises UsageError for an option that would make it another run."""
    stored = completed(stored)
    for key, value in given.items():
        if key not in MAY_CHANGE and stored.get(key, value) != value:
            raise UsageError(
                f"--resume goes on with the same run, whose --{key} is {stored[key]}, not {value}; "
                "leave it out, or start a new run."
            )
    return check_stored({**stored, **{key: given[key] for key in MAY_CHANGE if key in given}})


def assemble(config: Config, screen: Terminal) -> tuple[Corpus, CtcModel]:
    """Corpus and network of a config; what is wrong with the clips is shown, and left out where it must be."""
    corpus, report = make_corpus(config, screen)
    model = build_model(
        config.model,
        vocabulary_size=len(corpus.vocabulary),
        frame_shape=corpus.frame_shape,
        width=config.width,
        hidden_dim=config.hidden_dim,
        dropout=config.dropout,
        head=head_options(config),
    )
    too_short(corpus.splits, model.stride, report)
    for line in report.lines():
        screen.warn(line)
    corpus = replace(keep_feasible(corpus, model.stride), left_out=report.counts())
    for split in ("train", "val"):
        if not corpus.splits[split]:
            raise RefusedError(f"No {split} clip is long enough for its target at stride {model.stride}.")
    return corpus, model


def head_options(config: Config) -> HeadOptions:
    """What the options say of the classifier."""
    return HeadOptions(normalised=config.classifier == "normalised", auxiliary=config.auxiliary_ctc > 0)


def make_corpus(config: Config, screen: Terminal) -> tuple[Corpus, Preflight]:
    """The corpus of the options, and what is wrong with its clips. Raises RefusedError where it cannot be read."""
    if config.data == "digits":
        made = digits_corpus(config.train_clips, config.eval_clips, config.train_images, config.data_seed)
        return made, Preflight()
    if config.data == "synthetic":
        corpus = synthetic_corpus(
            config.train_clips,
            config.eval_clips,
            config.signers,
            config.data_seed,
            screen.track,
            seen_clips=config.seen_clips,
        )
        video = config.modality == "video"
        return (as_video(corpus, config.frame_size, screen.track) if video else corpus), Preflight()
    root = Path(config.data_path)
    if config.data == "manifest":
        entries = read_manifest(root)
    else:
        features = Path(config.features_path) if config.modality == "landmarks" else None
        entries = read_phoenix(root, config.protocol, config.label_scheme, features, config.seen_clips)
    return recorded_corpus(config.data, entries, config.modality, config.frame_size, screen.track)


def decided(
    config: Config,
    model: CtcModel,
    batches: TrainingBatches,
    device: torch.device,
    screen: Terminal,
    about: dict[str, Any] | None,
    world: int = 1,
) -> Choice:
    """How this run computes, measured once in its life: a resume on the same kind of device goes on as it began."""
    if not tuning.is_open(config, device):
        return Choice(setting=untried(config, device), line="")
    if about is None:
        updates = -(-len(batches) // config.accumulation_steps) * config.epochs
        return tuning.decide(config, model, batches, device, updates=updates, say=screen.say, world=world)
    known = "setting" in about and about.get("device") == device.type
    return Choice(setting=msgspec.convert(about["setting"], Setting) if known else untried(config, device), line="")


def make_batches(corpus: Corpus, model: CtcModel, config: Config) -> TrainingBatches:
    """Batches of train clips; their order and distortions follow from the seed."""
    return TrainingBatches(
        corpus=corpus,
        batch_size=config.batch_size,
        distortion=Distortion(config.augmentation, config.flip, config.frame_drop, config.crop),
        seed=config.seed,
        stride=model.stride,
    )


def corpus_floors(corpus: Corpus, stride: int) -> Floors:
    """Chance baselines from the targets and output frames of train and val; `stride`: input frames per output frame."""
    train, val = (
        floors.Targets(
            tokens=[clip.tokens.tolist() for clip in corpus.splits[split]],
            frames=[-(-len(clip.frames) // stride) for clip in corpus.splits[split]],
        )
        for split in ("train", "val")
    )
    return floors.compute(train, val, corpus.vocabulary)


def class_odds(corpus: Corpus, found: Floors) -> list[float]:
    """The share of output frames that a correct output gives each class (V,): b* to the blank, the rest to words."""
    counts = np.zeros(len(corpus.vocabulary))
    for clip in corpus.splits["train"]:
        np.add.at(counts, clip.tokens, 1)
    blank = found.blank_ratio if found.blank_ratio is not None else 0.5
    # A word that train never shows keeps a small chance.
    words = (1 - blank) * (counts + 0.5) / (counts + 0.5)[1:].sum()
    return [blank, *words[1:].tolist()]


def _train(
    training: Training,
    corpus: Corpus,
    found: Floors,
    run_dir: Path,
    screen: Terminal,
    signals: StopSignals,
    speed: str,
    *,
    resume: bool,
) -> None:
    config, model = training.config, training.model
    info = describe_model(config.model, model)
    tame_threads(training.device, info.parameters or 0, corpus.frame_shape)
    with RunWriter(
        run_dir,
        config=msgspec.to_builtins(config),
        config_schema=arguments.schema(),
        model=info,
        data=describe(corpus, model.stride),
        floors=found,
        device=str(training.device),
        units={"loss": "nats per token", "wer": "fraction"},
        gap_basis="eval",
        notes=speed,
        warmup_epochs=config.warmup_epochs,
        epochs=config.epochs,
        steps_per_epoch=training.steps_per_epoch,
        resume=resume,
    ) as writer:
        shares = ", ".join(f"{stage} {100 * share:.0f} %" for stage, share in info.share_per_stage.items())
        clips = ", ".join(f"{len(clips)} {split}" for split, clips in corpus.splits.items())
        where = f"{training.device}" + (f", {training.ranks.world} processes" if training.ranks.world > 1 else "")
        screen.say(f"{config.model}: {info.parameters:,} parameters ({shares}) on {where}; clips: {clips}.")
        if speed:
            screen.say(speed)
        screen.say(f"Writing {writer.run_dir}")
        outcome = Loop(training, corpus, found, Path(writer.run_dir), writer, screen, signals).train()
        screen.close()
        writer.finish(outcome)


def is_requeued(run_dir: Path, environment: Mapping[str, str]) -> bool:
    """Whether SLURM started this job again, and it was this very job that began the run in `run_dir`.

    The same command then goes on with the same run.
    """
    job = environment.get("SLURM_JOB_ID")
    if not job or environment.get("SLURM_RESTART_COUNT", "0") in ("", "0"):
        return False
    launch = files.read_document(run_dir / LAUNCH_FILE, Launch, files.UNREADABLE)
    return launch is not None and launch.scheduler.get("job_id") == job
