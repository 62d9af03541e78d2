# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Training steps of a few dozen ops, for tests that run thousands of programs."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp


def dense() -> tuple[Callable, tuple]:
    """Six tanh layers, softmax cross-entropy, plain gradient descent."""

    def step(weights, batch, labels):
        def loss(weights):
            hidden = batch
            for weight in weights:
                hidden = jnp.tanh(hidden @ weight)
            scores = jax.nn.log_softmax(hidden)
            return -jnp.mean(jnp.sum(scores * jax.nn.one_hot(labels, 4), axis=-1))

        value, gradients = jax.value_and_grad(loss)(weights)
        return value, [w - 0.1 * g for w, g in zip(weights, gradients)]

    weights = [jax.ShapeDtypeStruct((4, 4), jnp.float32)] * 6
    return step, (
        weights,
        jax.ShapeDtypeStruct((16, 4), jnp.float32),
        jax.ShapeDtypeStruct((16,), jnp.int32),
    )


def convolutional() -> tuple[Callable, tuple]:
    """Four convolutions with normalisation, relu and residual sums."""

    def step(kernels, images):
        def loss(kernels):
            hidden = images
            for kernel in kernels:
                out = jax.lax.conv_general_dilated(
                    hidden, kernel, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")
                )
                out = out - out.mean((0, 1, 2))
                out = out * jax.lax.rsqrt((out * out).mean((0, 1, 2)) + 1e-5)
                hidden = hidden + jax.nn.relu(out)
            return jnp.mean(hidden * hidden)

        value, gradients = jax.value_and_grad(loss)(kernels)
        return value, [k - 0.1 * g for k, g in zip(kernels, gradients)]

    kernels = [jax.ShapeDtypeStruct((3, 3, 2, 2), jnp.float32)] * 4
    return step, (kernels, jax.ShapeDtypeStruct((2, 4, 4, 2), jnp.float32))


def attention() -> tuple[Callable, tuple]:
    """Three attention blocks with a gated, layer-normalised feed-forward part."""

    def normalise(x):
        x = x - x.mean(-1, keepdims=True)
        return x * jax.lax.rsqrt((x * x).mean(-1, keepdims=True) + 1e-5)

    def block(p, x):
        h = normalise(x)
        q, k, v = h @ p[0], h @ p[1], h @ p[2]
        scores = jnp.einsum("btd,bsd->bts", q, k)
        scores = jnp.where(jnp.tril(jnp.ones((6, 6), bool)), scores, -1e9)
        x = x + jnp.einsum("bts,bsd->btd", jax.nn.softmax(scores), v)
        h = normalise(x)
        return x + (jax.nn.sigmoid(h @ p[3]) * h) @ p[4]

    def step(blocks, tokens):
        def loss(blocks):
            x = tokens
            for p in blocks:
                x = block(p, x)
            return jnp.mean(x * x)

        value, gradients = jax.value_and_grad(loss)(blocks)
        return value, jax.tree.map(lambda w, g: w - 0.1 * g, blocks, gradients)

    matrix = jax.ShapeDtypeStruct((4, 4), jnp.float32)
    return step, ([[matrix] * 5] * 3, jax.ShapeDtypeStruct((2, 6, 4), jnp.float32))


ALL = {"dense": dense, "convolutional": convolutional, "attention": attention}
