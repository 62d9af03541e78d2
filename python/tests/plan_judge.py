# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Replays plans on neutral graphs by the rules of docs/concepts/plan.md.

Written from that page alone: every execution's result is one interval of steps,
and the peak is the largest number of bytes that intervals share.
"""

from __future__ import annotations

import json
import lzma
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class Invalid(Exception):
    """A schedule that breaks a rule."""


@dataclass(frozen=True)
class Replay:
    """What a schedule needs: bytes, flops, and cost under the table `judge`."""

    peak: int
    flops: int
    femtoseconds: int


def load(path: Path) -> dict[str, Any]:
    """Returns the neutral graph in a file, packed with xz or not."""
    opened = lzma.open if path.suffix == ".xz" else open
    with opened(path, "rt", encoding="utf-8") as file:
        return json.load(file)


def replay(graph: dict[str, Any], schedule: list[int], *, total: bool = False) -> Replay:
    """Returns what `schedule` needs in scope non-arguments, or in scope `total`.

    Errors: Invalid, naming the step.
    """
    nodes = {node["id"]: node for node in graph["nodes"]}
    arguments = {name for name, node in nodes.items() if node["phase"] == "arg"}
    size = {name: node["bytes"] for name, node in nodes.items()}
    always = sum(size[name] for name in arguments) if total else 0
    if total:
        for output in graph.get("donate", {}):
            size[graph["outputs"][int(output)]] = 0

    # uses[node]: one list per execution, its own step first.
    uses: dict[int, list[list[int]]] = defaultdict(list)
    for step, name in enumerate(schedule):
        if name not in nodes or name in arguments:
            raise Invalid(f"step {step}: {name} cannot be executed")
        for read in set(nodes[name]["inputs"]) - arguments:
            if not uses[read]:
                raise Invalid(f"step {step}: {name} reads {read}, which was not executed")
            uses[read][-1].append(step)
        uses[name].append([step])
        if len(uses[name]) > 1 and not nodes[name]["can_recompute"]:
            raise Invalid(f"step {step}: {name} may not be recomputed")
    for output in set(graph["outputs"]) - arguments:
        if not uses[output]:
            raise Invalid(f"output {output} was not executed")
        uses[output][-1].append(len(schedule))

    change = [0] * (len(schedule) + 2)
    for name, executions in uses.items():
        for steps in executions:
            change[steps[0]] += size[name]
            change[max(steps) + 1] -= size[name]
    if total:
        for output, argument in graph.get("donate", {}).items():
            taken = uses[graph["outputs"][int(output)]]
            old = sorted(arguments)[argument]
            needed = [taken[-1][0]] if taken else []
            needed += [step for step, name in enumerate(schedule) if old in nodes[name]["inputs"]]
            if taken and max(needed) > taken[0][0]:
                change[taken[0][0]] += size[old]
                change[max(needed) + 1] -= size[old]
    live, peak = always, always
    for step in range(len(schedule)):
        live += change[step]
        peak = max(peak, live)

    flops = cost = 0
    for name in schedule:
        node = nodes[name]
        traffic = node["bytes"] + sum(nodes[read]["bytes"] for read in node["inputs"])
        flops += node["flops"]
        cost += max(50 * node["flops"], 1000 * traffic)
    return Replay(peak, flops, cost)
