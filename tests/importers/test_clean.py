"""A line of a log without what stands around its statement."""

import pytest

from monitor.importers.free_text.clean import cleaned

SAYS = "epoch 3 loss 2.1"


@pytest.mark.parametrize(
    "line", ["", SAYS, "第 3 轮 损失: 2.1", "acc 3/4 of 10-20", "train | loss 2.1 | 12/60", "INFORMATION loss 2.1"]
)
def test_a_line_without_anything_around_it_stays(line):
    assert cleaned(line) == line


@pytest.mark.parametrize(
    "front",
    [
        "\x1b[1m",
        "[1m",
        "2026/03/14 10:00:00 INFO ",
        "2026-03-14T10:00:00.123Z - INFO - trainer - ",
        "[2026-03-14 10:00:00,123][root][INFO] - ",
        "INFO:root:",
        "03/14/2026 10:00:00 PM ",
        "Sat Mar 14 10:00:00 UTC 2026 ",
        "14 March 2026 10:00:00 ",
        "Mar 14 10:00:01 host kernel[12]: ",
        "I0314 10:00:00.123456 12345 train.py:12] ",
        "1700000000.5 ",
        "1700000000123: ",
        "[rank0]: ",
        "(train pid=123, ip=10.0.0.1) ",
        "[1,0]<stdout>:",
        "[2019-05-03:20:00:12:INFO:sockeye.training:fit] ",
    ],
)
def test_dates_levels_loggers_and_processes_are_taken_away(front):
    assert cleaned(front + SAYS).strip() == SAYS


@pytest.mark.parametrize(
    "line",
    [
        "[rank1]: epoch 3 loss 2.1",
        "x.py:3: UserWarning: loss 0.1",
        "Traceback (most recent call last):",
        '  File "train.py", line 3, in loss',
        "+ python train.py --lr 0.1",
        "export LOSS=/data/2.1",
        "amp=True, cache=False, nesterov=True, lr=0.1",
        "--lr 0.1 --wd 0.2",
        "hidden_dropout ....... 0.1",
        "Namespace(lr=0.1)",
        "wandb: loss 2.1",
        "slurmstepd: error: loss 2.1",
        "Generating train split: 600 examples [00:00, 9000 examples/s]",
    ],
)
def test_what_is_no_measurement_says_nothing(line):
    assert cleaned(line) == ""


def test_what_looks_like_options_or_a_shell_and_tells_a_loss_stays():
    assert cleaned("best=True, last=False, ema=True, loss: 2.1") == "best=True, last=False, ema=True, loss: 2.1"
    assert cleaned("train_loss ...... 2.1") == "train_loss ...... 2.1"


def test_a_time_in_the_middle_is_a_cell_without_a_number():
    assert cleaned("epoch 3 | 10:11:12 | loss 2.1") == "epoch 3 | – | loss 2.1"


def test_paths_addresses_and_versions_are_no_numbers():
    assert cleaned("wrote /home/a/run_3/model_7.pt loss 2.1").split() == ["wrote", "loss", "2.1"]
    assert cleaned("see https://x.y/3?loss=2 0x7f torch 2.13.0 best.ckpt:12 loss 2.1").split() == [
        "see",
        "torch",
        "loss",
        "2.1",
    ]


def test_a_number_is_taken_out_of_what_a_library_wraps_it_in():
    wrapped = "a tensor(2.13, device='cuda:0') b np.float32(nan) c Array([1e-3]) d <tf.Tensor: shape=(), numpy=0.5>"
    assert cleaned(wrapped) == "a 2.13 b nan c 1e-3 d 0.5"


def test_a_condition_of_a_score_is_no_figure_and_its_rank_is_part_of_its_name():
    assert cleaned("accuracy (IoU=0.7): 0.31, NDCG(k=20): 0.4") == "accuracy: 0.31, NDCG@20: 0.4"


def test_a_function_that_validates_gives_the_line_its_split():
    assert cleaned("2026-03-14 10:00:00 INFO validate.py:12 loss 2.1") == "val | loss 2.1"
    assert cleaned("2026-03-14 10:00:00 INFO train_eval.py:12 loss 2.1") == "loss 2.1"


@pytest.mark.parametrize("says", [SAYS, "val loss 2.1", "train_loss=2.1, epoch=3", "wer: 0.3", "Acc [0.5]"])
def test_behind_the_file_and_the_line_of_a_logger_the_message_begins(says):
    for front in (
        "2026-03-14 10:00:00 INFO train.py:12 ",
        "INFO train.py:12 fit ",
        "train.py:12 (fit) ",
        "train.py:12: ",
    ):
        assert cleaned(front + says) == says, front


def test_a_number_behind_a_file_and_a_line_is_no_function():
    assert cleaned("INFO train.py:12 3/60 loss 2.1") == "3/60 loss 2.1"


def test_a_warning_behind_a_line_of_figures_is_cut_off():
    assert cleaned("loss 2.1 | /usr/lib/x.py:3: UserWarning: lr 5") == "loss 2.1 | "


def test_a_gap_of_thousands_of_spaces_is_one_of_200():
    assert cleaned("loss 2.1" + " " * 5000 + "acc 0.5") == "loss 2.1" + " " * 200 + "acc 0.5"
