"""How recipes use the frameworks beside the documented way: their own hooks, other spellings, one file written over."""

from __future__ import annotations

import sys

import pytest

from tests.fake_runs import read
from tests.frameworks.test_examples import run, wait_for

pytestmark = pytest.mark.frameworks

RECIPE = """
import sys, time
import speechbrain as sb, torch
from speechbrain.utils.epoch_loop import EpochCounter
from monitor.integrations.speechbrain import WatchedBrain

class Brain(WatchedBrain, sb.Brain):
    def compute_forward(self, batch, stage): return self.modules.net(batch[0]).squeeze(-1)
    def compute_objectives(self, out, batch, stage): return torch.nn.functional.mse_loss(out, batch[1])
    def on_stage_end(self, stage, loss, epoch=None):
        if stage == sb.Stage.TRAIN: self.train_loss = loss
        elif stage == sb.Stage.VALID:
            self.logger.log_stats({KEY: epoch}, train_stats={"loss": self.train_loss}, valid_stats={"loss": loss})
    def on_fit_batch_end(self, batch, outputs, loss, should_step): time.sleep(0.02)

net = torch.nn.Linear(4, 1)
x = torch.randn(40, 4)
data = [(x[i:i + 10], x[i:i + 10].sum(-1)) for i in range(0, 40, 10)]
brain = Brain({"net": net}, lambda p: torch.optim.SGD(p, 1e-2), run_opts={"device": "cpu"})
brain.watch(sys.argv[1])
brain.fit(EpochCounter(100000), data, data)
"""


@pytest.mark.parametrize("key", ["epoch", "Epoch"])
def test_a_speechbrain_recipe_with_its_own_hook_is_recorded_and_hears_a_stop(tmp_path, key):
    (tmp_path / "recipe.py").write_text(RECIPE.replace("KEY", repr(key)))
    start = ["-m", "monitor", "start", "--runs", tmp_path, "--name", "one", "--json", "--"]
    run(*start, sys.executable, tmp_path / "recipe.py", "{run_dir}")
    wait_for(tmp_path / "one", lambda seen: len(seen.epochs) >= 2, "a second epoch")
    run("-m", "monitor", "stop", "one", "--runs", tmp_path, "--json")
    ended = wait_for(tmp_path / "one", lambda seen: seen.state.state == "stopped", "the end")
    assert ended.state.exit_code == 0 and ended.state.stop.stage == "asked"


LIGHTNING = """
import sys
import lightning as L, torch
from lightning.pytorch.callbacks import ModelCheckpoint
from monitor.integrations.lightning import VitalsignsCallback

class Module(L.LightningModule):
    def __init__(self): super().__init__(); self.net = torch.nn.Linear(4, 1)
    def training_step(self, batch, index):
        loss = self.net(batch).pow(2).mean(); self.log("train_loss", loss, on_epoch=True); return loss
    def validation_step(self, batch, index): self.log("val_loss", self.net(batch).pow(2).mean())
    def configure_optimizers(self): return torch.optim.SGD(self.parameters(), .01)

data = torch.utils.data.DataLoader(torch.randn(32, 4), batch_size=8)
keeps = ModelCheckpoint(dirpath=sys.argv[1] + "/out", save_last=True, monitor="val_loss", mode="min")
quiet = dict(logger=False, enable_progress_bar=False, enable_model_summary=False, accelerator="cpu")
L.Trainer(max_epochs=5, callbacks=[keeps, VitalsignsCallback(sys.argv[1])], **quiet).fit(Module(), data, data)
"""


def test_lightnings_newest_checkpoint_is_named_where_one_file_is_written_over(tmp_path):
    (tmp_path / "fit.py").write_text(LIGHTNING)
    run(tmp_path / "fit.py", tmp_path / "one")
    known = read(tmp_path / "one").progress
    assert known.checkpoint.endswith("last.ckpt")
    assert known.checkpoint_epoch == 5
