# ruff: noqa: E501 — lines stand as the tools print them
"""Logs whose steps, names or figures stand in odd words: ordinals, dots, dimensions, another code page."""

from tests.importers.printed.kept import keep as _log

_log(
    "steps by their ordinals, the figure glued to its name below",
    "".join(f"current step: {n}th step\nbatch loss:{4.0292044 - n / 10:.7f}\n" for n in range(1, 8)),
    epochs=0, steps=7,
)  # fmt: skip
_log(
    "a batch by its id, and the epoch's own line behind",
    "".join(
        f"epoch: {e}, batch_id: 0, AUC:0.500000, loss:0.{500 - e}9312, ips: 100 ins/s\n"
        f"epoch: {e}, batch_id: 1500, AUC:0.863775, loss:0.{160 - e}70242, ips: 100 ins/s\n"
        f"epoch: {e} done, AUC: 0.87{e}769,ACC: 0.822143,loss:0.{150 - e}19266, epoch time: 1105.58 s\n"
        for e in range(8)
    ),
    epochs=8, first={"train_loss": 0.15019266}, last={"train_loss": 0.14319266, "~auc": 0.877769},
)  # fmt: skip
_log(
    "scores below the name of their set, which looks like a file and its line",
    "".join(
        f"[batch 150/152, epoch {e}/3]: loss_rmse:0.1079{e} loss_total:1.80{e}\nScores:\n"
        f"\tFSD_test.pos_err:3.5{e}74\n\tFSD_test.ber:{4 - e}.8389\n\tFSD_test.acc:0.9590{e}2\n\tFSD_test.wse:1.2{e}04\n"
        for e in range(1, 4)
    ),
    epochs=3, first={"~ber": 3.8389, "~acc": 0.959012}, last={"train_loss": 1.803, "~ber": 1.8389, "~wse": 1.2304},
)  # fmt: skip
_log(
    "losses of two and three dimensions, and none of all",
    "".join(
        f"STEP {e * 41} - EPOCH {e}/9 | 3D loss: 2.{51 - e}E-01 | reco loss: 5.84{e}E-03 | rgb loss: 6.85{e}E-02\n"
        for e in range(4)
    ),
    epochs=4, first={"~3d_loss": 0.251}, last={"~3d_loss": 0.248, "train_loss": None},
)  # fmt: skip
_log(
    "a report of classes below the last epoch",
    "".join(f"epoch {e}: train_loss={0.9 - e / 10:.4f} val_acc=0.5{e}0\n" for e in range(4))
    + """               precision    recall  f1-score   support

      bicycle       0.00      0.00      0.00         0
          bus       0.86      1.00      0.92         6
traffic light       0.75      0.50      0.60         6

     accuracy                           0.92       252
    macro avg       0.51      0.44      0.47       252
 weighted avg       0.92      0.92      0.92       252
""",
    epochs=4, last={"train_loss": 0.6, "~bus": None, "~light": None, "~macro_f1": 0.47},
)  # fmt: skip
_log(
    "an average behind the validation, in the line that ends the epoch",
    "".join(
        "".join(
            f"INFO:__main__:Epoch {e} | Step {s:>4}/300 | Loss: {3 - e - s / 300:.4f} | LR: 3.00e-04\n"
            for s in (0, 100, 200)
        )
        + f"INFO:__main__:📊 Evaluation Results:\nINFO:__main__:   Loss: 0.53{e}1\nINFO:__main__:   Perplexity: 1.7{e}\n"
        f"INFO:__main__:✅ Epoch {e} completed in 4729.23s | Avg Loss: 0.60{e}0\n"
        for e in range(3)
    ),
    epochs=3, first={"train_loss": 0.6, "val_loss": 0.5301}, last={"train_loss": 0.602, "val_loss": 0.5321},
)  # fmt: skip
_log(
    "a log-likelihood and nothing else",
    "".join(f"Epoch {e}:\nE Step\nM Step\nFinished Epoch {e}, Log-likelihood: -{67260 - e}.58\n" for e in range(4)),
    epochs=4, first={"~log_likelihood": -67260.58}, last={"~log_likelihood": -67257.58},
)  # fmt: skip
_log(
    "layers that are trained before",
    "".join(f"epoch {e}, layer 3, cost 0.20{e}519\n" for e in range(4)),
    epochs=4, first={"train_loss": 0.200519, "~layer": None}, last={"train_loss": 0.203519},
)  # fmt: skip
_log(
    "the variables of a model and the loss of its last step",
    "".join(f"INFO:tensorflow:  name = bert/layer_{n}/kernel:0, shape = (768, 768), *INIT_FROM_CKPT*\n" for n in range(5))
    + "".join(f"INFO:tensorflow:loss = 0.{9 - n}186956, step = {n}00 (162.563 sec)\n" for n in range(5))
    + "INFO:tensorflow:Loss for final step: 0.0025181356.\n"
    "INFO:tensorflow:Saving dict for global step 468: eval_accuracy = 0.8500477, eval_loss = 0.7216634, global_step = 468\n",
    epochs=1, first={"train_loss": 0.5186956, "val_loss": 0.7216634, "~bert": None}, steps=5,
)  # fmt: skip
_log(
    "Ultralytics as PowerShell stores it, its bars read in another code page",
    "".join(
        "      Epoch    GPU_mem   box_loss   cls_loss   dfl_loss  Instances       Size\n"
        f"\x1b[K      {e}/9         0G       3.3{e}      5.818      4.334         30        320: 100% ÔöüÔöüÔöüÔöüÔöüÔöü 1/1 1.5it/s 0.7s\n"
        "\x1b[K                 Class     Images  Instances      Box(P          R      mAP50  mAP50-95): 100% ÔöüÔöüÔöüÔöüÔöüÔöü 1/1 5.0it/s 0.2s\n"
        f"                   all          4         17       0.5{e}       0.61       0.4{e}      0.312\n"
        for e in range(1, 5)
    ),
    epochs=4, first={"train_loss": 13.462, "~map50": 0.41}, last={"train_loss": 13.492, "~map50": 0.44},
)  # fmt: skip
_log(
    "an accuracy in brackets alone",
    "".join(f"Train Epoch: {e} [50000/50000 (100%)]\tLoss: 1.{9 - e}77924\ntraining accuracy (2{e}.10%)\n" for e in range(1, 4)),
    epochs=3, first={"train_loss": 1.877924, "~train_acc": 21.1}, last={"~train_acc": 23.1},
)  # fmt: skip
_log(
    "cuda-convnet",
    "".join(
        f"1.{n}... logprob:  0.4{n}3121, 0.09{n}750 (1.409 sec)\n" for n in range(1, 7)
    ) + "Check gradients and quit?                 : 0     [DEFAULT]\n======================Test output======================\nlogprob:  0.498673, 0.107910 \n"
    "Layer 'conv1' weights[0]: 7.979735e-03 [0.000000e+00] \n",
    epochs=1, first={"train_loss": 0.463121, "val_loss": 0.498673, "~layer": None, "~gradients": None},
)  # fmt: skip
_log(
    "error rates over a length, in an object a line",
    "".join(
        f'{{"name": "validation", "epoch": {e}, "cer over target length": 0.13{e}67, "wer over target length": 0.41{e}34, "average loss": 0.47{e}2}}\n'
        for e in range(3)
    ),
    epochs=3, first={"val_loss": 0.4702, "~cer_over_target_length": 0.13067}, last={"~wer_over_target_length": 0.41234},
)  # fmt: skip
