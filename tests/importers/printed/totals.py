# ruff: noqa: E501 — lines stand as the tools print them
"""Totals and their parts, tables whose names stand in groups, settings drawn as a tree."""

from tests.importers.printed.kept import keep as _log

_log(
    "a detector of boxes and masks, whose names stand in two groups",
    "".join(
        "      Epoch    GPU_mem   box_loss   seg_loss   cls_loss   dfl_loss  Instances       Size\n"
        f"       {e}/4      14.5G      1.0{e}      1.742       2.63       1.08        182        640: 100%|██████████| 12/12 [00:10<00:00,  1.15it/s]\n"
        "                 Class     Images  Instances      Box(P          R      mAP50  mAP50-95)     Mask(P          R      mAP50  mAP50-95): 100%|██████████| 1/1 [00:00<00:00,  2.5it/s]\n"
        f"                   all         20        249      0.83{e}      0.942      0.94{e}      0.852      0.85{e}      0.966      0.93{e}      0.81{e}\n\n"
        for e in range(1, 5)
    ),
    epochs=4, first={"train_loss": 6.462, "~val_map50": 0.941, "~mask_map50": 0.931},
    last={"train_loss": 6.492, "~val_map50": 0.944, "~mask_p": 0.854, "~mask_map50-95": 0.814, "~all": None},
)  # fmt: skip
_log(
    "a history of Keras below the model, its index without a name",
    'Model: "sequential"\n\nTotal params: 237,205\n\n,loss,acc,val_loss,val_acc\n\n'
    + "".join(f"{e},0.4{9 - e}9282,0.8{e}9517,0.3{9 - e}2891,0.9{e}2677\n\n" for e in range(4)),
    epochs=4, first={"train_loss": 0.499282, "val_loss": 0.392891}, last={"train_loss": 0.469282, "val_loss": 0.362891},
)  # fmt: skip
_log(
    "a step, what it is of and its number, one a line",
    "".join(
        (f"{s} val {11 - s / 10:.4f}\n{s} hella 0.2{s}98\n" if s % 3 == 0 else "") + f"{s} train {11.5 - s / 10:.6f}\n"
        for s in range(1, 9)
    ),
    epochs=2, first={"train_loss": 11.3, "val_loss": 10.7, "~hellaswag_acc": 0.2398},
    last={"train_loss": 11.0, "val_loss": 10.4}, steps=8,
)  # fmt: skip
_log(
    "settings drawn as a tree, a value of which is called val",
    "full:\n  |- batch_size\t128\n  |- beta:\n  |-   |- end:\n  |-   |-   |- iter\t250000\n  |-   |-   |- val\t2.0\n"
    "  |-   |- start:\n  |-   |-   |- iter\t200000\n  |-   |-   |- val\t1.0\n  |- lambda_logvar_L1\t0.0\n"
    + "".join(f"ITER {s * 500} TRAINING (phase 1). loss_vae: {3 - s / 9:.4f}; loss_recon: 2.49{s}6; loss_kl: 1.93{s}3\n" for s in range(9)),
    epochs=0, steps=9,
)  # fmt: skip
_log(
    "a total beside a reconstruction and a divergence",
    "".join(
        f"Epoch {e}, Step {e * 20 + s * 10}: Rec=0.2{s}4574, KL=14.9{e}, Total=0.3{9 - e}{s}\n" for e in range(1, 5) for s in (0, 1)
    ),
    epochs=4, first={"train_loss": 0.381, "~rec": 0.214574}, last={"train_loss": 0.351, "~kl": 14.94},
)  # fmt: skip
_log(
    "a bar that counts beyond its total, and the epoch's own loss",
    "".join(
        "".join(f"Epoch {e}:  {n * 25}%|███| {n}/4 [00:23<05:04, 23.44s/it, loss=8{n}.9]\r" for n in range(5))
        + f"Epoch {e}: 5it [04:02, 18.76s/it, loss=88.{e}]\rEpoch {e}: 6it [04:24, 18.76s/it, loss=92.8]\nEpoch {e} Loss: 9{e}.7343\n"
        for e in range(1, 6)
    ),
    epochs=5, first={"train_loss": 91.7343}, last={"train_loss": 95.7343}, said="train loss 91.73 → 95.73.",
)  # fmt: skip
_log(
    "a loss that a line begins by calling the total",
    "".join(f"Meta epoch {e}...\nTotal train loss: 2.{9 - e}43\nAverage Evaluation Loss: 11.7{e}8\nTotal eval loss: 193{e}.13\n" for e in range(4)),
    epochs=4, first={"train_loss": 2.943, "val_loss": 11.708}, last={"train_loss": 2.643, "val_loss": 11.738},
)  # fmt: skip
_log(
    "the options of how gradients are accumulated, above a validation at the beginning",
    "=> calculated gradient accumulation steps: 2\nvalidation loss: 10.9522\n"
    + "".join(
        "".join(f"step {b * 50 + s:5d} | loss: {9.9 - b - s / 9:.6f} | lr 8.3916e-07 | norm: 15.3421\n" for s in range(3))
        + f"validation loss: {9 - b}.1696\n"
        for b in range(3)
    ),
    epochs=4, first={"val_loss": 10.9522, "step": 0}, last={"val_loss": 7.1696, "step": 102},
)  # fmt: skip
_log(
    "one evaluation below the options of an estimator and a text with numbers",
    "Using config: {'_save_steps': 100, '_global_id': 3}\nsave_steps: 100\nshe eats 3 apples: 35\n"
    "epoch 1 train loss: 0.9186 val loss: 0.7216 val accuracy: 0.85 apples_week: 35, he will have 0.75, kld: 0.25\n",
    epochs=1, first={"train_loss": 0.9186, "val_loss": 0.7216, "~kld": 0.25, "~save": None, "~apples": None, "~will": None},
)  # fmt: skip
