# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""`remat bench equality`: what it measures, and that broken promises are not passed over."""

from __future__ import annotations

import dataclasses
import json
import sys

import numpy as np
import pytest
from remat import cli, progress
from remat.bench import equality
from remat.bench.equality import EqualityRow, Refusal
from remat.errors import RematError
from remat.xla.cpu import bitwise_equal, relative_deviation

GOOD = EqualityRow(
    model="m",
    budget="50%",
    scope="total",
    plain_peak=100,
    planned_peak=50,
    overhead=0.1,
    fixed_bitwise=True,
    default_deviation=1e-7,
    recomputations=5,
    counted="products",
    planned=3,
    found=3,
    temp_before=80,
    temp_after=40,
)


def test_a_broken_promise_fails_the_command(monkeypatch, capsys, tmp_path):
    bad = dataclasses.replace(GOOD, fixed_bitwise=False)
    refused = Refusal("m", "10%", "total", 20_000_000)
    monkeypatch.setattr(equality, "compare", lambda model, budgets: [GOOD, bad, refused])
    out = tmp_path / "rows.json"
    assert cli.main(["bench", "equality", "small_mlp", "-o", str(out)]) == 1
    shown = capsys.readouterr()
    assert "1 check failed" in shown.err
    assert "refused; smallest is 20.00 MB" in shown.out
    assert equality.ROUNDING_FLAGS in shown.out
    assert '"fixed_bitwise": false' in out.read_text()


def test_a_run_that_fails_does_not_stop_the_others(monkeypatch, capsys):
    def compare(model, budgets):
        if model.name == "small_mlp":
            raise RematError("small_mlp: the run ended")
        return [dataclasses.replace(GOOD, model=model.name)]

    monkeypatch.setattr(equality, "compare", compare)
    assert cli.main(["bench", "equality", "small_mlp", "small_gpt"]) == 1
    shown = capsys.readouterr()
    assert "small_gpt" in shown.out
    assert "1 check failed\n  small_mlp: the run ended" in shown.err


def test_a_row_that_counts_nothing_is_no_proof(monkeypatch, capsys):
    vacuous = dataclasses.replace(GOOD, counted="", planned=0, found=0)
    monkeypatch.setattr(equality, "compare", lambda model, budgets: [GOOD, vacuous])
    assert cli.main(["bench", "equality", "small_mlp"]) == 1
    shown = capsys.readouterr()
    assert "none counted" in shown.out
    assert (
        "1 check failed\n  m at 50%: the plan runs 5 ops again, but none of a kind that is "
        "counted in XLA's optimised program\n" in shown.err
    )
    nothing = dataclasses.replace(vacuous, recomputations=0)
    monkeypatch.setattr(equality, "compare", lambda model, budgets: [GOOD, nothing])
    assert cli.main(["bench", "equality", "small_mlp"]) == 0
    assert "none planned" in capsys.readouterr().out


@pytest.mark.parametrize("stray", ["hello", "5"])
def test_a_stray_print_does_not_stop_the_others(monkeypatch, capsys, tmp_path, stray):
    row = {**dataclasses.asdict(GOOD), "bitwise": True, "deviation": 0.0}
    for key in ("model", "fixed_bitwise", "default_deviation"):
        del row[key]
    run = tmp_path / "python"
    run.write_text(
        f"""#!/bin/sh\nif [ "$3" = small_mlp ]; then echo {stray}; fi\necho '{json.dumps(row)}'\n"""
    )
    run.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(run))
    assert cli.main(["bench", "equality", "small_mlp", "small_gpt", "--budget=50%"]) == 1
    shown = capsys.readouterr()
    assert "small_gpt" in shown.out and "small_mlp" not in shown.out
    assert (
        f"1 check failed\n  small_mlp: unexpected output '{stray}' among the lines of JSON; "
        "take out whatever prints it\n" in shown.err
    )


def test_each_piece_of_work_is_shown_once_it_takes_long(monkeypatch, capsys):
    monkeypatch.setattr(progress, "PATIENCE_S", 0.0)
    [row] = equality.run_pair("small_mlp", ("70%",), "", "default flags")
    assert row["budget"] == "70%" and row["recomputations"] >= row["planned"] > 0
    shown = capsys.readouterr().err
    assert "small_mlp, default flags: compiling the plain step ..." in shown
    assert "small_mlp, default flags: compiling the step at 70% ..." in shown


def test_only_small_models_are_run(capsys):
    assert cli.main(["bench", "equality", "gpt2s_b8_s1024"]) == 2
    assert "gpt2s_b8_s1024 is no small model" in capsys.readouterr().err


def test_a_budget_out_of_reach_is_a_refusal():
    [row] = equality.run_pair("small_mlp", ("1kB",), "", "default flags")
    assert row["budget"] == "1kB" and row["scope"] == "total" and row["smallest"] > 1000


def test_a_failed_run_names_the_model():
    with pytest.raises(RematError, match="^small_mlp: budget"):
        equality.run_pair("small_mlp", ("many",), "", "default flags")


def test_bits_count_nan_payloads_and_signs_of_zero():
    zero = np.zeros(2, np.float32)
    assert bitwise_equal([zero], [zero.copy()])
    assert not bitwise_equal([zero], [-zero])
    assert not bitwise_equal([zero], [zero, zero])
    nan = np.array([np.nan], np.float32)
    assert bitwise_equal([nan], [nan.copy()])
    assert not bitwise_equal([nan], [(nan.view(np.uint32) + 1).view(np.float32)])


def test_deviation_is_relative_to_the_largest_value():
    one = np.array([1.0, 4.0], np.float32)
    other = np.array([1.5, 4.0], np.float32)
    assert relative_deviation([one], [one.copy()]) == 0
    assert relative_deviation([one], [other]) == 0.125
    assert relative_deviation([one.astype(np.int32)], [other.astype(np.int32) + 1]) == np.inf
    assert relative_deviation([one], [one * np.inf]) == np.inf
    assert relative_deviation([one * 0], [other]) == np.inf
