# ruff: noqa: E501 — lines stand as the tools print them
"""Speech, its recognition and synthesis."""

from tests.importers.printed.kept import keep as _log

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
    "two dev sets",
    """
Epoch 1 train loss 2.1 dev-clean loss 2.0 dev-other loss 3.0
Epoch 2 train loss 1.9 dev-clean loss 1.8 dev-other loss 2.8
""",
    epochs=2, first={"train_loss": 2.1, "val_loss": 2.0}, last={"val_loss": 1.8, "~other_loss": 2.8},
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
    "a cost of the training, and clips by their number",
    "".join(
        f"batch 99 : time 0.15\nseq   0: origin: [50, 5, 17] decoded:[]\nseq   1: origin: [4, 31] decoded:[4]\n"
        f"12/13 10:1{e}:19 Epoch {e}/100, accuracy = 0.1{e},avg_train_cost = {25 - e}.50, lastbatch_err = 0.9, val cost = {26 - e}.25, lr=0.001\n"
        for e in (1, 2, 3)
    ),
    epochs=3, first={"train_loss": 24.5, "val_loss": 25.25, "~acc": 0.11, "~seq": None}, last={"train_loss": 22.5, "val_loss": 23.25, "~seq": None},
)  # fmt: skip
_log(
    "a generator's whole loss by step",
    "".join(f"Steps : {s}, Gen Loss Total : {30 - s / 10:.3f}, Mel-Spec. Error : 0.407, s/b : 1.131\n" for s in (5, 10, 15, 20)),
    epochs=0, steps=4, said="train loss 29.50 → 28.00",
)  # fmt: skip
_log(
    "kraken's bar: a count before a time is no date",
    "".join(f"stage {e}/∞ ━━━━━━━━━━━━━━ 20/20 0:00:17 • 0:00:00 3.23it/s val_accuracy: 0.9{e} early_stopping: 0/10 0.9{e}000\n" for e in (0, 1, 2)),
    epochs=3, first={"epoch": 0, "~accuracy": 0.9}, last={"epoch": 2, "~accuracy": 0.92},
)  # fmt: skip
_log(
    "a test alone is no training",
    "Computing acoustic model predictions...\n100% (177 of 177) |######| Elapsed Time: 0:00:14 Time:  0:00:14\n"
    "100% (177 of 177) |######| Elapsed Time: 0:04:54 Time:  0:04:54\nTest - WER: 0.213015, CER: 0.142373, loss: 25.164192\n",
    refused="of which epoch its test_wer",
)  # fmt: skip
