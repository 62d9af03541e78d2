# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Lazy memory cuts: an exact method over few points in time.

A 0-1 program knows, for K base ops ("cuts"), which values are there when the cut runs, and for the
intervals between cuts, what is recomputed in them. Memory is limited at the cuts only, so that its
optimum is a lower bound for every plan in base order. Its answer is made a schedule, just in time;
where that exceeds the budget, the worst base op becomes a cut, and the program is solved again.
Once the schedule fits, it is optimal: to the unit, or within `mip.GAP` of the plain step's cost.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from remat.bench.rivals.answer import Answer, Planner, Rival, Schedule
from remat.bench.rivals.mip import GAP, Program, Solution, load_highspy
from remat.bench.rivals.simulate import live_bytes, simulate
from remat.bench.rivals.step import Step

#: Larger graphs are not tried.
MOST_OPS = 400


def lazy_cuts(time_limit: float) -> Rival:
    """Returns the rival that stops after `time_limit` seconds for each budget.

    Errors: InputError if highspy is not installed.
    """
    load_highspy()

    def rival(step: Step) -> Planner:
        if step.size > MOST_OPS:
            return lambda budget: Answer(None, f"{step.size} ops; at most {MOST_OPS}")
        return lambda budget: solve(step, budget, time_limit)

    return rival


def solve(step: Step, budget: int, time_limit: float) -> Answer:
    """Plans within `budget`: an optimal plan, a proof that there is none, or at least a bound."""
    profile = live_bytes(step, range(step.size))
    if profile.max(initial=0) <= budget:
        return Answer(list(range(step.size)), "fits", bound=step.base_cost, optimal=True)
    end = time.monotonic() + time_limit
    cuts, bound, best = [int(profile.argmax())], 0, None
    while True:
        left = end - time.monotonic()
        note = f"{len(cuts)} cuts"
        if left <= 0:
            return _answer(step, best, bound, f"{note}; time limit")
        program = CutProgram(step, budget, cuts)
        found = program.solve(left)
        if found.infeasible:
            return Answer(None, f"{note}; proven infeasible", infeasible=True)
        bound = max(bound, found.bound)
        if found.chosen is None:
            return _answer(step, best, bound, f"{note}; time limit")
        schedule = program.realise(found.chosen)
        replay = simulate(step, schedule)
        if replay.peak <= budget and (best is None or replay.cost < best[0]):
            best = (replay.cost, schedule)
        if best is not None and _is_optimal(step, best[0], bound):
            return _answer(step, best, bound, note)
        if not found.optimal:
            return _answer(step, best, bound, f"{note}; time limit")
        cut = _next_cut(step, schedule, budget, cuts)
        if cut is None:
            return _answer(step, best, bound, f"{note}; no further cut")
        cuts.insert(bisect_left(cuts, cut), cut)


def _is_optimal(step: Step, cost: int, bound: int) -> bool:
    """Returns whether no plan costs less by more than `GAP` of the plain step."""
    return cost - step.base_cost - bound <= step.base_cost * GAP


def _answer(step: Step, best: tuple[int, Schedule] | None, bound: int, note: str) -> Answer:
    total = step.base_cost + bound
    if best is None:
        return Answer(None, note, bound=total)
    return Answer(best[1], note, bound=total, optimal=_is_optimal(step, best[0], bound))


def _next_cut(step: Step, schedule: Schedule, budget: int, cuts: list[int]) -> int | None:
    """Returns the base op with the most live bytes that is no cut yet, or one next to the worst.

    Looks at base executions above the budget first, then at the neighbours of recomputations.
    """
    live = live_bytes(step, schedule)
    above = [(-int(size), now) for now, size in enumerate(live) if size > budget]
    above.sort()
    base = _base_ops(schedule)
    known = set(cuts)
    for _, now in above:
        if schedule[now] == base[now] and base[now] not in known:
            return base[now]
    for _, now in above:
        for op in (base[now], base[now] - 1, base[now] + 1):
            if 0 <= op < step.size and op not in known:
                return op
    return None


def _base_ops(schedule: Schedule) -> list[int]:
    """Returns, for each execution, the op whose first execution it is or comes next."""
    found, upcoming = [0] * len(schedule), 0
    first: dict[int, int] = {}
    for now, op in enumerate(schedule):
        first.setdefault(op, now)
    for now in range(len(schedule) - 1, -1, -1):
        if first[schedule[now]] == now:
            upcoming = schedule[now]
        found[now] = upcoming
    return found


@dataclass
class _Interval:
    """Base ops (low, high] and the program's variables by op."""

    low: int
    high: int
    run: dict[int, int]
    kept: dict[int, int]


class CutProgram:
    """The program for given cuts. Interval k ends with cut k; the last one with the last op."""

    def __init__(self, step: Step, budget: int, cuts: list[int]) -> None:
        self._step, self._budget = step, budget
        self._program = Program(step.base_cost, budget)
        self._needed = _last_needs(step)
        self._intervals: list[_Interval] = []
        low = -1
        for high in [*cuts, step.size - 1]:
            self._add_variables(low, high)
            low = high
        for index in range(len(self._intervals)):
            self._add_rows(index)
        for index, cut in enumerate(cuts):
            self._add_memory(index, cut)
        self._add_outputs()

    def _add_variables(self, low: int, high: int) -> None:
        step, program = self._step, self._program
        run: dict[int, int] = {}
        kept: dict[int, int] = {}
        for op in range(high + 1):
            if self._needed[op] <= low:
                continue
            if op > low:
                run[op] = program.variable(fixed=True)
            else:
                if step.recomputable[op]:
                    run[op] = program.variable(step.costs[op])
                kept[op] = program.variable()
        self._intervals.append(_Interval(low, high, run, kept))

    def _there(self, interval: _Interval, op: int) -> list[tuple[int, float]]:
        """Returns minus the variables of which one must be 1 for the value to be there."""
        return [(table[op], -1) for table in (interval.kept, interval.run) if op in table]

    def _add_rows(self, index: int) -> None:
        interval = self._intervals[index]
        for op, column in interval.run.items():
            for source in self._step.inputs[op]:
                self._program.row([(column, 1), *self._there(interval, source)], 0)
        for op, column in interval.kept.items():
            before = self._there(self._intervals[index - 1], op)
            self._program.row([(column, 1), *before], 0)

    def _add_memory(self, index: int, cut: int) -> None:
        """Limits what the cut holds: its own result and inputs, and what is kept beyond it."""
        step = self._step
        working = {cut, *step.inputs[cut]}
        kept = self._intervals[index + 1].kept
        terms = [
            (column, step.bytes[op])
            for op, column in kept.items()
            if op not in working and step.bytes[op] > 0
        ]
        self._program.size_row(terms, self._budget - sum(step.bytes[op] for op in working))

    def _add_outputs(self) -> None:
        last = self._intervals[-1]
        for op in range(self._step.size):
            if self._step.output[op]:
                self._program.row(self._there(last, op), -1)

    def solve(self, time_limit: float) -> Solution:
        """Solves the program; see `mip.Program.solve`."""
        return self._program.solve(time_limit)

    def realise(self, chosen: np.ndarray) -> Schedule:
        """Returns the schedule of a solution: recomputes what an interval runs when it is read."""
        step, schedule = self._step, []
        for index, interval in enumerate(self._intervals):
            there = bytearray(step.size)
            for op, column in interval.kept.items():
                there[op] = bool(chosen[column])
            for op in range(interval.low + 1, interval.high + 1):
                self._fetch(step.inputs[op], there, schedule)
                schedule.append(op)
                there[op] = 1
            # What the next interval keeps has to be there; so have outputs at the end.
            if index + 1 < len(self._intervals):
                later = self._intervals[index + 1].kept
                wanted = [op for op, column in later.items() if chosen[column] and not there[op]]
                if wanted:
                    last = schedule.pop()
                    self._fetch(wanted, there, schedule)
                    schedule.append(last)
            else:
                wanted = [op for op in range(step.size) if step.output[op] and not there[op]]
                self._fetch(wanted, there, schedule)
        return schedule

    def _fetch(self, wanted: Iterable[int], there: bytearray, schedule: Schedule) -> None:
        stack, found = [op for op in wanted if not there[op]], []
        while stack:
            op = stack.pop()
            if not there[op]:
                there[op] = 1
                found.append(op)
                stack += [source for source in self._step.inputs[op] if not there[source]]
        schedule += sorted(found)


def _last_needs(step: Step) -> list[int]:
    """Returns the last base op whose interval may want each op, directly or for a recomputation.

    Outputs are wanted at the end.
    """
    needed = [step.size - 1 if output else op for op, output in enumerate(step.output)]
    for op in range(step.size - 1, -1, -1):
        for user in step.users[op]:
            needed[op] = max(needed[op], needed[user] if step.recomputable[user] else user)
    return needed
