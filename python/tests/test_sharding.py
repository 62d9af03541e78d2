# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Steps for several devices: planned per device, with equal results."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import remat
from remat import convert, sharded_step, sharding, toolchain
from remat.bench.equality import ROUNDING_FLAGS
from remat.errors import InputError

CASES = (
    "tensor_parallel",
    "fully_sharded",
    "scanned",
    "mapped",
    "half_mapped",
    "updated_outside",
    "mapped_layers",
)


@pytest.fixture(scope="module")
def reports():
    """What `sharded_steps.py` says of each case."""
    environment = os.environ | {
        "PYTHONPATH": str(Path(remat.__file__).parents[1]),
        "XLA_FLAGS": ROUNDING_FLAGS,
        "JAX_PLATFORMS": "cpu",
    }
    script = str(Path(__file__).with_name("sharded_steps.py"))
    done = subprocess.run(
        [sys.executable, script, *CASES], capture_output=True, text=True, env=environment
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("case", CASES)
def test_results_are_the_same_bits(reports, case):
    assert reports[case]["equal"]
    assert reports[case]["partitions"] == 8


@pytest.mark.parametrize("case", CASES)
def test_arguments_take_what_xla_says_of_one_device(reports, case):
    report = reports[case]
    assert report["predicted_arguments"] == report["before"]["arguments"]


@pytest.mark.parametrize("case", CASES)
def test_signature_and_donation_are_kept(reports, case):
    before, after = reports[case]["before"], reports[case]["after"]
    assert (after["arguments"], after["alias"]) == (before["arguments"], before["alias"])
    assert not reports[case]["marks"]


@pytest.mark.parametrize("case", ["tensor_parallel", "mapped", "half_mapped", "updated_outside"])
def test_a_device_needs_less(reports, case):
    report = reports[case]
    assert report["peak"] < 0.8 * report["plain_peak"]
    assert report["after"]["temp"] < 0.9 * report["before"]["temp"]
    assert report["recomputed"] > 0


def module(body: str, arguments: str, results: str, returned: str) -> str:
    return f"""
module @step attributes {{mhlo.num_partitions = 6 : i32, mhlo.num_replicas = 1 : i32}} {{
  sdy.mesh @mesh = <["a"=3, "b"=2]>
  func.func public @main({arguments}) -> {results} {{
    {body}
    return {returned} : {results}
  }}
}}"""


def generic(text: str) -> str:
    return convert.parse_module(text.encode(), "step.mlir").text


def marks(text: str) -> str:
    return sharded_step.prepare(generic(text), None, "step.mlir").text


def test_uneven_parts_are_padded():
    text = marks(
        module(
            "%0 = stablehlo.tanh %x : tensor<7x5xf32>",
            '%x: tensor<7x5xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"a"}, {"b"}]>}',
            "tensor<7x5xf32>",
            "%0",
        )
    )
    # Shardy leaves arguments whole that do not divide evenly, as JAX does.
    assert "{remat.local = tensor<7x5xf32>, sdy.sharding" in text
    assert "remat.local = [tensor<3x3xf32>], remat.ways = 6 : i64, sdy.sharding" in text


def test_work_is_divided_along_every_axis_once():
    # The contracted dimension lies along "a" too: the devices share the work, not the result.
    text = marks(
        module(
            "%0 = stablehlo.dot_general %x, %y, contracting_dims = [1] x [0] : "
            "(tensor<6x6xf32>, tensor<6x6xf32>) -> tensor<6x6xf32>",
            '%x: tensor<6x6xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"b"}, {"a"}]>}, '
            '%y: tensor<6x6xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"a"}, {}]>}',
            "tensor<6x6xf32>",
            "%0",
        )
    )
    assert "remat.local = [tensor<3x6xf32>], remat.ways = 6 : i64" in text


def test_parts_of_axes_count_once():
    axis = sharding.Axis
    assert sharding.devices_along([]) == 1
    assert sharding.devices_along([axis("a", 4), axis("b", 2), axis("a", 4)]) == 8
    assert sharding.devices_along([axis("a", 8), axis("a", 2, 1), axis("a", 2, 4)]) == 8
    assert sharding.devices_along([axis("a", 2, 1), axis("a", 2, 4)]) == 4


def test_shardings_for_gspmd_are_refused():
    text = module(
        "%0 = stablehlo.tanh %x : tensor<6xf32>",
        '%x: tensor<6xf32> {mhlo.sharding = "{devices=[6]<=[6]}"}',
        "tensor<6xf32>",
        "%0",
    )
    with pytest.raises(InputError) as error:
        toolchain.plan(generic(text), toolchain.RematOptions(budget="min"), "step.mlir")
    assert str(error.value) == (
        "step.mlir: the step's shardings are written for GSPMD (mhlo.sharding on 'func.func'), "
        "not for Shardy; export it with jax_use_shardy_partitioner=True, JAX's default"
    )


def test_a_budget_is_that_of_one_device():
    x = '%x: tensor<6x4xf32> {sdy.sharding = #sdy.sharding<@mesh, [{"a", "b"}, {}]>}'
    text = """
module @step attributes {mhlo.num_partitions = 6 : i32, mhlo.num_replicas = 1 : i32} {
  sdy.mesh @mesh = <["a"=3, "b"=2]>
  func.func public @main(ARGUMENT) -> (tensor<f32>, tensor<6x4xf32>) {
    %zero = stablehlo.constant dense<0.0> : tensor<f32>
    %0 = stablehlo.tanh %x : tensor<6x4xf32>
    %1 = stablehlo.reduce(%0 init: %zero) applies stablehlo.add across dimensions = [0, 1]
        : (tensor<6x4xf32>, tensor<f32>) -> tensor<f32>
    %2 = stablehlo.multiply %0, %x : tensor<6x4xf32>
    return %1, %2 : tensor<f32>, tensor<6x4xf32>
  }
}""".replace("ARGUMENT", x)
    answer = toolchain.plan(generic(text), toolchain.RematOptions(budget="100%"), "step.mlir")
    row = 4 * 4
    assert {v["name"]: v["bytes"] for v in answer.problem["values"] if v["bytes"] > 4} == {
        "%arg0": row,
        "%1": row,
        "%3": row,
    }
