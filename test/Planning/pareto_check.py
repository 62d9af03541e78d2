# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks pareto.json; writes its third plan as a plan.json."""

import json
import sys
from itertools import pairwise

with open(sys.argv[1]) as file:
    curve = json.load(file)
points = curve["points"]
assert len(points) > 3, len(points)
assert points[0]["peak"] == curve["smallest_peak"] >= curve["floor"]
assert points[-1]["cost"] == curve["base_cost"] and points[-1]["peak"] <= curve["plain_peak"]
for point in points:
    assert curve["base_cost"] <= point["bound"] <= point["cost"], point
    assert point["overhead"] == (point["cost"] - curve["base_cost"]) / curve["base_cost"]
for point, larger in pairwise(points):
    assert point["peak"] < larger["peak"] and point["cost"] > larger["cost"], point["peak"]
    assert point["bound"] >= larger["bound"], point["peak"]
    slope = (point["cost"] - larger["cost"]) / (larger["peak"] - point["peak"])
    assert point["price_per_byte"] == slope, slope
    assert abs(point["price_us_per_mib"] - slope * 2**20 / 1e9) <= 1e-12 * slope
assert "price_per_byte" not in points[-1]
statistics = curve["statistics"]
assert statistics["flows"] <= 3 * max(statistics["plan_flows"], 60), statistics
with open(sys.argv[2], "w") as file:
    json.dump({"schema_version": 1, "schedule": points[2]["schedule"]}, file)
