# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A second implementation of the approximate lower-set program, to check remat-plan against.

Follows Kusumoto et al. 2019 (arXiv 1905.11722) with the authors' evaluation: canonical strategy,
last segment recomputed, backward dependencies per op where the graph has them, then liveness.
It shares nothing with the C++ planner, and it can answer what that one cannot: which liveness
peaks the sequences have that tie for the answer of a memory-centric program.
"""

from __future__ import annotations

import dataclasses
import random
from functools import cached_property
from typing import Any

import numpy as np

_NEVER = np.iinfo(np.int64).max // 4


@dataclasses.dataclass(frozen=True)
class Network:
    """A paper graph {n, T, M, edges[, backward]}; `order` is topological, smaller id first."""

    n: int
    T: tuple[int, ...]
    M: tuple[int, ...]
    reads: tuple[tuple[int, ...], ...]
    readers: tuple[tuple[int, ...], ...]
    gradient_reads: tuple[frozenset[int], ...]
    differentiates: tuple[frozenset[int], ...]

    @staticmethod
    def of(graph: dict[str, Any]) -> Network:
        """Returns the network of a parsed paper graph."""
        n = graph["n"]
        reads, readers = [set() for _ in range(n)], [set() for _ in range(n)]
        for u, v in graph["edges"]:
            reads[v].add(u)
            readers[u].add(v)
        backward = graph.get("backward") or [{"need": r, "targets": r} for r in reads]
        return Network(
            n,
            tuple(graph["T"]),
            tuple(graph["M"]),
            tuple(tuple(sorted(nodes)) for nodes in reads),
            tuple(tuple(sorted(nodes)) for nodes in readers),
            tuple(
                frozenset(op["need"]) | ({v} if op.get("needs_out") else set())
                for v, op in enumerate(backward)
            ),
            tuple(frozenset(op["targets"]) for op in backward),
        )

    @cached_property
    def order(self) -> list[int]:
        """The nodes with every edge pointing forward, the smallest ready id first."""
        waiting = [len(nodes) for nodes in self.reads]
        ready = {v for v in range(self.n) if not waiting[v]}
        order = []
        while ready:
            v = min(ready)
            ready.remove(v)
            order.append(v)
            for w in self.readers[v]:
                waiting[w] -= 1
                if not waiting[w]:
                    ready.add(w)
        return order

    def outside(self, inside: np.ndarray) -> tuple[set[int], set[int]]:
        """Returns (readers of `inside` outside it, what those read outside it)."""
        readers = {w for v in np.flatnonzero(inside) for w in self.readers[v] if not inside[w]}
        return readers, {u for w in readers for u in self.reads[w] if not inside[u]}

    def boundary(self, inside: np.ndarray) -> list[int]:
        """Returns the members of a lower set that have a reader outside it."""
        return [v for v in np.flatnonzero(inside) if any(not inside[w] for w in self.readers[v])]


class ApproximateProgram:
    """The program over the lower sets made of a node and its ancestors, and the whole graph."""

    def __init__(self, network: Network) -> None:
        self.network = network
        ancestors = np.zeros((network.n, network.n), bool)
        for v in network.order:
            ancestors[v, v] = True
            for u in network.reads[v]:
                ancestors[v] |= ancestors[u]
        sets = np.vstack([ancestors, np.ones((1, network.n), bool)])
        sets = np.unique(sets, axis=0)
        #: sets[i, v]: node v is in set i. By size, the empty set first.
        self.sets = np.vstack([np.zeros((1, network.n), bool), sets[np.argsort(sets.sum(1))]])
        memory, time = np.array(network.M), np.array(network.T)
        self._bytes = self.sets @ memory
        self._time = self.sets @ time
        self.arcs = [self._arcs_into(i, memory, time) for i in range(len(self.sets))]

    def _arcs_into(self, target: int, memory: np.ndarray, time: np.ndarray):
        """Returns, for each set inside `target`: its index, time, bytes cached, transient bytes."""
        inside = self.sets[target]
        sources = np.flatnonzero(
            (self.sets.sum(1) < inside.sum()) & ~(self.sets & ~inside).any(axis=1)
        )
        boundary = self.network.boundary(inside)
        new = ~self.sets[np.ix_(sources, boundary)]
        readers, others = self.network.outside(inside)
        around = int(memory[list(readers)].sum() + memory[list(others)].sum())
        return (
            sources,
            self._time[target] - self._time[sources] - new @ time[boundary],
            new @ memory[boundary],
            2 * (self._bytes[target] - self._bytes[sources]) + around,
        )

    def within(self, budget: int) -> Table:
        """Returns the answers for sequences whose formula peak is at most `budget` bytes."""
        best = np.full((len(self.sets), int(self._time[-1]) + 1), _NEVER)
        best[0, 0] = 0
        for target in range(1, len(self.sets)):
            for source, time, cached, transient in zip(*self.arcs[target], strict=True):
                before = best[source, : best.shape[1] - time]
                fits = np.where(before + transient <= budget, before + cached, _NEVER)
                np.minimum(best[target, time:], fits, out=best[target, time:])
        return Table(self, budget, best)


@dataclasses.dataclass(frozen=True)
class Table:
    """best[set, t]: fewest bytes cached when `set` is done at overhead t, within the budget."""

    program: ApproximateProgram
    budget: int
    best: np.ndarray

    def overheads(self) -> tuple[int, int] | None:
        """Returns the smallest and largest overhead, or None if no sequence fits."""
        reached = np.flatnonzero(self.best[-1] < _NEVER)
        return (int(reached[0]), int(reached[-1])) if reached.size else None

    def tied_peaks(self, overhead: int, samples: int) -> tuple[int, int]:
        """Returns the smallest and largest liveness peak of `samples` tied sequences.

        All have that overhead and the fewest bytes cached; where several predecessors tie, one
        is drawn at random with a fixed seed.
        """
        draw = random.Random(0)
        peaks = []
        for _ in range(samples):
            target, left, path = len(self.best) - 1, overhead, []
            while target:
                path.append(self.program.sets[target])
                target, left = draw.choice(self._predecessors(target, left))
            peaks.append(liveness_peak(self.program.network, path[::-1]))
        return min(peaks), max(peaks)

    def _predecessors(self, target: int, left: int) -> list[tuple[int, int]]:
        return [
            (source, left - time)
            for source, time, cached, transient in zip(*self.program.arcs[target], strict=True)
            if time <= left
            and self.best[source, left - time] + transient <= self.budget
            and self.best[source, left - time] + cached == self.best[target, left]
        ]


def liveness_peak(network: Network, sequence: list[np.ndarray]) -> int:
    """Returns the peak bytes of the canonical strategy of lower sets L_1 ... L_k, with liveness.

    Counts after every op the live values and gradients, the result before its operands die.
    """
    executions = _canonical(network, sequence)
    last: dict[int, int] = {}
    dies: dict[int, list[int]] = {}
    for at in range(len(executions) - 1, -1, -1):
        result, operands = executions[at]
        dies.setdefault(last.pop(result, at), []).append(result)
        for value in operands:
            last.setdefault(value, at)
    live = peak = 0
    for at, (result, _) in enumerate(executions):
        live += network.M[result % network.n]
        peak = max(peak, live)
        live -= sum(network.M[value % network.n] for value in dies.get(at, ()))
    return peak


def _canonical(network: Network, sequence: list[np.ndarray]) -> list[tuple[int, set[int]]]:
    """Returns (result, operands) by execution; the gradient of v is value n + v."""
    n = network.n
    executions: list[tuple[int, set[int]]] = []

    def forward(v: int) -> None:
        executions.append((v, set(network.reads[v])))

    starts = [np.zeros(n, bool), *sequence[:-1]]
    segments = list(zip(starts, sequence, strict=True))
    for start, end in segments:
        for v in network.order:
            if end[v] and not start[v]:
                forward(v)
    cached: list[set[int]] = [set()]
    for end in sequence:
        cached.append(cached[-1] | set(network.boundary(end)))
    for i in range(len(sequence) - 1, -1, -1):
        start, end = segments[i]
        segment = [v for v in network.order if end[v] and not start[v]]
        # What is there: cached values, co-inputs of later ops, and the segment itself.
        present = (cached[i + 1] & set(np.flatnonzero(end))) | network.outside(end)[1]
        for v in segment:
            if v not in cached[i + 1]:
                forward(v)
        present.update(segment)
        for v in reversed(segment):
            users = [w for w in network.readers[v] if v in network.differentiates[w]]
            needed = set().union(*(network.gradient_reads[w] for w in users))
            for value in sorted(needed - present):
                forward(value)
            present |= needed
            executions.append((n + v, needed | {n + w for w in users}))
    return executions
