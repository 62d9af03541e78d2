# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What evicting a value is taken to cost, in the variants of Dynamic Tensor Rematerialization."""

from __future__ import annotations

import numpy as np

from remat.bench.rivals.step import Step


class LocalCosts:
    """The op's own cost. Also keeps which values are there, and which have been made."""

    def __init__(self, step: Step) -> None:
        self._step = step
        self._own = np.asarray(step.costs, dtype=float)
        self.there = bytearray(step.size)
        self._made = bytearray(step.size)

    def of(self, ops: np.ndarray) -> np.ndarray:
        """Returns the cost of evicting each of `ops`, which are there."""
        return self._own[ops]

    def evict(self, op: int) -> None:
        """Notes that the value of `op` is gone."""
        self.there[op] = 0

    def compute(self, op: int) -> None:
        """Notes that `op` has run."""
        self.there[op] = 1
        self._made[op] = 1

    def _is_evicted(self, op: int) -> bool:
        return bool(self._made[op]) and not self.there[op]

    def _neighbours(self, op: int) -> list[int]:
        return [*self._step.inputs[op], *self._step.users[op]]


class EqCosts(LocalCosts):
    """The own cost plus that of the evicted components next to it, by union-find.

    `_near[v]`, for a value that is there, is the sum over the distinct components among its
    evicted neighbours. `_border[r]`, for the root r of a component, holds the values there next
    to it.
    """

    def __init__(self, step: Step) -> None:
        super().__init__(step)
        self._parent: list[int] = []
        self._value: list[float] = []
        self._border: list[set[int]] = []
        self._node = [-1] * step.size
        self._near = np.zeros(step.size)

    def of(self, ops: np.ndarray) -> np.ndarray:
        return self._own[ops] + self._near[ops]

    def _find(self, op: int) -> int:
        node, parent = self._node[op], self._parent
        root = node
        while parent[root] != root:
            root = parent[root]
        while parent[node] != root:
            parent[node], node = root, parent[node]
        return root

    def evict(self, op: int) -> None:
        super().evict(op)
        node = len(self._parent)
        self._node[op] = node
        self._parent.append(node)
        self._value.append(self._step.costs[op])
        neighbours = self._neighbours(op)
        roots = {self._find(other) for other in neighbours if self._is_evicted(other)}
        border = {other for other in neighbours if self.there[other]}
        for root in roots:
            self._border[root].discard(op)
        self._add(border, self._value[node])
        self._border.append(border)
        for root in sorted(roots):
            node = self._merge(root, node)

    def _add(self, ops: set[int], value: float) -> None:
        if ops:
            self._near[np.fromiter(ops, dtype=np.int64, count=len(ops))] += value

    def _merge(self, a: int, b: int) -> int:
        """Joins two components; who bordered on one of them now borders on both."""
        big, small = (a, b) if len(self._border[a]) >= len(self._border[b]) else (b, a)
        both = self._border[big] & self._border[small]
        self._add(self._border[big] - both, self._value[small])
        self._add(self._border[small] - both, self._value[big])
        self._border[big] |= self._border[small]
        self._border[small] = set()
        self._parent[small] = big
        self._value[big] += self._value[small]
        return big

    def compute(self, op: int) -> None:
        if self._is_evicted(op):
            root = self._find(op)
            self._value[root] -= self._step.costs[op]
            self._add(self._border[root], -float(self._step.costs[op]))
            self._node[op] = -1
            super().compute(op)
            for other in self._neighbours(op):
                if other in self._border[root] and root not in self._roots(other):
                    self._border[root].discard(other)
                    self._near[other] -= self._value[root]
        else:
            super().compute(op)
        self._near[op] = 0.0
        for root in self._roots(op):
            self._border[root].add(op)
            self._near[op] += self._value[root]

    def _roots(self, op: int) -> set[int]:
        return {self._find(other) for other in self._neighbours(op) if self._is_evicted(other)}


class FullCosts(LocalCosts):
    """The own cost plus that of all evicted ops up and down from it, walked on every question."""

    def __init__(self, step: Step) -> None:
        super().__init__(step)
        self._cache: dict[int, float] = {}

    def of(self, ops: np.ndarray) -> np.ndarray:
        return np.array([self._cost(int(op)) for op in ops])

    def evict(self, op: int) -> None:
        super().evict(op)
        self._forget(op)

    def compute(self, op: int) -> None:
        super().compute(op)
        self._forget(op)

    def _forget(self, op: int) -> None:
        """Forgets the costs that depend on whether `op` is there."""
        self._cache.pop(op, None)
        for edges in (self._step.inputs, self._step.users):
            for other in self._walk(op, edges)[1]:
                self._cache.pop(other, None)

    def _cost(self, op: int) -> float:
        if op not in self._cache:
            costs = self._step.costs
            region = self._walk(op, self._step.inputs)[0] | self._walk(op, self._step.users)[0]
            self._cache[op] = float(costs[op] + sum(costs[other] for other in region))
        return self._cache[op]

    def _walk(self, op: int, edges: object) -> tuple[set[int], set[int]]:
        """Returns the evicted ops reached along `edges` through evicted ones, and the rim."""
        inside: set[int] = set()
        rim: set[int] = set()
        stack = [op]
        while stack:
            for other in edges[stack.pop()]:  # type: ignore[index]
                if self._is_evicted(other):
                    if other not in inside:
                        inside.add(other)
                        stack.append(other)
                else:
                    rim.add(other)
        return inside, rim
