# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What a plan promises for our own back end is what its bufferised program takes, to the byte."""

from __future__ import annotations

import re
import subprocess

import pytest
from remat import toolchain, zoo
from remat.lower import lower
from remat.zoo.export import export_module

SMALL = [model.name for model in zoo.models() if model.small]
BUDGETS = ("100%", "60%", "40%")


def run(source, target, *passes: str) -> str:
    """Runs remat-opt and returns what it remarks."""
    command = [toolchain.find_tool("remat-opt"), source, *passes, "-o", target]
    command += ["--remarks-filter=remat"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stderr


def metric(remarks: str, remark: str, name: str) -> int:
    (line,) = (line for line in remarks.splitlines() if f"[Analysis] {remark} |" in line)
    return int(re.search(rf"[ ,]{name}=(\d+)", line)[1])


@pytest.mark.parametrize("name", SMALL)
def test_the_arena_is_what_the_plan_says(name, tmp_path):
    step, fused, planned, packed = (tmp_path / f"{what}.mlir" for what in ("step", "f", "p", "a"))
    step.write_text(lower(export_module(zoo.get(name))))
    run(step, fused, "--remat-prepare")
    plain = 0
    for budget in BUDGETS:
        options = f"budget={budget} budget-scope=temporaries cost=host memory-model=arena"
        remarks = run(fused, planned, f"--remat={options}")
        peak = metric(remarks, "planned", "peak")
        plain = plain or peak
        assert peak <= plain * int(budget[:-1]) // 100
        remarks = run(planned, packed, "--remat-bufferize")
        assert metric(remarks, "packed", "live") == peak
        # The largest: 1.1 % more, of the LSTM's 1,553 buffers at 40 %.
        assert peak <= metric(remarks, "packed", "arena") <= peak * 102 // 100
        text = packed.read_text()
        assert "memref.alloc" not in text and "remat.recompute" not in text
