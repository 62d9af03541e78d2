# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The 0-1 program of lazy memory cuts: what is kept and recomputed between given base ops."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from remat.bench.rivals.answer import Schedule, missing_ancestors
from remat.bench.rivals.mip import Program, Solution
from remat.bench.rivals.step import Step

#: In which order ops that are recomputed together run: by index, or one wanted value after another.
ORDERS = ("by index", "first first", "last first")


@dataclass
class _Interval:
    """Base ops (low, high] and the program's variables by op."""

    low: int
    high: int
    run: dict[int, int]
    kept: dict[int, int]


class CutProgram:
    """The program for given cuts. Interval k ends with cut k; the last one with the last op."""

    def __init__(
        self, step: Step, budget: int, base: list[int], inner: set[tuple[int, int]]
    ) -> None:
        self._step, self._budget = step, budget
        self._program = Program(step.base_cost, budget)
        self._needed = _last_needs(step)
        self._intervals: list[_Interval] = []
        self._twice: dict[tuple[int, int], int] = {}
        low = -1
        for high in [*base, step.size - 1]:
            self._add_variables(low, high)
            low = high
        for index in range(len(self._intervals)):
            self._add_rows(index)
        for index, cut in enumerate(base):
            self._add_memory(index, cut)
        for cut, op in sorted(inner):
            self._add_inner(base.index(cut), cut, op)
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

    def _add_inner(self, index: int, cut: int, op: int) -> None:
        """Limits what the recomputation of `op` right before `cut` holds, if there is one.

        That is its result and inputs, and of the other values that the cut reads or that are kept
        beyond it: what was kept before and is not recomputed there; and what is recomputed there
        and `op` depends on through ops that are recomputed there too, unless it runs twice.
        """
        step, program, interval = self._step, self._program, self._intervals[index]
        if op not in interval.run:
            return
        working = {op, *step.inputs[op]}
        later = self._intervals[index + 1].kept
        ways = self._ways(interval, op)
        terms = []
        for value, column in interval.kept.items():
            read = value in step.inputs[cut]
            if value in working or step.bytes[value] == 0 or not (read or value in later):
                continue
            held = program.fraction()
            wanted = [interval.run[op], *([] if read else [later[value]])]
            spare = [interval.run[value]] if value in interval.run else []
            self._hold(held, [*wanted, column], spare)
            if value in ways and spare:
                self._hold(held, wanted, [*ways[value], self._second_run(index, value)])
            terms.append((held, step.bytes[value]))
        held_anyway = sum(step.bytes[value] for value in working)
        if held_anyway > self._budget:
            program.row([(interval.run[op], 1.0)], 0)
        else:
            program.size_row(terms, self._budget - held_anyway)

    def _hold(self, held: int, needs: list[int], spares: list[int]) -> None:
        """Makes `held` 1 if all of `needs` are and none of `spares` is."""
        row = [*((need, 1.0) for need in needs), *((spare, -1.0) for spare in spares)]
        self._program.row([*row, (held, -1.0)], len(needs) - 1)

    def _ways(self, interval: _Interval, op: int) -> dict[int, list[int]]:
        """Returns, for what `op` depends on, variables of which one is 1 unless it runs before it.

        They say of each value on a shortest way to `op` that it was kept from before.
        """
        ways: dict[int, list[int]] = {op: []}
        queue = [op]
        for user in queue:
            for source in self._step.inputs[user]:
                if source not in ways and source in interval.run and source in interval.kept:
                    ways[source] = [*ways[user], interval.kept[source]]
                    queue.append(source)
        return ways

    def _second_run(self, index: int, op: int) -> int:
        """Returns the variable of a second recomputation of `op` in an interval."""
        if (index, op) not in self._twice:
            column = self._program.variable(self._step.costs[op])
            self._program.row([(column, 1), (self._intervals[index].run[op], -1)], 0)
            self._twice[index, op] = column
        return self._twice[index, op]

    def _add_outputs(self) -> None:
        last = self._intervals[-1]
        for op in range(self._step.size):
            if self._step.output[op]:
                self._program.row(self._there(last, op), -1)

    def solve(self, time_limit: float) -> Solution:
        """Solves the program; see `mip.Program.solve`."""
        return self._program.solve(time_limit)

    def realise(self, chosen: np.ndarray, order: str) -> Schedule:
        """Returns the schedule of a solution: recomputes what an interval runs when it is read.

        `order`, one of `ORDERS`, is that of what is recomputed together.
        """
        step, schedule = self._step, []
        for index, interval in enumerate(self._intervals):
            there = bytearray(step.size)
            for op, column in interval.kept.items():
                there[op] = bool(chosen[column])
            for op in range(interval.low + 1, interval.high + 1):
                self._fetch(step.inputs[op], there, schedule, order)
                schedule.append(op)
                there[op] = 1
            # What the next interval keeps has to be there; so have outputs at the end.
            if index + 1 < len(self._intervals):
                later = self._intervals[index + 1].kept
                wanted = [op for op, column in later.items() if chosen[column] and not there[op]]
                again = [
                    op for (k, op), column in self._twice.items() if k == index and chosen[column]
                ]
                if wanted or again:
                    last = schedule.pop()
                    self._fetch(wanted, there, schedule, order)
                    schedule += sorted(again)
                    schedule.append(last)
            else:
                wanted = [op for op in range(step.size) if step.output[op] and not there[op]]
                self._fetch(wanted, there, schedule, order)
        return schedule

    def _fetch(
        self, wanted: Iterable[int], there: bytearray, schedule: Schedule, order: str
    ) -> None:
        """Recomputes `wanted` and what they lack."""
        if order == "by index":
            schedule += missing_ancestors(self._step, wanted, there)
            return
        for goal in sorted(wanted, reverse=order == "last first"):
            stack = [goal]
            while stack:
                op = stack[-1]
                lacking = [source for source in self._step.inputs[op] if not there[source]]
                if there[op] or not lacking:
                    stack.pop()
                    if not there[op]:
                        there[op] = 1
                        schedule.append(op)
                else:
                    stack += lacking


def _last_needs(step: Step) -> list[int]:
    """Returns the last base op whose interval may want each op, directly or for a recomputation.

    Outputs are wanted at the end, after the last op.
    """
    needed = [step.size if output else op for op, output in enumerate(step.output)]
    for op in range(step.size - 1, -1, -1):
        for user in step.users[op]:
            needed[op] = max(needed[op], needed[user] if step.recomputable[user] else user)
    return needed
