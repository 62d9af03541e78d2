# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A step small enough to report on by hand: three layers, a batch, a state with momentum."""

from __future__ import annotations

import copy
from typing import Any


def problem() -> dict[str, Any]:
    """Two forward values of 40 B, of which the first is cheap; scope total.

    Arguments: 100 B of weights and 100 B of momentum, both donated, and a batch of 20 B.
    Costs are 2 an op, 8 for the second forward op.
    """
    names = "w m x a b loss d g w2 m2"
    sizes = [100, 100, 20, 40, 40, 4, 40, 100, 100, 100]

    def op(name: str, phase: str, cost: int, inputs: list[int], results: list[int]) -> dict:
        return {
            "id": 10 * results[0],
            "name": f"demo.{name}",
            "phase": phase,
            "cost": cost,
            "inputs": inputs,
            "results": results,
            "scope": f"Net/{name}/{name}",
            "location": f"net/model.py:{results[0]}",
            "kind": "other",
        }

    return {
        "schema_version": 1,
        "name": "demo",
        "scope": "total",
        "memory_model": "xla",
        "cost_table": "paper",
        "cost_unit": "units",
        "values": [{"bytes": b, "name": n} for b, n in zip(sizes, names.split())],
        "arguments": [0, 1, 2],
        "outputs": [5, 8, 9],
        "donated": [None, 0, 1],
        "ops": [
            op("first", "forward", 2, [0, 2], [3]),
            op("second", "forward", 8, [3], [4]),
            op("loss", "forward", 2, [4], [5]),
            op("back", "backward", 2, [4], [6]),
            op("grad", "backward", 2, [3, 6], [7]),
            op("momentum", "update", 2, [1, 7], [9]),
            op("update", "update", 2, [0, 7], [8]),
        ],
    }


#: Runs the first op again before the gradient that reads it.
SCHEDULE = [30, 40, 50, 60, 30, 70, 90, 80]


def plan() -> dict[str, Any]:
    """The plan that `SCHEDULE` is, with what it promises.

    Plain: 220 B of arguments + a, d, g, loss = 404 B at "grad", and so with the plan.
    """
    return {
        "schema_version": 1,
        "status": "feasible",
        "stop_reason": "by hand",
        "strategy": "by hand",
        "scope": "total",
        "budget": 410,
        "plain_peak": 404,
        "smallest_peak": 404,
        "peak": 404,
        "cost": 22,
        "base_cost": 20,
        "bound": 20,
        "gap": 0.1,
        "overhead": 0.1,
        "cost_unit": "units",
        "schedule": list(SCHEDULE),
    }


def hostile() -> dict[str, Any]:
    """The problem with names that are markup, quotes and line ends."""
    found = copy.deepcopy(problem())
    bad = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&\n\u2028"
    found["name"] = bad
    for value in found["values"]:
        value["name"] += bad
    for op in found["ops"]:
        op["name"] += bad
        op["scope"] = f"{bad}/{bad}"
        op["location"] = f"{bad}.py:1"
    return found
