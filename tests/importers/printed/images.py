# ruff: noqa: E501 — lines stand as the tools print them
"""Images: classes, boxes, masks, written text."""

from tests.importers.printed.kept import keep as _log

_log(
    "YOLOv5 console",
    """
     Epoch   gpu_mem       box       obj       cls    labels  img_size
      0/29     2.11G    0.1100    0.0700    0.0500        31       640: 100%|██████████| 20/20 [00:09<00:00,  2.1it/s]
               Class     Images     Labels          P          R     mAP@.5 mAP@.5:.95: 100%|██████████| 4/4 [00:01<00:00,  2.5it/s]
                 all         60        200      0.120      0.210      0.100      0.040
      1/29     2.11G    0.0900    0.0600    0.0400        28       640: 100%|██████████| 20/20 [00:09<00:00,  2.1it/s]
               Class     Images     Labels          P          R     mAP@.5 mAP@.5:.95: 100%|██████████| 4/4 [00:01<00:00,  2.5it/s]
                 all         60        200      0.320      0.310      0.250      0.110
""",
    epochs=2, first={"epoch": 0, "train_loss": 0.23}, last={"train_loss": 0.19, "~map": 0.25},
)  # fmt: skip
_log(
    "YOLOv8 console with classes",
    """
      Epoch    GPU_mem   box_loss   cls_loss   dfl_loss  Instances       Size
        1/3      1.20G       1.50       2.00       1.00         12        320:  50%|█████     | 10/20 [00:02<00:02,  4.1it/s]
        1/3      1.20G       1.40       1.90       1.10         12        320: 100%|██████████| 20/20 [00:05<00:00,  4.1it/s]
                 Class     Images  Instances      Box(P          R      mAP50  mAP50-95): 100%|██████████| 3/3 [00:01<00:00,  2.9it/s]
                   all         40         90       0.21       0.32       0.18       0.09
                   cat         20         40       0.11       0.22       0.08       0.02
        2/3      1.20G       1.20       1.50       1.00         12        320: 100%|██████████| 20/20 [00:05<00:00,  4.1it/s]
                 Class     Images  Instances      Box(P          R      mAP50  mAP50-95): 100%|██████████| 3/3 [00:01<00:00,  2.9it/s]
                   all         40         90       0.41       0.42       0.38       0.19
                   cat         20         40       0.31       0.32       0.28       0.12
""",
    epochs=2, first={"train_loss": 4.4, "~map50": 0.18}, last={"epoch": 2, "train_loss": 3.7, "~map50": 0.38},
)  # fmt: skip
_log(
    "crnn.pytorch",
    """
[0/25][10/40] Loss: 33.000000
[0/25][40/40] Loss: 21.000000
Start val
-h-a-ll-o------------- => halo                , gt: hallo
Test loss: 22.500000, accuray: 0.010000
[1/25][10/40] Loss: 15.000000
[1/25][40/40] Loss: 11.000000
Start val
Test loss: 12.500000, accuray: 0.210000
""",
    epochs=2, first={"epoch": 0, "train_loss": 21.0, "val_loss": 22.5}, last={"train_loss": 11.0, "val_loss": 12.5}, steps=4,
)  # fmt: skip
_log(
    "MMEngine by iterations",
    """
03/14 08:01:10 - mmengine - INFO - Iter(train) [  50/2000]  lr: 9.9e-03  eta: 0:10:10  time: 0.30  data_time: 0.01  memory: 3100  loss: 2.1000  decode.loss_ce: 1.5000
03/14 08:01:30 - mmengine - INFO - Iter(train) [ 100/2000]  lr: 9.8e-03  eta: 0:10:00  time: 0.30  data_time: 0.01  memory: 3100  loss: 1.8000  decode.loss_ce: 1.2000
03/14 08:01:40 - mmengine - INFO - Iter(val) [30/30]    aAcc: 61.0000  mIoU: 31.5000  mAcc: 40.0000  data_time: 0.01  time: 0.05
03/14 08:02:10 - mmengine - INFO - Iter(train) [ 150/2000]  lr: 9.7e-03  eta: 0:09:50  time: 0.30  data_time: 0.01  memory: 3100  loss: 1.6000  decode.loss_ce: 1.1000
03/14 08:02:30 - mmengine - INFO - Iter(train) [ 200/2000]  lr: 9.6e-03  eta: 0:09:40  time: 0.30  data_time: 0.01  memory: 3100  loss: 1.4000  decode.loss_ce: 0.9000
03/14 08:02:40 - mmengine - INFO - Iter(val) [30/30]    aAcc: 71.0000  mIoU: 38.5000  mAcc: 50.0000  data_time: 0.01  time: 0.05
""",
    epochs=2, first={"train_loss": 1.8, "~miou": 31.5}, last={"train_loss": 1.4, "~miou": 38.5}, steps=4,
)  # fmt: skip
_log(
    "MMEngine JSON",
    """
{"lr": 0.001, "data_time": 0.02, "loss": 3.0, "loss_ctc": 3.0, "time": 0.3, "epoch": 1, "iter": 50, "memory": 2100, "step": 50}
{"lr": 0.001, "data_time": 0.02, "loss": 2.5, "loss_ctc": 2.5, "time": 0.3, "epoch": 1, "iter": 100, "memory": 2100, "step": 100}
{"recog/word_acc": 0.21, "data_time": 0.01, "time": 0.03, "step": 1}
{"lr": 0.001, "data_time": 0.02, "loss": 2.0, "loss_ctc": 2.0, "time": 0.3, "epoch": 2, "iter": 150, "memory": 2100, "step": 150}
{"lr": 0.001, "data_time": 0.02, "loss": 1.5, "loss_ctc": 1.5, "time": 0.3, "epoch": 2, "iter": 200, "memory": 2100, "step": 200}
{"recog/word_acc": 0.35, "data_time": 0.01, "time": 0.03, "step": 2}
""",
    epochs=2, first={"train_loss": 2.5}, last={"train_loss": 1.5, "~word_acc": 0.35}, steps=4,
)  # fmt: skip
_log(
    "OpenMMLab 0.x JSON",
    """
{"env_info": "sys.platform: linux", "seed": 0, "exp_name": "toy.py"}
{"mode": "train", "epoch": 1, "iter": 20, "lr": 0.01, "memory": 2100, "data_time": 0.1, "loss": 2.4, "time": 0.4}
{"mode": "train", "epoch": 1, "iter": 40, "lr": 0.01, "memory": 2100, "data_time": 0.1, "loss": 2.0, "time": 0.4}
{"mode": "val", "epoch": 1, "iter": 10, "lr": 0.01, "loss": 2.2, "accuracy_top-1": 31.0}
{"mode": "train", "epoch": 2, "iter": 20, "lr": 0.01, "memory": 2100, "data_time": 0.1, "loss": 1.7, "time": 0.4}
{"mode": "train", "epoch": 2, "iter": 40, "lr": 0.01, "memory": 2100, "data_time": 0.1, "loss": 1.5, "time": 0.4}
{"mode": "val", "epoch": 2, "iter": 10, "lr": 0.01, "loss": 2.1, "accuracy_top-1": 37.0}
""",
    epochs=2, first={"train_loss": 2.0, "val_loss": 2.2}, last={"train_loss": 1.5, "val_loss": 2.1, "~top-1": 37.0},
)  # fmt: skip
_log(
    "detectron2 console",
    """
[03/14 08:01:10 d2.utils.events]:  eta: 0:05:10  iter: 19  total_loss: 2.031  loss_cls: 0.7  loss_box_reg: 0.5  time: 0.31  data_time: 0.01  lr: 1e-05  max_mem: 2100M
[03/14 08:01:20 d2.utils.events]:  eta: 0:05:00  iter: 39  total_loss: 1.811  loss_cls: 0.6  loss_box_reg: 0.4  time: 0.31  data_time: 0.01  lr: 3e-05  max_mem: 2100M
[03/14 08:01:30 d2.utils.events]:  eta: 0:04:50  iter: 59  total_loss: 1.522  loss_cls: 0.5  loss_box_reg: 0.3  time: 0.31  data_time: 0.01  lr: 5e-05  max_mem: 2100M
""",
    epochs=0, steps=3, last_step={"train_loss": 1.522},
)  # fmt: skip
_log(
    "kraken",
    """
stage 0/∞  ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ 120/120 0:00:00 • 0:00:41 4.1it/s val_accuracy: 0.31000 val_word_accuracy: 0.11000 early_stopping: 0/10 0.31000
stage 1/∞  ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ 120/120 0:00:00 • 0:00:41 4.1it/s val_accuracy: 0.52000 val_word_accuracy: 0.21000 early_stopping: 0/10 0.52000
stage 2/∞  ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ 120/120 0:00:00 • 0:00:41 4.1it/s val_accuracy: 0.61000 val_word_accuracy: 0.31000 early_stopping: 0/10 0.61000
""",
    epochs=3, first={"epoch": 0, "~val_accuracy": 0.31}, last={"epoch": 2, "~val_accuracy": 0.61}, no_metric=["early", "stage"],
)  # fmt: skip
_log(
    "Calamari",
    """
#00000100: loss=61.20000000 ler=0.91000000 dt=0.21000000s
 PRED: '‪ab‬'
 TRUE: '‪abc‬'
#00000200: loss=31.20000000 ler=0.61000000 dt=0.21000000s
#00000300: loss=15.20000000 ler=0.31000000 dt=0.21000000s
""",
    epochs=0, steps=3, last_step={"step": 300, "train_loss": 15.2},
)  # fmt: skip
_log(
    "Tesseract 5: scores of the training by step",
    """
At iteration 95/100/100, mean rms=4.9%, delta=29.0%, BCER train=57.7%, BWER train=69.7%, skip ratio=0.0%, New best BCER = 57.7
At iteration 190/200/200, mean rms=4.8%, delta=28.0%, BCER train=55.4%, BWER train=67.4%, skip ratio=0.0%, New best BCER = 55.4
2 Percent improvement time=40, best error was 53.8 @ 300
At iteration 285/300/300, mean rms=4.7%, delta=27.0%, BCER train=53.1%, BWER train=65.1%, skip ratio=0.0%, New best BCER = 53.1
""",
    steps=3, last_step={"metrics": {"train_cer": 53.1, "train_wer": 0.651}}, said="only train_cer 57.70 → 53.10 up to step 285",
)  # fmt: skip
_log(
    "timm",
    """
Train: 0 [   0/50 (  0%)]  Loss: 6.93 (6.93)  Time: 1.103s,  116.0/s  (1.103s,  116.0/s)  LR: 1.000e-05  Data: 0.6 (0.6)
Train: 0 [  49/50 (100%)]  Loss: 5.50 (6.10)  Time: 0.403s,  316.0/s  (0.403s,  316.0/s)  LR: 1.000e-05  Data: 0.0 (0.1)
Test: [   0/9]  Time: 0.9 (0.9)  Loss:   5.900 ( 5.900)  Acc@1:   3.1 (  3.1)  Acc@5:  12.1 ( 12.1)
Test: [   9/9]  Time: 0.1 (0.2)  Loss:   5.700 ( 5.800)  Acc@1:   4.1 (  3.9)  Acc@5:  14.1 ( 13.1)
Current checkpoints:
 ('./output/train/checkpoint-0.pth.tar', 3.9)
Train: 1 [   0/50 (  0%)]  Loss: 5.60 (5.60)  Time: 1.103s,  116.0/s  (1.103s,  116.0/s)  LR: 2.000e-05  Data: 0.6 (0.6)
Train: 1 [  49/50 (100%)]  Loss: 4.50 (5.20)  Time: 0.403s,  316.0/s  (0.403s,  316.0/s)  LR: 2.000e-05  Data: 0.0 (0.1)
Test: [   0/9]  Time: 0.9 (0.9)  Loss:   5.100 ( 5.100)  Acc@1:   9.1 (  9.1)  Acc@5:  22.1 ( 22.1)
Test: [   9/9]  Time: 0.1 (0.2)  Loss:   4.700 ( 4.900)  Acc@1:  11.1 ( 10.9)  Acc@5:  24.1 ( 23.1)
""",
    epochs=2, first={"epoch": 0, "train_loss": 6.1, "val_loss": 5.8}, last={"train_loss": 5.2, "val_loss": 4.9, "~acc@1": 10.9},
)  # fmt: skip
_log(
    "ImageNet example",
    """
Epoch: [0][ 10/100]\tTime  0.311 ( 0.512)\tData  0.001 ( 0.101)\tLoss 6.9000e+00 (6.9500e+00)\tAcc@1   0.00 (  0.12)\tAcc@5   1.17 (  0.71)
Epoch: [0][100/100]\tTime  0.311 ( 0.512)\tData  0.001 ( 0.101)\tLoss 6.1000e+00 (6.5000e+00)\tAcc@1   2.00 (  1.12)\tAcc@5   5.17 (  3.71)
Test: [ 1/20]\tTime  0.911 ( 0.912)\tLoss 6.2000e+00 (6.2000e+00)\tAcc@1   1.00 (  1.00)\tAcc@5   4.17 (  4.17)
Test: [20/20]\tTime  0.211 ( 0.312)\tLoss 5.9000e+00 (6.0000e+00)\tAcc@1   3.00 (  2.50)\tAcc@5   9.17 (  8.17)
 *   Acc@1 2.500 Acc@5 8.170
Epoch: [1][ 10/100]\tTime  0.311 ( 0.512)\tData  0.001 ( 0.101)\tLoss 5.9000e+00 (5.9500e+00)\tAcc@1   4.00 (  3.12)\tAcc@5   8.17 (  7.71)
Epoch: [1][100/100]\tTime  0.311 ( 0.512)\tData  0.001 ( 0.101)\tLoss 5.1000e+00 (5.5000e+00)\tAcc@1   6.00 (  5.12)\tAcc@5  15.17 ( 13.71)
Test: [ 1/20]\tTime  0.911 ( 0.912)\tLoss 5.2000e+00 (5.2000e+00)\tAcc@1   6.00 (  6.00)\tAcc@5  14.17 ( 14.17)
Test: [20/20]\tTime  0.211 ( 0.312)\tLoss 5.3000e+00 (5.1000e+00)\tAcc@1   8.00 (  7.50)\tAcc@5  19.17 ( 18.17)
 *   Acc@1 7.500 Acc@5 18.170
""",
    epochs=2, first={"epoch": 0, "train_loss": 6.5, "val_loss": 6.0}, last={"train_loss": 5.5, "val_loss": 5.1, "~acc@1": 7.5}, steps=3,
)  # fmt: skip
_log(
    "nnU-Net 1",
    """
2026-03-14 08:01:10.123456:
epoch:  0
2026-03-14 08:04:10.123456: train loss : -0.1210
2026-03-14 08:04:20.123456: validation loss: -0.2012
2026-03-14 08:04:20.123456: Average global foreground Dice: [0.41, 0.52]
2026-03-14 08:04:20.123456: (interpret this as an estimate for the Dice of the different classes. This is not exact.)
2026-03-14 08:04:20.123456: lr: 0.0099
2026-03-14 08:04:20.123456: This epoch took 190.1 s
2026-03-14 08:04:21.123456:
epoch:  1
2026-03-14 08:07:10.123456: train loss : -0.3210
2026-03-14 08:07:20.123456: validation loss: -0.3512
2026-03-14 08:07:20.123456: Average global foreground Dice: [0.51, 0.62]
2026-03-14 08:07:20.123456: lr: 0.0098
2026-03-14 08:07:20.123456: This epoch took 190.1 s
""",
    epochs=2, first={"epoch": 0, "train_loss": -0.121, "val_loss": -0.2012}, last={"train_loss": -0.321, "val_loss": -0.3512},
)  # fmt: skip
_log(
    "nnU-Net 2",
    """
2026-03-14 08:01:10.123456: Epoch 0
2026-03-14 08:01:10.123456: Current learning rate: 0.01
2026-03-14 08:02:10.123456: train_loss -0.1010
2026-03-14 08:02:10.123456: val_loss -0.1512
2026-03-14 08:02:10.123456: Pseudo dice [0.41, 0.52]
2026-03-14 08:02:10.123456: Epoch time: 60.12 s
2026-03-14 08:02:10.123456: Yayy! New best EMA pseudo Dice: 0.465
2026-03-14 08:02:11.123456:
2026-03-14 08:02:11.123456: Epoch 1
2026-03-14 08:02:11.123456: Current learning rate: 0.00991
2026-03-14 08:03:10.123456: train_loss -0.2010
2026-03-14 08:03:10.123456: val_loss -0.2212
2026-03-14 08:03:10.123456: Pseudo dice [0.51, 0.62]
2026-03-14 08:03:10.123456: Epoch time: 59.12 s
""",
    epochs=2, first={"train_loss": -0.101, "val_loss": -0.1512}, last={"epoch": 1, "train_loss": -0.201, "val_loss": -0.2212, "lr": 0.00991}, no_metric=["ema", "yayy", "time"],
)  # fmt: skip
_log(
    "MNIST example",
    """
Train Epoch: 1 [0/60000 (0%)]\tLoss: 2.300000
Train Epoch: 1 [59520/60000 (99%)]\tLoss: 0.310000

Test set: Average loss: 0.0510, Accuracy: 9840/10000 (98%)

Train Epoch: 2 [0/60000 (0%)]\tLoss: 0.290000
Train Epoch: 2 [59520/60000 (99%)]\tLoss: 0.110000

Test set: Average loss: 0.0350, Accuracy: 9890/10000 (99%)
""",
    epochs=2, first={"train_loss": 0.31, "val_loss": 0.051}, last={"train_loss": 0.11, "val_loss": 0.035, "~accuracy": 0.989}, steps=4,
)  # fmt: skip
_log(
    "deep-text-recognition",
    """
[300/3000] Train loss: 2.10000, Valid loss: 2.30000, Elapsed_time: 61.12345
Current_accuracy : 21.000, Current_norm_ED  : 0.41
Best_accuracy    : 21.000, Best_norm_ED     : 0.41
--------------------------------------------------------------------------------
Ground Truth              | Prediction                | Confidence Score & T/F
--------------------------------------------------------------------------------
hello                     | hallo                     | 0.8123\tFalse
world                     | world                     | 0.9123\tTrue
--------------------------------------------------------------------------------
[600/3000] Train loss: 1.10000, Valid loss: 1.80000, Elapsed_time: 121.12345
Current_accuracy : 41.000, Current_norm_ED  : 0.61
Best_accuracy    : 41.000, Best_norm_ED     : 0.61
""",
    epochs=2, first={"train_loss": 2.1, "val_loss": 2.3}, last={"train_loss": 1.1, "val_loss": 1.8, "~accuracy": 41.0}, samples=2, no_metric=["best", "elapsed"],
)  # fmt: skip
_log(
    "mmsegmentation by iterations: a counter of the validation's batches",
    """
2022/09/17 18:16:26 - mmengine - INFO - Iter(train) [  4000/80000]  lr: 9.9e-03  eta: 12:00:06  loss: 1.0103  decode.loss_ce: 0.71
2022/09/17 18:17:26 - mmengine - INFO - Iter(val) [50/63]    eta: 0:00:01  time: 0.0412  data_time: 0.0021  memory: 1301
2022/09/17 18:17:29 - mmengine - INFO - Iter(val) [63/63]    aAcc: 92.7300  mIoU: 42.1100  mAcc: 70.0200  data_time: 0.0021  time: 0.0410
2022/09/17 18:26:26 - mmengine - INFO - Iter(train) [  8000/80000]  lr: 9.9e-03  eta: 11:00:06  loss: 0.7558  decode.loss_ce: 0.51
2022/09/17 18:27:26 - mmengine - INFO - Iter(val) [50/63]    eta: 0:00:01  time: 0.0412  data_time: 0.0021  memory: 1301
2022/09/17 18:27:29 - mmengine - INFO - Iter(val) [63/63]    aAcc: 93.7300  mIoU: 55.4000  mAcc: 71.0200  data_time: 0.0021  time: 0.0410
""",
    epochs=2, first={"train_loss": 1.0103, "~miou": 42.11}, last={"train_loss": 0.7558, "~miou": 55.4}, steps=2,
)  # fmt: skip
_log(
    "doctr: an epoch's training stands above the line that names it",
    """
Train set loaded in 0.03193s (10000 samples in 78 batches)
Training loss: 3.81: 100%|██████████| 78/78 [01:06<00:00,  4.07it/s]
100%|██████████| 20/20 [00:09<00:00,  3.59it/s]
Validation loss decreased inf --> 3.2672: saving state...
Epoch 1/100 - Validation loss: 3.2672 (Exact: 0.16% | Partial: 0.16%)
Training loss: 2.9: 100%|██████████| 78/78 [01:06<00:00,  4.07it/s]
100%|██████████| 20/20 [00:09<00:00,  3.59it/s]
Validation loss decreased 3.2672 --> 2.35906: saving state...
Epoch 2/100 - Validation loss: 2.35906 (Exact: 11.20% | Partial: 13.04%)
""",
    epochs=2, first={"train_loss": 3.81, "val_loss": 3.2672}, last={"train_loss": 2.9, "val_loss": 2.35906, "~exact": 11.2},
)  # fmt: skip
_log(
    "deep-text-recognition-benchmark: accuracy on a line of its own",
    """
[1/300000] Train loss: 4.26103, Valid loss: 3.05733, Elapsed_time: 1.09714
Current_accuracy : 0.000, Current_norm_ED  : 0.01
Best_accuracy    : 0.000, Best_norm_ED     : 0.01
[20000/300000] Train loss: 0.14954, Valid loss: 0.09600, Elapsed_time: 1291.66819
Current_accuracy : 90.000, Current_norm_ED  : 0.9200
Best_accuracy    : 90.000, Best_norm_ED     : 0.9200
[40000/300000] Train loss: 0.11850, Valid loss: 0.12338, Elapsed_time: 2585.50984
Current_accuracy : 80.000, Current_norm_ED  : 0.9150
Best_accuracy    : 90.000, Best_norm_ED     : 0.9200
""",
    epochs=3, first={"train_loss": 4.26103, "~accuracy": 0.0}, last={"val_loss": 0.12338, "~accuracy": 80.0},
)  # fmt: skip
_log(
    "YOLO classification: the scores stand in a table of classes",
    """
      Epoch    GPU_mem       loss  Instances       Size
       1/2      1.22G      1.180         16        224: 100%|██████████| 50/50 [00:06<00:00,  8.1it/s]
               classes   top1_acc   top5_acc: 100%|██████████| 7/7 [00:00<00:00, 12.2it/s]
                   all      0.540      0.840
       2/2      1.22G      1.020         16        224: 100%|██████████| 50/50 [00:06<00:00,  8.1it/s]
               classes   top1_acc   top5_acc: 100%|██████████| 7/7 [00:00<00:00, 12.2it/s]
                   all      0.560      0.860
""",
    epochs=2, last={"train_loss": 1.02, "~val_top1": 0.56}, no_metric=["all"],
)  # fmt: skip
_log(
    "DETR, DeiT, MAE: the line of averages is of the split above it, and its mean stands in brackets",
    """
Epoch: [0]  [ 0/10]  eta: 0:00:10  lr: 0.000100  loss: 2.9 (2.9)  class_error: 10.0 (11.0)  time: 0.1  max mem: 100
Averaged stats: lr: 0.000100  loss: 2.80 (2.85)  class_error: 9.0 (10.5)
Test:  [ 0/5]  eta: 0:00:02  loss: 3.9 (3.9)  time: 0.1
Averaged stats: loss: 3.80 (3.82)  class_error: 20.0 (21.0)
Epoch: [1]  [ 0/10]  eta: 0:00:10  lr: 0.000100  loss: 2.5 (2.5)  class_error: 10.0 (11.0)  time: 0.1  max mem: 100
Averaged stats: lr: 0.000100  loss: 2.40 (2.45)  class_error: 9.0 (10.5)
Test:  [ 0/5]  eta: 0:00:02  loss: 3.6 (3.6)  time: 0.1
Averaged stats: loss: 3.50 (3.52)  class_error: 20.0 (21.0)
""",
    epochs=2, first={"train_loss": 2.85, "val_loss": 3.82}, last={"train_loss": 2.45, "val_loss": 3.52},
)  # fmt: skip
_log(
    "TF2 Object Detection: an object in several lines below its step",
    """
I0314 08:01:10.123456 140123 model_lib_v2.py:705] Step 100 per-step time 0.512s
I0314 08:01:10.223456 140123 model_lib_v2.py:708] {'Loss/classification_loss': 0.88,
 'Loss/localization_loss': 0.52,
 'Loss/total_loss': 1.76,
 'learning_rate': 0.0123}
I0314 08:02:10.123456 140123 model_lib_v2.py:705] Step 200 per-step time 0.512s
I0314 08:02:10.223456 140123 model_lib_v2.py:708] {'Loss/classification_loss': 0.77,
 'Loss/localization_loss': 0.42,
 'Loss/total_loss': 1.55,
 'learning_rate': 0.0123}
""",
    steps=2, last_step={"step": 200, "train_loss": 1.55},
)  # fmt: skip
_log(
    "YOLOX: the line of the source between logger and message",
    """
2024-03-14 08:01:10 | INFO     | yolox.core.trainer:261 - epoch: 1/2, iter: 100/100, iter_time: 0.512s, total_loss: 2.41, iou_loss: 0.96, lr: 1.000e-03
2024-03-14 08:01:20 | INFO     | yolox.core.trainer:203 - ---> start train epoch2
2024-03-14 08:02:10 | INFO     | yolox.core.trainer:261 - epoch: 2/2, iter: 100/100, iter_time: 0.512s, total_loss: 1.95, iou_loss: 0.76, lr: 1.000e-03
2024-03-14 08:02:20 | INFO     | yolox.core.trainer:203 - ---> start train epoch3
""",
    epochs=2, first={"train_loss": 2.41}, last={"epoch": 2, "train_loss": 1.95}, no_metric=["yolox"],
)  # fmt: skip
_log(
    "Swin: a bar that counts from 0, and the last validation at the end of the log",
    "".join(
        f"""
[2024-03-01 10:10:00 swin_tiny] (main.py 195): INFO Train: [{e}/300][1250/1251]\teta 0:00:00 lr 0.000050\ttime 0.1234 (0.2234)\tloss 6.5123 ({6.5 - e})
[2024-03-01 10:11:10 swin_tiny] (main.py 257): INFO  * Acc@1 {5 + e}.523 Acc@5 13.523
"""
        for e in (0, 1, 2)
    ),
    epochs=3, first={"epoch": 0, "train_loss": 6.5}, last={"epoch": 2, "train_loss": 4.5, "~acc@1": 7.523},
)  # fmt: skip
_log(
    "GluonCV: train and val beside a loss are scores",
    "".join(f"INFO:root:[Epoch {n}] train=0.{n + 3}5 val=0.{n + 2}7 loss={5 - n}.21 lr: 0.1 time: 21.5\n" for n in range(5)),
    epochs=5, first={"epoch": 0, "train_loss": 5.21, "val_loss": None}, last={"epoch": 4, "train_loss": 1.21, "val_loss": None},
)  # fmt: skip
_log(
    "darknet: many lines between two steps, a block of the mAP, and the log goes on",
    "".join(
        f"Loaded: 0.000045 seconds\nv3 (iou loss, Normalizer: (iou: 0.07, obj: 1.00, cls: 1.00) Region 16 Avg (IOU: 0.5{n % 10}), count: 9, class_loss = 3.1, iou_loss = 2.2, total_loss = 5.3 \n"
        * 4 + f" total_bbox = {n * 420}, rewritten_bbox = 0.01 % \n\n {n}: {9 - n / 20:.4f}, {9.5 - n / 20:.4f} avg loss, 0.001000 rate, 1.9 seconds, {n * 64} images, 2.1 hours left\n"
        + ("\n calculation mAP (mean average precision)...\n Detection layer: 30 - type = 28 \nclass_id = 0, name = cat, ap = 41.50%   \t (TP = 8, FP = 2) \n\n for conf_thresh = 0.25, precision = 0.71, recall = 0.42, F1-score = 0.53 \n\n mean average precision (mAP@0.50) = 0.415000, or 41.50 % \n" if n == 60 else "")
        for n in range(1, 101)
    ),
    epochs=1, first={"step": 60, "train_loss": 6.5, "~map": 0.415, "~recall": 0.42}, steps=100, last_step={"step": 100}, no_metric=["iou", "bbox", "layer"],
)  # fmt: skip
_log(
    "DeiT below srun -l: the sum of the test, with the process in front",
    "0: | distributed init (rank 0): env://\n1: | distributed init (rank 1): env://\n" * 3
    + "".join(
        f"0: Epoch: [{e}]  [ 0/90]  eta: 0:01:12  lr: 0.000{e + 1}00  loss: {7 - e}.1000 ({7 - e}.2000)  time: 0.85  data: 0.0017  max mem: 5702\n"
        f"0: Epoch: [{e}]  [89/90]  eta: 0:00:00  lr: 0.000{e + 1}00  loss: {7 - e}.0100 ({7 - e}.1500)  time: 0.85  data: 0.0017  max mem: 5702\n"
        f"0: Averaged stats: lr: 0.000{e + 1}00  loss: {7 - e}.0100 ({7 - e}.1500)\n"
        f"0: Test:  [ 9/10]  eta: 0:00:01  loss: {6 - e}.4000 ({6 - e}.5000)  acc1: {e}5.0 ({e}5.5)  acc5: 50.0 (51.0)  time: 0.4  data: 0.2  max mem: 5702\n"
        f"0: * Acc@1 {e}5.500 Acc@5 51.000 loss {6 - e}.500\n0: Max accuracy: {e}5.50%\n"
        for e in range(4)
    ),
    epochs=4, first={"epoch": 0, "train_loss": 7.15, "val_loss": 6.5}, last={"epoch": 3, "train_loss": 4.15, "val_loss": 3.5, "~acc@1": 35.5},
)  # fmt: skip
_log(
    "MAE: only the sum of the test is printed of it",
    "".join(f"Epoch: [{e}]  [89/90]  eta: 0:00:00  lr: 0.000100  loss: {7 - e}.0100 ({7 - e}.1500)  time: 0.85\nAveraged stats: lr: 0.000100  loss: {7 - e}.0100 ({7 - e}.1500)\n* Acc@1 {e}5.500 Acc@5 51.000 loss {6 - e}.500\n" for e in range(4)),
    epochs=4, first={"epoch": 0, "train_loss": 7.15, "val_loss": 6.5}, last={"epoch": 3, "train_loss": 4.15, "val_loss": 3.5},
)  # fmt: skip
_log(
    "COCO: the mAP of small objects is none of all",
    "".join(f"epoch {n} train loss {4 - n / 2:.3f}\nval bbox_mAP: 0.3{n} bbox_mAP_50: 0.5{n} bbox_mAP_s: 0.1{n} bbox_mAP_l: 0.4{n}\n" for n in range(1, 5)),
    epochs=4, first={"train_loss": 3.5}, last={"epoch": 4, "~bbox_map": 0.34, "~map_small": 0.14, "~map_50": 0.54},
)  # fmt: skip
_log(
    "a GAN whose FID is told between the steps",
    "".join(
        f"iter {n * 100:6}/9000 | d_loss: {1 - n / 100:.4f} | g_loss: {2 + n / 100:.4f} | total_loss: {3 + n / 50:.4f} | lr 2e-4\n" + (f"Evaluating FID at iter {n * 100}...\nFID: {90 - n}.25\n" if n % 10 == 0 else "")
        for n in range(1, 31)
    ),
    epochs=3, first={"step": 1000, "train_loss": 3.2, "~fid": 80.25}, last={"step": 3000, "train_loss": 3.6, "~fid": 60.25}, steps=29,
)  # fmt: skip
_log(
    "Faster R-CNN: the total loss of a step, its parts below",
    "".join(f"iter: {n} / 70000, total loss: {3 - n / 1000:.6f}\n >>> rpn_loss_cls: 0.5\n >>> loss_box: 0.2\n >>> lr: 0.001000\nspeed: 0.5s / iter\n" for n in range(20, 200, 20)),
    epochs=0, steps=9, last_step={"step": 180, "train_loss": 2.82},
)  # fmt: skip
_log(
    "SimpleHTR: the error rate below the batches of a validation ends the epoch, and the log",
    "".join(
        f"Epoch: {e}\nTrain NN\n" + "".join(f"Epoch: {e} Batch: {b}/80 Loss: {20 / e - b / 50:.4f}\n" for b in (1, 26, 51, 76))
        + "Validate NN\n" + "".join(f'Batch: {b} / 9\nGround truth -> Recognized\n[ERR:2] "over" -> "ovrr"\n[OK] "the" -> "the"\n' for b in (1, 9))
        + f"Character error rate: {60 / e:.3f}%. Word accuracy: {e}1.5%.\nCharacter error rate improved, save model\n"
        for e in range(1, 4)
    ),
    epochs=3, first={"epoch": 1, "train_loss": 18.48}, last={"epoch": 3, "train_loss": 5.147, "~cer": 20.0, "~word_accuracy": 31.5}, steps=12, no_metric=["err"],
)  # fmt: skip
_log(
    "TransUNet: a validation's batches, counted by themselves, above its mean",
    "".join(
        "".join(f"epoch : {e}, iteration : {e * 40 + b}, train loss : {(2 - b / 50) / (e + 1):.6f}, train loss_dice: {1 / (e + 1):.6f}\n" for b in (8, 16, 24, 32, 40))
        + f"epoch : {e}, mean train loss : {1.5 / (e + 1):.6f}, mean train dice : 0.{e}1\n"
        + "".join(f"epoch : {e}, iteration : {e * 9 + b}, val loss : {(2 + b / 10) / (e + 1):.6f}, val loss_dice: {1 / (e + 1):.6f}\n" for b in (3, 6, 9))
        + f"epoch : {e}, mean val loss : {2.5 / (e + 1):.6f}, mean val dice : 0.{e}2\n"
        for e in range(5)
    ),
    epochs=5, first={"epoch": 0, "step": 40, "train_loss": 1.5, "val_loss": 2.5}, last={"epoch": 4, "step": 200, "train_loss": 0.3, "val_loss": 0.5, "~val_dice": 0.42}, steps=25,
)  # fmt: skip
_YOLO_CLASSES = f"{'Class':>22}{'Images':>11}{'Instances':>11}{'Box(P':>11}{'R':>11}{'mAP50':>11}{'mAP50-95):':>11} 100%|██████████| 7/7 [00:01<00:00,  5.0it/s]\n"
_log(
    "YOLO: the best model is validated once more at the end",
    "".join(
        f"{'Epoch':>11}{'GPU_mem':>11}{'box_loss':>11}{'cls_loss':>11}{'dfl_loss':>11}{'Instances':>11}{'Size':>11}\n"
        f"{f'{n}/50':>11}{'4.2G':>11}{3 / n:>11.3f}{2.5 / n:>11.3f}{1 / n:>11.3f}{27:>11}{640:>11}: 100%|██████████| 51/51 [00:06<00:00,  8.3it/s]\n"
        f"{_YOLO_CLASSES}{'all':>22}{204:>11}{911:>11}{0.6 - abs(n - 4) / 50:>11.3f}{0.5:>11.3f}{0.58 - abs(n - 4) / 50:>11.3f}{0.3:>11.3f}\n\n"
        for n in range(1, 7)
    )
    + "6 epochs completed in 0.031 hours.\n\nValidating runs/detect/train/weights/best.pt...\nModel summary (fused): 238 layers, 9413187 parameters, 0 gradients\n"
    + f"{_YOLO_CLASSES}{'all':>22}{204:>11}{911:>11}{0.601:>11.3f}{0.502:>11.3f}{0.581:>11.3f}{0.302:>11.3f}\n{'heron':>22}{88:>11}{310:>11}{0.7:>11.3f}{0.6:>11.3f}{0.655:>11.3f}{0.41:>11.3f}\n",
    epochs=6, first={"epoch": 1, "~map50": 0.52}, last={"epoch": 6, "~map50": 0.54},
)  # fmt: skip


def _bar_of_cifar(done: str, msg: str) -> str:
    """The count is written into the bar by going back over it."""
    return f" [{'=' * 30}>..]  Step: 45ms | Tot: 2s82ms | {msg}{' ' * 9}" + "\b" * 60 + f" {done} "


_log(
    "pytorch-cifar: two bars an epoch, and no word of what the second is",
    "".join(
        f"\nEpoch: {n}\n"
        + "\r".join(_bar_of_cifar(f"{b}/391", f"Loss: {2 / (n + 1) + (391 - b) / 1000:.3f} | Acc: {30 + n}.120% (15000/50000)") for b in (1, 200, 391))
        + "\n"
        + "\r".join(_bar_of_cifar(f"{b}/100", f"Loss: {2.5 / (n + 1) + (100 - b) / 1000:.3f} | Acc: {28 + n}.310% (2831/10000)") for b in (1, 50, 100))
        + "\nSaving..\n"
        for n in range(5)
    ),
    epochs=5, first={"epoch": 0, "train_loss": 2.0, "val_loss": None, "~acc": 30.12}, last={"epoch": 4, "train_loss": 0.4},
    said="In 5 epochs a second bar, to 100, gives a loss again, no line says of what: left out.",
)  # fmt: skip
_log(
    "cellpose",
    """
2026-03-14 08:01:38,000 [INFO] >>> n_epochs=100, n_train=48, n_test=9
2026-03-14 08:02:19,000 [INFO] 0, train_loss=1.9, test_loss=1.8, LR=0.000000, time 3.00s
2026-03-14 08:02:59,000 [INFO] 5, train_loss=1.5, test_loss=1.3, LR=0.050000, time 23.50s
2026-03-14 08:03:39,000 [INFO] 10, train_loss=1.1, test_loss=1.0, LR=0.100000, time 44.00s
""",
    epochs=3, first={"epoch": 0, "train_loss": 1.9, "val_loss": 1.8}, last={"epoch": 10, "val_loss": 1.0},
)  # fmt: skip
_log(
    "BasicSR",
    """
2026-03-14 08:01:43,000 INFO: [001_M..][epoch:  0, iter:     900, lr:(2.000e-04,)] [eta: 24:15:11, time (data): 0.298 (0.002)] l_pix: 1.0054e-01
2026-03-14 08:02:13,000 INFO: [001_M..][epoch:  0, iter:   1,000, lr:(2.000e-04,)] [eta: 24:05:50, time (data): 0.298 (0.002)] l_pix: 9.2066e-02
2026-03-14 08:06:15,000 INFO: Validation Set5
\t # psnr: 28.1127\tBest: 28.1127 @ 1000 iter
\t # ssim: 0.8300\tBest: 0.8300 @ 1000 iter
""",
    epochs=1, last={"~psnr": 28.1127, "val_loss": None}, steps=2,
)  # fmt: skip
_log(
    "CTR-GCN",
    """
[ Sat Mar 14 08:01:10 2026 ] Training epoch: 1
[ Sat Mar 14 08:09:10 2026 ] \tMean training loss: 3.4.  Mean training acc: 24.12%.
[ Sat Mar 14 08:09:10 2026 ] Eval epoch: 1
[ Sat Mar 14 08:11:10 2026 ] \tMean test loss of 258 batches: 2.991101399754613707.
[ Sat Mar 14 08:11:10 2026 ] \tTop1: 21.12%
[ Sat Mar 14 08:15:10 2026 ] Training epoch: 2
[ Sat Mar 14 08:23:10 2026 ] \tMean training loss: 2.2.  Mean training acc: 47.69%.
[ Sat Mar 14 08:23:10 2026 ] Eval epoch: 2
[ Sat Mar 14 08:25:10 2026 ] \tMean test loss of 258 batches: 2.194201397479814006.
[ Sat Mar 14 08:25:10 2026 ] \tTop1: 44.69%
""",
    epochs=2, first={"train_loss": 3.4, "val_loss": 2.9911}, last={"train_loss": 2.2, "val_loss": 2.1942},
    no_metric=["batches"],
)  # fmt: skip
_log(
    "pytorch-3dunet",
    """
2026-03-14 08:03:16,000 [MainThread] INFO UNetTrainer - Training iteration [400/150000]. Epoch [0/99]
2026-03-14 08:03:17,000 [MainThread] INFO UNetTrainer - Training stats. Loss: 0.8027. Evaluation score: 0.191400
2026-03-14 08:03:47,000 [MainThread] INFO UNetTrainer - Training iteration [500/150000]. Epoch [0/99]
2026-03-14 08:03:49,000 [MainThread] INFO UNetTrainer - Validating...
2026-03-14 08:03:50,000 [MainThread] INFO UNetTrainer - Validation iteration 0
2026-03-14 08:03:59,000 [MainThread] INFO UNetTrainer - Validation finished. Loss: 0.7412. Evaluation score: 0.2214
2026-03-14 08:04:00,000 [MainThread] INFO UNetTrainer - Training stats. Loss: 0.8127. Evaluation score: 0.201400
2026-03-14 08:04:30,000 [MainThread] INFO UNetTrainer - Training iteration [600/150000]. Epoch [1/99]
2026-03-14 08:04:31,000 [MainThread] INFO UNetTrainer - Training stats. Loss: 0.5535. Evaluation score: 0.477000
2026-03-14 08:05:01,000 [MainThread] INFO UNetTrainer - Training iteration [700/150000]. Epoch [1/99]
2026-03-14 08:05:02,000 [MainThread] INFO UNetTrainer - Validating...
2026-03-14 08:05:03,000 [MainThread] INFO UNetTrainer - Validation iteration 0
2026-03-14 08:05:04,000 [MainThread] INFO UNetTrainer - Validation finished. Loss: 0.4412. Evaluation score: 0.5214
2026-03-14 08:05:05,000 [MainThread] INFO UNetTrainer - Training stats. Loss: 0.5027. Evaluation score: 0.501400
""",
    epochs=2, first={"val_loss": 0.7412, "train_loss": 0.8127}, last={"val_loss": 0.4412, "train_loss": 0.5027}, steps=2,
)  # fmt: skip
_log(
    "NequIP",
    """
training
# Epoch batch         loss       loss_f        e_mae
      1    10         1.64        0.821        0.274
      1    20        0.912        0.821        0.274

validation
# Epoch batch         loss       loss_f        e_mae
      1    10        0.931        0.838        0.279


  Train      #    Epoch      wal       LR       loss_f         loss        e_mae
! Train               1   21.300    0.005        0.821         0.95        0.274
! Validation          1   21.300    0.005        0.838         0.98        0.279

training
# Epoch batch         loss       loss_f        e_mae
      2    10        0.784        0.392        0.131
      2    20        0.436        0.392        0.131

validation
# Epoch batch         loss       loss_f        e_mae
      2    10        0.474        0.426        0.142


  Train      #    Epoch      wal       LR       loss_f         loss        e_mae
! Train               2   42.600    0.005        0.392         0.45        0.131
! Validation          2   42.600    0.005        0.426         0.48        0.142
""",
    epochs=2, first={"train_loss": 0.95, "val_loss": 0.98, "lr": 0.005}, last={"train_loss": 0.45, "val_loss": 0.48},
    steps=4,
)  # fmt: skip
_log(
    "a number in the name: which of several heads it is of",
    "".join(f"Start epoch {e}\nEpoch: [{e}][0/20]\tLoss {3 / (e + 1):.4f} ({3.2 / (e + 1):.4f})\n * Prec@1     6{e}.110 Prec@5 8{e}.120\n * Prec@1   k 5{e}.130 Prec@5   k 7{e}.140\n * Prec@1   0 5{e}.210 Prec@5 001 7{e}.220\n * Prec@1  05 5{e}.310 Prec@5 05 7{e}.320\n" for e in range(3)),
    epochs=3, first={"epoch": 0, "metrics": {"val_prec@1": 60.11, "val_prec@5": 80.12, "val_prec@1_k": 50.13, "val_prec@5_k": 70.14, "val_prec@1_0": 50.21, "val_prec@5_001": 70.22, "val_prec@1_05": 50.31, "val_prec@5_05": 70.32}}, last={"~prec@1_05": 52.31},
)  # fmt: skip
_log(
    "tqdm: the epoch before the bar, without its word",
    "".join(f"[fold_0] {e:03}/200:   0%|          | 0/4 [00:00<?, ?it/s]\n[fold_0] {e:03}/200:  50%|█████     | 2/4 [00:07<00:02,  2.9s/it, loss={5 / e:.4f}]\n[fold_0] {e:03}/200: 100%|██████████| 4/4 [00:08<00:00,  1.9s/it, loss={4 / e:.4f}]\n" + (f"  Epoch {e} — mean Dice: 0.{e}29  |  HD95: 161.27 mm\n" if e % 2 == 0 else "") for e in range(1, 7)),
    epochs=6, first={"epoch": 1, "train_loss": 4.0, "~dice": None}, last={"epoch": 6, "train_loss": 4 / 6, "~dice": 0.629},
)  # fmt: skip
_log(
    "scores of a validation now and then, one of them of an unknown name",
    "".join(f"[epoch: {e}, iter: {e * 100}] l_mos: {0.9 / e:.4f} l_metric: {0.7 / e:.4f}\n" + (f"Validation set\n\t # srcc: 0.9{e:02}1\tBest: 0.9312 @ 200 iter\n\t # plcc: 0.8{e:02}7\tBest: 0.8312 @ 200 iter\n" if e % 7 == 0 else "") for e in range(1, 29)),
    epochs=28, first={"epoch": 1, "metrics": {"l_mos": 0.9, "l_metric": 0.7}}, last={"epoch": 28, "~srcc": 0.9281, "~plcc": 0.8287},
)  # fmt: skip
_log(
    "a warning of another stream behind an unfinished line",
    "".join(f"timer: 0.3520 sec.\niter {n} || Loss: {9 - n / 20:.4f} || /home/me/ssd.pytorch/utils/augment.py:238: VisibleDeprecationWarning: Creating an ndarray from ragged nested sequences (0.5)\n  mode = random.choice(self.sample_options)\n" for n in range(0, 60, 10)),
    epochs=0, steps=6, last_step={"step": 50, "train_loss": 6.5},
)  # fmt: skip
_log(
    "the best so far in one word with its score",
    "".join(f"E{e:3}/9 | Loss:{4 / e:.4f} | TrF1:3{e}.29% | VAcc:4{e}.25% | ETA:2.7min | BestVAcc:4{e}.25%\n" for e in range(1, 6)),
    epochs=5, first={"epoch": 1, "train_loss": 4.0, "~val_acc": 41.25}, last={"train_loss": 0.8}, no_metric=["best", "eta"],
)  # fmt: skip
_log(
    "HRNet: the last validation is told again below every epoch",
    "".join("".join(f"Epoch: [{e}/20] Iter:[{i}/40], Time: 0.32, lr: [0.0162], Loss: {3 / e - i / 1000:.6f}, Acc:0.7{i}0, Semantic loss: 0.8692\n" for i in (0, 20, 39)) + f"Loss: {1.2 / (1 + e // 2):.3f}, MeanIU:  0.4{e // 2}60, Best_mIoU:  0.5217\n" for e in range(1, 9)),
    epochs=8, first={"epoch": 1, "train_loss": 2.961, "val_loss": 1.2, "~val_miou": 0.406}, last={"epoch": 8, "train_loss": 0.336, "val_loss": 0.24}, no_metric=["best"],
)  # fmt: skip
_log(
    "a class that is called day",
    "".join(f"epoch   {e} | train_loss: {9 / (e + 1):.5f} | test_loss: {8 / (e + 1):.5f} | acc_day: 0.9{e}34 | acc_fog: 0.8{e}24\n" for e in range(5)),
    epochs=5, first={"epoch": 0, "train_loss": 9.0, "~acc_day": 0.9034}, last={"val_loss": 1.6, "~acc_day": 0.9434, "~acc_fog": 0.8424},
)  # fmt: skip
