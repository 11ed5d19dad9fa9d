# ruff: noqa: E501 — lines stand as the tools print them
"""What a framework prints, whatever it trains."""

from tests.importers.printed.kept import keep as _log

_log(
    "fastai list",
    """
['epoch', 'train_loss', 'valid_loss', 'accuracy', 'time']
[0, 1.9000000, 1.7000000, 0.4000000, '00:41']
[1, 1.5000000, 1.6000000, 0.4500000, '00:40']
[2, 1.1000000, 1.8000000, 0.4300000, '00:40']
""",
    epochs=3, first={"epoch": 0, "train_loss": 1.9, "val_loss": 1.7}, last={"val_loss": 1.8, "~accuracy": 0.43},
)  # fmt: skip
_log(
    "Ignite",
    """
2026-03-14 08:01:10,100 ignite.engine.engine.Engine INFO: Engine run starting with max_epochs=3.
Training Results - Epoch: 1  Avg accuracy: 0.41 Avg loss: 1.90
2026-03-14 08:02:10,100 ignite.engine.engine.Engine INFO: Epoch[1] Complete. Time taken: 00:00:03.1
Validation Results - Epoch: 1  Avg accuracy: 0.39 Avg loss: 2.00
2026-03-14 08:02:20,100 ignite.engine.engine.Engine INFO: Epoch[1] Complete. Time taken: 00:01:03.1
Training Results - Epoch: 2  Avg accuracy: 0.51 Avg loss: 1.50
2026-03-14 08:03:10,100 ignite.engine.engine.Engine INFO: Epoch[1] Complete. Time taken: 00:00:03.1
Validation Results - Epoch: 2  Avg accuracy: 0.45 Avg loss: 1.80
2026-03-14 08:03:20,100 ignite.engine.engine.Engine INFO: Epoch[2] Complete. Time taken: 00:01:03.1
""",
    epochs=2, first={"train_loss": 1.9, "val_loss": 2.0}, last={"epoch": 2, "train_loss": 1.5, "val_loss": 1.8}, generations=1,
)  # fmt: skip
_log(
    "XGBoost scikit-learn",
    "[0]\tvalidation_0-rmse:3.10\tvalidation_1-rmse:3.30\n[1]\tvalidation_0-rmse:2.10\tvalidation_1-rmse:2.70\n[2]\tvalidation_0-rmse:1.10\tvalidation_1-rmse:2.60\n",
    epochs=3, first={"val_loss": 3.3}, last={"val_loss": 2.6},
)  # fmt: skip
_log(
    "LightGBM",
    """
[LightGBM] [Info] Number of positive: 212, number of negative: 357
[LightGBM] [Info] Total Bins 4542
[50]\ttraining's binary_logloss: 0.410\tvalid_1's binary_logloss: 0.450
[100]\ttraining's binary_logloss: 0.210\tvalid_1's binary_logloss: 0.310
[150]\ttraining's binary_logloss: 0.110\tvalid_1's binary_logloss: 0.330
""",
    epochs=3, first={"train_loss": 0.41, "val_loss": 0.45}, last={"train_loss": 0.11, "val_loss": 0.33},
)  # fmt: skip
_log(
    "CatBoost",
    """
0:\tlearn: 0.6600000\ttest: 0.6700000\tbest: 0.6700000 (0)\ttotal: 51.1ms\tremaining: 51s
100:\tlearn: 0.3100000\ttest: 0.4200000\tbest: 0.4200000 (100)\ttotal: 1.1s\tremaining: 9.7s
200:\tlearn: 0.1100000\ttest: 0.4500000\tbest: 0.4200000 (100)\ttotal: 2.1s\tremaining: 8.3s
""",
    epochs=3, first={"train_loss": 0.66, "val_loss": 0.67}, last={"train_loss": 0.11, "val_loss": 0.45},
)  # fmt: skip
_log(
    "Keras 3",
    """
Epoch 1/3
\x1b[1m 1/20\x1b[0m \x1b[37m━━━━━━━━━━━━━━━━━━━━\x1b[0m \x1b[1m9s\x1b[0m 500ms/step - accuracy: 0.1000 - loss: 2.9000
\x1b[1m20/20\x1b[0m \x1b[32m━━━━━━━━━━━━━━━━━━━━\x1b[0m\x1b[37m\x1b[0m \x1b[1m2s\x1b[0m 51ms/step - accuracy: 0.3100 - loss: 2.3100 - val_accuracy: 0.2900 - val_loss: 2.4000 - learning_rate: 0.0010
Epoch 2/3
\x1b[1m20/20\x1b[0m \x1b[32m━━━━━━━━━━━━━━━━━━━━\x1b[0m\x1b[37m\x1b[0m \x1b[1m2s\x1b[0m 51ms/step - accuracy: 0.5100 - loss: 1.8100 - val_accuracy: 0.3900 - val_loss: 2.1000 - learning_rate: 0.0010
Epoch 3/3
\x1b[1m20/20\x1b[0m \x1b[32m━━━━━━━━━━━━━━━━━━━━\x1b[0m\x1b[37m\x1b[0m \x1b[1m2s\x1b[0m 51ms/step - accuracy: 0.7100 - loss: 1.1100 - val_accuracy: 0.4100 - val_loss: 2.2000 - learning_rate: 0.0010
""",
    epochs=3, first={"train_loss": 2.31, "val_loss": 2.4}, last={"train_loss": 1.11, "val_loss": 2.2, "lr": 0.001, "~val_accuracy": 0.41},
)  # fmt: skip
_log(
    "Keras verbose 2",
    """
Epoch 1/2
60/60 - 3s - loss: 2.1000 - accuracy: 0.3000 - val_loss: 2.0000 - val_accuracy: 0.3300 - 3s/epoch - 45ms/step
Epoch 2/2
Epoch 2: val_loss improved from 2.00000 to 1.80000, saving model to best.keras
60/60 - 2s - loss: 1.7000 - accuracy: 0.4000 - val_loss: 1.8000 - val_accuracy: 0.4100 - 2s/epoch - 41ms/step
""",
    epochs=2, first={"train_loss": 2.1, "val_loss": 2.0}, last={"train_loss": 1.7, "val_loss": 1.8},
)  # fmt: skip
_log(
    "Lightning",
    """
  | Name  | Type    | Params
------------------------------
0 | net   | CTCNet  | 1.2 M
Sanity Checking DataLoader 0: 100%|██████████| 2/2 [00:00<00:00, 10.1it/s]
Epoch 0:  50%|█████     | 50/100 [00:06<00:06,  8.1it/s, v_num=3, train_loss_step=2.90]
Validation DataLoader 0: 100%|██████████| 20/20 [00:01<00:00, 17.1it/s]
Epoch 0: 100%|██████████| 100/100 [00:13<00:00,  7.1it/s, v_num=3, train_loss_step=2.31, val_loss=2.40, train_loss_epoch=2.60]
Epoch 1:  50%|█████     | 50/100 [00:06<00:06,  8.1it/s, v_num=3, train_loss_step=2.10, val_loss=2.40, train_loss_epoch=2.60]
Validation DataLoader 0: 100%|██████████| 20/20 [00:01<00:00, 17.1it/s]
Epoch 1: 100%|██████████| 100/100 [00:13<00:00,  7.1it/s, v_num=3, train_loss_step=1.90, val_loss=2.20, train_loss_epoch=2.05]
""",
    epochs=2, first={"epoch": 0, "train_loss": 2.6, "val_loss": 2.4}, last={"train_loss": 2.05, "val_loss": 2.2}, no_metric=["v_num"],
)  # fmt: skip
_log(
    "chainer's printed report",
    """
epoch       iteration   main/loss   main/loss_ctc  validation/main/loss  validation/main/acc  elapsed_time
1           100         90.1        95.2           81.5                  0.31                 61.2
2           200         60.1        65.2           58.5                  0.52                 121.2
""",
    epochs=2, first={"train_loss": 90.1, "val_loss": 81.5}, last={"train_loss": 60.1, "val_loss": 58.5},
)  # fmt: skip
_log(
    "TensorFlow estimator",
    """
INFO:tensorflow:loss = 3.12, step = 0
INFO:tensorflow:global_step/sec: 10.1
INFO:tensorflow:loss = 2.12, step = 100 (9.9 sec)
INFO:tensorflow:Saving dict for global step 100: accuracy = 0.41, global_step = 100, loss = 2.3
INFO:tensorflow:loss = 1.12, step = 200 (9.9 sec)
INFO:tensorflow:Saving dict for global step 200: accuracy = 0.51, global_step = 200, loss = 2.1
""",
    epochs=2, first={"val_loss": 2.3}, last={"train_loss": 1.12, "val_loss": 2.1}, steps=2,
)  # fmt: skip
_log(
    "absl lines of flax: the next epoch's steps below the evaluation",
    """
I1002 21:41:51.424899 1404 logging_writer.py:35] [100] steps_per_second=1.760847, train_accuracy=0.121, train_loss=5.5252
I1002 21:41:52.100000 1404 train.py:402] train epoch: 1, loss: 5.5252, accuracy: 12.10
I1002 21:41:54.804613 1404 train.py:415] eval epoch: 1, loss: 5.1112, accuracy: 15.59
I1002 21:41:54.805149 1404 logging_writer.py:35] [100] eval_accuracy=0.1559, eval_loss=5.1112
I1002 21:42:51.424899 1404 logging_writer.py:35] [200] steps_per_second=1.760847, train_accuracy=0.288, train_loss=3.9
I1002 21:42:52.100000 1404 train.py:402] train epoch: 2, loss: 3.9000, accuracy: 28.80
I1002 21:42:54.804613 1404 train.py:415] eval epoch: 2, loss: 3.6500, accuracy: 31.20
I1002 21:43:51.424899 1404 logging_writer.py:35] [300] steps_per_second=1.760847, train_accuracy=0.444, train_loss=2.8
I1002 21:43:52.100000 1404 train.py:402] train epoch: 3, loss: 2.8000, accuracy: 44.40
I1002 21:43:54.804613 1404 train.py:415] eval epoch: 3, loss: 2.9100, accuracy: 41.02
""",
    epochs=3, first={"train_loss": 5.5252, "val_loss": 5.1112}, last={"train_loss": 2.8, "val_loss": 2.91},
)  # fmt: skip
_log(
    "Lightning: a bar under way shows the loss of its step, and those of the epoch before",
    "Epoch 0:   0%|          | 0/100 [00:00<?, ?it/s, v_num=3, train_loss_step=2.50]\r"
    "Epoch 0:  50%|█████     | 50/100 [00:05<00:05,  9.8it/s, v_num=3, train_loss_step=2.10]\r"
    "Epoch 0: 100%|██████████| 100/100 [00:09<00:00,  9.8it/s, v_num=3, train_loss_step=1.9, val_loss=2.2, train_loss_epoch=2.1]\n"
    "Epoch 1:  50%|█████     | 50/100 [00:05<00:05,  9.8it/s, v_num=3, train_loss_step=1.70, val_loss=2.2, train_loss_epoch=2.1]\r"
    "Epoch 1: 100%|██████████| 100/100 [00:09<00:00,  9.8it/s, v_num=3, train_loss_step=1.5, val_loss=2.0, train_loss_epoch=1.6]\n"
    "Epoch 2:  50%|█████     | 50/100 [00:05<00:05,  9.8it/s, v_num=3, train_loss_step=1.40, val_loss=2.0, train_loss_epoch=1.6]\r",
    epochs=2, steps=4, last={"train_loss": 1.6, "val_loss": 2.0}, last_step={"train_loss": 1.4},
)  # fmt: skip
_log(
    "MATLAB: names in two lines",
    """
|======================================================================================|
|  Epoch  |  Iteration  |  Time Elapsed  |  Mini-batch  |  Mini-batch  |  Validation  |
|         |             |   (hh:mm:ss)   |   Accuracy   |     Loss     |     Loss     |
|======================================================================================|
|      1  |         40  |       00:00:10 |       41.20% |       2.4120 |       2.5030 |
|      2  |         80  |       00:00:11 |       50.10% |       1.9540 |       2.1020 |
""",
    epochs=2, first={"train_loss": 2.412, "val_loss": 2.503}, last={"train_loss": 1.954, "val_loss": 2.102},
)  # fmt: skip
_log(
    "Keras verbose 2: what evaluate() prints at the end is no epoch",
    "".join(f"Epoch {e}/3\n469/469 - 3s - 6ms/step - loss: {4.0 - e} - val_loss: {5.0 - e}\n" for e in (1, 2, 3))
    + "313/313 - 1s - 3ms/step - accuracy: 0.71 - loss: 0.8871\n",
    epochs=3, last={"train_loss": 1.0, "val_loss": 2.0},
)  # fmt: skip
_log(
    "Flax with CLU: the step alone in brackets",
    "".join(
        f"I0314 08:01:40.664489 139871122334528 logging_writer.py:48] [{e}00] steps_per_second=3.379578, train_loss={4.0 - e}\n"
        f"I0314 08:03:53.112051 139871122334528 train.py:345] eval epoch: {e - 1}, loss: {5.0 - e}, accuracy: 43.09\n"
        for e in (1, 2, 3)
    ),
    epochs=3, first={"epoch": 0, "train_loss": 3.0, "val_loss": 4.0}, last={"train_loss": 1.0, "val_loss": 2.0}, steps=3,
)  # fmt: skip
_log(
    "Lightning Fabric: each step shows the last validation's loss again, rounded",
    "".join(
        "".join(f"Epoch {n} | iter {10 * n + k} step {10 * n + k} | loss train: {7 - n}.{9 - k}11, val: {f'{8 - n + 1}.124' if n > 1 else 'n/a'}\n" for k in range(1, 5))
        + f"iter {10 * n + 4}: val loss {8 - n}.1237, val time: 41.0 ms\n"
        for n in range(1, 5)
    ),
    epochs=4, first={"epoch": 1, "val_loss": 7.1237}, last={"epoch": 4, "val_loss": 4.1237}, steps=14,
)  # fmt: skip
_log(
    "Catalyst: the bars name no number behind the word, and show the last batch",
    "".join(
        f"{n}/30 * Epoch (train):  50% 60/120 [00:03<00:03, 20.10it/s, loss={9 - n}.9]\r{n}/30 * Epoch (train): 100% 120/120 [00:06<00:00, 20.10it/s, loss={9 - n}.8]\n"
        f"{n}/30 * Epoch (valid): 100% 15/15 [00:01<00:00, 22.10it/s, loss={9 - n}.7]\n[2026-02-03 08:00:0{n},252] \n"
        f"{n}/30 * Epoch {n} (train): _base/lr=0.0010 | accuracy01=61.5 | loss={9 - n}.41\n{n}/30 * Epoch {n} (valid): _base/lr=0.0010 | accuracy01=58.5 | loss={9 - n}.62\n"
        for n in range(1, 6)
    ),
    epochs=5, first={"epoch": 1, "train_loss": 8.41, "val_loss": 8.62}, last={"epoch": 5, "train_loss": 4.41, "val_loss": 4.62},
)  # fmt: skip
_log(
    "skorch: a cell of the table is empty",
    "  epoch    train_loss    valid_loss    cp     dur\n-------  ------------  ------------  ----  ------\n"
    + "".join(f"{n:7}  {3.5 - n / 5:12.4f}  {3.8 - n / 8:12.4f}  {'+' if n < 4 else '':>4}  {0.05 * n:6.4f}\n" for n in range(1, 8)),
    epochs=7, first={"epoch": 1, "train_loss": 3.3, "val_loss": 3.675}, last={"epoch": 7, "train_loss": 2.1, "val_loss": 2.925},
)  # fmt: skip
_log(
    "GluonTS: bars count the epochs from 1, the log from 0",
    "".join(
        f"INFO:gluonts.trainer:Epoch[{n}] Learning rate is 0.001\n"
        f"  50%|█████     | 20/40 [00:01<00:01, 19.11it/s, epoch={n + 1}/5, avg_epoch_loss={6 - n}.91]\r100%|██████████| 40/40 [00:02<00:00, 19.11it/s, epoch={n + 1}/5, avg_epoch_loss={6 - n}.52]\n"
        f"INFO:gluonts.trainer:Epoch[{n}] Evaluation metric 'epoch_loss'={6 - n}.521\n"
        f"9it [00:00, 31.1it/s, epoch={n + 1}/5, validation_avg_epoch_loss={6 - n}.81]\nINFO:gluonts.trainer:Epoch[{n}] Evaluation metric 'validation_epoch_loss'={6 - n}.811\n"
        for n in range(5)
    ) + "INFO:gluonts.trainer:Final loss: 1.111 (occurred at epoch 3)\n",
    epochs=5, first={"epoch": 0, "train_loss": 6.521, "val_loss": 6.811}, last={"epoch": 4, "train_loss": 2.521, "val_loss": 2.811},
)  # fmt: skip
_log(
    "Flux: numbers of 32 bits",
    "".join(f"Epoch: {n}   Train: (loss = {4 - n}.25f0, acc = {30 + n}.5)   Test: (loss = {5 - n}.75f0, acc = {25 + n}.5)\n" for n in range(4)) + "Epoch: 4   Train: (loss = 7.5f-2, acc = 88.1)   Test: (loss = 9.5f-1, acc = 70.5)\n",
    epochs=5, first={"epoch": 0, "train_loss": 4.25, "val_loss": 5.75}, last={"epoch": 4, "train_loss": 0.075, "val_loss": 0.95},
)  # fmt: skip
_log(
    "luz: a report at the end that names neither an epoch nor a set",
    "".join(f"Epoch {n}/12\nTrain metrics: Loss: {6 - n}.31 - Acc: 0.{n}5\nValid metrics: Loss: {6 - n}.42 - Acc: 0.{n}2\n" for n in range(1, 6)) + "A `luz_module_evaluation`\n── Results ──\nloss: 0.6581\nacc: 0.8011\n",
    epochs=5, first={"epoch": 1, "train_loss": 5.31, "val_loss": 5.42}, last={"epoch": 5, "train_loss": 1.31, "val_loss": 1.42},
)  # fmt: skip
_log(
    "LightGBM: the best iteration again, and a figure of its model",
    "".join(f"[{n * 5}]\ttraining's l2: {9 / n:.4f}\tvalid_1's l2: {9.5 / n:.4f}\n" for n in range(1, 9))
    + "Early stopping, best iteration is:\n[33]\ttraining's l2: 1.32\tvalid_1's l2: 1.21\nAUC on dev: 0.91\n",
    epochs=8, generations=1, first={"step": 5, "train_loss": 9.0, "val_loss": 9.5}, last={"step": 40, "train_loss": 1.125, "~auc": None},
)  # fmt: skip
_log(
    "XGBoost: the best iteration again, and a figure of its model",
    "".join(f"[{n}]\ttrain-logloss:{0.6 / (n + 1):.4f}\teval-logloss:{0.65 / (n + 1):.4f}\n" for n in range(9))
    + "Stopping. Best iteration:\n[5]\ttrain-logloss:0.1000\teval-logloss:0.1083\n\nAccuracy: 0.97\n",
    epochs=9, generations=1, first={"train_loss": 0.6}, last={"step": 8, "val_loss": 0.0722, "~accuracy": None},
)  # fmt: skip
_log(
    "CatBoost: its best test at the end",
    "".join(f"{n * 10}:\tlearn: {0.6 / (n + 1):.4f}\ttest: {0.65 / (n + 1):.4f}\tbest: {0.65 / (n + 1):.4f} ({n * 10})\ttotal: 1{n}ms\tremaining: 2{n}ms\n" for n in range(8))
    + "Stopped by overfitting detector  (10 iterations wait)\n\nbestTest = 0.0712\nbestIteration = 57\n\nShrink model to first 58 iterations.\n",
    epochs=8, generations=1, first={"train_loss": 0.6, "val_loss": 0.65}, last={"step": 70, "val_loss": 0.0813},
)  # fmt: skip
_log(
    "XGBoost: errors in numbers of their own, no loss by name",
    "".join(f"[{n}]\ttrain-rmse:{3 / (n + 1):.5f}\ttest-rmse:{3.5 / (n + 1):.5f}\n" for n in range(8)),
    epochs=8, first={"~test_rmse": 3.5, "~train_rmse": 3.0}, last={"step": 7, "~test_rmse": 0.4375}, said="no loss and no WER, only test_rmse",
)  # fmt: skip
_log(
    "Spinning Up: the return counts, of two losses none is the whole",
    "".join(
        f"Warning: trajectory cut off by epoch at 9{e} steps.\n{'-' * 39}\n|{'Epoch':>18} |{e:16} |\n|{'AverageEpRet':>18} |{20.5 + e * 10:16.3g} |\n|{'StdEpRet':>18} |{8.5:16} |\n"
        f"|{'LossPi':>18} |{-0.01 * e:16.3g} |\n|{'LossV':>18} |{60 + e:16} |\n|{'Time':>18} |{3.3 * e:16.3g} |\n{'-' * 39}\n"
        for e in range(5)
    ),
    epochs=5, first={"epoch": 0, "~averageepret": 20.5, "train_loss": None}, last={"epoch": 4, "~averageepret": 60.5, "~lossv": 64.0}, said="no loss that is called the whole, only averageepret",
)  # fmt: skip
_log(
    "bars that name the epoch in brackets behind the split",
    """
TRAIN (1) | Loss: 1.852 | Acc 0.70 mIoU 0.16 | B 0.37 D 0.02 |:  20%|██        | 20/100 [00:06<00:27,  3.0it/s]
TRAIN (1) | Loss: 1.812 | Acc 0.70 mIoU 0.16 | B 0.31 D 0.01 |: 100%|██████████| 100/100 [00:33<00:00,  3.0it/s]

###### EVALUATION ######
EVAL (1) | Loss: 1.512, PixelAcc: 0.75, Mean IoU: 0.21 |: 100%|██████████| 40/40 [00:08<00:00,  5.0it/s]

         ## Info for epoch 1 ##
         val_loss       : 1.51200
         Mean_IoU       : 0.212
TRAIN (2) | Loss: 0.998 | Acc 0.75 mIoU 0.42 | B 0.34 D 0.03 |:  20%|██        | 20/100 [00:06<00:27,  3.0it/s]
TRAIN (2) | Loss: 0.958 | Acc 0.75 mIoU 0.42 | B 0.39 D 0.02 |: 100%|██████████| 100/100 [00:33<00:00,  3.0it/s]

###### EVALUATION ######
EVAL (2) | Loss: 1.016, PixelAcc: 0.79, Mean IoU: 0.47 |: 100%|██████████| 40/40 [00:08<00:00,  5.0it/s]

         ## Info for epoch 2 ##
         val_loss       : 1.01600
         Mean_IoU       : 0.470
""",
    epochs=2, first={"train_loss": 1.812, "val_loss": 1.512}, last={"train_loss": 0.958, "val_loss": 1.016}, steps=2,
)  # fmt: skip
_log(
    "Catalyst's bars and sums",
    """
1/2 * Epoch (train):  63%|██████    | 300/469 [00:05<00:02, 60.1it/s, accuracy01=0.800, loss=0.549, lr=0.020, momentum=0.900]
1/2 * Epoch (train): 100%|██████████| 469/469 [00:07<00:00, 60.1it/s, accuracy01=0.800, loss=0.513, lr=0.020, momentum=0.900]
1/2 * Epoch (valid): 100%|██████████| 79/79 [00:01<00:00, 60.1it/s, accuracy01=0.900, loss=0.311]
train (1/2) accuracy01: 0.8912 | loss: 0.5227 | lr: 0.0200 | momentum: 0.9000
valid (1/2) accuracy01: 0.9012 | loss: 0.2911 | lr: 0.0200 | momentum: 0.9000
* Epoch (1/2)
2/2 * Epoch (train): 100%|██████████| 469/469 [00:07<00:00, 60.1it/s, accuracy01=0.830, loss=0.273, lr=0.020, momentum=0.900]
2/2 * Epoch (valid): 100%|██████████| 79/79 [00:01<00:00, 60.1it/s, accuracy01=0.910, loss=0.210]
train (2/2) accuracy01: 0.9300 | loss: 0.2826 | lr: 0.0200 | momentum: 0.9000
valid (2/2) accuracy01: 0.9400 | loss: 0.1905 | lr: 0.0200 | momentum: 0.9000
* Epoch (2/2)
""",
    epochs=2, first={"train_loss": 0.5227, "val_loss": 0.2911}, last={"train_loss": 0.2826, "val_loss": 0.1905},
)  # fmt: skip
_log(
    "Poutyne",
    """
Epoch: 1/2 Step:  900/1875  48.00% |█████████           |ETA: 4.88s loss: 0.983420 acc: 78.112744
Epoch: 1/2 Train steps: 1875 Val steps: 313 9.14s loss: 0.812744 acc: 80.212744 val_loss: 0.512211 val_acc: 81.212744
Epoch: 2/2 Step:  900/1875  48.00% |█████████           |ETA: 4.88s loss: 0.579978 acc: 84.350082
Epoch: 2/2 Train steps: 1875 Val steps: 313 9.96s loss: 0.479321 acc: 86.450082 val_loss: 0.369437 val_acc: 87.450082
""",
    epochs=2, first={"train_loss": 0.812744, "val_loss": 0.512211}, last={"train_loss": 0.479321, "val_loss": 0.369437},
)  # fmt: skip
_log(
    "R's gbm",
    """
Iter   TrainDeviance   ValidDeviance   StepSize   Improve
     1        1.3127          1.3211     0.1000    0.0084
     2        1.1872          1.2297     0.1000    0.0008
    20        0.7386          0.8686     0.1000    0.0051
""",
    epochs=3, first={"train_loss": 1.3127, "val_loss": 1.3211}, last={"train_loss": 0.7386, "val_loss": 0.8686},
)  # fmt: skip
_log(
    "MATLAB's trainnet",
    """
    Iteration    Epoch    TimeElapsed    LearnRate    TrainingLoss    ValidationLoss    TrainingAccuracy    ValidationAccuracy
    _________    _____    ___________    _________    ____________    ______________    ________________    __________________
            0        0       00:00:03         0.01                            2.8127                                    43.746
            1        1       00:00:03         0.01          2.7911                                44.178
           50        2       00:00:13         0.01          0.9127            0.8811              81.746                82.378
          100        4       00:00:23         0.01          0.4127            0.4511              91.746                90.978
""",
    first={"train_loss": None, "val_loss": 2.8127}, last={"train_loss": 0.4127, "val_loss": 0.4511},
)  # fmt: skip
_log(
    "JAX",
    """
{'epoch': 0, 'train_loss': Array(0.81234, dtype=float32), 'val_loss': Array(0.9, dtype=float32), 'val_acc': Array(0.51, dtype=float32, weak_type=True)}
{'epoch': 1, 'train_loss': Array(0.71234, dtype=float32), 'val_loss': Array(0.8, dtype=float32), 'val_acc': Array(0.56, dtype=float32, weak_type=True)}
""",
    epochs=2, first={"train_loss": 0.81234, "val_loss": 0.9, "~acc": 0.51}, last={"train_loss": 0.71234, "val_loss": 0.8},
)  # fmt: skip
_log(
    "TensorFlow tensors",
    """
Epoch 1, loss <tf.Tensor: shape=(), dtype=float32, numpy=2.25>, val loss <tf.Tensor: shape=(), dtype=float32, numpy=2.5>
Epoch 2, loss <tf.Tensor: shape=(), dtype=float32, numpy=1.25>, val loss <tf.Tensor: shape=(), dtype=float32, numpy=1.75>
""",
    epochs=2, first={"train_loss": 2.25, "val_loss": 2.5}, last={"train_loss": 1.25, "val_loss": 1.75},
)  # fmt: skip
_log(
    "spaCy, one component",
    """
ℹ Pipeline: ['textcat']
E    #       LOSS TEXTCAT  CATS_SCORE  SCORE
---  ------  ------------  ----------  ------
  0       0          0.25       41.86    0.42
  1     200         18.53       71.02    0.71
""",
    epochs=2, first={"epoch": 0, "train_loss": 0.25, "~cats_score": 41.86}, last={"train_loss": 18.53},
)  # fmt: skip
_log(
    "PyKEEN",
    """
Training epochs on cpu:   0%|          | 0/2 [00:01<?, ?epoch/s, loss=1.5, prev_loss=nan]
Training epochs on cpu:  50%|█████     | 1/2 [00:01<00:14,  1.03s/epoch, loss=1.5, prev_loss=nan]
INFO:pykeen.evaluation.evaluator:Evaluation took 0.07s seconds
Training epochs on cpu:  50%|█████     | 1/2 [00:01<00:14,  1.03s/epoch, loss=1.25, prev_loss=1.5]
Training epochs on cpu: 100%|██████████| 2/2 [00:02<00:00,  1.09epoch/s, loss=1.25, prev_loss=1.5]
INFO:pykeen.evaluation.evaluator:Evaluation took 0.07s seconds
""",
    epochs=2, first={"train_loss": 1.5}, last={"train_loss": 1.25, "val_loss": None},
)  # fmt: skip
_log(
    "CatBoost, a score",
    """
0:	learn: 0.5410000	test: 0.4530000	best: 0.4530000 (0)	total: 132ms	remaining: 7.78s
1:	learn: 0.6935000	test: 0.5270000	best: 0.5270000 (1)	total: 146ms	remaining: 4.25s
2:	learn: 0.8170000	test: 0.6580000	best: 0.6580000 (2)	total: 173ms	remaining: 3.28s
""",
    epochs=3, last={"train_loss": 0.817, "val_loss": 0.658}, said="no word says what they measure",
)  # fmt: skip
_log(
    "Ultralytics 8.4",
    """
engine/trainer: amp=False, batch=8, box=7.5, cache=False, cls=0.5, deterministic=True, epochs=2, iou=0.7, lr0=0.01

      Epoch    GPU_mem   box_loss   cls_loss   dfl_loss  Instances       Size
        1/2         0G     0.1492      0.693    0.09745          8         64: 50% ━━━━━━────── 1/2 1.1it/s 0.7s<3.7s
        1/2         0G    0.08212     0.6489    0.05222          8         64: 100% ━━━━━━━━━━━━ 2/2 3.4it/s 1.5s
                 Class     Images  Instances      Box(P          R      mAP50  mAP50-95): 100% ━━━━━━━━━━━━ 1/1 3.8it/s
                   all         16         16        0.1        0.2        0.3        0.2

      Epoch    GPU_mem   box_loss   cls_loss   dfl_loss  Instances       Size
        2/2         0G     0.0512       0.52    0.04745          8         64: 50% ━━━━━━────── 1/2 1.1it/s 0.7s<3.7s
        2/2         0G    0.04212     0.4489    0.04222          8         64: 100% ━━━━━━━━━━━━ 2/2 3.4it/s 1.5s
                 Class     Images  Instances      Box(P          R      mAP50  mAP50-95): 100% ━━━━━━━━━━━━ 1/1 3.8it/s
                   all         16         16        0.2        0.3        0.4        0.3
""",
    epochs=2, first={"train_loss": 0.78324, "~map50": 0.3, "~iou": None}, last={"train_loss": 0.53324, "~map50": 0.4},
)  # fmt: skip
_log(
    "Lightning with Rich, into a file",
    """
`Trainer.fit` stopped: `max_epochs=6` reached.
Epoch 5/5  ━━━━━━━━━━━━━━━━━━━━━━━━━━ 32/32 0:00:00 • 0:00:00 844.37it/s train_loss_step: 0.427
                                                                         val_loss: 0.585 val_acc:
                                                                         0.754 train_loss_epoch:
                                                                         0.552
""",
    epochs=1, last={"epoch": 5, "train_loss": 0.552, "val_loss": 0.585, "~acc": 0.754},
)  # fmt: skip
_log(
    "TRL, rewards without a validation",
    """
{'loss': 0.0001, 'grad_norm': 0.21, 'learning_rate': 9.9e-07, 'completions/mean_length': 212.5, 'reward': 0.325, 'kl': 0.0004, 'epoch': 0.01}
{'loss': 0.0003, 'grad_norm': 0.25, 'learning_rate': 9.8e-07, 'completions/mean_length': 222.5, 'reward': 0.425, 'kl': 0.0014, 'epoch': 0.02}
{'loss': 0.0005, 'grad_norm': 0.31, 'learning_rate': 9.7e-07, 'completions/mean_length': 232.5, 'reward': 0.525, 'kl': 0.0024, 'epoch': 0.03}
""",
    epochs=3, first={"epoch": 0.01, "train_loss": 0.0001, "~reward": 0.325}, last={"train_loss": 0.0005, "~reward": 0.525, "~kl": 0.0024},
)  # fmt: skip
_log(
    "Gluon's estimator",
    """
[Epoch 0] finished in 25.236s: train_accuracy : 0.7917 train_softmaxcrossentropyloss0 : 0.5700 val_accuracy : 0.6612 val_softmaxcrossentropyloss0 : 0.8600
[Epoch 1] finished in 24.892s: train_accuracy : 0.8826 train_softmaxcrossentropyloss0 : 0.3200 val_accuracy : 0.8474 val_softmaxcrossentropyloss0 : 0.4200
""",
    epochs=2, first={"train_loss": 0.57, "val_loss": 0.86}, last={"epoch": 1, "train_loss": 0.32, "val_loss": 0.42},
)  # fmt: skip
_log(
    "TFLearn",
    """
Training Step: 82  | total loss: 0.64003
| Adam | epoch: 001 | loss: 0.64003 - acc: 0.6620 -- iter: 1300/1300
--
Training Step: 164  | total loss: 0.61915
| Adam | epoch: 002 | loss: 0.61915 - acc: 0.6614 -- iter: 1300/1300
--
""",
    epochs=2, first={"train_loss": 0.64003, "~acc": 0.662, "~total": None}, last={"epoch": 2, "train_loss": 0.61915},
)  # fmt: skip
_log(
    "Caffe's numbered outputs",
    """
I0726 23:59:59.373217 1934443264 solver.cpp:534] Iteration 0, Testing net (#0)
I0727 00:00:02.515833 1934443264 solver.cpp:604]     Test net output #0: accuracy = 0.6092
I0727 00:00:02.515866 1934443264 solver.cpp:604]     Test net output #1: loss = 1.41925 (* 1 = 1.41925 loss)
I0727 00:00:02.566174 1934443264 solver.cpp:228] Iteration 0, loss = 1.30342
I0727 00:00:02.566236 1934443264 solver.cpp:244]     Train net output #0: loss = 1.30342 (* 1 = 1.30342 loss)
I0727 00:00:08.500051 1934443264 solver.cpp:228] Iteration 100, loss = 1.16216
I0727 00:00:33.199570 1934443264 solver.cpp:534] Iteration 200, Testing net (#0)
I0727 00:00:36.463996 1934443264 solver.cpp:604]     Test net output #0: accuracy = 0.9163
I0727 00:00:36.464031 1934443264 solver.cpp:604]     Test net output #1: loss = 0.69147 (* 1 = 0.69147 loss)
""",
    epochs=2, first={"val_loss": 1.41925, "~output": None}, last={"val_loss": 0.69147, "~accuracy": 0.9163, "~output": None},
)  # fmt: skip
_log(
    "CatBoost: what it says of the model that it took back",
    """
0:\tlearn: 0.7227938\ttest: 0.7619387\tbest: 0.7619387 (0)\ttotal: 147ms\tremaining: 24.3s
1:\tlearn: 0.4626048\ttest: 0.6305450\tbest: 0.6305450 (1)\ttotal: 4.34s\tremaining: 9.4s
2:\tlearn: 0.4616440\ttest: 0.6317562\tbest: 0.6305450 (1)\ttotal: 4.4s\tremaining: 9.35s
bestTest = 0.6305450201
bestIteration = 1

Shrink model to first 2 iterations.
RMSE  : 0.6305450197747737
Validation error:  2854273450.7
""",
    epochs=3, last={"train_loss": 0.461644, "val_loss": 0.6317562, "~rmse": None, "~error": None},
)  # fmt: skip
_log(
    "a model card of the Hub",
    """
- learning_rate: 0.0001
- num_epochs: 30

| Training Loss | Epoch | Step | Validation Loss | Wer    |
|:-------------:|:-----:|:----:|:---------------:|:------:|
| 3.5243        | 4.0   | 500  | 1.4532          | 0.9540 |
| 0.6178        | 8.0   | 1000 | 0.5490          | 0.4627 |
""",
    epochs=2, first={"epoch": 4, "train_loss": 3.5243, "val_loss": 1.4532, "val_wer": 0.954}, last={"val_wer": 0.4627},
)  # fmt: skip
_log(
    "verl",
    """
step:1 - actor/pg_loss:0.0 - actor/entropy:0.46 - critic/rewards/mean:0.125 - critic/rewards/max:1.0 - training/epoch:0
step:2 - actor/pg_loss:0.05 - actor/entropy:0.41 - critic/rewards/mean:0.25 - critic/rewards/max:1.0 - training/epoch:0
step:3 - actor/pg_loss:0.04 - actor/entropy:0.40 - critic/rewards/mean:0.375 - critic/rewards/max:1.0 - training/epoch:0
""",
    epochs=3, first={"~reward": 0.125}, last={"~reward": 0.375},
)  # fmt: skip
