# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs steps on 8 virtual devices as they are and fitted; prints what came out, as JSON.

A program of its own, because a process has as many devices as JAX finds when it starts.
"""

from __future__ import annotations

import json
import sys

import jax
import jax.numpy as jnp
import numpy as np
import remat
from jax.sharding import Mesh, NamedSharding, PartitionSpec

DEPTH, WIDTH, HIDDEN, BATCH = 3, 32, 64, 512
RATE = 0.1

jax.config.update("jax_num_cpu_devices", 8)
P = PartitionSpec
MESH = Mesh(np.array(jax.devices()).reshape(4, 2), ("data", "model"))


def weights():
    keys = jax.random.split(jax.random.key(0), 2 * DEPTH)
    shapes = [(WIDTH, HIDDEN), (HIDDEN, WIDTH)] * DEPTH
    flat = [jax.random.normal(k, s) * 0.1 for k, s in zip(keys, shapes, strict=True)]
    return list(zip(flat[::2], flat[1::2], strict=True))


def layer(x, first, second):
    return x + jnp.tanh(x @ first) @ second


def loss(params, x):
    for first, second in params:
        x = layer(x, first, second)
    return jnp.mean(x**2)


def descend(params, gradients):
    return jax.tree.map(lambda p, g: p - RATE * g, params, gradients)


def plain(params, x):
    value, gradients = jax.value_and_grad(loss)(params, x)
    return descend(params, gradients), value


def scanned(params, x):
    def run(params):
        out, _ = jax.lax.scan(lambda x, p: (layer(x, *p), None), x, params)
        out = jax.lax.with_sharding_constraint(out, NamedSharding(MESH, P("data", "model")))
        return jnp.mean(out**2)

    value, gradients = jax.value_and_grad(run)(params)
    return descend(params, gradients), value


def own_gradients(params, x):
    value, gradients = jax.value_and_grad(loss)(params, x)
    return jax.lax.pmean(gradients, "data"), jax.lax.pmean(value, "data")


def mapped(params, x, **manual):
    """The whole step inside a shard_map."""

    def body(params, x):
        gradients, value = own_gradients(params, x)
        return descend(params, gradients), value

    specs = {"in_specs": (P(), P("data")), "out_specs": (P(), P())}
    return jax.shard_map(body, mesh=MESH, **specs, **manual)(params, x)


def half_mapped(params, x):
    """As `mapped`, the other axis left to the partitioner."""
    return mapped(params, x, axis_names={"data"})


def updated_outside(state, x):
    """Loss and gradients inside a shard_map, the update outside."""
    params, momentum = state
    specs = {"in_specs": (P(), P("data")), "out_specs": (P(), P())}
    gradients, value = jax.shard_map(own_gradients, mesh=MESH, **specs)(params, x)
    momentum = jax.tree.map(lambda m, g: 0.9 * m + g, momentum, gradients)
    return (descend(params, momentum), momentum), value


def mapped_layers(params, x):
    """A shard_map around each layer; JAX makes the backward of each."""

    def body(x, first, second):
        return x + jax.lax.psum(jnp.tanh(x @ first) @ second, "model")

    one = jax.shard_map(
        body,
        mesh=MESH,
        in_specs=(P("data"), P(None, "model"), P("model", None)),
        out_specs=P("data"),
    )

    def run(params):
        y = x
        for first, second in params:
            y = jnp.sin(one(y, first, second))
        return jnp.mean(y**2)

    value, gradients = jax.value_and_grad(run)(params)
    return descend(params, gradients), value


SPLIT = [(P(None, "model"), P("model", None))] * DEPTH
FULLY_SPLIT = [(P("data", "model"), P("model", "data"))] * DEPTH
STACKED = (P(None, None, "model"), P(None, "model", None))
COPIED = [(P(), P())] * DEPTH


def cases():
    stacked = jax.tree.map(lambda *leaves: jnp.stack(leaves), *weights())
    momentum = jax.tree.map(jnp.zeros_like, weights())
    return {
        "tensor_parallel": (plain, weights(), SPLIT),
        "fully_sharded": (plain, weights(), FULLY_SPLIT),
        "scanned": (scanned, stacked, STACKED),
        "mapped": (mapped, weights(), COPIED),
        "half_mapped": (half_mapped, weights(), SPLIT),
        "updated_outside": (updated_outside, (weights(), momentum), (COPIED, COPIED)),
        "mapped_layers": (mapped_layers, weights(), SPLIT),
    }


def statistics(compiled):
    memory = compiled.memory_analysis()
    return {
        "arguments": memory.argument_size_in_bytes,
        "alias": memory.alias_size_in_bytes,
        "temp": memory.temp_size_in_bytes,
    }


def report(step, params, specs, batch=BATCH):
    put = jax.tree.map(lambda p, spec: jax.device_put(p, NamedSharding(MESH, spec)), params, specs)
    x = jax.device_put(
        jax.random.normal(jax.random.key(1), (batch, WIDTH)), NamedSharding(MESH, P("data"))
    )
    jitted = jax.jit(step, donate_argnums=0)
    before = jitted.lower(put, x).compile()
    fitted = remat.jax.fit(step, put, x, budget="min", donate_argnums=0, effort="fast")
    after = fitted.lower(put, x).compile()
    one, other = put, jax.tree.map(jnp.copy, put)
    equal = True
    for _ in range(3):
        one, value = before(one, x)
        other, fitted_value = after(other, x)
        pairs = zip(
            jax.tree.leaves((one, value)), jax.tree.leaves((other, fitted_value)), strict=True
        )
        equal &= all(np.asarray(a).tobytes() == np.asarray(b).tobytes() for a, b in pairs)
    problem = fitted.plan.problem
    return {
        "before": statistics(before),
        "after": statistics(after),
        "equal": equal,
        "predicted_arguments": sum(
            problem["values"][index]["bytes"] for index in problem["arguments"]
        ),
        "plain_peak": fitted.plan.plain_peak,
        "peak": fitted.plan.peak,
        "recomputed": len(fitted.plan.recomputed),
        "marks": "remat." in fitted.exported.mlir_module(),
        "partitions": fitted.exported.nr_devices,
    }


if __name__ == "__main__":
    found = {name: report(*case) for name, case in cases().items() if name in sys.argv[1:]}
    print(json.dumps(found))
