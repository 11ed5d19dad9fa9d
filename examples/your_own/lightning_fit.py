"""A Lightning module under watch: one callback.

Run it:  python examples/your_own/lightning_fit.py runs/lightning-fit [EPOCHS]
"""

import sys

import lightning
import torch
from torch.utils.data import DataLoader, TensorDataset

from vitalsigns.callbacks.lightning import VitalsignsCallback

EPOCHS = int(sys.argv[2]) if len(sys.argv) > 2 else 6


class Fit(lightning.LightningModule):
    def __init__(self, learning_rate: float = 1e-2) -> None:
        super().__init__()
        self.save_hyperparameters()
        self.net = torch.nn.Sequential(torch.nn.Linear(20, 32), torch.nn.ReLU(), torch.nn.Linear(32, 1))

    def training_step(self, batch, batch_idx):
        loss = torch.nn.functional.mse_loss(self.net(batch[0]).squeeze(-1), batch[1])
        self.log("train_loss", loss, on_step=True, on_epoch=True)
        return loss

    def validation_step(self, batch, batch_idx):
        self.log("val_loss", torch.nn.functional.mse_loss(self.net(batch[0]).squeeze(-1), batch[1]))

    def configure_optimizers(self):
        return torch.optim.AdamW(self.parameters(), lr=self.hparams.learning_rate)


torch.manual_seed(0)
inputs = torch.randn(200, 20)
targets = inputs.sum(-1) + torch.randn(200)
train = DataLoader(TensorDataset(inputs[:150], targets[:150]), batch_size=10)
val = DataLoader(TensorDataset(inputs[150:], targets[150:]), batch_size=50)

watch = VitalsignsCallback(sys.argv[1], name="Lightning fit")
trainer = lightning.Trainer(
    max_epochs=EPOCHS,
    callbacks=[watch],
    accelerator="cpu",
    logger=False,
    log_every_n_steps=5,
    enable_progress_bar=False,
    default_root_dir=sys.argv[1],
)
trainer.fit(Fit(), train, val, ckpt_path=watch.resume_from())
