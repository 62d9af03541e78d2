# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What a plan says of itself: peaks with their scope, values kept and run again."""

from __future__ import annotations

import pytest
from remat.plan import Plan, format_bytes


def _op(id, kind, phase, inputs, results, location=""):
    return {
        "id": id,
        "name": f"stablehlo.{kind}",
        "kind": kind,
        "phase": phase,
        "inputs": inputs,
        "results": results,
        "location": location,
        "scope": f"net/{id}",
    }


@pytest.fixture
def plan():
    """Two forward dots, of which the first runs again; one backward op reads both."""
    problem = {
        "memory_model": "xla",
        "cost_table": "h100",
        "values": [{"name": f"%{i}", "bytes": size} for i, size in enumerate([64, 400, 800, 64])],
        "ops": [
            _op(10, "dot", "forward", [0], [1], "net.py:3"),
            _op(20, "dot", "forward", [1], [2], "net.py:4"),
            _op(30, "dot", "backward", [1, 2], [3]),
        ],
        "outputs": [3],
    }
    answer = {
        "schedule": [10, 20, 10, 30],
        "peak": 1 << 20,
        "plain_peak": 1 << 21,
        "budget": None,
        "smallest_peak": 1 << 19,
        "scope": "total",
        "overhead": 0.25,
        "status": "feasible",
        "bound": 1230000000,
        "gap": 0.0163,
        "cost_unit": "femtoseconds",
        "strategy": "best effort=default",
    }
    return Plan(problem, answer)


def test_counts(plan):
    assert plan.recomputations == 1
    assert plan.product_recomputations == 1


def test_folded_products_run_with_their_op(plan):
    plan.problem["ops"][0] |= {
        "kind": "elementwise", "name": "stablehlo.add", "folded_products": 2
    }  # fmt: skip
    assert plan.product_recomputations == 2
    assert plan.recomputed_ops == {"stablehlo.add": 1, "stablehlo.dot_general": 2}


@pytest.mark.parametrize(
    "schedule, counts",
    [
        ([10, 20, 10, 30], {10: 2, 20: 1, 30: 1}),
        # 30 runs again before anything reads it, 10 for its first execution alone.
        ([10, 20, 10, 30, 10, 30], {10: 2, 20: 1, 30: 1}),
        # Nothing reads the second 20, nor the 10 behind it.
        ([10, 20, 10, 30, 20, 10], {10: 2, 20: 1, 30: 1}),
        # With the first 20 goes the first 10, which only it reads.
        ([10, 20, 10, 20, 10, 30], {10: 2, 20: 1, 30: 1}),
        ([10, 20, 10, 10, 30], {10: 2, 20: 1, 30: 1}),
    ],
)
def test_executions_that_nothing_reads_do_not_count(plan, schedule, counts):
    found = Plan(plan.problem, plan.json | {"schedule": schedule})
    assert found.executions == counts
    assert found.recomputations == sum(counts.values()) - 3


def test_an_op_that_nothing_reads_runs_once(plan):
    problem = plan.problem | {"outputs": []}
    assert Plan(problem, plan.json | {"schedule": [10, 20, 30, 30]}).executions[30] == 1


def test_values_largest_first(plan):
    assert [(v.name, v.bytes, v.executions) for v in plan.values] == [
        ("%2", 800, 1),
        ("%1", 400, 2),
    ]
    assert [v.name for v in plan.recomputed] == ["%1"]
    assert [v.name for v in plan.kept] == ["%2"]


def test_report_names_scope_source_and_fate(plan):
    report = plan.report()
    assert "plain peak     2097152 B (2 MiB)   (scope: total; predicted by memory model" in report
    assert "planned peak   1048576 B (1 MiB)   50.0% of plain" in report
    assert "overhead       25.00%   (cost table: h100)" in report
    assert "bound          1.23 us: feasible, gap 1.63%   (for this base order)" in report
    assert "strategy       best effort=default" in report
    assert "recomputed     1 execution, 1 of them products" in report
    rows = [line for line in report.splitlines() if "stablehlo.dot" in line]
    assert "net.py:4 net/20" in rows[0] and "kept" in rows[0]
    assert "net.py:3 net/10" in rows[1] and "runs twice" in rows[1]


@pytest.mark.parametrize(
    "status, gap, unit, line",
    [
        ("optimal", 0.0, "units", "bound          1230000000 units: optimal, gap 0.00%"),
        ("feasible", 2e-5, "femtoseconds", "bound          1.23 us: feasible, gap below 0.01%"),
    ],
)
def test_report_says_how_far_the_bound_is(plan, status, gap, unit, line):
    json = plan.json | {"status": status, "gap": gap, "cost_unit": unit}
    assert line + "   (for this base order)" in Plan(plan.problem, json).report()


def test_barriers_in_the_way_are_told(plan):
    assert "in the way" not in plan.report()
    plan.problem["ops"].append(_op(40, "barrier", "backward", [3], []))
    plan.json["schedule"].append(40)
    assert "in the way     1 barrier, of jax.checkpoint for one: what they hold" in plan.report()


def test_whole_loops_that_run_again_are_told(plan):
    plan.problem["ops"][0]["kind"] = "loop"
    assert "recomputed     1 execution, 0 of them products, 1 a whole loop\n" in plan.summary()


def test_report_is_as_long_as_asked(plan):
    rows = [line for line in plan.report(limit=1).splitlines() if "stablehlo.dot" in line]
    assert len(rows) == 1


@pytest.mark.parametrize(
    "count, text",
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1024 B (1 KiB)"),
        (536870912, "536870912 B (512 MiB)"),
        (8 << 30, "8589934592 B (8 GiB)"),
        (1572864, "1572864 B (1.5 MiB)"),
        (1023 << 10, "1047552 B (1023 KiB)"),
        (1048575, "1048575 B (1024 KiB)"),
        (1003 << 20, "1051721728 B (1003 MiB)"),
        (3 << 40, "3298534883328 B (3 TiB)"),
        (5000 << 40, "5497558138880000 B (5000 TiB)"),
    ],
)
def test_bytes_for_people(count, text):
    assert format_bytes(count) == text
