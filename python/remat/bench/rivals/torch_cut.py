# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The min cut of PyTorch's partitioner: which forward values are saved, under which bans."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, replace

from remat.bench.rivals.flow import FlowNetwork
from remat.bench.rivals.step import Step

#: Kinds on torch's list of recomputable ops. What is missing there: concatenation, padding,
#: pooling, scatter, sorting and whatever has a region.
RECOMPUTABLE = frozenset(
    ["elementwise", "reduce", "broadcast", "view", "transpose", "slice", "gather", "constant"]
)
RANDOM = frozenset(["random"])
INTENSIVE = frozenset(["dot", "convolution"])
FUSIBLE = RECOMPUTABLE | RANDOM


@dataclass(frozen=True)
class Bans:
    """Which reasons forbid recomputing an op; all are on by default, as in torch's config."""

    used_far_apart: bool = True
    long_fusible_chains: bool = True
    materialized_backward: bool = True
    not_in_allowlist: bool = True


DEFAULT = Bans()
MORE_AGGRESSIVE = replace(
    DEFAULT, used_far_apart=False, long_fusible_chains=False, materialized_backward=False
)
AGGRESSIVE = replace(MORE_AGGRESSIVE, not_in_allowlist=False)


class Partitioner:
    """Cuts one step. Op v has nodes 2v + 2 (in) and 2v + 3 (out) in the network."""

    #: The distance of what no backward op depends on.
    FAR = 10**9
    CHAIN = 100

    def __init__(self, step: Step) -> None:
        self._step = step
        self._end = step.loss + 1
        self._order = self._forward_order()
        self.distance = self._distances()
        self._weights = [self._weight(op) for op in range(self._end)]

    def _forward_order(self) -> list[int]:
        """Returns the place of each forward op among them, or -1 for other ops."""
        order, place = [], 0
        for op in range(self._step.size):
            forward = op < self._end and self._step.forward[op]
            order.append(place if forward else -1)
            place += forward
        return order

    def _is_forward(self, op: int) -> bool:
        return self._order[op] >= 0

    def _distances(self) -> list[int]:
        """Returns how many forward ops lie between each op and the backward."""
        distance = [0] * self._step.size
        for op in range(self._end - 1, -1, -1):
            if self._is_forward(op):
                users = self._step.users[op]
                distance[op] = min([self.FAR, *(distance[user] + 1 for user in users)])
        return distance

    def _fuses(self, op: int, user: int) -> bool:
        kinds = self._step.kinds
        return kinds[user] == "concat" or (kinds[op] in FUSIBLE and kinds[user] in FUSIBLE)

    def _weight(self, op: int) -> int:
        """Returns the price of saving an op's result: bytes, more the further from the backward."""
        size = int(self._step.bytes[op] * 1.1 ** max(min(self.distance[op], 100), 1))
        materialized = not all(self._fuses(op, user) for user in self._step.users[op])
        return size if materialized else 2 * size

    def _is_banned(self, op: int, bans: Bans) -> bool:
        step, kind = self._step, self._step.kinds[op]
        if not step.recomputable[op]:
            return True
        if bans.not_in_allowlist and kind not in RECOMPUTABLE:
            return True
        if kind in RANDOM or kind in INTENSIVE:
            return True
        if bans.materialized_backward and any(
            not self._is_forward(user) and not self._fuses(op, user) for user in step.users[op]
        ):
            return True
        return 4 * step.bytes[op] < sum(step.bytes[source] for source in step.inputs[op])

    def cut(
        self, bans: Bans, freed: frozenset[int] = frozenset()
    ) -> tuple[frozenset[int], list[int]]:
        """Returns the ops whose results are saved, and those banned from recomputation.

        `freed` are ops that no ban applies to.
        """
        banned = {
            op for op in range(self._end) if self._is_forward(op) and self._is_banned(op, bans)
        } - freed
        if bans.used_far_apart:
            self._ban_used_far_apart(banned, freed)
        if bans.long_fusible_chains:
            self._ban_long_chains(banned, freed)
        network = FlowNetwork(2 * self._end + 2)
        for op in range(self._end):
            if op in banned:
                network.add(network.SOURCE, 2 * op + 2, network.INFINITE)
            network.add(2 * op + 2, 2 * op + 3, self._weights[op])
            users = self._step.users[op]
            for user in users:
                if user < self._end:
                    network.add(2 * op + 3, 2 * user + 2, network.INFINITE)
            if users and users[-1] >= self._end:
                network.add(2 * op + 3, network.SINK, network.INFINITE)
        network.run()
        sink = network.reaches_sink()
        saved = frozenset(
            op for op in range(self._end) if sink[2 * op + 3] and not sink[2 * op + 2]
        )
        return saved, sorted(banned)

    def _ban_used_far_apart(self, banned: set[int], freed: frozenset[int]) -> None:
        """Bans readers that lie beyond an op which does not fuse with what reads the same value."""
        order, users = self._order, self._step.users
        for op in range(self._end):
            if not self._is_forward(op):
                continue
            readers = [user for user in users[op] if user < self._end and self._is_forward(user)]
            if len(readers) < 2:
                continue
            first = self._first_unfusible(readers)
            for user in readers:
                if order[user] > first and self._fuses(op, user) and user not in freed:
                    banned.add(user)

    def _first_unfusible(self, starts: list[int]) -> int:
        """Returns the place of the first op that does not fuse, on the way from `starts`."""
        order = self._order
        limit = max(order[op] for op in starts)
        waiting = [(order[op], op, True) for op in starts]
        heapq.heapify(waiting)
        seen = set(waiting)
        while waiting:
            _, op, fuses = heapq.heappop(waiting)
            if not fuses:
                return order[op]
            for user in self._step.users[op]:
                if user < self._end and self._is_forward(user) and order[user] <= limit:
                    entry = (order[user], user, self._fuses(op, user))
                    if entry not in seen:
                        seen.add(entry)
                        heapq.heappush(waiting, entry)
        return limit

    def _ban_long_chains(self, banned: set[int], freed: frozenset[int]) -> None:
        """Bans ops more than `CHAIN` ops into a run of ops that all fuse."""
        order, visited = self._order, set()
        for start in range(self._end):
            if not self._is_forward(start):
                continue
            waiting = [(order[start], start)]
            while waiting:
                _, op = heapq.heappop(waiting)
                if op in visited:
                    continue
                visited.add(op)
                if order[op] > order[start] + self.CHAIN and not waiting:
                    if op not in freed:
                        banned.add(op)
                    break
                for user in self._step.users[op]:
                    if (
                        user < self._end
                        and self._is_forward(user)
                        and self._fuses(op, user)
                        and user not in banned
                    ):
                        heapq.heappush(waiting, (order[user], user))
