"""Three lines in a loop that knows nothing but NumPy: a linear model fitted by gradient descent.

Run it:  python examples/your_own/numpy_loop.py runs/numpy-loop
"""

import sys

import numpy as np

from vitalsigns import RunWriter

EPOCHS = 30
rng = np.random.default_rng(0)
weights = rng.normal(size=20)
inputs = rng.normal(size=(200, 20))
targets = inputs @ weights + rng.normal(size=200)
train, val = slice(0, 150), slice(150, 200)
fitted = np.zeros(20)

with RunWriter(sys.argv[1], config={"learning_rate": 0.05}, epochs=EPOCHS, units={"loss": "squared error"}) as run:
    for epoch in range(1, EPOCHS + 1):
        errors = inputs[train] @ fitted - targets[train]
        fitted -= 0.05 * inputs[train].T @ errors / len(errors)
        val_errors = inputs[val] @ fitted - targets[val]
        run.log_epoch(epoch, train_loss=np.mean(errors**2), val_loss=np.mean(val_errors**2))
        if run.should_stop():
            break
