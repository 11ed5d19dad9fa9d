# ruff: noqa: E501 — lines stand as the tools print them
"""What training tools print, a few lines of each in the tool's own form, with the values that a person reads there.

`epochs` counts the evaluations, `first` and `last` hold values of the first and last (a name that begins with `~` is
looked for in the names of the extra metrics), `steps` is how many steps there are at least.
"""

from __future__ import annotations

from typing import Any

PRINTED: dict[str, tuple[str, dict[str, Any]]] = {}


def _log(name: str, text: str, **right: Any) -> None:
    PRINTED[name] = (text.strip("\n") + "\n", right)


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
    "PaddleSpeech",
    """
[2026-03-14 08:01:10] [    INFO] [trainer.py:201] - Train: Rank: 0, epoch: 0, iter: 50, batch_loss: 61.0, att_loss: 60.0, lr: 0.0001, batch_cost: 0.4
[2026-03-14 08:02:10] [    INFO] [trainer.py:201] - Train: Rank: 0, epoch: 0, iter: 100, batch_loss: 50.0, att_loss: 49.0, lr: 0.0002, batch_cost: 0.4
[2026-03-14 08:02:40] [    INFO] [trainer.py:310] - Epoch 0 Val info val_loss 48.5
[2026-03-14 08:11:10] [    INFO] [trainer.py:201] - Train: Rank: 0, epoch: 1, iter: 150, batch_loss: 40.0, att_loss: 39.0, lr: 0.0003, batch_cost: 0.4
[2026-03-14 08:12:10] [    INFO] [trainer.py:201] - Train: Rank: 0, epoch: 1, iter: 200, batch_loss: 33.0, att_loss: 32.0, lr: 0.0004, batch_cost: 0.4
[2026-03-14 08:12:40] [    INFO] [trainer.py:310] - Epoch 1 Val info val_loss 36.5
""",
    epochs=2, first={"train_loss": 50.0, "val_loss": 48.5}, last={"train_loss": 33.0, "val_loss": 36.5}, steps=4,
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
    "WeNet",
    """
2026-03-14 08:01:10,100 INFO Epoch 0 TRAIN info lr 1e-05
2026-03-14 08:01:12,100 DEBUG TRAIN Batch 0/0 loss 80.000000 loss_att 70.000000 loss_ctc 90.000000 lr 0.00000400 rank 0
2026-03-14 08:05:10,100 DEBUG TRAIN Batch 0/100 loss 60.000000 loss_att 55.000000 loss_ctc 70.000000 lr 0.00040000 rank 0
2026-03-14 08:06:10,100 DEBUG CV Batch 0/0 loss 52.000000 loss_att 48.000000 loss_ctc 60.000000 history loss 51.000000 rank 0
2026-03-14 08:06:12,100 INFO Epoch 0 CV info cv_loss 50.5
2026-03-14 08:06:12,100 INFO Epoch 1 TRAIN info lr 0.0004
2026-03-14 08:11:10,100 DEBUG TRAIN Batch 1/100 loss 40.000000 loss_att 35.000000 loss_ctc 50.000000 lr 0.00080000 rank 0
2026-03-14 08:12:12,100 INFO Epoch 1 CV info cv_loss 38.5
""",
    epochs=2, first={"epoch": 0, "train_loss": 60.0, "val_loss": 50.5}, last={"train_loss": 40.0, "val_loss": 38.5}, steps=3,
)  # fmt: skip
_log(
    "NeMo and Lightning checkpoints",
    """
[NeMo I 2026-03-14 08:01:10 rnnt_wer_bpe:231] reference:the weather in the north
Epoch 0: 100%|██████████| 50/50 [00:12<00:00,  3.9it/s, v_num=1, train_step_timing=0.2]
Epoch 0, global step 50: 'val_wer' reached 0.91000 (best 0.91000), saving model to '/tmp/out/a--val_wer=0.9100-epoch=0.ckpt' as top 3
Epoch 1: 100%|██████████| 50/50 [00:12<00:00,  3.9it/s, v_num=1, train_step_timing=0.2]
Epoch 1, global step 100: 'val_wer' reached 0.72000 (best 0.72000), saving model to '/tmp/out/a--val_wer=0.7200-epoch=1.ckpt' as top 3
""",
    epochs=2, first={"epoch": 0, "val_wer": 0.91}, last={"epoch": 1, "val_wer": 0.72},
)  # fmt: skip
_log(
    "ESPnet console",
    """
[box] 2026-03-14 08:01:10,100 (trainer:733) INFO: 1epoch:train:1-50batch: iter_time=1.1e-04, forward_time=0.2, loss_ctc=90.1, loss_att=70.2, acc=0.31, loss=76.1, backward_time=0.1, optim0_lr0=1e-05, train_time=0.9
[box] 2026-03-14 08:05:10,100 (trainer:338) INFO: 1epoch results: [train] iter_time=1.1e-04, loss_ctc=80.1, loss_att=60.2, acc=0.41, loss=66.1, optim0_lr0=1e-05, train_time=0.9, time=4 minutes and 2.1 seconds, total_count=100, [valid] loss_ctc=70.1, cer=0.45, loss_att=58.2, acc=0.44, wer=0.81, loss=61.1, time=9.1 seconds, total_count=10
[box] 2026-03-14 08:11:10,100 (trainer:733) INFO: 2epoch:train:1-50batch: iter_time=1.1e-04, forward_time=0.2, loss_ctc=60.1, loss_att=50.2, acc=0.51, loss=53.1, backward_time=0.1, optim0_lr0=2e-05, train_time=0.9
[box] 2026-03-14 08:15:10,100 (trainer:338) INFO: 2epoch results: [train] iter_time=1.1e-04, loss_ctc=50.1, loss_att=40.2, acc=0.61, loss=43.1, optim0_lr0=2e-05, train_time=0.9, time=4 minutes and 2.1 seconds, total_count=200, [valid] loss_ctc=45.1, cer=0.25, loss_att=38.2, acc=0.64, wer=0.51, loss=40.1, time=9.1 seconds, total_count=20
""",
    epochs=2, first={"train_loss": 66.1, "val_loss": 61.1, "val_wer": 0.81}, last={"train_loss": 43.1, "val_loss": 40.1, "val_wer": 0.51}, steps=2,
)  # fmt: skip
_log(
    "OpenNMT",
    """
[2026-03-14 08:01:10,100 INFO] Step 50/200; acc:  21.10; ppl: 33.20; xent: 3.50; lr: 1.00000; 10925/8489 tok/s;      9 sec
[2026-03-14 08:01:20,100 INFO] Step 100/200; acc:  35.50; ppl: 16.10; xent: 2.78; lr: 1.00000; 14904/11549 tok/s;     15 sec
[2026-03-14 08:01:21,100 INFO] Validation perplexity: 12.5
[2026-03-14 08:01:21,200 INFO] Validation accuracy: 40.6
[2026-03-14 08:01:21,300 INFO] Saving checkpoint out/model_step_100.pt
[2026-03-14 08:01:40,100 INFO] Step 150/200; acc:  54.20; ppl:  7.37; xent: 2.00; lr: 1.00000; 14808/11448 tok/s;     28 sec
[2026-03-14 08:01:50,100 INFO] Step 200/200; acc:  64.20; ppl:  4.37; xent: 1.47; lr: 1.00000; 14808/11448 tok/s;     28 sec
[2026-03-14 08:01:51,100 INFO] Validation perplexity: 6.5
[2026-03-14 08:01:51,200 INFO] Validation accuracy: 52.3
""",
    epochs=2, first={"train_loss": 2.78, "val_loss": 2.5257}, last={"train_loss": 1.47, "val_loss": 1.8718}, steps=4,
)  # fmt: skip
_log(
    "Megatron",
    """
 iteration      100/    5000 | consumed samples:        25600 | elapsed time per iteration (ms): 927.8 | learning rate: 3.750E-05 | global batch size:   256 | lm loss: 8.012000E+00 | loss scale: 1.0 | grad norm: 2.031 | number of skipped iterations:   0 | number of nan iterations:   0 |
----------------------------------------------------------------------------------------------
 validation loss at iteration 100 | lm loss value: 7.950000E+00 | lm loss PPL: 2.835575E+03 |
----------------------------------------------------------------------------------------------
 iteration      200/    5000 | consumed samples:        51200 | elapsed time per iteration (ms): 927.8 | learning rate: 7.500E-05 | global batch size:   256 | lm loss: 7.012000E+00 | loss scale: 1.0 | grad norm: 1.031 | number of skipped iterations:   0 | number of nan iterations:   0 |
 validation loss at iteration 200 | lm loss value: 7.100000E+00 | lm loss PPL: 1.211967E+03 |
""",
    epochs=2, first={"train_loss": 8.012, "val_loss": 7.95}, last={"train_loss": 7.012, "val_loss": 7.1}, steps=2,
)  # fmt: skip
_log(
    "DeepSpeed steps",
    """
[2026-03-14 08:01:10,100] [INFO] [logging.py:96:log_dist] [Rank 0] step=10, skipped=0, lr=[1e-05], mom=[(0.9, 0.95)]
steps: 10 loss: 3.1000 iter time (s): 0.410 samples/sec: 39.1
[2026-03-14 08:01:20,100] [INFO] [logging.py:96:log_dist] [Rank 0] step=20, skipped=0, lr=[2e-05], mom=[(0.9, 0.95)]
steps: 20 loss: 2.7000 iter time (s): 0.410 samples/sec: 39.1
""",
    epochs=0, steps=2, last_step={"step": 20, "train_loss": 2.7},
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
    "LLaMA-Factory",
    """
{"current_steps": 10, "total_steps": 40, "loss": 1.9, "lr": 9e-05, "epoch": 0.5, "percentage": 25.0, "elapsed_time": "0:00:31", "remaining_time": "0:01:33", "throughput": 2100.5, "total_tokens": 65536}
{"current_steps": 20, "total_steps": 40, "loss": 1.6, "lr": 6e-05, "epoch": 1.0, "percentage": 50.0, "elapsed_time": "0:01:02", "remaining_time": "0:01:02", "throughput": 2100.5, "total_tokens": 131072}
{"current_steps": 20, "total_steps": 40, "eval_loss": 1.7, "epoch": 1.0, "percentage": 50.0, "elapsed_time": "0:01:08", "remaining_time": "0:01:08"}
{"current_steps": 30, "total_steps": 40, "loss": 1.3, "lr": 3e-05, "epoch": 1.5, "percentage": 75.0, "elapsed_time": "0:01:33", "remaining_time": "0:00:31", "throughput": 2100.5, "total_tokens": 196608}
{"current_steps": 40, "total_steps": 40, "loss": 1.1, "lr": 0.0, "epoch": 2.0, "percentage": 100.0, "elapsed_time": "0:02:03", "remaining_time": "0:00:00", "throughput": 2100.5, "total_tokens": 262144}
{"current_steps": 40, "total_steps": 40, "eval_loss": 1.65, "epoch": 2.0, "percentage": 100.0, "elapsed_time": "0:02:09", "remaining_time": "0:00:00"}
""",
    epochs=2, first={"val_loss": 1.7, "train_loss": 1.6}, last={"val_loss": 1.65, "train_loss": 1.1}, steps=4, no_metric=["percent", "tokens", "throughput"],
)  # fmt: skip
_log(
    "HF Trainer console",
    """
***** Running training *****
  Num examples = 1,000
  Num Epochs = 2
  Total optimization steps = 250
 20%|██        | 50/250 [00:21<01:23,  2.4it/s]{'loss': 2.5, 'grad_norm': 1.2, 'learning_rate': 4e-05, 'epoch': 0.4}
{'loss': 2.1, 'grad_norm': 1.1, 'learning_rate': 3e-05, 'epoch': 0.8}
***** Running Evaluation *****
  Num examples = 100
{'eval_loss': 2.0, 'eval_wer': 0.81, 'eval_runtime': 3.1, 'eval_samples_per_second': 31.1, 'eval_steps_per_second': 4.1, 'epoch': 1.0}
{'loss': 1.8, 'grad_norm': 1.2, 'learning_rate': 2e-05, 'epoch': 1.2}
{'loss': 1.6, 'grad_norm': 1.0, 'learning_rate': 1e-05, 'epoch': 1.6}
{'eval_loss': 1.9, 'eval_wer': 0.71, 'eval_runtime': 3.1, 'eval_samples_per_second': 31.1, 'eval_steps_per_second': 4.1, 'epoch': 2.0}
{'train_runtime': 131.1, 'train_samples_per_second': 15.1, 'train_steps_per_second': 1.9, 'train_loss': 2.0, 'epoch': 2.0}
***** train metrics *****
  epoch                    =        2.0
  train_loss               =        2.0
  train_runtime            = 0:02:11.10
***** eval metrics *****
  epoch                   =        2.0
  eval_loss               =        1.9
  eval_wer                =       0.71
""",
    epochs=2, first={"val_loss": 2.0, "train_loss": 2.1, "val_wer": 0.81}, last={"val_loss": 1.9, "train_loss": 1.6, "val_wer": 0.71}, generations=1,
)  # fmt: skip
_log(
    "TRL",
    """
{'loss': 0.693, 'grad_norm': 8.1, 'learning_rate': 5e-07, 'rewards/chosen': 0.01, 'rewards/rejected': 0.0, 'rewards/accuracies': 0.51, 'logps/chosen': -210.1, 'epoch': 0.5}
{'eval_loss': 0.65, 'eval_runtime': 9.1, 'eval_rewards/chosen': 0.1, 'eval_rewards/accuracies': 0.61, 'epoch': 1.0}
{'loss': 0.55, 'grad_norm': 7.1, 'learning_rate': 1e-07, 'rewards/chosen': 0.21, 'rewards/rejected': -0.1, 'rewards/accuracies': 0.71, 'logps/chosen': -205.1, 'epoch': 1.5}
{'eval_loss': 0.60, 'eval_runtime': 9.1, 'eval_rewards/chosen': 0.2, 'eval_rewards/accuracies': 0.68, 'epoch': 2.0}
""",
    epochs=2, first={"train_loss": 0.693, "val_loss": 0.65}, last={"train_loss": 0.55, "val_loss": 0.6, "~val_rewards_chosen": 0.2},
)  # fmt: skip
_log(
    "torchtune",
    """
1|10|Loss: 2.1000:   5%|▌         | 10/200 [00:11<03:21,  1.1s/it]
1|200|Loss: 1.7000: 100%|██████████| 200/200 [03:31<00:00,  1.1s/it]
2|210|Loss: 1.6000:   5%|▌         | 10/200 [00:11<03:21,  1.1s/it]
2|400|Loss: 1.2000: 100%|██████████| 200/200 [03:31<00:00,  1.1s/it]
""",
    epochs=2, first={"train_loss": 1.7}, last={"epoch": 2, "train_loss": 1.2}, steps=4,
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
    "fairseq",
    """
2026-03-14 08:01:10 | INFO | fairseq.trainer | begin training epoch 1
2026-03-14 08:01:20 | INFO | train_inner | epoch 001:     50 / 100 loss=9.100, ppl=550, wps=9000, ups=3, wpb=3000, bsz=100, num_updates=50, lr=1e-05, gnorm=3.1, train_wall=20, gb_free=9, wall=30
2026-03-14 08:02:10 | INFO | valid | epoch 001 | valid on 'valid' subset | loss 8.200 | ppl 294 | wps 0 | wpb 900 | bsz 20 | num_updates 100
2026-03-14 08:02:12 | INFO | fairseq_cli.train | end of epoch 1 (average epoch stats below)
2026-03-14 08:02:12 | INFO | train | epoch 001 | loss 8.800 | ppl 446 | wps 8000 | ups 2.9 | wpb 2900 | bsz 99 | num_updates 100 | lr 2e-05 | gnorm 2.9 | train_wall 40 | gb_free 9 | wall 60
2026-03-14 08:03:10 | INFO | valid | epoch 002 | valid on 'valid' subset | loss 7.200 | ppl 147 | wps 0 | wpb 900 | bsz 20 | num_updates 200 | best_loss 7.2
2026-03-14 08:03:12 | INFO | train | epoch 002 | loss 7.600 | ppl 194 | wps 8000 | ups 2.9 | wpb 2900 | bsz 99 | num_updates 200 | lr 4e-05 | gnorm 2.1 | train_wall 40 | gb_free 9 | wall 120
""",
    epochs=2, first={"train_loss": 8.8, "val_loss": 8.2}, last={"train_loss": 7.6, "val_loss": 7.2}, no_metric=["best", "wpb", "wall"],
)  # fmt: skip
_log(
    "PyTorch language model",
    """
| epoch   1 |   200/  400 batches | lr 20.00 | ms/batch 11.31 | loss  7.10 | ppl  1211.97
| epoch   1 |   400/  400 batches | lr 20.00 | ms/batch 11.31 | loss  6.30 | ppl   544.57
-----------------------------------------------------------------------------------------
| end of epoch   1 | time: 30.11s | valid loss  6.10 | valid ppl   445.86
-----------------------------------------------------------------------------------------
| epoch   2 |   200/  400 batches | lr 20.00 | ms/batch 11.31 | loss  6.00 | ppl   403.43
| epoch   2 |   400/  400 batches | lr 20.00 | ms/batch 11.31 | loss  5.70 | ppl   298.87
| end of epoch   2 | time: 30.11s | valid loss  5.80 | valid ppl   330.30
""",
    epochs=2, first={"train_loss": 6.3, "val_loss": 6.1}, last={"train_loss": 5.7, "val_loss": 5.8}, steps=4,
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
    "Flair",
    """
2026-03-14 08:01:10,100 epoch 1 - iter 10/20 - loss 3.10 - time (sec): 2.11 - samples/sec: 310.2 - lr: 0.100000
2026-03-14 08:01:12,100 epoch 1 - iter 20/20 - loss 2.80 - time (sec): 4.11 - samples/sec: 310.2 - lr: 0.100000
2026-03-14 08:01:12,200 EPOCH 1 done: loss 2.8000 - lr: 0.100000
2026-03-14 08:01:13,100 DEV : loss 2.5 - f1-score (micro avg)  0.31
2026-03-14 08:01:13,200 saving best model
2026-03-14 08:02:12,100 epoch 2 - iter 20/20 - loss 2.10 - time (sec): 4.11 - samples/sec: 310.2 - lr: 0.100000
2026-03-14 08:02:12,200 EPOCH 2 done: loss 2.1000 - lr: 0.100000
2026-03-14 08:02:13,100 DEV : loss 2.2 - f1-score (micro avg)  0.42
""",
    epochs=2, first={"train_loss": 2.8, "val_loss": 2.5}, last={"train_loss": 2.1, "val_loss": 2.2},
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
    "nanoGPT",
    """
step 0: train loss 4.2874, val loss 4.2823
iter 0: loss 4.2664, time 9711.28ms, mfu -100.00%
iter 100: loss 2.4664, time 11.28ms, mfu 2.10%
step 250: train loss 1.9634, val loss 2.0614
iter 250: loss 2.0064, time 911.28ms, mfu 2.00%
step 500: train loss 1.5234, val loss 1.7314
""",
    epochs=3, first={"train_loss": 4.2874, "val_loss": 4.2823}, last={"train_loss": 1.5234, "val_loss": 1.7314}, steps=3,
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
    "CSV that grows",
    "epoch,train_loss,val_loss,val_wer,lr\n1,2.1,2.3,0.91,0.001\n2,1.7,2.0,0.82,0.001\n3,1.2,2.1,0.80,0.0005\n",
    epochs=3, first={"val_wer": 0.91}, last={"train_loss": 1.2, "val_loss": 2.1, "lr": 0.0005},
)  # fmt: skip
_log(
    "a table in a box",
    """
+-------+------------+----------+---------+
| Epoch | Train Loss | Val Loss | WER (%) |
+-------+------------+----------+---------+
|   1   |   2.100    |  2.300   |  91.0   |
|   2   |   1.700    |  2.000   |  82.0   |
+-------+------------+----------+---------+
""",
    epochs=2, first={"train_loss": 2.1, "val_wer": 0.91}, last={"val_loss": 2.0, "val_wer": 0.82},
)  # fmt: skip
_log(
    "spoken",
    """
14.03.2026 08:01:10 - Training loss for epoch 1: 2.10
14.03.2026 08:01:40 - Validation loss after epoch 1 is 2.30
14.03.2026 08:02:10 - Training loss for epoch 2: 1.70
14.03.2026 08:02:40 - Validation loss after epoch 2 is 2.00
""",
    epochs=2, first={"train_loss": 2.1, "val_loss": 2.3}, last={"train_loss": 1.7, "val_loss": 2.0},
)  # fmt: skip
_log(
    "split before the colon",
    "Epoch 1/3 | Loss - train: 2.10, val: 2.30 | WER - train: 0.70, val: 0.80\nEpoch 2/3 | Loss - train: 1.70, val: 2.00 | WER - train: 0.60, val: 0.75\n",
    epochs=2, first={"train_loss": 2.1, "val_loss": 2.3}, last={"train_loss": 1.7, "val_loss": 2.0},
)  # fmt: skip
_log(
    "bare splits",
    "epoch 1 | train: 2.10 | val: 2.30\nepoch 2 | train: 1.70 | val: 2.00\nepoch 3 | train: 1.20 | val: 2.10\n",
    epochs=3, first={"train_loss": 2.1, "val_loss": 2.3}, last={"train_loss": 1.2, "val_loss": 2.1},
)  # fmt: skip
_log(
    "one name for two splits",
    "Epoch 1: Train Loss: 2.10, Acc: 0.31, Val Loss: 2.30, Acc: 0.29\nEpoch 2: Train Loss: 1.70, Acc: 0.41, Val Loss: 2.00, Acc: 0.35\n",
    epochs=2, last={"train_loss": 1.7, "val_loss": 2.0, "~val_acc": 0.35, "~train_acc": 0.41},
)  # fmt: skip
_log(
    "pretty-printed JSON",
    """
{
  "epoch": 1,
  "training": {
    "loss": 2.1,
    "num_batches": 40
  },
  "validation": {
    "loss": 2.3,
    "wer": 0.81
  }
}
{
  "epoch": 2,
  "training": {
    "loss": 1.7
  },
  "validation": {
    "loss": 2.0,
    "wer": 0.75
  }
}
""",
    epochs=2, first={"train_loss": 2.1, "val_loss": 2.3, "val_wer": 0.81}, last={"train_loss": 1.7, "val_loss": 2.0},
)  # fmt: skip
_log(
    "several evaluations in one epoch",
    "".join(f"epoch 0 | step {n}00 | train loss {4 - n / 4:.2f} | val loss {4.2 - n / 5:.2f}\n" for n in range(1, 7)),
    epochs=6, first={"train_loss": 3.75, "val_loss": 4.0}, last={"train_loss": 2.5, "val_loss": 3.0},
)  # fmt: skip
_log(
    "three starts",
    "".join(f"Epoch {e}/9 loss {top - e:.1f} val_loss {top - e + 1:.1f}\n" for top, most in ((9, 3), (19, 2), (29, 4)) for e in range(1, most + 1)),
    epochs=4, first={"train_loss": 28.0}, last={"train_loss": 25.0, "val_loss": 26.0}, generations=3,
)  # fmt: skip
_log(
    "validation within an epoch",
    """
Epoch 1/2
step 10/20 loss: 3.00
Validating...
loss: 2.90 wer: 0.95
step 20/20 loss: 2.50
Validating...
loss: 2.60 wer: 0.90
Epoch 2/2
step 10/20 loss: 2.30
Validating...
loss: 2.55 wer: 0.88
step 20/20 loss: 2.00
Validating...
loss: 2.40 wer: 0.80
""",
    epochs=2, first={"train_loss": 2.5, "val_loss": 2.6, "val_wer": 0.9}, last={"train_loss": 2.0, "val_loss": 2.4, "val_wer": 0.8},
)  # fmt: skip
_log(
    "loguru, ranks and warnings",
    """
2026-03-14 08:01:10.123 | INFO     | __main__:main:42 - config: epochs=3 batch_size=8 lr=0.001
[rank1]: Epoch 1/3 train_loss=9.0 val_loss=9.0
/opt/env/lib/python3.11/site-packages/torch/nn/init.py:511: UserWarning: Initializing zero-element tensors is a no-op
2026-03-14 08:02:10.123 | INFO     | __main__:main:57 - Epoch 1/3 train_loss=2.1 val_loss=2.3
2026-03-14 08:02:10.123 | INFO     | __main__:main:60 - Saved checkpoint epoch 1 val_loss=2.3 to out/best.pt
2026-03-14 08:03:10.123 | INFO     | __main__:main:57 - Epoch 2/3 train_loss=1.7 val_loss=2.0
""",
    epochs=2, first={"train_loss": 2.1, "val_loss": 2.3}, last={"train_loss": 1.7, "val_loss": 2.0}, generations=1,
)  # fmt: skip

_log(
    "early stopping",
    """
Epoch 1 \tTraining Loss: 2.100000 \tValidation Loss: 2.300000
Validation loss decreased (inf --> 2.300000).  Saving model ...
Epoch 2 \tTraining Loss: 1.700000 \tValidation Loss: 2.000000
Validation loss decreased (2.300000 --> 2.000000).  Saving model ...
Epoch 3 \tTraining Loss: 1.200000 \tValidation Loss: 2.200000
EarlyStopping counter: 1 out of 5
""",
    epochs=3, last={"train_loss": 1.2, "val_loss": 2.2}, no_metric=["decreased", "counter", "early"],
)  # fmt: skip
_log(
    "transfer tutorial",
    """
Epoch 0/2
----------
train Loss: 0.6900 Acc: 0.5500
val Loss: 0.5100 Acc: 0.7500

Epoch 1/2
----------
train Loss: 0.4900 Acc: 0.7500
val Loss: 0.4100 Acc: 0.8500

Training complete in 1m 3s
Best val Acc: 0.850000
""",
    epochs=2, first={"epoch": 0, "train_loss": 0.69, "val_loss": 0.51, "~val_acc": 0.75, "~train_acc": 0.55}, last={"train_loss": 0.49, "val_loss": 0.41}, no_metric=["best"],
)  # fmt: skip
_log(
    "figures above their epoch",
    """
train_loss: 2.1 val_loss: 2.3
Epoch 1 finished
train_loss: 1.7 val_loss: 2.0
Epoch 2 finished
train_loss: 1.2 val_loss: 2.2
Epoch 3 finished
""",
    epochs=3, first={"epoch": 1, "train_loss": 2.1, "val_loss": 2.3}, last={"epoch": 3, "train_loss": 1.2, "val_loss": 2.2},
)  # fmt: skip
_log(
    "Coqui",
    """
 > EPOCH: 0/1000
 --> /root/out/run-March-14
 > TRAINING (2026-03-14 08:01:10)
   --> STEP: 24/243 -- GLOBAL_STEP: 25
     | > loss: 3.10000  (3.30000)
     | > grad_norm: 1.2  (1.3)
 > EVALUATION
  --> EVAL PERFORMANCE
     | > avg_loader_time: 0.01 (+0.00)
     | > avg_loss: 2.90000 (+0.00000)
 > EPOCH: 1/1000
 > TRAINING (2026-03-14 08:05:10)
   --> STEP: 24/243 -- GLOBAL_STEP: 275
     | > loss: 2.10000  (2.30000)
 > EVALUATION
  --> EVAL PERFORMANCE
     | > avg_loss: 2.50000 (-0.40000)
""",
    epochs=2, first={"epoch": 0, "val_loss": 2.9}, last={"val_loss": 2.5}, no_metric=["time"],
)  # fmt: skip
_log(
    "percent of a bare split",
    """
Epoch: 001 | Batch: 000/100 | Loss: 3.1
Epoch: 001 | Batch: 050/100 | Loss: 2.9
Epoch: 001/003 | Train: 41.2% | Validation: 38.1%
Time elapsed: 1.2 min
Epoch: 002 | Batch: 000/100 | Loss: 2.1
Epoch: 002/003 | Train: 51.2% | Validation: 45.1%
Time elapsed: 2.4 min
""",
    epochs=2, first={"train_loss": 2.9, "~val_share": 38.1}, last={"train_loss": 2.1},
)  # fmt: skip
_log(
    "decimal comma of three digits",
    """
Epoch 1: train loss 2,410 val loss 2,520
Epoch 2: train loss 1,970 val loss 2,210
""",
    epochs=2, first={"train_loss": 2.41, "val_loss": 2.52}, last={"train_loss": 1.97, "val_loss": 2.21},
)  # fmt: skip
_log(
    "average in words",
    """
Epoch 1: lr=0.001
  step 50/100 loss=3.0 (avg 3.2)
  step 100/100 loss=2.0 (avg: 2.6)
  validation: loss=2.5 wer=0.91
Epoch 2: lr=0.001
  step 100/100 loss=1.5 (avg: 1.8)
  validation: loss=2.2 wer=0.81
""",
    epochs=2, first={"train_loss": 2.6, "val_loss": 2.5, "val_wer": 0.91, "lr": 0.001}, last={"train_loss": 1.8, "val_loss": 2.2}, steps=3,
)  # fmt: skip
_log(
    "AllenNLP",
    """
2026-03-14 08:01:10 - INFO - allennlp.training.trainer - Epoch 0/9
accuracy: 0.3100, loss: 2.1000 ||: 100%|##########| 40/40 [00:05<00:00,  7.9it/s]
2026-03-14 08:01:20 - INFO - allennlp.training.trainer - Validating
accuracy: 0.2900, loss: 2.3000 ||: 100%|##########| 10/10 [00:01<00:00,  9.9it/s]
2026-03-14 08:01:22 - INFO - allennlp.training.tensorboard_writer -                        Training |  Validation
2026-03-14 08:01:22 - INFO - allennlp.training.tensorboard_writer - accuracy           |     0.310  |     0.290
2026-03-14 08:01:22 - INFO - allennlp.training.tensorboard_writer - loss               |     2.100  |     2.300
2026-03-14 08:01:22 - INFO - allennlp.training.trainer - Epoch duration: 00:00:12
2026-03-14 08:01:23 - INFO - allennlp.training.trainer - Epoch 1/9
accuracy: 0.4100, loss: 1.1000 ||: 100%|##########| 40/40 [00:05<00:00,  7.9it/s]
2026-03-14 08:01:20 - INFO - allennlp.training.trainer - Validating
accuracy: 0.3900, loss: 2.0000 ||: 100%|##########| 10/10 [00:01<00:00,  9.9it/s]
""",
    epochs=2, first={"epoch": 0, "train_loss": 2.1, "val_loss": 2.3}, last={"train_loss": 1.1, "val_loss": 2.0},
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
    "number before its name",
    """
Epoch 1: 91.2% WER, 31.2% CER, loss 2.1
Epoch 2: 81.2% WER, 21.2% CER, loss 1.9
""",
    epochs=2, first={"val_wer": 0.912, "~cer": 31.2, "train_loss": 2.1}, last={"val_wer": 0.812},
)  # fmt: skip
_log(
    "options before the first epoch",
    """
Namespace(batch_size=8, epoch=60, lr=0.001)
batch_size: 8
epoch: 60
lr: 0.001
Epoch 1/60 loss 2.1 val_loss 2.2
Epoch 2/60 loss 1.9 val_loss 2.1
""",
    epochs=2, first={"epoch": 1}, last={"epoch": 2, "val_loss": 2.1}, generations=1,
)  # fmt: skip
_log(
    "several validation sets",
    """
Epoch 1 Step 100 loss 2.5
VALID SET 0 loss: 2.6 wer: 0.9
VALID SET 1 loss: 2.9 wer: 0.95
Epoch 2 Step 200 loss 2.1
VALID SET 0 loss: 2.3 wer: 0.8
VALID SET 1 loss: 2.7 wer: 0.85
""",
    epochs=2, first={"train_loss": 2.5, "val_loss": 2.6, "val_wer": 0.9, "~val_1_loss": 2.9}, last={"val_loss": 2.3, "val_wer": 0.8},
)  # fmt: skip
_log(
    "two runs, one after another",
    """
Run 1
Epoch 1/2 loss 3.0 val_loss 3.1
Epoch 2/2 loss 2.0 val_loss 2.1
Run 2
Epoch 1/2 loss 3.5 val_loss 3.6
Epoch 2/2 loss 2.5 val_loss 2.6
""",
    epochs=2, first={"train_loss": 3.5}, last={"val_loss": 2.6}, generations=2, no_metric=["run"],
)  # fmt: skip
_log(
    "two trainings in one file",
    """
[A] Epoch 1/3 loss 3.0 val_loss 3.1
[B] Epoch 1/3 loss 9.0 val_loss 9.1
[A] Epoch 2/3 loss 2.0 val_loss 2.1
[B] Epoch 2/3 loss 8.0 val_loss 8.1
""",
    refused="two trainings seem to write",
)  # fmt: skip
_log(
    "two losses, none the whole",
    """
Epoch 1/3 loss_G: 2.1 loss_D: 0.7
Epoch 2/3 loss_G: 1.9 loss_D: 0.6
""",
    epochs=2, last={"~loss_g": 1.9, "~loss_d": 0.6, "train_loss": None}, said="none is called the whole, loss_g, loss_d; --map train_loss=loss_g",
)  # fmt: skip
_log(
    "validation below its steps",
    """
iter 100 | train_loss 2.3
iter 200 | train_loss 2.1
valid: loss 2.2, bleu 12.1
iter 300 | train_loss 1.9
iter 400 | train_loss 1.7
valid: loss 2.0, bleu 15.1
""",
    epochs=2, first={"train_loss": 2.1, "val_loss": 2.2}, last={"train_loss": 1.7, "val_loss": 2.0}, steps=4,
)  # fmt: skip
_log(
    "bars of training and evaluation",
    """
Epoch 1/2: 100%|██████████| 50/50 [00:10<00:00,  5.0it/s, loss=2.1]
Evaluating: 100%|██████████| 10/10 [00:02<00:00,  5.0it/s, loss=2.3]
Epoch 2/2: 100%|██████████| 50/50 [00:10<00:00,  5.0it/s, loss=1.7]
Evaluating: 100%|██████████| 10/10 [00:02<00:00,  5.0it/s, loss=2.2]
""",
    epochs=2, first={"train_loss": 2.1, "val_loss": 2.3}, last={"train_loss": 1.7, "val_loss": 2.2},
)  # fmt: skip
_log(
    "WER with its parts",
    """
Epoch [1/3] avg loss: 2.1 (best 2.1) time 3s
  dev WER = 91.2 (ins 1.2, del 3.1, sub 87.0)
Epoch [2/3] avg loss: 1.7 (best 1.7) time 3s
  dev WER = 81.2 (ins 1.2, del 3.1, sub 77.0)
""",
    epochs=2, first={"train_loss": 2.1, "val_wer": 0.912}, last={"train_loss": 1.7, "val_wer": 0.812}, no_metric=["best", "time"],
)  # fmt: skip
_log(
    "keys before the epoch",
    """
{'best_wer': 0.5, 'num_tokens': 12345, 'max_len': 50, 'total_steps': 400, 'epoch': 1, 'train_loss': 2.1, 'valid_loss': 2.2}
{'best_wer': 0.4, 'num_tokens': 22345, 'max_len': 50, 'total_steps': 400, 'epoch': 2, 'train_loss': 1.9, 'valid_loss': 2.1}
""",
    epochs=2, first={"train_loss": 2.1, "val_loss": 2.2}, last={"epoch": 2, "val_loss": 2.1}, no_metric=["best", "tokens", "max"],
)  # fmt: skip
_log(
    "fractional epochs",
    """
{'loss': 1.2, 'learning_rate': 1e-05, 'epoch': 0.5}
{'eval_loss': 0.9, 'eval_wer': 41.2, 'eval_runtime': 100.2, 'epoch': 0.5}
{'loss': 0.8, 'learning_rate': 1e-05, 'epoch': 1.0}
{'eval_loss': 0.8, 'eval_wer': 38.1, 'eval_runtime': 100.2, 'epoch': 1.0}
""",
    epochs=2, first={"epoch": 0.5, "val_wer": 0.412}, last={"val_wer": 0.381, "train_loss": 0.8},
)  # fmt: skip
_log(
    "two dev sets",
    """
Epoch 1 train loss 2.1 dev-clean loss 2.0 dev-other loss 3.0
Epoch 2 train loss 1.9 dev-clean loss 1.8 dev-other loss 2.8
""",
    epochs=2, first={"train_loss": 2.1, "val_loss": 2.0}, last={"val_loss": 1.8, "~other_loss": 2.8},
)  # fmt: skip

_WORDS = {
    "German": "Epoche {e}/3 - Trainingsverlust: {t} - Validierungsverlust: {v} - Genauigkeit: {a}",
    "French": "Époque {e}/3 - perte d'entraînement : {t} - perte de validation : {v} - exactitude : {a}",
    "Spanish": "Época {e}/3 | pérdida de entrenamiento: {t} | pérdida de validación: {v} | exactitud: {a}",
    "Portuguese": "Época {e}/3 | perda de treino: {t} | perda de validação: {v} | acurácia: {a}",
    "Italian": "Epoca {e}/3 | perdita di addestramento: {t} | perdita di validazione: {v} | accuratezza: {a}",
    "Dutch": "Epoche {e}/3 | trainingsverlies: {t} | validatieverlies: {v} | nauwkeurigheid: {a}",
    "Russian": "Эпоха {e}/3 | потери на обучении: {t} | потери на валидации: {v} | точность: {a}",
    "Ukrainian": "Епоха {e}/3 | втрати навчання: {t} | втрати валідації: {v} | точність: {a}",
    "Polish": "Epoka {e}/3 | strata treningowa: {t} | strata walidacyjna: {v} | dokładność: {a}",
    "Turkish": "Dönem {e}/3 | eğitim kaybı: {t} | doğrulama kaybı: {v} | doğruluk: {a}",
    "Chinese": "第 {e} 轮 训练损失：{t}，验证损失：{v}，准确率：{a}",
    "Chinese, traditional": "第 {e} 輪 訓練損失：{t}，驗證損失：{v}，準確率：{a}",
    "Japanese": "エポック {e}/3 学習損失: {t} 検証損失: {v} 正解率: {a}",
    "Korean": "에포크 {e}/3 | 훈련 손실: {t} | 검증 손실: {v} | 정확도: {a}",
    "Vietnamese": "Epoch {e}/3 | mất mát huấn luyện: {t} | mất mát kiểm định: {v} | độ chính xác: {a}",
    "Arabic": "الحقبة {e}/3 | خسارة التدريب: {t} | خسارة التحقق: {v} | الدقة: {a}",
}
for _language, _form in _WORDS.items():
    _log(
        _language,
        "\n".join(_form.format(e=e, t=3 - e / 2, v=3.25 - e / 4, a=e / 10) for e in (1, 2, 3)),
        epochs=3, first={"train_loss": 2.5, "val_loss": 3.0}, last={"train_loss": 1.5, "val_loss": 2.5, "~accuracy": 0.3},
    )  # fmt: skip

_STAMPS = ("2026-03-14 08:01:10,123", "2026/03/14 08:01:10", "03/14/2026 08:01:10 AM", "14.03.2026 08:01", "[03/14 08:01]", "[ Fri Mar 13 23:50:00 2026 ]",
           "Mar 14 08:01:10 box train[211]:", "2026-03-14T08:01:10.123Z", "2026-03-14T08:01:10+01:00", "1773475200123", "1773475200.123", "08:01:10", "20260314_080110",
           "14-Mar-2026 08:01:10", "Saturday, March 14, 2026 08:01:10", "[2026-03-14 08:01:10,123 INFO]", "I0314 08:01:10.123456 1234 train.py:88]")  # fmt: skip
for _stamp in _STAMPS:
    _log(
        f"date {_stamp}",
        "\n".join(f"{_stamp} Epoch {e}/3 loss: {3 - e / 2} val_loss: {3.25 - e / 4}" for e in (1, 2, 3)),
        epochs=3, first={"epoch": 1, "train_loss": 2.5, "val_loss": 3.0}, last={"epoch": 3, "train_loss": 1.5, "val_loss": 2.5},
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
    "sockeye: checkpoints within epochs, perplexity of both splits, rates before it",
    """
[INFO:sockeye.training] Epoch[0] Batch [50]\tSpeed: 1293.60 samples/sec 36902.07 tokens/sec 6.25 updates/sec\tperplexity=20.1
[INFO:sockeye.training] Checkpoint [1]\tUpdates=50 Epoch=0 Samples=3200 Time-cost=31.0 Updates/sec=6.1
[INFO:sockeye.training] Checkpoint [1]\tTrain-perplexity=12.182
[INFO:sockeye.training] Checkpoint [1]\tValidation-perplexity=14.880
[INFO:sockeye.training] Validation-perplexity improved to 14.880 (delta=0.31).
[INFO:sockeye.training] Epoch[0] Batch [100]\tSpeed: 1293.60 samples/sec 36902.07 tokens/sec 6.25 updates/sec\tperplexity=9.1
[INFO:sockeye.training] Checkpoint [2]\tUpdates=100 Epoch=0 Samples=6400 Time-cost=31.0 Updates/sec=6.1
[INFO:sockeye.training] Checkpoint [2]\tTrain-perplexity=8.166
[INFO:sockeye.training] Checkpoint [2]\tValidation-perplexity=11.023
""",
    epochs=2, first={"train_loss": 2.5, "val_loss": 2.7}, last={"step": 100, "train_loss": 2.1, "val_loss": 2.4},
    no_metric=["delta", "updates", "samples"],
)  # fmt: skip
_log(
    "Marian: cross-entropy for each word",
    """
[2021-07-17 19:00:01] Ep. 1 : Up. 1000 : Sen. 25,093 : Cost 3.20 : Time 17.42s : 21930.04 words/s : L.r. 3.0000e-04
[2021-07-17 19:01:01] [valid] Ep. 1 : Up. 1000 : ce-mean-words : 2.90 : new best
[2021-07-17 19:02:01] Ep. 2 : Up. 2000 : Sen. 25,093 : Cost 2.80 : Time 17.42s : 21930.04 words/s : L.r. 3.0000e-04
[2021-07-17 19:03:01] [valid] Ep. 2 : Up. 2000 : ce-mean-words : 2.60 : new best
""",
    epochs=2, first={"train_loss": 3.2, "val_loss": 2.9}, last={"train_loss": 2.8, "val_loss": 2.6},
)  # fmt: skip
_log(
    "NeMo 2: a step's line goes on showing the last validation",
    """
Training epoch 0, iteration 0/99 | lr: 1e-06 | global_step: 0 | reduced_train_loss: 3.20 | train_step_timing in s: 0.03
Training epoch 0, iteration 10/99 | lr: 2e-06 | global_step: 10 | reduced_train_loss: 2.90 | train_step_timing in s: 0.03 | val_loss: 3.00
Training epoch 0, iteration 20/99 | lr: 3e-06 | global_step: 20 | reduced_train_loss: 2.80 | train_step_timing in s: 0.03 | val_loss: 3.00
Training epoch 0, iteration 30/99 | lr: 4e-06 | global_step: 30 | reduced_train_loss: 2.70 | train_step_timing in s: 0.03 | val_loss: 2.80
Training epoch 0, iteration 40/99 | lr: 5e-06 | global_step: 40 | reduced_train_loss: 2.60 | train_step_timing in s: 0.03 | val_loss: 2.80
Training epoch 0, iteration 50/99 | lr: 5e-06 | global_step: 50 | reduced_train_loss: 2.50 | train_step_timing in s: 0.03 | val_loss: 2.80
""",
    epochs=2, steps=6, first={"val_loss": 3.0}, last={"val_loss": 2.8}, last_step={"train_loss": 2.5},
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
    "Hugging Face: a heading is spent with the figures that name their split themselves",
    """
{'loss': 2.90, 'grad_norm': 1.1, 'learning_rate': 4.7e-05, 'epoch': 0.5}
{'loss': 2.60, 'grad_norm': 1.1, 'learning_rate': 4.4e-05, 'epoch': 1.0}
[INFO|trainer.py:3812] 2024-05-01 10:00:50,123 >> ***** Running Evaluation *****
[INFO|trainer.py:3814] 2024-05-01 10:00:50,124 >>   Num examples = 200
{'eval_loss': 2.50, 'eval_runtime': 3.4, 'epoch': 1.0}
{'loss': 2.40, 'grad_norm': 1.1, 'learning_rate': 4.2e-05, 'epoch': 1.5}
{'loss': 2.20, 'grad_norm': 1.1, 'learning_rate': 4.0e-05, 'epoch': 2.0}
[INFO|trainer.py:3812] 2024-05-01 10:01:50,123 >> ***** Running Evaluation *****
{'eval_loss': 2.30, 'eval_runtime': 3.4, 'epoch': 2.0}
""",
    epochs=2, steps=4, first={"val_loss": 2.5}, last={"train_loss": 2.2, "val_loss": 2.3},
)  # fmt: skip
_log(
    "srun -l: each line begins with its process",
    """
0: Using device cuda:0
1: Using device cuda:1
1: Epoch 1/2 train_loss=2.45 val_loss=2.55
0: Epoch 1/2 train_loss=2.40 val_loss=2.50
0: Epoch 2/2 train_loss=2.00 val_loss=2.20
1: Epoch 2/2 train_loss=2.05 val_loss=2.25
""",
    epochs=2, first={"train_loss": 2.4, "val_loss": 2.5}, last={"train_loss": 2.0, "val_loss": 2.2},
)  # fmt: skip
_log(
    "what a container's log puts in front",
    """
2024-03-14T08:00:00.123456789Z stdout F ====== epoch 001 of 002 ======
2024-03-14T08:01:00.123456789Z stdout F train: loss=2.40 ppl=11.02
2024-03-14T08:02:00.123456789Z stdout F dev:   loss=2.50 wer=91.40%
2024-03-14T08:03:00.123456789Z stdout F ====== epoch 002 of 002 ======
2024-03-14T08:04:00.123456789Z stdout F train: loss=1.95 ppl=7.02
2024-03-14T08:05:00.123456789Z stdout F dev:   loss=2.10 wer=76.20%
""",
    epochs=2, first={"train_loss": 2.4, "val_loss": 2.5, "val_wer": 0.914}, last={"train_loss": 1.95, "val_loss": 2.1},
)  # fmt: skip
_log(
    "a split and a colon behind unknown words",
    """
worker-3  | epoch 1 of 2
worker-3  | east lab train: loss=2.40
worker-3  | east lab dev: loss=2.50
worker-3  | epoch 2 of 2
worker-3  | east lab train: loss=1.95
worker-3  | east lab dev: loss=2.10
""",
    epochs=2, first={"train_loss": 2.4, "val_loss": 2.5}, last={"train_loss": 1.95, "val_loss": 2.1},
)  # fmt: skip
_log(
    "a decimal comma before the comma of the sentence",
    """
Epoche 1 von 2 abgeschlossen (41,2 s): Trainingsverlust 2,4120, Validierungsverlust 2,5030, Genauigkeit 31,2 %
Epoche 2 von 2 abgeschlossen (41,2 s): Trainingsverlust 1,9540, Validierungsverlust 2,1020, Genauigkeit 40,1 %
""",
    epochs=2, first={"train_loss": 2.412, "val_loss": 2.503}, last={"train_loss": 1.954, "~accuracy": 40.1},
)  # fmt: skip
_log(
    "Portuguese articles",
    """
Época 1/2 - Perda no treinamento: 2.412 - Perda na validação: 2.503 - Acurácia: 0.312
Época 2/2 - Perda no treinamento: 1.954 - Perda na validação: 2.102 - Acurácia: 0.401
""",
    epochs=2, first={"train_loss": 2.412, "val_loss": 2.503}, last={"train_loss": 1.954, "val_loss": 2.102},
)  # fmt: skip
_log(
    "the PyTorch tutorial's sentence",
    """
Epoch  1/2 done in 30s
Accuracy of the network on the 10000 test images: 31.2 %
Epoch  2/2 done in 31s
Accuracy of the network on the 10000 test images: 40.1 %
""",
    epochs=2, first={"~accuracy": 31.2}, last={"~accuracy": 40.1},
)  # fmt: skip
_log(
    "split and quantity in one short word",
    """
epoch 0: tloss 2.41 vloss 2.50 vacc 0.31
epoch 1: tloss 1.95 vloss 2.10 vacc 0.40
""",
    epochs=2, first={"train_loss": 2.41, "val_loss": 2.5}, last={"train_loss": 1.95, "~val_acc": 0.4},
)  # fmt: skip
_log(
    "the split in brackets behind the number",
    """
epoch 1 | loss 2.41 (train) 2.50 (valid) | wer 94.1% (train) 91.4% (valid)
epoch 2 | loss 1.95 (train) 2.10 (valid) | wer 79.2% (train) 76.2% (valid)
""",
    epochs=2, first={"train_loss": 2.41, "val_loss": 2.5, "val_wer": 0.914, "train_wer": 0.941},
    last={"train_loss": 1.95, "val_loss": 2.1, "val_wer": 0.762, "train_wer": 0.792},
)  # fmt: skip
_log(
    "steps above the line that names their epoch",
    """
2024-03-14 08:00:00,100 DEBUG TRAIN | steps 0| batch 0_0| loss 30.1 loss_att 20.1 lr 0.0001 rank 0
2024-03-14 08:02:00,100 DEBUG TRAIN | steps 100| batch 0_100| loss 24.1 loss_att 18.1 lr 0.0001 rank 0
2024-03-14 08:04:00,100 DEBUG CV | steps 100| batch 0_100| loss 27.0 loss_att 9.1 history_loss 25.5 rank 0
2024-03-14 08:05:00,100 INFO Epoch 0 Step 100 CV info lr 1.2e-04 cv_loss 25.0 rank 0 acc 0.31
2024-03-14 08:07:00,100 DEBUG TRAIN | steps 200| batch 1_100| loss 19.5 loss_att 14.1 lr 0.0001 rank 0
2024-03-14 08:08:00,100 DEBUG CV | steps 200| batch 1_100| loss 22.0 loss_att 9.1 history_loss 21.5 rank 0
2024-03-14 08:09:00,100 INFO Epoch 1 Step 200 CV info lr 1.2e-04 cv_loss 21.0 rank 0 acc 0.40
""",
    epochs=2, steps=3, first={"epoch": 0, "train_loss": 24.1, "val_loss": 25.0},
    last={"epoch": 1, "train_loss": 19.5, "val_loss": 21.0},
)  # fmt: skip
_log(
    "rates, a job's number, a time stamp and a source line are no metrics",
    """
slurmstepd: error: *** JOB 812 ON gpu07 CANCELLED AT 2024-03-14T12:00:00 DUE TO TIME LIMIT ***
Dictionary: 1085 glosses
Epoch 1: train loss 2.41, val loss 2.50, words/s = 30123, ms/batch 12.1, source words/s = 211, per char acc 0.71
trainer.go:81 ts=1710403270123
Inference done 11/100. Dataloading: 0.0010 s/iter. Eval: 0.0002 s/iter. Total: 0.0525 s/iter.
Epoch 2: train loss 1.95, val loss 2.10, words/s = 30123, ms/batch 12.1, source words/s = 211, per char acc 0.72
Epoch 3: train loss 1.62, val loss 1.90, words/s = 30123, ms/batch 12.1, source words/s = 211, per char acc 0.73
Epoch 4: train loss 1.41, val loss 1.80, words/s = 30123, ms/batch 12.1, source words/s = 211, per char acc 0.74
""",
    epochs=4, last={"train_loss": 1.41, "val_loss": 1.8, "~char_acc": 0.74},
    no_metric=["job", "dictionary", "source", "ms_", "trainer", "ts", "inference", "dataloading", "total"],
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
    "Tacotron 2: the step stands behind the quantity",
    """
Train loss 498 0.512 Grad Norm 0.512 1.20s/it
Train loss 499 0.508 Grad Norm 0.512 1.20s/it
Validation loss 500: 0.601
Train loss 998 0.402 Grad Norm 0.512 1.20s/it
Train loss 999 0.401 Grad Norm 0.512 1.20s/it
Validation loss 1000: 0.552
""",
    epochs=2, steps=4, last={"step": 1000, "train_loss": 0.401, "val_loss": 0.552},
)  # fmt: skip
_log(
    "a logger's object around each line",
    """
{"log":"epoch 1/2 train_loss=2.80 val_loss=3.80\\n","stream":"stdout","time":"2024-03-14T08:01:10.123456789Z"}
{"ts": 1710403270, "level": "INFO", "message": "epoch 2/2 train_loss=2.70 val_loss=3.70"}
""",
    epochs=2, first={"train_loss": 2.8, "val_loss": 3.8}, last={"train_loss": 2.7, "val_loss": 3.7},
)  # fmt: skip
_log(
    "the split in an object's own word",
    """
{"type": "train", "epoch": 1, "loss": 2.8}
{"type": "valid", "epoch": 1, "loss": 3.8}
{"type": "train", "epoch": 2, "loss": 2.7}
{"type": "valid", "epoch": 2, "loss": 3.7}
""",
    epochs=2, first={"train_loss": 2.8, "val_loss": 3.8}, last={"train_loss": 2.7, "val_loss": 3.7},
)  # fmt: skip
_log(
    "an abbreviation in brackets, a score that looks like a time, a letter for the epoch, bits",
    """
e=001 trn bpc 2.1, val bpc 2.4, Word Error Rate (WER): 0.81
Test Acc@1:31.10%
e=002 trn bpc 1.9, val bpc 2.2, Word Error Rate (WER): 0.71
Test Acc@1:41.10%
""",
    epochs=2, first={"train_loss": 2.1, "val_loss": 2.4}, last={"epoch": 2, "val_wer": 0.71, "~acc": 41.1},
)  # fmt: skip
_log(
    "French and Dutch words that need no other beside them",
    """
Époque 1/2
  Perte d'entraînement : 2.70
  Perte de validation : 2.90
Époque 2 van 2
  Perte d'entraînement : 2.40
  Perte de validation : 2.60
""",
    epochs=2, first={"train_loss": 2.7, "val_loss": 2.9}, last={"train_loss": 2.4, "val_loss": 2.6}, no_metric=["van"],
)  # fmt: skip
_log(
    "scores without an epoch or a step",
    "utt001: 3 of 4 right\nFinal WER 0.31 on 24 utterances, CER 0.12\n",
    refused=r"says of which epoch its wer and its cer is \(2 whole lines\)",
)
_log(
    "Composer: the total under a name of its own, rates in the block",
    """
[epoch=1/2][batch=10/20]:
\t Train time/epoch: 0
\t Train time/batch: 10
\t Train loss/train/total: 2.70
[epoch=1/2][batch=20/20]:
\t Train time/batch: 20
\t Train loss/train/total: 2.40
[epoch=1/2][batch=8/8]:
\t Eval metrics/eval/CrossEntropy: 2.50
[epoch=2/2][batch=20/20]:
\t Train time/batch: 40
\t Train loss/train/total: 1.95
[epoch=2/2][batch=8/8]:
\t Eval metrics/eval/CrossEntropy: 2.10
""",
    epochs=2, first={"train_loss": 2.4, "val_loss": 2.5}, last={"train_loss": 1.95, "val_loss": 2.1},
)  # fmt: skip
_log(
    "Stanza: a rate in brackets is no mean of the loss",
    """
2024-03-14 08:01:00 INFO: Finished STEP 20/40, loss = 3.50 (0.061 sec/batch), lr: 0.003000
2024-03-14 08:02:00 INFO: Evaluating on dev set...
2024-03-14 08:02:20 INFO: step 20: train_loss = 3.40, dev_score = 0.31
2024-03-14 08:03:00 INFO: Finished STEP 40/40, loss = 2.50 (0.061 sec/batch), lr: 0.003000
2024-03-14 08:04:00 INFO: Evaluating on dev set...
2024-03-14 08:04:20 INFO: step 40: train_loss = 2.40, dev_score = 0.40
""",
    epochs=2, steps=2, first={"train_loss": 3.4, "~score": 0.31}, last={"train_loss": 2.4, "lr": 0.003},
    last_step={"train_loss": 2.5},
)  # fmt: skip
_log(
    "FunASR: pairs in a list, counts of slices",
    """
[2024-03-14 08:01:00,100][root][INFO] - train, rank: 0, epoch: 0/2, data_slice: 0/1, step_in_slice: 300/300, step_in_epoch: 300, total step: 300, (loss_avg_slice: 2.41), (lr: 1.0e-04), [('loss_att', 2.17), ('acc', 0.31), ('loss', 2.41), ('batch_size', 40)], {'data_load': '0.001'}
[2024-03-14 08:02:00,100][root][INFO] - val, rank: 0, epoch: 0/2, data_slice: 0/1, step_in_slice: 20/20, step_in_epoch: 20, total step: 300, (loss_avg_slice: 2.50), (lr: 1.0e-04), [('loss_att', 2.2), ('acc', 0.26), ('loss', 2.50), ('batch_size', 40)], GPU
[2024-03-14 08:03:00,100][root][INFO] - train, rank: 0, epoch: 1/2, data_slice: 0/1, step_in_slice: 300/300, step_in_epoch: 300, total step: 600, (loss_avg_slice: 1.95), (lr: 1.0e-04), [('loss_att', 1.77), ('acc', 0.40), ('loss', 1.95), ('batch_size', 40)], {'data_load': '0.001'}
[2024-03-14 08:04:00,100][root][INFO] - val, rank: 0, epoch: 1/2, data_slice: 0/1, step_in_slice: 20/20, step_in_epoch: 20, total step: 600, (loss_avg_slice: 2.10), (lr: 1.0e-04), [('loss_att', 1.9), ('acc', 0.35), ('loss', 2.10), ('batch_size', 40)], GPU
""",
    epochs=2, first={"train_loss": 2.41, "val_loss": 2.5}, last={"train_loss": 1.95, "val_loss": 2.1, "~val_acc": 0.35},
    no_metric=["step_in"],
)  # fmt: skip
_log(
    "sentence-transformers: evaluating after an epoch tells of that epoch",
    """
2024-03-14 08:00:10 - EmbeddingSimilarityEvaluator: Evaluating the model on sts-dev dataset after epoch 0:
2024-03-14 08:00:20 - Cosine-Similarity :\tPearson: 0.51\tSpearman: 0.52
2024-03-14 08:01:10 - EmbeddingSimilarityEvaluator: Evaluating the model on sts-dev dataset after epoch 1:
2024-03-14 08:01:20 - Cosine-Similarity :\tPearson: 0.61\tSpearman: 0.62
""",
    epochs=2, first={"epoch": 0, "~spearman": 0.52}, last={"epoch": 1, "~pearson": 0.61},
)  # fmt: skip
_log(
    "train and val scores without a name, beside a loss",
    """
Epoch: 010, Loss: 1.95, Train: 0.52, Val: 0.41, Test: 0.43
Epoch: 020, Loss: 1.62, Train: 0.61, Val: 0.48, Test: 0.49
""",
    epochs=2, first={"train_loss": 1.95, "val_loss": None}, last={"train_loss": 1.62, "~val_score": 0.48},
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
    "Spanish in short words",
    """
Ép. 01/02 | pérdida ent. 2,412 | pérdida val. 2,503 | WER val. 91,4 % | 30,2 s
Ép. 02/02 | pérdida ent. 1,954 | pérdida val. 2,102 | WER val. 76,2 % | 30,2 s
""",
    epochs=2, first={"train_loss": 2.412, "val_loss": 2.503, "val_wer": 0.914}, last={"train_loss": 1.954},
)  # fmt: skip
_log(
    "DeepSpeed-Chat: a heading that names the quantity",
    """
***** Evaluating perplexity, Epoch 0/2 *****
ppl: 18.17, loss: 2.90
Beginning of Epoch 1/2, Total Micro Batches 200
Epoch: 0, Step: 100, Rank: 0, loss = 2.70
Epoch: 0, Step: 200, Rank: 0, loss = 2.40
***** Evaluating perplexity, Epoch 1/2 *****
ppl: 12.18, loss: 2.50
""",
    steps=2, first={"train_loss": 2.4}, last={"val_loss": 2.5}, no_metric=["micro"],
)  # fmt: skip
_log(
    "Ray Tune: a table of trials",
    """
== Status ==
Number of trials: 2/2 (1 RUNNING, 1 TERMINATED)
+------------------+------------+-------+---------+--------+------------------+--------+
| Trial name       | status     | loc   |      lr |   iter |   total time (s) |   loss |
|------------------+------------+-------+---------+--------+------------------+--------|
| train_a1b2_00000 | TERMINATED | gpu07 | 0.00100 |     10 |           12.100 | 1.2000 |
| train_a1b2_00001 | RUNNING    | gpu07 | 0.00200 |      9 |           13.100 | 1.1000 |
""",
    refused="a table of runs",
)
_log(
    "OLMo: names with a slash below the line of their step and epoch",
    """
[step=100/200,epoch=0]
    optim/total_grad_norm=0.51
    train/CrossEntropyLoss=3.41
    train/Perplexity=30.26
[step=150/200,epoch=0]
    optim/total_grad_norm=0.52
    train/CrossEntropyLoss=3.21
    train/Perplexity=24.77
eval/validation/CrossEntropyLoss=3.30
""",
    steps=2, last_step={"step": 150, "train_loss": 3.21},
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
    "a decimal comma behind a bracket, and the best value on the line of the score",
    """
Epoka 1 z 2
  strata (trening): 2,4120
  strata (walidacja): 2,5030
  # psnr: 26,10\tBest: 26,10 @ 300 iter
Epoka 2 z 2
  strata (trening): 1,9540
  strata (walidacja): 2,1020
  # psnr: 26,50\tBest: 26,50 @ 600 iter
""",
    epochs=2, first={"train_loss": 2.412, "val_loss": 2.503}, last={"train_loss": 1.954, "val_loss": 2.102, "~psnr": 26.5},
)  # fmt: skip
_SETS = {
    "fairseq": """
2022-03-01 10:00:00 | INFO | train | epoch 00{e} | loss {t} | nll_loss {t} | wps 1200 | num_updates {e}00 | lr 2.5e-05 | gnorm 2.1 | wall 310
2022-03-01 10:00:05 | INFO | valid | epoch 00{e} | valid on 'dev_clean' subset | loss {v} | wer {w} | num_updates {e}00
2022-03-01 10:00:09 | INFO | valid | epoch 00{e} | valid on 'dev_other' subset | loss 9.{e} | wer 88.{e} | num_updates {e}00 | best_loss 6.2
""",
    "headings": """
Epoch {e}/3 train loss {t}
Evaluating on dev-clean
  loss: {v}  WER: {w}
Evaluating on dev-other
  loss: 9.{e}  WER: 88.{e}
""",
    "one line": "2026-03-01 10:00:00,123 INFO Epoch {e}, training loss: {t}\n"
    "2026-03-01 10:10:00,123 INFO Epoch {e}: dev_clean: loss={v} wer={w} | dev_other: loss=9.{e} wer=88.{e}\n",
    "nested JSON": '{{"epoch": {e}, "train_loss": {t}, "dev": {{"clean": {{"loss": {v}, "wer": {w}}}, '
    '"other": {{"loss": 9.{e}, "wer": 88.{e}}}}}}}\n',
}
for _form, _lines in _SETS.items():
    _log(
        f"two sets of the validation, {_form}",
        "".join(_lines.format(e=e, t=6.0 - e, v=5.0 - e, w=50.0 - e) for e in (1, 2, 3)),
        epochs=3,
        first={"train_loss": 5.0, "val_loss": 4.0, "val_wer": 0.49, "~other_loss": 9.1},
        last={"train_loss": 3.0, "val_loss": 2.0, "val_wer": 0.47, "~other_wer": 88.3},
    )
_log(
    "arrows from the value before",
    """
Epoch 1: loss 3.4→2.7, val loss improved 3.1 -> 2.9, lr 1e-3
Epoch 2: loss 2.7→2.3, val loss 2.9 --> 2.95, lr 1e-3
""",
    epochs=2, first={"train_loss": 2.7, "val_loss": 2.9}, last={"train_loss": 2.3, "val_loss": 2.95},
)  # fmt: skip
_log(
    "two numbers over a slash: which split the second is of is not said, and nothing is lost",
    "".join(f"Epoch  {e}/20 | Loss {2.8 - e / 10} / {3.8 - e / 10} | Acc 0.4{e} / 0.3{e}\n" for e in (1, 2, 3)),
    epochs=3, first={"train_loss": 2.7, "~loss_2": 3.7, "~acc_2": 0.31}, said="--map val_loss=loss_2 if it is val's",
)  # fmt: skip
_log(
    "two numbers over a slash, told once for the line",
    "".join(f"epoch {e}  loss (train/val): {2.8 - e / 10} / {3.8 - e / 10}  wer: 80.{e} / 88.{e}\n" for e in (1, 2, 3)),
    epochs=3, first={"train_loss": 2.7, "val_loss": 3.7, "train_wer": 0.801, "val_wer": 0.881},
)  # fmt: skip
_OLMO = """
[2024-04-02 21:13:{s:02}] INFO     [olmo.train:935, rank=0] [step={s}000/739328,epoch=0]
    train/CrossEntropyLoss={t}
    train/Perplexity=85,231
    throughput/total_tokens=4,194,304
[2024-04-02 21:13:{s:02}] INFO     [olmo.train:935, rank=0] [eval_step=1/40]
    eval/c4_en-validation/CrossEntropyLoss={v}
    eval/c4_en-validation/Perplexity=90.1
"""
_log(
    "OLMo: its logger's prefix, and many evaluations in the one epoch",
    "".join(_OLMO.format(s=s, t=6.0 - s, v=6.5 - s) for s in (1, 2, 3)),
    epochs=3, first={"train_loss": 5.0, "val_loss": 5.5, "step": 1000}, last={"val_loss": 3.5}, no_metric=["olmo", "step"],
)  # fmt: skip
_log(
    "OLMo-core: host and rank before the logger",
    "".join(
        f"2024-11-20 10:00:00.100 hostname:0 olmo_core.train.callbacks.console_logger:105 INFO [step={s}0/715000,epoch=1]\n"
        f"    optim/total grad norm=5.210\n    train/CE loss={9.0 - s}\n    train/PPL=9,136\n"
        for s in (1, 2, 3)
    ),
    steps=3, last_step={"step": 30, "train_loss": 6.0},
)  # fmt: skip
_MLPERF = ':::MLLOG {{"namespace": "", "time_ms": 1592346443000, "event_type": "POINT_IN_TIME", "key": "{key}", "value": {value}, '
_MLPERF += '"metadata": {{"file": "train.py", "lineno": 210, "epoch_num": {e}}}}}\n'
_log(
    "MLPerf",
    "".join(
        _MLPERF.format(key=key, value=value, e=e)
        for e in (1, 2, 3)
        for key, value in (("epoch_start", "null"), ("train_loss", 3.5 - e), ("epoch_stop", "null"), ("eval_accuracy", e / 10))
    ),
    epochs=3, first={"train_loss": 2.5, "~accuracy": 0.1}, last={"epoch": 3, "train_loss": 0.5, "~accuracy": 0.3},
    no_metric=["lineno", "time"],
)  # fmt: skip
_COQUI = """
[4m[1m > EPOCH: {e}/1000[0m
 --> /runs/coqui-March-01-2024_10+00AM-0000000

[1m > TRAINING (2024-03-01 10:00:00) [0m

[1m   --> TIME: 2024-03-01 10:01:10 -- STEP: 50/100 -- GLOBAL_STEP: {e}50[0m
     | > loss: {b}  ({t})
     | > grad_norm: 2.10000  (2.10000)
     | > current_lr: 0.00010

[1m > EVALUATION [0m

  [1m--> EVAL PERFORMANCE[0m
     | > avg_loader_time: 0.01210 (+0.00000)
     | > avg_loss: {v} (-0.50000)
"""
for _name, _escape in (("a terminal", "\x1b["), ("a page that dropped the escape", "[")):
    _log(
        f"Coqui TTS, colours of {_name}",
        "".join(_COQUI.format(e=e, b=4.0 - e, t=4.5 - e, v=5.0 - e) for e in (1, 2, 3)).replace("[", _escape),
        epochs=3, first={"epoch": 1, "train_loss": 3.5, "val_loss": 4.0}, last={"train_loss": 1.5, "val_loss": 2.0},
        no_metric=["loader"],
    )  # fmt: skip
_log(
    "Joey NMT: a validation that says how it was decoded",
    "".join(
        f"""
2023-05-01 10:02:00,000 - INFO - joeynmt.training - Epoch   {e}, Step:      {e}00, Batch Loss:     {4.5 - e}, Tokens per Sec:     5123, Lr: 0.000300
2023-05-01 10:03:20,000 - INFO - joeynmt.prediction - Evaluation result (greedy): bleu:   2.{e}0, loss:   {5.0 - e}, ppl:  49.90, 0.1200[sec]
2023-05-01 10:04:00,000 - INFO - joeynmt.training - Epoch   {e}: total training loss {800.0 - e}
"""
        for e in (1, 2, 3)
    ),
    epochs=3, first={"val_loss": 4.0, "~bleu": 2.1}, last={"val_loss": 2.0, "train_loss": 797.0},
)  # fmt: skip
_log(
    "RETURNN",
    "".join(
        f"""
ep {e} train, step 0, ctc 6.221, num_seqs 20, max_size:time 1200, mem_usage:cuda 1.2GB, 0.512 sec/step
epoch {e} score: train ctc {4.5 - e} error 0.6{e}, dev ctc {5.0 - e} error 0.5{e} elapsed 0:12:11
"""
        for e in (1, 2, 3)
    ),
    epochs=3, first={"train_loss": 3.5, "val_loss": 4.0}, last={"train_loss": 1.5, "val_loss": 2.0, "~val_error": 0.53},
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
    "three runs with accuracies alone beside the loss, and their summary",
    "".join(
        f"Run: 0{r}, Epoch: 0{e}, Loss: {4.0 - e}, Train: 3{e}.85%, Valid: 2{e}.85% Test: 2{e}.15%\n" * (e < 4)
        + f"Run 0{r}:\nHighest Valid: 23.85\n  Final Train: 33.85\n   Final Test: 23.15\n" * (e == 4)
        for r in (1, 2) for e in (1, 2, 3, 4)
    ),
    epochs=3, first={"train_loss": 3.0, "val_loss": None}, last={"train_loss": 1.0, "val_loss": None}, generations=2,
)  # fmt: skip
_log(
    "the validation is called vali, and the test stands beside it",
    "".join(
        f"\titers: 100, epoch: {e} | loss: 9.3416688\nEpoch: {e} cost time: 13.39654789945511\n"
        f"Epoch: {e}, Steps: 264 | Train Loss: {4.0 - e} Vali Loss: {5.0 - e} Test Loss: {6.0 - e}\n"
        "Validation loss decreased (inf --> 0.710000).  Saving model ...\n"
        for e in (1, 2, 3)
    ),
    epochs=3, first={"train_loss": 3.0, "val_loss": 4.0}, last={"train_loss": 1.0, "val_loss": 2.0},
)  # fmt: skip
_log(
    "a mean below zero with its change in brackets",
    "".join(f"Epoch {e}\nval avg_loss: -0.2{e}0 (-0.051)\ntrain loss -0.3{e}0\n" for e in (1, 2, 3)),
    epochs=3, first={"val_loss": -0.21, "train_loss": -0.31}, last={"val_loss": -0.23},
)  # fmt: skip
_log(
    "kohya: another count of the epochs before the epoch",
    "".join(
        f"epoch {e}/3\n2026-03-14 08:01:36 INFO     epoch is incremented. current_epoch: {e - 1}, epoch: {e}     train_util.py:703\n"
        f"steps: 100%|██████| {e}00/{e}00 [01:00<00:00,  1.50it/s, avr_loss=0.1{e}]\n"
        for e in (1, 2, 3)
    ),
    epochs=3, first={"epoch": 1, "train_loss": 0.11}, last={"epoch": 3, "train_loss": 0.13},
)  # fmt: skip
_log(
    "Keras verbose 2: what evaluate() prints at the end is no epoch",
    "".join(f"Epoch {e}/3\n469/469 - 3s - 6ms/step - loss: {4.0 - e} - val_loss: {5.0 - e}\n" for e in (1, 2, 3))
    + "313/313 - 1s - 3ms/step - accuracy: 0.71 - loss: 0.8871\n",
    epochs=3, last={"train_loss": 1.0, "val_loss": 2.0},
)  # fmt: skip
_log(
    "figures behind `best epoch` are of that epoch",
    "".join(f"Época {e} de 3\n  pérdida: {4.0 - e}\n  pérdida de validación: {5.0 - e}\n" for e in (1, 2, 3))
    + "Parada temprana. Mejor época: 2, pérdida 0.4970\n",
    epochs=3, last={"train_loss": 1.0, "val_loss": 2.0},
)  # fmt: skip
_log(
    "Optuna: a study of trials",
    "".join(
        f"[I 2026-03-14 08:04:1{n},081] Trial {n} finished with value: 0.{n}8 and parameters: {{'lr': 1.6e-05, 'epochs': 10}}. "
        f"Best is trial 0 with value: 0.08.\n"
        for n in range(6)
    ) + "[I 2026-03-14 08:22:47,738] Trial 6 pruned. Trial was pruned at epoch 3.\nValue (val_loss): 0.08\n",
    refused="7 trials of a sweep",
)  # fmt: skip
_log(
    "a script's source above its evaluations by step",
    "val_loss_every = 125\nstep = 0\nval_loss = 0\nloss = 0.0\n"
    + "".join(f"step:{step}/500 val_loss:{9.0 - step / 125} train_time:{step}ms step_avg:nanms\n" for step in range(0, 501, 125)),
    epochs=5, last={"val_loss": 5.0, "step": 500}, no_metric=["every"],
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
    "AllenNLP: the split heads the column, the quantity the row",
    "".join(
        f"""2026-02-03 08:00:0{n},1 - INFO - allennlp.training.trainer - Epoch {n}/4
2026-02-03 08:00:0{n},2 - INFO - allennlp.training.callbacks.console_logger -                        Training |  Validation
2026-02-03 08:00:0{n},3 - INFO - allennlp.training.callbacks.console_logger - f1_score           |     0.{n + 3}10  |     0.{n + 2}20
2026-02-03 08:00:0{n},4 - INFO - allennlp.training.callbacks.console_logger - gpu_0_memory_MB    |   811.000  |       N/A
2026-02-03 08:00:0{n},5 - INFO - allennlp.training.callbacks.console_logger - loss               |     {4 - n}.10{n}  |     {5 - n}.20{n}
""" for n in range(4)
    ),
    epochs=4, first={"epoch": 0, "train_loss": 4.1, "val_loss": 5.2, "~f1": 0.22}, last={"epoch": 3, "train_loss": 1.103, "val_loss": 2.203},
)  # fmt: skip
_log(
    "Composer: indented below its batch, a cross entropy for the validation's loss",
    "".join(
        f"[batch={n}0/900]:\n\t Train time/batch: {n}\n\t Train loss/train/total: {9 - n}.25\n\t Train metrics/train/CrossEntropy: {9 - n}.25\n"
        + (f"[Eval batch=4/4] Eval on eval data:\n\t Eval metrics/eval/CrossEntropy: {9 - n}.75\n" if n % 2 == 0 else "")
        for n in range(1, 9)
    ),
    epochs=4, first={"val_loss": 7.75}, last={"val_loss": 1.75}, steps=8, last_step={"train_loss": 1.25},
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
    "GluonCV: train and val beside a loss are scores",
    "".join(f"INFO:root:[Epoch {n}] train=0.{n + 3}5 val=0.{n + 2}7 loss={5 - n}.21 lr: 0.1 time: 21.5\n" for n in range(5)),
    epochs=5, first={"epoch": 0, "train_loss": 5.21, "val_loss": None}, last={"epoch": 4, "train_loss": 1.21, "val_loss": None},
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
    "darknet: many lines between two steps, a block of the mAP, and the log goes on",
    "".join(
        f"Loaded: 0.000045 seconds\nv3 (iou loss, Normalizer: (iou: 0.07, obj: 1.00, cls: 1.00) Region 16 Avg (IOU: 0.5{n % 10}), count: 9, class_loss = 3.1, iou_loss = 2.2, total_loss = 5.3 \n"
        * 4 + f" total_bbox = {n * 420}, rewritten_bbox = 0.01 % \n\n {n}: {9 - n / 20:.4f}, {9.5 - n / 20:.4f} avg loss, 0.001000 rate, 1.9 seconds, {n * 64} images, 2.1 hours left\n"
        + ("\n calculation mAP (mean average precision)...\n Detection layer: 30 - type = 28 \nclass_id = 0, name = cat, ap = 41.50%   \t (TP = 8, FP = 2) \n\n for conf_thresh = 0.25, precision = 0.71, recall = 0.42, F1-score = 0.53 \n\n mean average precision (mAP@0.50) = 0.415000, or 41.50 % \n" if n == 60 else "")
        for n in range(1, 101)
    ),
    epochs=1, first={"step": 60, "train_loss": 6.5, "~map": 0.415, "~recall": 0.42}, steps=65, last_step={"step": 99}, no_metric=["iou", "bbox", "layer"],
)  # fmt: skip
_log(
    "sockeye: a bracket holds time, level, logger and function; some epochs have two checkpoints",
    "".join(
        f"[2020-02-03:08:0{n}:00:INFO:sockeye.training:__call__] Epoch[{n // 2}] Batch [{n * 80}]\tSpeed: 450.1 samples/sec 9900.5 tokens/sec 6.1 updates/sec\tperplexity={90 / n:.3f}\n"
        f"[2020-02-03:08:0{n}:10:INFO:sockeye.training:fit] Checkpoint [{n}]\tUpdates={n * 80} Epoch={n // 2} Samples={n * 640} Time-cost=31.8 Updates/sec=6.1\n"
        f"[2020-02-03:08:0{n}:11:INFO:sockeye.training:fit] Checkpoint [{n}]\tTrain-perplexity={80 / n:.3f}\n"
        f"[2020-02-03:08:0{n}:20:INFO:sockeye.training:fit] Checkpoint [{n}]\tValidation-perplexity={100 / n:.3f}\n"
        f"[2020-02-03:08:0{n}:20:INFO:sockeye.training:fit] Validation-perplexity improved to {100 / n:.3f} (delta=3.1).\n"
        for n in range(1, 8)
    ),
    epochs=7, first={"step": 80, "train_loss": 4.382, "val_loss": 4.6052}, last={"step": 560, "val_loss": 2.659}, no_metric=["cost", "checkpoint"],
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
    "a score without a step, where the evaluations name theirs",
    "".join(f"step {n * 100}: val loss {9 / n:.3f}\nval accuracy 0.{n}\n" for n in range(1, 6)) + "val f1 0.41\n",
    epochs=5, generations=1, first={"step": 100, "~accuracy": 0.1}, last={"step": 500, "val_loss": 1.8, "~accuracy": 0.5, "~f1": 0.41},
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
    "JoeyNMT: the validation's heading names epoch and step behind it",
    "".join(
        f"2021-03-01 10:{n:02}:00,000 - INFO - joeynmt.training - Epoch   {n}, Step: {n * 100:8}, Batch Loss: {5 - n / 5:12.6f}, Tokens per Sec: 9000, Lr: 0.000300\n"
        f"2021-03-01 10:{n:02}:30,000 - INFO - joeynmt.training - Validation result (greedy) at epoch {n:3}, step {n * 100:8}: bleu: {n}.10, loss: {6 - n / 5:.4f}, ppl: 9.{n}, duration: 20.1s\n"
        for n in range(1, 6)
    ),
    epochs=5, first={"epoch": 1, "train_loss": 4.8, "val_loss": 5.8}, last={"epoch": 5, "train_loss": 4.0, "val_loss": 5.0, "~bleu": 5.1},
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
    "XGBoost: errors in numbers of their own, no loss by name",
    "".join(f"[{n}]\ttrain-rmse:{3 / (n + 1):.5f}\ttest-rmse:{3.5 / (n + 1):.5f}\n" for n in range(8)),
    epochs=8, first={"~test_rmse": 3.5, "~train_rmse": 3.0}, last={"step": 7, "~test_rmse": 0.4375}, said="no loss and no WER, only test_rmse",
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
_log(
    "Spinning Up: the return counts, of two losses none is the whole",
    "".join(
        f"Warning: trajectory cut off by epoch at 9{e} steps.\n{'-' * 39}\n|{'Epoch':>18} |{e:16} |\n|{'AverageEpRet':>18} |{20.5 + e * 10:16.3g} |\n|{'StdEpRet':>18} |{8.5:16} |\n"
        f"|{'LossPi':>18} |{-0.01 * e:16.3g} |\n|{'LossV':>18} |{60 + e:16} |\n|{'Time':>18} |{3.3 * e:16.3g} |\n{'-' * 39}\n"
        for e in range(5)
    ),
    epochs=5, first={"epoch": 0, "~averageepret": 20.5, "train_loss": None}, last={"epoch": 4, "~averageepret": 60.5, "~lossv": 64.0}, said="no loss and no WER, only averageepret",
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
_log(
    "Hugging Face: evaluations at shares of an epoch, and a step that stands at a whole one",
    "".join(
        "".join(f"{{'loss': {(5 - e - b / 10):.4f}, 'grad_norm': 1.5, 'learning_rate': 1.000e-05, 'epoch': {e * 1.25 + b / 4:.2f}}}\n" for b in (1, 2, 3, 4, 5))
        + f"{{'eval_loss': {3 / (e + 1):.4f}, 'eval_wer': {60 / (e + 1):.4f}, 'eval_runtime': 605.7, 'epoch': {(e + 1) * 1.25:.2f}}}\n"
        for e in range(3)
    )
    + "{'train_runtime': 7412.21, 'train_samples_per_second': 10.79, 'train_loss': 3.2, 'epoch': 3.75}\n",
    epochs=3, first={"val_loss": 3.0, "val_wer": 0.6, "train_loss": 4.5}, last={"epoch": 3.75, "val_loss": 1.0, "train_loss": 2.5}, steps=15,
)  # fmt: skip
_log(
    "options with names of losses, and no training",
    "------ hyper-parameters ------\n  epochs : 120\n  val_ratio : 0.1\n  val_interval : 1\n  loss_ctc_share : 0.3\n  label_smoothing : 0.1\n----\nTraceback (most recent call last):\n  File \"main.py\", line 3\nFileNotFoundError: no such file\n",
    refused="No line there says of which epoch its loss_ctc_share is",
)  # fmt: skip
_log(
    "PyTorch's tutorial: epoch and step in one bracket",
    "".join("".join(f"[{n}, {b:5}] loss: {2.2 / n - b / 20000:.3f}\n" for b in (2000, 4000, 6000, 8000)) for n in range(1, 5)) + "Finished Training\n",
    epochs=4, first={"epoch": 1, "train_loss": 1.8}, last={"epoch": 4, "train_loss": 0.15}, steps=16,
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
    said="In 5 epochs a second bar, to 100, tells a loss again, no line says of what: left out.",
)  # fmt: skip
_log(
    "a table with a row for each split",
    "epoch,split,loss,wer\n" + "".join(f"{n},train,{3 / n:.3f},{70 / n:.1f}\n{n},valid,{3.3 / n:.3f},{75 / n:.1f}\n" for n in range(1, 7)),
    epochs=6, first={"train_loss": 3.0, "val_loss": 3.3, "val_wer": 0.75}, last={"train_loss": 0.5, "val_loss": 0.55},
)  # fmt: skip
_log(
    "the best model is loaded and validated at the end",
    "".join(f"epoch {n}: loss {3 / n:.4f}\nval loss {3.3 / n:.4f} | val acc {50 + 3 * n}.2%\n" for n in range(1, 7))
    + "Training finished, reloading the best checkpoint\nval loss 0.4001 | val acc 75.1%\n",
    epochs=6, first={"val_loss": 3.3}, last={"val_loss": 0.55, "~acc": 68.2},
)  # fmt: skip
_log(
    "llama2.c",
    """
step 0: train loss 10.41, val loss 10.42
0 | loss 10.4100 | lr 0.000000e+00 | 645.67ms | mfu -100.00%
20 | loss 9.0389 | lr 1.000000e-05 | 648.63ms | mfu 19.10%
40 | loss 8.6858 | lr 2.000000e-05 | 646.79ms | mfu 19.60%
step 60: train loss 8.21, val loss 8.35
60 | loss 8.3500 | lr 3.000000e-05 | 650.21ms | mfu 19.64%
""",
    epochs=2, first={"train_loss": 10.41, "val_loss": 10.42}, last={"train_loss": 8.21, "val_loss": 8.35}, steps=4,
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
    "BERT-pytorch",
    """
EP_train:0:  75%|||||||    | 300/400 [00:30<00:10,  9.8it/s]{'epoch': 0, 'iter': 300, 'avg_loss': 9.13, 'avg_acc': 49.11, 'loss': 9.35}
EP0_train, avg_loss= 8.91 total_acc= 50.1140
EP:0 Model Saved on: output/bert.model.ep0
EP_test:0: 100%|||||||||||| 40/40 [00:02<00:00, 19.1it/s]
EP0_test, avg_loss= 7.80 total_acc= 48.1140
EP_train:1:  75%|||||||    | 300/400 [00:30<00:10,  9.8it/s]{'epoch': 1, 'iter': 300, 'avg_loss': 5.93, 'avg_acc': 63.29, 'loss': 5.89}
EP1_train, avg_loss= 5.79 total_acc= 64.2969
EP:1 Model Saved on: output/bert.model.ep1
EP_test:1: 100%|||||||||||| 40/40 [00:02<00:00, 19.1it/s]
EP1_test, avg_loss= 5.77 total_acc= 62.2969
""",
    epochs=2, first={"train_loss": 8.91, "val_loss": 7.80}, last={"train_loss": 5.79, "val_loss": 5.77},
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
