"""CPU time of judging a run of 500 evaluations, the word included: from nothing, and for one more record."""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np

from benchmarks.rules.replay import snapshot_of
from monitor.diagnosis.verdict import judge
from monitor.run_dir import Epoch

EVALUATIONS = 500
REPEATS = 9


def measure() -> dict[str, Any]:
    """Milliseconds, the least of nine: the worst case for the rules, a run that overfits from epoch 60 on."""
    full, more = [], []
    for repeat in range(REPEATS):
        records = _run(seed=repeat)
        before = snapshot_of(f"{repeat}", records[:-1])
        full.append(_milliseconds(before))
        more.append(_milliseconds(snapshot_of(f"{repeat}", records)))
    return {"evaluations": EVALUATIONS, "full_ms": min(full), "one_more_ms": min(more)}


def _milliseconds(seen: Any) -> float:
    began = time.process_time()
    judge(seen, 0.0)
    return 1000 * (time.process_time() - began)


def _run(seed: int) -> tuple[Epoch, ...]:
    rng = np.random.default_rng(seed)
    return tuple(
        Epoch(
            epoch=float(epoch),
            train_loss=5 / epoch,
            val_loss=(1 + 4 / epoch + max(0.0, 0.002 * (epoch - 60))) * math.exp(0.01 * rng.standard_normal()),
            val_wer=max(0.4, 1 - 0.01 * epoch),
            lr=1e-3,
        )
        for epoch in range(1, EVALUATIONS + 1)
    )
