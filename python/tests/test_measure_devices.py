# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Measuring for devices that are not here: each test needs the extra that compiles for one."""

from __future__ import annotations

import pytest
from remat.xla import targets
from remat.xla.compilers import OutOfDeviceMemory
from remat.xla.measure import measure
from test_measure import HOURGLASS, SQUARE


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("REMAT_CACHE", str(tmp_path / "cache"))


def on(name):
    """A parameter that needs the extra of the target."""
    return pytest.param(name, marks=pytest.mark.extra(targets.get(name).encoding))


@pytest.mark.parametrize("name", [*map(on, targets.TARGETS)])
def test_devices_that_are_not_here(name):
    early = measure(HOURGLASS, name)
    full = measure(HOURGLASS, name, full=True)
    assert full.full
    assert full.products == 2
    assert (full.arguments, full.alias) == (2 * SQUARE, SQUARE)
    assert (early.arguments, early.outputs, early.alias) == (
        full.arguments,
        full.outputs,
        full.alias,
    )
    if targets.get(name).platform == "cuda":
        assert early.temp == full.temp
    assert early.time_us == full.time_us > 0
    assert (full.xla_time_us is not None) == targets.get(name).costed
    assert full.flops == 2 * 2 * 128**3


@pytest.mark.extra("xla-tpu")
def test_what_does_not_fit_is_measured_all_the_same():
    """XLA for TPUs refuses it, after it has assigned its memory."""
    large = HOURGLASS.replace("128x128x", "65536x65536x")
    assert measure(large, "tpu-v5e").total > targets.get("tpu-v5e").memory
    with pytest.raises(OutOfDeviceMemory) as caught:
        measure(large, "tpu-v5e", full=True, name="net")
    assert str(caught.value).startswith("XLA did not compile net for a TPU v5e: RESOURCE_EXHAUSTED")
