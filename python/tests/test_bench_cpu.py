# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""`remat bench cpu`: a model before, after and on XLA; red when bits or bytes are not kept."""

from __future__ import annotations

import dataclasses
import json

import pytest
from remat import cli
from remat.bench import cpu
from remat.errors import ToolchainError

ROW = cpu.CpuRow(
    model="m",
    budget="50%",
    arena_before=10_000_000,
    arena_after=5_000_000,
    grown_before=12_000_000,
    grown_after=7_000_000,
    xla_temporaries=9_000_000,
    compile_ms=1000.0,
    before_ms=30.0,
    after_ms=40.0,
    xla_ms=20.0,
    equal=True,
    error=1e-6,
)


def test_runs_a_small_model_on_both(tmp_path, capsys):
    rows = tmp_path / "rows.json"
    command = ["bench", "cpu", "--only=small_mlp", "--repeat=1", f"--json={rows}"]
    assert cli.main(command) == 0
    said = capsys.readouterr().out
    assert "1 model; every check holds" in said
    assert "x)" in said
    (row,) = json.loads(rows.read_text())
    assert row["equal"] and row["error"] < 1e-4
    assert row["arena_after"] * 2 <= row["arena_before"] * 1.02
    assert min(row["before_ms"], row["after_ms"], row["xla_ms"]) > 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"equal": False}, "m at 50%: the results after are not those before"),
        ({"error": None}, "m at 50%: a result is not finite where XLA's is, or only there"),
        (
            {"grown_after": 8_000_000},
            "m at 50%: the process takes 4000000 B less, planned were 5000000 B; "
            "allowed is 2% and 262144 B more or less",
        ),
    ],
)
def test_a_broken_promise_is_named(change, message):
    assert ROW.broken() == []
    assert dataclasses.replace(ROW, **change).broken() == [message]


def test_what_the_system_does_not_say_is_not_checked():
    assert dataclasses.replace(ROW, grown_before=None, grown_after=None).broken() == []


def test_the_large_models_have_their_sizes():
    resnet, gpt = (cpu.model_of(name) for name in cpu.LARGE)
    assert (resnet.batch, resnet.sizes["side"]) == (8, 224)
    assert (gpt.batch, gpt.sizes["tokens"], gpt.sizes["layers"]) == (8, 512, 6)


def test_refuses_what_it_does_not_know(capsys):
    assert cli.main(["bench", "cpu", "--only=small_mlpp"]) == 2
    assert "small_mlp" in capsys.readouterr().err
    assert cli.main(["bench", "cpu", "--repeat=0"]) == 2
    assert "--repeat=0: expected 1 or more" in capsys.readouterr().err


def test_a_run_on_xla_that_dies_is_named(tmp_path):
    (tmp_path / "inputs").mkdir()  # the job wants to make it
    with pytest.raises(ToolchainError, match="small_mlp on XLA:CPU ended with 1: .*FileExists"):
        cpu.run_xla("small_mlp", tmp_path, 1)
