"""`scorer_failure`: is the error rate itself wrong?"""

import pytest

from monitor.rules.result import NotApplicable, NotEnoughData, Quiet
from monitor.rules.scorer_failure import ScorerFailure
from monitor.run_dir import Clip, Decode
from tests.snapshots import check, curve, first_fired, found, snapshot

RULE = ScorerFailure()
CLIPS = tuple(Clip(clip_id=str(n), reference="MORGEN REGEN NORD WIND", split="val") for n in range(3))
SAID = ["MORGEN REGEN", "MORGEN", "MORGEN REGEN NORD WIND"]
"""Of 12 words 7 come, none wrong: 5 errors, 5/12 = .4167; over the words said 5/7 = .7143."""


def decoded(wer, said=tuple(SAID), **more):
    decodes = (Decode(epoch=9.0, hypotheses=list(said)),)
    return snapshot(val_wer=[wer] * 9, clips=CLIPS, decodes=decodes, **more)


def test_an_error_rate_that_its_predictions_bear_out_is_quiet():
    assert isinstance(check(RULE, decoded(5 / 12, val_tokens=[12] * 9)), Quiet)


def test_a_few_printed_samples_contradict_nothing():
    """Two of three clips, or a val set of unknown size, are not the split that was scored."""
    assert found(RULE, decoded(0.9, said=SAID[:2])) is None
    assert found(RULE, decoded(0.9)) is None
    assert found(RULE, decoded(0.9, val_tokens=[500] * 9)) is None


def many(wer, words_wrong, **more):
    """60 clips of four words, of which so many words of each are missing."""
    clips = tuple(Clip(clip_id=str(n), reference="MORGEN REGEN NORD WIND", split="val") for n in range(60))
    said = " ".join(["MORGEN", "REGEN", "NORD", "WIND"][words_wrong:])
    return snapshot(val_wer=[wer] * 9, clips=clips, decodes=(Decode(epoch=9.0, hypotheses=[said] * 60),), **more)


def test_many_predictions_far_from_the_rate_are_a_hint_where_the_split_is_of_unknown_size():
    finding = found(RULE, many(0.22, 3))
    assert finding.severity == "warning" and finding.line == (
        "The 60 logged predictions of epoch 9 score 75.0 %, and the logged error rate is 22.0 %: "
        "it is of other clips, or one of both is wrong."
    )
    assert found(RULE, many(0.22, 1)) is None, "as a sample of other clips may score"
    assert found(RULE, many(0.22, 3, val_tokens=[240] * 9)).severity == "critical"


def test_a_silent_model_at_100_percent_is_right():
    falling = curve(12, lambda e: 9 * 0.9**e)
    seen = snapshot(val_wer=[1.0] * 12, val_loss=falling, length_ratio=[0.0] * 12)
    assert first_fired(RULE, seen) == (None, None)
    assert first_fired(RULE, snapshot(val_wer=[1.0] * 12, val_loss=falling)) == (None, None)


def test_an_error_rate_that_moves_is_quiet():
    seen = snapshot(
        val_wer=curve(12, lambda e: 0.9 - 0.001 * e), val_loss=curve(12, lambda e: 9 / e), length_ratio=[0.9] * 12
    )
    assert first_fired(RULE, seen) == (None, None)


def test_without_an_error_rate_or_with_few_nothing_is_judged():
    assert isinstance(check(RULE, snapshot(val_loss=[1.0] * 9)), NotApplicable)
    assert isinstance(check(RULE, snapshot(val_wer=[0.5] * 2)), NotEnoughData)


@pytest.mark.parametrize("known", [{"val_tokens": [12] * 9}, {}], ids=["size known", "size not known"])
def test_swapped_arguments_are_found_and_said(known):
    finding = found(RULE, decoded(5 / 7, **known))
    assert finding.severity == "critical"
    assert finding.line == (
        "The error rate divides by the predicted words instead of the target words (arguments swapped): "
        "it says 71.4 %, the predictions of epoch 9 score 41.7 %."
    )


def test_a_rate_that_the_whole_set_contradicts_is_critical():
    finding = found(RULE, decoded(0.2, val_tokens=[12] * 9))
    assert finding.severity == "critical"
    assert finding.line == "The logged error rate is 20.0 %, but the predictions of epoch 9 score 41.7 %."


def test_the_same_rate_to_four_digits_while_the_loss_falls_is_a_warning():
    seen = snapshot(val_wer=[0.8731] * 9, val_loss=curve(9, lambda e: 9 * 0.9**e), length_ratio=[0.9] * 9)
    finding = found(RULE, seen)
    assert finding.severity == "warning" and finding.onset == 5.0
    assert "87.31 % in each of the last 5 evaluations, while val loss fell 34 %" in finding.line


@pytest.mark.parametrize(("said", "open_"), [(SAID, False), (["MORGEN", "MORGEN", "MORGEN"], True)])
def test_a_rate_that_stands_still_is_right_where_the_newest_predictions_score_to_it(said, open_):
    more = {"val_loss": curve(9, lambda e: 9 * 0.9**e), "length_ratio": [0.9] * 9}
    assert (found(RULE, decoded(5 / 12, said=tuple(said), **more)) is not None) is open_
