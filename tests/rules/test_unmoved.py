"""What is said of a share that still is where it was at its first evaluation."""

import pytest

from monitor.diagnosis.prescriptions.registry import prescribe
from monitor.diagnosis.verdict import judge
from monitor.rules.evaluations import read
from monitor.rules.primary import Chance
from monitor.rules.thresholds import DEFAULTS
from monitor.rules.unmoved import NOT_MOVED, WHERE_IT_BEGAN, is_well, reads_input, unmoved
from monitor.rules.wer_plateau import WerPlateau
from monitor.run_dir import Floors
from monitor.run_dir.metric import Metric
from tests.snapshots import NOW, curve, found, snapshot

RULE = WerPlateau()
NO_FLOORS = {"floors": Floors()}
WAVE = [0.0, 0.0004, -0.0003, 0.0001, -0.0005]


def about(level, count=15):
    return curve(count, lambda e: level + WAVE[int(e) % 5])


def accuracy(values, **columns):
    return snapshot(metrics=[{"val_accuracy": value} for value in values], **{"run": NO_FLOORS, **columns})


@pytest.mark.parametrize("values", [[0.6, 0.8, *[0.9] * 13], [*about(0.9), 0.5, 0.6, *about(0.9, 14)]])
def test_what_has_moved_is_not_said_to_stand_where_it_began(values):
    assert "since its first evaluation" not in found(RULE, accuracy(values)).line


def test_too_few_evaluations_say_nothing():
    assert found(RULE, accuracy(about(0.9, 9))) is None


def test_an_accuracy_that_never_moved_may_be_the_share_of_the_largest_class():
    flat = {"train_loss": [0.325] * 15, "val_loss": [0.325] * 15}
    seen = accuracy(about(0.9), **flat)
    finding, said = found(RULE, seen), judge(seen, NOW).diagnosis
    assert (finding.title, finding.severity) == ("Accuracy has not moved", "warning")
    assert finding.line.startswith(
        "Val accuracy has not moved since its first evaluation: 90.0 % then, 90.0 % now (best"
    )
    assert "of classes, the share of the largest" in said.reason
    assert "metric r val_accuracy --chance VALUE" in finding.remedy
    assert [cause.title for cause in said.causes] == ["Nothing that is measured has moved"]
    first, second = prescribe(seen, said)
    assert first.title.startswith("Compare accuracy with") and second.id == "few_by_heart"


def test_a_loss_that_fell_without_the_metric_is_named_and_stopping_is_not_the_first_advice():
    fell = {name: curve(15, lambda e: 0.3 + 0.3**e) for name in ("train_loss", "val_loss")}
    seen = accuracy(about(0.9), **fell)
    said = judge(seen, NOW).diagnosis
    assert [cause.title for cause in said.causes] == ["What is learnt does not show in the metric"]
    assert [option.title[:22] for option in prescribe(seen, said)] == ["Compare accuracy with "]


def test_where_train_loss_is_far_below_val_loss_the_input_is_read_and_that_is_not_asked():
    seen = accuracy(about(0.9), train_loss=[0.01] * 15, val_loss=[0.4] * 15)
    finding = found(RULE, seen)
    assert finding.title == "Accuracy stuck" and "ignores its input" not in finding.line
    assert finding.remedy.startswith("Compare it with what others reach")


def test_the_chance_that_somebody_gives_decides_between_the_two():
    def with_chance(chance):
        return accuracy(
            about(0.9), run={**NO_FLOORS, "metrics": [Metric("val_accuracy", "score", "fraction", chance=chance)]}
        )

    assert judge(with_chance(0.9), NOW).diagnosis.worst.rule == "at_chance"
    assert found(RULE, with_chance(0.1)).title == "Accuracy rests where it began"


def test_a_fine_tune_that_begins_and_stays_at_a_low_error_is_no_failure():
    seen = snapshot(val_wer=about(0.08))
    finding = found(RULE, seen)
    assert (finding.title, finding.severity) == ("WER rests where it began", "info")
    assert finding.line.startswith(
        "Val WER rests at 8.0 % since its first evaluation: this run has changed nothing of it"
    )
    assert judge(seen, NOW).diagnosis.verdict == "KEEP GOING"
    later = snapshot(val_wer=about(0.08, 30))
    assert found(RULE, later).severity == "warning"


@pytest.mark.parametrize(
    ("name", "value", "state"), [("val_bleu", 0.34, "rests where it began"), ("val_bleu", 0.2, "stuck")]
)
def test_what_no_output_without_an_input_gets_is_not_asked_of_a_score_of_words(name, value, state):
    finding = found(RULE, snapshot(metrics=[{name: each} for each in about(value)], run=NO_FLOORS))
    assert finding.title == f"BLEU {state}" and "ignores its input" not in finding.line + finding.remedy


def test_beside_another_metric_at_chance_advice_and_first_step_agree():
    rows = [{"val_accuracy": 0.9, "val_auc": 0.5 + WAVE[place % 5]} for place in range(15)]
    falls = curve(15, lambda e: 0.7 * 0.98**e)
    seen = snapshot(metrics=rows, val_loss=falls, train_loss=falls, run=NO_FLOORS)
    said = judge(seen, NOW).diagnosis
    assert "wait" not in found(RULE, seen).remedy and "memorise one batch" in found(RULE, seen).remedy
    assert [cause.title for cause in said.causes] == ["Perhaps only the share of each class is learnt"]
    assert [option.id for option in prescribe(seen, said)] == ["few_by_heart"]
    assert said.reason.count("largest class") == 1 and "of classes" not in said.reason


# The words by themselves.


def data_of(values, **columns):
    return read(accuracy(values, **columns), DEFAULTS)


def chance(error):
    return Chance(error, "c")


def test_nothing_is_said_of_three_evaluations_or_of_what_has_moved():
    assert unmoved(data_of([0.9] * 3), None, 0.01, "r") is None
    assert unmoved(data_of([0.9] * 4), None, 0.01, "r").title == NOT_MOVED
    assert unmoved(data_of([0.9, 0.9, 0.9, 0.85, 0.85, 0.85]), None, 0.01, "r") is None


def test_one_good_evaluation_is_a_move():
    assert unmoved(data_of([0.6, 0.6, 0.6, 0.7, 0.6, 0.6]), None, 0.01, "r") is None


def test_nothing_is_right_at_the_first_and_ever_since_is_not_said():
    assert unmoved(data_of([0.0] * 9), None, 0.01, "r") is None


def test_where_chance_is_known_and_near_another_rule_speaks():
    assert unmoved(data_of([0.9] * 9), chance(0.1), 0.01, "r") is None


def test_what_is_far_better_than_chance_was_trained_before():
    found = unmoved(data_of([0.9] * 9), chance(0.5), 0.01, "r")
    assert (found.title, found.well) == (WHERE_IT_BEGAN, True)
    assert unmoved(data_of([0.8] * 9), chance(0.5), 0.01, "r") is None


def test_the_remedy_names_the_command_that_tells_the_chance():
    assert "metric r val_accuracy --chance VALUE" in unmoved(data_of([0.9] * 9), None, 0.01, "r").remedy


@pytest.mark.parametrize(
    ("train", "val", "reads"),
    [(0.3, 0.3, False), (0.23, 0.3, False), (0.22, 0.3, True), (-0.1, 0.3, False), (float("nan"), 0.3, False)],
)
def test_the_input_is_read_where_train_loss_is_three_quarters_of_val_loss_at_most(train, val, reads):
    assert reads_input(data_of([0.9] * 2, train_loss=[train] * 2, val_loss=[val] * 2)) == reads


def test_an_error_is_well_below_three_tenths_of_a_known_chance():
    assert is_well(chance(0.5), 0.15) and not is_well(chance(0.5), 0.16) and not is_well(None, 0.0)
