# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""`remat.jax.fit` returns the same step: same bits, same trees, same donation, less memory."""

from __future__ import annotations

import inspect

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import remat
from fit_steps import LAYERS, arguments, leaves, train
from jax.ad_checkpoint import checkpoint_name
from remat.errors import BudgetError, InputError, RematWarning
from remat.xla.counting import KINDS
from remat.xla.cpu import compile_step


@pytest.fixture(scope="module")
def fitted():
    """`train` at half its peak, with a donated, a static and a keyword argument."""
    return remat.jax.fit(
        train,
        *arguments(),
        2.0,
        budget="50%",
        donate_argnums=0,
        static_argnums=2,
        example_kwargs={"rate": 0.5},
    )


def test_same_trees_and_values(fitted):
    plain = jax.jit(train, static_argnums=2)(*arguments(), 2.0, rate=0.5)
    found = fitted(*arguments(), 2.0, rate=0.5)
    assert jax.tree.structure(plain) == jax.tree.structure(found)
    for one, other in zip(leaves(plain), leaves(found)):
        assert one.dtype == other.dtype
        np.testing.assert_allclose(one, other, rtol=1e-6)


def test_recomputation_survives_xla(fitted):
    plain = compile_step(
        jax.jit(train, static_argnums=2, donate_argnums=0).lower(*arguments(), 2.0, rate=0.5)
    )
    after = compile_step(fitted.lower(*arguments(), 2.0, rate=0.5))
    planned = fitted.plan.product_recomputations
    assert planned > 0
    assert KINDS[0].of(after.opcodes) - KINDS[0].of(plain.opcodes) >= planned
    assert after.temp < plain.temp


def test_donation_is_kept(fitted):
    state, batch = arguments()
    fitted(state, batch, 2.0, rate=0.5)
    assert state.weights["layer0"].is_deleted()
    assert not batch["x"].is_deleted()


def test_donation_of_a_jitted_step_is_taken_over():
    step = remat.jax.fit(jax.jit(train, donate_argnums=0), *arguments(), budget="50%")
    state, batch = arguments()
    step(state, batch)
    assert state.weights["layer0"].is_deleted()


def test_peak_is_within_the_budget_and_said_to_be_predicted(fitted):
    assert fitted.plan.peak <= fitted.plan.budget < fitted.plan.plain_peak
    assert fitted.plan.scope == "total"
    report = fitted.report()
    assert "have XLA measure them" in report
    assert "predicts XLA on GPU; XLA on CPU fuses less" in report
    assert "fit_steps.py:" in report, "source lines of the values"


def test_abstract_arguments_and_another_target():
    shapes = jax.eval_shape(arguments)
    step = remat.jax.fit(train, *shapes, budget="min", target="xla-gpu")
    assert "XLA on CPU" not in step.report()
    assert step.exported.platforms == ("cuda",)
    assert "optimization_barrier" in step.exported.mlir_module()


def test_another_order_needs_less_and_computes_the_same():
    options = {"budget": "60%", "memory_model": "program"}
    step = remat.jax.fit(train, *arguments(), order="reorder", **options)
    assert step.plan.order == "reorder"
    assert step.plan.overhead < remat.jax.fit(train, *arguments(), **options).plan.overhead
    assert "(for the reordered order)" in step.plan.summary()
    for one, other in zip(leaves(jax.jit(train)(*arguments())), leaves(step(*arguments()))):
        np.testing.assert_allclose(one, other, rtol=1e-6)


def test_budgets_of_numpy_are_ints(fitted):
    step = remat.jax.fit(train, *arguments(), budget=np.int64(fitted.plan.plain_peak))
    assert step.plan.budget == fitted.plan.plain_peak


def test_a_fitted_step_is_a_value_of_its_own(fitted):
    again = remat.jax.fit(train, *arguments(), budget="60%")
    assert fitted == fitted != again and len({fitted, again}) == 2
    found = jax.jit(again)(*arguments())[1]["loss"]
    np.testing.assert_allclose(found, again(*arguments())[1]["loss"], rtol=1e-5)
    text = repr(fitted)
    assert text.startswith("<FittedStep train for xla-cpu: predicted peak ") and len(text) < 120


def test_transformations_of_a_fitted_step():
    """`jit` and `scan` take it as any function; `vmap` and `grad` cannot."""

    def step(w, x):
        value, gradient = jax.value_and_grad(lambda w: jnp.mean(jnp.tanh(x @ w) ** 2))(w)
        return w - gradient, value

    w, x = jnp.eye(8), jnp.ones((64, 8))
    fitted = remat.jax.fit(step, w, x, budget="min")
    assert fitted.__name__ == "step"
    batches = jnp.stack([x, 2 * x])
    found = jax.lax.scan(fitted, w, batches)
    for one, other in zip(leaves(jax.lax.scan(step, w, batches)), leaves(found)):
        np.testing.assert_allclose(one, other, rtol=1e-5)
    with pytest.raises(InputError, match="^vmap of step: a fitted step is one program, for the sh"):
        jax.vmap(fitted, (None, 0))(w, batches)
    with pytest.raises(InputError, match="^gradient of step: a fitted step has no gradient of its"):
        jax.grad(lambda w: fitted(w, x)[1])(w)


def test_shardings_on_one_device_are_kept():
    mesh = jax.sharding.Mesh(np.array(jax.devices()[:1]), ("data",))
    sharding = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec("data"))
    state, batch = arguments()
    batch["x"] = jax.device_put(batch["x"], sharding)
    step = remat.jax.fit(train, state, batch, budget="50%")
    assert "sdy.mesh" in step.exported.mlir_module()
    np.testing.assert_allclose(
        step(state, batch)[1]["loss"], train(state, batch)[1]["loss"], rtol=1e-5
    )


def test_budget_below_the_floor_says_what_is_in_the_way():
    with pytest.raises(BudgetError) as caught:
        remat.jax.fit(train, *arguments(), budget=1000)
    error = caught.value
    assert error.budget == 1000 < error.floor <= error.smallest
    assert error.scope == "total"
    assert error.largest and error.largest[0].bytes >= error.largest[-1].bytes


BAD = {
    "target": ({"budget": 1, "target": "abacus"}, "target 'abacus' is unknown; expected h100"),
    "donate": ({"budget": 1, "donate_argnums": 2}, "donate_argnums names argument 2, but 2 were"),
    "both": (
        {"budget": 1, "donate_argnums": 0, "static_argnums": 0},
        "argument 0 is both static and",
    ),
    "zero": ({"budget": 0}, "budget"),
    "share": (
        {"budget": 0.6},
        "budget 0.6 is a float; write '60%' for that share of the plain peak, or bytes as an int",
    ),
    "bytes": (
        {"budget": 8e9},
        "budget 8000000000.0 is a float; write bytes as an int or as '8GiB'",
    ),
    "bool": ({"budget": True}, "budget True is a bool; write bytes as an int"),
    "strategy": (
        {"budget": "50%", "strategy": "luck"},
        "strategy 'luck' is unknown; expected none, chen, kusumoto or best",
    ),
    "model": (
        {"budget": "50%", "memory_model": "luck"},
        "memory-model 'luck' is unknown; expected program, arena, xla or xla-tpu",
    ),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_options(what):
    options, message = BAD[what]
    with pytest.raises(InputError, match=message):
        remat.jax.fit(train, *arguments(), **options)


def test_the_cost_table_is_the_targets(fitted):
    assert fitted.plan.problem["cost_table"] == "host"
    step = remat.jax.fit(train, *arguments(), budget="min", target="xla-tpu", cost="a100")
    assert step.plan.problem["cost_table"] == "a100"


def test_the_loss_may_be_named():
    loss = LAYERS + 1  # after the weights and the count
    step = remat.jax.fit(train, *arguments(), budget="min", loss=loss, fold_free=True)
    assert step.plan.json == remat.jax.fit(train, *arguments(), budget="min").plan.json
    with pytest.raises(InputError, match=f"there is no result {loss + 1} to take as the loss"):
        remat.jax.fit(train, *arguments(), budget="min", loss=loss + 1)


def test_an_unknown_backend_needs_a_target(monkeypatch):
    monkeypatch.setattr(jax, "default_backend", lambda: "abacus")
    with pytest.raises(InputError, match="no encoding is known for the JAX backend 'abacus'"):
        remat.jax.fit(train, *arguments(), budget="50%")


def test_other_static_value_is_refused(fitted):
    with pytest.raises(
        InputError, match="static argument 'scale' is 3.0, but the step was fitted to 2"
    ):
        fitted(*arguments(), 3.0, rate=0.5)


def test_arguments_may_be_given_by_name(fitted):
    state, batch = arguments()
    found = fitted(batch=batch, scale=2.0, rate=0.5, state=state)
    plain = jax.jit(train, static_argnums=2)(*arguments(), 2.0, rate=0.5)
    for one, other in zip(leaves(plain), leaves(found)):
        np.testing.assert_allclose(one, other, rtol=1e-6)
    with pytest.raises(TypeError, match=r"train\(\): missing a required argument: 'batch'"):
        fitted(state, scale=2.0)


def test_statics_of_a_jitted_step_are_taken_over():
    jitted = jax.jit(train, static_argnums=2, static_argnames="rate", donate_argnums=0)
    step = remat.jax.fit(jitted, *arguments(), 2.0, budget="60%", example_kwargs={"rate": 0.5})
    state, batch = arguments()
    step(state, batch, 2.0, rate=0.5)
    assert state.weights["layer0"].is_deleted()
    for others in ((3.0,), {"rate": 0.5}), ((2.0,), {"rate": 0.1}), ((2.0,), {}):
        with pytest.raises(InputError, match="static argument .* but the step was fitted to"):
            step(*arguments(), *others[0], **others[1])
    jitted = jax.jit(train, static_argnums=2, static_argnames="rate")
    step = remat.jax.fit(
        jitted, *arguments(), 2.0, budget="60%", example_kwargs={"rate": 0.5}, donate_argnums=0
    )
    state, batch = arguments()
    step(state, batch, 2.0, rate=0.5)
    assert state.weights["layer0"].is_deleted()


def keyword_step(scale, *, state, rate=0.1):
    def loss(weights):
        hidden = jnp.ones((256, 16)) * scale
        for weight in weights:
            hidden = jnp.tanh(hidden @ weight)
        return jnp.mean(hidden**2)

    value, gradients = jax.value_and_grad(loss)(state)
    return [w - rate * g for w, g in zip(state, gradients)], value, scale + 1


@pytest.mark.parametrize("names", ["state", ("state", "scale")])
def test_donation_by_name_is_taken_over(names):
    jitted = jax.jit(keyword_step, donate_argnames=names)
    options = {"budget": "min", "example_kwargs": {"state": [jnp.eye(16)] * 4}}
    plain = remat.jax.fit(jitted, jnp.ones(16), **options).plan
    extended = remat.jax.fit(jitted, jnp.ones(16), donate_argnums=0, **options)
    assert plain.plain_peak - extended.plan.plain_peak in (0, 64)
    state = [jnp.eye(16) * i for i in range(4)]
    extended(jnp.ones(16), state=state)
    assert state[0].is_deleted()


def test_static_and_donated_by_a_jitted_step_is_told():
    jitted = jax.jit(keyword_step, donate_argnames="state")
    options = {"budget": "min", "example_kwargs": {"state": [jnp.eye(16)]}}
    with pytest.raises(InputError, match="argument 'state' is both static and donated; choose one"):
        remat.jax.fit(jitted, jnp.ones(16), static_argnames="state", **options)


def test_a_static_argument_is_one_by_name_and_by_position():
    def step(weights, x, b=1.0, c=2.0):
        return jax.value_and_grad(lambda w: jnp.mean(jnp.tanh(jnp.tanh(x @ w) @ w) * b * c))(
            weights
        )

    given = jnp.eye(8), jnp.ones((64, 8))
    by_name = remat.jax.fit(
        step, *given, budget="min", example_kwargs={"c": 3.0}, static_argnames="c"
    )
    np.testing.assert_allclose(by_name(*given, c=3.0)[0], step(*given, c=3.0)[0], rtol=1e-6)
    with pytest.raises(
        InputError, match="static argument 'c' is 4.0, but the step was fitted to 3"
    ):
        by_name(*given, 1.0, 4.0)
    with pytest.raises(InputError, match="fitted to other arguments: argument 2 is new"):
        by_name(*given, 1.0, 3.0)
    by_place = remat.jax.fit(step, *given, 1.0, 3.0, budget="min", static_argnums=(2, 3))
    for call in ((*given, 1.0), {"c": 3.0}), (given, {"b": 1.0, "c": 3.0}), (given, {"c": 3.0}):
        np.testing.assert_allclose(by_place(*call[0], **call[1])[0], step(*given, 1.0, 3.0)[0])
    with pytest.raises(
        InputError, match="static argument 'c' is 2.0, but the step was fitted to 3"
    ):
        by_place(*given, 1.0)


def test_a_static_default_is_a_value(fitted):
    step = remat.jax.fit(train, *arguments(), budget="60%", static_argnames=("scale", "rate"))
    default = inspect.signature(train).parameters["scale"].default
    step(*arguments(), default)
    with pytest.raises(InputError, match=f"static argument 'scale' is 7.0, .* to {default}"):
        step(*arguments(), 7.0)


def test_other_arguments_are_refused(fitted):
    state, batch = arguments()
    cases = {
        r"argument 1\['x'\] is float32\[2,16\], expected float32": {
            **batch,
            "x": jnp.ones((2, 16)),
        },
        r"argument 1\['key'\] is missing": {n: v for n, v in batch.items() if n != "key"},
        r"argument 1\['mask'\] is new": {**batch, "mask": jnp.ones(3)},
    }
    for message, other in cases.items():
        with pytest.raises(InputError, match=f"train was fitted to other arguments: {message}"):
            fitted.lower(state, other, 2.0, rate=0.5)


def test_other_data_in_a_tree_is_refused():
    def step(function, weight):
        return jax.value_and_grad(lambda w: jnp.sum(function(w @ w)))(weight)

    square = jnp.eye(4)
    fitted = remat.jax.fit(step, jax.tree_util.Partial(jnp.tanh), square, budget="min")
    fitted(jax.tree_util.Partial(jnp.tanh), square)
    with pytest.raises(InputError, match="a node of the trees holds other data"):
        fitted(jax.tree_util.Partial(jnp.sin), square)


def test_results_are_committed_no_more_than_arguments(fitted):
    """Else the second call has arguments of another kind, and is compiled again."""
    state, _ = fitted(*arguments(), 2.0, rate=0.5)
    assert not state.weights["layer0"].committed
    device = jax.devices()[0]
    state, _ = fitted(*jax.device_put(arguments(), device), 2.0, rate=0.5)
    assert state.weights["layer0"].committed


def test_arguments_that_are_not_read_may_be_given():
    def step(weights, unread, x):
        def loss(weights):
            hidden = x
            for weight in weights:
                hidden = jnp.tanh(hidden @ weight)
            return jnp.mean(hidden**2)

        return jax.value_and_grad(loss)(weights)

    given = [jnp.eye(16)] * 4, {"a": jnp.ones(3)}, jnp.ones((64, 16))
    fitted = remat.jax.fit(step, *given, budget="min")
    np.testing.assert_allclose(fitted(*given)[0], jax.jit(step)(*given)[0], rtol=1e-6)


def test_positions_are_integers():
    with pytest.raises(InputError, match="donate_argnums holds 'w'; expected positions"):
        remat.jax.fit(train, *arguments(), budget="50%", donate_argnums="w")


def test_a_loss_instead_of_a_step_is_told_apart_in_a_refusal():
    def loss(weights, x):
        for weight in weights:
            x = jnp.tanh(x @ weight)
        return jnp.mean(x**2)

    with pytest.raises(BudgetError, match="@main looks like a forward without a backward"):
        remat.jax.fit(loss, [jnp.eye(16)] * 4, jnp.ones((64, 16)), budget="60%")


def test_a_plan_is_shown_on_one_line(fitted):
    assert repr(fitted.plan).startswith("<Plan feasible: peak ")
    assert len(repr(fitted.plan)) < 100


def test_a_step_without_backward_is_refused():
    with pytest.raises(InputError, match="backward"):
        remat.jax.fit(lambda x: jnp.tanh(x @ x).sum(), jnp.ones((4, 4)), budget="50%")


def test_a_forward_is_no_step():
    def forward(weights, x):
        for weight in weights:
            x = jnp.tanh(x @ weight)
        return x[:, :3] * x[:, 1:]

    weights, x = [jnp.eye(4)] * 3, jnp.ones((2, 4))
    with pytest.raises(InputError, match="no backward to plan for: no result of @main is a scalar"):
        remat.jax.fit(forward, weights, x, budget="min")
    with pytest.raises(InputError, match="result 0 of @main is 'tensor<2x3xf32>', but a loss is a"):
        remat.jax.fit(forward, weights, x, budget="min", loss=0)

    def evaluation(weights, x):
        y = forward(weights, x)
        return jnp.sum(y), jnp.argmax(y, -1)

    with pytest.warns(RematWarning, match="@main looks like a forward without a backward"):
        remat.jax.fit(evaluation, weights, x, budget="min", memory_model="program")


def test_a_step_that_calls_python_is_refused():
    def step(weight):
        value, gradient = jax.value_and_grad(lambda w: jnp.sum(jnp.tanh(w)))(weight)
        jax.debug.print("loss {}", value)
        return gradient

    with pytest.raises(InputError, match="the step calls back into Python"):
        remat.jax.fit(step, jnp.ones(4), budget="50%")


def _named_step(name, policy=None):
    def loss(weights, x):
        for weight in weights:
            x = name(jnp.tanh(x @ weight))
        return jnp.sum(x * x)

    def step(weights, x):
        body = loss if policy is None else jax.checkpoint(loss, policy=policy)
        return jax.value_and_grad(body)(weights, x)

    return step


def test_a_name_marks_by_the_policy_that_saves_it_only():
    """What the page on the graph says of `checkpoint_name`."""
    inputs = ([jnp.ones((8, 8))] * 4, jnp.ones((256, 8)))
    named = _named_step(lambda value: checkpoint_name(value, "hidden"))
    unnamed = _named_step(lambda value: value)
    texts = [jax.jit(step).lower(*inputs).as_text() for step in (named, unnamed)]
    assert texts[0] == texts[1]
    policy = jax.checkpoint_policies.save_only_these_names("hidden")
    saving = _named_step(lambda value: checkpoint_name(value, "hidden"), policy)
    plan = remat.jax.fit(saving, *inputs, budget="min").plan
    [barrier] = [op for op in plan.problem["ops"] if op["kind"] == "barrier"]
    saved = [op for op in plan.problem["ops"] if set(op["results"]) & set(barrier["inputs"])]
    assert len(saved) == len(inputs[0])
    assert {plan.executions[op["id"]] for op in [barrier, *saved]} == {1}
    assert not any(op["recomputable"] for op in [barrier, *saved])
