# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""`remat bench sharded`: which promises it checks; docs/benchmarks.md runs it."""

from __future__ import annotations

import dataclasses
import json

import jax
import pytest
from jax.sharding import PartitionSpec
from remat import cli, zoo
from remat.bench import equality, sharded
from remat.bench.sharded_job import Layout
from remat.errors import RematError
from remat.zoo.step import build_step

GOOD = sharded.Sharded(
    plain_peak=100,
    peak=50,
    recomputations=3,
    first_loss=2.0,
    last_loss=1.0,
    losses_bitwise=True,
    state_bitwise=True,
    losses_deviation=0.0,
    state_deviation=1e-7,
    limit=60,
)
OTHER = dataclasses.replace(GOOD, losses_bitwise=False, state_bitwise=False)


def test_rows_say_what_a_device_takes(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(sharded, "measure", lambda *a: sharded.Row("m", GOOD, OTHER))
    out = tmp_path / "rows.json"
    assert cli.main(["bench", "sharded", f"--json={out}"]) == 0
    shown = capsys.readouterr().out
    assert "50 steps, plain and fitted, on 4 (data) x 2 (model) devices of XLA:CPU" in shown
    assert "equal / 1.0e-07" in shown
    [row] = json.loads(out.read_text())
    assert (row["fixed_peak"], row["fixed_limit"], row["default_plain_peak"]) == (50, 60, 100)


BROKEN = {
    "peak": (61, "m: a device takes 61 B under fixed flags, above the budget of 60 B"),
    "losses_bitwise": (False, "m: losses differ under --xla"),
    "state_bitwise": (False, "m: parameters or the optimiser's state differ under --xla"),
    "recomputations": (0, "m: the plan runs nothing again, so equality shows nothing"),
    "last_loss": (2.0, "m: the loss stays 2.0: nothing is trained"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_promise_fails_the_command(monkeypatch, capsys, what):
    value, message = BROKEN[what]
    bad = sharded.Row("m", dataclasses.replace(GOOD, **{what: value}), OTHER)
    monkeypatch.setattr(sharded, "measure", lambda *a: bad)
    assert cli.main(["bench", "sharded"]) == 1
    assert f"1 check failed\n  {message}" in capsys.readouterr().err


def test_default_flags_keep_the_budget_too(monkeypatch, capsys):
    bad = sharded.Row("m", GOOD, dataclasses.replace(OTHER, peak=70))
    monkeypatch.setattr(sharded, "measure", lambda *a: bad)
    assert cli.main(["bench", "sharded"]) == 1
    assert "a device takes 70 B under default flags" in capsys.readouterr().err


def test_a_run_that_fails_does_not_stop_the_others(monkeypatch, capsys):
    def run_job(command, model, flags, label):
        if model == "small_mlp":
            raise RematError("small_mlp: the run ended")
        return [dataclasses.asdict(GOOD)]

    monkeypatch.setattr(equality, "run_job", run_job)
    assert cli.main(["bench", "sharded", "small_mlp", "small_gpt+bf16"]) == 1
    shown = capsys.readouterr()
    assert "small_gpt+bf16" in shown.out and "small_mlp: the run ended" in shown.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["gpt2s_b8_s1024"], "gpt2s_b8_s1024 is no small model"),
        (["--steps=1"], "--steps=1: fewer than 2 steps train nothing"),
    ],
)
def test_bad_arguments(capsys, arguments, message):
    assert cli.main(["bench", "sharded", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_batches_are_shared_evenly(monkeypatch, capsys):
    monkeypatch.setattr(sharded, "MESH", {"data": 7, "model": 1})
    assert cli.main(["bench", "sharded"]) == 2
    assert "small_gpt has batches of 8, which 7 devices cannot share" in capsys.readouterr().err


def test_matrices_are_divided_along_one_axis_and_batches_along_the_other(monkeypatch):
    monkeypatch.setattr("remat.bench.sharded_job.MESH", {"data": 1, "model": 1})
    arguments = build_step(zoo.get("small_gpt").prepare()).example_args
    state, *batch = Layout().of(arguments)
    found = {
        jax.tree_util.keystr(path): one.spec
        for path, one in jax.tree_util.tree_leaves_with_path(state)
    }
    block = "['parameters']['network']['Block_0']"
    assert found[f"{block}['Attention_0']['qkv']['kernel']"] == PartitionSpec(None, "model")
    assert found[f"{block}['Attention_0']['out']['kernel']"] == PartitionSpec("model", None)
    assert found[f"{block}['LayerNorm_0']['scale']"] == PartitionSpec()
    assert {one.spec for one in batch} == {PartitionSpec("data")}
