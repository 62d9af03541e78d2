# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Memory over time: who holds how many bytes at each step of a schedule.

By the rules of docs/concepts/plan.md, from the files alone; no code is shared with the
simulator of the planner, whose peak it has to meet.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Any

from remat.report.kinds import KINDS, kinds_of


@dataclass(frozen=True)
class Instance:
    """One execution's result, which holds `bytes` during the steps `[begin, end)`.

    `value` is a position in the problem's `values`; `kind` one of `KINDS`.
    """

    value: int
    bytes: int
    kind: str
    begin: int
    end: int


class Timeline:
    """What is live at each step of a schedule.

    Attributes:
        schedule: op ids, one per step.
        starts: the cost at which each step begins, and last the cost of all; one more than
            there are steps.
        instances: what holds bytes, arguments first, in the order of their first steps.
        live: bytes by step.
        peak, peak_step: the largest of `live`, and where it first is.
    """

    def __init__(self, problem: dict[str, Any], schedule: list[int]) -> None:
        self.schedule = schedule
        ops = {op["id"]: op for op in problem["ops"]}
        self.starts = [0, *accumulate(ops[name]["cost"] for name in schedule)]
        self.instances = tuple(_instances(problem, [ops[name] for name in schedule]))
        self.live = self._sums(self.instances)
        self.peak = max(self.live, default=sum(one.bytes for one in self.instances))
        self.peak_step = self.live.index(self.peak) if self.live else 0
        self.peak_op = ops[schedule[self.peak_step]] if schedule else {}
        #: The cost at which each phase that has ops begins.
        self.phases: dict[str, int] = {}
        for step, name in enumerate(schedule):
            self.phases.setdefault(ops[name]["phase"], self.starts[step])

    def _sums(self, instances: tuple[Instance, ...]) -> list[int]:
        change = [0] * (len(self.schedule) + 1)
        for one in instances:
            change[one.begin] += one.bytes
            change[one.end] -= one.bytes
        return list(accumulate(change[:-1]))

    @cached_property
    def by_kind(self) -> dict[str, list[int]]:
        """Bytes by step for each kind that has any, in the order of `KINDS`."""
        split: dict[str, list[Instance]] = {kind: [] for kind in KINDS}
        for one in self.instances:
            split[one.kind].append(one)
        return {kind: self._sums(tuple(ones)) for kind, ones in split.items() if ones}

    def live_at(self, step: int) -> list[Instance]:
        """Returns what is live at a step, largest first, then in order of the values."""
        found = [one for one in self.instances if one.begin <= step < one.end]
        return sorted(found, key=lambda one: (-one.bytes, one.value))

    def samples(self, count: int) -> list[int]:
        """Returns at most about `count` steps that show the curve: in each of `count` equal
        parts of the cost, the step that holds most of those that begin there; where none
        does, the step before goes on. The peak is always among them."""
        total = self.starts[-1]
        best: dict[int, int] = {}
        for step, live in enumerate(self.live):
            part = self.starts[step] * count // total if total else step * count // len(self.live)
            if part not in best or live > self.live[best[part]]:
                best[part] = step
        return sorted({*best.values(), *([self.peak_step] if self.live else [])})

    def step_at(self, cost: int) -> int:
        """Returns the step that runs when `cost` has been spent."""
        return min(bisect_right(self.starts, cost), len(self.schedule)) - 1


def _instances(problem: dict[str, Any], steps: list[dict[str, Any]]) -> Iterator[Instance]:
    kinds, values = kinds_of(problem), problem["values"]
    if problem.get("scope", "total") == "total":
        for value in problem["arguments"]:
            yield Instance(value, values[value]["bytes"], kinds[value], 0, len(steps))
    free = _uncharged(problem)
    made: dict[int, int] = {}
    last: dict[int, int] = {}
    again: set[int] = set()
    done: list[Instance] = []

    def close(value: int) -> None:
        if value in free or not values[value]["bytes"]:
            return
        kind = "recomputed" if value in again else kinds[value]
        done.append(Instance(value, values[value]["bytes"], kind, made[value], last[value] + 1))

    for step, op in enumerate(steps):
        for value in op["inputs"]:
            if value in made:
                last[value] = step
        for value in op["results"]:
            if value in made:
                close(value)
                again.add(value)
            made[value] = last[value] = step
    for value in set(problem["outputs"]) & made.keys():
        last[value] = len(steps) - 1
    for value in made:
        close(value)
    done += _copies(problem, steps, kinds)
    yield from sorted(done, key=lambda one: (one.begin, one.value))


def _copies(
    problem: dict[str, Any], steps: list[dict[str, Any]], kinds: list[str]
) -> Iterator[Instance]:
    """What donated arguments held, where it is needed after their buffers were taken over."""
    if not problem.get("donation", True):
        return
    maker = {value: op["id"] for op in problem["ops"] for value in op["results"]}
    first: dict[int, int] = {}
    last: dict[int, int] = {}
    read: dict[int, int] = {}
    for step, op in enumerate(steps):
        first.setdefault(op["id"], step)
        last[op["id"]] = step
        read.update(dict.fromkeys(op["inputs"], step))
    for output, donor in zip(problem["outputs"], problem.get("donated", [])):
        if donor is None or output not in maker:
            continue
        value, taker = problem["arguments"][donor], maker[output]
        begin, end = first[taker], max(last[taker], read.get(value, 0))
        if end > begin:
            yield Instance(value, problem["values"][value]["bytes"], kinds[value], begin, end + 1)


def _uncharged(problem: dict[str, Any]) -> set[int]:
    """Returns the outputs that hold no bytes of their own: donated, or not in the scope."""
    if problem.get("scope", "total") == "temporaries":
        return set(problem["outputs"])
    if not problem.get("donation", True):
        return set()
    donors = problem.get("donated", [])
    return {value for value, donor in zip(problem["outputs"], donors) if donor is not None}
