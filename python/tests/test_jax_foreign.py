# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Steps and arguments of other libraries: fitted, or refused with what to give instead."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import pytest
import remat
from flax import nnx
from remat.errors import InputError

X = jnp.ones((64, 8))


class Dropping(eqx.Module):
    linear: eqx.nn.Linear
    dropout: eqx.nn.Dropout

    def __call__(self, x):
        return self.dropout(self.linear(x), key=jax.random.key(0))


def mlp():
    return eqx.nn.MLP(8, 8, 8, 2, key=jax.random.key(0))


def dropping():
    return Dropping(eqx.nn.Linear(8, 8, key=jax.random.key(0)), eqx.nn.Dropout(0.5))


def step(model, x):
    value, gradients = eqx.filter_value_and_grad(lambda m: jnp.mean(jax.vmap(m)(x) ** 2))(model)
    return value, eqx.apply_updates(model, gradients)


def nnx_step(model, x):
    return nnx.value_and_grad(lambda m: jnp.mean(jnp.tanh(m(x)) ** 2))(model)


@pytest.mark.parametrize("jit", [lambda f: f, eqx.filter_jit], ids=["plain", "filter_jit"])
@pytest.mark.parametrize(
    ("make", "said"),
    [
        (mlp, "argument model.activation is a custom_jvp, no array; name the argument in static"),
        (dropping, "the step decides by an array's value: Attempted boolean conversion of traced"),
    ],
)
def test_models_with_leaves_that_are_no_arrays(jit, make, said):
    with pytest.raises(InputError) as caught:
        remat.jax.fit(jit(step), make(), X, budget="min")
    text = str(caught.value)
    assert text.startswith(said)
    assert "eqx.partition(model, eqx.is_array), with eqx.combine in the step" in text
    assert make is mlp or "True and False as arrays, here model.dropout.inference (False);" in text
    assert "\n" not in text and not text.endswith(".")


def test_the_arrays_of_a_model_are_fitted():
    arrays, rest = eqx.partition(dropping(), eqx.is_array)

    def partitioned(arrays, x):
        value, model = step(eqx.combine(arrays, rest), x)
        return value, eqx.filter(model, eqx.is_array)

    fitted = remat.jax.fit(partitioned, arrays, X, budget="min", donate_argnums=0)
    assert fitted.plan.peak < fitted.plan.plain_peak


def test_a_step_of_another_jit_is_refused():
    model = nnx.Linear(8, 8, rngs=nnx.Rngs(0))
    with pytest.raises(InputError) as caught:
        remat.jax.fit(nnx.jit(nnx_step), model, X, budget="min")
    assert str(caught.value) == (
        "the step is a flax.nnx.transforms.compilation.JitWrapped, jitted by another library than "
        "JAX; give the function that it wraps, and its donation as donate_argnums="
    )
    assert remat.jax.fit(nnx_step, model, X, budget="100%").plan.recomputations == 0


def test_errors_of_the_step_stay_its_own():
    def wrong(x):
        raise TypeError("mine")

    with pytest.raises(TypeError, match="^mine"):
        remat.jax.fit(wrong, X, budget="min")
    with pytest.raises(jax.errors.TracerBoolConversionError):
        remat.jax.fit(lambda x: 1.0 if x[0, 0] else 2.0, X, budget="min")


def test_a_flag_that_is_not_the_cause_is_not_blamed():
    def deciding(x, unused):
        return jax.value_and_grad(lambda x: jnp.sum(x) if x[0, 0] > 0 else jnp.sum(x * 2))(x)

    with pytest.raises(InputError, match="here unused .True.; if it decides by one") as caught:
        remat.jax.fit(deciding, X, True, budget="min")
    assert "test_jax_foreign.py:" in str(caught.value), "where it decides"
    assert isinstance(caught.value.__cause__, jax.errors.TracerBoolConversionError)
