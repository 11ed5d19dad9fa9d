"""A SpeechBrain recipe under watch: one mixed-in class.

Run it:  python examples/your_own/speechbrain_recipe.py runs/speechbrain-recipe [EPOCHS]
"""

import sys
from pathlib import Path

import speechbrain
import torch
from speechbrain.utils.checkpoints import Checkpointer
from speechbrain.utils.epoch_loop import EpochCounter

from vitalsigns.callbacks.speechbrain import WatchedBrain

EPOCHS = int(sys.argv[2]) if len(sys.argv) > 2 else 6


class Recipe(WatchedBrain, speechbrain.Brain):
    def compute_forward(self, batch, stage):
        return self.modules.net(batch[0]).squeeze(-1)

    def compute_objectives(self, predictions, batch, stage):
        return torch.nn.functional.mse_loss(predictions, batch[1])

    def on_stage_end(self, stage, stage_loss, epoch=None):
        if stage == speechbrain.Stage.TRAIN:
            self.train_stats = {"loss": stage_loss}
        elif stage == speechbrain.Stage.VALID:
            meta = {"epoch": epoch, "lr": self.optimizer.param_groups[0]["lr"]}
            self.logger.log_stats(meta, train_stats=self.train_stats, valid_stats={"loss": stage_loss})
            self.checkpointer.save_and_keep_only(meta={"loss": stage_loss, "epoch": epoch}, min_keys=["loss"])


torch.manual_seed(0)
inputs = torch.randn(200, 20)
targets = inputs.sum(-1) + torch.randn(200)
train = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(inputs[:150], targets[:150]), batch_size=10)
val = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(inputs[150:], targets[150:]), batch_size=50)
net = torch.nn.Sequential(torch.nn.Linear(20, 32), torch.nn.ReLU(), torch.nn.Linear(32, 1))
epochs = EpochCounter(EPOCHS)

brain = Recipe(
    {"net": net},
    lambda parameters: torch.optim.AdamW(parameters, lr=1e-2),
    run_opts={"device": "cpu", "noprogressbar": True},
    checkpointer=Checkpointer(Path(sys.argv[1]) / "checkpoints", {"net": net, "epochs": epochs}),
)
brain.watch(sys.argv[1], name="SpeechBrain recipe", config={"learning_rate": 1e-2})
brain.fit(epochs, train, val)
