# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""`remat bench main` and `equality`: a row says which promise it breaks."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace

import pytest
from remat import cli, zoo
from remat.bench import equality, main_job
from remat.bench.equality import EqualityRow, Refusal
from remat.bench.main_job import MainRow

MAIN = MainRow("net", "50%", "total", 1000, 480, 500, 0.1, 7, 3, 900, 400, 3)
SMALL = EqualityRow("net", "min", "total", 1000, 480, 0.1, True, 0.0, 9, "products", 3, 3, 900, 400)


def test_rows_that_keep_their_promises_are_silent():
    assert MAIN.broken() == []
    assert replace(MAIN, temp_before=None, temp_after=None, found_products=None).broken() == []
    assert SMALL.broken() == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"planned_peak": 501}, "net at 50%: the planned peak 501 B is above the budget 500 B"),
        (
            {"planned_peak": 1000, "budget_bytes": None},
            "net at 50%: the planned peak 1000 B is not below the plain one, 1000 B",
        ),
        (
            {"temp_after": 900},
            "net at 50%: XLA's temporaries on an H100 went from 900 B to 900 B",
        ),
        (
            {"found_products": 2},
            "net at 50%: the plan runs 3 products again, XLA's program for an H100 only 2",
        ),
    ],
)
def test_a_real_model_names_the_broken_promise(change, message):
    assert replace(MAIN, **change).broken() == [message]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"fixed_bitwise": False}, f"net at min: results differ under {equality.ROUNDING_FLAGS}"),
        (
            {"default_deviation": 2e-6},
            "net at min: results deviate by 2.0e-06 under default flags; allowed is 1e-06",
        ),
        (
            {"found": 2},
            "net at min: the plan runs 3 products again, XLA's optimised program only 2",
        ),
        (
            {"counted": "", "planned": 0, "found": 0},
            "net at min: the plan runs 9 ops again, but none of a kind that is counted "
            "in XLA's optimised program",
        ),
        (
            {"temp_after": 900},
            "net at min: XLA's temporaries went from 900 B to 900 B",
        ),
    ],
)
def test_a_small_model_names_the_broken_promise(change, message):
    assert replace(SMALL, **change).broken() == [message]


def test_tables_hold_every_row():
    assert main_job.table([MAIN, MAIN]).row_count == 2
    assert equality.table([SMALL, Refusal("net", "50%", "total", 700)]).row_count == 2


def test_a_small_model_runs_before_and_after():
    [row] = equality.compare(zoo.get("small_mlp"), ("min",))
    assert row.broken() == []
    assert row.counted == "products" and row.planned > 0, "otherwise this proves nothing"
    assert row.planned_peak < row.plain_peak


def test_rows_of_a_model(monkeypatch):
    """Planned for real; XLA's answers are made up."""
    answers = iter(
        [
            SimpleNamespace(temp=900, products=10),
            SimpleNamespace(temp=500, products=16),
            SimpleNamespace(temp=400, products=24),
        ]
    )
    monkeypatch.setattr(main_job, "measure", lambda text, target, **more: next(answers))
    rows = main_job.fit_model(zoo.get("small_gpt"), measured=True)
    assert [row.budget for row in rows] == ["50%", "min"]
    assert [(row.temp_before, row.temp_after, row.found_products) for row in rows] == [
        (900, 500, 6),
        (900, 400, 14),
    ]
    assert rows[1].planned_peak <= rows[0].planned_peak <= rows[0].budget_bytes
    assert rows[0].overhead <= rows[1].overhead
    assert {row.scope for row in rows} == {"total"}


@pytest.fixture
def quick(monkeypatch):
    """No real model, no small model; the extra is missing."""
    monkeypatch.setenv("REMAT_XLA_GPU_PYTHON", "none")
    monkeypatch.setattr(equality, "compare", lambda model, budgets: [])
    unmeasured = replace(MAIN, temp_before=None, temp_after=None, found_products=None)
    rows = {"resnet50_b32": [unmeasured], "gpt2s_b8_s1024": [unmeasured]}
    monkeypatch.setattr(main_job, "fit_model", lambda model, measured: rows[model.name])
    return rows


def test_without_the_extra_one_line_says_so(quick, capsys, tmp_path):
    out = tmp_path / "main.json"
    assert cli.main(["bench", "main", "-o", str(out)]) == 0
    shown = capsys.readouterr().out
    assert shown.count("tools/quickstart --with-xla-gpu") == 1
    assert "not measured" in shown
    assert "every promise above was checked and holds" in shown
    assert [row["model"] for row in json.loads(out.read_text())["models"]] == ["net", "net"]


def test_a_broken_promise_fails_the_command(quick, capsys):
    quick["resnet50_b32"] = [replace(MAIN, temp_after=900)]
    assert cli.main(["bench", "main"]) == 1
    shown = capsys.readouterr()
    assert "every promise" not in shown.out
    assert "remat: 1 check failed\n  net at 50%: XLA's temporaries" in shown.err
