"""Before there is a verdict: what is logged, what a verdict needs, and no promise that does not come true."""

import pytest

from monitor.diagnosis import early
from monitor.diagnosis.verdict import judge
from monitor.rules.result import NotEnoughData
from monitor.rules.thresholds import DEFAULTS
from monitor.run_dir import Epoch, Launch, Step
from monitor.run_dir.replay import as_of
from tests.snapshots import NOW, beating, curve, snapshot

NEEDS = "A verdict needs 3 evaluations, the last at epoch 5 or later, or 5 of them."


def said(seen):
    return judge(seen, NOW).diagnosis


def steps(count, per_epoch=100):
    return tuple(Step(step=n, epoch=n / per_epoch, train_loss=2.0, lr=1e-3) for n in range(1, count + 1))


def test_before_anything_is_logged_the_needs_of_a_verdict_are_said_and_no_epoch_is_promised():
    found = said(snapshot(**beating()))
    assert (found.verdict, found.reason) == ("TOO EARLY", f"No evaluation so far. {NEEDS}")


def test_a_run_of_steps_alone_says_what_they_hold():
    found = said(snapshot(steps=steps(120), **beating()))
    assert found.verdict == "TOO EARLY"
    assert found.reason == f"Logged so far: train loss and learning rate (120 steps). {NEEDS}"


def test_a_run_of_steps_alone_cannot_be_judged_once_it_is_past_the_guard():
    found = said(snapshot(steps=steps(600), **beating()))
    assert found.verdict == "CAN'T JUDGE"
    assert found.reason.startswith("Only train loss and learning rate are logged so far. Add validation loss")


def test_a_run_of_train_loss_alone_names_what_it_logs_and_how_validation_is_read_from_its_log():
    launch = Launch(run_id="r", created_at=1.0, how="attach")
    found = said(snapshot(train_loss=[1.0] * 9, lr=[1e-3] * 9, launch=launch, **beating()))
    assert found.verdict == "CAN'T JUDGE" and "--map val_loss=NAME" in found.reason
    assert "run.log_epoch" in said(snapshot(train_loss=[1.0] * 9, **beating())).reason


def test_records_of_training_from_a_file_that_nobody_follows_are_named_and_nothing_is_promised():
    launch = Launch(run_id="r", created_at=1.0, how="import")
    found = said(snapshot(train_loss=[1.0, 0.9], launch=launch))
    assert found.reason == "Logged: train loss (2 records). No evaluation was recorded."


def test_a_run_that_is_planned_too_short_is_promised_no_verdict():
    short = said(snapshot(val_loss=[1.0, 0.9], **beating(epochs=3)))
    assert short.reason == (
        "2 of 5 evaluations so far: a first verdict would come at epoch 5, and it is planned for 3."
    )
    assert said(snapshot(val_loss=[1.0, 0.9], **beating(epochs=5))).reason.endswith("First verdict at epoch 5.")
    # Time travel drops what the trainer said last, and keeps for how many epochs it is planned.
    earlier = as_of(snapshot(val_loss=[1.0, 0.9, 0.8], **beating(epochs=3)), 2)
    assert said(earlier).reason == short.reason


def test_after_a_long_warm_up_five_evaluations_are_no_way_round_it():
    found = said(snapshot(run={"warmup_epochs": 10.0}, **beating()))
    assert found.reason == "No evaluation so far. A verdict needs 3 evaluations, the last at epoch 10 or later."


@pytest.mark.parametrize("epochs", [[1, 2, 3], [1, 2, 3, 4], [0.5, 1.0], [2]])
def test_a_check_without_enough_data_never_says_that_it_has_all_it_needs(epochs):
    seen = snapshot(epochs=epochs, train_loss=curve(len(epochs), lambda e: 2.0), val_loss=[2.0] * len(epochs))
    for result in judge(seen, NOW).results:
        assert not isinstance(result, NotEnoughData) or result.have < result.need, result


def test_steps_that_name_no_epoch_are_not_too_early_for_ever():
    many = tuple(Step(step=n, train_loss=2.0) for n in range(1, 300))
    assert said(snapshot(steps=many[:50], **beating())).verdict == "TOO EARLY"
    assert said(snapshot(steps=many, **beating())).verdict == "CAN'T JUDGE"


def test_rows_that_measured_nothing_end_no_guard():
    rows = {"train_loss": [2.0, None, None, None, 1.9, None, None], "epochs": [1, 1.2, 1.4, 1.6, 2, 2.4, 5.5]}
    assert said(snapshot(**rows, **beating())).verdict == "TOO EARLY"


def test_what_is_logged_is_listed_with_its_count():
    assert early.logged(snapshot()) == ""
    seen = snapshot(train_loss=[2.0], lr=[0.1], grad_norm=[1.0])
    assert early.logged(seen) == "train loss, learning rate and gradient norm (1 record)"
    assert early.logged(snapshot(steps=steps(2))) == "train loss and learning rate (2 steps)"


def test_a_record_of_nothing_but_its_time_logs_nothing():
    assert not early.is_logged(Epoch(epoch=1.0, seconds=60.0, val_loss=1.0))
    assert early.is_logged(Epoch(epoch=1.0, lr=0.0)) and early.is_logged(Epoch(epoch=1.0, metrics={"acc": 0.5}))


@pytest.mark.parametrize(
    ("seen", "is_far"),
    [
        ({"steps": steps(499)}, False),
        ({"steps": steps(500)}, True),
        ({"steps": tuple(Step(step=n) for n in range(199))}, False),
        ({"steps": tuple(Step(step=n) for n in range(200))}, True),
        ({"steps": steps(500), "val_loss": [1.0]}, False),
        ({}, False),
    ],
)
def test_a_run_of_steps_has_come_far_past_the_guard_or_after_many_without_an_epoch(seen, is_far):
    assert early.has_come_far(snapshot(**seen), DEFAULTS) is is_far


def test_validation_that_is_logged_by_step_is_named_with_what_to_log_instead():
    logs = tuple(Step(step=n, metrics={"val_acc": 0.5, "speed": 3.0}) for n in range(3))
    assert early.too_early(snapshot(steps=logs, **beating()), DEFAULTS) == (
        "No evaluation so far. val_acc is logged by log_step, which makes no evaluation: log them with "
        "log_epoch(epoch, …) to get a verdict."
    )
    four = tuple(Step(step=1, metrics={f"val_{name}": 0.5 for name in ("acc", "auc", "f1", "wer")}) for _ in range(1))
    assert early.too_early(snapshot(steps=four, **beating()), DEFAULTS).count("val_") == 3


def test_one_evaluation_within_an_epoch_promises_no_epoch_and_one_of_the_first_does():
    assert early.too_early(snapshot(epochs=[3.0], val_loss=[1.0], **beating()), DEFAULTS) == (
        f"1 of 3 evaluations so far. {NEEDS}"
    )
    found = early.too_early(snapshot(epochs=[1.0], val_loss=[1.0], **beating()), DEFAULTS)
    assert found == "1 of 5 evaluations so far. First verdict at epoch 5."


def test_between_epochs_the_first_verdict_comes_between_epochs():
    found = early.too_early(snapshot(epochs=[0.25, 0.5], val_loss=[1.0, 1.0], **beating()), DEFAULTS)
    assert found == "2 of 5 evaluations so far. First verdict at epoch 1.25."


def test_records_alone_are_counted_and_nothing_is_promised():
    launch = Launch(run_id="r", created_at=1.0, how="import")
    assert early.too_early(snapshot(val_loss=[1.0, 2.0], launch=launch), DEFAULTS) == (
        "2 of 5 evaluations: too few for a verdict."
    )
    assert early.too_early(snapshot(launch=launch), DEFAULTS) == "No evaluation was recorded."


def test_why_nothing_can_be_judged_says_how_validation_is_added():
    attached = Launch(run_id="r", created_at=1.0, how="attach")
    assert early.cannot_judge(snapshot(train_loss=[1.0], **beating())) == (
        "Only train loss is logged so far. Add validation loss to get a verdict: run.log_epoch(epoch, val_loss=…)."
    )
    assert early.cannot_judge(snapshot(launch=attached)) == (
        "No validation is logged. A verdict needs validation loss or an error rate; one of another name: "
        "--map val_loss=NAME."
    )


def test_a_run_of_train_accuracy_alone_is_told_that_no_validation_is_logged():
    found = said(snapshot(metrics=[{"train_acc": 0.5}] * 9, **beating()))
    assert found.verdict == "CAN'T JUDGE" and found.reason.startswith("No validation is logged so far. Add validation")
