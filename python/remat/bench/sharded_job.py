# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Trains one small model on virtual devices, plain and fitted; prints how far they are apart.

Run by `remat bench sharded` as `python -m remat.bench.sharded_job MODEL BUDGET STEPS`, under
the XLA flags of its environment. Prints lines of JSON: {"doing": "..."} when a piece of work
begins, and one `Sharded` at the end.
"""

from __future__ import annotations

import math
import sys
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

import remat.jax
from remat.bench import job
from remat.bench.job import say
from remat.bench.sharded import MESH, Sharded
from remat.bench.training_job import deviations, recipe_of, train
from remat.zoo.step import build_step


class Layout:
    """Where the arguments of a zoo step lie: batches are divided along the axis "data"; each
    matrix along "model", by columns where it has more columns than rows, else by rows, as the
    two layers of an MLP are; everything else is on every device."""

    def __init__(self) -> None:
        devices = np.array(jax.devices()).reshape(*MESH.values())
        self._mesh = Mesh(devices, tuple(MESH))

    def of(self, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
        """Returns the sharding of each leaf of a step's arguments."""
        state, *batch = arguments
        return self.of_state(state), *(
            self._on() if leaf.shape[0] % MESH["data"] else self._on("data") for leaf in batch
        )

    def of_state(self, state: Any) -> Any:
        """Returns the sharding of each leaf of a state."""
        return jax.tree_util.tree_map_with_path(self._of_leaf, state)

    def place(self, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
        """Returns the arguments on the devices."""
        return jax.device_put(arguments, self.of(arguments))

    def _of_leaf(self, path: Any, leaf: Any) -> NamedSharding:
        if len(leaf.shape) != 2 or "kernel" not in jax.tree_util.keystr(path):
            return self._on()
        rows, columns = leaf.shape
        split = (None, "model") if columns > rows else ("model", None)
        ways = MESH["model"]
        return self._on(*split) if max(rows, columns) % ways == 0 else self._on()

    def _on(self, *axes: str | None) -> NamedSharding:
        return NamedSharding(self._mesh, PartitionSpec(*axes))


def compare(model: str, budget: str, steps: int) -> Sharded:
    """Trains `model` for `steps` steps, plain and fitted to `budget` for a device."""
    recipe = recipe_of(model)
    built = build_step(recipe)
    layout = Layout()

    def step(state: Any, *batch: Any) -> tuple[Any, Any]:
        new, loss = built.step(state, *batch)
        return jax.lax.with_sharding_constraint(new, layout.of_state(new)), loss

    shapes = jax.tree.map(
        lambda leaf, sharding: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=sharding),
        built.example_args,
        layout.of(built.example_args),
    )
    say(f"fitting to {budget}")
    fitted = remat.jax.fit(step, *shapes, budget=budget, donate_argnums=0, target="local")
    say("compiling")
    jitted = jax.jit(step, donate_argnums=0)
    plain, less = (one.lower(*shapes).compile() for one in (jitted, fitted))
    say(f"{steps} plain steps")
    wanted = train(plain, recipe, steps, layout.place)
    say(f"{steps} fitted steps")
    found = train(less, recipe, steps, layout.place)
    return Sharded(
        plain_peak=_bytes(plain),
        peak=_bytes(less),
        limit=fitted.outcome.budget or fitted.outcome.peak,
        recomputations=fitted.plan.recomputations,
        **deviations(wanted, found),
    )


def _bytes(compiled: Any) -> int:
    """Returns what a device takes, in scope total."""
    sizes = compiled.memory_analysis()
    return (
        sizes.argument_size_in_bytes
        + sizes.output_size_in_bytes
        - sizes.alias_size_in_bytes
        + sizes.temp_size_in_bytes
    )


def main() -> int:
    model, budget, steps = sys.argv[1:]
    jax.config.update("jax_num_cpu_devices", math.prod(MESH.values()))
    return job.answer(lambda: [compare(model, budget, int(steps))])


if __name__ == "__main__":
    sys.exit(main())
