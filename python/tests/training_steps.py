# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Training steps as people write them, one per feature, small enough to run three times each.

Run as `python training_steps.py CASE...`, under the XLA flags of its environment: prints a line
of JSON for each case, which says whether the fitted step did what the plain one does.
"""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import remat
from flax import linen, nnx
from remat.xla.cpu import bitwise_equal, relative_deviation

LAYERS, WIDTH, BATCH, STEPS = 4, 16, 128, 3
CASES: dict[str, Callable[..., Any]] = {}
PLANNED_LOSSES: dict[str, Callable[..., Any]] = {}


def case(make: Callable[..., Any]) -> Callable[..., Any]:
    """Registers `make`, which returns (step, state): `state, metrics = step(state, x, y)`."""
    CASES[make.__name__] = make
    return make


def planned_loss(make: Callable[..., Any]) -> Callable[..., Any]:
    """Registers `make(wrap)`, like a case, whose step differentiates `wrap(loss)`."""
    PLANNED_LOSSES[make.__name__] = make
    return make


def parameters(dtype: Any = jnp.float32) -> list[Any]:
    random = np.random.default_rng(0)
    shape = (LAYERS, WIDTH, WIDTH)
    return list(jnp.asarray(random.normal(size=shape) / np.sqrt(WIDTH), dtype))


def forward(weights: Any, x: jax.Array) -> jax.Array:
    for weight in weights:
        x = jax.nn.gelu(x @ weight) + x
    return x


def loss(weights: Any, x: jax.Array, y: jax.Array) -> jax.Array:
    return jnp.mean((forward(weights, x) - y) ** 2)


def with_optimizer(optimizer: Any, body: Callable[..., Any] = loss) -> Any:
    def step(state, x, y):
        weights, slots = state
        value, gradients = jax.value_and_grad(body)(weights, x, y)
        updates, slots = optimizer.update(gradients, slots, weights)
        return (optax.apply_updates(weights, updates), slots), value

    return step, (parameters(), optimizer.init(parameters()))


@case
def adamw():
    schedule = optax.warmup_cosine_decay_schedule(0.0, 1e-3, 2, 10)
    clipped = optax.chain(optax.clip_by_global_norm(1.0), optax.adamw(schedule))
    return with_optimizer(clipped)


@case
def sgd_momentum():
    return with_optimizer(optax.sgd(0.01, momentum=0.9, nesterov=True))


@case
def adafactor():
    return with_optimizer(optax.adafactor(1e-3, min_dim_size_to_factor=8))


@planned_loss
def loss_alone(wrap):
    return with_optimizer(optax.adamw(1e-3), wrap(loss))


@case
def bfloat16():
    """bf16 compute, f32 master weights."""

    def body(weights, x, y):
        low = jax.tree.map(lambda w: w.astype(jnp.bfloat16), weights)
        out = forward(low, x.astype(jnp.bfloat16)).astype(jnp.float32)
        return jnp.mean((out - y) ** 2)

    return with_optimizer(optax.adamw(1e-3), body)


@case
def loss_scaling():
    """float16 with a scale that halves on overflow, as in the first two steps, without branches."""

    def body(weights, x, y, scale):
        low = jax.tree.map(lambda w: w.astype(jnp.float16), weights)
        out = forward(low, x.astype(jnp.float16)).astype(jnp.float32)
        value = jnp.mean((out - y) ** 2)
        return value * scale, value

    def step(state, x, y):
        weights, scale, good = state
        (_, value), gradients = jax.value_and_grad(body, has_aux=True)(weights, x, y, scale)
        gradients = jax.tree.map(lambda g: g / scale, gradients)
        finite = jnp.all(jnp.stack([jnp.all(jnp.isfinite(g)) for g in gradients]))
        weights = [jnp.where(finite, w - 0.01 * g, w) for w, g in zip(weights, gradients)]
        scale = jnp.where(finite, jnp.where(good > 1, scale * 2, scale), scale / 2)
        return (weights, scale, jnp.where(finite, good + 1, 0)), {"loss": value, "finite": finite}

    return step, (parameters(), jnp.float32(2.0**17), jnp.int32(0))


def _dropout(make_key):
    def body(weights, x, y, key):
        for weight, one in zip(weights, jax.random.split(key, LAYERS)):
            x = jax.nn.relu(x @ weight)
            x = jnp.where(jax.random.bernoulli(one, 0.8, x.shape), x / 0.8, 0)
        return jnp.mean((x - y) ** 2)

    def step(state, x, y):
        weights, key = state
        key, used = jax.random.split(key)
        value, gradients = jax.value_and_grad(body)(weights, x, y, used)
        return ([w - 0.1 * g for w, g in zip(weights, gradients)], key), value

    return step, (parameters(), make_key(7))


@case
def dropout_typed_key():
    return _dropout(jax.random.key)


@case
def dropout_raw_key():
    return _dropout(jax.random.PRNGKey)


class Network(linen.Module):
    """A small convolutional network with batch normalisation and dropout."""

    @linen.compact
    def __call__(self, x, train: bool):
        for _ in range(3):
            x = linen.Conv(8, (3, 3))(x)
            x = linen.relu(linen.BatchNorm(use_running_average=not train)(x))
        x = linen.Dropout(0.3, deterministic=not train)(x)
        return linen.Dense(WIDTH)(x.mean((1, 2)))


def images(x: jax.Array) -> jax.Array:
    return x.reshape(-1, 8, 8, WIDTH // 4)


@case
def flax_batch_norm():
    network, optimizer = Network(), optax.sgd(0.1, momentum=0.9)
    variables = network.init(jax.random.key(0), jnp.ones((1, 8, 8, WIDTH // 4)), train=False)

    def step(state, x, y):
        weights, statistics, slots, key = state
        key, used = jax.random.split(key)

        def body(weights):
            out, changed = network.apply(
                {"params": weights, "batch_stats": statistics},
                images(x),
                train=True,
                rngs={"dropout": used},
                mutable=["batch_stats"],
            )
            return jnp.mean((out - y[: len(out)]) ** 2), changed["batch_stats"]

        (value, statistics), gradients = jax.value_and_grad(body, has_aux=True)(weights)
        updates, slots = optimizer.update(gradients, slots)
        return (optax.apply_updates(weights, updates), statistics, slots, key), value

    weights = variables["params"]
    return step, (weights, variables["batch_stats"], optimizer.init(weights), jax.random.key(1))


@case
def flax_nnx():
    class Layers(nnx.Module):
        def __init__(self, rngs):
            self.dense = nnx.List([nnx.Linear(WIDTH, WIDTH, rngs=rngs) for _ in range(LAYERS)])
            self.norm = nnx.BatchNorm(WIDTH, rngs=rngs)

        def __call__(self, x):
            for dense in self.dense:
                x = nnx.gelu(dense(x)) + x
            return self.norm(x)

    graph, weights, others = nnx.split(Layers(nnx.Rngs(0)), nnx.Param, ...)

    def step(state, x, y):
        weights, others = state

        def body(weights):
            model = nnx.merge(graph, weights, others, copy=True)
            value = jnp.mean((model(x) - y) ** 2)
            return value, nnx.state(model, nnx.Not(nnx.Param))

        (value, others), gradients = jax.value_and_grad(body, has_aux=True)(weights)
        return (jax.tree.map(lambda w, g: w - 0.1 * g, weights, gradients), others), value

    return step, (weights, others)


@planned_loss
def loss_in_a_scan(wrap):
    """Gradient accumulation."""
    body = wrap(loss)

    def step(weights, x, y):
        def add(carry, batch):
            value, gradients = jax.value_and_grad(body)(weights, *batch)
            return jax.tree.map(jnp.add, carry, (value, gradients)), None

        start = jnp.zeros(()), jax.tree.map(jnp.zeros_like, weights)
        batches = x.reshape(4, -1, WIDTH), y.reshape(4, -1, WIDTH)
        (value, gradients), _ = jax.lax.scan(add, start, batches)
        return [w - 0.1 * g / 4 for w, g in zip(weights, gradients)], value / 4

    return step, parameters()


@case
def accumulation_unrolled():
    def step(weights, x, y):
        total, sums = 0.0, jax.tree.map(jnp.zeros_like, weights)
        for one, other in zip(jnp.split(x, 4), jnp.split(y, 4)):
            value, gradients = jax.value_and_grad(loss)(weights, one, other)
            total, sums = total + value, jax.tree.map(jnp.add, sums, gradients)
        return [w - 0.1 * g / 4 for w, g in zip(weights, sums)], total / 4

    return step, parameters()


@case
def per_example_gradients():
    """Clipped one by one, as for differential privacy."""

    def step(weights, x, y):
        one = jax.value_and_grad(lambda w, x, y: loss(w, x[None], y[None]))
        values, gradients = jax.vmap(one, (None, 0, 0))(weights, x, y)
        norms = jnp.sqrt(sum(jnp.sum(g**2, axis=(1, 2)) for g in gradients))
        factor = jnp.minimum(1, 1 / norms)[:, None, None]
        clipped = [jnp.mean(g * factor, axis=0) for g in gradients]
        return [w - 0.1 * g for w, g in zip(weights, clipped)], jnp.mean(values)

    return step, parameters()


@case
def metrics():
    def body(weights, x, y):
        out = forward(weights, x)
        return jnp.mean((out - y) ** 2), {"out": jnp.argmax(out, -1), "max": jnp.max(out)}

    def step(weights, x, y):
        (value, more), gradients = jax.value_and_grad(body, has_aux=True)(weights, x, y)
        return [w - 0.1 * g for w, g in zip(weights, gradients)], {"loss": value, **more}

    return step, parameters()


@case
def existing_checkpoints():
    """`jax.checkpoint` per block already."""

    def body(weights, x, y):
        for weight in weights:
            x = jax.checkpoint(lambda x, w: jax.nn.gelu(x @ w) + x)(x, weight)
        return jnp.mean((x - y) ** 2)

    return with_optimizer(optax.sgd(0.1), body)


@case
def haiku():
    import haiku as hk

    def body(x, y):
        out = hk.nets.MLP([WIDTH] * LAYERS)(hk.dropout(hk.next_rng_key(), 0.1, x))
        return jnp.mean((out - y) ** 2)

    transformed = hk.transform(body)

    def step(state, x, y):
        weights, key = state
        key, used = jax.random.split(key)
        value, gradients = jax.value_and_grad(transformed.apply)(weights, used, x, y)
        return (jax.tree.map(lambda w, g: w - 0.1 * g, weights, gradients), key), value

    example = jnp.ones((1, WIDTH))
    return step, (transformed.init(jax.random.key(0), example, example), jax.random.key(1))


@case
def equinox():
    import equinox as eqx

    model = eqx.nn.MLP(WIDTH, WIDTH, WIDTH, LAYERS, key=jax.random.key(0))
    optimizer = optax.adam(1e-3)
    weights, rest = eqx.partition(model, eqx.is_inexact_array)

    @eqx.filter_value_and_grad
    def body(weights, x, y):
        return jnp.mean((jax.vmap(eqx.combine(weights, rest))(x) - y) ** 2)

    def step(state, x, y):
        weights, slots = state
        value, gradients = body(weights, x, y)
        updates, slots = optimizer.update(gradients, slots)
        return (eqx.apply_updates(weights, updates), slots), value

    return step, (weights, optimizer.init(weights))


def batch(index: int) -> tuple[jax.Array, jax.Array]:
    random = np.random.default_rng(100 + index)
    return tuple(jnp.asarray(random.normal(size=(BATCH, WIDTH)), jnp.float32) for _ in "xy")


def train(step: Callable[..., Any], state: Any) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Returns, flat, the state that `STEPS` steps end with, and all that they returned."""
    found = []
    for index in range(STEPS):
        state, result = step(state, *batch(index))
        found.append(result)
    return _arrays(state), _arrays(found)


def _arrays(tree: Any) -> list[np.ndarray]:
    return [np.asarray(_data(leaf)) for leaf in jax.tree.leaves(tree)]


def _data(leaf: Any) -> Any:
    typed = jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)
    return jax.random.key_data(leaf) if typed else leaf


def compare(name: str) -> dict[str, Any]:
    """Trains case `name` plain and planned, the state donated."""
    copy = functools.partial(jax.tree.map, jnp.copy)
    if name in PLANNED_LOSSES:
        planned = []

        def wrap(body):
            planned.append(remat.jax.checkpoint(body, budget="min"))
            return planned[-1]

        make = PLANNED_LOSSES[name]
        step, state = make(lambda body: body)
        fitted = jax.jit(make(wrap)[0], donate_argnums=0)
    else:
        step, state = CASES[name]()
        fitted = remat.jax.fit(step, state, *batch(0), budget="min", donate_argnums=0)
        planned = None
    plain = train(jax.jit(step), copy(state))
    own = copy(state)
    found = train(fitted, own)
    plan = planned[0].plans[0] if planned else fitted.plan
    donated = [leaf for leaf in jax.tree.leaves(own) if leaf.ndim]
    return {
        "case": name,
        "state_bitwise": bitwise_equal(plain[0], found[0]),
        "results_bitwise": bitwise_equal(plain[1], found[1]),
        "results_deviation": relative_deviation(plain[1], found[1]),
        "trained": not np.array_equal(found[0][0], _arrays(state)[0]),
        "donated": all(leaf.is_deleted() for leaf in donated),
        "peak": plan.peak,
        "plain_peak": plan.plain_peak,
        "recomputations": plan.recomputations,
    }


if __name__ == "__main__":
    for chosen in sys.argv[1:] or [*CASES, *PLANNED_LOSSES]:
        try:
            print(json.dumps(compare(chosen)), flush=True)
        except Exception as error:  # one that fails does not hide the others
            line = f"{type(error).__name__}: {str(error).splitlines()[0]}"
            print(json.dumps({"case": chosen, "error": line}), flush=True)
