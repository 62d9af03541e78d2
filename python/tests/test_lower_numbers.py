# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What a lowered program computes is what JAX computes, op by op.

Bit for bit, except where the functions of two math libraries meet: those cases say so.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax
from linalg_runner import run
from remat.convert import Format, Module, generic_text
from remat.lower import lower

_RNG = np.random.default_rng(7)
X = _RNG.standard_normal((6, 5), dtype=np.float32)
IMAGE = _RNG.standard_normal((2, 7, 6, 3), dtype=np.float32)
#: Few values, so that every window has a tie.
TIES = _RNG.integers(0, 2, (1, 6, 6, 2)).astype(np.float32)
DROP = lax.GatherScatterMode.FILL_OR_DROP


def scatter(kind, rows, mode=DROP):
    """x.at[rows] = or += ... of whole rows."""

    def step(x, rows, updates):
        return getattr(x.at[rows], kind)(updates, mode=mode)

    rows = np.array(rows, np.int32)
    return step, X, rows, _RNG.standard_normal((*rows.shape, 5), dtype=np.float32)


def windows(starts, dtype=np.int32):
    """Adds windows of 2 by 3 elements at `starts`, which need not lie inside."""
    numbers = lax.ScatterDimensionNumbers((1, 2), (), (0, 1))

    def step(x, starts, updates):
        return lax.scatter_add(x, starts, updates, numbers, mode=DROP)

    updates = _RNG.standard_normal((len(starts), 2, 3), dtype=np.float32)
    return step, X, np.array(starts, dtype), updates


def batched_scatter():
    def one(x, rows, updates):
        return x.at[rows].add(updates)

    rows = _RNG.integers(-1, 5, (6, 4)).astype(np.int32)
    return jax.vmap(one), X, rows, _RNG.standard_normal((6, 4), dtype=np.float32)


def window_first():
    """The window's dimension of the updates stands before the others."""
    numbers = lax.ScatterDimensionNumbers((0,), (1,), (1,))

    def step(x, columns, updates):
        return lax.scatter_add(x, columns, updates, numbers, mode=DROP)

    columns = np.array([[4], [0], [9], [4]], np.int32)
    return step, X, columns, _RNG.standard_normal((6, 4), dtype=np.float32)


def pool(reduce, init, window, strides, padding):
    def step(x, weights):
        def total(x):
            return (lax.reduce_window(x, init, reduce, window, strides, padding) * weights).sum()

        return jax.grad(total)(x)

    shape = jax.eval_shape(
        lambda x: lax.reduce_window(x, init, reduce, window, strides, padding), TIES
    ).shape
    return step, TIES, _RNG.integers(1, 9, shape).astype(np.float32)


def nine_carries(key, x):
    """Signed, unsigned, swapped, constant and counted values; each round updates a slice."""

    def body(i, state):
        small, key, low, high, seen, rows, flag, ratio = state
        key = key * np.uint32(1664525) + np.uint32(1013904223)
        row = lax.dynamic_slice(x, (i % 4, 0), (1, 5))
        rows = lax.dynamic_update_slice(rows, row * ratio, (i + 2, i))
        seen = seen + (key >> np.uint32(7)).astype(jnp.uint8)
        return small - np.int8(77), key, high, low, seen, rows, ~flag, ratio

    state = (np.int8(5), key, x[0], x[1], np.uint8(250), jnp.zeros((6, 9)), True, x[2, 2])
    return lax.fori_loop(0, 7, body, state)


def newton(x):
    """Ends by what it computes."""
    return lax.while_loop(
        lambda s: (jnp.abs(s[0] * s[0] - x) > 1e-3) & (s[1] < 50),
        lambda s: ((s[0] + x / s[0]) * 0.5, s[1] + 1),
        (x, 0),
    )


def nested(x):
    def outer(i, total):
        return lax.fori_loop(0, 3, lambda j, t: t * 0.5 + x[j] * (i + j), total)

    return lax.fori_loop(2, 12, outer, jnp.zeros(5))


def recurrent(x, weights):
    def loss(weights):
        def cell(state, row):
            state = jnp.maximum(state @ weights + row, 0.1 * row)
            return state, state * 2

        last, states = lax.scan(cell, jnp.zeros(5), x)
        return last.sum() + (states * states).sum()

    return jax.value_and_grad(loss)(weights)


CASES = {
    "scatter-add-overlapping": scatter("add", [1, 3, 1, 1, 0]),
    "scatter-set-last-wins": scatter("set", [2, 2, 5, 2]),
    "scatter-max-out-of-bounds": scatter("max", [[7, 0], [5, 6]]),
    "scatter-mul-negative": scatter("multiply", [-1, -7, 3]),
    "scatter-min-clipped": scatter("min", [-9, 9, 2], lax.GatherScatterMode.CLIP),
    "scatter-batching-dims": batched_scatter(),
    "scatter-window-first": window_first(),
    "scatter-windows": windows([[0, 0], [1, 1], [4, 2]]),
    "scatter-windows-partly-outside": windows([[-1, 0], [5, 0], [4, 3], [3, 1]]),
    "scatter-unsigned-indices": windows([[0, 2], [200, 0], [4, 255]], np.uint8),
    "max-pool-backward-ties": pool(lax.max, -np.inf, (1, 3, 3, 1), (1, 2, 2, 1), "SAME"),
    "min-pool-backward-padding": pool(
        lax.min, np.inf, (1, 2, 3, 1), (1, 1, 2, 1), ((0, 0), (1, 1), (2, 0), (0, 0))
    ),
    "max-pool-backward-apart": pool(lax.max, -np.inf, (1, 2, 2, 1), (1, 3, 3, 1), "VALID"),
    "average-pool-backward": pool(lax.add, 0.0, (1, 3, 3, 1), (1, 2, 2, 1), "SAME"),
    "while-nine-carries": (nine_carries, np.uint32(123456789), X),
    "while-open": (newton, np.float32(7)),
    "while-nested": (nested, X),
    "random-bits": (
        lambda k: jax.random.bits(jax.random.wrap_key_data(k), (5, 3)),
        np.array([1, 2**31 + 5], np.uint32),
    ),
    "scan-backward": (recurrent, X, 0.3 * X[:5]),
    "dynamic-update-clamped": (
        lambda x, i: lax.dynamic_update_slice(x, x[:2, :3] * 2, (i, -i)),
        X,
        np.int32(5),
    ),
    "gather-clamped": (lambda x, i: x.at[i].get(mode="clip"), X, np.array([-9, 0, 9], np.int32)),
    "gather-filled": (lambda x, i: x.at[i].get(mode="fill"), X, np.array([-9, 0, 9], np.int32)),
    "gather-backward": (
        jax.grad(lambda x, i: (x[i, i % 5] * x[i, 0]).sum()),
        X,
        np.array([5, 1, 5], np.int32),
    ),
    "switch-beyond": (
        lambda i, x: lax.switch(i, [lambda x: x + 1, lambda x: x * x, lambda x: -x], x),
        np.int32(9),
        X,
    ),
    "switch-first": (
        lambda i, x: lax.switch(i, [lambda x: x + 1, lambda x: x * x], x),
        np.int32(-3),
        X,
    ),
    "cond": (lambda p, x: lax.cond(p, lambda x: x + 1, lambda x: x * x, x), np.bool_(False), X),
    "sort": (lambda x: jnp.sort(x, axis=0), X),
    "sort-with-values-stable": (
        lambda x: lax.sort((jnp.floor(x), x, x + 1), dimension=1, num_keys=1),
        X,
    ),
    "sort-nan": (lambda x: jnp.sort(jnp.where(x > 1, jnp.nan, x).ravel()), X),
    "top-k": (lambda x: lax.top_k(x, 3), X),
    "barrier": (lambda x: lax.optimization_barrier((x + 1, x)), X),
    "embedding-backward": (
        jax.grad(lambda t, i: (t[i] ** 2).sum()),
        X,
        np.array([[1, 5, 1], [0, 1, 5]], np.int32),
    ),
}

#: Where the last bits may differ: XLA's matrix product sums in another order.
CLOSE = {"scan-backward": 2e-6}


def _module(step, arguments):
    lowered = jax.jit(step, keep_unused=True).lower(*arguments)
    return Module("step", generic_text(lowered.compiler_ir("stablehlo")), Format.GENERIC)


@pytest.mark.parametrize("name", CASES)
def test_the_lowered_program_computes_what_jax_does(name, tmp_path):
    step, *arguments = CASES[name]
    expected = [np.asarray(leaf) for leaf in jax.tree.leaves(jax.jit(step)(*arguments))]
    assert any(leaf.any() for leaf in expected), "a result of zeros proves nothing"
    found = run(lower(_module(step, arguments)), arguments, expected, tmp_path)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=CLOSE.get(name, 0), atol=CLOSE.get(name, 0))
