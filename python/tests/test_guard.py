# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A step rewritten for XLA:CPU gives the bits of the plain one, whatever floats it meets."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import remat

LAYERS, COPIES = 12, 16

#: Zeros, ones, infinities, quiet and signalling NaNs with payloads, subnormals, the largest.
ODD = np.array(
    [0x00000000, 0x3F800000, 0x7F800000, 0x7FC00001, 0x7FABCDEF, 0x7F800001, 0x00000001,
     0x007FFFFF, 0x7F7FFFFF],
    np.uint32,
)  # fmt: skip
ODD = np.concatenate([ODD, ODD | 0x80000000])


def step(weights, x, scale):
    """Layers that move, pick and negate, and so keep every bit of what they are given.

    The update hands each activation out, on a buffer that is donated: nothing of it may
    change on the way through kept and recomputed values.
    """
    hidden, seen = x, []
    for weight in weights:
        hidden = jnp.where(weight > 0, jnp.negative(hidden), hidden)[::-1]
        seen.append(hidden)
    loss = jnp.sum(abs(hidden)) * scale
    gradient = jnp.full_like(x, loss)
    updated = []
    for weight, hidden in zip(weights[::-1], seen[::-1]):
        gradient = jnp.where(weight > 0, jnp.negative(gradient), gradient)[::-1]
        updated.append(jnp.where(gradient > 0, hidden, jnp.negative(hidden)))
    return loss, updated[::-1]


def arguments(loss):
    """Arguments whose odd values make the loss NaN, or which have none that do."""
    x = np.tile(ODD, COPIES).view(np.float32)
    if loss != "nan":
        x = np.where(np.isfinite(x) & (abs(x) < 2), x, np.float32(-0.0))
    scale = {"nan": 1, "inf": np.inf, "zero": -0.0, "finite": 1}[loss]
    signs = np.resize(np.arange(5), (LAYERS, x.size))
    weights = [np.where(row % (i % 3 + 2), 1, -1) for i, row in enumerate(signs)]
    return [jnp.asarray(w, jnp.float32) for w in weights], jnp.asarray(x), jnp.float32(scale)


@pytest.fixture(scope="module")
def fitted():
    return remat.jax.fit(
        step, *arguments("nan"), budget="min", donate_argnums=0, target="xla-cpu",
        memory_model="program",
    )  # fmt: skip


def test_layers_are_recomputed(fitted):
    plain = jax.jit(step).lower(*arguments("nan")).as_text()
    found = fitted.exported.mlir_module()
    assert fitted.plan.recomputations > 0
    assert found.count("stablehlo.negate") >= plain.count("stablehlo.negate") + LAYERS // 2


@pytest.mark.parametrize("loss", ["nan", "inf", "zero", "finite"])
def test_rewritten_steps_keep_every_bit(fitted, loss):
    value, plain = jax.jit(step)(*arguments(loss))
    found_value, found = fitted(*arguments(loss))
    for one, other in zip([value, *plain], [found_value, *found]):
        one, other = np.asarray(one).view(np.uint32), np.asarray(other).view(np.uint32)
        np.testing.assert_array_equal(one, other)
    if loss == "nan":
        assert np.isnan(value)
        assert {int(bits) for w in plain for bits in np.asarray(w).view(np.uint32)} == set(
            ODD.tolist()
        )
    else:
        assert {"inf": np.isinf, "zero": np.signbit, "finite": np.isfinite}[loss](value)
