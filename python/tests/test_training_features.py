# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Steps as people write them, fitted and trained: same bits, less memory, state donated."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import remat
import training_steps
from jax import export
from remat.bench.equality import ROUNDING_FLAGS

#: Cases whose plan saves nothing, and why.
NOTHING_TO_SAVE = {"existing_checkpoints": "each block is recomputed by jax.checkpoint already"}
#: Cases where XLA sums the loss of a batch in another order, which no gradient reads.
OTHER_SUM = {"accumulation_unrolled", "per_example_gradients"}


@pytest.fixture(scope="module")
def rows():
    """What `training_steps.compare` finds of each case, under flags that fix rounding."""
    tests = Path(__file__).parent
    environment = os.environ | {
        "XLA_FLAGS": ROUNDING_FLAGS,
        "PYTHONPATH": str(Path(remat.__file__).parents[1]),
    }
    command = [sys.executable, tests / "training_steps.py"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    return {row["case"]: row for row in found}


@pytest.mark.parametrize("case", [*training_steps.CASES, *training_steps.PLANNED_LOSSES])
def test_a_planned_step_trains_as_the_plain_one_does(rows, case):
    row = rows[case]
    assert "error" not in row, row["error"]
    assert row["trained"] and row["state_bitwise"], row
    assert row["results_bitwise"] or (case in OTHER_SUM and row["results_deviation"] < 1e-6), row
    assert row["donated"], "the state's buffers are handed over"
    if case in NOTHING_TO_SAVE:
        assert row["peak"] <= row["plain_peak"]
    else:
        assert row["peak"] < row["plain_peak"] and row["recomputations"] > 0


def test_a_fitted_step_goes_through_a_file():
    step, state = training_steps.CASES["metrics"]()
    fitted = remat.jax.fit(step, state, *training_steps.batch(0), budget="min")
    again = export.deserialize(bytearray(fitted.exported.serialize()))
    for one, other in zip(
        jax.tree.leaves(jax.jit(again.call)(state, *training_steps.batch(0))),
        jax.tree.leaves(fitted(state, *training_steps.batch(0))),
    ):
        np.testing.assert_array_equal(one, other)


def test_a_step_out_of_a_file_is_fitted():
    step, state = training_steps.CASES["metrics"]()
    exported = export.export(jax.jit(step))(state, *training_steps.batch(0))
    loaded = export.deserialize(bytearray(exported.serialize()))
    fitted = remat.jax.fit(loaded.call, state, *training_steps.batch(0), budget="min")
    assert fitted.plan.peak < fitted.plan.plain_peak
    for one, other in zip(
        jax.tree.leaves(jax.jit(step)(state, *training_steps.batch(0))),
        jax.tree.leaves(fitted(state, *training_steps.batch(0))),
    ):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def test_a_planned_loss_is_exported():
    planned = remat.jax.checkpoint(training_steps.loss, budget="min")
    arguments = (training_steps.parameters(), *training_steps.batch(0))
    exported = export.export(jax.jit(jax.grad(planned)))(*arguments)
    again = export.deserialize(bytearray(exported.serialize()))
    for one, other in zip(again.call(*arguments), jax.jit(jax.grad(planned))(*arguments)):
        np.testing.assert_array_equal(one, other)


def test_a_scan_over_micro_batches_is_one_op():
    """What the page on training says: the loss alone is planned there."""
    make = training_steps.PLANNED_LOSSES["loss_in_a_scan"]
    step, state = make(lambda body: body)
    plan = remat.jax.fit(step, state, *training_steps.batch(0), budget="min").plan
    assert plan.peak == plan.plain_peak and plan.recomputations == 0


def test_a_loss_averaged_after_its_gradients_is_found():
    """The forward ends where the loss is made, not where the average is."""

    def step(weights, x, y):
        value, gradients = jax.value_and_grad(training_steps.loss)(weights, x, y)
        new = [w - 0.1 * g for w, g in zip(weights, gradients)]
        return new, value / 4 + 0 * jnp.sum(new[0])

    state = training_steps.parameters()
    plan = remat.jax.fit(step, state, *training_steps.batch(0), budget="min").plan
    products = [op["phase"] for op in plan.problem["ops"] if op["kind"] == "dot"]
    assert products == ["forward"] * 4 + ["backward"] * 7
