# ruff: noqa: E501 — lines stand as the tools print them
"""Scripts of one's own: what stands where, in words."""

from tests.importers.printed.kept import keep as _log

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
    "scores without an epoch or a step",
    "utt001: 3 of 4 right\nFinal WER 0.31 on 24 utterances, CER 0.12\n",
    refused=r"says of which epoch its wer and its cer is \(2 whole lines\)",
)
_log(
    "train and val scores without a name, beside a loss",
    """
Epoch: 010, Loss: 1.95, Train: 0.52, Val: 0.41, Test: 0.43
Epoch: 020, Loss: 1.62, Train: 0.61, Val: 0.48, Test: 0.49
""",
    epochs=2, first={"train_loss": 1.95, "val_loss": None}, last={"train_loss": 1.62, "~val_score": 0.48},
)  # fmt: skip
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
    "figures behind `best epoch` are of that epoch",
    "".join(f"Época {e} de 3\n  pérdida: {4.0 - e}\n  pérdida de validación: {5.0 - e}\n" for e in (1, 2, 3))
    + "Parada temprana. Mejor época: 2, pérdida 0.4970\n",
    epochs=3, last={"train_loss": 1.0, "val_loss": 2.0},
)  # fmt: skip
_log(
    "a score without a step, where the evaluations name theirs",
    "".join(f"step {n * 100}: val loss {9 / n:.3f}\nval accuracy 0.{n}\n" for n in range(1, 6)) + "val f1 0.41\n",
    epochs=5, generations=1, first={"step": 100, "~accuracy": 0.1}, last={"step": 500, "val_loss": 1.8, "~accuracy": 0.5, "~f1": 0.41},
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
    "a table that compares models",
    """
The loss curves expected:

| model | params | train loss | val loss |
| ----- | ------ | ---------- | -------- |
| small | 124M   | 3.11       | 3.12     |
| large | 774M   | 2.66       | 2.67     |
""",
    refused="No line there gives an epoch",
)
_log(
    "a bar with the loss of a batch, and a score of the validation",
    """
Epoch 1/2:  50%|#####     | 10/20 [00:05<00:05,  1.01s/img, loss (batch)=1.3]
Epoch 1/2: 100%|##########| 20/20 [00:10<00:00,  1.01s/img, loss (batch)=1.2]
INFO: Validation Dice score: 0.31
Epoch 2/2: 100%|##########| 20/20 [00:10<00:00,  1.01s/img, loss (batch)=0.9]
INFO: Validation Dice score: 0.62
""",
    epochs=2, first={"train_loss": 1.2, "~dice": 0.31}, last={"train_loss": 0.9, "~dice": 0.62},
)  # fmt: skip
_log(
    "a dict of settings above a training by steps",
    """
{'input_file': 'words.txt', 'work_dir': 'out', 'resume': False, 'top_k': -1, 'n_layer': 4, 'n_embd': 64, 'batch_size': 32}
step 0 | loss 3.5179 | step time 12.57ms
step 100 | loss 2.9131 | step time 3.31ms
step 200 train loss: 2.7112 test loss: 2.8034
step 200 | loss 2.7001 | step time 3.35ms
step 400 train loss: 2.5120 test loss: 2.6210
""",
    epochs=2, first={"train_loss": 2.7112, "val_loss": 2.8034, "~top_k": None, "~n_layer": None, "~n_embd": None},
    last={"train_loss": 2.512, "val_loss": 2.621},
)  # fmt: skip
_log(
    "settings above the training, and prose beside it",
    """
data:
    ndigit: 2
model:
    attn_pdrop: 0.1
number of parameters: 0.09M
iter_dt 0.00ms; iter 0: train loss 2.31454
The model claims that 99 + 32 = 122 but gt is 131
train final score: 17/9500 = 0.18% correct
test final score: 5/500 = 1.00% correct
iter_dt 309.01ms; iter 10: train loss 2.11316
iter_dt 352.48ms; iter 20: train loss 1.98139
The model claims that 99 + 32 = 131 but gt is 131
train final score: 170/9500 = 1.79% correct
test final score: 50/500 = 10.00% correct
""",
    epochs=2, first={"train_loss": 2.31454, "~ndigit": None, "~pdrop": None, "~claims": None, "~gt": None, "~test_score": 0.01},
    last={"train_loss": 1.98139, "~test_score": 0.1, "~claims": None},
)  # fmt: skip
_log(
    "stages of a script around its training",
    """
[1/4] Loading data...
   Training samples: 18,293
[2/4] Preparing features...
   Features: 21
[3/4] Configuring the model...
   learning_rate: 0.05
[4/4] Training the model...
[0]\tvalidation_0-mlogloss:1.07811\tvalidation_1-mlogloss:1.07914
[20]\tvalidation_0-mlogloss:0.83465\tvalidation_1-mlogloss:0.85025
[40]\tvalidation_0-mlogloss:0.74053\tvalidation_1-mlogloss:0.76353
[Validation Performance]
   Accuracy: 0.7138
""",
    epochs=3, generations=1, first={"val_loss": 1.07914}, last={"val_loss": 0.76353, "~accuracy": 0.7138},
)  # fmt: skip
_log(
    "a heading above step lines of several losses",
    "Training START\n"
    + "".join(f"iter {n}00:, hard_loss_metric=0.5{n}, full_loss_metric=0.1{n}, mean_dist=0.2, lr=0.0001\n" for n in range(1, 6)),
    steps=5, said="train_hard_loss 0.51 → 0.55 up to step 500",
)  # fmt: skip
_log(
    "a loss alone below the heading of the training",
    "Training...\n" + "".join(f"iter = {n}, loss = {0.7 / 10**n:g}\n" for n in range(6)),
    steps=6, last_step={"train_loss": 0.7e-5}, said="up to step 5:",
)  # fmt: skip
_log(
    "a score with its loss in brackets, beside another loss",
    "".join(
        f"Global step: {n}, loss: {3 - n / 100:.2f}\nEpoch {n // 10}\nTest accuracy: {n}.5%\nDiscriminator Accuracy (Loss): 0.5{n} (1.3{n})\n"
        for n in (10, 20, 30)
    ),
    last={"~discriminator_accuracy": 0.53, "~discriminator_loss": 1.33},
)  # fmt: skip
_log(
    "a perplexity by step, and no loss",
    "".join(f"  epoch 0 step {n}00 lr 1 step-time 0.89s wps 5.78K ppl {900 / n:.2f} bleu 0.00\n" for n in range(1, 6)),
    steps=5,
)  # fmt: skip
_log(
    "steps of a first epoch that no line ends, below a heading",
    "[2026-12-01 22:45:42] Training started\n"
    + "".join(f"[2026-12-0{n} 00:06:06] Ep. 1 : Up. {n}000 : Sen. {n}0,000 : Cost {200 / n:.4f} : Time 48.02s : L.r. 1.8750e-05\n" for n in range(1, 6)),
    epochs=0, steps=5, said="Epoch 1 under way in train.log, step 5,000, train loss 200.00 → 40.00.",
)  # fmt: skip
_log(
    "spaCy's tuples under Python 2: the losses of an epoch below its heading",
    "".join(f"('Epoch : ', {e}, ' batch : ', 436)\n437it [09:29,  1.30s/it]\n('Losses', {{u'ner': 0.{90 - 7 * e}01, u'tagger': 0.{80 - 7 * e}02}})\n" for e in range(6)),
    epochs=6, first={"epoch": 0, "~ner_loss": 0.9001, "~tagger_loss": 0.8002}, last={"epoch": 5, "~ner_loss": 0.5501},
)  # fmt: skip
_log(
    "an agent's two losses in a line: the value loss is not the loss",
    "".join(f"Iteration {n}, Policy Loss: 0.{70 - 5 * n}2, Value Loss: 0.{50 - 4 * n}1\n" for n in range(1, 9)),
    epochs=0, steps=8, said="only policy_loss",
)  # fmt: skip
_log(
    "the batch stands in the line above its loss",
    "".join(f"2025-06-04 19:53:{n:02d}, batch i:{n}, episode_len:{20 + n}\nkl:0.0{n}1,lr_multiplier:1.000,loss:{5.4 - n / 10:.3f},entropy:4.37\n" for n in range(1, 31)),
    epochs=0, steps=30, last_step={"step": 30, "train_loss": 2.4},
)  # fmt: skip
_log(
    "PyTorch-YOLOv3, killed in the first epoch: the parts of the loss and their sum",
    "".join(f"[Epoch 0/30, Batch {n}/7329] [Losses: x 0.27{n}, y 0.25, w 4.8{n}, h 4.6, conf 4.3, cls 0.8, total {15 - n / 10:.4f}, recall: 0.0{n}1, precision: 0.001]\n" for n in range(40)),
    epochs=0, steps=40, last_step={"step": 39, "train_loss": 11.1},
)  # fmt: skip
_log(
    "a point process: dashes, a dot behind the epoch, losses per event",
    "".join(f"2023-11-27 16:50:46,151 - trainers.trainer - INFO - ---Epoch.{e} Train Negative Overall Log-Loss per event: 0.{28 - e}2076. \n2023-11-27 16:50:46,153 - trainers.trainer - INFO - ---Epoch.{e} Val Negative Log-Loss per event: 0.{19 - e}2228; Negative Log-Likelihood per event:0.000000; MAPE: 0.000000;\n" for e in range(8)),
    epochs=8, first={"epoch": 0, "train_loss": 0.282076, "val_loss": 0.192228}, last={"epoch": 7, "train_loss": 0.212076, "val_loss": 0.122228},
)  # fmt: skip
_log(
    "LLaMA-Factory's trainer log of 25 epochs: whole epochs that happen to be logged are steps as well",
    "".join(
        f'{{"current_steps": {n * 10}, "total_steps": 11900, "loss": {3.5 - n / 400:.4f}, "reward": null, "learning_rate": 9.9e-05, "epoch": {round(n * 10 / 476, 2)}, "percentage": 0.08, "elapsed_time": "0:00:26"}}\n'
        for n in range(1, 1191)
    ),
    epochs=0, steps=800,  # of a long log, one line in some is looked at
)  # fmt: skip
_log(
    "phoneme error rate: PER is a score and no word between",
    "".join(f"Epoch {e:02d} | Train Loss: {3 / e:.4f} | Val Loss: {3.1 / e:.4f} | Val PER: 0.6{9 - e}83 | Time: 7.0s\n" for e in range(1, 8)),
    epochs=7, first={"epoch": 1, "~val_per": 0.6883}, last={"epoch": 7, "~val_per": 0.6283, "val_loss": 3.1 / 7},
)  # fmt: skip
_log(
    "the last line has no newline, and some of the lines like it have more decimals",
    "".join(f"Epoch {e}/9\n313/313 [==============================] - 345s 1s/step - loss: 0.{60 - e}91 - acc: 0.75{e}2 - val_loss: 0.{59 - e}67 - val_acc: {'0.76301' if e == 2 else f'0.7{e}21'}\n" for e in range(1, 10)).rstrip(),
    epochs=9, last={"epoch": 9, "val_loss": 0.5067, "~val_acc": 0.7921},
)  # fmt: skip
_log(
    "DGCNN: the epoch directly behind its split",
    "".join(f"Train {e}, loss: {2.6 - e / 10:.6f}, train acc: 0.{45 + e}0777, train avg acc: 0.{23 + e}9456\nTest {e}, loss: {2.7 - e / 12:.6f}, test acc: 0.{44 + e}0777, test avg acc: 0.{22 + e}9456\n" for e in range(8)),
    epochs=8, first={"epoch": 0, "train_loss": 2.6, "val_loss": 2.7}, last={"epoch": 7, "train_loss": 1.9, "val_loss": 2.7 - 7 / 12},
)  # fmt: skip
_log(
    "PaddleNLP: several evaluations in each epoch, at steps that are counted through",
    "".join(f"global step {n * 100}/3000, epoch: {n // 12}, batch: {n * 100 % 1200 - 1}, rank_id: 0, loss: {0.7 - n / 50:.6f}, lr: 0.0000158479, speed: 3.8838 step/s\n" + (f"eval loss: {0.5 - n / 90:.6f}, acc: 0.9{n:02d}, \neval done total : 1.8497 s\n" if n % 3 == 0 else "") for n in range(1, 31)),
    epochs=10, first={"step": 300, "val_loss": 0.466667, "train_loss": 0.64}, last={"step": 3000, "val_loss": 0.166667},
)  # fmt: skip
_log(
    "Flower: rounds are the epochs, and each client tells its own loss",
    "".join(f"INFO :      \nINFO :      [ROUND {r}]\nINFO :      configure_fit: strategy sampled 2 clients (out of 2)\nINFO :      -> loss: {9 / r:.4f}\nINFO :      configure_evaluate: strategy sampled 2 clients (out of 2)\nINFO :      -> Mega Dice Score: 0.5{r}66\n" for r in range(1, 8)),
    epochs=7, first={"epoch": 1, "train_loss": 9.0, "~dice": 0.5166}, last={"epoch": 7, "~dice": 0.5766},
)  # fmt: skip
_log(
    "COCO's twelve lines behind PaddleDetection's steps: the average precisions, and no threshold",
    "".join(
        "".join(f"2020-06-12 20:30:37,554-INFO: iter: {b * 3000 + n * 200}, lr: 0.000250, 'loss_cls': '0.1{b}{n:02d}', 'loss': '0.{60 - b * 9 - n}1', time: 2.1\n" for n in range(1, 15))
        + "2020-06-12 20:31:00,000-INFO: Test iter 0\n2020-06-12 20:31:00,000-INFO: Test finish iter 484\nDONE (t=0.63s).\n"
        + f" Average Precision  (AP) @[ IoU=0.50:0.95 | area=   all | maxDets=100 ] = 0.2{b}1\n Average Precision  (AP) @[ IoU=0.50      | area=   all | maxDets=100 ] = 0.42{b}\n Average Precision  (AP) @[ IoU=0.50:0.95 | area= small | maxDets=100 ] = 0.146\n Average Recall     (AR) @[ IoU=0.50:0.95 | area=   all | maxDets=  1 ] = 0.272\n"
        for b in range(4)
    ),
    epochs=4, first={"step": 2800, "train_loss": 0.461, "~val_map": 0.201}, last={"step": 11800, "train_loss": 0.191, "~val_map": 0.231}, no_metric=["iou", "area", "recall"],
)  # fmt: skip
_log(
    "a threshold in brackets is no figure, and a bar stands between dashes",
    "".join(f"**** EPOCH {e:03d} ****\n" + "".join(f" -- {n:03d} / 060 --\nmean loss: {9 - e - n / 100:.6f}\nbox estimation accuracy (IoU=0.7): 0.1{n}4375\n" for n in (20, 40, 60)) + f"---- EPOCH {e:03d} EVALUATION ----\neval mean loss: {9.5 - e:.6f}\neval box estimation accuracy (IoU=0.7): 0.3{e}8778\n" for e in range(5)),
    epochs=5, first={"epoch": 0, "val_loss": 9.5, "~val_box": 0.308778}, last={"epoch": 4, "val_loss": 5.5, "~val_box": 0.348778},
)  # fmt: skip
_log(
    "YOLO validates its best model again at the end",
    "".join(f"Epoch {e} | train loss {2 / e:.4f} | val loss {2.4 / e:.4f} | val mAP 0.{20 + e}17\n" for e in range(1, 7)) + "\nValidating runs/train/exp5/weights/best.pt...\nval loss 0.4111 | val mAP 0.2555\n",
    epochs=6, last={"epoch": 6, "val_loss": 0.4, "~val_map": 0.2617},
)  # fmt: skip
_log(
    "the options of an object stand in a line each: none is a figure",
    "07/19/2023 03:09:55 - INFO - __main__ - Training/evaluation parameters TrainingArguments(\n_n_gpu=1,\nadam_epsilon=1e-08,\nlabel_smoothing_factor=0.1,\ndebug=[],\neval_delay=0.5,\nwarmup_ratio=0.05,\n)\n[INFO|configuration_utils.py:725] 2023-07-19 03:09:58,019 >> Model config GPT2Config {\n  \"attn_pdrop\": 0.1,\n  \"architectures\": [\n    \"GPT2LMHeadModel\"\n  ],\n  \"layer_norm_epsilon\": 1e-05,\n  \"summary_first_dropout\": 0.1\n}\n" + "".join(f"Epoch {e}: train loss {2 / e:.4f}, val loss {2.4 / e:.4f}\n" for e in range(1, 7)),
    epochs=6, last={"epoch": 6, "val_loss": 0.4}, no_metric=["epsilon", "pdrop", "delay", "ratio", "smoothing", "dropout"],
)  # fmt: skip
_log(
    "Kaldi's list of results is no training",
    "".join(f"%WER {31 - n}.7 | 400 15057 | 71.8 19.5 8.7 3.5 31.7 100.0 | -0.457 | exp/{system}/decode_dev/score_5/ctm_39phn.filt.sys\n" for n, system in enumerate(("mono", "tri1", "tri2", "tri3", "sgmm2_4", "dnn4"))),
    refused="6 results of several systems",
)  # fmt: skip
_log(
    "loguru with its level first: the line of the source is no figure",
    "".join(f"INFO     | 2024-05-02 10:46:4{n % 10} | autotrain.trainers.common:on_log:363 - {{'loss': {1.7 - n / 50:.4f}, 'learning_rate': 2e-05, 'epoch': {n / 20:.2f}}}\n" for n in range(1, 15)),
    epochs=0, steps=14, said="only train loss 1.68 → 1.42",
)  # fmt: skip
_log(
    "an object's options that never close hold back no epoch",
    "using OptimizerConfig(\n  lr=0.001,\n" + "".join(f"Epoch: {e}\nloss: {2 / e:.4f}\nval_loss: {2.4 / e:.4f}\n" for e in range(1, 7)),
    epochs=6, first={"epoch": 1, "train_loss": 2.0, "val_loss": 2.4}, last={"epoch": 6, "val_loss": 0.4},
)  # fmt: skip
_log(
    "`trained with loss` and `evaluated with loss`: the split is the verb",
    "".join(f"Epoch {e} trained with loss: {0.9 / (e + 1):.6f}, and dice score 0.2{e}60. The running time is 6.95.\nEpoch {e} evaluated with loss: {1.1 / (e + 1):.6f}, and dice score: 0.3{e}24. The running time is 0.65.\nLast model saved at epoch: {e}\n" for e in range(7)),
    epochs=7, first={"epoch": 0, "train_loss": 0.9, "val_loss": 1.1}, last={"epoch": 6, "train_loss": 0.9 / 7, "val_loss": 1.1 / 7},
)  # fmt: skip
_log(
    "v_ before the names of the validation, beside those of the training",
    "".join(f"INFO   Epoch {e}: v_recons 4.5{e}5e-01  recons 4.4{e}2e-01  v_loss {5.1 - e / 4:.3f}e+00  loss {5.4 - e / 3:.3f}e+00\n" for e in range(7)),
    epochs=7, first={"epoch": 0, "train_loss": 5.4, "val_loss": 5.1}, last={"epoch": 6, "train_loss": 3.4, "val_loss": 3.6, "~val_recons": 0.4565},
)  # fmt: skip
_log(
    "the step in brackets behind its split, above a dict",
    "".join(f"I1216 14:22:57.913980 139628846601088 train.py:577] [Train {n * 10}/1882] {{'grads_finite': 1.0, 'loss_scale': 1.0, 'train_loss': {0.9 - n / 90:.5f}}}\n" for n in range(1, 41)),
    epochs=0, steps=40, last_step={"step": 400},
)  # fmt: skip
_log(
    "decibels behind a PSNR; zeros where two programs wrote one file",
    "".join(f"<epoch:{e}, lr:1.000e-04> loss: {0.9 / e:.4f}\n" + (f"<epoch:{e}, Average PSNR : {18 + e}.33dB\n" if e % 3 == 0 else "") + ("\0" * 70 + "\n" if e == 4 else "") for e in range(1, 13)),
    epochs=12, first={"epoch": 1, "train_loss": 0.9}, last={"epoch": 12, "train_loss": 0.075, "~psnr": 30.33},
)  # fmt: skip
_log(
    "a table of wide columns whose last cell has a unit of its own",
    "Epoch    Train Loss   Train Acc    Test Loss    Test Acc     Time    \n" + "-" * 70 + "\n" + "".join(f"{e:<9}{2.4 / e:<13.4f}0.27{e}1       {2.8 / e:<13.4f}0.24{e}8       0.55    s\n" for e in range(1, 7)) + "-" * 70 + "\nBest test accuracy: 0.5271 (52.71%)\n\nTest Loss: 0.4667\nTest Accuracy: 0.2468\n",
    epochs=6, first={"epoch": 1, "train_loss": 2.4, "val_loss": 2.8, "~train_acc": 0.2711}, last={"epoch": 6, "train_loss": 0.4, "val_loss": 0.4667}, no_metric=["best", "time"],
)  # fmt: skip
_log(
    "the epoch in brackets before the losses of both splits, of two models",
    "".join(f"model: {model}\n" + "".join(f"[{e}/{total}] Training loss: {top / e:.4f}\t Validation loss: {2 * top / e:.4f}\n" for e in range(total // 6, total + 1, total // 6)) + "smape score:  18.48425\n" for model, total, top in (("LSTM", 30, 20), ("GRU", 30, 10))),
    epochs=6, generations=2, first={"epoch": 5, "train_loss": 2.0, "val_loss": 4.0}, last={"epoch": 30, "train_loss": 10 / 30, "val_loss": 20 / 30},
)  # fmt: skip
_log(
    "accuracy on a set",
    "".join(f"Global Step:   {n * 100}, accuracy:  {50 + n}.5%, loss = {2 / n:.2f} (615.1 examples/sec, 0.21 sec/batch)\nAccuracy on Test-Set: {40 + n}.40% (1040 / 10000)\n" for n in range(1, 5)),
    epochs=4, first={"train_loss": 2.0, "~test_accuracy": 41.4}, last={"train_loss": 0.5, "~test_accuracy": 44.4}, no_metric=["_on"],
)  # fmt: skip
_log(
    "a last evaluation of all three sets, and the settings of what comes next",
    "".join(f"Epoch [{e}/60] - Train Loss: {90 / e:.4f}, Train RMSE: {80 / e:.4f}, Val RMSE: {99 / e:.4f}\n" for e in range(10, 61, 10)) + "Training done\nTrain set - RMSE: 75.4642, MAE: 60.1526, R2: 0.6756\nVal set - RMSE: 20.3966, MAE: 13.9945, R2: 0.8535\nwindow: 50\n",
    epochs=6, first={"epoch": 10, "train_loss": 9.0, "~val_rmse": 9.9}, last={"epoch": 60, "train_loss": 1.5, "~train_rmse": 80 / 60, "~val_rmse": 1.65}, no_metric=["window", "mae"],
)  # fmt: skip
_log(
    "the test of the model, where no epoch is named",
    "".join(f"Training Loss: {0.9 / n:.4f}\n\n\nModel evaluation.\n\n\nModel test error: {0.8 / n:.5f}\n" for n in range(1, 7)),
    epochs=6, first={"train_loss": 0.9, "~test_error": 0.8}, last={"train_loss": 0.15, "~test_error": 0.8 / 6},
)  # fmt: skip
_log(
    "rewards by episode are not read, and it is said",
    "".join(f"Episode {n}\tFrame {n * 23}\tAverage100 Score: {20 + n}.30\n" for n in range(1, 9)),
    refused="It gives an agent's average100_score by episode, and one episode is not read as an evaluation",
)  # fmt: skip
_log(
    "an index of the epoch and one of the batch, each with its total",
    "".join(f"[epoch_index: {e}/20][batch_index:{b}/40] [D loss: {0.9 / e + b / 100:.6f}, acc:  {50 + b}%] [G loss: {4 / e - b / 100:.6f}, adv: 0.535407] time: 0:10:33\n" for e in range(1, 5) for b in (10, 25, 40)),
    epochs=4, steps=12, first={"epoch": 1, "~d_loss": 1.3, "~g_loss": 3.6}, last={"epoch": 4, "~d_loss": 0.625, "~g_loss": 0.6},
)  # fmt: skip
_log(
    "keras-rl: an interval is an evaluation",
    "Training for 40000 steps ...\n" + "".join(f"Interval {n} ({n * 10000 - 10000} steps performed)\n10000/10000 [==============================] - 199s 20ms/step - reward: -1.1{n}52\n2748 episodes - episode_reward: -4.0{n}2 [-10.000, 1.000] - loss: {2 / n:.3f} - mean_q: -3.342\n\n" for n in range(1, 5)),
    epochs=4, first={"epoch": 1, "train_loss": 2.0, "~reward": -1.1152}, last={"epoch": 4, "train_loss": 0.5, "~reward": -1.1452},
)  # fmt: skip
_log(
    "NGCF: the loss is the sum of the two behind it, and scores of the test stand in lists",
    "".join(f"Epoch {e} [17.9s]: train==[{30 / (e + 1):.5f}={29 / (e + 1):.5f} + {1 / (e + 1):.5f}]" + (f", recall=[0.1{e}012, 0.2{e}432], precision=[0.0{e}012, 0.3{e}432]" if e % 2 else "") + "\n" for e in range(6)),
    epochs=6, first={"epoch": 0, "train_loss": 30.0}, last={"epoch": 5, "train_loss": 5.0, "metrics": {"test_recall_1": 0.15012, "test_recall_2": 0.25432, "test_precision_1": 0.05012, "test_precision_2": 0.35432}},
)  # fmt: skip
