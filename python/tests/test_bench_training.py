# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""`remat bench training`: trains, compares bits, and fails where they differ."""

from __future__ import annotations

import dataclasses
import json

import jax.numpy as jnp
import numpy as np
import pytest
from remat import cli
from remat.bench import equality, training
from remat.bench.training_job import recipe_of
from remat.errors import RematError
from remat.zoo.inputs import concrete_inputs
from remat.zoo.step import build_step

GOOD = training.Training(
    plain_peak=100,
    peak=50,
    recomputations=3,
    first_loss=2.0,
    last_loss=1.0,
    losses_bitwise=True,
    state_bitwise=True,
    losses_deviation=0.0,
    state_deviation=1e-7,
)


def test_a_model_is_trained_under_both_sets_of_flags(capsys, tmp_path):
    out = tmp_path / "rows.json"
    command = ["bench", "training", "small_mlp+bf16+adamw", "--steps=3", f"--json={out}"]
    assert cli.main(command) == 0
    shown = capsys.readouterr().out
    assert "3 steps, plain and fitted, on XLA:CPU" in shown and "DIFFERENT" not in shown
    [row] = json.loads(out.read_text())
    assert row["fixed_state_bitwise"] and row["fixed_losses_bitwise"]
    assert row["fixed_peak"] < row["fixed_plain_peak"] and row["fixed_recomputations"] > 0


BROKEN = {
    "losses_bitwise": (False, "m: losses differ under --xla"),
    "state_bitwise": (False, "m: parameters or the optimiser's state differ under --xla"),
    "recomputations": (0, "m: the plan runs nothing again, so equality shows nothing"),
    "last_loss": (2.0, "m: the loss stays 2.0: nothing is trained"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_promise_fails_the_command(monkeypatch, capsys, what):
    value, message = BROKEN[what]
    bad = training.Row("m", dataclasses.replace(GOOD, **{what: value}), GOOD)
    monkeypatch.setattr(training, "measure", lambda *arguments: bad)
    assert cli.main(["bench", "training", "small_mlp"]) == 1
    assert f"1 check failed\n  {message}" in capsys.readouterr().err


def test_default_flags_promise_no_bits(monkeypatch, capsys):
    other = dataclasses.replace(GOOD, losses_bitwise=False, state_bitwise=False)
    monkeypatch.setattr(training, "measure", lambda *a: training.Row("m", GOOD, other))
    assert cli.main(["bench", "training", "small_mlp"]) == 0
    assert "equal / 1.0e-07" in capsys.readouterr().out


def test_a_run_that_fails_does_not_stop_the_others(monkeypatch, capsys):
    def run_job(command, model, flags, label):
        if model == "small_mlp":
            raise RematError("small_mlp: the run ended")
        return [dataclasses.asdict(GOOD)]

    monkeypatch.setattr(equality, "run_job", run_job)
    assert cli.main(["bench", "training", "small_mlp", "small_gpt+bf16"]) == 1
    shown = capsys.readouterr()
    assert "small_gpt+bf16" in shown.out and "small_mlp: the run ended" in shown.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["gpt2s_b8_s1024"], "gpt2s_b8_s1024 is no small model"),
        (["small_mlp+f8"], "variant 'f8' is unknown; expected bf16 or adamw"),
        (["--steps=1"], "--steps=1: fewer than 2 steps train nothing"),
    ],
)
def test_bad_arguments(capsys, arguments, message):
    assert cli.main(["bench", "training", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_variants_change_the_loss_and_the_update():
    plain, varied = recipe_of("small_mlp"), recipe_of("small_mlp+bf16+adamw")
    assert "square" in build_step(varied).example_args[0]["slots"]
    state, *batch = concrete_inputs(plain, 0)
    one, other = (
        recipe.loss(state["parameters"], {}, batch, None)[0] for recipe in (plain, varied)
    )
    assert one.dtype == other.dtype == jnp.float32
    assert 0 < abs(float(one - other)) < 0.02 * float(one)
    moved, _ = build_step(varied).step(concrete_inputs(varied, 0)[0], *batch)
    kernels = [tree["parameters"]["layer_0"]["kernel"] for tree in (moved, state)]
    assert not np.array_equal(*kernels)
