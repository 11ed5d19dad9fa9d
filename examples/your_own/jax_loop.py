"""Three lines in a JAX loop: a linear model.

Run it:  python examples/your_own/jax_loop.py runs/jax-loop
"""

import sys

import jax
import jax.numpy as jnp

from vitalsigns import RunWriter

EPOCHS = 20
keys = jax.random.split(jax.random.key(0), 3)
inputs = jax.random.normal(keys[0], (200, 20))
targets = inputs @ jax.random.normal(keys[1], (20,)) + jax.random.normal(keys[2], (200,))


@jax.jit
def loss_of(weights: jax.Array, inputs: jax.Array, targets: jax.Array) -> jax.Array:
    return jnp.mean((inputs @ weights - targets) ** 2)


slope = jax.jit(jax.value_and_grad(loss_of))
weights = jnp.zeros(20)

with RunWriter(sys.argv[1], config={"learning_rate": 0.05}, epochs=EPOCHS, units={"loss": "squared error"}) as run:
    for epoch in range(1, EPOCHS + 1):
        train_loss, gradient = slope(weights, inputs[:150], targets[:150])
        weights = weights - 0.05 * gradient
        run.log_epoch(epoch, train_loss=train_loss, val_loss=loss_of(weights, inputs[150:], targets[150:]))
        if run.should_stop():
            break
