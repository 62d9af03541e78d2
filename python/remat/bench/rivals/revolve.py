# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Revolve (Griewank and Walther 2000): binomial checkpointing of a chain.

How the chain is found: the forward half is cut after positions that few charged values cross (one
if that gives at least `FEWEST` segments, else up to `WIDEST`), and only where every crossing value
was made since the previous cut. A graph with fewer segments, or with one that holds more than half
of the bytes, is no chain, and Revolve does not plan it: values that skip a segment (the skips of a
U-Net) have no place in its model. Segments are then joined in groups of equal number; the group
and the number of checkpoints are swept.

The schedule: with m checkpoints for t segments, of which the start is one, advance y segments,
store the state there, reverse the right part with m - 1, then the left part with m; y comes from
the closed form of the optimal number of forward evaluations.
"""

from __future__ import annotations

from functools import cache
from itertools import pairwise

from remat.bench.rivals.answer import Answer, Planner, Pool, Schedule, missing_ancestors
from remat.bench.rivals.chen import crossing, last_forward_use
from remat.bench.rivals.step import Step

FEWEST, WIDEST = 4, 3


def revolve(step: Step) -> Planner:
    """Returns the planner; on a graph that is no chain it says so for every budget."""
    cuts = chain_cuts(step)
    if len(cuts) + 1 < FEWEST:
        return lambda budget: Answer(None, "not a chain")
    pool = Pool(step)
    for group in _swept(max(1, (len(cuts) + 1) // FEWEST)):
        chosen = cuts[group - 1 :: group]
        for slots in _swept(len(chosen) + 1):
            schedule = Execution(step, chosen).run(slots)
            pool.add(schedule, f"{len(chosen) + 1} segments, {slots} checkpoints")
    return pool.plan


def _swept(limit: int) -> list[int]:
    """Returns 1, 2, 3, 4, 6, 8, 12, ... up to `limit`, which is included."""
    found, value = [], 1
    while value < limit:
        found.append(value)
        value += max(1, 1 << (value.bit_length() - 2) if value > 1 else 1)
    return [*found, limit]


def chain_cuts(step: Step) -> list[int]:
    """Returns the positions that cut the forward half into the segments of a chain."""
    counts = crossing(step)
    for widest in range(1, WIDEST + 1):
        candidates = [op for op, count in enumerate(counts) if 1 <= count <= widest]
        cuts: list[int] = []
        for cut in candidates:
            before = cuts[-1] if cuts else -1
            if all(op > before for op in _states(step, [cut])[0] if step.bytes[op] > 0):
                cuts.append(cut)
        if len(cuts) + 1 >= FEWEST and _is_balanced(step, cuts):
            return cuts
    return []


def _is_balanced(step: Step, cuts: list[int]) -> bool:
    """Returns whether no segment holds more than half of the forward half's bytes."""
    bounds = [0, *(cut + 1 for cut in cuts), step.loss + 1]
    held = [sum(step.bytes[low:high]) for low, high in pairwise(bounds)]
    return 2 * max(held) <= sum(held)


def _states(step: Step, cuts: list[int]) -> list[list[int]]:
    """Returns, for each cut, the ops of the forward half whose values cross it."""
    last = last_forward_use(step)
    return [[op for op in range(cut + 1) if last[op] > cut] for cut in cuts]


@cache
def evaluations(steps: int, slots: int) -> int:
    """Returns the least forward evaluations for a chain of `steps` with `slots` checkpoints.

    Counts re-creating the inner state of each step, as a training step does.
    Source: the closed form t + r t - binom(m + r, r - 1), r least with binom(m + r, r) >= t.
    """
    repetitions = 0
    while _binomial(slots + repetitions, repetitions) < steps:
        repetitions += 1
    if repetitions == 0:
        return steps
    return steps + repetitions * steps - _binomial(slots + repetitions, repetitions - 1)


def _binomial(n: int, k: int) -> int:
    value = 1
    for index in range(k):
        value = value * (n - index) // (index + 1)
    return value


@cache
def split(steps: int, slots: int) -> int:
    """Returns how far to advance before the next checkpoint: the least that is optimal."""
    return min(
        range(1, steps),
        key=lambda y: y + evaluations(steps - y, slots - 1) + evaluations(y, slots),
    )


class Execution:
    """Turns the recursion of Revolve into a schedule of the step."""

    def __init__(self, step: Step, cuts: list[int]) -> None:
        self._step = step
        bounds = [-1, *cuts, step.loss]
        self._count = len(bounds) - 1
        #: The state that segment j starts from: the values that cross into it.
        self._states = [[], *_states(step, cuts)]
        self._ops = [range(bounds[j] + 1, bounds[j + 1] + 1) for j in range(self._count)]
        self._stages = self._find_stages(bounds)
        self._there = bytearray(step.size)
        self._stored = bytearray(step.size)
        self._schedule: Schedule = []
        self._next = step.loss + 1
        self._temporary: list[int] = []

    def _find_stages(self, bounds: list[int]) -> list[int]:
        """Returns the segment that each op of the backward half reverses.

        It is the lowest segment that the op or an earlier one reads; a state counts to the segment
        that starts from it.
        """
        step = self._step
        segment = [0] * step.size
        for j, ops in enumerate(self._ops):
            for op in ops:
                segment[op] = j
        for j, state in enumerate(self._states):
            for op in state:
                segment[op] = j
        stages, stage = [], self._count - 1
        for op in range(step.loss + 1, step.size):
            read = [segment[source] for source in step.inputs[op] if source <= step.loss]
            stage = min([stage, *read])
            stages.append(stage)
        return stages

    def run(self, slots: int) -> Schedule:
        """Returns the schedule with `slots` checkpoints, the start of the chain included."""
        step, there = self._step, self._there
        self._schedule = list(range(step.loss + 1))
        for op in range(step.loss + 1):
            there[op] = not step.recomputable[op]
        # The forward sweep has stored the states on the right spine of the recursion, and leaves
        # the last segment's values.
        for op in self._ops[-1]:
            there[op] = 1
        pending = [(0, self._count, max(1, slots), True)]
        while pending:
            low, high, free, swept = pending.pop()
            if low < 0:  # a checkpoint is given up
                self._drop(self._states[high])
                continue
            if high - low == 1:
                self._reverse(low)
                continue
            if free == 1:
                # No room: each segment is reached from the start again.
                for segment in range(low, high):
                    pending.append((segment, segment + 1, 1, False))
                continue
            middle = low + split(high - low, free)
            self._store(middle, swept)
            pending.append((low, middle, free, False))
            pending.append((-1, middle, 0, False))
            pending.append((middle, high, free - 1, swept))
        self._run_backward(0)
        return self._schedule

    def _store(self, segment: int, swept: bool) -> None:
        """Stores the state that `segment` starts from; the first sweep has just made it."""
        for op in self._states[segment]:
            self._stored[op] = 1
        if swept:
            for op in self._states[segment]:
                self._there[op] = 1
            return
        self._make(self._states[segment])
        self._forget()

    def _drop(self, state: list[int]) -> None:
        for op in state:
            self._stored[op] = 0
            self._there[op] = not self._step.recomputable[op]

    def _make(self, wanted: list[int]) -> None:
        missing = [op for op in wanted if not self._there[op]]
        made = missing_ancestors(self._step, missing, self._there)
        self._schedule += made
        self._temporary = made

    def _forget(self) -> None:
        """Forgets what was made on the way to a state."""
        for op in self._temporary:
            self._there[op] = self._stored[op] or not self._step.recomputable[op]

    def _reverse(self, segment: int) -> None:
        """Runs the backward ops of `segment`, recomputing its values when they are read."""
        self._run_backward(segment)
        for op in [*self._ops[segment], *self._states[segment]]:
            self._there[op] = self._stored[op] or not self._step.recomputable[op]

    def _run_backward(self, segment: int) -> None:
        step, there = self._step, self._there
        first = step.loss + 1
        while self._next < step.size and self._stages[self._next - first] >= segment:
            op = self._next
            self._make([source for source in step.inputs[op] if not there[source]])
            self._schedule.append(op)
            there[op] = 1
            # What lies outside the segment was made on the way to it and is not kept.
            inside, state = self._ops[segment], self._states[segment]
            for made in self._temporary:
                if made not in inside and made not in state:
                    there[made] = self._stored[made] or not step.recomputable[made]
            self._next += 1
