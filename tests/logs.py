"""Logs as scripts print them, in many forms: the same run each time, so that each form must give the same figures."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable, Iterable

FUZZED = int(os.environ.get("VITALSIGNS_FUZZ", "300"))
"""How many mutated logs are read; 10,000 for a long run."""

Writer = Callable[[Iterable[int]], str]


def figures(epoch: int) -> tuple[float, float, float]:
    """(train loss, val loss, val WER in percent)."""
    return 5 - 0.04 * epoch, 6 - 0.02 * epoch, 100 - 0.2 * epoch


def bar(epoch: int, done: int, steps: int, loss: float) -> str:
    percent = 100 * done // steps
    drawn = f"{percent:3d}%|{'█' * (percent // 10):10}| {done}/{steps}"
    return f"Epoch {epoch}: {drawn} [00:12<00:14,  3.9it/s, loss={loss:.2f}]"


def _each(template: Callable[[int, float, float, float], str]) -> Writer:
    return lambda epochs: "".join(template(epoch, *figures(epoch)) for epoch in epochs)


def _tqdm(epoch: int, train: float, val: float, wer: float) -> str:
    bars = "".join("\r" + bar(epoch, step, 20, train) for step in range(21))
    return f"{bars}\nvalidation | loss={val:.2f} wer={wer:.1f}%\n"


def _huggingface(epoch: int, train: float, val: float, wer: float) -> str:
    half = {"loss": train + 1, "grad_norm": 1.5, "learning_rate": 5e-05, "epoch": epoch - 0.5}
    whole = {"loss": round(train, 3), "grad_norm": 1.4, "learning_rate": 5e-05, "epoch": float(epoch)}
    evaluated = {"eval_loss": round(val, 3), "eval_wer": wer / 100, "eval_runtime": 3.2, "epoch": float(epoch)}
    return f"{half}\n{whole}\n{evaluated}\n"


FORMS: dict[str, Writer] = {
    "one line": _each(lambda e, t, v, w: f"Epoch {e}/60 | train loss {t:.2f} | val loss {v:.2f} | WER {w:.1f}%\n"),
    "key=value": _each(lambda e, t, v, w: f"[epoch {e}] loss={t:.3f} val_loss={v:.3f} val_wer={w / 100:.4f}\n"),
    "json": _each(
        lambda e, t, v, w: json.dumps({"epoch": e, "train_loss": t, "val": {"loss": v, "wer": w / 100}}) + "\n"
    ),
    "logging": _each(
        lambda e, t, v, w: (
            f"2026-11-25 07:08:39,{e:03d} INFO trainer: Epoch: [{e}] done in 34.2 s\n"
            f"2026-11-25 07:08:40,{e:03d} INFO trainer: Train: loss {t:.3f} | Valid: loss {v:.3f} WER {w:.1f} %\n"
        )
    ),
    "headings": _each(
        lambda e, t, v, w: f"Epoch {e}/60\n  train loss: {t:.3f}\n  val loss: {v:.3f}\n  val WER: {w:.1f} %\n"
    ),
    "two lines": _each(
        lambda e, t, v, w: f"epoch {e} | train | loss {t:.3f}\nepoch {e} | valid | loss {v:.3f} | wer {w:.1f}\n"
    ),
    "steps": _each(
        lambda e, t, v, w: (
            "".join(f"Epoch [{e}/60], Step [{step}/500], Loss: {t + 9:.4f}\n" for step in range(0, 500, 100))
            + f"Epoch [{e}/60] train_loss: {t:.3f} val_loss: {v:.3f} WER: {w:.1f}%\n"
        )
    ),
    "keras": _each(
        lambda e, t, v, w: (
            f"Epoch {e}/60\n1/10 [==>...........] - ETA: 9s - loss: {t + 3:.4f}\r"
            f"10/10 [==============] - 1s 100ms/step - loss: {t:.4f} - val_loss: {v:.4f} - val_wer: {w / 100:.4f}\n"
        )
    ),
    "speechbrain": _each(
        lambda e, t, v, w: f"Epoch: {e}, lr: 1.00e-03 - train loss: {t:.3f} - valid loss: {v:.3f}, valid WER: {w:.2f}\n"
    ),
    "tqdm": _each(_tqdm),
    "hugging face": _each(_huggingface),
}
"""Name of a form → the log of these epochs."""

PAIRS = {
    1: "Target: REGEN NORD\nPred:   (EMPTY)\nTarget: SONNE\nPred: SONNE\n",
    2: "Target: REGEN NORD\nPred: REGEN\nTarget: SONNE\nPred: SONNE\n",
}
SUMMARY = "Epoch {} | val loss 3.0\n"
BLOCKS = {
    "below": "".join(SUMMARY.format(epoch) + PAIRS[epoch] for epoch in (1, 2)),
    "above": "".join(PAIRS[epoch] + SUMMARY.format(epoch) for epoch in (1, 2)),
    "gt and hyp": "".join(
        SUMMARY.format(epoch) + PAIRS[epoch].replace("Target", "GT").replace("Pred", "Hyp") for epoch in (1, 2)
    ),
    "ref and hyp": "".join(
        SUMMARY.format(epoch) + PAIRS[epoch].replace("Target", "REF").replace("Pred", "HYP") for epoch in (1, 2)
    ),
}
"""Where a script prints its predictions → the log of two epochs."""


def mutated(data: bytes, chance: random.Random) -> bytes:
    """A log with a few of the things that happen to logs: bytes flipped, lines cut, doubled, swapped, run together."""
    for _ in range(chance.randint(1, 6)):
        data = chance.choice(_DAMAGE)(data, chance)
    return data


def _flip(data: bytes, chance: random.Random) -> bytes:
    damaged = bytearray(data)
    for _ in range(min(len(damaged), 20)):
        damaged[chance.randrange(len(damaged))] = chance.randrange(256)
    return bytes(damaged)


def _lines(data: bytes, chance: random.Random) -> bytes:
    lines = data.split(b"\n")
    chance.shuffle(lines)
    return b"\n".join(lines[: chance.randint(1, len(lines))])


_DAMAGE: list[Callable[[bytes, random.Random], bytes]] = [
    _flip,
    _lines,
    lambda data, chance: data[: chance.randint(0, len(data))],
    lambda data, chance: data[chance.randint(0, len(data)) :] + data,
    lambda data, chance: data.replace(b"\n", chance.choice([b"\r", b"", b" ", b"\n\n", b"\r\n"])),
    lambda data, chance: data.replace(b".", chance.choice([b",", b"..", b"e", b"nan"])),
    lambda data, chance: data.replace(b"0", chance.choice([b"9" * 400, b"inf", b"-", b"1e999"])),
    lambda data, chance: data.replace(b"poch", chance.choice([b"poch epoch", b"poch -", b"POCH", b""])),
    lambda data, chance: data + bytes(chance.randrange(1, 256) for _ in range(2000)),
    lambda data, chance: data.replace(b" ", chance.choice([b"=", b": ", b"(", b"\x1b[31m", b"/"])),
]
