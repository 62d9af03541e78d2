# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Maximum flow in integers (Dinic), with the minimum cut nearest to the sink."""

from __future__ import annotations


class FlowNetwork:
    """A directed network; node 0 is the source, node 1 the sink."""

    SOURCE, SINK = 0, 1
    #: Larger than every sum of finite capacities in use.
    INFINITE = 1 << 100

    def __init__(self, nodes: int) -> None:
        self._edges: list[list[int]] = [[] for _ in range(nodes)]
        self._head: list[int] = []
        self._room: list[int] = []

    def add(self, start: int, end: int, capacity: int) -> None:
        """Adds an edge."""
        self._edges[start].append(len(self._head))
        self._head.append(end)
        self._room.append(capacity)
        self._edges[end].append(len(self._head))
        self._head.append(start)
        self._room.append(0)

    def run(self) -> int:
        """Pushes a maximum flow and returns it. Cost: short where source and sink lie close."""
        total = 0
        while True:
            levels = self._levels()
            if levels is None:
                return total
            total += self._block(levels)

    def _levels(self) -> list[int] | None:
        """Returns the distances to the sink, or None if the source does not reach it."""
        levels = [-1] * len(self._edges)
        levels[self.SINK] = 0
        queue = [self.SINK]
        head, room, edges = self._head, self._room, self._edges
        for node in queue:
            below = levels[node] + 1
            for edge in edges[node]:
                other = head[edge]
                if levels[other] < 0 and room[edge ^ 1] > 0:
                    levels[other] = below
                    queue.append(other)
        return levels if levels[self.SOURCE] >= 0 else None

    def _block(self, levels: list[int]) -> int:
        """Pushes a blocking flow along edges that lead one level down."""
        head, room, edges = self._head, self._room, self._edges
        at = [0] * len(edges)
        total, path, node = 0, [], self.SOURCE
        while True:
            if node == self.SINK:
                flow = min(room[edge] for edge in path)
                total += flow
                full = -1
                for index, edge in enumerate(path):
                    room[edge] -= flow
                    room[edge ^ 1] += flow
                    if full < 0 and room[edge] == 0:
                        full = index
                node = head[path[full] ^ 1]
                del path[full:]
                continue
            mine = edges[node]
            while at[node] < len(mine):
                edge = mine[at[node]]
                if room[edge] > 0 and levels[head[edge]] == levels[node] - 1:
                    break
                at[node] += 1
            else:
                if not path:
                    return total
                edge = path.pop()
                node = head[edge ^ 1]
                at[node] += 1
                continue
            path.append(edge)
            node = head[edge]

    def reaches_sink(self) -> list[bool]:
        """Returns which nodes still reach the sink after `run`: the sink's side of the cut."""
        found = [False] * len(self._edges)
        found[self.SINK] = True
        queue = [self.SINK]
        for node in queue:
            for edge in self._edges[node]:
                other = self._head[edge]
                if not found[other] and self._room[edge ^ 1] > 0:
                    found[other] = True
                    queue.append(other)
        return found
