"""A sweep of Optuna whose trials are runs of one folder: a linear model, its learning rate and weight decay sought.

Run it:  python examples/your_own/optuna_sweep.py runs demo-sweep 8
"""

import sys

import numpy as np
import optuna

from vitalsigns import RunWriter

EPOCHS = 20
rng = np.random.default_rng(0)
inputs = rng.normal(size=(200, 20))
targets = inputs @ rng.normal(size=20) + rng.normal(size=200)
train, val = slice(0, 150), slice(150, 200)


def objective(trial: optuna.Trial) -> float:
    rate = trial.suggest_float("learning_rate", 1e-3, 0.3, log=True)
    decay = trial.suggest_float("weight_decay", 1e-4, 1.0, log=True)
    fitted, val_loss = np.zeros(20), np.inf
    name = f"{trial.study.study_name}-{trial.number}"
    config = {"sweep": trial.study.study_name, **trial.params}
    with RunWriter(f"{sys.argv[1]}/{name}", config=config, epochs=EPOCHS, units={"loss": "squared error"}) as run:
        for epoch in range(1, EPOCHS + 1):
            errors = inputs[train] @ fitted - targets[train]
            fitted -= rate * (inputs[train].T @ errors / len(errors) + decay * fitted)
            val_loss = float(np.mean((inputs[val] @ fitted - targets[val]) ** 2))
            run.log_epoch(epoch, train_loss=float(np.mean(errors**2)), val_loss=val_loss)
            if run.should_stop():
                trial.study.stop()
                break
    return val_loss


study = optuna.create_study(study_name=sys.argv[2], sampler=optuna.samplers.TPESampler(seed=0))
study.optimize(objective, n_trials=int(sys.argv[3]))
sys.stdout.write(f"Best: {study.study_name}-{study.best_trial.number}, val loss {study.best_value:.3g}\n")
