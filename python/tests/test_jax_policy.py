# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""`remat.jax.policy`: names of what a plan keeps, and what keeping just these is worth."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import pytest
import remat
from jax.ad_checkpoint import checkpoint_name
from remat.errors import InputError
from remat.jax.policy import simulate
from remat.xla.cpu import compile_step

LAYERS, WIDTH, BATCH = 6, 32, 512


def loss(weights, x):
    """Blocks whose wide hidden layer is cheap to leave out and whose output is named."""
    for wide, narrow in weights:
        hidden = jnp.tanh(checkpoint_name(x @ wide, "hidden"))
        x = checkpoint_name(x + hidden @ narrow, "block")
    return jnp.sum(jnp.tanh(x) ** 2)


def arguments():
    one = jnp.ones((WIDTH, 4 * WIDTH)) / WIDTH, jnp.ones((4 * WIDTH, WIDTH)) / WIDTH
    return [one] * LAYERS, jnp.ones((BATCH, WIDTH))


@pytest.fixture(scope="module")
def planned():
    found = remat.jax.checkpoint(loss, budget="60%")
    found.plan(*arguments())
    return found


def test_the_simulator_agrees_with_the_planner(planned):
    plan = planned.plans[0]
    assert simulate(plan.problem, plan.json["schedule"]) == (plan.peak, plan.json["cost"])
    base = [op["id"] for op in plan.problem["ops"]]
    assert simulate(plan.problem, base)[0] == plan.plain_peak


@pytest.mark.parametrize("scope", ["non-arguments", "temporaries"])
def test_the_simulator_knows_scopes(scope):
    plan = remat.jax.checkpoint(loss, budget="60%", budget_scope=scope).plan(*arguments())
    assert simulate(plan.problem, plan.json["schedule"]) == (plan.peak, plan.json["cost"])


def test_donated_arguments_count_once():
    step = remat.jax.fit(
        lambda w, x: jax.value_and_grad(loss)(w, x), *arguments(), budget="60%", donate_argnums=0
    )
    assert simulate(step.plan.problem, step.plan.json["schedule"])[0] == step.plan.peak


def test_a_policy_of_the_kept_names_is_near_the_plan(planned):
    policy = remat.jax.policy(planned)
    assert policy.names == ("block",), policy.report()
    assert policy.plan is planned.plans[0]
    assert policy.peak < policy.plan.plain_peak
    assert policy.overhead > 0
    report = policy.report()
    assert report.startswith("save_only_these_names('block')\nplan    ")
    for value in policy.unnamed:
        assert "test_jax_policy.py:" in value.location

    def temp(body):
        return compile_step(jax.jit(jax.grad(body)).lower(*arguments())).temp

    options = jax.make_jaxpr(jax.grad(jax.checkpoint(loss, policy=policy.function)))(*arguments())
    assert str(options).count("remat2") >= 1
    assert temp(planned) < temp(loss)


def test_what_has_no_name_is_listed():
    def half(weights, x):
        for index, (wide, narrow) in enumerate(weights):
            x = x + jnp.tanh(x @ wide) @ narrow
            x = checkpoint_name(x, "block") if index % 2 else x
        return jnp.sum(x**2)

    found = remat.jax.checkpoint(half, budget="70%")
    found.plan(*arguments())
    policy = remat.jax.policy(found)
    assert policy.unnamed and f"without a name: {len(policy.unnamed)}" in policy.report()
    assert sum(v.bytes for v in policy.unnamed) > 0


def test_a_policy_needs_a_plan_and_names():
    with pytest.raises(InputError, match=r"^loss has no plan yet; call its plan\(...\)"):
        remat.jax.policy(remat.jax.checkpoint(loss, budget="50%"))
    plain = remat.jax.checkpoint(lambda w, x: jnp.sum(jnp.tanh(jnp.tanh(x @ w) @ w)), budget="min")
    plain.plan(jnp.ones((8, 8)), jnp.ones((64, 8)))
    with pytest.raises(InputError, match="the program names no value that is a buffer"):
        remat.jax.policy(plain)
