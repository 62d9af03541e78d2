# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A training step as users write them: trees with typed keys, None and integers."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

LAYERS, WIDTH, BATCH = 24, 16, 512


class State(NamedTuple):
    """A state with a None leaf, an integer and nested parameters."""

    weights: dict
    count: jax.Array
    nothing: None


def train(state, batch, scale=1.0, *, rate=0.1):
    """Tanh layers with dropout from a typed key, bfloat16 in the middle, SGD."""

    def loss(weights):
        hidden = batch["x"]
        for index in range(LAYERS):
            hidden = jnp.tanh(hidden @ weights[f"layer{index}"])
            if index == LAYERS // 2:
                hidden = hidden.astype(jnp.bfloat16).astype(jnp.float32)
        keep = jax.random.bernoulli(batch["key"], 0.9, (BATCH, 1))
        picked = jnp.take_along_axis(hidden * keep, batch["label"][:, None], axis=1)
        return jnp.mean(picked**2) * scale

    value, gradients = jax.value_and_grad(loss)(state.weights)
    weights = jax.tree.map(lambda w, g: w - rate * g, state.weights, gradients)
    return State(weights, state.count + 1, None), {"loss": value, "nothing": None}


def arguments():
    """Concrete arguments of `train`, new each time."""
    random = np.random.default_rng(0)
    weights = {
        f"layer{i}": jnp.asarray(random.normal(size=(WIDTH, WIDTH)) / 4, jnp.float32)
        for i in range(LAYERS)
    }
    batch = {
        "x": jnp.asarray(random.normal(size=(BATCH, WIDTH)), jnp.float32),
        "label": jnp.asarray(random.integers(0, WIDTH, BATCH), jnp.int32),
        "key": jax.random.key(7),
    }
    return State(weights, jnp.int32(3), None), batch


def leaves(tree):
    """The leaves of a tree, as arrays of NumPy."""
    return [np.asarray(leaf) for leaf in jax.tree.leaves(tree)]
