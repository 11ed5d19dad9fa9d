"""A sweep of Ray Tune whose trials are runs of one folder: a linear model, its learning rate and weight decay sought.

Run it:  python examples/your_own/ray_tune_sweep.py runs demo-sweep 8
"""

import sys

import numpy as np
from ray import tune

from vitalsigns.callbacks.ray_tune import VitalsignsCallback

EPOCHS = 20


def train(config: dict) -> None:
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(200, 20))
    targets = inputs @ rng.normal(size=20) + rng.normal(size=200)
    fitted = np.zeros(20)
    for _epoch in range(EPOCHS):
        errors = inputs[:150] @ fitted - targets[:150]
        fitted -= config["learning_rate"] * (inputs[:150].T @ errors / 150 + config["weight_decay"] * fitted)
        val_loss = float(np.mean((inputs[150:] @ fitted - targets[150:]) ** 2))
        tune.report({"train_loss": float(np.mean(errors**2)), "val_loss": val_loss})


folder, sweep, trials = sys.argv[1:4]
space = {"learning_rate": tune.loguniform(1e-3, 0.3), "weight_decay": tune.loguniform(1e-4, 1.0)}
watch = VitalsignsCallback(folder, sweep, epochs=EPOCHS, units={"loss": "squared error"})
tuner = tune.Tuner(
    train,
    param_space=space,
    tune_config=tune.TuneConfig(metric="val_loss", mode="min", num_samples=int(trials), max_concurrent_trials=2),
    run_config=tune.RunConfig(name=sweep, callbacks=[watch], stop=watch),
)
best = tuner.fit().get_best_result()
sys.stdout.write(f"Best: val loss {best.metrics['val_loss']:.3g} with {best.config}\n")
