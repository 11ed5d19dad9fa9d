"""`gradient_flow`: does a step move the network at all, and is every step cut short?"""

from monitor.diagnosis.prescriptions.registry import prescribe
from monitor.diagnosis.verdict import judge
from monitor.rules.gradient_flow import GradientFlow
from monitor.rules.result import NotApplicable, NotEnoughData
from monitor.run_dir import Epoch, Snapshot
from tests.snapshots import NOW, check, curve, first_fired, found, snapshot

RULE = GradientFlow()


def test_ordinary_steps_are_quiet():
    seen = snapshot(update_ratio=[1e-3] * 30, clipped_ratio=[0.3] * 30, train_loss=curve(30, lambda e: 4 / e))
    assert first_fired(RULE, seen) == (None, None)


def test_clipping_every_step_of_a_model_that_learns_is_quiet():
    """Measured: the runs with the best error rate had nearly every step clipped."""
    seen = snapshot(clipped_ratio=[1.0] * 30, train_loss=curve(30, lambda e: 4 * 0.95**e))
    assert first_fired(RULE, seen) == (None, None)


def test_small_steps_at_the_end_of_a_schedule_are_meant():
    seen = snapshot(
        update_ratio=curve(30, lambda e: 1e-3 if e < 25 else 1e-9), lr=curve(30, lambda e: 1e-3 if e < 25 else 1e-6)
    )
    assert first_fired(RULE, seen) == (None, None)


def test_few_evaluations_and_missing_fields_are_said():
    assert isinstance(check(RULE, snapshot(update_ratio=[1e-9] * 2)), NotEnoughData)
    assert isinstance(check(RULE, snapshot(val_loss=[1.0] * 9)), NotApplicable)


def test_a_part_that_does_not_move_is_a_warning_and_then_critical():
    assert found(RULE, snapshot(update_ratio=[1e-7] * 9)).severity == "warning"
    finding = found(RULE, snapshot(update_ratio=[1e-9] * 9))
    assert finding.severity == "critical"
    assert finding.line == "Gradients: a step moves the stillest part by 1e−9 of its weights. Since epoch 5."


def test_clipping_every_step_of_a_model_that_stands_still_is_a_warning():
    finding = found(RULE, snapshot(clipped_ratio=[1.0] * 12, train_loss=[3.0] * 12))
    assert finding.severity == "warning" and "100 % of steps have their gradient scaled down" in finding.line


def test_gradients_that_are_zero_are_a_warning():
    records = tuple(Epoch(epoch=float(e), metrics={"zero_gradient_ratio": 0.97}) for e in range(1, 10))
    finding = found(RULE, Snapshot(run_dir="r", run_id="r", read_at=0.0, epochs=records))
    assert "97 % of gradients are exactly zero" in finding.line


def test_advice_and_title_speak_of_what_is_seen_alone():
    still = found(RULE, snapshot(update_ratio=[1e-9] * 9))
    assert "clipped" not in still.remedy and still.title == "Steps that do not move the network"
    cut = found(RULE, snapshot(clipped_ratio=[1.0] * 12, train_loss=[3.0] * 12))
    assert "does not move" not in cut.remedy and "clip norm" in cut.remedy and cut.title == "Gradients are cut short"


def test_weights_that_do_not_move_are_no_missing_input():
    diagnosis = judge(snapshot(update_ratio=[1e-9] * 9), NOW).diagnosis
    assert [cause.name for cause in diagnosis.causes] == ["not_moving"]
    assert prescribe(snapshot(update_ratio=[1e-9] * 9), diagnosis)[0].title.startswith("Find the part that does not")
