# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""`remat bench main` and `equality`: a row says which promise it breaks."""

from __future__ import annotations

from dataclasses import replace

import pytest
from remat import zoo
from remat.bench import equality, main_job
from remat.bench.equality import EqualityRow, Refusal
from remat.bench.main_job import MainRow

MAIN = MainRow("net", "50%", "total", 1000, 480, 500, 0.1, 7, 3, 900, 400, 3)
SMALL = EqualityRow("net", "min", "total", 1000, 480, 0.1, True, 0.0, 3, 3, 900, 400)


def test_rows_that_keep_their_promises_are_silent():
    assert MAIN.broken() == []
    assert replace(MAIN, temp_before=None, temp_after=None, found_heavy=None).broken() == []
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
            {"found_heavy": 2},
            "net at 50%: the plan runs 3 dots and convolutions again, XLA's program for an "
            "H100 only 2",
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
            {"found_heavy": 2},
            "net at min: the plan runs 3 dots and convolutions again, XLA's optimised program "
            "only 2",
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
    assert row.planned_heavy > 0, "a plan without recomputed products would prove nothing"
    assert row.planned_peak < row.plain_peak
