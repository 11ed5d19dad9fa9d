"""Evaluations and tallies as the fields of the run directory's records."""

from __future__ import annotations

from typing import Any

from monitor.run_dir import Clip, Floors
from monitor.run_dir.floors import correct_information
from trainer.data.corpus import Corpus, Sample
from trainer.devices import Gauge
from trainer.evaluation import Evaluation
from trainer.tally import Update
from trainer.training import Training

WATCHED_CLIPS = 8
"""Training clips whose hypotheses are kept too, to see what memorising looks like."""

Fields = dict[str, Any]


def epoch_fields(run: Training, floors: Floors, val: Evaluation, train: Evaluation, seen: Evaluation | None) -> Fields:
    """The fields of an epoch record: the running tally, then the fixed train subset, val and seen in eval mode."""
    known = {} if seen is None else {"seen_loss": seen.loss, "seen_wer": seen.wer}
    return {
        "step": run.step,
        "train_eval_loss": train.loss,
        "train_wer": train.wer,
        **_tally_fields(run),
        **_val_fields(val),
        "mutual_information_ratio": _information_ratio(val, floors),
        **known,
    }


def _information_ratio(val: Evaluation, floors: Floors) -> float | None:
    """How much of the input the output shows, 1 for an output that is right; None without floors."""
    if floors.blank_ratio is None or floors.unigram_entropy is None:
        return None
    return val.frames.mutual_information / correct_information(floors.blank_ratio, floors.unigram_entropy)


def _val_fields(val: Evaluation) -> Fields:
    errors = val.errors
    return {
        "val_loss": val.loss,
        "val_wer": val.wer,
        "val_substitutions": errors.substitutions,
        "val_deletions": errors.deletions,
        "val_insertions": errors.insertions,
        "val_tokens": errors.tokens,
        "val_hypothesis_tokens": errors.hypothesis_tokens,
        "blank_ratio": val.frames.blank_ratio,
        "entropy": val.frames.entropy,
        "mutual_information": val.frames.mutual_information,
        **val.shape._asdict(),
        "val_wer_adjusted": val.adjusted_wer,
        "val_loss_pooled": val.loss_pooled,
        "val_loss_per_clip": val.loss_per_clip,
    }


def _tally_fields(run: Training) -> Fields:
    tally = run.tally
    updates, seconds = max(1, tally.updates), tally.total_secs or 1e-9
    return {
        "train_loss": tally.train_loss,
        "lr": run.optimiser.param_groups[0]["lr"],
        "grad_norm": tally.grad_norm,
        "clipped_ratio": tally.clipped / updates,
        "non_finite_ratio": tally.skipped / updates,
        "non_finite_in_a_row": tally.longest_skip,
        "update_ratio": min(tally.update_ratios.values(), default=None),
        **{f"update_ratio_{stage}": ratio for stage, ratio in tally.update_ratios.items()},
        "zero_gradient_ratio": tally.zero_gradient_ratio,
        "clips_per_sec": tally.clips / seconds,
        "data_wait_ratio": tally.data_secs / seconds,
    }


def step_fields(run: Training, update: Update, gauge: Gauge) -> Fields:
    """The fields of a step record; `epoch` is fractional, how much of the training is done."""
    seconds = update.total_secs or 1e-9
    return {
        "epoch": run.epoch - 1 + run.position / run.steps_per_epoch,
        "train_loss": update.loss,
        "lr": update.lr,
        "grad_norm": update.grad_norm,
        "clipped_ratio": float(update.clipped),
        "clips_per_sec": update.clips / seconds,
        "data_wait_ratio": update.data_secs / seconds,
        "non_finite": int(update.skipped),
        **gauge.read(),
    }


def test_fields(test: Evaluation, best_epoch: int) -> Fields:
    """What the test split says of the best checkpoint; goes into the last epoch's `metrics`."""
    return {
        "test_loss": test.loss,
        "test_wer": test.wer,
        "test_wer_adjusted": test.adjusted_wer,
        "test_wer_beam": test.beam_wer,
        "test_of_epoch": best_epoch,
    }


def clip_records(corpus: Corpus, watched: list[Sample]) -> list[Clip]:
    """The clips whose hypotheses will be logged, in the order they will come in."""
    splits: list[tuple[Any, list[Sample]]] = [
        ("val", list(corpus.splits["val"])),
        ("train", watched),
        ("test", list(corpus.splits["test"])),
    ]
    return [
        Clip(
            clip_id=clip.clip_id,
            reference=corpus.sentence(clip.tokens),
            split=split,
            input_frames=len(clip.frames),
            signer=clip.signer or None,
        )
        for split, clips in splits
        for clip in clips
    ]
