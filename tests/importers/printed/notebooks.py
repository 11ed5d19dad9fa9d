# ruff: noqa: E501 — lines stand as the tools print them
"""What notebooks of courses and older tools print: abbreviations, names in one word, tables, lists without names."""

from tests.importers.printed.kept import keep as _log

_log(
    "abbreviations end with a full stop",
    """
Epoch: 001/002 | Batch 0000/0020 | Loss: 2.41
**Epoch: 001/002 | Train. Acc.: 31.250% | Loss: 2.112
**Epoch: 001/002 | Valid. Acc.: 30.100% | Loss: 2.245
Epoch: 002/002 | Batch 0000/0020 | Loss: 1.98
**Epoch: 002/002 | Train. Acc.: 41.750% | Loss: 1.734
**Epoch: 002/002 | Valid. Acc.: 38.400% | Loss: 1.951
""",
    epochs=2, first={"train_loss": 2.112, "val_loss": 2.245, "~train_acc": 31.25}, last={"val_loss": 1.951, "~val_acc": 38.4},
)  # fmt: skip
_log(
    "the mean and its cost in one word, below the batches",
    """
Batch: 010 | Cost: 3.210
Batch: 020 | Cost: 2.870
Epoch: 1 | AvgCost: 3.055 | Train/Valid ACC: 0.412/0.398
Batch: 010 | Cost: 2.310
Batch: 020 | Cost: 2.170
Epoch: 2 | AvgCost: 2.244 | Train/Valid ACC: 0.501/0.476
""",
    epochs=2, first={"train_loss": 3.055, "~val_acc": 0.398}, last={"train_loss": 2.244, "~train_acc": 0.501},
)  # fmt: skip
_log(
    "two names over a slash before two numbers",
    "".join(f"Epoch: {e}/3 | Batch {b:03d}/400 | Gen/Dis Loss: {3 - e / 2 - b / 1000:.4f}/{1 + e / 4:.4f}\n" for e in (1, 2, 3) for b in (0, 200)),
    epochs=3, first={"~gen_loss": 2.3, "~dis_loss": 1.25}, last={"~gen_loss": 1.3, "~dis_loss": 1.75}, steps=6,
)  # fmt: skip
_log(
    "of each epoch the first batch alone is told",
    "".join(f"Epoch: {e:03d}/004 | Batch 000/012 | Loss: {4 - e / 2:.3f}\n" for e in range(1, 5)),
    epochs=4, first={"train_loss": 3.5}, last={"train_loss": 2.0}, steps=4,
)  # fmt: skip
_log(
    "Julia's symbols",
    """
opts=(:batchsize, 50)(:epochs, 2)(:lr, 0.2)
(:epoch, 0, :loss, 41.25)
(:epoch, 1, :loss, 3.125f0)
(:epoch, 2, :loss, 1.875f0)
""",
    epochs=3, first={"train_loss": 41.25}, last={"train_loss": 1.875}, no_metric=["batchsize"],
)  # fmt: skip
_log(
    "Keras 1: the callback counts from 0 and stands before the full bar",
    "".join(
        f"Epoch {e}/3\n700/800 [=======>.] - ETA: 0s - loss: {2.5 / e:.4f}\x08\x08Epoch {e - 1:05d}: val_loss improved from inf to {2.1 / e:.5f}, saving model to a.h5\n"
        f"800/800 [=========] - 1s - loss: {2.4 / e:.4f} - val_loss: {2.1 / e:.4f}\n"
        for e in (1, 2, 3)
    ),
    epochs=3, generations=1, first={"epoch": 1, "train_loss": 2.4, "val_loss": 2.1}, last={"train_loss": 0.8, "val_loss": 0.7},
)  # fmt: skip
_log(
    "Keras: what evaluate() prints with its bar is no step of the training",
    """
Epoch 1/2
40/40 [==============================] - 1s 3ms/step - loss: 2.4100
Epoch 2/2
40/40 [==============================] - 1s 3ms/step - loss: 1.9500
15/15 [==============================] - 0s 1ms/step - loss: 2.0400
""",
    epochs=2, last={"train_loss": 1.95}, last_step={"train_loss": 1.95},
)  # fmt: skip
_log(
    "tasks tell their losses again below the line of the epoch",
    """
EPOCH 1 done: loss 2.3100 - lr: 0.000050
Task_0 - Tagger - loss: 0.4110 - f1-score (micro avg)  0.8120
Task_1 - Tagger - loss: 6.1120 - f1-score (micro avg)  0.7010
DEV : loss 3.2140 - f1-score (micro avg)  0.7560
""",
    epochs=1, first={"train_loss": 2.31, "val_loss": 3.214}, said="2 lines behind the one of the epoch give loss again, 0.4110 first",
)  # fmt: skip
_log(
    "a score at an epoch, its name behind the colon",
    """
binary training acc at epoch 0: accuracy=0.412
time: 5.8
binary training acc at epoch 1: accuracy=0.512
time: 5.9
""",
    epochs=2, first={"~train_accuracy": 0.412}, last={"~train_accuracy": 0.512},
)  # fmt: skip
_log(
    "a moving average of a loss, and the mean of a split's",
    """
Epoch 0. Moving avg of MSE: 12.25
The average loss of val loss:13.50
Epoch 10. Moving avg of MSE: 3.75
The average loss of val loss:4.25
""",
    epochs=2, first={"train_loss": 12.25, "val_loss": 13.5}, last={"train_loss": 3.75, "val_loss": 4.25},
)  # fmt: skip
_log(
    "a batch's loss with epoch and batch in one word",
    """
The train loss of epoch4-batch-0:0.512
The train loss of epoch4-batch-50:0.412
Epoch:4, train MIoU:0.31
Epoch:4, validation MIoU:0.29
The train loss of epoch5-batch-50:0.312
Epoch:5, train MIoU:0.41
Epoch:5, validation MIoU:0.36
""",
    epochs=2, first={"epoch": 4, "train_loss": 0.412, "~val_miou": 0.29}, last={"train_loss": 0.312}, steps=3,
)  # fmt: skip
_log(
    "an equation's loss and the data's are parts of the whole",
    "".join(f"epoch: {e} train loss: {1 / e:.4f} ic_loss: {0.1 / e:.4f} data_loss: {0.3 / e:.4f} val_loss: {2 / e:.4f} phy_loss: {40 / e:.4f} epoch time: 0.1 s\n" for e in (1, 2, 4, 5)),
    epochs=4, first={"train_loss": 1.0, "val_loss": 2.0}, last={"train_loss": 0.2, "val_loss": 0.4},
)  # fmt: skip
_log(
    "scikit-learn's boosting: names of two words above numbers of one",
    """
      Iter       Train Loss      OOB Improve   Remaining Time
         1           1.3110           0.0412           12.41s
         2           1.2710           0.0351           11.18s
        10           1.0120           0.0113            8.10s
       100           0.7450           0.0011            0.00s
""",
    epochs=0, steps=4, last_step={"step": 100, "train_loss": 0.745},
)  # fmt: skip
_BOX = "╒═══════╕\n│ {name} │   loss │   accuracy │   hits │\n╞═══════╡\n│ train │ {t} │ 0.41 │ 0.9 │\n├───────┤\n│ vali │ {v} │ 0.38 │ 0.8 │\n├───────┤\n│ test │ {v}1 │ 0.37 │ 0.8 │\n╘═══════╛\n"
_log(
    "Ludwig: a ruled table with a row for each split, its corner the feature's name",
    "".join(f"Epoch   {e}\nTraining: 100% 3/3 [00:10<00:00,  3.46s/it]\n{_BOX.format(name='label', t=3 - e / 2, v=3.25 - e / 4)}\n" for e in (1, 2)),
    epochs=2, first={"train_loss": 2.5, "val_loss": 3.0}, last={"train_loss": 2.0, "val_loss": 2.75},
)  # fmt: skip
_log(
    "VITS: a list without names, with step and rate at its end",
    """
Train Epoch: 7 [12%]
[2.5, 1.75, 3.25, 21.5, 1.5, 1.25, 400, 0.000199]
====> Epoch: 7
Train Epoch: 8 [60%]
[2.25, 1.5, 3.0, 20.25, 1.5, 1.25, 600, 0.000198]
====> Epoch: 8
""",
    steps=2,
)
_log(
    "yolact: letters for the parts, T for the whole",
    """
[  0]       0 || B: 7.25 | C: 6.50 | M: 4.25 | S: 1.75 | T: 19.75 || ETA: 1 day, 2:15:24 || timer: 0.290
[  0]      10 || B: 6.25 | C: 6.25 | M: 4.25 | S: 1.50 | T: 18.25 || ETA: 1 day, 2:10:24 || timer: 0.290
[  1]      20 || B: 5.25 | C: 5.25 | M: 4.00 | S: 1.25 | T: 15.75 || ETA: 1 day, 2:05:24 || timer: 0.290
""",
    steps=3, last_step={"step": 20, "train_loss": 15.75},
)  # fmt: skip
_log(
    "DL4J: the score at an iteration is the loss",
    "".join(f"[main] INFO org.deeplearning4j.optimize.listeners.ScoreIterationListener - Score at iteration {i} is {3 - i / 4}\n" for i in range(4)),
    steps=4, last_step={"step": 3, "train_loss": 2.25},
)  # fmt: skip
_log(
    "a script's source between ruled lines, then what the GPU holds, then the training",
    f"""
{"=" * 60}
import torch
from torch import nn
val_loss = 0.0
def step(model, lr = 0.5):
    return model.step(10) # 3.5 times
{"=" * 60}
| N/A   39C    P0            121W /  700W |    1170MiB /  81559MiB |      0%      Default |
step:0/500 val_loss:10.25 train_time:0ms
step:1/500 train_loss:10.125 train_time:40ms
step:250/500 val_loss:4.75 train_time:950ms
""",
    epochs=2, first={"val_loss": 10.25, "step": 0}, last={"val_loss": 4.75, "step": 250}, steps=1,
)  # fmt: skip
_log(
    "an evaluation every ten steps, several in each epoch",
    "".join(f"Epoch: {1 + s // 31}/2... Step: {s}... Loss: {4 - s / 50:.3f}... Val Loss: {4.5 - s / 60:.3f}\n" for s in range(10, 61, 10)),
    epochs=6, first={"train_loss": 3.8, "val_loss": 4.333}, last={"train_loss": 2.8, "val_loss": 3.5},
)  # fmt: skip
_log(
    "Python 2 prints tuples",
    """
('Epoch:', 1, 'cost =1.541')
('Epoch:', 2, 'cost =0.892')
""",
    epochs=2, first={"train_loss": 1.541}, last={"train_loss": 0.892},
)  # fmt: skip
_log(
    "a score at a step in words, of the training and of the validation",
    "".join(f"INFO Training average loss at step {s}: {3 - s / 200}\nINFO Evaluating on Valid Dataset...\nINFO Valid MRR at step {s}: {0.3 + s / 1000:.3f}\nINFO Valid HITS@1 at step {s}: {0.2 + s / 1000:.3f}\n" for s in (100, 200)),
    epochs=2, first={"train_loss": 2.5, "~val_mrr": 0.4}, last={"train_loss": 2.0, "~hits@1": 0.4},
)  # fmt: skip
_log(
    "a running loss beside the one of the epoch, the split behind the epoch's number",
    """
5 (train): Batch     1 (has 200 samples). Loss so far: 2.4159.  MRR so far: 0.3468
  Epoch 5 (train) took 312.21s [processed 1282 samples/second]
Training Loss: 2.312
5 (valid): Batch     1 (has 200 samples). Loss so far: 2.6159.  MRR so far: 0.3168
  Epoch 5 (valid) took 12.21s [processed 1282 samples/second]
Validation:  Loss: 2.512 | MRR: 0.311
6 (train): Batch     1 (has 200 samples). Loss so far: 2.1159.  MRR so far: 0.4468
  Epoch 6 (train) took 312.21s [processed 1282 samples/second]
Training Loss: 2.012
  Epoch 6 (valid) took 12.21s [processed 1282 samples/second]
Validation:  Loss: 2.412 | MRR: 0.351
""",
    epochs=2, first={"epoch": 5, "train_loss": 2.312, "val_loss": 2.512}, last={"train_loss": 2.012, "val_loss": 2.412},
)  # fmt: skip
_log(
    "a ruled table whose cells stand in brackets",
    """
| Epoch | training time |          Loss          |   recall    |    ndcg    |
+-------+---------------+------------------------+-------------+------------+
|   6   | 1016.8        | [33.39, 13.36, 1.5511] | [0.0321]    | [0.0189]   |
+-------+---------------+------------------------+-------------+------------+
| Epoch | training time |          Loss          |   recall    |    ndcg    |
+-------+---------------+------------------------+-------------+------------+
|   7   | 1011.2        | [31.39, 12.36, 1.5311] | [0.0352]    | [0.0197]   |
""",
    epochs=2, first={"epoch": 6, "~recall": 0.0321}, last={"~ndcg": 0.0197},
)  # fmt: skip
_log(
    "epoch and step over a slash, before their numbers",
    "".join(f"[04/14 11:4{i}:20 events]:  eta: 0:10:21  epoch/iter: {5 + i // 2}/{100 * i}  total_loss: {7 - i / 4}  loss_cls: {3 - i / 4}  lr: 4.56e-05\n" for i in range(4)),
    steps=4, last_step={"train_loss": 6.25, "step": 300},
)  # fmt: skip
_log(
    "a place with a dash in the head of a table",
    "Epoch-Num\tLearning-Rate\tTrain-Loss\tValid-Loss\tValid-acc\t\n0.000000\t0.009999\t2.770000\t2.568000\t16.759000\t\n1.000000\t0.009998\t2.521000\t2.433000\t25.330000\t\n",
    epochs=2, first={"train_loss": 2.77, "val_loss": 2.568}, last={"train_loss": 2.521, "~val_acc": 25.33},
)  # fmt: skip
_log(
    "an accuracy and its mean over the classes in one line",
    "".join(f"Train {e}, loss: {2 - e / 10:.2f}, train acc: 0.{e}40, train avg acc: 0.{e}10\nTest {e}, loss: {2.2 - e / 10:.2f}, test acc: 0.{e}30, test avg acc: 0.{e}05\n" for e in (4, 5, 6)),
    epochs=3, first={"train_loss": 1.6, "val_loss": 1.8, "train_wer": None, "~train_acc": 0.44}, last={"~test_mean_acc": 0.605},
)  # fmt: skip
_log(
    "a value in brackets alone, and the epoch's number before its word",
    """
training loss in 1 epoch: 0.891
validation error in 1 epoch: (0.612)
training loss in 2 epoch: 0.791
validation error in 2 epoch: (0.541)
""",
    epochs=2, first={"train_loss": 0.891, "~val_error": 0.612}, last={"train_loss": 0.791, "~val_error": 0.541},
)  # fmt: skip
_log(
    "the batches count from 0 in each epoch, and no line says to what",
    """
Epoch 1 Batch 0 Loss 4.410
Epoch 1 Batch 500 Loss 3.620
Epoch 1 Loss 3.890
Epoch 2 Batch 0 Loss 2.790
Epoch 2 Batch 500 Loss 2.430
Epoch 2 Loss 2.580
""",
    epochs=2, first={"train_loss": 3.89}, last={"train_loss": 2.58}, steps=4, last_step={"step": 1001, "train_loss": 2.43},
)  # fmt: skip
_log(
    "Composer: the figures below a full bar are of its step, too",
    "".join(f"[epoch=1][batch={b}/40]:\n\t Train time/epoch: 0\n\t Train loss/train/total: {3 - b / 50}\n" for b in (10, 20, 30, 40))
    + "[Eval batch=1/4] Eval on eval data\n[Eval batch=4/4] Eval on eval data:\n\t Eval metrics/eval/CrossEntropy: 2.25\n",
    epochs=1, steps=4, first={"train_loss": 2.2}, last_step={"step": 40, "train_loss": 2.2},
)  # fmt: skip
_log(
    "a ruled table behind level and date in brackets",
    """
[ INFO : 2024-12-24 21:40:06,518 ] - |     Epoch|     Batch|        Lr|    Margin|      Loss|       Acc|
[ INFO : 2024-12-24 21:41:06,518 ] - |         1|       500|   0.01728|       0.2|    9.4961|    11.647|
[ INFO : 2024-12-24 21:42:06,518 ] - |         1|      1000|   0.01728|       0.2|    8.2084|    22.395|
[ INFO : 2024-12-24 21:43:06,518 ] - |         2|       500|   0.01628|       0.2|    6.4961|    41.647|
[ INFO : 2024-12-24 21:44:06,518 ] - |         2|      1000|   0.01628|       0.2|    6.2084|    43.395|
""",
    epochs=2, first={"train_loss": 8.2084}, last={"train_loss": 6.2084}, steps=4,
)  # fmt: skip
