"""Sixteen kinds of runs, each written as its own trainer would: what is said about any of them has to be true of it.

Every maker takes the folder of all runs and returns the run directory. Numbers come from a seeded generator.
"""

from __future__ import annotations

import math
import random
from pathlib import Path

from monitor.writer import RunWriter

VOCABULARY = (
    *("MORGEN", "REGEN", "NORD", "SUED", "WIND", "SCHNEE", "WOLKE", "SONNE"),
    *("HEUTE", "NACHT", "BERG", "KUESTE", "FROST", "NEBEL", "STARK", "FLUSS"),
)
EPOCHS = 30


class Corpus:
    """Clips with references, and what a model that gets a share of the words wrong says to them."""

    def __init__(self, seed: int = 3, clips: int = 40) -> None:
        self.random = random.Random(seed)
        self.references = [" ".join(self._words(self.random.randint(3, 9))) for _ in range(clips)]

    def _words(self, count: int) -> list[str]:
        return [self.random.choice(VOCABULARY) for _ in range(count)]

    def noise(self, width: float) -> float:
        return self.random.gauss(0, width)

    def heard(self, wrong: float) -> list[str]:
        """Each word is wrong with probability `wrong`: dropped or another one."""
        return [" ".join(self._hear(reference.split(), wrong)) for reference in self.references]

    def _hear(self, words: list[str], wrong: float) -> list[str]:
        drawn = [(word, self.random.random()) for word in words]
        return [word if draw >= wrong else self.random.choice(VOCABULARY) for word, draw in drawn if draw >= wrong / 2]


def word_error_rate(references: list[str], said: list[str]) -> float:
    """Edits over reference words, by the plain dynamic programme."""
    edits = sum(_edits(one.split(), other.split()) for one, other in zip(references, said, strict=True))
    return edits / sum(len(reference.split()) for reference in references)


def _edits(one: list[str], other: list[str]) -> int:
    row = list(range(len(other) + 1))
    for i, word in enumerate(one, 1):
        above, row = row, [i]
        for j, heard in enumerate(other, 1):
            row.append(min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (word != heard)))
    return row[-1]


def ctc_healthy(runs: Path) -> Path:
    corpus = Corpus()
    with RunWriter(runs / "ctc-healthy", config={"lr": 1e-3, "batch_size": 16, "dropout": 0.3}, epochs=60) as run:
        for epoch in range(1, EPOCHS + 1):
            said = corpus.heard(0.08 + 0.85 * math.exp(-epoch / 9))
            run.log_decodes(epoch, said, references=corpus.references)
            run.log_epoch(
                epoch,
                train_loss=0.4 + 4 * math.exp(-epoch / 8) + corpus.noise(0.03),
                val_loss=0.6 + 3.8 * math.exp(-epoch / 8) + corpus.noise(0.04),
                val_wer=word_error_rate(corpus.references, said),
                lr=1e-3,
                blank_ratio=0.8,
                empty_ratio=said.count("") / len(said),
            )
    return runs / "ctc-healthy"


def ctc_broken(runs: Path) -> Path:
    """Overfits: val loss turns at epoch 10, train loss goes on to nothing."""
    corpus = Corpus()
    with RunWriter(runs / "ctc-broken", config={"lr": 1e-3, "batch_size": 8, "dropout": 0.1}, epochs=60) as run:
        for epoch in range(1, EPOCHS + 1):
            said = corpus.heard(0.62 + 0.004 * abs(epoch - 10))
            run.log_decodes(epoch, said, references=corpus.references)
            run.log_epoch(
                epoch,
                train_loss=5 * 0.85**epoch + abs(corpus.noise(0.01)),
                val_loss=2.2 + 0.12 * abs(epoch - 10) + corpus.noise(0.02),
                val_wer=word_error_rate(corpus.references, said),
                lr=1e-3,
                blank_ratio=0.8,
                empty_ratio=said.count("") / len(said),
            )
    return runs / "ctc-broken"


def one_sentence(runs: Path) -> Path:
    """At chance: nearly always the same sentence."""
    corpus = Corpus()
    with RunWriter(runs / "one-sentence", config={"lr": 3e-4, "batch_size": 8, "hidden": 512}, epochs=60) as run:
        for epoch in range(1, EPOCHS + 11):
            said = ["MORGEN WIND REGEN" if corpus.random.random() < 0.97 else "MORGEN WIND" for _ in corpus.references]
            run.log_decodes(epoch, said, references=corpus.references)
            run.log_epoch(
                epoch,
                train_loss=5.2 + 1.5 * math.exp(-epoch / 4) + corpus.noise(0.03),
                val_loss=5.3 + 1.2 * math.exp(-epoch / 4) + corpus.noise(0.04),
                val_wer=word_error_rate(corpus.references, said),
                lr=3e-4,
            )
    return runs / "one-sentence"


def collapsed(runs: Path) -> Path:
    """Nine of ten predictions are empty, the blank takes nearly every frame."""
    corpus = Corpus()
    with RunWriter(runs / "collapsed", config={"lr": 1e-3, "batch_size": 8, "model": "cnn-ctc"}, epochs=60) as run:
        for epoch in range(1, EPOCHS + 1):
            said = ["" if corpus.random.random() < 0.9 else "WIND" for _ in corpus.references]
            run.log_decodes(epoch, said, references=corpus.references)
            run.log_epoch(
                epoch,
                train_loss=3.4 + 3 * math.exp(-epoch / 2) + corpus.noise(0.01),
                val_loss=3.5 + 2.5 * math.exp(-epoch / 2) + corpus.noise(0.02),
                val_wer=word_error_rate(corpus.references, said),
                blank_ratio=0.985 + corpus.noise(0.003),
                empty_ratio=said.count("") / len(said),
                lr=1e-3,
            )
    return runs / "collapsed"


def not_a_number(runs: Path) -> Path:
    """Both losses are NaN from epoch 11 on."""
    corpus = Corpus()
    with RunWriter(runs / "not-a-number", config={"lr": 5e-2, "batch_size": 32, "amp": True}, epochs=50) as run:
        for epoch in range(1, 16):
            broken = epoch >= 11
            run.log_epoch(
                epoch,
                train_loss=math.nan if broken else 3 * math.exp(-epoch / 5) + 0.8 + corpus.noise(0.02),
                val_loss=math.nan if broken else 3 * math.exp(-epoch / 5) + 1.0 + corpus.noise(0.02),
                val_wer=1.0 if broken else 0.9 * math.exp(-epoch / 14) + 0.1,
                grad_norm=math.nan if broken else 3.0,
                lr=5e-2,
            )
    return runs / "not-a-number"


def train_loss_only(runs: Path) -> Path:
    corpus = Corpus()
    with RunWriter(runs / "train-loss-only", config={"lr": 1e-4}, epochs=40) as run:
        for epoch in range(1, 21):
            run.log_epoch(epoch, train_loss=0.5 + 3 * math.exp(-epoch / 6) + corpus.noise(0.05))
    return runs / "train-loss-only"


def seldom_validated(runs: Path) -> Path:
    """Train loss every epoch, validation every fifth; val loss turns at epoch 20."""
    corpus = Corpus()
    with RunWriter(runs / "seldom-validated", config={"lr": 1e-3, "weight_decay": 5e-4}, epochs=100) as run:
        for epoch in range(1, 81):
            train = 5 * 0.95**epoch + abs(corpus.noise(0.01))
            if epoch % 5:
                run.log_epoch(epoch, train_loss=train)
            else:
                run.log_epoch(
                    epoch,
                    train_loss=train,
                    val_loss=2.4 + 0.04 * abs(epoch - 20) + corpus.noise(0.01),
                    val_wer=0.6 + 0.001 * abs(epoch - 20) + corpus.noise(0.003),
                )
    return runs / "seldom-validated"


def steps_only(runs: Path) -> Path:
    corpus = Corpus()
    with RunWriter(runs / "steps-only", config={"model": "qwen-7b", "lr": 1e-5}) as run:
        for step in range(1, 401):
            run.log_step(step, train_loss=2.0 * math.exp(-step / 150) + 0.9 + abs(corpus.noise(0.1)), lr=1e-5)
    return runs / "steps-only"


def character_errors(runs: Path) -> Path:
    corpus = Corpus()
    units = {"loss": "nats per character"}
    with RunWriter(runs / "character-errors", config={"lr": 3e-4, "model": "crnn"}, epochs=60, units=units) as run:
        for epoch in range(1, EPOCHS + 6):
            run.log_epoch(
                epoch,
                train_loss=0.15 + 4 * math.exp(-epoch / 6) + corpus.noise(0.02),
                val_loss=0.5 + 3.6 * math.exp(-epoch / 6) + 0.025 * max(0, epoch - 14) + corpus.noise(0.02),
                val_cer=0.09 + 0.85 * math.exp(-epoch / 5) + corpus.noise(0.003),
                lr=3e-4,
            )
    return runs / "character-errors"


def accuracy(runs: Path) -> Path:
    corpus = Corpus()
    config = {"lr": 0.1, "model": "resnet18", "dataset": "cifar10", "weight_decay": 5e-4}
    with RunWriter(runs / "accuracy", config=config, epochs=60) as run:
        for epoch in range(1, EPOCHS + 11):
            run.log_epoch(
                epoch,
                train_loss=2.3 * math.exp(-epoch / 6) + 0.01 + abs(corpus.noise(0.01)),
                val_loss=0.75 + 1.4 * math.exp(-epoch / 4) + 0.028 * max(0, epoch - 12) + corpus.noise(0.02),
                val_accuracy=0.78 - 0.68 * math.exp(-epoch / 5) - 0.0006 * max(0, epoch - 14) + corpus.noise(0.004),
                train_accuracy=1 - 0.9 * math.exp(-epoch / 6),
                lr=0.1,
            )
    return runs / "accuracy"


def language_model(runs: Path) -> Path:
    """Fine-tuning: loss by steps, validation every quarter of an epoch."""
    corpus = Corpus()
    config = {"model": "llama-3-8b", "lora_r": 16, "lr": 2e-4, "per_device_batch": 4, "grad_accum": 8}
    with RunWriter(runs / "language-model", config=config, epochs=3) as run:
        for step in range(1, 1201):
            rate = 2e-4 * (1 - step / 1200)
            loss = 1.1 + 1.2 * math.exp(-step / 60) - 4e-4 * step + abs(corpus.noise(0.12))
            run.log_step(step, epoch=step / 400, train_loss=loss, lr=rate)
            if step % 100 == 0:
                rise = 3.5e-4 * max(0, step - 500) - 3e-4 * min(step, 500)
                run.log_epoch(
                    step / 400,
                    step=step,
                    train_loss=1.1 - 4e-4 * step,
                    val_loss=1.28 + rise + corpus.noise(0.005),
                    lr=rate,
                )
    return runs / "language-model"


def crashed(runs: Path) -> Path:
    """Out of memory on the GPU in its ninth epoch."""
    corpus = Corpus()
    try:
        with RunWriter(runs / "crashed", config={"lr": 1e-3, "batch_size": 64}, epochs=60) as run:
            for epoch in range(1, 9):
                run.log_epoch(
                    epoch,
                    train_loss=0.4 + 4 * math.exp(-epoch / 8) + corpus.noise(0.03),
                    val_loss=0.6 + 3.8 * math.exp(-epoch / 8) + corpus.noise(0.04),
                    val_wer=0.9 * math.exp(-epoch / 14) + 0.1,
                )
            raise RuntimeError("CUDA out of memory. Tried to allocate 2.50 GiB. GPU 0 has 1.12 GiB free.")
    except RuntimeError:
        pass
    return runs / "crashed"


def imbalanced(runs: Path) -> Path:
    """Nine of ten samples are of one class: what says nothing else has accuracy .9, and AUC one half."""
    corpus = Corpus()
    with RunWriter(runs / "imbalanced", config={"lr": 1e-3, "model": "mlp"}, epochs=60) as run:
        for epoch in range(1, EPOCHS + 1):
            run.log_epoch(
                epoch,
                train_loss=0.33 + 0.3 * math.exp(-epoch / 3) + corpus.noise(0.003),
                val_loss=0.335 + 0.3 * math.exp(-epoch / 3) + corpus.noise(0.003),
                val_accuracy=0.9,
                val_auc=0.5 + corpus.noise(0.01),
            )
    return runs / "imbalanced"


def not_validated_any_more(runs: Path) -> Path:
    """Accuracy is measured until epoch 12 alone; the losses go on."""
    corpus = Corpus()
    with RunWriter(runs / "not-validated-any-more", config={"lr": 1e-3}, epochs=60) as run:
        for epoch in range(1, EPOCHS + 1):
            scored = {"val_accuracy": 0.8 * (1 - math.exp(-epoch / 6))} if epoch <= 12 else {}
            train = 0.2 + 3 * math.exp(-epoch / 6) + corpus.noise(0.01)
            run.log_epoch(epoch, train_loss=train, val_loss=train + 0.2 + corpus.noise(0.01), **scored)
    return runs / "not-validated-any-more"


def infinite_val_loss(runs: Path) -> Path:
    """One val sample that cannot be aligned makes val loss infinite from epoch 16 on; training goes on well."""
    corpus = Corpus()
    with RunWriter(runs / "infinite-val-loss", config={"lr": 1e-3}, epochs=60) as run:
        for epoch in range(1, EPOCHS + 1):
            train = 0.3 + 3 * math.exp(-epoch / 6) + corpus.noise(0.01)
            run.log_epoch(
                epoch,
                train_loss=train,
                val_loss=math.inf if epoch > 15 else train + 0.2,
                val_accuracy=0.8 * (1 - math.exp(-epoch / 6)),
            )
    return runs / "infinite-val-loss"


def raised_rate(runs: Path) -> Path:
    """Warm restarts: the schedule raises the rate at epoch 20, and both losses come up with it for a while."""
    corpus = Corpus()
    with RunWriter(runs / "raised-rate", config={"lr": 0.1, "momentum": 0.9}, epochs=40) as run:
        for epoch in range(1, EPOCHS + 1):
            raised = 1.2 * math.exp(-(epoch - 20) / 4) if epoch >= 20 else 0.0
            train = 0.5 + 2 * math.exp(-epoch / 5) + raised + corpus.noise(0.005)
            run.log_epoch(
                epoch,
                train_loss=train,
                val_loss=train + 0.2 + corpus.noise(0.01),
                val_accuracy=0.8 - 0.6 * math.exp(-epoch / 5) - 0.1 * raised + corpus.noise(0.002),
                lr=0.05 * (1 + math.cos(math.pi * (epoch % 20) / 20)),
            )
    return runs / "raised-rate"


KINDS = (
    ctc_healthy,
    ctc_broken,
    one_sentence,
    collapsed,
    not_a_number,
    train_loss_only,
    seldom_validated,
    steps_only,
    character_errors,
    accuracy,
    language_model,
    crashed,
    imbalanced,
    not_validated_any_more,
    infinite_val_loss,
    raised_rate,
)
