# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""`remat.jax.fit` with a device as target keeps budgets as XLA measures them."""

from __future__ import annotations

import warnings

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import remat
from fit_steps import arguments, train
from remat.errors import BudgetError, RematWarning


def test_a_device_as_target_keeps_the_budget_where_the_step_is_compiled():
    plain = jax.jit(train).lower(*arguments()).compile().memory_analysis()
    step = remat.jax.fit(train, *arguments(), budget="80%", target="local", effort="fast")
    outcome = step.outcome
    assert outcome.plain.temp == plain.temp_size_in_bytes
    assert outcome.peak <= outcome.budget < outcome.plain_peak
    found = step.lower(*arguments()).compile().memory_analysis()
    assert found.temp_size_in_bytes == outcome.measured.temp
    sizes = found.argument_size_in_bytes + found.output_size_in_bytes - found.alias_size_in_bytes
    assert found.temp_size_in_bytes + sizes == outcome.peak
    assert f"measured peak {outcome.peak} of {outcome.plain_peak} B" in repr(step)
    report = step.report()
    assert "programs compiled for local" in report
    assert "\nthe chosen plan, as predicted:\nplain peak" in report
    assert "predicts XLA on GPU" not in report
    before, after = jax.jit(train)(*arguments()), step(*arguments())
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5), before, after)


def test_a_step_that_fits_its_device_stays_as_it_is():
    step = remat.jax.fit(train, *arguments(), budget="1GiB", target="local")
    assert step.outcome.chosen is None
    assert step.plan.recomputations == 0


def test_a_budget_below_what_was_measured_is_refused():
    with pytest.raises(BudgetError, match="the smallest peak that XLA measured is") as caught:
        remat.jax.fit(train, *arguments(), budget="10%", target="local", effort="fast", compiles=2)
    assert caught.value.floor <= caught.value.smallest


def accumulate(weights, batches):
    """Layers under `scan`, where most of the memory is."""

    def loss(weights, x):
        for _ in range(6):
            x = jnp.tanh(x @ weights)
        return jnp.mean(x**2)

    def add(sums, x):
        return jax.tree.map(jnp.add, sums, jax.value_and_grad(loss)(weights, x)), None

    start = (0.0, jnp.zeros_like(weights))
    (value, gradients), _ = jax.lax.scan(add, start, batches)
    return weights - 0.1 * gradients, value


BATCHES = [jax.ShapeDtypeStruct(shape, jnp.float32) for shape in ((16, 16), (4, 1024, 16))]


def test_a_peak_inside_a_loop_is_named():
    options = {"donate_argnums": 0, "target": "local", "effort": "fast", "compiles": 1}
    said = r"made inside a loop, most in stablehlo.while \(.*test_fit_device.py:\d+\): what runs"
    with pytest.warns(RematWarning, match=said):
        fitted = remat.jax.fit(accumulate, *BATCHES, budget="min", **options)
    held = int(fitted.outcome.hint.split()[0])
    assert 6 * 1024 * 16 * 4 <= held <= fitted.outcome.plain.temp
    assert "\nin loops " in fitted.report()
    with pytest.raises(BudgetError, match=said):
        remat.jax.fit(accumulate, *BATCHES, budget="60%", **options)


@pytest.mark.parametrize(("step", "given"), [(accumulate, BATCHES), (train, None)])
def test_what_fits_needs_no_advice(step, given):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fitted = remat.jax.fit(step, *(given or arguments()), budget="1GiB", target="local")
    assert bool(fitted.outcome.hint) == (step is accumulate)


def test_a_checkpointed_step_is_never_worse_than_as_given():
    """What `jax.checkpoint` recomputes stays so, and the budget counts from there."""

    def step(weights, x):
        @jax.checkpoint
        def block(x, weight):
            return x + jnp.tanh(jnp.tanh(x @ weight) @ weight)

        def loss(weights):
            y = x
            for weight in weights:
                y = block(y, weight)
            return jnp.mean(y**2)

        value, gradients = jax.value_and_grad(loss)(weights)
        return [w - 0.1 * g for w, g in zip(weights, gradients)], value

    inputs = ([jnp.eye(16)] * 6, jnp.ones((512, 16)))
    given = jax.jit(step).lower(*inputs).as_text().count("optimization_barrier")
    for budget in ("100%", "min"):
        fitted = remat.jax.fit(step, *inputs, budget=budget, target="xla-gpu")
        assert fitted.plan.peak <= fitted.plan.plain_peak
        assert fitted.exported.mlir_module().count("optimization_barrier") >= given > 0
    measured = remat.jax.fit(step, *inputs, budget="min", target="local", compiles=2).outcome
    assert measured.peak <= measured.plain_peak
