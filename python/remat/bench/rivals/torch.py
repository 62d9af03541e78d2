# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""PyTorch's min-cut partitioner with `activation_memory_budget`, as it is.

Reimplemented from torch/_functorch/partitioners.py: a first min cut with all bans; if the budget, a
ratio of the bytes that this cut saves, asks for less, two cuts with fewer bans; and if those save
too much, a 0-1 knapsack over the ops that the last cut may not recompute says which of them it may,
and a last cut follows. The budget being a ratio and no peak, it is swept, and the cheapest plan
whose replayed peak fits is taken. The solver is the dynamic program (the default) or the greedy
one; runtimes are this bench's costs, which stands for the setting `profile`. Backward ops recompute
just in time, as torch orders them.

A step has neither tangents nor a joint graph, so: forward ops are torch's required forward; ops up
to the loss of other phases are unclaimed, as torch calls them; all ops after it are the backward.
Arguments are free to save, as parameters are in torch. Free ops are folded, so no op is a view.
"""

from __future__ import annotations

from remat.bench.rivals import knapsack
from remat.bench.rivals.answer import Planner, Pool, just_in_time
from remat.bench.rivals.step import Step
from remat.bench.rivals.torch_cut import AGGRESSIVE, DEFAULT, MORE_AGGRESSIVE, Partitioner

#: Budgets tried, in parts of 1 / RATIOS.
RATIOS = 20
SOLVERS = {"dp": knapsack.dynamic, "greedy": knapsack.greedy}


def torch(step: Step) -> Planner:
    """Returns the planner over both solvers and all ratios."""
    pool = Pool(step)
    seen = set()
    saver = BudgetedSaver(step)
    for solver in SOLVERS:
        for part in range(RATIOS + 1):
            saved = saver.saved(part / RATIOS, solver)
            if saved not in seen:
                seen.add(saved)
                kept = bytearray(step.loss + 1)
                for op in saved:
                    kept[op] = 1
                note = f"ratio {part / RATIOS:g}, {solver}"
                pool.add(just_in_time(step, step.loss, kept), note)
    return pool.plan


class BudgetedSaver:
    """Chooses what is saved for each ratio and solver."""

    def __init__(self, step: Step) -> None:
        self._step = step
        self._partitioner = Partitioner(step)
        self._first, _ = self._partitioner.cut(DEFAULT)
        self._more, _ = self._partitioner.cut(MORE_AGGRESSIVE)
        self._most, banned = self._partitioner.cut(AGGRESSIVE)
        # Saving the inputs alone is charged nothing here: it is the zero of the ratio.
        self._whole = self._size(self._first)
        items = [op for op in banned if self._partitioner.distance[op] < self._partitioner.FAR]
        self._items = sorted(items, key=lambda op: step.bytes[op], reverse=True)
        self._items = [op for op in self._items if step.bytes[op] > 0]
        self._cuts: dict[frozenset[int], frozenset[int]] = {}

    def _size(self, ops: frozenset[int]) -> int:
        return sum(self._step.bytes[op] for op in ops)

    def saved(self, ratio: float, solver: str) -> frozenset[int]:
        """Returns the ops whose results are saved for the backward."""
        if ratio == 0:
            return frozenset()
        if ratio == 1 or self._whole == 0:
            return self._first
        for saved in (self._more, self._most):
            if self._size(saved) / self._whole < ratio:
                return saved
        if not self._items:
            return frozenset()
        sizes = [self._step.bytes[op] / self._whole for op in self._items]
        runtimes = [float(max(self._step.costs[op], 1)) for op in self._items]
        chosen = set(SOLVERS[solver](sizes, runtimes, ratio))
        freed = frozenset(op for item, op in enumerate(self._items) if item not in chosen)
        if freed not in self._cuts:
            self._cuts[freed], _ = self._partitioner.cut(AGGRESSIVE, freed)
        return self._cuts[freed]
