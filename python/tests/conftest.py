# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Shared by the tests: the CPU platform, and a training step of a few ops."""

from __future__ import annotations

import os
import signal

import pytest
from remat.xla import targets

os.environ.setdefault("JAX_PLATFORMS", "cpu")
# A shell starts its background jobs with SIGINT ignored, and programs that the
# tests start would inherit that; a handler of ours ends as the default there.
signal.signal(signal.SIGINT, signal.default_int_handler)


#: What compiles for a device that is not here, by the encoding of its target.
EXTRAS = {"xla-gpu": "h100", "xla-tpu": "tpu-v5p"}


def pytest_runtest_setup(item):
    """Skips what needs an extra that is not installed; tools/check counts it as skipped."""
    for mark in item.iter_markers("extra"):
        try:
            targets.python_for(targets.get(EXTRAS[mark.args[0]]))
        except targets.MissingExtra as error:
            pytest.skip(str(error))


@pytest.fixture(scope="session", autouse=True)
def cache_of_the_tests(tmp_path_factory):
    """Measurements of earlier runs prove nothing, and the user's are left alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REMAT_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def exported():
    """The `jax.export.Exported` of one step of a two-layer network; arg 0 is donated."""
    import jax
    import jax.numpy as jnp

    def step(weight, batch, key):
        def loss(weight):
            hidden = jnp.tanh(batch @ weight) * jax.random.bernoulli(key, 0.5, (2, 4))
            return jnp.mean(jnp.tanh(hidden @ weight) ** 2)

        value, gradient = jax.value_and_grad(loss)(weight)
        return value, weight - gradient

    arguments = (jnp.ones((4, 4)), jnp.ones((2, 4)), jax.random.key(0))
    return jax.export.export(jax.jit(step, donate_argnums=0))(*arguments)
