"""What the real frameworks write is what their importers read: each logger called as its framework calls it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from monitor.importers.formats.registry import detect
from monitor.importers.importing import Asked, plan, records
from monitor.run_dir import Epoch
from tests import foreign
from tests.frameworks.test_examples import environment

pytestmark = pytest.mark.frameworks

FIGURES = f"""
import sys
from pathlib import Path
folder = Path(sys.argv[1])
EPOCHS = list(enumerate(zip({foreign.TRAIN_LOSS}, {foreign.VAL_LOSS}, {foreign.VAL_WER}, {foreign.LR}), 1))
"""

LIGHTNING = """
from lightning.pytorch.loggers import CSVLogger
logger = CSVLogger(str(folder), name="lightning_logs")
for epoch, (train, val, wer, lr) in EPOCHS:
    logger.log_metrics({"lr-Adam": lr}, step=20 * epoch - 11)
    logger.log_metrics({"train_loss_step": train + 0.3, "epoch": epoch - 1}, step=20 * epoch - 11)
    logger.log_metrics({"val_loss": val, "val_wer": wer, "epoch": epoch - 1}, step=20 * epoch - 1)
    logger.log_metrics({"train_loss_epoch": train, "epoch": epoch - 1}, step=20 * epoch - 1)
    logger.save()
"""

HUGGING_FACE = """
from transformers import TrainerState
state = TrainerState()
for epoch, (train, val, wer, lr) in EPOCHS:
    at = {"epoch": float(epoch), "step": 20 * epoch}
    state.log_history.append({"loss": train, "grad_norm": 1.5, "learning_rate": lr, **at})
    state.log_history.append({"eval_loss": val, "eval_wer": wer, **at})
state.log_history.append({"train_runtime": 30.0, "train_loss": 2.5, "epoch": 6.0, "step": 120})
(folder / "checkpoint-120").mkdir()
state.save_to_json(str(folder / "checkpoint-120" / "trainer_state.json"))
"""

MODEL_CARD = """
from transformers.modelcard import make_markdown_table, parse_log_history
history = []
for epoch, (train, val, wer, lr) in EPOCHS:
    history.append({"loss": train, "learning_rate": lr, "epoch": float(epoch), "step": 20 * epoch})
    history.append({"eval_loss": val, "eval_wer": wer, "epoch": float(epoch), "step": 20 * epoch})
history.append({"train_runtime": 30.0, "train_loss": 2.5, "epoch": 6.0, "step": 120})
_, lines, _ = parse_log_history(history)
(folder / "README.md").write_text("### Training results\\n\\n" + make_markdown_table(lines) + "\\n")
"""

KERAS = """
import os
os.environ["KERAS_BACKEND"] = "jax"
from keras.callbacks import CSVLogger
class Model:
    stop_training = False
logger = CSVLogger(str(folder / "training.log"))
logger.set_model(Model())
logger.on_train_begin()
for epoch, (train, val, wer, lr) in EPOCHS:
    logger.on_epoch_end(epoch - 1, {"loss": train, "val_loss": val, "val_wer": wer, "learning_rate": lr})
logger.on_train_end()
"""

SPEECHBRAIN = """
from speechbrain.utils.train_logger import FileTrainLogger
logger = FileTrainLogger(save_file=str(folder / "train_log.txt"))
for epoch, (train, val, wer, lr) in EPOCHS:
    valid = {"loss": val, "WER": 100 * wer}
    logger.log_stats({"epoch": epoch, "lr": lr}, train_stats={"loss": train}, valid_stats=valid)
logger.log_stats({"Epoch loaded": 5}, test_stats={"loss": 2.8, "WER": 85.1})
"""

TENSORBOARD = """
from torch.utils.tensorboard import SummaryWriter
writer = SummaryWriter(str(folder / "tb"))
for epoch, (train, val, wer, lr) in EPOCHS:
    for tag, value in {"Loss/train": train, "Loss/val": val, "WER/val": wer, "lr": lr}.items():
        writer.add_scalar(tag, value, epoch)
writer.close()
"""

WRITERS = {
    "lightning": (LIGHTNING, "lightning_logs/version_0/metrics.csv"),
    "hugging-face": (HUGGING_FACE, "."),
    "model-card": (MODEL_CARD, "README.md"),
    "keras": (KERAS, "training.log"),
    "speechbrain": (SPEECHBRAIN, "train_log.txt"),
    "tensorboard": (TENSORBOARD, "tb"),
}


@pytest.mark.parametrize("name", WRITERS)
def test_the_frameworks_own_file_gives_the_figures_that_it_was_told(name: str, tmp_path: Path) -> None:
    script, file = WRITERS[name]
    done = subprocess.run(
        [sys.executable, "-c", FIGURES + script, str(tmp_path)],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    path = tmp_path / file
    assert detect(path).name == name
    chosen = plan(path, Asked())
    epochs = [record for record in records(chosen) if isinstance(record, Epoch)]
    near = {"rel": 5e-3 if name == "speechbrain" else 1e-4}
    assert [epoch.train_loss for epoch in epochs] == pytest.approx(foreign.TRAIN_LOSS, **near)
    assert [epoch.val_loss for epoch in epochs] == pytest.approx(foreign.VAL_LOSS, **near)
    assert [epoch.val_wer for epoch in epochs] == pytest.approx(foreign.VAL_WER, **near)
    assert chosen.unread.count == 0
