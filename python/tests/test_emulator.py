# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Whole steps as GPU kernels, on the emulator: before and after a plan, and as on the CPU."""

from __future__ import annotations

import json
import subprocess

import pytest
from remat import toolchain, zoo
from remat.lower import lower
from remat.zoo.export import export_module

PLAN = "--remat=budget=60% budget-scope=temporaries cost=host memory-model=arena"

#: Kernels add in the order of the op, the CPU path in tiles and with one rounding per product
#: and sum: 1e-7 of the largest magnitude, in steps without ReLU and maxima, which turn a
#: rounding into another choice.
TOLERANCE = 1e-6


def run(tool: str, *arguments) -> None:
    command = [toolchain.find_tool(tool), *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", ["small_mlp", "small_lstm", "small_gpt", "small_vit"])
def test_kernels_compute_what_the_cpu_does(name, tmp_path):
    step, before, after = (tmp_path / f"{what}.mlir" for what in ("step", "before", "after"))
    report = tmp_path / "report.json"
    step.write_text(lower(export_module(zoo.get(name))))
    run("remat-opt", step, "--remat-prepare", "-o", before)
    run("remat-opt", before, PLAN, "-o", after)
    options = ("--device=emulator", "--reference=cpu", f"--tolerance={TOLERANCE}", "--repeat=1")
    run("remat-run", before, after, *options, f"--json={report}")
    found = json.loads(report.read_text())
    assert found["equal"] and found["reference"]["within"]
    plain, planned = found["steps"]
    assert planned["arena_bytes"] < plain["arena_bytes"]
    for one in found["steps"]:
        buffers = one["arguments_bytes"] + one["results_bytes"] + one["arena_bytes"]
        # What is allocated on the device: the rest is what aligns one buffer behind another.
        assert buffers <= one["mapped_peak_bytes"] <= buffers + 64 * 1000
        assert one["non_finite"] == 0
