"""Findings → one verdict: its words, their conditions, what comes first, and what is never advised."""

import math

import pytest

from monitor.diagnosis.causes import CAUSES
from monitor.diagnosis.prescriptions.choosing import next_step
from monitor.diagnosis.prescriptions.registry import prescribe
from monitor.diagnosis.verdict import judge
from monitor.diagnosis.waiting import what_waiting_brought
from monitor.rules.registry import BY_NAME, RULES
from monitor.run_dir import Clip, Decode, Epoch, Floors, Launch, Progress, Run, Snapshot, State
from tests.snapshots import NOW, PROCESS, beating, curve, snapshot


def verdict(seen):
    return judge(seen, NOW).diagnosis


def turns(e):
    return 2 + 3 / e if e <= 10 else 2.3 + 0.05 * (e - 10)


LEARNS = {
    "train_loss": curve(30, lambda e: 1 + 3 / e),
    "val_loss": curve(30, lambda e: 1.1 + 3.2 / e),
    "val_wer": curve(30, lambda e: 0.95 - 0.02 * e),
    "length_ratio": [0.95] * 30,
}
OVERFITS = {
    "train_loss": curve(40, lambda e: 5 / e),
    "val_loss": curve(40, turns),
    "val_wer": curve(40, lambda e: max(0.5, 0.9 - 0.04 * e)),
    "length_ratio": [0.95] * 40,
}
AT_CHANCE = {
    "train_loss": [5.0] * 40,
    "val_loss": [5.6] * 40,
    "val_wer": [0.93] * 40,
    "length_ratio": [0.2] * 40,
    "empty_ratio": [0.6] * 40,
}


def test_a_run_that_learns_is_told_to_go_on_with_its_distance_to_chance_and_the_coverage():
    said = verdict(snapshot(**LEARNS, **beating()))
    assert said.verdict == "KEEP GOING" and said.findings == ()
    assert said.reason == ("Val WER is 35.0 %, its best so far, 56.2 points better than chance.")
    assert (said.checks_ran, said.checks) == (16, len(RULES))


def test_quiet_is_not_healthy_what_was_not_checked_is_said():
    said = verdict(snapshot(train_loss=LEARNS["train_loss"], val_loss=LEARNS["val_loss"]))
    assert said.verdict == "KEEP GOING"
    assert said.checks_ran < said.checks
    assert any(
        text.startswith("No more progress: not checked, needs an error rate or a score") for text in said.not_checked
    )


@pytest.mark.parametrize("count", [1, 2, 4])
def test_before_the_guard_is_over_it_is_too_early(count):
    columns = {name: values[:count] for name, values in AT_CHANCE.items()}
    said = verdict(snapshot(**columns, **beating()))
    assert said.verdict == "TOO EARLY" and "First verdict at epoch 5" in said.reason


def test_a_run_that_is_planned_for_no_epochs_is_not_said_to_end_before_its_first_verdict():
    columns = {name: values[:2] for name, values in AT_CHANCE.items()}
    said = verdict(snapshot(**columns, **beating(epochs=0)))
    assert said.reason.endswith("First verdict at epoch 5.")


def test_with_train_loss_only_nothing_can_be_judged():
    said = verdict(snapshot(train_loss=[1.0] * 30, **beating()))
    assert said.verdict == "CAN'T JUDGE" and "Add validation loss" in said.reason


def test_overfitting_on_a_live_run_may_say_stop():
    said = verdict(snapshot(**OVERFITS, **beating()))
    assert (said.verdict, said.worst.rule) == ("STOP", "overfitting")
    assert said.causes[0].name == "too_little_regularisation"
    assert len(said.also) <= 2


def test_a_critical_of_a_rule_with_a_worse_record_says_look():
    columns = {**LEARNS, "val_loss": [value + 4 for value in LEARNS["val_loss"]]}
    said = verdict(snapshot(**columns, **beating()))
    assert said.worst.rule == "gap" and said.worst.severity == "critical"
    assert not BY_NAME["gap"].may_stop and said.verdict == "LOOK"


def test_a_model_at_chance_is_never_told_more_regularisation():
    columns = {**AT_CHANCE, "train_loss": curve(40, lambda e: 5 / e)}
    said = verdict(snapshot(**columns, **beating()))
    assert (said.verdict, said.worst.rule) == ("STOP", "at_chance")
    assert said.causes[0].name == "no_evidence"
    assert said.suppressed[0].startswith("More regularisation is not suggested")


def test_what_train_loss_says_against_an_input_that_does_not_arrive():
    learnt = verdict(snapshot(**AT_CHANCE | {"train_loss": curve(40, lambda e: 5 * 0.85**e)}, **beating())).causes[0]
    assert (learnt.name, learnt.title) == ("no_evidence", "What is learnt on train does not carry over to val")
    assert learnt.against == (
        "Train loss has come down to 0.0075: something does arrive, but only for the train samples.",
    )
    still = verdict(snapshot(**AT_CHANCE | {"train_loss": curve(40, lambda e: 5 - 0.05 * e)}, **beating())).causes[0]
    assert (still.name, still.against) == ("no_evidence", ())


def test_a_val_loss_that_halved_is_said_beside_an_input_that_is_doubted():
    rows = {"train_loss": curve(20, lambda e: 3 * 0.97**e), "val_loss": curve(20, lambda e: 3 * 0.7 ** min(e, 4) + 0.2)}
    scores = [{"val_r2": -0.05 + 0.001 * epoch} for epoch in range(20)]
    run = snapshot(**rows, metrics=scores, run={"floors": Floors()}, **beating())
    doubted = next(cause for cause in verdict(run).causes if cause.name == "no_evidence")
    assert doubted.against == (
        "Val loss has come down from 2.30 to 0.92: either the input arrives, or it learnt what all targets have in "
        "common.",
    )


def test_nan_comes_before_everything_else():
    columns = {**AT_CHANCE, "train_loss": [5.0] * 39 + [float("nan")]}
    said = verdict(snapshot(**columns, **beating()))
    assert (said.verdict, said.worst.rule, said.causes[0].name) == ("STOP", "non_finite", "diverging")


def test_a_rising_loss_with_falling_errors_is_told_to_go_on_while_the_gap_flag_stays_listed():
    columns = {**OVERFITS, "val_wer": curve(40, lambda e: 0.9 - 0.015 * e)}
    said = verdict(snapshot(**columns, **beating()))
    assert (said.verdict, said.worst.rule) == ("KEEP GOING", "overconfident")
    assert "gap" in {finding.rule for finding in said.findings}


def test_a_gap_above_its_limit_is_named_whatever_the_word():
    columns = {**OVERFITS, "val_wer": curve(40, lambda e: 0.9 - 0.015 * e)}
    said = verdict(snapshot(**columns, **beating()))
    assert said.reason.endswith("The gap is 3.67, above its limit 1.0.") and "Do not stop" not in said.reason
    assert not any("above train loss" in line for line in said.also)


def test_a_train_set_known_by_heart_is_looked_at_with_what_waiting_has_brought():
    columns = {
        **OVERFITS,
        "train_loss": curve(40, lambda e: 5 / e**2),
        "train_wer": curve(40, lambda e: 0.0 if e > 20 else 0.5),
        "val_wer": curve(40, lambda e: 0.9 - 0.005 * e),
    }
    said = verdict(snapshot(**columns, **beating()))
    assert (said.verdict, said.worst.rule) == ("LOOK", "gap")
    assert said.reason.endswith(
        "Train is memorised (train loss 0.0031, train WER 0.0 %); over the last 5 epochs best val WER went "
        "72.5 % → 70.0 %, 0.5 points an epoch."
    )


def test_a_best_that_waiting_has_not_moved_is_not_said_to_move():
    columns = {**OVERFITS, "val_wer": curve(40, lambda e: max(0.9 - 0.02 * e, 0.7))}
    assert what_waiting_brought(snapshot(**columns)).endswith("over the last 5 epochs best val WER stayed at 70.0 %.")


def test_a_better_error_rate_than_its_last_is_called_best():
    columns = {**LEARNS, "val_wer": [*LEARNS["val_wer"][:-1], 0.4]}
    assert (
        "Val WER is 40.0 %, best 37.0 % at epoch 29, 51.2 points better than chance."
        in verdict(snapshot(**columns)).reason
    )


def test_nothing_is_said_of_chance_where_chance_is_near_or_not_known():
    near = verdict(snapshot(val_loss=LEARNS["val_loss"], val_wer=curve(30, lambda e: 0.9 - 0.001 * e)))
    unknown = verdict(snapshot(**LEARNS, run={"floors": Floors()}))
    assert "than chance" not in near.reason and "chance" not in unknown.reason


@pytest.mark.parametrize("ours", [True, False])
def test_a_kept_checkpoint_is_spoken_of_only_where_our_trainer_reported_one(ours):
    launch = Launch(run_id="r", created_at=1.0, argv=["python", "-m" if ours else "run.py", "trainer"])
    said = verdict(snapshot(**LEARNS, **beating(checkpoint="best.pt"), launch=launch))
    assert bool(said.next_step) is ours
    assert verdict(snapshot(**LEARNS, **beating(), launch=launch)).next_step == ""


def test_what_is_read_from_a_file_that_nobody_follows_is_promised_no_verdict():
    launch = Launch(run_id="r", created_at=1.0, how="attach")
    assert verdict(snapshot(launch=launch)).reason == "No evaluation was recorded."
    assert verdict(snapshot(val_loss=[1.0, 0.9], launch=launch)).reason == (
        "2 of 5 evaluations: too few for a verdict."
    )


def test_empty_predictions_of_a_model_that_learns_are_words_left_out():
    columns = {**LEARNS, "length_ratio": [0.5] * 30}
    said = verdict(snapshot(**columns, **beating()))
    assert [cause.name for cause in said.causes] == ["words_missing"]
    assert said.suppressed == ()


def test_a_run_that_ended_before_its_first_evaluation_says_so():
    progress = Progress(heartbeat_at=NOW, process=PROCESS, outcome="failed", error="no such file")
    assert verdict(snapshot(progress=progress)).reason == "Failed before its first evaluation: no such file."


@pytest.mark.parametrize("outcome", ["finished", "stopped", "failed"])
def test_an_ended_run_says_how_it_ended_first(outcome):
    progress = Progress(
        heartbeat_at=NOW, process=PROCESS, outcome=outcome, error="boom" if outcome == "failed" else None
    )
    said = verdict(snapshot(**OVERFITS, progress=progress))
    assert said.verdict == ("FAILED" if outcome == "failed" else "ENDED")
    assert said.reason.startswith("Failed after epoch 40: boom." if outcome == "failed" else outcome.capitalize())


def test_a_lost_run_names_the_process_that_is_gone():
    said = verdict(snapshot(**LEARNS, **{**beating(), "trainer_liveness": "gone"}))
    assert said.verdict == "LOST" and said.reason.startswith("No process 7 on h")
    assert said.reason.count("No process 7") == 1


def test_the_thresholds_frozen_at_the_start_are_in_force():
    launch = Launch(run_id="r", created_at=1.0, how="foreground", thresholds={"gap_limit": 0.01})
    seen = snapshot(**LEARNS, **beating(), launch=launch)
    assert [finding.rule for finding in judge(seen, NOW).diagnosis.findings] == ["gap"]


def test_the_same_snapshot_gives_the_same_judgement():
    seen = snapshot(**AT_CHANCE, **beating())
    assert judge(seen, NOW) == judge(seen, NOW)


def test_every_cause_has_a_rule_that_points_to_it_and_rules_point_to_no_other():
    named = {cause for rule in RULES for cause in rule.causes}
    assert named == {name for name, _ in CAUSES}


# -- a wrong scorer and a wrong scale come before everything -------------------------------------------------------


def test_a_wrong_error_rate_silences_every_other_advice():
    """At chance by its own figure, with swapped arguments: nothing is proposed but to score again."""
    clips = tuple(Clip(clip_id=str(n), reference="MORGEN REGEN NORD WIND", split="val") for n in range(3))
    said = ("MORGEN", "MORGEN OST", "MORGEN WEST SUED")  # 9 errors in 12 words; over the words said 9 / 6
    seen = snapshot(
        val_wer=[1.5] * 30,
        val_loss=[5.0] * 30,
        train_loss=[4.0] * 30,
        clips=clips,
        decodes=(Decode(epoch=30.0, hypotheses=list(said)),),
        **beating(),
    )
    judged = judge(seen, NOW)
    assert judged.diagnosis.causes[0].name == "scorer_wrong"
    assert judged.diagnosis.suppressed == ("Nothing else is suggested before the error rate is right.",)
    assert [option.id for option in prescribe(seen, judged.diagnosis)] == ["score_again"]


def test_two_scales_are_told_before_overfitting():
    seen = snapshot(
        train_loss=[2.0 * 0.9**e for e in range(30)], val_loss=[20 * max(0.5, 0.9**e) for e in range(30)], **beating()
    )
    judged = judge(seen, NOW)
    assert judged.diagnosis.causes[0].name == "measured_differently"
    assert prescribe(seen, judged.diagnosis)[0].id == "measure_alike"


def test_a_filter_that_costs_words_is_a_cause_of_its_own_with_its_change():
    records = tuple(
        Epoch(epoch=float(e), val_wer=0.4, val_loss=2.0, metrics={"val_wer_adjusted": 0.6}) for e in range(1, 13)
    )
    run = Run(run_id="r", config={"min_confidence": 0.6, "blank_penalty": 0.0})
    seen = Snapshot(run_dir="runs/r", run_id="r", read_at=NOW, run=run, epochs=records)
    judged = judge(seen, NOW)
    (option,) = [option for option in prescribe(seen, judged.diagnosis) if option.id == "without_filter"]
    assert option.changes == {"min_confidence": [0.6, 0.0]}
    assert "score 40.0 %" in option.expected


def test_where_val_loss_alone_decides_it_is_said_what_it_is():
    seen = snapshot(val_loss=[2.0, 1.5, 1.2, 1.0, 1.01, 1.0, 1.02, 1.01], **beating(), run={"floors": Floors()})
    assert judge(seen, NOW).diagnosis.reason == "Val loss is 1.01, best 1.00 at epoch 4."


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        (LEARNS, "ENDED: The records end at epoch 30, best val WER 35.0 % at 30."),
        (OVERFITS, "STOP"),
        (
            {name: values[:3] for name, values in LEARNS.items()},
            "TOO EARLY: 3 of 5 evaluations: too few for a verdict.",
        ),
    ],
)
def test_records_that_nobody_adds_to_are_not_told_to_go_on(columns, said):
    diagnosis = verdict(snapshot(**columns, progress=Progress(heartbeat_at=NOW, phase="ended")))
    assert f"{diagnosis.verdict}: {diagnosis.reason}".startswith(said)


@pytest.mark.parametrize(
    ("val_loss", "reason"),
    [
        ([1.0, 0.8, 0.7, 0.6, 0.5], "Val loss is 0.50, its best so far."),
        ([1.0, 0.8, 0.7, 0.6, 0.61], "Val loss is 0.61, best 0.60 at epoch 4."),
        (
            [1.0, 0.8, 0.6, 0.605, 0.61],
            "Val loss is 0.61, best 0.60 at epoch 3. It has risen at both evaluations since.",
        ),
    ],
)
def test_without_a_metric_the_word_says_what_was_seen_of_val_loss_alone(val_loss, reason):
    diagnosis = verdict(snapshot(val_loss=val_loss, **beating()))
    assert (diagnosis.verdict, diagnosis.reason) == ("KEEP GOING", reason)


def test_one_evaluation_that_lost_most_is_told_and_decides_nothing():
    fell = [*curve(20, lambda e: 0.9 - 0.02 * e), 0.93]
    said = verdict(snapshot(val_wer=fell, val_loss=curve(21, lambda e: 3 - 0.05 * e), **beating()))
    assert said.verdict == "KEEP GOING"
    assert (
        "lost most of what it had gained at this evaluation alone: the next shows whether it stays so." in said.reason
    )


def test_a_look_whose_sign_has_closed_advises_to_wait():
    """Eleven evaluations without a step, then a new best: the word stands, its advice does not."""
    errors = [*curve(5, lambda e: 0.9 - 0.05 * e), *[0.65] * 11, 0.5]
    seen = snapshot(val_wer=errors, val_loss=curve(17, lambda e: 3.0), train_loss=[3.0] * 17, **beating())
    said = verdict(seen)
    assert said.verdict == "LOOK" and said.as_of is not None
    assert next_step(said, prescribe(seen, said))[0] == "Wait for the next evaluations: “WER stuck” does not hold now."


def test_a_train_set_known_by_heart_is_said_with_what_waiting_brings():
    seen = snapshot(
        train_loss=curve(30, lambda e: 4 * 0.7**e),
        val_loss=[3.0] * 30,
        val_wer=curve(30, lambda e: 0.6 - 0.01 * e),
        **beating(),
    )
    said = verdict(seen)
    assert said.verdict == "LOOK" and "Train is memorised" in said.reason and "1.0 points an epoch" in said.reason
    room = snapshot(
        train_loss=curve(30, lambda e: 4 * 0.7**e),
        train_wer=[0.15] * 30,
        val_loss=[3.0] * 30,
        val_wer=curve(30, lambda e: 0.6 - 0.01 * e),
        **beating(),
    )
    assert "memorised" not in verdict(room).reason


def test_what_never_moved_has_learnt_nothing_whatever_chance_is():
    flat = snapshot(
        train_loss=[2.3] * 30,
        val_loss=[2.31] * 30,
        metrics=[{"val_accuracy": 0.1 + 0.004 * (e % 3)} for e in range(30)],
        **beating(),
    )
    assert [cause.name for cause in verdict(flat).causes] == ["nothing_learnt"]


def test_of_a_network_that_is_not_finite_no_other_cause_is_known():
    broken = [math.nan] * 10
    seen = snapshot(
        train_loss=[*curve(20, lambda e: 3 / e), *broken],
        val_loss=[*curve(20, lambda e: 3 / e), *broken],
        val_wer=[*curve(20, lambda e: 0.9 * 0.9**e), *[1.0] * 10],
        length_ratio=[*[1.0] * 20, *[0.0] * 10],
        empty_ratio=[*[0.0] * 20, *[1.0] * 10],
    )
    said = verdict(seen)
    assert [cause.name for cause in said.causes] == ["diverging"]
    assert all("lowered" not in each.remedy and "beam" not in each.remedy for each in said.findings)


SWAPPED = {
    "train_loss": curve(30, lambda e: 0.7 * 0.9**e),
    "val_loss": curve(30, lambda e: 0.7 + 0.08 * e),
    "metrics": [{"val_accuracy": 0.43 * 0.93**e} for e in range(30)],
    "run": {"floors": Floors(accuracy_constant=0.5)},
}


def test_far_worse_than_chance_the_labels_come_first_and_nothing_had_been_learnt():
    seen = snapshot(**SWAPPED)
    said = verdict(seen)
    assert [cause.name for cause in said.causes] == ["inverted"]
    (option,) = prescribe(seen, said)
    assert option.title.startswith("Look at the labels of val (swapped or shifted classes)")
    assert not any(each.title.endswith("got worse") for each in said.findings)


def test_a_metric_and_losses_that_never_moved_have_taught_nothing():
    flat = {"train_loss": [0.6931] * 20, "val_loss": [0.6931] * 20}
    half = verdict(snapshot(**flat, metrics=[{"val_accuracy": 0.5}] * 20, run={"floors": Floors()}))
    assert [cause.name for cause in half.causes] == ["nothing_learnt"]
    rows = [{"val_accuracy": 0.9, "val_auc": 0.508}] * 20
    by_auc = snapshot(**flat, metrics=rows, lr=[0.0] * 20, run={"floors": Floors()})
    assert [cause.name for cause in verdict(by_auc).causes] == ["nothing_learnt"]
    assert prescribe(by_auc, verdict(by_auc))[0].title.startswith("Set the learning rate above 0")
    resumed = verdict(snapshot(**flat, metrics=[{"val_accuracy": 0.9}] * 20, run={"floors": Floors()}))
    assert [cause.title for cause in resumed.causes] == ["Nothing that is measured has moved"]
    assert resumed.causes[0].against == ("If it was trained before, it may have been at its end when this run began.",)


def test_overfitting_is_not_said_where_the_metric_improved_since():
    columns = {"train_loss": curve(30, lambda e: 2 * 0.85**e), "val_loss": curve(30, lambda e: 1 + abs(e - 5) * 0.06)}
    better = verdict(snapshot(**columns, val_wer=curve(30, lambda e: 0.8 * 0.97**e)))
    assert "val loss was lowest at epoch 5" in better.reason and "overfitting" not in better.reason
    worse = verdict(snapshot(**columns, val_wer=curve(30, lambda e: 0.5 + abs(e - 5) * 0.002)))
    assert "verfitting" in worse.reason


def test_a_metric_that_is_not_measured_any_more_is_said_with_its_epoch():
    rows = {"val_loss": [2.0 * 0.95**epoch for epoch in range(20)], "val_wer": [0.5] * 5 + [0.4] + [None] * 14}
    reason = judge(snapshot(**rows, **beating()), NOW).diagnosis.reason
    assert reason == "Val WER was 40.0 % at epoch 6, its best; it was not measured since."
    seldom = [0.5 - 0.01 * epoch if epoch % 5 == 0 else None for epoch in range(1, 20)]
    assert "its best so far" in judge(snapshot(val_loss=rows["val_loss"][:19], val_wer=seldom), NOW).diagnosis.reason


def test_a_high_accuracy_that_stands_still_beside_an_auc_at_chance_is_no_learning():
    def judged(auc, accuracy):
        metrics = [{"val_auc": a, "val_accuracy": b} for a, b in zip(auc, accuracy, strict=True)]
        return judge(snapshot(val_loss=[1.0 - 0.01 * e for e in range(len(auc))], metrics=metrics), NOW).diagnosis

    said = "Val AUC is 51.0 %, at chance (50.0 %), and accuracy has hardly moved from its first value, 90.0 %"
    assert said in judged([0.49, 0.51] * 4, [0.9] * 8).reason
    stuck = judged([0.49, 0.51] * 8, [0.9] * 16)
    assert said in stuck.reason and "nothing_learnt" in [cause.name for cause in stuck.causes]
    metrics = [{"val_f1": 0.0, "val_accuracy": 0.95}] * 8
    reason = judge(snapshot(val_loss=[0.7] * 8, metrics=metrics), NOW).diagnosis.reason
    assert "Val F1 is 0.0 %, its worst value, and accuracy has hardly moved from its first value, 95.0 %" in reason
    for auc, accuracy in (([0.8, 0.81] * 8, [0.9] * 16), ([0.49, 0.51] * 8, [0.5 + 0.02 * e for e in range(16)])):
        well = judged(auc, accuracy)
        assert "at chance" not in well.reason and "nothing_learnt" not in [cause.name for cause in well.causes]


def test_how_a_run_ended_that_val_loss_alone_judges_names_its_best_val_loss():
    ended = snapshot(val_loss=[2.0, 1.5, 1.8], state=State(state="finished"))
    assert judge(ended, NOW).diagnosis.reason.startswith("Finished at epoch 3, best val loss 1.50 at 2.")
