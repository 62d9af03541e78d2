# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""`remat.jax.policy`: names of what a plan keeps, and what keeping just these is worth."""

from __future__ import annotations

import re
import time

import jax
import jax.numpy as jnp
import pytest
import remat
from jax.ad_checkpoint import checkpoint_name
from remat.errors import InputError, RematWarning
from remat.jax.keeping import schedule_keeping
from remat.plan import Plan
from remat.report.timeline import Timeline
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


def test_a_timeline_agrees_with_the_planner(planned):
    """Of this plan's schedule, as `remat.jax.policy` counts its own."""
    plan = planned.plans[0]
    found = Timeline(plan.problem, plan.json["schedule"])
    assert (found.peak, found.starts[-1]) == (plan.peak, plan.json["cost"])


def chain(count):
    """`count` forward ops in a chain, then as many backward ops that each read one of them."""
    ops = [
        {"id": i, "name": "tanh", "phase": "forward", "cost": 1, "inputs": [i], "results": [i + 1]}
        for i in range(count)
    ]
    for i in range(count):
        forward, result = count - i, count + i + 1
        before = [result - 1] if i else []
        ops.append(
            {"id": count + i, "name": "mul", "phase": "backward", "cost": 1}
            | {"inputs": [forward, *before], "results": [result]}
        )
    values = [{"name": f"%{i}", "bytes": 1} for i in range(2 * count + 1)]
    return {"ops": ops, "values": values, "arguments": [0], "outputs": [2 * count]}


def test_the_schedule_that_keeps_names():
    problem = chain(3)
    assert schedule_keeping(problem, set()) == [0, 1, 2, 3, 4, 5], "kept by its first reader"
    for op, name in zip(problem["ops"], ["a", "b", "a"]):
        op["checkpoint_name"] = name
    problem["ops"][3]["inputs"] = [3]
    problem["ops"][2]["phase"] = "backward"
    assert schedule_keeping(problem, {"b"}) == [0, 1, 2, 3, 4, 0, 5]
    assert schedule_keeping(problem, {"a"}) == [0, 1, 2, 3, 4, 5]


def test_a_schedule_of_many_ops_is_made_at_once():
    before = time.process_time()
    schedule = schedule_keeping(chain(20_000), set())
    assert time.process_time() - before < 5, "a minute and more where each op looks at all"
    assert schedule == [*range(40_000)]


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


def silu_loss(first, second):
    """Layers with a residual; `first` names the product, `second` what is fused."""

    def run(weights, x):
        for w in weights:
            x = x + second(jax.nn.silu(first(x @ w)))
        return jnp.mean(x**2)

    return run


def plan_of(body):
    found = remat.jax.checkpoint(body, budget="60%")
    found.plan([jnp.eye(64)] * 6, jnp.ones((512, 64)))
    return found


def dot(x):
    return checkpoint_name(x, "dot")


def act(x):
    return checkpoint_name(x, "act")


FUSED = r"'act' \(.*test_jax_policy.py:\d+\) is fused into its readers, and no buffer; name the "


def test_a_name_of_what_is_fused_is_told():
    with pytest.raises(InputError, match=f"^{FUSED}product before it$"):
        remat.jax.policy(plan_of(silu_loss(lambda x: x, act)))
    report = remat.jax.policy(plan_of(silu_loss(dot, act))).report()
    assert re.search(rf"^{FUSED}", report, re.MULTILINE), report


def test_a_policy_that_saves_nothing_is_told():
    planned = plan_of(silu_loss(dot, lambda x: x))
    plan = planned.plans[0]
    worse = Plan(plan.problem, {**plan.json, "plain_peak": 1})
    with pytest.warns(RematWarning, match="the policy needs no less memory than the plain program"):
        policy = remat.jax.policy(worse)
    assert policy.is_useless and "\nthe policy needs no less memory" in policy.report()
    for op in plan.problem["ops"]:  # all in one name, of which the plan keeps a part
        if op["phase"] == "forward":
            op["checkpoint_name"] = "all"
    report = remat.jax.policy(plan).report()
    assert "kept in part: all   (the plan runs others of that name again; a policy" in report


def test_a_policy_is_of_the_latest_plan():
    found = remat.jax.checkpoint(loss, budget="60%")
    weights, x = arguments()
    first, second = found.plan(weights, x), found.plan(weights, x[:256])
    assert remat.jax.policy(found).plan is found.latest is second
    assert found.plan(weights, x) is first
    assert remat.jax.policy(found).plan is found.latest is first


def test_a_policy_needs_a_plan_and_names():
    with pytest.raises(InputError, match="a policy is made of a loss, not of a function; plan the"):
        remat.jax.policy(loss)
    with pytest.raises(InputError, match=r"^loss has no plan yet; call its plan\(...\)"):
        remat.jax.policy(remat.jax.checkpoint(loss, budget="50%"))
    plain = remat.jax.checkpoint(lambda w, x: jnp.sum(jnp.tanh(jnp.tanh(x @ w) @ w)), budget="min")
    plain.plan(jnp.ones((8, 8)), jnp.ones((64, 8)))
    with pytest.raises(InputError, match="the program names no value that is a buffer"):
        remat.jax.policy(plain)
