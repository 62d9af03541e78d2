# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Dynamic Tensor Rematerialization (Kirisame et al., ICLR 2021), run over the base order.

As the paper's own simulator (uwsampl/dtr-prototype, simrd, V2 with eager eviction), read and
reimplemented: before an op runs, its missing inputs are recomputed, each recursively and with the
inputs locked; while the result does not fit, the unlocked value with the least
`cost / (bytes x staleness)` is evicted. Staleness is the computing time since the last access. A
value whose last reader in the program has run is evicted at once, and may be recomputed for others.

The variants differ in the cost of an eviction: the op's own cost (`local`); that plus the cost of
the evicted components it touches, kept by union-find, where recomputing subtracts but never splits
(`eq`); that plus the evicted ops which an eviction would have to bring back or be brought back by,
walked each time (`full`, on graphs of up to `FULL_OPS` ops). The cheapest that fits is taken.
"""

from __future__ import annotations

import numpy as np

from remat.bench.rivals.answer import Answer, Planner
from remat.bench.rivals.dtr_costs import EqCosts, FullCosts, LocalCosts
from remat.bench.rivals.simulate import simulate
from remat.bench.rivals.step import Step

FULL_OPS = 600
#: A run is given up when it costs this many times the plain step: it thrashes.
THRASHING = 3


class OutOfMemory(Exception):
    """Nothing is left to evict."""


class Thrashing(Exception):
    """The run costs more than `THRASHING` times the plain one."""


def dtr(step: Step) -> Planner:
    """Returns the planner that takes the cheapest variant that fits."""
    variants = {"local": LocalCosts, "eq": EqCosts}
    if step.size <= FULL_OPS:
        variants["full"] = FullCosts

    def plan(budget: int) -> Answer:
        best, reasons = None, []
        for name, costs in variants.items():
            try:
                schedule = Runtime(step, budget, costs(step)).run()
            except OutOfMemory:
                reasons.append(f"{name}: out of memory")
                continue
            except Thrashing:
                reasons.append(f"{name}: above {THRASHING} times the plain cost")
                continue
            replay = simulate(step, schedule)
            if replay.peak <= budget and (best is None or replay.cost < best[0]):
                best = (replay.cost, schedule, name)
        return Answer(None, "; ".join(reasons)) if best is None else Answer(best[1], best[2])

    return plan


class Runtime:
    """One run of a step within a budget of bytes."""

    def __init__(self, step: Step, budget: int, costs: LocalCosts) -> None:
        self._step, self._budget, self._costs = step, budget, costs
        count = step.size
        self._there = costs.there
        self._pool = np.zeros(count, dtype=bool)
        self._locks = [0] * count
        self._access = np.zeros(count)
        self._bytes = np.asarray(step.bytes, dtype=float)
        self._memory, self._clock, self._spent = 0, 0, 0
        self._limit = THRASHING * step.base_cost
        self._schedule: list[int] = []
        self._pinned = [
            kept or not again or size == 0
            for kept, again, size in zip(step.output, step.recomputable, step.bytes)
        ]

    def run(self) -> list[int]:
        """Returns the executions. Errors: OutOfMemory, Thrashing."""
        step = self._step
        left = [len(users) for users in step.users]
        for op in range(step.size):
            self._materialize(op)
            self._access[op] = self._clock
            for source in step.inputs[op]:
                left[source] -= 1
                if left[source] == 0:
                    self._release(source)
            if left[op] == 0:
                self._release(op)
        return self._schedule

    def _release(self, op: int) -> None:
        # What may not run again stays, as it may be needed to recompute others.
        if self._there[op] and not self._step.output[op] and self._step.recomputable[op]:
            self._evict(op)

    def _evict(self, op: int) -> None:
        self._pool[op] = False
        self._memory -= self._step.bytes[op]
        self._costs.evict(op)

    def _materialize(self, wanted: int) -> None:
        """Runs `wanted`, and before it, depth first, what it lacks."""
        inputs = self._step.inputs
        stack = [(wanted, self._open(wanted))]
        while stack:
            op, missing = stack[-1]
            while missing:
                source = missing.pop()
                if not self._there[source]:
                    stack.append((source, self._open(source)))
                    break
                self._lock(source)
            else:
                self._compute(op)
                for source in inputs[op]:
                    self._unlock(source)
                stack.pop()
                if stack:
                    self._lock(op)

    def _open(self, op: int) -> list[int]:
        """Notes the access to the inputs of `op`, locks those there, and returns the others."""
        missing = []
        for source in self._step.inputs[op]:
            self._access[source] = self._clock
            if self._there[source]:
                self._lock(source)
            else:
                missing.append(source)
        missing.reverse()
        return missing

    def _lock(self, op: int) -> None:
        self._locks[op] += 1
        self._pool[op] = False

    def _unlock(self, op: int) -> None:
        self._locks[op] -= 1
        if self._locks[op] == 0 and not self._pinned[op]:
            self._pool[op] = True

    def _compute(self, op: int) -> None:
        step = self._step
        self._free(step.bytes[op])
        self._schedule.append(op)
        self._clock += step.costs[op]
        self._spent += step.costs[op]
        if self._spent > self._limit:
            raise Thrashing
        self._memory += step.bytes[op]
        self._costs.compute(op)
        if not self._pinned[op] and self._locks[op] == 0:
            self._pool[op] = True

    def _free(self, size: int) -> None:
        while self._memory + size > self._budget:
            candidates = np.nonzero(self._pool)[0]
            if len(candidates) == 0:
                raise OutOfMemory
            stale = self._clock - self._access[candidates]
            worth = self._bytes[candidates] * stale
            cost = self._costs.of(candidates)
            value = np.full(len(candidates), np.inf)
            np.divide(cost, worth, out=value, where=worth > 0)
            self._evict(int(candidates[value.argmin()]))
