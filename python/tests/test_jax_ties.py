# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What recomputation is tied to, where a step has thousands of regions or of runs in one."""

from __future__ import annotations

import time

import jax
import jax.numpy as jnp
import pytest
from remat.jax import equations
from remat.jax.nodes import Ref
from remat.jax.realise import realise
from remat.jax.ties import Regions, _Chooser

COUNT = 4000


@pytest.fixture(scope="module")
def flat():
    """A sum of tanh of so many scalars, and the gradient by each, that the cotangent scales."""

    def joint(*values):
        *scalars, cotangent = values
        hidden = [jnp.tanh(one) for one in scalars]
        return [hidden[0], *(one * cotangent for one in hidden)]

    return equations.trace(joint, [jax.core.ShapedArray((), jnp.float32)] * (COUNT + 1))


def halves(flat, schedule):
    return realise(flat, schedule, {op: op for op in range(2 * COUNT)}, 1, "xla-cpu")


def backward_of(found):
    return [index for index, node in enumerate(found.nodes) if node.backward]


def test_many_regions_find_their_gradients(flat):
    """Each gradient has a region before it, which runs after the gradient before."""
    gradients = [op for one in range(COUNT) for op in (one, COUNT + one)]
    found = halves(flat, [*range(COUNT), *gradients])
    before = time.process_time()
    regions = Regions(found, backward_of(found))
    triggers = [regions._trigger(place, span) for place, span in regions._spans.items()]
    assert time.process_time() - before < 5, "half a minute and more where each looks at all"
    assert len(triggers) >= COUNT - 1 and triggers[0] is None
    first = len(found.nodes) - 2 * len(triggers)
    assert triggers[1:] == [Ref(first + 2 * i + 1, 0) for i in range(len(triggers) - 1)]


def test_many_runs_of_one_region_are_tied(flat):
    found = halves(flat, [*range(2 * COUNT)] * 2)
    [span] = [
        [index for index, node in enumerate(found.nodes) if node.region == region]
        for region in {node.region for node in found.nodes} - {None}
    ]
    before = time.process_time()
    tied = _Chooser(found, span).run()
    assert time.process_time() - before < 5, "half a minute and more where each starts anew"
    assert tied == [Ref(-1, index) for index in range(COUNT)]
