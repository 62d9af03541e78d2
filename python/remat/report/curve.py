# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The budget-overhead curve of a problem, from `remat-plan --pareto`."""

from __future__ import annotations

import itertools
import json
import tempfile
from pathlib import Path
from typing import Any

from remat.errors import InputError
from remat.toolchain import error_text, run_tool


def curve_of(problem: dict[str, Any], effort: str | None = None) -> dict[str, Any]:
    """Returns what every budget costs: `floor`, `smallest_peak` and `points`, smallest first.

    A point has `peak`, `cost`, `bound` (of every plan of this order with that peak or less)
    and `price`, the cost of a byte less from there on, None for the last. Cost: up to three
    times that of a plan. Errors: InputError with the planner's message.
    """
    with tempfile.TemporaryDirectory(prefix="remat-") as folder:
        root = Path(folder)
        (root / "problem.json").write_text(json.dumps(problem), encoding="utf-8")
        options = [] if effort is None else [f"--effort={effort}"]
        done = run_tool(
            "remat-plan", ["problem.json", "--pareto", "-o", "pareto.json", *options], root
        )
        if done.returncode != 0:
            raise InputError(error_text("remat-plan", done.stderr))
        answer = json.loads((root / "pareto.json").read_text(encoding="utf-8"))
    points = answer["points"]
    prices = [None]
    for less, more in itertools.pairwise(points):
        prices.append((less["cost"] - more["cost"]) / (more["peak"] - less["peak"]))
    return {
        "strategy": answer["strategy"],
        "floor": answer["floor"],
        "smallest_peak": answer["smallest_peak"],
        "points": [
            {"peak": p["peak"], "cost": p["cost"], "bound": p["bound"], "price": price}
            for p, price in zip(points, prices)
        ],
    }
