"""Which numbers of the records a report shows, and the words for the course of a train loss."""

import math

from monitor.run_dir import Clip, Decode
from monitor.view.report.numbers import broken, course, key_epochs, known, printed, resumed_words
from tests.snapshots import snapshot


def points(*values):
    return [(float(place), value) for place, value in enumerate(values, 1)]


def test_the_course_of_a_train_loss():
    assert course(points(5.0, 4.0, 3.0, 2.0)) == "falls"
    assert course(points(2.0, 3.0, 4.0, 5.0)) == "does not fall"
    assert course(points(2.0, 2.001, 1.999, 2.0)) == "hardly moves"
    assert course(points(2.0, 1.0, 2.1, 0.9, 2.0, 1.1)) == "hardly moves"  # within its scatter


def test_values_that_are_not_finite_are_left_out_and_the_broken_end_is_found():
    seen = snapshot(val_loss=[2.0, math.nan, 1.5, math.inf, math.nan])
    assert known(seen, "val_loss") == [(1.0, 2.0), (3.0, 1.5)]
    epoch, value = broken(seen, "val_loss")
    assert epoch == 4.0 and value == math.inf
    assert broken(snapshot(val_loss=[math.nan, 1.0]), "val_loss") is None


def test_the_key_epochs_hold_the_first_the_last_and_the_best():
    losses = [3.0] * 40
    losses[16] = 1.0
    kept = [record.epoch for record in key_epochs(snapshot(val_loss=losses, val_wer=[0.9] * 25 + [0.4] + [0.9] * 14))]
    assert {1.0, 17.0, 26.0, 40.0} <= set(kept) and len(kept) == 10 and kept == sorted(kept)


def test_the_printed_predictions_are_the_last_ones_of_val_by_their_ids():
    clips = (Clip(clip_id="a", split="val", reference="x y"), Clip(clip_id="t", split="train", reference="z"))
    decodes = (
        Decode(epoch=1.0, split="val", hypotheses=["x"]),
        Decode(epoch=2.0, split="val", hypotheses=["x y"], clip_ids=["a"]),
        Decode(epoch=3.0, split="train", hypotheses=["z"]),
    )
    seen = snapshot(val_loss=[1.0], clips=clips, decodes=decodes)
    assert printed(seen) == (2.0, [("a", "x y", "x y")])
    assert printed(snapshot(val_loss=[1.0])) == (None, [])


def test_a_resume_is_named_with_what_was_trained_again():
    assert resumed_words(snapshot(val_loss=[1.0])) == ""
    seen = snapshot(val_loss=[1.0], resumed_at=(8.0,), overlaps=(6.0, 7.0))
    assert resumed_words(seen) == "Resumed at epoch 8. Trained again: epoch 6, 7."
    folds = snapshot(val_loss=[1.0], anew=2)
    assert resumed_words(folds) == "Begun anew 2 times: only the newest start is shown."
