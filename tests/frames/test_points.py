"""Records as single numbers, each given out once."""

from monitor.frames.exports.points import Points, by_step, settings
from monitor.run_dir import Step
from tests.snapshots import NOW, snapshot


def given(points, seen):
    return [(each.name, each.value, each.step) for each in points.new_of(seen) if each.name != "epoch"]


def test_each_record_is_given_out_once_also_when_more_have_come():
    points = Points()
    assert given(points, snapshot(val_loss=[3.0, 2.0])) == [("val_loss", 3.0, 1), ("val_loss", 2.0, 2)]
    assert given(points, snapshot(val_loss=[3.0, 2.0, 1.0])) == [("val_loss", 1.0, 3)]


def test_a_repeated_epoch_of_a_resume_is_another_record():
    points = Points()
    points.new_of(snapshot(val_loss=[3.0]))
    assert given(points, snapshot(epochs=[1], val_loss=[2.9], generation=[2])) == [("val_loss", 2.9, 1)]


def test_steps_have_names_of_their_own_and_then_epochs_stand_at_steps():
    seen = snapshot(val_loss=[3.0], step=[40], steps=(Step(step=7, at=1.0, train_loss=5.0),))
    found = {(each.name, each.step) for each in Points().new_of(seen)}
    assert {("step/train_loss", 7), ("val_loss", 40)} <= found


def test_what_belongs_to_one_step_and_time_comes_together():
    seen = snapshot(val_loss=[3.0], metrics=[{"val_accuracy": 0.5, "frozen": True}])
    assert list(by_step(Points().new_of(seen))) == [(1, NOW, {"epoch": 1.0, "val_loss": 3.0, "val_accuracy": 0.5})]


def test_nested_settings_are_json():
    assert settings({"lr": 0.1, "optim": {"b": [1, 2]}}) == {"lr": 0.1, "optim": '{"b":[1,2]}'}
