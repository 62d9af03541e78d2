# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What all rivals answer with, and how a set of kept values becomes a schedule."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from remat.bench.rivals.simulate import simulate
from remat.bench.rivals.step import Step

#: A schedule as positions in base order.
Schedule = list[int]


@dataclass(frozen=True)
class Answer:
    """A schedule for one budget, or why there is none.

    Attributes:
        note: for people: the parameters that gave the schedule, or the reason.
        bound: certified lower bound on the cost within the budget, from exact solvers.
        infeasible: the budget is proven to be out of reach.
        optimal: the schedule is proven to be the cheapest in base order.
    """

    schedule: Schedule | None
    note: str = ""
    bound: int | None = None
    infeasible: bool = False
    optimal: bool = False


#: Plans for one step: budget in bytes -> answer.
Planner = Callable[[int], Answer]
#: What a rival is: prepares a step once for all budgets.
Rival = Callable[[Step], Planner]


def just_in_time(step: Step, boundary: int, kept: Sequence[bool] | Sequence[int]) -> Schedule:
    """Returns the schedule that keeps `kept` of the ops up to `boundary` and drops the rest.

    A dropped value is recomputed right before its first use after the boundary, with what it
    needs, and then stays until its last use. Cost: O(executions x degree).
    """
    inputs, recomputable = step.inputs, step.recomputable
    there = bytearray(step.size)
    for op in range(boundary + 1):
        there[op] = bool(kept[op]) or not recomputable[op]
    schedule = list(range(boundary + 1))
    for op in range(boundary + 1, step.size):
        missing = [source for source in inputs[op] if not there[source]]
        if missing:
            schedule += missing_ancestors(step, missing, there)
        schedule.append(op)
        there[op] = 1
    return schedule


def missing_ancestors(step: Step, wanted: Iterable[int], there: bytearray) -> list[int]:
    """Returns what has to run, in base order, to have `wanted`, and marks it as there."""
    inputs = step.inputs
    stack, found = list(wanted), []
    while stack:
        op = stack.pop()
        if there[op]:
            continue
        there[op] = 1
        found.append(op)
        stack += [source for source in inputs[op] if not there[source]]
    found.sort()
    return found


class Pool:
    """Plans made without looking at a budget; the cheapest that fits is taken."""

    def __init__(self, step: Step) -> None:
        self._step = step
        self._plans: list[tuple[int, int, Schedule, str]] = []

    def add(self, schedule: Schedule, note: str) -> None:
        """Replays a schedule and remembers it unless another is no worse in both."""
        replay = simulate(self._step, schedule)
        if any(peak <= replay.peak and cost <= replay.cost for peak, cost, *_ in self._plans):
            return
        self._plans = [
            plan for plan in self._plans if plan[0] < replay.peak or plan[1] < replay.cost
        ]
        self._plans.append((replay.peak, replay.cost, schedule, note))

    def plan(self, budget: int) -> Answer:
        """Returns the cheapest plan within the budget."""
        fitting = [plan for plan in self._plans if plan[0] <= budget]
        if not fitting:
            smallest = min((plan[0] for plan in self._plans), default=0)
            return Answer(None, f"smallest peak {smallest} B")
        _, _, schedule, note = min(fitting, key=lambda plan: (plan[1], plan[0]))
        return Answer(schedule, note)
