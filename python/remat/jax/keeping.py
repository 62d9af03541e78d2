# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The schedule of a step that keeps named values and recomputes the others."""

from __future__ import annotations

from collections import Counter
from typing import Any


def schedule_keeping(problem: dict[str, Any], names: set[str]) -> list[int]:
    """Returns the schedule, ids of ops, that keeps the values of `names` and results of the
    program.

    Every other forward value is recomputed once, right before the first late op that needs it.
    Cost: O(V log V + E) for a problem.json of V ops that read E values.
    """
    ops = problem["ops"]
    maker = {value: place for place, op in enumerate(ops) for value in op["results"]}
    outputs = set(problem["outputs"])
    there = set(problem["arguments"])
    for op in ops:
        stays = op.get("checkpoint_name") in names or not op.get("recomputable", True)
        if op["phase"] != "forward" or stays or outputs & set(op["results"]):
            there.update(op["results"])
    schedule = [op["id"] for op in ops if op["phase"] == "forward"]
    for op in ops:
        if op["phase"] != "forward":
            missing = _missing(op, ops, maker, there)
            schedule += [*(ops[place]["id"] for place in missing), op["id"]]
            there.update(value for place in missing for value in ops[place]["results"])
    return _without_unread(problem, schedule)


def _missing(
    op: dict[str, Any], ops: list[dict[str, Any]], maker: dict[int, int], there: set[int]
) -> list[int]:
    """Returns the places in `ops` of those to run again before `op`, in order."""
    found: set[int] = set()
    todo = [op]
    while todo:
        for value in todo.pop()["inputs"]:
            if value not in there and maker[value] not in found:
                found.add(maker[value])
                todo.append(ops[maker[value]])
    return sorted(found)


def _without_unread(problem: dict[str, Any], schedule: list[int]) -> list[int]:
    """Drops executions of ops that run again before anything reads them."""
    ops = {op["id"]: op for op in problem["ops"]}
    maker = {value: op["id"] for op in problem["ops"] for value in op["results"]}
    again = {id for id, count in Counter(schedule).items() if count > 1}
    needed = {maker[value] for value in problem["outputs"] if value in maker}
    found = []
    for id in reversed(schedule):
        if id in needed or id not in again:
            found.append(id)
            needed.discard(id)
            needed.update(maker[value] for value in ops[id]["inputs"] if value in maker)
    return found[::-1]
