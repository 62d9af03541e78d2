# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Trains one small model plain and fitted, and prints how far the two are apart.

Run by `remat bench training` as `python -m remat.bench.training_job MODEL BUDGET STEPS
STRATEGY`, under the XLA flags of its environment. Prints lines of JSON: {"doing": "..."} when
a piece of work begins, and one `Training` at the end.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

import remat.jax
from remat import zoo
from remat.bench import job
from remat.bench.job import say
from remat.bench.training import Training, parse_model
from remat.xla.cpu import bitwise_equal, relative_deviation
from remat.zoo.inputs import concrete_inputs
from remat.zoo.step import build_step, in_bfloat16

if TYPE_CHECKING:
    from remat.zoo.step import Recipe


def recipe_of(model: str) -> Recipe:
    """Returns the recipe that a model with its variants, as "small_gpt+bf16", names."""
    name, variants = parse_model(model)
    recipe = zoo.get(name).prepare()
    if "adamw" in variants:
        recipe = dataclasses.replace(recipe, optimizer="adamw")
    return in_bfloat16(recipe) if "bf16" in variants else recipe


def train(
    step: Any, recipe: Recipe, steps: int, place: Callable[[Any], Any] = jax.device_put
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Returns the loss of each of `steps` steps, each on a batch of its own, and the state.

    `place` puts the arguments of a step on the devices.
    """
    state = place(concrete_inputs(recipe, 0))[0]
    losses = []
    for index in range(steps):
        state, loss = step(state, *place(concrete_inputs(recipe, index))[1:])
        losses.append(np.asarray(loss))
    return losses, [np.asarray(leaf) for leaf in jax.tree.leaves(state)]


def deviations(
    wanted: tuple[list[np.ndarray], list[np.ndarray]],
    found: tuple[list[np.ndarray], list[np.ndarray]],
) -> dict[str, Any]:
    """Returns what a `Training` says of the losses and states of the plain and the other run."""
    return {
        "first_loss": float(wanted[0][0]),
        "last_loss": float(wanted[0][-1]),
        "losses_bitwise": bitwise_equal(wanted[0], found[0]),
        "state_bitwise": bitwise_equal(wanted[1], found[1]),
        "losses_deviation": relative_deviation(wanted[0], found[0]),
        "state_deviation": relative_deviation(wanted[1], found[1]),
    }


def compare(model: str, budget: str, steps: int, strategy: str) -> Training:
    """Trains `model` for `steps` steps, plain and fitted to `budget`."""
    recipe = recipe_of(model)
    step, shapes, donated = build_step(recipe)
    say(f"planning at {budget}")
    fitted = remat.jax.fit(
        step, *shapes, budget=budget, donate_argnums=donated, strategy=strategy, target="xla-cpu"
    )
    say(f"{steps} plain steps")
    plain = train(jax.jit(step, donate_argnums=donated), recipe, steps)
    say(f"{steps} fitted steps")
    found = train(fitted, recipe, steps)
    return Training(
        plain_peak=fitted.plan.plain_peak,
        peak=fitted.plan.peak,
        recomputations=fitted.plan.recomputations,
        **deviations(plain, found),
    )


def main() -> int:
    model, budget, steps, strategy = sys.argv[1:]
    return job.answer(lambda: [compare(model, budget, int(steps), strategy)])


if __name__ == "__main__":
    sys.exit(main())
