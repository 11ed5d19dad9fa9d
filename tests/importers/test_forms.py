"""Forms that name their tool, in the words that the grammar of a line reads; and lines beside them that stay as they
are."""

import pytest

from monitor.importers.free_text.forms import FORMS, rewritten

SAID = [
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
    ("train==[2.5=1.0 + 1.5], recall=[0.1]", "train loss: 2.5, test:  recall: 0.1"),
    ("for conf_thresh = 0.25, precision = 0.7, recall = 0.6", "val precision = 0.7, recall = 0.6"),
    ("region 82 avg iou: 0.8, class: 0.9", ""),
    ("processed 100 tokens with 10 phrases; found: 9 phrases; correct: 8.", ""),
    ("loc: precision: 80.00%; recall: 70.00%; fb1: 74.67 90", ""),
    ("training step: 10 | total loss: 2.1", ""),
    ("| adam | epoch: 003 | loss: 2.10 -- iter: 064/128", "| adam | epoch: 003 | loss: 2.10 [064/128]"),
    ("generator/discriminator loss: 1.5/0.5", "generator loss: 1.5, discriminator loss: 0.5"),
    ("acc.: 32.4", "acc: 32.4"),
    ("(:epoch, 3, :loss, 2.5)", "(epoch: 3, loss: 2.5)"),
    ("('epoch:', 3, 'cost =0.5')", "('epoch: 3, ' loss 0.5')"),
    ("loss: 2.1 epoch 00003: val_loss improved", "loss: 2.1"),
    (
        "[2.5, 1.5, 0.5, 20.0, 1.2, 3.0, 1200, 0.0002]",
        "step 1200, loss_disc: 2.5, loss_gen: 1.5, loss_fm: 0.5, loss_mel: 20.0, loss_dur: 1.2, loss_kl: 3.0, "
        "lr: 0.0002",
    ),
    ("score at iteration 100 is 2.5", "step 100 train loss: 2.5"),
    ("120, train_loss 2.5", "step 120 train_loss 2.5"),
    ("policy loss 0.1 value loss 0.2", "policy loss 0.1 value_loss 0.2"),
    ("losses: box: 1.0, cls: 2.0, total 3.0", "losses: box: 1.0, cls: 2.0, total loss 3.0"),
    ("test iter 100", ""),
    ("trained with loss 2.5", "train: loss 2.5"),
    ("validated with avg loss 2.5", "val: avg loss 2.5"),
    ("[train 10/200] {'loss': 2.5}", "train step 10/200 {'loss': 2.5}"),
    ("val 12 | loss 2.5", "val epoch 12, loss 2.5"),
    ("communication round: 3/10", "epoch 3/10"),
    ("---- 3/90 ----", "[3/90]"),
    ("count: 120, loss 2.5", "step 120, loss 2.5"),
    ("loss (batch): 2.5", "loss: 2.5"),
    ("[('loss', 2.5), ('acc', 0.5)]", "[loss: 2.5, acc: 0.5]"),
    ("loss....: 2.5", "loss: : 2.5"),
    ("loss: [2.5], acc: [0.5]", "loss: 2.5, acc: 0.5"),
    ("| train loss | 2.5 |", "train loss: 2.5 "),
    (
        "(epoch: 3, iters: 100, time: 0.1, data: 0.2) g: 1.5 d: 0.5",
        "(epoch: 3, iters: 100, time: 0.1, data: 0.2) g_loss: 1.5  d_loss: 0.5",
    ),
    ("[1200, 0.0001]", "step 1200 lr 0.0001"),
    ("{'loss': 2.5, 'reward': 0.5}", "{'loss': 2.5, 'rollout_reward': 0.5}"),
    ("critic/rewards/mean: 0.5", "rollout_reward:0.5"),
    ("mean reward: 12.5", "rollout_reward: 12.5"),
    ("mean episode length: 100.0", "rollout_episode: 100.0"),
    ("evaluation metric 'epoch_loss'=2.5", "train loss=2.5"),
    ("evaluation metric 'validation_epoch_loss'=2.5", "val loss=2.5"),
    ("eval epoch: 3 imagenet-zeroshot-val-top1: 0.5", "eval epoch 2 imagenet-zeroshot-val-top1: 0.5"),
    (
        "(loss_avg_rank: 2.5), (loss_avg_slice: 2.1), (acc_avg_slice: 0.5), (lr: 0.001)",
        "loss: 2.1, acc: 0.5, lr: 0.001",
    ),
    ("translation loss: -1.0 wer 30.0", " wer 30.0"),
    ("3epoch:train:1-100batch: loss=2.5", "train epoch 3 batch 100  loss=2.5"),
    ("loss[loss=2.5, over 10 frames.], tot_loss[loss=2.1, over 100 frames.]", "loss=2.1, over 100 frames."),
    ("train: 3 [ 10/200 (5%)] loss 2.5", "train epoch 3 [10/200 (5%)] loss 2.5"),
    ("valid_loss's auc: 0.5", "valid's auc: 0.5"),
    ("[3, 2000] loss: 2.5", "epoch 3 step 2000 loss: 2.5"),
    ("[12] train-logloss: 0.5", "iter 12 train-logloss: 0.5"),
    ("accuracy report (3) 0.95", "epoch 3 val accuracy 0.95 "),
    ("early_stopping: 1/5 0.95 loss 2", " loss 2"),
    ("120 | loss 2.5 | lr 0.1 | 12 ms", "step 120 | loss 2.5 | lr 0.1 | 12 ms"),
    ("12, train_loss=0.5, test_loss=0.6", "epoch 12, train_loss=0.5, test_loss=0.6"),
    ("3(train): loss 2.5", "train epoch 3  loss 2.5"),
    ("step/total_steps: 10/200 loss 1", "step 10/200 loss 1"),
    ("at epoch 3, train time 12 s", "epoch 3"),
    ("train (3) | loss 2.5", "train epoch 3 | loss 2.5"),
    ("loss over the last 100 batches: 2.5", "loss: 2.5"),
    ("val accuracy (81.5%)", "val accuracy: 81.5%"),
    ("train (3/10) loss: 2.5 | lr: 0.1 | momentum: 0.9", "train epoch 3/10 loss: 2.5 | lr: 0.1 | momentum: 0.9"),
    ("train steps: 100 val steps: 10 12.5s loss: 2.5", " loss: 2.5"),
    ("{'epoch': 3, 'avg_loss': 2.5, 'avg_acc': 0.5, 'loss': 2.4}", "{'epoch': 3, 'loss': 2.4}"),
    ("training stats. loss: 2.5. evaluation score: 0.5", "loss: 2.5, score: 0.5"),
    ("validation finished. loss: 2.5", "validation: loss: 2.5"),
    ("cur metric, acc: 0.5", "val, acc: 0.5"),
    ("validation loss at iteration 100 on test set | lm loss value: 2.1", "validation step 100 | lm loss value: 2.1"),
    ("train loss in 3rd epoch: 2.5", "epoch 3 train loss: 2.5"),
    ("val metrics at epoch 3: acc 0.5", "epoch 3 val: acc 0.5"),
    ("loss of epoch 3 batch 10: 2.5", "epoch 3 batch 10 loss: 2.5"),
    ("validation loss 1200: 2.5", "validation step 1200 loss 2.5"),
    ("checkpoint [12] train-perplexity=2.5", "train-perplexity=2.5"),
    ("accuracy of the network on the 10000 test images: 81", "test accuracy: 81"),
    ("3.10... logprob: 2.5, 0.5 (1.2 sec)", "epoch 3 step 10 train loss: 2.5, train error: 0.5"),
    ("logprob: 2.5, 0.5", "val loss: 2.5, val error: 0.5"),
    ("layer 'conv1' weights: 0.1", ""),
    ("the best loss occurred at epoch 3", ""),
]
"""Line → the same in plain words: at least one for each form, here or in the tests below."""


@pytest.mark.parametrize(("line", "said"), SAID)
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
        "[1200, 0.5]",
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


def test_every_form_is_named_and_has_a_line_here():
    lines = [line for line, _ in SAID]
    lines += ["average precision (ap) @[ iou=0.50:0.95 | area= all | maxdets=100 ] = 0.31", "dice: [0.8]", "cost: 2.1"]
    lines += ["[ 0] 10 || b: 6.9 | t: 20.1", "losses {'ner': 12.3}", "train/val loss: 2.8 / 3.8"]
    lines += ["at iteration 300/400/500, mean rms=2.5", "epoch 1, step 10, loss_train, 0.84"]
    lines += ["100 train 2.5", "100 hella 0.3", "total train loss: 2.5", "120it [00:10, 12.5it/s, loss=2.5]"]
    found = set()
    for line in lines:
        for place, (name, pattern, said) in enumerate(FORMS):
            if pattern.search(line):
                found.add(place)
            line = pattern.sub(said, line, count=1)
            assert name
    assert [(place, FORMS[place][0]) for place in range(len(FORMS)) if place not in found] == []
