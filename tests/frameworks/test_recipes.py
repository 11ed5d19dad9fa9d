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


HUGGING_FACE = """
import sys
import torch
from transformers import PretrainedConfig, PreTrainedModel, Trainer, TrainingArguments
from monitor.integrations.huggingface import VitalsignsCallback

class Model(PreTrainedModel):
    config_class = PretrainedConfig
    def __init__(self, config): super().__init__(config); self.net = torch.nn.Linear(4, 1); self.post_init()
    def forward(self, x=None, labels=None):
        return {"loss": (self.net(x).squeeze(-1) - labels).pow(2).mean(), "logits": self.net(x)}
    def _init_weights(self, module): pass

data = [{"x": x, "labels": x.sum()} for x in torch.randn(64, 4)]
sets = {"dev": data[:16], "other": data[16:32]} if sys.argv[2:] else data[:16]
how = dict(logging_steps=3, eval_strategy="epoch", save_strategy="no", report_to=[], use_cpu=True)
args = TrainingArguments(sys.argv[1] + "/out", num_train_epochs=3, per_device_train_batch_size=8, **how)
callback = VitalsignsCallback(sys.argv[1] + "/one")
trainer = Trainer(Model(PretrainedConfig()), args, train_dataset=data, eval_dataset=sets, callbacks=[callback])
trainer.train()
trainer.evaluate()
trainer.evaluate(data[32:], metric_key_prefix="test")
"""


def test_what_hugging_face_evaluates_behind_the_training_is_no_evaluation_of_it(tmp_path):
    (tmp_path / "fit.py").write_text(HUGGING_FACE)
    run(tmp_path / "fit.py", tmp_path)
    seen = read(tmp_path / "one")
    assert [record.epoch for record in seen.epochs] == [1, 2, 3]
    steps = [step for step in seen.steps if 8 < step.step <= 16]
    assert seen.epochs[1].train_loss == pytest.approx(sum(step.train_loss for step in steps) / len(steps))
    assert all(record.val_loss is not None and record.train_loss is not None for record in seen.epochs)
    assert sorted(path.stem for path in (tmp_path / "one/probes").iterdir()) == ["after_training", "test"]


def test_of_several_validation_sets_of_hugging_face_each_is_kept(tmp_path):
    (tmp_path / "fit.py").write_text(HUGGING_FACE)
    run(tmp_path / "fit.py", tmp_path, "two")
    last = read(tmp_path / "one").epochs[-1]
    assert (last.epoch, last.train_loss is not None) == (3, True)
    assert sorted(last.metrics) == ["eval_dev_loss", "eval_other_loss"]
