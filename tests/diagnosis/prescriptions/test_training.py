"""Changes of data, network and regularisation: which settings, to which values, and when there is no such option."""

import pytest

from monitor.diagnosis.prescriptions import training
from monitor.run_dir import DataInfo, Floors, Launch, ModelInfo
from tests.snapshots import snapshot

LAUNCH = Launch(run_id="r", created_at=1.0, argv=["python", "t.py"])
COLUMNS = {"train_loss": [2.0] * 40, "val_loss": [3.0] * 40, "val_wer": [0.5] * 40}
SEEN = snapshot(**COLUMNS, launch=LAUNCH)
LOSS_ONLY = snapshot(train_loss=[2.0] * 8, val_loss=[3.0] * 8, launch=LAUNCH)


def changes(option):
    return {key: after for key, (_, after) in option.changes.items()}


def test_variety_is_strong_augmentation_regularisation_half_the_width_and_more_steps():
    config = {"augmentation": "none", "dropout": 0.3, "weight_decay": 1e-4, "hidden_dim": 128,
              "learning_rate": 1e-3, "batch_size": 8}  # fmt: skip
    option = training.variety(SEEN, config)
    assert changes(option) == {"augmentation": "strong", "dropout": 0.5, "weight_decay": 1e-3, "hidden_dim": 64,
                               "learning_rate": 2e-3, "batch_size": 4}  # fmt: skip
    assert option.expected == "gap below 1.0 and val WER at epoch 40 at most 40 % (this run: 50.0 %)"
    assert option.disproved_by == "the gap closes but val WER stays: then the model learns less, not better"
    assert (option.note, option.id, option.cost) == ("", "variety", training.FROM_SCRATCH)
    assert (option.aims.epoch, option.aims.value, option.aims.gap) == (40.0, pytest.approx(0.4), 1.0)


@pytest.mark.parametrize(
    ("config", "wanted"),
    [
        ({"augmentation": "none", "learning_rate": 1.5e-3}, {"augmentation": "strong", "learning_rate": 2e-3}),
        ({"augmentation": "none", "learning_rate": "0.001"}, {"augmentation": "strong"}),
        ({"augmentation": "none", "learning_rate": 1e-3, "batch_size": 7},
         {"augmentation": "strong", "learning_rate": 2e-3}),
        ({"augmentation": "none", "batch_size": 8}, {"augmentation": "strong"}),
        ({"hidden_dim": 64, "learning_rate": 1e-3, "batch_size": 8}, {"hidden_dim": 32}),
        ({"hidden_dim": 63, "augmentation": "none"}, {"augmentation": "strong"}),
        ({"hidden_dim": "128", "augmentation": "none"}, {"augmentation": "strong"}),
    ],
)  # fmt: skip
def test_variety_takes_only_settings_of_the_run_that_have_room(config, wanted):
    assert changes(training.variety(SEEN, config)) == wanted


@pytest.mark.parametrize("config", [{}, {"dropout": 0.1, "weight_decay": 0.0}, {"augmentation": "strong"}])
def test_without_augmentation_and_width_there_is_no_variety(config):
    assert training.variety(SEEN, config) is None


def test_a_script_without_augmentation_is_told_so():
    assert training.variety(SEEN, {"hidden_dim": 128}).note == training.NO_AUGMENTATION
    assert training.NO_AUGMENTATION == "This script has no augmentation option; adding one would do more than these."


def test_regularisation_is_only_ever_raised():
    wanted = {"dropout": 0.5, "weight_decay": 1e-3}
    assert training.raised({"dropout": 0.5, "weight_decay": 0.1}, wanted) == {}
    assert training.raised({"dropout": "0.3"}, wanted) == wanted
    assert training.raised({"dropout": "much", "weight_decay": True}, wanted) == wanted


def test_a_better_head_names_its_price_and_its_limit():
    config = {"classifier": "linear", "auxiliary_ctc": 0.0, "bias_init": "zero", "dropout": 0.1}
    option = training.better_head(SEEN, config)
    assert changes(option) == {"classifier": "normalised", "auxiliary_ctc": 1.0, "bias_init": "prior"}
    assert option.expected.startswith("words about eight epochs earlier, and val WER at epoch 40 at most 45 %")
    assert option.cost == "a restart from scratch; an epoch takes about a sixth longer"
    assert option.disproved_by == "val WER is no lower at the same epoch" and "two people's clips" in option.note
    assert training.better_head(SEEN, {"dropout": 0.1}) is None
    assert training.better_head(LOSS_ONLY, config).disproved_by == "val loss is no lower at the same epoch"


def test_more_data_is_more_images_of_digits_or_more_people_with_more_clips():
    digits = training.more_data(SEEN, {"data": "digits", "train_images": 60, "train_clips": 120, "dropout": 0.1})
    assert changes(digits) == {"train_images": 600, "train_clips": 240, "dropout": 0.3}
    assert digits.expected.endswith(", and a smaller gap") and digits.aims.value == pytest.approx(0.45)
    people = training.more_data(SEEN, {"data": "synthetic", "signers": 2, "train_clips": 300})
    assert changes(people) == {"signers": 4, "train_clips": 600}
    assert people.disproved_by == "val WER does not move: then variety was not what it lacked"


@pytest.mark.parametrize("config", [{}, {"signers": 2}, {"train_clips": 300}, {"signers": "2", "train_clips": 300}])
def test_there_is_no_more_data_without_a_setting_for_it(config):
    assert training.more_data(SEEN, config) is None


def test_a_smaller_model_has_half_the_width():
    seen = snapshot(**COLUMNS, launch=LAUNCH, run={
        "model": ModelInfo(parameters=2_000_000), "data": DataInfo(clips={"train": 1000})
    })  # fmt: skip
    option = training.smaller_model(seen, {"hidden_dim": 65})
    assert changes(option) == {"hidden_dim": 32} and option.aims.value == pytest.approx(0.48)
    assert option.note == (
        "2 million parameters on 1,000 clips are 2,000 a clip. Most of them may sit in stages this does not touch."
    )
    assert option.expected.startswith("a gap that opens later, and val WER")
    assert training.smaller_model(SEEN, {"hidden_dim": 64}).note == ""
    for width in (63, 64.0, "128", None):
        assert training.smaller_model(SEEN, {"hidden_dim": width}) is None


def test_the_smaller_network_is_a_baseline():
    option = training.smaller_network(SEEN, {"model": "i3d"})
    assert changes(option) == {"model": "mobilenet_v3"}
    assert option.title == "The smaller network first, as a baseline: model i3d → mobilenet_v3"
    assert option.aims.epoch == 25.0 and option.aims.value == pytest.approx(0.912 - 0.05)
    assert training.smaller_network(snapshot(val_wer=[0.9] * 80), {"model": "i3d"}).aims.epoch == 40.0
    for config in ({}, {"model": "mobilenet_v3"}, {"model": "other"}):
        assert training.smaller_network(SEEN, config) is None


def test_where_chance_is_not_known_or_assumed_nothing_is_promised_below_it():
    for floors in (Floors(), None):
        seen = snapshot(**COLUMNS, run={"floors": floors or Floors()})
        assert training.smaller_network(seen, {"model": "i3d"}).aims.value is None
    assert training.smaller_network(LOSS_ONLY, {"model": "i3d"}).aims.value is None


def test_the_popular_fix_promises_a_gap_and_no_better_value():
    config = {"dropout": 0.1, "weight_decay": 1e-4, "learning_rate": 1e-3, "batch_size": 8, "epochs": 100,
              "train_clips": 300, "augmentation": "none"}  # fmt: skip
    option = training.regularise(SEEN, config)
    assert changes(option) == {"dropout": 0.5, "weight_decay": 1e-3}
    assert option.expected == "a gap below 1.0, with train loss higher from the first epoch on"
    assert (option.aims.value, option.aims.gap) == (None, 1.0)
    assert option.note.startswith("Weight decay 0.001 at this rate shrinks") and option.note.endswith("these alone.")
    plain = training.regularise(LOSS_ONLY, {"dropout": 0.1})
    assert plain.note.startswith("On the bundled corpus") and plain.note.endswith(training.NO_AUGMENTATION)
    assert plain.disproved_by == "val loss is no better at the epoch of judgement"
    assert training.regularise(SEEN, {"dropout": 0.5, "weight_decay": 1e-3}) is None


def test_time_is_kept_by_a_setting_where_there_is_one():
    option = training.keep_time(SEEN, {"inner_stride": 16, "learning_rate": 3e-4})
    assert changes(option) == {"inner_stride": 4, "learning_rate": 1e-3} and option.code_edit == ""
    assert option.expected == "val WER below 86 % by epoch 25" and option.cost == "a restart from scratch"
    assert option.title.startswith("Inner stride 16 → 4")
    assert changes(training.keep_time(SEEN, {"inner_stride": 16, "learning_rate": 1e-3})) == {"inner_stride": 4}


def test_else_it_is_an_edit_of_the_model_with_the_settings_beside_it():
    option = training.keep_time(SEEN, {"learning_rate": 5e-4})
    assert option.title == "Keep more time steps inside the model, and twice the learning rate"
    assert option.code_edit.startswith("Its time resolution is an edit of the model, no option of this run.")
    assert "an output of more tokens than time steps cannot be learnt" in option.code_edit
    assert training.keep_time(LOSS_ONLY, {}).title == "Keep more time steps inside the model"
    score = snapshot(epochs=[1.0], metrics=[{"val_accuracy": 0.5}])
    assert training.keep_time(score, {}).expected == "val accuracy above chance by epoch 25"
    assert training.keep_time(LOSS_ONLY, {}).disproved_by.startswith("train WER stays at chance too")


@pytest.mark.parametrize(
    "run",
    [{"name": "my-Signs"}, {"data": DataInfo(name="phoenix-sign")}, {"model": ModelInfo(name="I3D")}],
)
def test_a_model_of_signs_is_told_how_long_a_sign_lasts(run):
    assert "a sign lasts about 12 frames" in training.keep_time(snapshot(val_wer=[0.9], run=run), {}).code_edit


def test_a_higher_rate_comes_with_a_longer_warm_up():
    option = training.higher_rate(SEEN, {"learning_rate": 1e-4, "warmup_epochs": 2, "dropout": 0.1})
    assert changes(option) == {"learning_rate": 1e-3, "warmup_epochs": 10, "dropout": 0.4}
    assert option.disproved_by == "the best val WER stays where it is after as many epochs"
    assert option.aims.value == pytest.approx(0.47)
    for config in ({}, {"learning_rate": 1e-3, "dropout": 0.1}, {"learning_rate": 2e-3}):
        assert training.higher_rate(SEEN, config) is None


def test_every_option_has_its_command_and_its_flags():
    option = training.higher_rate(SEEN, {"learning_rate": 1e-4})
    assert option.command.endswith("restart r --option higher_rate --set learning_rate=0.001")
    assert option.flags == "--learning_rate 0.001"
    assert training.higher_rate(snapshot(val_wer=[0.5]), {"learning_rate": 1e-4}).command is None
