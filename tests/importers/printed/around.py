# ruff: noqa: E501 — lines stand as the tools print them
"""What stands around the figures: a shell's trace, options, code, chat."""

from tests.importers.printed.kept import keep as _log

_STEPS = (
    " iteration       25/     400 | learning rate: 2.000E-04 | lm loss: 9.500000E+00 | grad norm: 8.100 |\n"
    "time (ms) | forward-compute: 301.20 | backward-compute: 610.44 | optimizer: 95.02\n"
    " iteration       50/     400 | learning rate: 1.900E-04 | lm loss: 8.250000E+00 | grad norm: 6.400 |\n"
    "time (ms) | forward-compute: 300.80 | backward-compute: 611.07 | optimizer: 94.77\n"
    " validation loss at iteration 50 | lm loss value: 8.300000E+00 | lm loss PPL: 4.023872E+03 | \n"
    " iteration       75/     400 | learning rate: 1.800E-04 | lm loss: 7.750000E+00 | grad norm: 4.900 |\n"
    " iteration      100/     400 | learning rate: 1.700E-04 | lm loss: 7.125000E+00 | grad norm: 4.100 |\n"
    " validation loss at iteration 100 | lm loss value: 7.200000E+00 | lm loss PPL: 1.339431E+03 | \n"
)
_OF_STEPS = {
    "epochs": 2, "first": {"train_loss": 8.25, "val_loss": 8.3, "~return": None, "~path": None, "~cuda": None},
    "last": {"train_loss": 7.125, "val_loss": 7.2, "~export": None, "~forward": None, "~killing": None}, "generations": 1,
}  # fmt: skip
_log(
    "a job's shell traces itself above the training",
    "++ source /apps/init.sh\n+++ '[' 0 = 1 ']'\ntest' '0;'\n++ _status=0\n++ return 0\n+++ export HOPS_modshare=/usr/bin:1:/usr/local/bin:2\n"
    "HOPS_modshare=/usr/bin:1:/opt/tool-4.2/bin:1;' export 'HOPS_modshare;\nLOADED=gcc/9.4.0:cuda/11.3:nccl/2.9.1-1-cuda;' export 'LOADED;\n"
    'PYTHONUNBUFFERED=1;\' export \'PYTHONUNBUFFERED;\n    if [ "$#" -lt 1 ]; then\n    \\export CONDA_SHLVL=0\n'
    "    --lr 0.0002     --min-lr 2.0e-5     --train-iters 400     --clip-grad 1.0\n"
    "  adam_beta1 ...................................... 0.9\n  train_iters ..................................... 400\n"
    + _STEPS + "Killing subprocess 20117\nKilling subprocess 20118\n",
    **_OF_STEPS,
)  # fmt: skip
_log(
    "the environment above the training",
    'declare -x CUDA_VERSION="11.8.0"\ndeclare -x LD_LIBRARY_PATH="/usr/local/cuda-11.8/lib64:/opt/mpi-4.1/lib"\nexport OMP_NUM_THREADS=4\n'
    "PATH=/opt/conda/bin:/usr/local/cuda-11.8/bin\nunset TEST_RETURN\nevaluation:\nCPATH=/opt/mpi-4.1/include:/opt/magma-2.5/include\n" + _STEPS,
    **_OF_STEPS,
)  # fmt: skip
_log(
    "a start script with its options below a word for the test",
    "test:\nfor node in n1 n2; do\n+ torchrun --nproc 8 train.py --lr 0.0003\nexport MASTER_PORT=29500\n  hidden_dropout .................................. 0.1\n"
    "  clip_grad ....................................... 1.0\n  loss_scale_window ............................... 1000\n" + _STEPS,
    **_OF_STEPS,
)  # fmt: skip
_log(
    "an accuracy beside the training's loss alone is of the training: no validation",
    "".join(f"Epoch {e}/6\n24/24 - 9s - loss: {0.5 - e * 0.06:.4f} - accuracy: {0.3 + e * 0.1:.4f}\n" for e in range(1, 7)),
    epochs=6, first={"train_loss": 0.44, "~train_accuracy": 0.4}, last={"train_loss": 0.14, "~train_accuracy": 0.9, "~val": None},
)  # fmt: skip
_log(
    "an accuracy in the training's lines, and scores of the validation in its own",
    "".join(
        f"2026-03-02 10:0{e}:00,120 - tool - INFO - Epoch [{e}][50/100]  lr: 2.0e-02, loss_cls: 0.48, acc: 8{e}.0762, loss_box: 0.02, loss: {1.5 - e / 10:.4f}\n"
        f"2026-03-02 10:0{e}:40,120 - tool - INFO - Epoch(val) [{e}][31]  box_mAP: 0.0{e}10, box_mAP_50: 0.0{e}70\n"
        for e in range(1, 5)
    ),
    epochs=4, first={"train_loss": 1.4, "~train_acc": 81.0762, "~val_box_map": 0.011}, last={"train_loss": 1.1, "~train_acc": 84.0762, "~val_acc": None},
)  # fmt: skip
_log(
    "the same line for the training and for the held-out set, which the heading tells apart",
    "".join(
        f"epoch {e}, loss {2 - e * 0.3:.2f}, acc {0.2 + e * 0.1:.2f}\ntesting in eval mode...\nepoch {e}, loss {2.2 - e * 0.2:.2f}, acc {0.15 + e * 0.1:.2f}\n"
        for e in range(1, 5)
    ),
    epochs=4, first={"train_loss": 1.7, "val_loss": 2.0, "~train_acc": 0.3}, last={"train_loss": 0.8, "val_loss": 1.4, "~train_acc": 0.6, "~test_acc": 0.55},
)  # fmt: skip
_RULED = "2026-02-0{d} 11:0{m}:10,220 INFO: Epoch: {e}/{n}, Iteration step: {s}, loss: {loss}\n"


def _guesses(d, n, most, top):
    return "".join(
        _RULED.format(d=d, m=e, e=e, n=n, s=400 * e + at, loss=top - e * 0.2 - at / 1000) * (at > 0)
        + (f"INFO: ========Epoch: {e}/{n},top 1 acc: 0.{d}{e}00========\nINFO: ========Epoch: {e}/{n},top 5 acc: 0.{d + 3}{e}00========\n" if at == 400 else "")
        for e in range(most) for at in (200, 400)
    )  # fmt: skip


_log(
    "of one and of five guesses, and a start that broke off in its first epoch",
    _guesses(1, 8, 6, 5.0) + _RULED.format(d=2, m=0, e=0, n=3, s=200, loss=4.9) + _guesses(3, 5, 4, 4.0),
    epochs=4, first={"train_loss": 3.6, "~top1_acc": 0.3, "~top5_acc": 0.6}, last={"train_loss": 3.0, "~top1_acc": 0.33, "~top5_acc": 0.63}, steps=8,
)  # fmt: skip
_log(
    "errors of the first guesses on one line",
    "".join(f"Epoch {e}: val loss {2 - e / 10:.2f}, top 1 error: {0.5 - e / 20:.2f}, top 5 error: {0.2 - e / 50:.2f}\n" for e in range(1, 5)),
    epochs=4, first={"val_loss": 1.9, "~top1_error": 0.45, "~top5_error": 0.18}, last={"val_loss": 1.6, "~top1_error": 0.3, "~top5_error": 0.12},
)  # fmt: skip
_log(
    "a start of one epoch, and the next with other plans",
    "Epoch [1/2], Train Loss: 2.4000, Val Loss: 2.5000\nstarting over\n"
    + "".join(f"Epoch [{e}/3], Train Loss: {3 - e * 0.5:.4f}, Val Loss: {3.1 - e * 0.4:.4f}\n" for e in range(1, 3)),
    epochs=2, first={"train_loss": 2.5, "val_loss": 2.7}, last={"train_loss": 2.0, "val_loss": 2.3}, generations=2,
)  # fmt: skip
_log(
    "a title that tells how many epochs there were is no epoch",
    "# 微调12轮结果\n" + "".join(f"{{'loss': {4 - n * 0.1:.4f}, 'grad_norm': 1.5, 'learning_rate': 2e-05, 'epoch': {n / 4}}}\n" + (f"{{'eval_loss': {4.1 - n * 0.1:.4f}, 'eval_runtime': 17.9, 'epoch': {n / 4:.1f}}}\n" if n % 4 == 0 else "") for n in range(1, 13)),
    epochs=3, first={"train_loss": 3.6, "val_loss": 3.7}, last={"train_loss": 2.8, "val_loss": 2.9}, steps=11, generations=1,
)  # fmt: skip
_log(
    "so many epochs in all, then epochs of the log itself",
    "共训练8轮\n" + "".join(f"第{e}轮 训练损失: {3 - e * 0.25:.2f} 验证损失: {3.1 - e * 0.2:.2f}\n" for e in range(1, 9)),
    epochs=8, first={"train_loss": 2.75, "val_loss": 2.9}, last={"train_loss": 1.0, "val_loss": 1.5}, generations=1,
)  # fmt: skip
_log(
    "an epoch counted before the character for it, behind a word",
    "".join(f"训练 {e}轮 loss {3 - e * 0.25:.2f} val_loss {3.1 - e * 0.2:.2f}\n" for e in range(1, 5)),
    epochs=4, first={"train_loss": 2.75, "val_loss": 2.9}, last={"train_loss": 2.0, "val_loss": 2.3}, generations=1,
)  # fmt: skip
_log(
    "a comma parts a name from its number",
    "".join(
        "".join(f"epoch {e}, phase train, step {8 * (e - 1) + at}, loss_train, {1 - e / 10 - at / 100:.3f}\n" for at in (4, 8))
        + f"epoch {e}, phase valid, total step {8 * e}\nepoch {e} | val_loss: {1.1 - e / 10:.4f}\nepoch {e} | val_dsc: {0.5 + e / 20:.4f}\n"
        for e in range(1, 5)
    ),
    epochs=4, first={"train_loss": 0.82, "val_loss": 1.0, "~val_dsc": 0.55}, last={"train_loss": 0.52, "val_loss": 0.7}, steps=8,
)  # fmt: skip
_log(
    "names and numbers, all parted by commas",
    "".join(f"epoch: {e}, train_loss, {2 - e / 4:.3f}, val_loss, {2.2 - e / 4:.3f}, val_acc, {0.4 + e / 20:.3f}\n" for e in range(1, 5)),
    epochs=4, first={"train_loss": 1.75, "val_loss": 1.95, "~val_acc": 0.45}, last={"train_loss": 1.0, "val_loss": 1.2, "~val_acc": 0.6},
)  # fmt: skip
_log(
    "names above their numbers, all parted by commas",
    "epoch,train_loss,val_loss\n" + "".join(f"{e},{2 - e / 4:.3f},{2.2 - e / 4:.3f}\n" for e in range(1, 4)),
    epochs=3, first={"train_loss": 1.75, "val_loss": 1.95}, last={"train_loss": 1.25, "val_loss": 1.45},
)  # fmt: skip
_log(
    "code below a warning, also where the warning has two lines",
    "".join(
        f"Epoch {e}/4 loss {2 - e / 4:.2f} val_loss {2.2 - e / 4:.2f}\n"
        "/opt/env/lib/python3.9/site-packages/coco/eval.py:378: DeprecationWarning: `np.float` is an alias. To silence this, use `float`.\n"
        "Deprecated since 1.20; more in the notes.\n  sums = np.cumsum(hits, axis=1, window=4).astype(dtype=np.float)\n"
        "/opt/env/lib/python3.9/site-packages/tool/loader.py:20: UserWarning: few workers\n  warnings.warn(text.format(workers, least=8))\n"
        for e in range(1, 5)
    ),
    epochs=4, first={"train_loss": 1.75, "val_loss": 1.95, "~axis": None, "~least": None}, last={"train_loss": 1.0, "val_loss": 1.2, "~window": None},
)  # fmt: skip
