# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Lazy memory cuts: an exact method over few points in time.

A 0-1 program knows, for K base ops ("cuts"), which values are there when the cut runs, and for the
intervals between cuts, what is recomputed in them. Memory is limited at the cuts only, so that its
optimum is a lower bound for every plan in base order. Its answer is made a schedule, just in time;
where that exceeds the budget, the worst base op becomes a cut, and the program is solved again.
Where base ops do not suffice, single recomputations are limited as well ("inner cuts"). Once the
schedule fits, it is optimal: to the unit, or within `mip.GAP` of the plain step's cost.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from dataclasses import dataclass

from remat.bench.rivals import child
from remat.bench.rivals.answer import Answer, Rival, Schedule
from remat.bench.rivals.cut_program import ORDERS, CutProgram
from remat.bench.rivals.mip import GAP, TOLERANCE, load_highspy
from remat.bench.rivals.simulate import live_bytes, simulate
from remat.bench.rivals.step import Step

#: Larger graphs are not tried.
MOST_OPS = 400


def lazy_cuts(time_limit: float) -> Rival:
    """Returns the rival that stops after `time_limit` seconds for each budget.

    Errors: InputError if highspy is not installed.
    """
    load_highspy()
    return child.rival(solve, MOST_OPS, time_limit)


def solve(step: Step, budget: int, time_limit: float) -> Answer:
    """Plans within `budget`: an optimal plan, a proof that there is none, or at least a bound."""
    profile = live_bytes(step, range(step.size))
    if profile.max(initial=0) <= budget:
        return Answer(list(range(step.size)), "fits", bound=step.base_cost, optimal=True)
    end = time.monotonic() + time_limit
    cuts, bound, best = Cuts([int(profile.argmax())], set()), 0, None
    while True:
        left = end - time.monotonic()
        note = f"{len(cuts.base)} cuts, {len(cuts.inner)} inner ones"
        if left <= 0:
            return _answer(step, best, bound, f"{note}; time limit")
        program = CutProgram(step, budget, cuts.base, cuts.inner)
        found = program.solve(left)
        if found.infeasible:
            return Answer(None, f"{note}; proven infeasible", infeasible=True)
        bound = max(bound, found.bound)
        if found.chosen is None:
            return _answer(step, best, bound, f"{note}; time limit")
        schedule = min(
            (program.realise(found.chosen, order) for order in ORDERS),
            key=lambda plan: simulate(step, plan).peak,
        )
        replay = simulate(step, schedule)
        if replay.peak <= budget and (best is None or replay.cost < best[0]):
            best = (replay.cost, schedule)
        if best is not None and _is_optimal(step, best[0], bound):
            return _answer(step, best, bound, note)
        if not found.optimal:
            return _answer(step, best, bound, f"{note}; time limit")
        if not cuts.extend(step, schedule, budget):
            return _answer(step, best, bound, f"{note}; no further cut")


@dataclass
class Cuts:
    """Where memory is limited.

    Attributes:
        base: base ops, ascending.
        inner: (base op, op): the recomputation of op right before the base op, which is a cut, as
            is the base op before it.
    """

    base: list[int]
    inner: set[tuple[int, int]]

    def extend(self, step: Step, schedule: Schedule, budget: int) -> bool:
        """Adds a cut where the schedule exceeds the budget; returns whether there was one to add.

        First choice is the base execution with the most live bytes; then recomputations.
        """
        live = live_bytes(step, schedule)
        above = sorted((-int(size), now) for now, size in enumerate(live) if size > budget)
        base = _base_ops(schedule)
        for _, now in above:
            if schedule[now] == base[now] and self._add(base[now]):
                return True
        for _, now in above:
            at, again = base[now], schedule[now]
            if again == at or (at, again) in self.inner:
                continue
            added = self._add(at)
            if at > 0:
                added = self._add(at - 1) or added
            if not added:
                self.inner.add((at, again))
            return True
        return False

    def _add(self, op: int) -> bool:
        place = bisect_left(self.base, op)
        if place < len(self.base) and self.base[place] == op:
            return False
        self.base.insert(place, op)
        return True


def _is_optimal(step: Step, cost: int, bound: int) -> bool:
    """Returns whether the plan meets the bound, but for what `mip` weakens it by."""
    return cost - step.base_cost - bound <= step.base_cost * GAP + bound * 2 * TOLERANCE


def _answer(step: Step, best: tuple[int, Schedule] | None, bound: int, note: str) -> Answer:
    total = step.base_cost + bound
    if best is None:
        return Answer(None, note, bound=total)
    return Answer(best[1], note, bound=total, optimal=_is_optimal(step, best[0], bound))


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
