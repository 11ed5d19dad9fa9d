# ruff: noqa: E501 — lines stand as the tools print them
"""Language models and translation."""

from tests.importers.printed.kept import keep as _log

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
    "kohya: another count of the epochs before the epoch",
    "".join(
        f"epoch {e}/3\n2026-03-14 08:01:36 INFO     epoch is incremented. current_epoch: {e - 1}, epoch: {e}     train_util.py:703\n"
        f"steps: 100%|██████| {e}00/{e}00 [01:00<00:00,  1.50it/s, avr_loss=0.1{e}]\n"
        for e in (1, 2, 3)
    ),
    epochs=3, first={"epoch": 1, "train_loss": 0.11}, last={"epoch": 3, "train_loss": 0.13},
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
    "JoeyNMT: the validation's heading names epoch and step behind it",
    "".join(
        f"2021-03-01 10:{n:02}:00,000 - INFO - joeynmt.training - Epoch   {n}, Step: {n * 100:8}, Batch Loss: {5 - n / 5:12.6f}, Tokens per Sec: 9000, Lr: 0.000300\n"
        f"2021-03-01 10:{n:02}:30,000 - INFO - joeynmt.training - Validation result (greedy) at epoch {n:3}, step {n * 100:8}: bleu: {n}.10, loss: {6 - n / 5:.4f}, ppl: 9.{n}, duration: 20.1s\n"
        for n in range(1, 6)
    ),
    epochs=5, first={"epoch": 1, "train_loss": 4.8, "val_loss": 5.8}, last={"epoch": 5, "train_loss": 4.0, "val_loss": 5.0, "~bleu": 5.1},
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
    "a data set that is made first, by bars without a total",
    """
Generating train split: 0 examples [00:00, ? examples/s]\rGenerating train split: 900 examples [00:00, 31044.21 examples/s]
Generating test split: 0 examples [00:00, ? examples/s]\rGenerating test split: 70 examples [00:00, 9011.72 examples/s]
Reading rows: 12000rows [01:02:03, 3.2krows/s]
{'loss': '4.2', 'grad_norm': '1.1', 'learning_rate': '0.0009', 'entropy': '5.5', 'epoch': '0.5'}
{'loss': '3.4', 'grad_norm': '1.0', 'learning_rate': '0.0007', 'entropy': '5.1', 'epoch': '1'}
{'eval_loss': '3.1', 'eval_runtime': '1.5', 'eval_entropy': '4.9', 'epoch': '1'}
{'loss': '2.8', 'grad_norm': '0.9', 'learning_rate': '0.0004', 'entropy': '4.4', 'epoch': '1.5'}
{'loss': '2.4', 'grad_norm': '0.9', 'learning_rate': '0.0002', 'entropy': '4.3', 'epoch': '2'}
{'eval_loss': '2.2', 'eval_runtime': '1.5', 'eval_entropy': '4.1', 'epoch': '2'}
""",
    epochs=2, first={"val_loss": 3.1}, last={"epoch": 2.0, "val_loss": 2.2}, steps=4,
)  # fmt: skip
_log(
    "several of the Trainer's evaluations on one line",
    "{'eval_loss': 0.71, 'eval_accuracy': 0.60, 'epoch': 1.0}      {'eval_loss': 0.52, 'eval_accuracy': 0.70, 'epoch': 2.0}      "
    "{'train_runtime': 512.4, 'train_loss': 0.9, 'epoch': 2.0}\n",
    epochs=2, first={"val_loss": 0.71, "~accuracy": 0.6}, last={"epoch": 2, "val_loss": 0.52, "~accuracy": 0.7},
)  # fmt: skip
_log(
    "conlleval: the scores of all classes count, and an iteration of steps is an epoch",
    "".join(
        f"2026-03-14 08:0{e}:10,100 - log/train.log - INFO - iteration:{e} step:50/90, NER loss: {5 - e:.4f}\n"
        f"2026-03-14 08:0{e}:20,100 - log/train.log - INFO - evaluate:dev\n"
        f"2026-03-14 08:0{e}:30,100 - log/train.log - INFO - processed 5200 tokens with 310 phrases; found: 30{e} phrases; correct: 25{e}.\n\n"
        f"2026-03-14 08:0{e}:30,100 - log/train.log - INFO - accuracy:  9{e}.10%; precision:  8{e}.20%; recall:  7{e}.30%; FB1:  7{e}.90\n\n"
        f"2026-03-14 08:0{e}:30,100 - log/train.log - INFO -               LOC: precision:  1{e}.00%; recall:  2{e}.00%; FB1:  3{e}.00  210\n\n"
        f"2026-03-14 08:0{e}:30,100 - log/train.log - INFO -                  : precision:   0.00%; recall:   0.00%; FB1:   0.00  3\n"
        for e in (1, 2)
    ),
    epochs=2, first={"epoch": 1, "train_loss": 4.0, "~recall": 71.3}, last={"epoch": 2, "train_loss": 3.0, "~precision": 82.2, "~fb1": 72.9, "~found": None},
    steps=2, said="2 epochs",
)  # fmt: skip
_log(
    "an epoch that is named at its end, and ranks behind brackets",
    "".join(
        f"2026-03-14 08:0{e}:10,100 P77 INFO --- Start evaluation ---\n"
        f"2026-03-14 08:0{e}:20,100 P77 INFO [Metrics] NDCG(k=10): 0.{e}1 - Recall(k=10): 0.{e}2 - NDCG(k=50): 0.{e}7 - Recall(k=50): 0.{e}8\n"
        f"2026-03-14 08:0{e}:30,100 P77 INFO --- 90/90 batches finished ---\n"
        f"2026-03-14 08:0{e}:30,100 P77 INFO Train loss: {0.9 - e / 10:.4f}\n"
        f"2026-03-14 08:0{e}:30,100 P77 INFO ************ Epoch={e} end ************\n"
        for e in (1, 2, 3)
    ),
    epochs=3, first={"epoch": 1, "train_loss": 0.8, "~ndcg@10": 0.11}, last={"epoch": 3, "train_loss": 0.6, "~ndcg@10": 0.31, "~recall@50": 0.38},
)  # fmt: skip
_log(
    "how far a validation has come is no score of it",
    """
| epoch 001   100 / 200 loss=4.00 (4.20), wps=900, lr=0.001
| epoch 001 | train loss 4.10 | train ppl 17.15 | lr 0.001000
| epoch 001 | valid on 'valid' subset    50 / 80 loss=3.60
| epoch 001 | valid on 'valid' subset | valid loss 3.50 | valid ppl 11.31
| epoch 002   100 / 200 loss=3.00 (3.10), wps=900, lr=0.001
| epoch 002 | train loss 3.10 | train ppl 8.57 | lr 0.001000
| epoch 002 | valid on 'valid' subset    50 / 80 loss=2.90
| epoch 002 | valid on 'valid' subset | valid loss 2.80 | valid ppl 6.96
""",
    epochs=2, first={"train_loss": 4.1, "val_loss": 3.5, "~subset": None}, last={"train_loss": 3.1, "val_loss": 2.8},
)  # fmt: skip
_log(
    "a job that was killed: its command line holds no figures",
    "Ep. 1 : Up. 100 : Cost 9.00\n[valid] Ep. 1 : Up. 100 : cross-entropy : 80.5 : new best\nDetokenizer Version $Revision: 4134 $\n"
    "Ep. 2 : Up. 200 : Cost 7.00\n[valid] Ep. 2 : Up. 200 : cross-entropy : 60.5 : new best\nDetokenizer Version $Revision: 4134 $\n"
    "run.sh: line 26: 18921 Terminated      $tool/train --type transformer --label-smoothing 0.1 --learn-rate 0.0003 --seed 11\n",
    epochs=2, first={"val_loss": 80.5}, last={"train_loss": 7.0, "val_loss": 60.5, "~revision": None, "~smoothing": None, "~rate": None},
)  # fmt: skip
_log(
    "the test's report stands below the last epoch, in Russian",
    "".join(f"Эпоха {e}/2\nTrain Loss: {0.9 - e / 10:.2f} | Val Loss: {0.95 - e / 10:.2f}\nTrain Recall: 0.8{e} | Val Recall: 0.7{e}\n----\n" for e in (1, 2))
    + "Остановлен после 2 эпохи\n\nФинальная оценка по тестовой выборке (порог 30%)\n\nAccuracy: 0.61\nRecall: 0.55\nДля сравнения - оценка с порогом 50%:\n",
    epochs=2, last={"train_loss": 0.7, "val_loss": 0.75, "~val_recall": 0.72, "~train_recall": 0.82, "~test_accuracy": 0.61, "~порог": None, "~threshold": None, "~остановлен": None},
)  # fmt: skip
_log(
    "text that a German model wrote, with its settings",
    "".join(
        f"--- Epoche {e}/3 (LR: 0.0001) ---\n[Epoche {e}] Durchschnittlicher Trainings-Loss: {3 - e * 0.1:.2f}\n"
        f"[Epoche {e}] Durchschnittlicher Validierungs-Loss: {3 - e * 0.05:.2f}\n[Scheduler] Lernrate reduziert auf 5e-05 für Epoche {e + 1}\n"
        "--- Generiere Text (Prompt: 'es war', Länge: 200, Temp: 0.7) ---\n"
        for e in (1, 2, 3)
    ),
    epochs=3, first={"train_loss": 2.9, "val_loss": 2.95}, last={"train_loss": 2.7, "val_loss": 2.85, "~temp": None, "~l": None, "~reduziert": None},
)  # fmt: skip
_log(
    "a table in which a loss is the list of its parts",
    "".join(
        "+-------+---------------+--------------------+--------------+\n| Epoch | training time |        Loss        |    recall    |\n"
        "+-------+---------------+--------------------+--------------+\n"
        f"|   {e}   |    101.828{e}   | [{9 - e}.25, 1.5{e}, 0.75] | [0.03213{e}] |\n"
        for e in (1, 2, 3)
    ),
    epochs=3, first={"epoch": 1, "~loss_1": 8.25, "~recall": 0.032131}, last={"epoch": 3, "~loss_1": 6.25, "~loss_2": 1.53, "~loss_3": 0.75, "~recall": 0.032133},
)  # fmt: skip
