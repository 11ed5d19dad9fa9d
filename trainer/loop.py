"""The training loop, readable from top to bottom: evaluate -> save -> stop? -> step -> log."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from monitor.run_dir import (
    BEST_CHECKPOINT,
    BEST_LOSS_CHECKPOINT,
    CHECKPOINTS_DIR,
    CLIPS_FILE,
    LAST_CHECKPOINT,
    Floors,
    Outcome,
    Phase,
)
from monitor.writer import NullRunWriter
from trainer import checkpoints, memory, records
from trainer.data.corpus import SEEN, Corpus, Sample
from trainer.decoding import Adjustment
from trainer.devices import Gauge
from trainer.evaluation import Evaluation, evaluate
from trainer.stopping import StopSignals
from trainer.tally import Update
from trainer.terminal import Terminal
from trainer.training import Training

TRAIN_SUBSET = 60
"""Training clips that are scored in eval mode each epoch: the honest other end of the gap."""


@dataclass
class Loop:
    """One run from its current position to its end."""

    run: Training
    corpus: Corpus
    floors: Floors
    run_dir: Path
    writer: NullRunWriter
    screen: Terminal
    signals: StopSignals

    def __post_init__(self) -> None:
        self.subset = train_subset(self.corpus, self.run.config.data_seed)
        self.watched = self.subset[: records.WATCHED_CLIPS]
        self.ranks = self.run.ranks
        self.gauge = Gauge(self.run.device)
        self.adjustment = Adjustment(self.run.config.blank_penalty, self.run.config.min_confidence)
        self.epoch_started = time.perf_counter()
        self.saved_step = -1
        self.before = memory.Before(self.run.model, self.run.optimiser)

    def train(self) -> Outcome:
        """Trains until the last epoch or a stop, and says which it was. Raises OutOfMemoryError."""
        try:
            return self._train()
        except RuntimeError as error:
            if not memory.is_out(error):
                raise
            run, over = self.run, self.run.epoch_is_over
            where = f"in the evaluation of epoch {run.epoch}" if over else f"at step {run.step + 1}"
            raise memory.explained(error, run.config, where, self.keep(), run.device) from error

    def _train(self) -> Outcome:
        run = self.run
        self.name_clips()
        self.screen.start(run.config.epochs * run.steps_per_epoch, run.step)
        while True:
            if run.epoch_is_over:
                self.evaluate()
                run.next_epoch()
                self.save()
            if run.is_done:
                return "finished"
            # One process hears the signal or sees the request; all must stop after the same step.
            if self.ranks.any(bool(self.signals.received) or self.writer.should_stop()):
                self.stop()
                return "stopped"
            self.before.note(run.step)
            update = run.update()
            self.pace()
            self.log(update)

    def name_clips(self) -> None:
        """Writes which clips will be decoded, once in a run's life; a resume adds only what a kill cut off."""
        path = self.run_dir / CLIPS_FILE
        known = path.read_bytes().count(b"\n") if path.exists() else 0
        self.writer.log_clips(records.clip_records(self.corpus, self.watched)[known:])

    def evaluate(self) -> None:
        """Scores val and the train subset, keeps the weights if they are the best, and writes the epoch."""
        run = self.run
        val = self.score(list(self.corpus.splits["val"]))
        train = self.score(self.subset)
        known = list(self.corpus.splits.get(SEEN, ()))
        fields = records.epoch_fields(run, self.floors, val, train, self.score(known) if known else None)
        if run.rank(val.rank()):
            self.save_weights(BEST_CHECKPOINT)
        if run.rank_loss(val.loss):
            self.save_weights(BEST_LOSS_CHECKPOINT)
        if run.is_last_epoch and self.corpus.splits["test"]:
            fields |= self.test()
        fields["seconds"] = time.perf_counter() - self.epoch_started
        self.epoch_started = time.perf_counter()
        self.writer.log_decodes(run.epoch, val.hypotheses, adjusted=val.adjusted, step=run.step)
        self.writer.log_decodes(run.epoch, train.hypotheses[: len(self.watched)], split="train", step=run.step)
        self.writer.log_epoch(run.epoch, **fields)
        self.screen.epoch(run.epoch, run.config.epochs, fields)

    def score(self, clips: list[Sample], beam_width: int = 0) -> Evaluation:
        """Evaluates the network as it is on these clips, with a sign of life after each batch."""
        return evaluate(
            self.run.model,
            self.corpus,
            clips,
            after_batch=lambda: self.tell("evaluating"),
            adjustment=self.adjustment,
            beam_width=beam_width,
            precision=self.run.precision,
            ranks=self.ranks,
            buckets=self.run.batches.buckets,
        )

    def test(self) -> records.Fields:
        """The test split with the best weights, once, at the very end; the last weights come back afterwards."""
        run = self.run
        last = {name: weights.clone() for name, weights in run.model.state_dict().items()}
        best = self.run_dir / CHECKPOINTS_DIR / BEST_CHECKPOINT
        self.ranks.wait()
        try:
            if best.exists():
                checkpoints.load_weights(run.model, best)
            test = self.score(list(self.corpus.splits["test"]), run.config.beam_width)
        finally:
            run.model.load_state_dict(last)
        self.writer.log_decodes(run.epoch, test.hypotheses, split="test", adjusted=test.adjusted, step=run.step)
        return records.test_fields(test, run.best_epoch)

    def save(self) -> None:
        """Everything a resume needs, as last.pt."""
        if self.saved_step != self.run.step:
            self._write(LAST_CHECKPOINT, self.run.state())
            self.saved_step = self.run.step

    def keep(self) -> str:
        """After a step that could not be made: saves what was before it, and says of which step the checkpoint is."""
        run, path = self.run, self.run_dir / CHECKPOINTS_DIR / LAST_CHECKPOINT
        # Several processes save together or not at all.
        if run.step and self.ranks.world == 1:
            # A driver that is out of order may refuse this too; the last checkpoint is whole then.
            with contextlib.suppress(RuntimeError):
                run.optimiser.zero_grad(set_to_none=True)
                if self.before.bring_back(run.step):
                    self.save()
        kept = checkpoints.about(path)
        where = f"{CHECKPOINTS_DIR}/{LAST_CHECKPOINT}"
        return f"{where} holds the state of step {kept['step']}." if kept else "No checkpoint was saved yet."

    def save_weights(self, name: str) -> None:
        """The weights alone: best.pt, by val WER, is what a child run starts from; best_loss.pt is by val loss."""
        self._write(name, {"model": self.run.model.state_dict()})

    def _write(self, name: str, state: checkpoints.State) -> None:
        if not self.ranks.is_first:
            return
        run, path = self.run, self.run_dir / CHECKPOINTS_DIR / name
        self.tell("saving")
        about = {
            "epoch": run.epoch,
            "position": run.position,
            "steps_per_epoch": run.steps_per_epoch,
            "step": run.step,
            "best_val_wer": run.best_rank[0] if run.best_epoch else None,
            "best_epoch": run.best_epoch,
            "config": msgspec.to_builtins(run.config),
            "device": run.device.type,
            "setting": msgspec.to_builtins(run.setting),
            "vocabulary": list(self.corpus.vocabulary),
        }
        try:
            checkpoints.save(path, state, about)
        except OSError as error:
            # A full disk must not end the training; the previous checkpoint is still whole.
            self.screen.warn(f"WARNING: {path} could not be saved ({error.strerror}); training goes on.")
            return
        self.writer.saved_checkpoint(path, run.epochs_done)

    def stop(self) -> None:
        """The step is finished; saves where it stands."""
        self.tell("stopping")
        self.save()
        why = self.signals.received or "a request"
        self.screen.say(f"Stopped by {why} at step {self.run.step}; --resume goes on from there.")

    def tell(self, phase: Phase) -> None:
        """Gives a sign of life with the phase and where training stands."""
        run = self.run
        self.writer.heartbeat(phase=phase, epoch=min(run.epoch, run.config.epochs), step=run.step)

    def pace(self) -> None:
        """Waits where a demonstration is to be slower than the machine."""
        due = self.epoch_started + self.run.config.pace * self.run.position / self.run.steps_per_epoch
        time.sleep(max(0.0, min(due - time.perf_counter(), 5.0)))

    def log(self, update: Update) -> None:
        """Reports an update; every `log_every` steps as a record."""
        run = self.run
        self.tell("training")
        if run.step % run.config.log_every == 0:
            self.writer.log_step(run.step, **records.step_fields(run, update, self.gauge))
        self.screen.step(run.step, run.tally.train_loss or 0.0)


def train_subset(corpus: Corpus, seed: int) -> list[Sample]:
    """A fixed draw of training clips, the same in every epoch."""
    clips = corpus.splits["train"]
    chosen = np.random.default_rng([seed, 60]).permutation(len(clips))[:TRAIN_SUBSET]
    return [clips[number] for number in sorted(chosen)]
