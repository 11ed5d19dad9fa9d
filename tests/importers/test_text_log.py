"""`import` of a text log that no other format fits."""

import pytest

from monitor.importers.importing import Asked, plan, records
from monitor.run_dir import Epoch
from monitor.run_dir.errors import UnreadableRunError

EPOCHS = "".join(f"Epoch {n}/3 train loss {4 / n:.2f} val loss {5 / n:.2f}\n" for n in (1, 2))


def written(tmp_path, text):
    path = tmp_path / "train.log"
    path.write_text(text)
    return plan(path, Asked())


def test_a_log_of_epochs_gives_no_steps_alone(tmp_path):
    chosen = written(tmp_path, "".join(f"step {n} loss {9 / n:.2f}\n" for n in range(1, 9)) + EPOCHS)
    assert not chosen.mapping.steps_alone
    assert [record.epoch for record in records(chosen) if isinstance(record, Epoch)] == [1, 2]


def test_what_names_no_number_of_a_step_is_refused(tmp_path):
    with pytest.raises(UnreadableRunError, match="No line there says of which epoch its loss is"):
        written(tmp_path, "loss: 3.5\nloss: 3.4\n")


@pytest.mark.parametrize(
    ("line", "first", "last"),
    [
        ("step {n}0, loss: {x}, lr 0.1\n", (10, 9.0, {}), (90, 1.0, {})),
        ("[{n}0/200] xent: {x}\n", (10, 9.0, {}), (90, 1.0, {})),
        ("{{'loss': {x}, 'grad_norm': 1.5, 'epoch': 0.0{n}}}\n", (1, 9.0, {}), (9, 1.0, {})),
        ("step {n}0 train acc 0.{n}\n", (10, None, {"train_acc": 0.1}), (90, None, {"train_acc": 0.9})),
    ],
)
def test_a_log_of_steps_alone_becomes_steps_and_no_evaluation(tmp_path, line, first, last):
    chosen = written(tmp_path, "".join(line.format(n=n, x=10.0 - n) for n in range(1, 10)))
    steps = list(records(chosen))
    assert len(steps) == chosen.counts.steps == 9
    assert chosen.counts.evaluations == 0
    told = [(step.step, step.train_loss, step.metrics) for step in steps]
    assert (told[0], told[-1]) == (first, last)
    assert "Found no epoch and no validation in train.log" in chosen.notes[0]


def test_what_attach_refuses_is_refused_here_too(tmp_path):
    text = "".join(f"Epoch {n}/9 train loss {x / n:.3f} val loss {5 / n:.3f}\n" for n in range(1, 9) for x in (4, 2))
    with pytest.raises(UnreadableRunError, match="two trainings seem to write into this file"):
        written(tmp_path, text)


def test_where_the_run_begins_again_is_told_by_evaluations_not_by_lines(tmp_path):
    chosen = written(tmp_path, "loading\nnoise\n" + EPOCHS + "noise\n" + EPOCHS)
    assert "goes back at evaluation 3;" in chosen.notes[0]


def test_a_loss_that_some_lines_name_with_its_split_is_the_same_loss(tmp_path):
    lines = "".join(f"Epoch {n} loss {9 - n}.50\nEpoch {n} val loss {8 - n}.25\n" for n in (2, 3, 4))
    chosen = written(tmp_path, "Epoch 1 train loss 9.50\n" + lines)
    told = {each.epoch: (each.train_loss, each.val_loss) for each in records(chosen) if isinstance(each, Epoch)}
    assert told == {1: (9.5, None), 2: (7.5, 6.25), 3: (6.5, 5.25), 4: (5.5, 4.25)}


def test_steps_that_are_not_kept_are_counted(tmp_path):
    steps = "".join(f"iter {n}0: loss {9 - n}.10\n" for n in range(3))
    chosen = written(tmp_path, steps + "step 30: train loss 6.00, val loss 6.50\n")
    assert chosen.notes[0] == "Not kept: 3 lines of steps beside the evaluations; `attach` keeps them."


def test_several_losses_of_which_none_is_the_whole_are_kept_under_their_own_names(tmp_path):
    chosen = written(tmp_path, "".join(f"Epoch {n}/9 - Loss Critic: 0.1{n}, Loss Coder: 0.3{n}\n" for n in range(1, 5)))
    last = list(records(chosen))[-1]
    assert isinstance(last, Epoch)
    assert (last.train_loss, last.metrics) == (None, {"loss_critic": 0.14, "loss_coder": 0.34})


def test_words_of_a_text_and_settings_are_no_metrics_here_either(tmp_path):
    device = "StreamExecutor device (0): RTX 3070, Compute Capability 8.6\n"
    chosen = written(
        tmp_path, "".join(f"Epoch {n}/9 loss {9 / n:.2f} acc 0.4{n}\n{device * (n == 1)}" for n in range(1, 9))
    )
    names = {name for record in records(chosen) if isinstance(record, Epoch) for name in record.metrics}
    assert names == {"train_acc"}


def test_two_starts_of_one_epoch_each_are_two_here_too(tmp_path):
    planned = [f"Epoch 1/{most} train loss 2.{most} val loss 2.{most}\n" for most in (12, 15, 30)]
    rest = "".join(f"Epoch {n}/30 train loss {3 / n:.2f} val loss {4 / n:.2f}\n" for n in range(2, 9))
    chosen = written(tmp_path, "".join(planned) + rest)
    assert chosen.starts == 3
    assert [record.epoch for record in records(chosen) if record.generation == 3] == [1, 2, 3, 4, 5, 6, 7, 8]
