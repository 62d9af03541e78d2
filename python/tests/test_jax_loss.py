# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""`remat.jax.checkpoint`: same gradients as the plain loss, in less memory, wherever it stands."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import remat
from remat import convert, toolchain
from remat.bench.equality import ROUNDING_FLAGS
from remat.errors import BudgetError, InputError, RematWarning
from remat.jax import equations
from remat.jax.names import leaf_names
from remat.jax.realise import runs_of
from remat.xla.counting import KINDS
from remat.xla.cpu import compile_step

LAYERS, WIDTH, BATCH = 6, 16, 256


def loss(weights, x, key=None):
    """Layers with GELU, bfloat16 in the middle and dropout; loss and a metric."""
    hidden = x
    for index, weight in enumerate(weights):
        hidden = jax.nn.gelu(hidden @ weight)
        if index == LAYERS // 2:
            hidden = hidden.astype(jnp.bfloat16).astype(jnp.float32)
            if key is not None:
                hidden *= jax.random.bernoulli(key, 0.9, hidden.shape)
    return jnp.mean(hidden**2), {"largest": jnp.max(hidden)}


def scalar(weights, x):
    return loss(weights, x)[0]


def arguments():
    random = np.random.default_rng(0)
    weights = [jnp.asarray(random.normal(size=(WIDTH, WIDTH)) / 4, jnp.float32)] * LAYERS
    return weights, jnp.asarray(random.normal(size=(BATCH, WIDTH)), jnp.float32)


def assert_close(one, other):
    assert jax.tree.structure(one) == jax.tree.structure(other)
    for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(other)):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5 * np.max(np.abs(a)))


def test_flags_in_a_model_are_static():
    """As in Equinox, whose layers hold such flags: `if model["inference"]`."""

    def of_model(model, x):
        return scalar(model["weights"], x) * (1.0 if model["inference"] else 2.0)

    weights, x = arguments()
    planned = remat.jax.checkpoint(of_model, budget="50%")
    for inference in (False, True):
        model = {"weights": weights, "inference": inference}

        def varied(weights, loss=planned, model=model):
            return loss(model | {"weights": weights}, x)

        def plain(weights, model=model):
            return of_model(model | {"weights": weights}, x)

        assert_close(jax.grad(plain)(weights), jax.grad(varied)(weights))
        plan = planned.plan(model, x)
        assert plan.json == planned.plans[-1].json
    assert len(planned.plans) == 2


def test_gradients_and_metrics_are_the_plain_ones():
    planned = remat.jax.checkpoint(loss, budget="50%")
    key = jax.random.key(1)
    plain = jax.jit(jax.value_and_grad(loss, has_aux=True))(*arguments(), key)
    assert_close(plain, jax.value_and_grad(planned, has_aux=True)(*arguments(), key))
    assert_close(plain, jax.jit(jax.value_and_grad(planned, has_aux=True))(*arguments(), key=key))
    [plan] = planned.plans
    assert plan.peak <= plan.budget < plan.plain_peak and plan.recomputations > 0
    assert "test_jax_loss.py:" in plan.report(), "source lines of the values"
    assert not any("remat.equation" in op["scope"] for op in plan.problem["ops"])


def test_recomputation_survives_xla():
    def step(body):
        def run(weights, x):
            value, gradients = jax.value_and_grad(body)(weights, x)
            return [w - 0.1 * g for w, g in zip(weights, gradients)], value

        return compile_step(jax.jit(run, donate_argnums=0).lower(*arguments()))

    planned = remat.jax.checkpoint(scalar, budget="min")
    plain, after = step(scalar), step(planned)
    wanted = planned.plans[0].product_recomputations
    assert wanted > 0
    assert KINDS[0].of(after.opcodes) - KINDS[0].of(plain.opcodes) >= wanted
    assert after.temp < 0.8 * plain.temp


def test_any_arguments_may_be_differentiated():
    planned = remat.jax.checkpoint(scalar, budget="min")
    for argnums in (0, 1, (0, 1)):
        assert_close(
            jax.grad(scalar, argnums)(*arguments()), jax.grad(planned, argnums)(*arguments())
        )
    assert len(planned.plans) == 3
    assert planned.plan(*jax.eval_shape(arguments), argnums=1) is planned.plans[1]
    assert planned.plan(*arguments()) is planned.plans[0], "planned once"


def test_gradients_of_the_same_program_by_different_arguments():
    """By the first and by the second addend, the program is the same to the letter."""
    weights, x = arguments()

    def body(a, b):
        return scalar(weights, a + b)

    planned = remat.jax.checkpoint(body, budget="min")
    for argnums in (0, 1, (0, 1)):
        plain = jax.grad(body, argnums)(x, x * 0.5)
        assert_close(plain, jax.grad(planned, argnums)(x, x * 0.5))
    assert jnp.any(jax.grad(planned, 1)(x, x * 0.5) != 0)


def test_a_plain_call_runs_plainly():
    planned = remat.jax.checkpoint(loss, budget=1)
    assert_close(loss(*arguments()), planned(*arguments()))
    assert planned.plans == ()
    assert repr(planned) == "<CheckpointedLoss loss for xla-cpu, 1>"


def test_captured_tracers_have_gradients():
    def outer(body):
        def run(weights, x, factor):
            inner = lambda weights: scalar([w * factor for w in weights], x * factor)  # noqa: E731
            return body(inner)(weights) * 2

        return jax.jit(jax.grad(run, (0, 2)))

    plain = outer(lambda inner: inner)(*arguments(), 0.5)
    assert_close(plain, outer(lambda f: remat.jax.checkpoint(f, budget="min"))(*arguments(), 0.5))


def test_vmap_inside_and_outside():
    weights, x = arguments()
    rows = x.reshape(8, -1, WIDTH)
    planned = remat.jax.checkpoint(scalar, budget="min")
    per_example = jax.jit(jax.vmap(jax.grad(scalar), (None, 0)))(weights, rows)
    assert_close(per_example, jax.jit(jax.vmap(jax.grad(planned), (None, 0)))(weights, rows))

    def mean(body):
        return lambda weights, rows: jnp.mean(jax.vmap(body, (None, 0))(weights, rows))

    assert_close(jax.grad(mean(scalar))(weights, rows), jax.grad(mean(planned))(weights, rows))


def test_gradient_accumulation_by_scan():
    def total(body):
        def run(weights, batches):
            def add(carry, x):
                value, gradients = jax.value_and_grad(body)(weights, x)
                return jax.tree.map(jnp.add, carry, (value, gradients)), None

            start = jnp.zeros(()), jax.tree.map(jnp.zeros_like, weights)
            return jax.lax.scan(add, start, batches)[0]

        return jax.jit(run)

    weights, x = arguments()
    planned = remat.jax.checkpoint(scalar, budget="min")
    batches = x.reshape(4, -1, WIDTH)
    assert_close(total(scalar)(weights, batches), total(planned)(weights, batches))


def test_a_scaled_loss_and_inner_jit_scales_gradients():
    planned = jax.jit(remat.jax.checkpoint(scalar, budget="min"))
    scaled = jax.grad(lambda w, x: planned(w, x) * 1024)(*arguments())
    assert_close(jax.tree.map(lambda g: g * 1024, jax.grad(scalar)(*arguments())), scaled)


def test_existing_checkpoints_and_loops_inside():
    def body(weights, x):
        layer = jax.checkpoint(lambda h, w: (jnp.tanh(h @ w), None))
        hidden, _ = jax.lax.scan(layer, x, jnp.stack(weights))
        for weight in weights:
            hidden = layer(hidden, weight)[0]
        return jnp.sum(hidden**2)

    planned = remat.jax.checkpoint(body, budget="min")
    assert_close(jax.grad(body)(*arguments()), jax.jit(jax.grad(planned))(*arguments()))
    text = jax.jit(jax.grad(planned)).lower(*arguments()).as_text()
    assert text.count("optimization_barrier") >= LAYERS


def test_static_arguments_and_leaves_that_are_no_arrays():
    def body(model, x, power):
        weights, activation = model
        hidden = x
        for weight in weights:
            hidden = activation(hidden @ weight)
        return jnp.sum(hidden**power)

    weights, x = arguments()
    planned = remat.jax.checkpoint(body, budget="min", static_argnums=-1)
    for one in (jnp.tanh, jnp.sin):
        plain = jax.grad(lambda w: body((w, one), x, 2))(weights)  # noqa: B023
        assert_close(plain, jax.grad(lambda w: planned((w, one), x, 2))(weights))  # noqa: B023
    with pytest.raises(InputError, match="static_argnums names argument 5, but 2 were given"):
        remat.jax.checkpoint(body, budget="min", static_argnums=5)(weights, x)


def test_a_plan_takes_static_arguments():
    def body(weights, x, power):
        return jnp.sum(jnp.tanh(jnp.tanh(x @ weights[0]) @ weights[1]) ** range(power)[-1])

    planned = remat.jax.checkpoint(body, budget="min", static_argnums=2)
    plan = planned.plan(*arguments(), 4, argnums=(0, -2))
    jax.grad(planned, (0, 1))(*arguments(), 4)
    assert planned.plans == (plan,)


@pytest.mark.parametrize(
    ("given", "options", "message"),
    [
        (arguments(), {"argnums": 3}, "argnums names argument 3, but 2 were given by position"),
        ((), dict(zip(("weights", "x"), arguments())), "argnums names argument 0, but 0 were"),
        ((*arguments(), jax.random.key(0)), {"argnums": 2}, "argnums names 2, where no float is "),
    ],
)
def test_a_plan_needs_floats_to_differentiate_by(given, options, message):
    with pytest.raises(InputError, match=message):
        remat.jax.checkpoint(loss, budget="min").plan(*given, **options)


@pytest.mark.parametrize("target", ["xla-gpu", "xla-tpu"])
def test_other_targets_are_tied_by_barriers(target):
    planned = remat.jax.checkpoint(scalar, budget="min", target=target)
    text = jax.jit(jax.grad(planned)).lower(*arguments()).as_text()
    assert text.count("optimization_barrier") > 2
    assert_close(jax.grad(scalar)(*arguments()), jax.grad(planned)(*arguments()))


def test_a_chain_of_scalars_that_no_plan_holds():
    """Each step reads the one before twice: they are walked once, not once for each path."""

    def body(weights, x):
        hidden, scale = jnp.tanh(x @ weights[0]), jnp.mean(x)
        for _ in range(40):
            scale = scale * (1.5 - scale * scale)
        return jnp.sum(jnp.tanh(hidden * scale) @ weights[1])

    planned = remat.jax.checkpoint(body, budget="min")
    assert_close(jax.grad(body)(*arguments()), jax.grad(planned)(*arguments()))
    assert len(planned.plans[0].problem["ops"]) < 40, "the chain is in no plan"


def test_effects_run_once_and_in_order(capfd):
    def body(weights, x):
        hidden = x
        for index, weight in enumerate(weights):
            hidden = jnp.tanh(hidden @ weight)
            if index in (1, 4):
                jax.debug.print("layer {i} {m}", i=index, m=jnp.max(hidden) > 2)
        return jnp.sum(hidden**2)

    planned = remat.jax.checkpoint(body, budget="min")
    jax.grad(planned)(*arguments())
    jax.effects_barrier()
    assert capfd.readouterr().out == "layer 1 False\nlayer 4 False\n"


REFUSED = {
    "vector": (lambda w, x: x[0], "the first result of <lambda> is float32[16]; a loss is a float"),
    "integer": (lambda w, x: jnp.int32(1), "the first result of <lambda> is int32[]; a loss is"),
    "nothing": (lambda w, x: (), "the first result of <lambda> is nothing; a loss is a float"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_loss_is_refused(what):
    body, message = REFUSED[what]
    with pytest.raises(InputError) as caught:
        remat.jax.checkpoint(body, budget="50%")(*arguments())
    assert str(caught.value).startswith(message)


def test_other_results_may_not_be_differentiated():
    planned = remat.jax.checkpoint(lambda w, x: (scalar(w, x), jnp.sum(w[0])), budget="50%")
    with pytest.raises(InputError, match="result 1 of the loss is differentiated, but a plan is"):
        jax.grad(lambda w, x: sum(planned(w, x)))(*arguments())


def test_source_lines_are_the_callers():
    """Of what a library traces by itself, of barriers, and of where the gradient is called."""

    @jax.checkpoint
    def block(hidden, weight, key):
        hidden = hidden @ weight
        hidden = jnp.where(hidden > 0, hidden, 0.5)
        return hidden * jax.random.bernoulli(key, 0.9, hidden.shape)

    def body(weights, x, key):
        for weight in weights:
            x = block(x, weight, key)
        return jnp.mean(x**2)

    given = (*arguments(), jax.random.key(0))
    plan = remat.jax.checkpoint(body, budget="min").plan(*given)
    assert "stablehlo.while" in {op["name"] for op in plan.problem["ops"]}
    for op in plan.problem["ops"]:
        assert "test_jax_loss.py:" in op["location"], op
    flat = equations.flatten(jax.make_jaxpr(jax.grad(body))(*given))
    text = convert.generic_text(equations.lower(flat, "cuda"))
    assert "optimization_barrier" in text and "equations.py" not in text


def test_what_the_planner_warns_of_is_told(monkeypatch):
    plan = toolchain.plan
    monkeypatch.setattr(
        toolchain, "plan", lambda *given: replace(plan(*given), warnings=("beware",))
    )
    with pytest.warns(RematWarning, match="^beware$"):
        remat.jax.checkpoint(scalar, budget="min").plan(*arguments())


def test_a_budget_out_of_reach_is_refused():
    with pytest.raises(BudgetError) as caught:
        jax.grad(remat.jax.checkpoint(scalar, budget=1000))(*arguments())
    assert caught.value.budget == 1000 < caught.value.floor
    assert "\n  x: live there: %arg6, 16384 B (16 KiB), an argument" in str(caught.value)
    assert "\n  weights[0]: live there: %arg0, " in str(caught.value)


def test_arguments_have_the_names_of_the_caller():
    def one(state, *batches, key, **more):
        pass

    given = ({"w": [1, 2]}, 3, (4, 5)), {"key": 6, "other": 7}
    names = ["state['w'][0]", "state['w'][1]", "batches[0]", "batches[1][0]", "batches[1][1]"]
    assert leaf_names(one, *given) == [*names, "key", "other"]
    assert leaf_names(max, (1, [2]), {}) == ["args[0]", "args[1][0]"]


@pytest.mark.parametrize("budget", ["50%", "smallest"])
def test_a_budget_that_whole_equations_exceed_is_refused(monkeypatch, budget):
    """Where the peak stays above the budget, and where no smaller budget can be planned for."""
    plain = remat.jax.checkpoint(scalar, budget="min").plan(*arguments())
    if budget == "smallest":
        budget = plain.smallest_peak
    peaks = iter(range(10**6, 0, -1))
    monkeypatch.setattr("remat.jax.gradient.prove", lambda *_: next(peaks))
    with pytest.raises(BudgetError) as caught:
        jax.grad(remat.jax.checkpoint(scalar, budget=budget))(*arguments())
    found, made = caught.value, 10**6 - next(peaks)
    assert found.budget == (budget if isinstance(budget, int) else plain.plain_peak // 2)
    assert 0 < found.floor <= plain.smallest_peak and found.largest
    assert found.smallest == 10**6 - made + 1 and found.scope == "total"
    assert str(found).startswith("scalar: with whole equations of JAX run again, the smallest peak")
    assert "no order of executions needs less than " in str(found)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"budget": 0.5}, "budget 0.5 is a float; write '50%'"),
        ({"budget": "60 percent"}, "'60percent' is no number of bytes"),
        ({"budget": 1, "target": "abacus"}, "target 'abacus' is unknown; expected xla-cpu"),
        ({"budget": 1, "target": ""}, "target '' is unknown; expected xla-cpu"),
        ({"budget": 1, "target": "h100"}, "target 'h100' is a device, .*; give 'xla-gpu' here"),
        ({"budget": 1, "strategy": "luck"}, "strategy 'luck' is unknown"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(InputError, match=message):
        remat.jax.checkpoint(scalar, **options)


def test_an_equation_of_several_ops_runs_as_a_whole():
    equation_of = {0: 5, 1: 5, 2: 6}
    runs = [(5, False), (6, False), (5, True)]
    assert list(runs_of([0, 1, 2, 0, 1], equation_of)) == runs
    assert list(runs_of([0, 1, 2, 1], equation_of)) == runs
    assert list(runs_of([0, 1, 2, 1, 0, 1], equation_of)) == [*runs, (5, True)]


def test_scopes_name_equations():
    assert equations.equation_of("remat.equation.12/Block_0/dot") == (12, "Block_0/dot")
    assert equations.equation_of("remat.equation.12") == (12, "")
    assert equations.equation_of("Block_0") == (None, "Block_0")


BITWISE = """
import jax, numpy as np, remat.jax, test_jax_loss as t
planned = remat.jax.checkpoint(t.loss, budget="min")
key = jax.random.key(1)
found = [
    jax.jit(jax.value_and_grad(body, has_aux=True))(*t.arguments(), key)
    for body in (t.loss, planned)
]
assert planned.plans[0].product_recomputations > 0
print(all(np.asarray(a).tobytes() == np.asarray(b).tobytes() for a, b in
          zip(*map(jax.tree.leaves, found))))
"""


def test_bits_are_equal_where_rounding_is_fixed():
    tests = Path(__file__).parent
    environment = os.environ | {
        "XLA_FLAGS": ROUNDING_FLAGS,
        "PYTHONPATH": f"{Path(remat.__file__).parents[1]}:{tests}",
    }
    command = [sys.executable, "-c", BITWISE]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert (done.stdout, done.returncode) == ("True\n", 0), done.stderr
