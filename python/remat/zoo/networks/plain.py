# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Networks in plain JAX: an MLP and an unrolled LSTM language model."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from remat.zoo.blocks import block


def _dense(inputs: int, outputs: int) -> dict[str, jax.ShapeDtypeStruct]:
    """Returns the shapes of one dense layer: kernel [inputs, outputs] and bias [outputs]."""
    return {
        "kernel": jax.ShapeDtypeStruct((inputs, outputs), jnp.float32),
        "bias": jax.ShapeDtypeStruct((outputs,), jnp.float32),
    }


def _apply(layer: dict[str, Any], x: jax.Array) -> jax.Array:
    return x @ layer["kernel"] + layer["bias"]


def mlp_parameters(layers: int, width: int) -> dict[str, Any]:
    """Returns the parameter shapes of `layers` dense layers of `width` features."""
    return {f"layer_{i}": _dense(width, width) for i in range(layers)}


def _layer(layer: dict[str, Any], x: jax.Array) -> jax.Array:
    return jnp.tanh(_apply(layer, x))


def mlp_loss(parameters: dict[str, Any], inputs: jax.Array, targets: jax.Array) -> jax.Array:
    """Returns the mean squared error of a chain of dense layers with tanh between them."""
    x = inputs
    for i in range(len(parameters)):
        with jax.named_scope(f"layer_{i}"):
            x = block(_layer)(parameters[f"layer_{i}"], x)
    with jax.named_scope("loss"):
        return jnp.mean((x - targets) ** 2)


def lstm_parameters(layers: int, width: int, vocabulary: int) -> dict[str, Any]:
    """Returns the parameter shapes of an LSTM language model.

    Each cell has one kernel [2 * width, 4 * width] for the four gates of input and state.
    """
    cells = {f"cell_{i}": _dense(2 * width, 4 * width) for i in range(layers)}
    embedding = jax.ShapeDtypeStruct((vocabulary, width), jnp.float32)
    return {"embedding": embedding, **cells, "out": _dense(width, vocabulary)}


def _cell(layer: dict[str, Any], x: jax.Array, hidden: jax.Array, memory: jax.Array):
    gates = _apply(layer, jnp.concatenate([x, hidden], axis=1))
    admit, keep, show, candidate = jnp.split(gates, 4, axis=1)
    memory = jax.nn.sigmoid(keep + 1.0) * memory + jax.nn.sigmoid(admit) * jnp.tanh(candidate)
    return jax.nn.sigmoid(show) * jnp.tanh(memory), memory


def _lstm_step(
    t: int,
    parameters: dict[str, Any],
    tokens: jax.Array,
    targets: jax.Array,
    hidden: list[jax.Array],
    memory: list[jax.Array],
) -> tuple[jax.Array, list[jax.Array], list[jax.Array]]:
    """Returns the log-likelihood of the targets of step `t` and the new state of each cell."""
    hidden, memory = list(hidden), list(memory)
    with jax.named_scope("embedding"):
        x = parameters["embedding"][tokens[t]]
    for i in range(len(hidden)):
        with jax.named_scope(f"cell_{i}"):
            hidden[i], memory[i] = _cell(parameters[f"cell_{i}"], x, hidden[i], memory[i])
        x = hidden[i]
    with jax.named_scope("loss"):
        log_probabilities = jax.nn.log_softmax(_apply(parameters["out"], x))
        picked = jnp.take_along_axis(log_probabilities, targets[t][:, None], axis=1)
        return picked.mean(), hidden, memory


def lstm_loss(parameters: dict[str, Any], tokens: jax.Array, targets: jax.Array) -> jax.Array:
    """Returns the mean next-token loss of an LSTM unrolled in Python.

    `tokens` and `targets` have shape [steps, batch].
    Source: Zaremba et al. 2014 (arXiv 1409.2329), without dropout.
    """
    width = parameters["embedding"].shape[1]
    cells = sum(name.startswith("cell_") for name in parameters)
    zeros = jnp.zeros((tokens.shape[1], width))
    hidden, memory = [zeros] * cells, [zeros] * cells
    total = jnp.zeros(())
    for t in range(tokens.shape[0]):
        with jax.named_scope(f"step_{t}"):
            likelihood, hidden, memory = block(partial(_lstm_step, t))(
                parameters, tokens, targets, hidden, memory
            )
            total = total - likelihood
    return total / tokens.shape[0]
