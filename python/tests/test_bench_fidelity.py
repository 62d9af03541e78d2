# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""`remat bench fidelity`: predictions against XLA on this machine's CPU."""

from __future__ import annotations

import csv
from dataclasses import replace

import pytest
from remat import cli
from remat.bench import fidelity
from remat.bench.fidelity import FidelityRow
from remat.errors import BudgetError
from remat.xla.compilers import CompileError

PLAIN = FidelityRow(
    "net", "h100", "plain", "measured", "", 110, 100, 100, 0.0, 50.0, 40.0, 1.0, 1.0
)
HALF = replace(PLAIN, budget="50%", predicted=50, measured=80, overhead=0.1, time_ratio=1.2)


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("REMAT_CACHE", str(tmp_path / "cache"))


def test_errors_are_shares_of_what_was_measured():
    assert PLAIN.error == pytest.approx(0.1)
    assert HALF.error == pytest.approx(-0.375)
    assert replace(HALF, outcome="refused").error is None
    assert fidelity.summary([PLAIN, HALF, replace(HALF, budget="min", predicted=70)]) == (
        "plain programs: 1 measured, |error| 10.0% mean, 10.0% worst (net at plain)\n"
        "rewritten programs: 2 measured, |error| 25.0% mean, 37.5% worst (net at 50%)"
    )
    assert "rewritten programs: none was measured" in fidelity.summary([PLAIN])


def test_a_rewrite_that_needs_more_than_the_plain_program_is_broken():
    assert HALF.broken() == ""
    assert replace(HALF, measured=101).broken() == (
        "net at 50% for h100: XLA's temporaries are 101 B, more than the plain program's 100 B"
    )
    assert replace(HALF, outcome="failed", message="no").broken() == "net at 50% for h100: no"


def test_a_small_model_on_the_cpu(capsys, tmp_path):
    out = tmp_path / "rows.csv"
    words = ["bench", "fidelity", "small_mlp", "--target=local", "--budget=50%", f"--csv={out}"]
    assert cli.main(words) == 0
    shown = capsys.readouterr().out
    assert "assigned by XLA for this machine's CPU" in shown
    assert "plain programs: 1 measured" in shown and "rewritten programs: 1 measured" in shown
    plain, half = csv.DictReader(out.open())
    assert (plain["budget"], half["budget"]) == ("plain", "50%")
    assert float(plain["time_ratio"]) == 1.0 < float(half["time_ratio"])
    for row in (plain, half):
        assert abs(float(row["error"])) < 0.05, "a chain of dense layers is predicted well"
    assert int(half["measured"]) < 0.6 * int(plain["measured"])


def test_refusals_and_failures_are_rows(monkeypatch, capsys):
    def rewrite(text, options, name):
        if options.budget == "1%":
            raise BudgetError("no plan fits", smallest=7_000_000)
        raise CompileError("XLA is out")

    monkeypatch.setattr(fidelity.toolchain, "rewrite", rewrite)
    rows = [
        FidelityRow("small_mlp", "local", "plain", "failed", "XLA is out"),
    ]
    from remat import zoo
    from remat.xla import targets

    model, target = zoo.get("small_mlp"), targets.get("local")
    assert list(fidelity.compare(model, target, ("1%",), False)) == rows
    assert cli.main(["bench", "fidelity", "small_mlp", "--target=local"]) == 1
    shown = capsys.readouterr()
    assert "1 check failed\n  small_mlp at plain for local: XLA is out" in shown.err
    refused = FidelityRow("net", "local", "1%", "refused", "no", predicted=7_000_000)
    assert fidelity.table([refused], target).row_count == 1 and refused.broken() == ""


def test_plain_is_no_budget(capsys):
    assert cli.main(["bench", "fidelity", "--target=local", "--budget=plain"]) == 2
    assert "the plain program is always measured" in capsys.readouterr().err
