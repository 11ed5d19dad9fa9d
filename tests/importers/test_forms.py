"""Forms that name their tool, in the words that the grammar of a line reads; and lines beside them that stay as they
are."""

import pytest

from monitor.importers.free_text.forms import FORMS, rewritten


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("train batch 1/200 loss 2.1", "train epoch 1 batch 200 loss 2.1"),
        ("cv batch 1/200 loss 2.1", "cv epoch 1 [200/1000000000] loss 2.1"),
        ("tr - e3: loss 2.1", "tr epoch 3: loss 2.1"),
        ("e12 loss 0.4", "epoch 12 loss 0.4"),
        ("v | loss 2.2", "val loss 2.2"),
        ("train [3][ 10/200] loss 2.1", "train  epoch 3 [10/200] loss 2.1"),
        ("test: [3/90][10/200] loss 2.1", "test: epoch 3/90 [10/200]  loss 2.1"),
        ("3/90:  10%|", "epoch 3/90 10%|"),
        ("[3/90] train loss: 2.1 val loss: 2.2", "epoch 3/90 train loss: 2.1 val loss: 2.2"),
        ("prec@1  05 75.63", "prec@1_05 75.63"),
        ("loss: 0.1, meaniu: 0.5, best_miou: 0.6", "val loss: 0.1, miou: 0.5"),
        ("interval 3 (2000 steps performed)", "epoch 3"),
        ("model train loss 2.1", "train loss 2.1"),
        ("[valid] ep. 3 : up. 1000 : cross-entropy : 2.1", "[valid] epoch 3 step 1000 cross-entropy : 2.1"),
        ("12: 3.4, 3.2 avg loss, 0.001 rate, 3.1 seconds", "step 12 loss 3.2 lr 0.001"),
        ("mean average precision (map@0.50) = 0.51, or 51 %", "val map 0.51"),
        ('[err:3] "abc" -> "abd"', ""),
        ("iteration: 3 step: 10/20 loss 1", "epoch 3 step 10/20 loss 1"),
        ("train net output #0: loss = 2.1", "train loss = 2.1"),
        ("accuracy (loss): 0.5 (2.1)", "accuracy: 0.5, loss: 2.1"),
        ("fid50k: 12.3", "val fid50k: 12.3"),
        ("iter/epoch: 10/3 loss 1", "epoch 3 iter 10 loss 1"),
        ("epoch/iter: 3/10 loss 1", "epoch 3 iter 10 loss 1"),
        ("weighted avg 0.5 0.6 0.7 100", "weighted_precision: 0.5, weighted_recall: 0.6, weighted_f1: 0.7"),
        ("valid set 0 loss 1.0", "val loss 1.0"),
        ("valid set 2 loss: 1.0", " valid_2_loss: 1.0"),
        ("ep3_train, loss 2.1", "train epoch 3, loss 2.1"),
        ("#12: loss=1.5", "step 12 loss=1.5"),
        ("saving dict for global step 120: loss = 1.5", "val step 120: loss = 1.5"),
        ("3/40 * epoch 3 (train): loss=1.5", "train epoch 3/40  loss=1.5"),
        ("epoch(train) [3][10/20] loss 1", "train epoch [3][10/20] loss 1"),
        ("epoch_3_batch_10 loss 1", "epoch 3 batch 10 loss 1"),
        ("train loss for epoch 3: 1.5", "epoch 3 train loss: 1.5"),
        ("3rd epoch loss 1.5", "epoch 3 loss 1.5"),
        ("epoch 3rd loss 1.5", "epoch 3 loss 1.5"),
        ("loss 2.31f0 lr 1.0f-5", "loss 2.31e0 lr 1.0e-5"),
        ("top 5 acc 0.9", "top5_acc 0.9"),
        ("loss: (2.5) acc: (50 %)", "loss: 2.5 acc: 50 %"),
        ("tick 12 kimg 100.0 lod 0.0", "step 12"),
        ("3|120|loss: 1.5", "epoch 3 step 120 loss: 1.5"),
        ("step 100: train loss | 2.5", "train step 100 loss: 2.5"),
        ("12: learn 2.5 test 2.7 best 2.6 passed: 1s", "iter 12 train loss 2.5 val loss 2.7"),
        ("12: learn: 2.5 total: 1s", "iter 12 train: 2.5"),
        ("tl 2.5 vl 2.7", "train loss 2.5 val loss 2.7"),
        ("stage 3/90 --- 100/100", "epoch 3 [100/100] "),
    ],
)
def test_a_tools_form_is_put_into_plain_words(line, said):
    assert rewritten(line) == said


@pytest.mark.parametrize(
    "line",
    [
        "hello world",
        "epoch 3 train loss 2.1 val loss 2.2",
        "train loss 2.1",
        "e1234 loss 0.4",
        "e12.5 loss",
        "epoch [3][10/20] loss 1",
        "3/90: done",
        "ap 0.5",
        "valid loss 1.0",
        "the best train loss for epoch 3: 1.5",
        "avg 0.5 0.6 0.7",
        "top 5 of them",
        "tl 2.5 alone",
        "3|120|acc: 1.5",
    ],
)
def test_a_line_beside_them_stays_as_it_is(line):
    assert rewritten(line) == line


def test_two_splits_share_their_numbers_also_of_what_stands_behind():
    line = "loss (train/val) 2.8 / 3.8, wer 80.1 / 88.2"
    assert rewritten(line) == "train loss 2.8  val loss 3.8, train wer 80.1  val wer 88.2"
    assert rewritten("train/val loss: 2.8 / 3.8") == "train loss 2.8  val loss 3.8"


def test_parts_of_a_loss_have_names_where_the_tool_has_letters_or_nothing():
    assert (
        rewritten("[ 0] 10 || b: 6.9 | c: 6.2 | t: 20.1")
        == "epoch 0 step 10 loss: 20.1, box_loss: 6.9, class_loss: 6.2"
    )
    assert rewritten("losses {'ner': 12.3, 'tagger': 1.5}") == "ner_loss: 12.3, tagger_loss: 1.5"


def test_of_cocos_lines_the_average_precisions_over_all_sizes_are_kept():
    line = "average precision (ap) @[ iou={} | area= {} | maxdets={} ] = 0.31"
    assert rewritten(line.format("0.50:0.95", "all", "100")) == "val map: 0.31"
    assert rewritten(line.format("0.75     ", "all", "100")) == "val map_75: 0.31"
    assert rewritten(line.format("0.50:0.95", "small", "100")) == ""
    assert rewritten(line.format("0.50:0.95", "all", " 10")) == ""


def test_a_list_of_one_is_its_number_of_several_each_has_a_name_and_rates_are_one():
    assert rewritten("dice: [0.8]") == "dice: 0.8"
    assert rewritten("dice: [0.8, 0.9]") == "dice_1: 0.8, dice_2: 0.9"
    assert rewritten("lr: [0.1, 0.2]") == "lr: 0.1"


def test_tesseracts_line_is_its_iteration_with_rates_in_percent():
    line = "at iteration 300/400/500, mean rms=2.5, delta=9%, bcer train=12.5%, bwer train=30.0%, skip ratio=0%"
    assert rewritten(line) == "iter 300, train rms 2.5, train cer 12.5%, train wer 30.0%"


def test_a_cost_is_a_loss_but_no_time():
    assert rewritten("train cost: 2.1") == "train loss 2.1"
    for line in ("cost 2.1 s", "time cost 2.1"):
        assert rewritten(line) == line


def test_a_name_behind_its_comma_gets_a_colon():
    assert rewritten("epoch 1, step 10, loss_train, 0.84") == "epoch 1, step 10, loss_train: 0.84"


def test_every_form_is_named():
    assert all(name and pattern.pattern for name, pattern, _ in FORMS)
