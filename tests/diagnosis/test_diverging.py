"""What to do about losses that break: the run's own settings under any of their names, else an edit of the script."""

import math

import pytest

from monitor.diagnosis.prescriptions.diverging import against_divergence, against_losing_it
from monitor.run_dir import Progress
from tests.snapshots import snapshot

BROKEN = snapshot(train_loss=[2.0, 1.5, math.nan], val_loss=[2.0, 1.6, math.nan])


def options(config, seen=BROKEN):
    return {each.id: each for each in against_divergence(seen, config) if each is not None}


@pytest.mark.parametrize("key", ["lr", "Learning-Rate", "optim_lr"])
def test_a_third_of_the_rate_under_the_name_that_the_run_has(key):
    found = options({key: 0.003})["lower_rate"]
    assert found.changes == {key: [0.003, 0.001]} and found.code_edit == ""


@pytest.mark.parametrize("value", [0, -1.0, True, "1e-3", math.inf, None])
def test_a_rate_that_is_no_usable_number_is_an_edit_of_the_script(value):
    found = options({"lr": value})["lower_rate"]
    assert found.changes == {} and found.code_edit


def test_a_fifth_of_the_clip_norm_or_clipping_where_there_is_none():
    assert options({"max_grad_norm": 5.0})["tighter_clip"].changes == {"max_grad_norm": [5.0, 1.0]}
    assert options({"max_grad_norm": 5.0})["tighter_clip"].title == "A fifth of the clip norm"
    assert options({})["tighter_clip"].title == "Clip the gradients"


@pytest.mark.parametrize(
    ("before", "after"), [(True, False), (16, 32), ("16-mixed", "32-true"), ("BF16", "no"), ("float16", "float32")]
)
def test_full_precision_is_of_the_kind_of_the_setting(before, after):
    assert options({"precision": before})["full_precision"].changes == {"precision": [before, after]}


@pytest.mark.parametrize("already", [False, 32, "32-true", "fp32", None])
def test_full_precision_is_not_offered_where_the_run_has_it(already):
    assert "full_precision" not in options({"precision": already})


def test_the_last_checkpoint_is_named_if_it_is_from_before_the_break():
    def kept(epoch):
        seen = snapshot(
            train_loss=[2.0, 1.5, math.nan],
            val_loss=[2.0, 1.6, math.nan],
            progress=Progress(heartbeat_at=0.0, checkpoint="last.pt", checkpoint_epoch=epoch),
        )
        return options({}, seen)["last_good_checkpoint"]

    assert kept(2).title.endswith("(epoch 2 is saved)") and kept(2).note == ""
    assert not kept(3).title.endswith("is saved)") and kept(3).note


def test_a_run_that_never_had_a_finite_loss_has_nothing_to_go_back_to():
    seen = snapshot(train_loss=[math.nan] * 2, val_loss=[math.nan] * 2)
    assert "last_good_checkpoint" not in options({}, seen)
    assert options({}, seen)["look_at_batch"].title == "Look at the batch of epoch 1"


def test_what_is_lost_with_finite_losses_goes_back_to_a_checkpoint_from_before_its_best():
    seen = snapshot(val_wer=[0.9, 0.5, 0.9, 0.9], progress=Progress(heartbeat_at=0.0, checkpoint_epoch=2))
    back, rate, clip = against_losing_it(seen, {"lr": 0.003})
    assert back.title == "Go on from the last checkpoint before it was lost (epoch 2 is saved)"
    assert rate.changes == {"lr": [0.003, 0.001]} and clip.id == "tighter_clip"
