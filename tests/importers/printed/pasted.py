# ruff: noqa: E501 — lines stand as the scripts print them
"""What people paste when they ask about their training: personal print statements of many fields."""

from tests.importers.printed.kept import keep as _log

_log(
    "each epoch has a line of its own, and steps that are counted apart for the two splits",
    "".join(
        f"epoch : {e}, iteration : {e * 60 + b}, train loss : {3 / e + b / 100:.4f}, train dice : 0.5\n" for e in (1, 2) for b in (0, 8)
    ).replace("epoch : 2, iteration : 120", "epoch : 1, mean train loss : 2.9000\nepoch : 1, iteration : 7, val loss : 3.3100\nepoch : 1, iteration : 9, val loss : 3.2900\nepoch : 1, mean val loss : 3.3000\nepoch : 2, iteration : 120")
    + "epoch : 2, mean train loss : 1.4000\nepoch : 2, iteration : 17, val loss : 1.6100\nepoch : 2, iteration : 19, val loss : 1.5900\nepoch : 2, mean val loss : 1.6000\n",
    epochs=2, first={"epoch": 1, "train_loss": 2.9, "val_loss": 3.3}, last={"epoch": 2, "train_loss": 1.4, "val_loss": 1.6},
)  # fmt: skip
_log(
    "two means of one score: of the classes, and over all",
    "".join(f"epoch:{e}\nFinal results:\nMean IoU is {60 + e}.25\n    overall IoU = {70 + e}.50\n" for e in (3, 4)),
    epochs=2, first={"~iou": 63.25}, last={"~iou": 64.25},
)  # fmt: skip
_log(
    "the sum of an epoch in the line that says it is over, below the losses of its parts",
    "".join(
        f"Epoch: {e}/9\n   Instance: 400; Time: 1.2s; loss: {80 / e:.3f}; acc: 30/40\n   Instance: 731; Time: 0.9s; loss: {41 / e:.3f}; acc: 33/40\n"
        f"Epoch: {e} training finished. Time: 3.84s, speed: 105.5st/s,  total loss: {121 / e:.3f}\nDev: time: 1.41s, speed: 94.6st/s; acc: 0.9{e}, f: 0.2{e}\n"
        for e in (2, 3)
    ),
    epochs=2, first={"train_loss": 60.5, "~val_f": 0.22}, last={"train_loss": 40.333, "~val_f": 0.23},
)  # fmt: skip
_log(
    "CNTK: the reader of the data counts its own epochs from 0",
    "".join(
        f"Starting Epoch {e}: learning rate per sample = 0.00025  effective momentum = 0.9\nBlockRandomizer::StartEpoch: epoch {e - 1}: frames [{e}0..{e}9] (first sequence at sample {e}0), data subset 0 of 1\n\n"
        f"Finished Epoch[ {e} of 15]: [Training] mse = {2100.5 / e:.4f} * 600; totalSamplesSeen = {e}00; epochTime=2.2s\n"
        for e in (1, 2, 3)
    ),
    epochs=3, generations=1, first={"~mse": 2100.5}, last={"epoch": 3, "~mse": 700.167},
)  # fmt: skip
_log(
    "a part of the loss that is also a word of another language",
    "".join(f"Epoch #{e}: 500it [00:04, 124.5it/s, env_step={e}000, loss={0.7 / e:.3f}, loss/clip=0.5, loss/ent=0.468, rew=20.00]\nEpoch #{e}: test_reward: {e}1.5 ± 0.0\n" for e in (1, 2)),
    epochs=2, first={"train_loss": 0.7, "~test_reward": 11.5}, last={"train_loss": 0.35},
)  # fmt: skip
_log(
    "a step over all steps, by name",
    "".join(f"Epoch {e}, step/total_step: {b}/60 {b / 0.6:.2f}% Loss:{5 / e - b / 50:.4f}\n" + (b == 60) * f"Epoch {e}, Val Loss:{4 / e:.4f}\n" for e in (1, 2) for b in (20, 40, 60)),
    epochs=2, first={"val_loss": 4.0}, last={"val_loss": 2.0}, steps=6,
)  # fmt: skip
_log(
    "a loss alone, below the line that names its split and its epoch",
    "".join(
        f"Train performance at epoch {e} is precision: 0.{e}10, fscore: 0.{e}50\nLoss is: {3 / e:.4f}.\nValidate performance at epoch {e} is precision: 0.{e}20, fscore: 0.{e}60\nLoss is: {3.3 / e:.4f}.\n"
        for e in (1, 2)
    ),
    epochs=2, first={"train_loss": 3.0, "val_loss": 3.3, "~val_fscore": 0.16}, last={"val_loss": 1.65, "~val_precision": 0.22},
)  # fmt: skip
_log(
    "what was best, told again of its epoch behind the last",
    "".join(f"Epoch {e}\tTrain Loss = {9 / e:.3f} Val Loss = {10 / e:.3f}\n" for e in (7, 8, 9))
    + "Early stopping at epoch: 9\nBest at epoch 8:\nTrain Loss = 1.125\nVal Loss = 1.250\nVal RMSE = 3.5, MAE = 2.5\n",
    epochs=3, last={"epoch": 9, "train_loss": 1.0, "val_loss": 1.111}, no_metric=["rmse"],
)  # fmt: skip
_log(
    "names of two words with one blank between all, and no decimals in sight of the head",
    "epoch train loss valid loss accuracy_thresh\n0 nan nan 0.9971\n1 0.043 0.051 0.9980\n",
    epochs=2, last={"train_loss": 0.043, "val_loss": 0.051, "~accuracy": 0.998},
)  # fmt: skip
_log(
    "DeePMD-kit: a head behind a hash",
    "#  step      rmse_val    rmse_trn         lr\n" + "".join(f"{n:7d}      {9 / (n + 100):.2e}    {8 / (n + 100):.2e}    1.0e-03\n" for n in (0, 100, 200)),
    epochs=3, first={"~val_rmse": 0.09, "~train_rmse": 0.08}, last={"~val_rmse": 0.03},
)  # fmt: skip
_log(
    "spaCy 2: a head with full stops",
    "Itn.  Dep Loss  NER Loss  UAS     NER P.  NER R.  NER F.  Token %\n0     0.000     12.000     0.000   5.882   40.000  10.256  100.000\n1     0.000     9.500     0.000   6.882   41.000  11.786  100.000\n",
    epochs=2, first={"~ner_f": 10.256, "~ner_loss": 12.0}, last={"~ner_f": 11.786},
)  # fmt: skip
_log(
    "a split before all names, and another within one of them",
    "".join(f"epoch: {e} - train Avg_loss: {7 / e:.2f}, train Avg_acc: {e}6.5, train Eval_EER: {16 / e:.2f}, train Best_EER: 3.1\n" for e in (1, 2)),
    epochs=2, first={"train_loss": 7.0, "~val_eer": 16.0}, last={"train_loss": 3.5, "~val_eer": 8.0},
)  # fmt: skip
_log(
    "the target is a domain, and no wish",
    "".join(f"Epoch:  {e}/9, loss_cls: 0.06, loss: {3 / e:.3f}, source_train_acc: 9{e}.0%, target_train_acc:  6{e}.0%, target_val_acc:  5{e}.5%\n" for e in (3, 4)),
    epochs=2, first={"train_loss": 1.0, "~val_target_acc": 53.5}, last={"~val_target_acc": 54.5, "~train_target_acc": 64.0},
)  # fmt: skip
_log(
    "headings of two evaluations, one of them on what was trained on",
    "".join(f"Step {n}: 61.3 sec\nTraining Data Eval:\naccuracy: 0.{n + 60}\nValidation Data Eval:\naccuracy: 0.{n + 50}\nStep {n + 1}: 60.6 sec\n" for n in (0, 10, 20)),
    epochs=3, first={"~train_acc": 0.6, "~val_acc": 0.5}, last={"~train_acc": 0.8, "~val_acc": 0.7},
)  # fmt: skip
_log(
    "a loss that is called metric, below the loss",
    "".join(f"[Step {n}0/900] [Epoch 0/3]  [nyu]\n\t\tloss: {20 - n}.909,    time: 0.39,    eta: 1:18:39\n\t\tmetric_loss: 5.{n}, \t\tvirtual_normal_loss: 9.3{n}, \n" for n in (1, 2, 3)),
    steps=3, last_step={"train_loss": 17.909}, said="train loss 19.91 → 17.91",
)  # fmt: skip
_log(
    "blanks in the brackets of an epoch",
    "".join(f"[ {e}/30][{b}/938] D_loss: 0.{e}{b} | G_loss: 4.{e}{b}\n-> checkpoint {e}\n" for e in (1, 2) for b in (200, 400)),
    steps=4,
)  # fmt: skip
_log(
    "the epoch in a heading with `at`, and below with its times",
    "".join(
        f"step 90 , total_loss: {2 / e:.4f}, data_loss: 1.1\nat epoch {e}\ntrain info: logloss loss:{1.9 / e:.4f}\neval info: auc:0.6{e}05, mean_mrr:0.2{e}\nat epoch {e} , train time: 67.4 eval time: 13.3\n"
        for e in (1, 2, 3)
    ),
    epochs=3, first={"epoch": 1, "~val_auc": 0.6105}, last={"epoch": 3, "~val_auc": 0.6305},
)  # fmt: skip
_log(
    "a set and its split in one word",
    "".join(f"[{n}]     validset-auc:0.5{n}418     trainset-auc:0.6{n}1\n" for n in range(4)),
    epochs=4, first={"~val_auc": 0.50418, "~train_auc": 0.601}, last={"~val_auc": 0.53418},
)  # fmt: skip
_log(
    "names on one line, and nothing but their numbers on the next",
    "".join(
        f"EPOCH:  {e}\ncurrent training loss is :\n{2.5 / e:.6f}\n......\nDEV: loss, acc, precision, f1\n0.0{e}22 0.99{e}2 0.8057 0.80{e}4\n......\nTEST: loss, acc, precision, f1\n0.0{e}33 0.9992 0.8217 0.81{e}9\n"
        for e in (2, 3)
    ),
    epochs=2, first={"train_loss": 1.25, "val_loss": 0.0222, "~val_f1": 0.8024}, last={"val_loss": 0.0322, "~test_f1": 0.8139},
)  # fmt: skip
_log(
    "names above their numbers, in an epoch's heading",
    "".join(f"Epoch: 0{e} - 025\n=========\n   d1     d2   abs_rel    rmse\n 0.{e}1   0.{e}2    0.9{e}    2.{e}6\n=========\n\n" for e in (3, 4)),
    epochs=2, first={"epoch": 3, "~rmse": 2.36, "~abs_rel": 0.93}, last={"~d1": 0.41},
)  # fmt: skip
_log(
    "each number in brackets of its own",
    "".join(f"Epoch: [{e}], time: [10{e}.5928], training loss: [{90 / e:.6f}], validation loss: [{99 / e:.6f}]\n" for e in (3, 4)),
    epochs=2, first={"epoch": 3, "train_loss": 30.0, "val_loss": 33.0}, last={"val_loss": 24.75},
)  # fmt: skip
_log(
    "an abbreviation that is a part of the loss, and no split",
    "".join(f"Epoch {e}: {s} loss {x / e:.4f}  tr 0.{e}144   rot 1.{e}553   tor 1.1707\n" for e in (4, 5) for s, x in (("Training", 4), ("Validation", 5))),
    epochs=2, first={"train_loss": 1.0, "val_loss": 1.25, "~train_rot": 1.4553}, last={"train_loss": 0.8, "val_loss": 1.0},
)  # fmt: skip
_log(
    "initials of both losses",
    "".join(f"epoch {e} tl {4 / e:.3f} vl {5 / e:.3f} lr 0.001\n" for e in (1, 2)),
    epochs=2, first={"train_loss": 4.0, "val_loss": 5.0}, last={"train_loss": 2.0, "val_loss": 2.5},
)  # fmt: skip
_log(
    "CatBoost of old: the number is glued to what follows",
    "Borders generated\n" + "".join(f"{n}:      learn 0.63559744{n}passed: 17.4 sec      total: 3m {n}s   remaining: 3h 42m 6s\n" for n in range(4)),
    steps=4, last_step={"train_loss": 0.635597443},
)  # fmt: skip
_log(
    "a tensor's name is no metric",
    "".join(f"Epoch: 000{e} train_loss= {2.5 / e:.5f} val_loss= {2.7 / e:.5f} Add_1:0 0.0{e}\n" for e in (1, 2)),
    epochs=2, first={"train_loss": 2.5, "val_loss": 2.7}, no_metric=["add"],
)  # fmt: skip
_log(
    "a line that begins with a shell's word is no shell's where it measures",
    "".join(f"train loss={3 / e:.3f}\ntest psnr={30 + e}.1\ntest loss={3.3 / e:.3f}\n" for e in (1, 2, 3)),
    epochs=3, first={"train_loss": 3.0}, last={"train_loss": 1.0, "~psnr": 33.1},
)  # fmt: skip
