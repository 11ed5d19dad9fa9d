"""A Keras model under watch: one callback. Any backend; here the one that is installed beside PyTorch.

Run it:  python examples/your_own/keras_fit.py runs/keras-fit [EPOCHS]
"""

import os
import sys

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import numpy as np

from vitalsigns.callbacks.keras import VitalsignsCallback

EPOCHS = int(sys.argv[2]) if len(sys.argv) > 2 else 6
keras.utils.set_random_seed(0)
inputs = np.random.default_rng(0).normal(size=(200, 20)).astype("float32")
targets = inputs.sum(-1) + np.random.default_rng(1).normal(size=200).astype("float32")

watch = VitalsignsCallback(sys.argv[1], name="Keras fit")
saved = watch.resume_from()
model = keras.saving.load_model(saved) if saved else keras.Sequential([keras.layers.Dense(32), keras.layers.Dense(1)])
if not saved:
    model.compile("adam", "mse")
model.fit(
    inputs[:150],
    targets[:150],
    batch_size=10,
    validation_data=(inputs[150:], targets[150:]),
    epochs=EPOCHS,
    initial_epoch=watch.initial_epoch(),
    callbacks=[watch],
    verbose=0,
)
