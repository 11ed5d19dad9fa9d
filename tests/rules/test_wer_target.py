"""`wer_target`: the error rate that was wanted by a certain epoch."""

from monitor.rules.result import NotApplicable, NotEnoughData
from monitor.rules.thresholds import DEFAULTS
from monitor.rules.wer_target import TargetLimits, WerTarget
from monitor.run_dir.metric import Metric
from tests.snapshots import check, curve, first_fired, found, snapshot


class WithTarget(WerTarget):
    """The rule where the project wants 60 % by epoch 60."""

    def check(self, seen, thresholds, now):
        return super().check(seen, DEFAULTS.but(TargetLimits(wer_target_ratio=0.6)), now)


RULE = WithTarget()


def test_a_target_that_nobody_set_is_none():
    seen = check(WerTarget(), snapshot(val_wer=[0.92] * 70))
    assert isinstance(seen, NotApplicable) and "wer_target_ratio" in seen.needs


def test_before_the_epoch_and_after_the_level_it_is_quiet():
    assert first_fired(RULE, snapshot(val_wer=[0.95] * 59)) == (None, None)
    assert first_fired(RULE, snapshot(val_wer=curve(90, lambda e: 0.55 if e == 30 else 0.9))) == (None, None)


def test_few_evaluations_and_a_missing_rate_are_said():
    assert isinstance(check(RULE, snapshot(val_wer=[0.9] * 2)), NotEnoughData)
    assert isinstance(check(RULE, snapshot(val_loss=[0.9] * 9)), NotApplicable)


def test_a_level_that_was_missed_is_a_warning_from_that_epoch_on():
    seen = snapshot(val_wer=[0.92] * 70)
    assert first_fired(RULE, seen) == (60, None)
    assert found(RULE, seen).line == "Best WER is 92.0 %; 60.0 % was wanted by epoch 60. Since epoch 60."


def test_reaching_it_late_ends_it():
    assert found(RULE, snapshot(val_wer=[0.92] * 70 + [0.5])) is None


def test_the_remedy_stands_for_itself_and_says_whether_it_still_improves():
    metric = Metric("val_dice", "score", "fraction", target=0.9, primary=True)

    def missed(values):
        run = {"metrics": [metric], "config": {"epochs": len(values)}}
        return found(RULE, snapshot(metrics=[{"val_dice": value} for value in values], run=run))

    assert missed(curve(20, lambda e: 0.5 + 0.01 * e)).remedy.startswith("Train longer: it still makes new bests")
    assert missed([0.6, 0.7, *[0.65] * 18]).remedy.startswith("Change the data or the model")
