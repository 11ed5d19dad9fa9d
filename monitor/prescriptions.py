"""Causes → what to change: one bundle per restart, as a diff against this run's own config.

Each says what to expect in numbers, what it costs, and what would disprove it.
A change that arithmetic says does close to nothing carries that note.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import Any

from monitor.diagnosis import Diagnosis
from monitor.rules.evaluations import floors_of
from monitor.run_dir import Snapshot


@dataclass(frozen=True)
class Prescription:
    """`changes`: config key → [before, after]; empty where no restart is needed."""

    id: str
    title: str
    changes: dict[str, list[Any]]
    command: str | None
    expected: str
    cost: str
    disproved_by: str
    note: str = ""


def prescribe(snapshot: Snapshot, diagnosis: Diagnosis) -> tuple[Prescription, ...]:
    """What to try, first things first; empty where nothing calls for a change."""
    causes = {cause.name for cause in diagnosis.causes}
    config = snapshot.run.config if snapshot.run is not None else {}
    options: list[Prescription | None] = []
    if "scorer_wrong" in causes:
        return (SCORE_AGAIN,)
    if "measured_differently" in causes:
        options.append(MEASURE_ALIKE)
    if "decoder" in causes:
        options.append(_without_filter(snapshot, config))
    if "diverging" in causes:
        options.append(_lower_rate(snapshot, config))
        return tuple(filter(None, options))
    if "no_evidence" in causes:
        options += [_check_decoder(snapshot), _reach_classifier(snapshot, config), _better_head(snapshot, config)]
    elif "words_missing" in causes and "too_little_regularisation" not in causes:
        options.append(_check_decoder(snapshot))
    elif "too_little_regularisation" in causes:
        few = config.get("data") == "digits" and config.get("train_images", 0) < 300
        cures = [_more_data(snapshot, config), _variety(snapshot, config)]
        # With few distinct images, augmentation closes the gap and leaves the errors: more of them come first.
        options += [*(cures if few else reversed(cures)), _better_head(snapshot, config)]
        options.append(_only_dropout(snapshot, config))
    if "stuck" in causes and "too_little_regularisation" not in causes:
        options.append(_higher_rate(snapshot, config))
    return tuple(filter(None, options))


SCORE_AGAIN = Prescription(
    id="score_again",
    title="Score the logged predictions again, references first",
    changes={},
    command=None,
    expected="the error rate that the predictions bear out; the training itself may be fine",
    cost="minutes, no training",
    disproved_by="the same rate comes out again",
)
MEASURE_ALIKE = Prescription(
    id="measure_alike",
    title="Measure train and val loss alike",
    changes={},
    command=None,
    expected="two losses that start near each other; the gap then means something",
    cost="a change of the script, then a restart",
    disproved_by="with the same reduction and terms they still start apart",
)


def _without_filter(snapshot: Snapshot, config: dict[str, Any]) -> Prescription:
    """The decoder's filter left out; a change only where this run's config has one."""
    changes = _bundle(config, {"blank_penalty": 0.0, "min_confidence": 0.0})
    last = snapshot.epochs[-1]
    plain = f"{100 * last.val_wer:.1f} %" if last.val_wer is not None else "that of plain greedy output"
    return Prescription(
        id="without_filter",
        title="Leave the decoder's filter out",
        changes=changes,
        command=_command(snapshot, changes),
        expected=f"the same predictions score {plain}; nothing has to be trained again for that",
        cost="none for what is decoded from now on",
        disproved_by="the rate without the filter is no better",
    )


def _bundle(config: dict[str, Any], wanted: dict[str, Any]) -> dict[str, list[Any]]:
    """The part of `wanted` that this run has an option for and that differs from what it has."""
    return {key: [config[key], after] for key, after in wanted.items() if key in config and config[key] != after}


def _command(snapshot: Snapshot, changes: dict[str, list[Any]]) -> str | None:
    if not changes or snapshot.launch is None or not snapshot.launch.argv:
        return None
    sets = " ".join(f"--set {shlex.quote(f'{key}={after}')}" for key, (_, after) in changes.items())
    return f"python -m monitor restart {snapshot.run_id} {sets}"


def _judged_epoch(snapshot: Snapshot) -> float:
    return snapshot.epochs[-1].epoch if snapshot.epochs else 0.0


def _last_wer(snapshot: Snapshot) -> float | None:
    return snapshot.epochs[-1].val_wer if snapshot.epochs else None


def _wer_goal(snapshot: Snapshot, points: float) -> str:
    wer, epoch = _last_wer(snapshot), _judged_epoch(snapshot)
    if wer is None:
        return f"val loss at epoch {epoch:g} below this run's"
    return f"val WER at epoch {epoch:g} at most {100 * wer - points:.0f} % (this run: {100 * wer:.1f} %)"


def _variety(snapshot: Snapshot, config: dict[str, Any]) -> Prescription | None:
    """More variety with a smaller, regularised model: the bundle that cured the bundled corpus (docs/log.md)."""
    width = config.get("hidden_dim")
    wanted = {
        "augmentation": "strong",
        "dropout": 0.5,
        "weight_decay": 1e-3,
        "hidden_dim": width // 2 if isinstance(width, int) and width >= 64 else width,
    }
    if "augmentation" in config and isinstance(config.get("learning_rate"), float):
        # Strong augmentation and half the width take a higher rate and more steps: measured with the preset `fixed`.
        wanted["learning_rate"] = min(2e-3, 2 * config["learning_rate"])
        if isinstance(config.get("batch_size"), int) and config["batch_size"] >= 8:
            wanted["batch_size"] = config["batch_size"] // 2
    changes = _bundle(config, wanted)
    if not changes:
        return None
    has_augmentation = "augmentation" in changes
    return Prescription(
        id="variety",
        title="Strong augmentation, half the width, more dropout" if has_augmentation else "Less model, more dropout",
        changes=changes,
        command=_command(snapshot, changes),
        expected=f"gap below 1.0 and {_wer_goal(snapshot, 10)}",
        cost="a restart from scratch; an epoch takes about as long as now",
        disproved_by="the gap closes but val WER stays: then the model learns less, not better",
        note="" if has_augmentation else "This script has no augmentation option; adding one would do more than these.",
    )


def _better_head(snapshot: Snapshot, config: dict[str, Any]) -> Prescription | None:
    """A last layer that finds words earlier: measured to take a cured run from 26 to 7 % test WER (docs/log.md)."""
    changes = _bundle(config, {"classifier": "normalised", "auxiliary_ctc": 1.0, "bias_init": "prior"})
    if not changes:
        return None
    return Prescription(
        id="better_head",
        title="Normalised classifier, auxiliary CTC loss, prior biases",
        changes=changes,
        command=_command(snapshot, changes),
        expected=f"words about eight epochs earlier, and {_wer_goal(snapshot, 5)}",
        cost="a restart from scratch; an epoch takes about a sixth longer",
        disproved_by="val WER is no lower at the same epoch",
        note="It does not close the gap of a run on two people's clips: there test WER moved by -12, -9 and +3 points "
        "on three seeds. Its place is beside more variety.",
    )


def _more_data(snapshot: Snapshot, config: dict[str, Any]) -> Prescription | None:
    """More distinct material, where the script has an option for it: the one cure that costs no capacity."""
    wanted: dict[str, Any] = {}
    if config.get("data") == "digits":
        wanted = {
            "train_images": 600,
            "train_clips": 240,
            "dropout": 0.3,
            "weight_decay": 1e-2,
            "augmentation": "strong",
        }
    elif isinstance(config.get("signers"), int) and isinstance(config.get("train_clips"), int):
        wanted = {"signers": 2 * config["signers"], "train_clips": 2 * config["train_clips"]}
    changes = _bundle(config, wanted)
    if not changes:
        return None
    return Prescription(
        id="more_data",
        title="More distinct training material",
        changes=changes,
        command=_command(snapshot, changes),
        expected=f"{_wer_goal(snapshot, 5)}, and a smaller gap",
        cost="a restart from scratch; epochs take longer, as there is more to see",
        disproved_by="val WER does not move: then variety was not what it lacked",
    )


def _only_dropout(snapshot: Snapshot, config: dict[str, Any]) -> Prescription | None:
    changes = _bundle(config, {"dropout": 0.5, "weight_decay": 1e-3})
    if not changes:
        return None
    return Prescription(
        id="regularise",
        title="Only dropout .5 and weight decay 1e-3",
        changes=changes,
        command=_command(snapshot, changes),
        expected="the gap falls; val WER hardly does",
        cost="a restart from scratch",
        disproved_by="val WER falls by ten points or more: then it was enough after all",
        note=_decay_note(config),
    )


def _decay_note(config: dict[str, Any]) -> str:
    """AdamW shrinks weights by lr x decay a step: often close to nothing (HEALTH of the reference run)."""
    rate, batch, epochs = config.get("learning_rate"), config.get("batch_size"), config.get("epochs")
    clips = config.get("train_clips")
    if not (isinstance(rate, (int, float)) and batch and epochs and clips):
        return "Measured on the bundled corpus, this bundle alone did not cure it (docs/log.md)."
    steps = epochs * clips / batch
    # The schedule's mean rate is about half its peak.
    shrink = 1 - (1 - 0.5 * rate * 1e-3) ** steps
    return (
        f"Weight decay 1e-3 at this rate shrinks weights by {100 * shrink:.1f} % over the whole run: "
        + ("close to no effect. " if shrink < 0.05 else "a real but mild effect. ")
        + "Measured on the bundled corpus, this bundle alone did not cure it (docs/log.md)."
    )


def _lower_rate(snapshot: Snapshot, config: dict[str, Any]) -> Prescription | None:
    rate = config.get("learning_rate")
    if not isinstance(rate, (int, float)):
        return None
    changes = {"learning_rate": [rate, rate / 3]}
    return Prescription(
        id="lower_rate",
        title="A third of the learning rate",
        changes=changes,
        command=_command(snapshot, changes),
        expected="finite losses through the epoch in which they broke",
        cost="slower at first",
        disproved_by="it breaks at the same clips again: then look at those clips, not at the rate",
    )


def _check_decoder(snapshot: Snapshot) -> Prescription | None:
    """A measurement, no restart; nothing once it was made."""
    if any(probe.name == "decoder-sweep" for probe in snapshot.probes):
        return None
    saved = snapshot.progress is not None and snapshot.progress.checkpoint is not None
    return Prescription(
        id="decoder_or_model",
        title="Is it the decoder? Decode again with the blank lowered by 0 to 4",
        changes={},
        command=f"python -m trainer.diagnose {shlex.quote(snapshot.run_dir)}" if saved else None,
        expected="if words appear (words out / in near 1) and WER falls by 3 points, it is the decoder",
        cost="no restart",
        disproved_by="nothing changes: then the logits hold no evidence",
        note="A threshold on a frame's best score cannot filter below -ln V: check what yours really does.",
    )


def _reach_classifier(snapshot: Snapshot, config: dict[str, Any]) -> Prescription:
    wanted = {"inner_stride": 4}
    rate = config.get("learning_rate")
    if isinstance(rate, float) and rate < 1e-3:
        wanted_rate = 1e-3
        changes = _bundle(config, {**wanted, "learning_rate": wanted_rate})
    else:
        changes = _bundle(config, wanted)
    chance = floors_of(snapshot).wer_constant
    goal = f"val WER below {100 * (chance - 0.05):.0f} %" if chance is not None else "val WER below chance"
    return Prescription(
        id="keep_time",
        title="Keep time inside the model, and let it learn faster",
        changes=changes,
        command=_command(snapshot, changes),
        expected=f"{goal} by epoch {max(25, _judged_epoch(snapshot) / 2):.0f}",
        cost="a restart from scratch",
        disproved_by="train WER stays at chance too with full time resolution: then look at labels and scorer",
        note=""
        if changes
        else "This is an edit of the model: no option of this run sets its time resolution. "
        "Look for strides and pooling along time; a sign lasts about 12 frames, a model that shrinks time 16-fold "
        "has none left.",
    )


def _higher_rate(snapshot: Snapshot, config: dict[str, Any]) -> Prescription | None:
    changes = _bundle(config, {"learning_rate": 1e-3, "warmup_epochs": 10, "dropout": 0.4, "weight_decay": 5e-4})
    if "learning_rate" not in changes:
        return None
    return Prescription(
        id="higher_rate",
        title="A higher rate with a longer warm-up",
        changes=changes,
        command=_command(snapshot, changes),
        expected=_wer_goal(snapshot, 3),
        cost="a restart from scratch",
        disproved_by="the best WER stays where it is after as many epochs",
    )
