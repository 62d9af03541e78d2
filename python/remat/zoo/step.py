# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Joint training steps: loss, gradients and optimiser update in one function."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp

from remat.zoo.blocks import check_policy, checkpointed

Tree = Any  #: nested dicts of arrays, or of their shapes


class Step(NamedTuple):
    """A training step and what it is called with.

    `step(state, *batch)` returns (new state, loss). `example_args` are shapes, not arrays.
    """

    step: Callable[..., tuple[Tree, jax.Array]]
    example_args: tuple[Any, ...]
    donate_argnums: tuple[int, ...]


@dataclasses.dataclass(frozen=True)
class Data:
    """One array of a batch: float32 features, or int32 in [0, classes)."""

    shape: tuple[int, ...]
    classes: int | None = None

    def abstract(self) -> jax.ShapeDtypeStruct:
        """Returns the shape and type of the array."""
        dtype = jnp.float32 if self.classes is None else jnp.int32
        return jax.ShapeDtypeStruct(self.shape, dtype)


@dataclasses.dataclass(frozen=True)
class Recipe:
    """What a step is built from.

    `loss(parameters, statistics, batch, key)` returns (loss, new statistics); `statistics` are
    the running averages of batch normalisation, empty for networks without it; `key` is None
    for networks without dropout.
    """

    loss: Callable[[Tree, Tree, Sequence[jax.Array], Any], tuple[jax.Array, Tree]]
    parameters: Tree
    statistics: Tree
    data: tuple[Data, ...]
    needs_key: bool
    optimizer: str


def sgd(parameters: Tree, slots: Tree, gradients: Tree) -> tuple[Tree, Tree]:
    """Returns parameters and slots after a step of SGD with momentum 0.9, learning rate 0.01."""
    momentum = jax.tree.map(lambda m, g: 0.9 * m + g, slots["momentum"], gradients)
    parameters = jax.tree.map(lambda p, m: p - 0.01 * m, parameters, momentum)
    return parameters, {"momentum": momentum}


def adam(parameters: Tree, slots: Tree, gradients: Tree) -> tuple[Tree, Tree]:
    """Returns parameters and slots after a step of Adam (Kingma and Ba 2014), rate 0.001."""
    count = slots["count"] + 1
    mean = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, slots["mean"], gradients)
    square = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, slots["square"], gradients)
    age = count.astype(jnp.float32)
    rate = 1e-3 * jnp.sqrt(1 - 0.999**age) / (1 - 0.9**age)
    parameters = jax.tree.map(
        lambda p, m, v: p - rate * m / (jnp.sqrt(v) + 1e-8), parameters, mean, square
    )
    return parameters, {"mean": mean, "square": square, "count": count}


def adamw(parameters: Tree, slots: Tree, gradients: Tree) -> tuple[Tree, Tree]:
    """Returns parameters and slots after a step of Adam with decoupled weight decay of 1e-5."""
    decayed = jax.tree.map(lambda p: p * (1 - 1e-5), parameters)
    return adam(decayed, slots, gradients)


def in_bfloat16(recipe: Recipe) -> Recipe:
    """Returns the recipe with its loss computed in bfloat16; parameters stay in float32."""

    def narrow(leaf: jax.Array) -> jax.Array:
        return leaf.astype(jnp.bfloat16) if leaf.dtype == jnp.float32 else leaf

    def loss(parameters: Tree, state: Tree, batch: Sequence[jax.Array], key: Any):
        parameters, batch = jax.tree.map(narrow, (parameters, batch))
        value, new = recipe.loss(parameters, state, batch, key)
        new = jax.tree.map(lambda after, before: after.astype(before.dtype), new, state)
        return value.astype(jnp.float32), new

    return dataclasses.replace(recipe, loss=loss)


def _slots(optimizer: str, parameters: Tree) -> Tree:
    if optimizer == "sgd":
        return {"momentum": parameters}
    count = jax.ShapeDtypeStruct((), jnp.int32)
    return {"mean": parameters, "square": parameters, "count": count}


def build_step(recipe: Recipe, checkpoint: str | None = None) -> Step:
    """Returns the training step of a recipe: `step(state, *batch[, key])`, state donated.

    `checkpoint` is the policy of `jax.checkpoint` around each block, None for no such thing.
    Errors: InputError for an unknown policy.
    """
    check_policy(checkpoint)
    update = {"sgd": sgd, "adam": adam, "adamw": adamw}[recipe.optimizer]
    arrays = len(recipe.data)

    def step(state: Tree, *batch: jax.Array) -> tuple[Tree, jax.Array]:
        key = batch[arrays] if recipe.needs_key else None
        gradient = jax.value_and_grad(recipe.loss, has_aux=True)
        with checkpointed(checkpoint):
            (loss, statistics), gradients = gradient(
                state["parameters"], state["statistics"], batch[:arrays], key
            )
        with jax.named_scope("update"):
            parameters, slots = update(state["parameters"], state["slots"], gradients)
        return {"parameters": parameters, "statistics": statistics, "slots": slots}, loss

    state = {
        "parameters": recipe.parameters,
        "statistics": recipe.statistics,
        "slots": _slots(recipe.optimizer, recipe.parameters),
    }
    key = (jax.ShapeDtypeStruct((2,), jnp.uint32),) if recipe.needs_key else ()
    return Step(step, (state, *(data.abstract() for data in recipe.data), *key), (0,))


def flax_recipe(
    network: nn.Module, data: Sequence[Data], needs_key: bool = False, optimizer: str = "sgd"
) -> Recipe:
    """Returns the recipe of a flax module whose `__call__(*batch)` returns the loss.

    Parameter shapes come from abstract evaluation; nothing is materialised.
    """

    def initialise(key: jax.Array, *batch: jax.Array) -> Tree:
        return network.init({"params": key, "dropout": key}, *batch)

    key = jax.ShapeDtypeStruct((2,), jnp.uint32)
    variables = jax.eval_shape(initialise, key, *(item.abstract() for item in data))
    statistics = {name: tree for name, tree in variables.items() if name != "params"}

    def loss(parameters: Tree, state: Tree, batch: Sequence[jax.Array], key: Any):
        return network.apply(
            {"params": parameters, **state},
            *batch,
            rngs={"dropout": key} if needs_key else None,
            mutable=list(state),
        )

    return Recipe(loss, variables["params"], statistics, tuple(data), needs_key, optimizer)


def plain_recipe(
    loss: Callable[..., jax.Array], parameters: Tree, data: Sequence[Data], optimizer: str = "sgd"
) -> Recipe:
    """Returns the recipe of a plain JAX function `loss(parameters, *batch)`."""

    def with_statistics(parameters: Tree, state: Tree, batch: Sequence[jax.Array], key: Any):
        del state, key
        return loss(parameters, *batch), {}

    return Recipe(with_statistics, parameters, {}, tuple(data), False, optimizer)
