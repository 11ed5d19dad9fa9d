"""Causes → what to change, in order: one bundle per restart, as a diff against this run's own config.

A cause that stands higher silences what stands lower: a model at chance is not regularised, and no change
is offered while the error rate itself is wrong. Changes that one would expect are listed apart, with the reason.
"""

from __future__ import annotations

from dataclasses import replace

from monitor.diagnosis.causes import breaks, is_learnt_on_train, is_not_moved, still_learns
from monitor.diagnosis.prescriptions import looking, measuring, memory, training
from monitor.diagnosis.prescriptions.arithmetic import threshold_note
from monitor.diagnosis.prescriptions.diverging import against_divergence, against_losing_it
from monitor.diagnosis.prescriptions.prescription import Config, Considered, Prescription
from monitor.diagnosis.verdict import Diagnosis
from monitor.diagnosis.waiting import knows_by_heart
from monitor.rules.at_chance import AtChance
from monitor.rules.beside_chance import beside
from monitor.rules.evaluations import last
from monitor.rules.gradient_flow import GradientFlow
from monitor.rules.kind import is_ctc, is_fine_tune, is_sequence
from monitor.rules.result import Finding
from monitor.rules.wer_plateau import WerPlateau
from monitor.rules.worse import KEEP
from monitor.run_dir import Snapshot
from monitor.run_dir.planned import planned_epochs
from monitor.run_dir.status import is_over

FEW_IMAGES = 300
REGULARISE = "regularise"
SHORT_EPOCHS = 60

NUMBERS = {
    *("learning_rate", "warmup_epochs", "weight_decay", "dropout", "clip_norm", "batch_size", "accumulation_steps"),
    *("epochs", "hidden_dim", "train_clips", "train_images", "signers"),
}
LARGEST = 1e12
"""Beyond it (and for NaN) an option is no option."""


POPULAR = ("regularise", "smaller_model", "lenient_decoder", "higher_rate")
"""The changes that people reach for."""
UNTIL_WHOLE = {
    "not finite": dict.fromkeys(POPULAR, "Nothing can be learnt before the losses are finite again."),
    "run away": dict.fromkeys(POPULAR, "Nothing can be learnt while train loss runs away."),
}


def prescribe(snapshot: Snapshot, diagnosis: Diagnosis) -> tuple[Prescription, ...]:
    """What to try, first things first; empty only where nothing calls for a change.

    A warning that no option is known for has its rule's own words on what a person must look at.
    """
    grave = [finding for finding in diagnosis.grounds if finding.severity != "info"]
    if any(finding.rule == AtChance.name for finding in grave):
        grave = [finding for finding in grave if finding.rule != WerPlateau.name]
    over = is_over(snapshot)
    found = _by_cause(snapshot, diagnosis) or tuple(_by_rule(snapshot, finding, over) for finding in grave)
    fits = memory.half_batch(snapshot, diagnosis, _config(snapshot))
    return found if fits is None else (fits, *found)


def _by_rule(snapshot: Snapshot, finding: Finding, over: bool) -> Prescription:
    """The option of a finding that points to no cause."""
    if finding.rule == WerPlateau.name and still_learns(snapshot):
        return looking.more_epochs(snapshot, over)
    if finding.rule == WerPlateau.name and finding.remedy.startswith(KEEP[:-1]):
        return looking.keep_or_change(snapshot, finding)
    return looking.as_the_rule_says(finding, over)


def _by_cause(snapshot: Snapshot, diagnosis: Diagnosis) -> tuple[Prescription, ...]:
    causes = {cause.name for cause in diagnosis.causes}
    config = _config(snapshot)
    if "scorer_wrong" in causes:
        return (measuring.SCORE_AGAIN,)
    options: list[Prescription | None] = []
    if "measured_differently" in causes:
        options.append(measuring.MEASURE_ALIKE)
    if "inverted" in causes:
        return (looking.RIGHT_WAY_ROUND,)
    if "decoder" in causes:
        options.append(measuring.without_filter(snapshot, config))
    if "diverging" in causes:
        return tuple(filter(None, [*options, *against_divergence(snapshot, config)]))
    if "lost_again" in causes:
        return tuple(filter(None, [*options, *against_losing_it(snapshot, config)]))
    if "no_evidence" in causes:
        options += _without_evidence(snapshot, config, is_learnt_on_train(snapshot, diagnosis.grounds))
    elif "too_little_regularisation" in causes:
        options += _against_overfitting(snapshot, config)
    elif "words_missing" in causes:
        options.append(measuring.decoder_or_model(snapshot) if is_ctc(snapshot) else None)
    if "nothing_learnt" in causes and "no_evidence" not in causes:
        options += [looking.rate_of_zero(snapshot), *_compared(snapshot, diagnosis), looking.few_by_heart(snapshot)]
    if "not_moving" in causes and "no_evidence" not in causes:
        still = [each for each in diagnosis.grounds if each.rule == GradientFlow.name and each.severity != "info"]
        options += [
            *(looking.as_the_rule_says(each, is_over(snapshot)) for each in still),
            looking.few_by_heart(snapshot),
        ]
    if "getting_worse" in causes:
        options.append(looking.keep_the_best(diagnosis.grounds))
    if "stuck" in causes and (compared := _compared(snapshot, diagnosis)):
        options += compared
    elif "stuck" in causes and not {"no_evidence", "too_little_regularisation"} & causes:
        options += [
            training.higher_rate(snapshot, config),
            None if is_over(snapshot) else measuring.stop_here(snapshot),
        ]
    elif "stuck" in causes and "no_evidence" in causes:
        options.append(training.higher_rate(snapshot, config))
    return tuple(filter(None, options))


def _compared(snapshot: Snapshot, diagnosis: Diagnosis) -> list[Prescription]:
    """To compare a metric that is where it began with an output that ignores its input, where that is not known."""
    if beside(snapshot):
        return []
    return [looking.as_the_rule_says(each, is_over(snapshot)) for each in diagnosis.grounds if is_not_moved((each,))]


def _without_evidence(snapshot: Snapshot, config: Config, learnt_on_train: bool) -> list[Prescription | None]:
    head = [training.better_head(snapshot, config), training.smaller_network(snapshot, config)]
    if learnt_on_train:
        return [looking.val_like_train(snapshot), *head]
    if not is_ctc(snapshot):
        return [looking.few_by_heart(snapshot), *head]
    return [measuring.decoder_or_model(snapshot), training.keep_time(snapshot, config), *head]


def _against_overfitting(snapshot: Snapshot, config: Config) -> list[Prescription | None]:
    few = config.get("data") == "digits" and config.get("train_images", 0) < FEW_IMAGES
    planned = planned_epochs(snapshot)
    short = "augmentation" in config and planned is not None and planned < SHORT_EPOCHS
    # Nobody halves the width of a pretrained network, or of a classifier whose accuracy is asked for first.
    narrower = _may_be_narrower(snapshot)
    variety = training.variety(snapshot, config if narrower else _without_width(config))
    others = [
        training.more_data(snapshot, config),
        training.better_head(snapshot, config),
        training.smaller_model(snapshot, config) if narrower else None,
        training.regularise(snapshot, config),
    ]
    if is_fine_tune(snapshot):
        return [looking.more_variety(snapshot), *others]
    # Strong augmentation learns slowly, and with few distinct images it leaves the errors: on recorded pairs of 40
    # epochs it ended worse than its parent, of 100 epochs it cured it (docs/log.md).
    found = [*others, variety] if few or short else [variety, *others]
    # Regularisation alone moved the gap and left the errors: what a person can do about the data stands before it.
    is_more = any(each is not None and each.id != REGULARISE for each in found)
    return found if is_more else [looking.more_variety(snapshot), *found]


def _may_be_narrower(snapshot: Snapshot) -> bool:
    return is_sequence(snapshot) and not is_fine_tune(snapshot)


def _without_width(config: Config) -> Config:
    return {key: value for key, value in config.items() if key != "hidden_dim"}


def consider(snapshot: Snapshot, diagnosis: Diagnosis) -> tuple[Considered, ...]:
    """The changes that people reach for, which are not prescribed here, each with why not; empty where all is well."""
    if not diagnosis.causes:
        return ()
    causes = [cause.name for cause in diagnosis.causes]
    config = _config(snapshot)
    prescribed = {option.id for option in prescribe(snapshot, diagnosis)}
    first = causes[0] if causes[0] != "decoder" or len(causes) == 1 else causes[1]
    broken = breaks(diagnosis.findings) if first == "diverging" else None
    reasons = UNTIL_WHOLE[broken] if broken else _reasons_against(first, snapshot)
    popular = (
        training.regularise(snapshot, config),
        training.smaller_model(snapshot, config) if _may_be_narrower(snapshot) else None,
        _lenient_decoder(snapshot, config),
        training.higher_rate(snapshot, config),
    )
    return tuple(
        # What an option is known to do against overfitting is no matter of a run that breaks.
        Considered(replace(option, note="") if broken else option, reasons[option.id])
        for option in popular
        if option is not None and option.id not in prescribed and option.id in reasons
    )


def _lenient_decoder(snapshot: Snapshot, config: Config) -> Prescription | None:
    if not config or not is_ctc(snapshot):
        return None
    plain = measuring.without_filter(snapshot, config)
    return Prescription(
        id="lenient_decoder",
        title="A lower confidence threshold, or none",
        changes=plain.changes,
        command=plain.command,
        expected="no change of the predictions, unless the threshold lies above what a frame can score",
        cost="no training",
        disproved_by="words appear when the last evaluation is decoded without it",
        note=threshold_note(snapshot),
        flags=plain.flags,
    )


def _reasons_against(first_cause: str, snapshot: Snapshot) -> dict[str, str]:
    """Prescription id → why it is not suggested while this cause stands first."""
    if first_cause in ("scorer_wrong", "measured_differently"):
        return dict.fromkeys(POPULAR, "Nothing can be judged by these numbers before they are right.")
    if first_cause == "lost_again":
        return dict.fromkeys(POPULAR, "It had learnt with these settings: what took that away comes first.")
    if first_cause == "no_evidence":
        train_wer = last(snapshot, "train_wer")
        train = f" Train WER is {100 * train_wer:.1f} % too." if train_wer is not None and train_wer > 0.5 else ""
        return {
            "regularise": f"A model at chance has nothing to regularise.{train}",
            "smaller_model": "A smaller model does not help while val is at chance; first see why nothing carries over."
            if knows_by_heart(snapshot)
            else "It is not size that keeps the input out; what a smaller one shows, a baseline shows faster.",
            "lenient_decoder": "No decoder lets through what the logits do not hold; the blank lowered step by step "
            "tells for certain.",
            "higher_rate": "It comes with the change of time resolution; alone it brings back nothing that was pooled "
            "away.",
        }
    if first_cause == "too_little_regularisation":
        return {
            "lenient_decoder": "The words come; they are the wrong ones.",
            "higher_rate": "The train clips are learnt already; learning them faster does not help.",
        }
    return {}


def _config(snapshot: Snapshot) -> Config:
    """What can be reckoned with: a script may have written anything under the names of our options."""
    config = snapshot.run.config if snapshot.run is not None else {}
    return {key: value for key, value in config.items() if key not in NUMBERS or _is_number(value)}


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and abs(value) <= LARGEST
