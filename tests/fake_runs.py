"""A small cast of run directories on a real disk, each written as its trainer would have: one call makes one run.

Rules and judgement are tested on snapshots in memory (tests.snapshots); these are for tests that need files.
Every maker takes the folder of all runs and returns the run directory.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from pathlib import Path

from monitor.run_dir import EPOCHS_FILE, RUN_FILE, DataInfo, Floors, ModelInfo, Snapshot
from monitor.run_dir.reader import RunReader
from monitor.writer import RunWriter

REFERENCES = ["MORGEN REGEN NORD", "HEUTE SONNE", "ABEND WIND KOMMEN", "REGEN"]
FLOORS = Floors(
    blank_ratio=0.84,
    loss_uniform=6.9,
    loss_unigram=5.7,
    wer_constant=0.912,
    constant_sentence="MORGEN REGEN",
    wer_empty=1.0,
    unigram_entropy=5.2,
)
EPOCHS = 30

Columns = dict[str, Callable[[int], float]]
"""Field of an epoch → its value in epoch 1, 2, …"""

LEARNS: Columns = {
    "train_loss": lambda epoch: 0.3 + 5.0 * 0.9**epoch,
    "val_loss": lambda epoch: 0.6 + 5.0 * 0.9**epoch,
    "val_wer": lambda epoch: 0.25 + 0.7 * 0.9**epoch,
    "blank_ratio": lambda epoch: 0.84,
    "empty_ratio": lambda epoch: 0.0,
    "length_ratio": lambda epoch: 0.95,
}


def healthy(runs: Path) -> Path:
    """Both losses and the error rate fall to the end."""
    return _write(runs / "healthy", LEARNS, says=lambda epoch: REFERENCES)


def overfitting(runs: Path) -> Path:
    """From epoch 10 on val loss rises and the error rate with it, while train loss goes on falling."""
    turned = {
        **LEARNS,
        "train_loss": lambda epoch: 5.0 * 0.8**epoch,
        "val_loss": lambda epoch: 2.0 + 0.12 * abs(epoch - 10),
        "val_wer": lambda epoch: 0.5 + 0.01 * abs(epoch - 10),
    }
    return _write(runs / "overfitting", turned, says=lambda epoch: REFERENCES)


def seldom_validated(runs: Path) -> Path:
    """The overfitting run, validated every fifth epoch; train loss is logged every epoch."""
    turned = {
        **LEARNS,
        "train_loss": lambda epoch: 5.0 * 0.8**epoch,
        "val_loss": lambda epoch: 2.0 + 0.12 * abs(epoch - 10),
        "val_wer": lambda epoch: 0.5 + 0.01 * abs(epoch - 10),
    }
    return _write(runs / "seldom-validated", turned, says=lambda epoch: REFERENCES, every=5, epochs=2 * EPOCHS)


def all_blank(runs: Path) -> Path:
    """Nothing is ever said, and the loss stays where chance is."""
    blank = {
        **LEARNS,
        "train_loss": lambda epoch: 5.75,
        "val_loss": lambda epoch: 5.8,
        "val_wer": lambda epoch: 1.0,
        "blank_ratio": lambda epoch: 1.0,
        "empty_ratio": lambda epoch: 1.0,
        "length_ratio": lambda epoch: 0.0,
    }
    return _write(runs / "all-blank", blank, says=lambda epoch: [""] * len(REFERENCES))


def not_a_number(runs: Path) -> Path:
    """From epoch 8 on both losses are NaN and every batch is left out."""

    def broken(column: Callable[[int], float], after: float) -> Callable[[int], float]:
        return lambda epoch: after if epoch >= 8 else column(epoch)

    columns = {
        **LEARNS,
        "train_loss": broken(LEARNS["train_loss"], math.nan),
        "val_loss": broken(LEARNS["val_loss"], math.nan),
        "non_finite_ratio": broken(lambda epoch: 0.0, 1.0),
        "non_finite_in_a_row": broken(lambda epoch: 0, 100),
    }
    return _write(runs / "not-a-number", columns, says=lambda epoch: REFERENCES)


def torn(runs: Path) -> Path:
    """The healthy run, killed in the middle of writing its next evaluation."""
    run_dir = _write(runs / "torn", LEARNS, says=lambda epoch: REFERENCES)
    with (run_dir / EPOCHS_FILE).open("ab") as file:
        file.write(b'{"epoch":31.0,"step":310,"train_lo')
    return run_dir


def newer_schema(runs: Path) -> Path:
    """A run of a later Vitalsigns, which means something else by its fields."""
    run_dir = runs / "newer-schema"
    run_dir.mkdir(parents=True)
    (run_dir / RUN_FILE).write_text(json.dumps({"schema_version": 2, "run_id": run_dir.name, "name": {"de": "neu"}}))
    return run_dir


def empty(runs: Path) -> Path:
    """Begun, and ended before its first evaluation."""
    return _write(runs / "empty", {}, says=None, epochs=0)


def read(run_dir: Path) -> Snapshot:
    """The run as it stands on the disk now."""
    return RunReader(run_dir).read(time.time())


CAST = (healthy, overfitting, seldom_validated, all_blank, not_a_number, torn, newer_schema, empty)


def _write(
    run_dir: Path, columns: Columns, says: Callable[[int], list[str]] | None, *, epochs: int = EPOCHS, every: int = 1
) -> Path:
    with RunWriter(
        run_dir,
        config={"learning_rate": 1e-3, "dropout": 0.3},
        model=ModelInfo(name="tiny", parameters=1000, share_per_stage={"encoder": 0.9, "head": 0.1}),
        data=DataInfo(name="weather", clips={"train": 40, "val": len(REFERENCES)}, vocabulary=9),
        floors=FLOORS,
        epochs=EPOCHS,
        steps_per_epoch=10,
    ) as run:
        for epoch in range(1, epochs + 1):
            run.log_step(epoch * 10, epoch=epoch, train_loss=columns["train_loss"](epoch))
            if epoch % every:
                run.log_epoch(epoch, train_loss=columns["train_loss"](epoch))
                continue
            if says is not None:
                run.log_decodes(epoch, says(epoch), references=REFERENCES)
            run.log_epoch(epoch, **{name: value(epoch) for name, value in columns.items()})
    return run_dir
