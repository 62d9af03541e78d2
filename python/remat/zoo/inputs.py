# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Concrete random arguments for a step, as in the middle of a training run."""

from __future__ import annotations

import math
from typing import Any

import jax
import numpy as np

from remat.zoo.step import Data, Recipe, build_step


def _state_leaf(path: str, leaf: Any, random: np.random.Generator) -> np.ndarray:
    """Returns one array of the state, scaled by what its path says it is."""
    if leaf.dtype == np.int32:
        return np.full(leaf.shape, 10, np.int32)
    noise = random.standard_normal(leaf.shape, dtype=np.float32)
    if "'slots'" in path:
        return np.abs(noise) * np.float32(1e-3) if "'square'" in path else noise * np.float32(1e-3)
    if path.endswith(("['scale']", "['var']")):
        return 1 + np.float32(0.1) * np.tanh(noise)
    if path.endswith("['kernel']"):
        # Receptive field times input channels: keeps the variance of activations near one.
        return noise * np.float32(1 / math.sqrt(math.prod(leaf.shape[:-1])))
    return noise * np.float32(0.02)


def _data_leaf(data: Data, random: np.random.Generator) -> np.ndarray:
    if data.classes is None:
        return random.standard_normal(data.shape, dtype=np.float32)
    return random.integers(0, data.classes, data.shape, dtype=np.int32)


def concrete_inputs(recipe: Recipe, seed: int) -> tuple[Any, ...]:
    """Returns arguments for the step of `recipe`: state, batch and, with dropout, a key."""
    random = np.random.default_rng(seed)
    abstract = build_step(recipe).example_args[0]
    state = jax.tree_util.tree_map_with_path(
        lambda path, leaf: _state_leaf(jax.tree_util.keystr(path), leaf, random), abstract
    )
    batch = tuple(_data_leaf(data, random) for data in recipe.data)
    key = (np.array([0, seed], np.uint32),) if recipe.needs_key else ()
    return state, *batch, *key
