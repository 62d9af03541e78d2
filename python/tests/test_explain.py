# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""`remat.jax.explain`, and the report of a fitted step."""

from __future__ import annotations

import html
import json

import jax
import jax.numpy as jnp
import pytest
import remat
from jax.sharding import AbstractMesh, NamedSharding, PartitionSpec
from remat.errors import BudgetError, InputError, RematWarning
from remat.report.words import source
from remat.xla import targets
from remat.xla.targets import MissingExtra
from tiny_steps import dense


def _step(policy=None):
    """Eight tanh layers with momentum; under jax.checkpoint with a policy, if there is one."""

    def step(weights, momentum, x):
        def layer(h, w):
            return jnp.tanh(h @ w)

        if policy is not None:
            layer = jax.checkpoint(layer, policy=policy)

        def loss(weights):
            h = x
            for w in weights:
                h = layer(h, w)
            return jnp.mean(h**2)

        value, gradients = jax.value_and_grad(loss)(weights)
        momentum = [0.9 * m + g for m, g in zip(momentum, gradients)]
        return value, [w - 0.1 * m for w, m in zip(weights, momentum)], momentum

    return step


_WEIGHTS = [jax.ShapeDtypeStruct((8, 8), jnp.float32)] * 8
_ARGUMENTS = (_WEIGHTS, _WEIGHTS, jax.ShapeDtypeStruct((256, 8), jnp.float32))


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    """Measurements are kept for one test only."""
    monkeypatch.setenv("REMAT_CACHE", str(tmp_path / "cache"))


def test_where_the_memory_goes():
    report = remat.jax.explain(_step(), *_ARGUMENTS, donate_argnums=(0, 1))
    found = report.document
    assert found["planned"] is None
    assert found["name"] == "step"
    assert found["plain"]["peak"] >= found["floor"] > 0
    held = {}
    for row in found["plain"]["timeline"]["at_peak"]:
        held[row["kind"]] = held.get(row["kind"], 0) + row["bytes"]
    assert held["parameters"] == held["optimiser state"] == 8 * 256
    assert held["inputs"] == 256 * 32
    assert held["activations"] >= 6 * 256 * 32
    assert sum(held.values()) == found["plain"]["peak"]
    names = [row["value"] for row in found["values"][:17]]
    assert names[0] == "weights[0]"
    assert names[8] == "momentum[0]"
    assert names[16] == "x"
    lines = {source(row["location"]).split(":")[0] for row in found["values"] if row["choice"]}
    assert lines == {"test_explain.py"}
    text = str(report)
    assert "the plain peak is at step" in text
    assert "what a budget costs" in text


def test_a_budget_without_the_curve(tmp_path):
    report = remat.jax.explain(
        _step(), *_ARGUMENTS, donate_argnums=(0, 1), budget="60%", curve=False
    )
    assert report.document["curve"] is None
    assert report.document["planned"]["recomputations"] > 0
    assert report.html(tmp_path / "r.html") == (tmp_path / "r.html").read_text()
    assert json.loads(report.json(tmp_path / "r.json"))["name"] == "step"


def test_the_step_is_neither_run_nor_changed():
    calls = []

    def step(weights, x):
        calls.append(type(x))
        value, gradient = jax.value_and_grad(lambda w: jnp.sum(jnp.tanh(x @ w)))(weights)
        return value, weights - gradient

    arguments = (jnp.ones((4, 4)), jnp.ones((4, 4)))
    remat.jax.explain(step, *arguments, curve=False)
    assert len(calls) == 1
    assert issubclass(calls[0], jax.core.Tracer)
    assert not arguments[0].is_deleted()


def test_a_forward_is_told_by_a_warning_of_remat():
    def evaluation(weights, x):
        y = jnp.tanh(jnp.tanh(x @ weights) @ weights)
        return jnp.sum(y), jnp.argmax(y, -1)

    with pytest.warns(RematWarning, match="looks like a forward without a backward"):
        remat.jax.explain(
            evaluation, jnp.eye(4), jnp.ones((2, 4)), memory_model="program", curve=False
        )


def test_rivals():
    policies = jax.checkpoint_policies
    report = remat.jax.explain(
        _step(),
        *_ARGUMENTS,
        donate_argnums=(0, 1),
        curve=False,
        rivals={"nothing saved": _step(policies.nothing_saveable)},
    )
    (row,) = report.document["rivals"]
    assert row["name"] == "nothing saved"
    assert row["cost"] > report.document["plain"]["cost"]
    assert row["measured"] is None
    assert "this step" in str(report)
    assert "nothing saved" in report.html()


def test_a_target_is_measured():
    report = remat.jax.explain(
        _step(),
        *_ARGUMENTS,
        donate_argnums=(0, 1),
        curve=False,
        target="local",
        rivals={"twin": _step()},
    )
    found = report.document["measured"]["plain"]
    assert report.document["measured"]["planned"] is None
    assert found["peak"] > found["arguments"] == 2 * 8 * 256 + 256 * 32
    assert found["at_peak"][0]["bytes"] >= found["at_peak"][-1]["bytes"]
    assert report.document["rivals"][0]["measured"] == found["peak"]
    assert report.document["cost_table"] == targets.get("local").cost
    assert "on this machine's CPU" in html.unescape(report.html())


def _sharded():
    """A step that two devices share by rows of `x`, and its arguments."""
    mesh = AbstractMesh((2,), ("data",))

    def argument(shape, *spec):
        sharding = NamedSharding(mesh, PartitionSpec(*spec))
        return jax.ShapeDtypeStruct(shape, jnp.float32, sharding=sharding)

    def step(weights, x):
        def loss(weights):
            y = x
            for _ in range(4):
                y = jnp.tanh(y @ weights)
            return jnp.mean(y**2)

        value, gradient = jax.value_and_grad(loss)(weights)
        return weights - 0.1 * gradient, value

    return step, (argument((16, 16)), argument((1024, 16), "data"))


@pytest.mark.parametrize("target", ["local", "h100"])
def test_bytes_are_those_of_one_device(target):
    """Runs for H100s where its extra is installed; elsewhere the message is the answer."""
    step, arguments = _sharded()
    options = {"donate_argnums": 0, "curve": False, "target": target}
    try:
        report = remat.jax.explain(step, *arguments, **options)
    except MissingExtra as error:
        assert target == "h100" and "extra xla-gpu" in str(error)
        return
    measured = report.document["measured"]
    own = 16 * 16 * 4 + 1024 // 2 * 16 * 4
    assert measured["devices"] == 2
    assert measured["plain"]["arguments"] == own
    arguments_at_peak = [
        row["bytes"]
        for row in report.document["plain"]["timeline"]["at_peak"]
        if row["kind"] in ("parameters", "inputs")
    ]
    assert sum(arguments_at_peak) == own
    assert ", one of 2" in str(report)


@pytest.mark.parametrize(
    "options, error, said",
    [
        ({"target": "abacus"}, InputError, "target 'abacus' is unknown; expected h100, "),
        ({"budget": "1"}, BudgetError, "below the floor"),
        ({"budget": 0.5}, InputError, "write '50%'"),
        ({"cost": "free"}, InputError, "cost 'free' is unknown"),
        ({"donate_argnums": 7}, InputError, "donate_argnums names argument 7"),
    ],
)
def test_explain_refuses(options, error, said):
    with pytest.raises(error, match=said):
        remat.jax.explain(_step(), *_ARGUMENTS, **options)


def test_the_report_of_a_fitted_step(tmp_path):
    step, arguments = dense()
    fitted = remat.jax.fit(step, *arguments, budget="min", donate_argnums=0)
    page, out = tmp_path / "r.html", tmp_path / "r.json"
    text = fitted.report(html=page, json=out, curve=True)
    assert "planned peak" in text
    found = json.loads(out.read_text())
    assert found["planned"]["peak"] == fitted.plan.peak
    assert found["values"][0]["value"] == "weights[0]"
    assert found["curve"]["points"]
    assert page.read_text().startswith("<!DOCTYPE html>")
    assert fitted.report() == text


def test_the_report_of_a_step_that_was_fitted_to_a_device(tmp_path):
    step, arguments = dense()
    fitted = remat.jax.fit(step, *arguments, budget="min", donate_argnums=0, target="local")
    fitted.report(html=tmp_path / "r.html", json=tmp_path / "r.json")
    found = json.loads((tmp_path / "r.json").read_text())
    assert found["scope"] == "total"
    measured = found["measured"]
    assert measured["planned"]["peak"] == fitted.outcome.peak
    assert measured["plain"]["peak"] == fitted.outcome.plain_peak
    assert len(measured["trials"]) == len(fitted.outcome.trials)
    assert "Programs compiled" in (tmp_path / "r.html").read_text()
