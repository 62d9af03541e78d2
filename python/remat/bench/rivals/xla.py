# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""XLA's HloRematerialization in its default form (kAlwaysRemat), for graphs without calls.

Reimplemented from the description in its source (openxla/xla, hlo_rematerialization.{h,cc}): walk
the schedule; where the live bytes exceed the limit, recompute the item with the least
`limit // bytes saved` among those placed so far (the earliest wins a tie; computing time plays no
part), for all its uses to come, just before the first of them and before the last reader of any of
its operands; an item that nothing has read yet moves at no cost. Without such an item, blocks of
2, 3-4, 5-8, ... consecutive items are tried up to `block_size_limit`, for at most
`block_rematerialization_factor` times the effort of the search for single items. Compression and
host offload are left out: they need layouts and a host. Outputs are charged nothing, as there.
"""

from __future__ import annotations

import numpy as np

from remat.bench.rivals.answer import Answer, Planner
from remat.bench.rivals.simulate import simulate
from remat.bench.rivals.step import Step
from remat.bench.rivals.xla_list import InstructionList

#: (block_size_limit, block_rematerialization_factor): XLA:GPU's own, and two with blocks.
SETTINGS = ((1, 1), (8, 1), (32, 4))
#: Our own limit, for time: after that many program points where no block helps, a run looks for
#: single items only. XLA goes on, but over the limit there is nothing left to win for it.
PATIENCE = 100
#: Kinds that the pass never recomputes.
NEVER = ("constant", "custom", "loop", "branch")


def xla(step: Step) -> Planner:
    """Returns the planner that takes the cheapest of `SETTINGS` that fits.

    An op whose every use was moved to a recomputation runs there only: the order of first
    executions changes.
    """
    return _planner(step, False)


def xla_in_base_order(step: Step) -> Planner:
    """Returns the same planner, but what XLA moves also runs, and is paid, at its first place."""
    return _planner(step, True)


def _planner(step: Step, base_order: bool) -> Planner:
    def plan(budget: int) -> Answer:
        best, smallest = None, None
        for block, factor in SETTINGS:
            schedule = Rematerialization(step, budget, block, factor).run(base_order)
            replay = simulate(step, schedule)
            smallest = min(smallest or replay.peak, replay.peak)
            if replay.peak <= budget and (best is None or replay.cost < best[0]):
                best = (replay.cost, schedule, f"block_size_limit={block}")
        if best is None:
            return Answer(None, f"smallest peak {smallest} B")
        return Answer(best[1], best[2])

    return plan


class Rematerialization:
    """One run of the pass. Items are executions; item i < n is op i of the step."""

    def __init__(self, step: Step, limit: int, block_size_limit: int, factor: int) -> None:
        count = step.size
        self._step, self._limit = step, limit
        self._block_limit, self._factor = block_size_limit, factor
        self._list = InstructionList(count)
        self._op = list(range(count))
        self._inputs = [list(inputs) for inputs in step.inputs]
        self._users = [list(users) for users in step.users]
        self._unfinished = [len(users) for users in step.users]
        self._placed = bytearray(count)
        self._denied = bytearray(count)
        self._moves: set[int] = set()
        self._memory, self._vain = 0, 0
        # By item, for the placed ones: bytes given back, bytes that come alive again, whether it
        # can be recomputed, and how many readers are placed.
        self._saved = np.zeros(4 * count + 64, dtype=np.int64)
        self._revived = np.zeros(4 * count + 64, dtype=np.int64)
        self._allowed = np.zeros(4 * count + 64, dtype=bool)
        self._readers = np.zeros(4 * count + 64, dtype=np.int32)
        self._order = np.zeros(4 * count + 64, dtype=np.int64)
        self._place = [-1] * count
        self._count = 0

    def run(self, base_order: bool = False) -> list[int]:
        """Returns the schedule after the pass.

        Executions that nothing reads any more are removed, first ones only without `base_order`.
        """
        item = self._list.first()
        while item >= 0:
            self._begin(item)
            if self._size(item) > 0:
                self._reduce(item)
            self._end(item)
            item = self._list.next(item)
        return self._schedule(base_order)

    def _size(self, item: int) -> int:
        op = self._op[item]
        return 0 if self._step.output[op] else self._step.bytes[op]

    def _is_live(self, item: int) -> bool:
        return bool(self._placed[item]) and self._unfinished[item] > 0

    def _begin(self, item: int) -> None:
        self._placed[item] = 1
        self._memory += self._size(item)
        self._grow(item)
        self._place[item] = self._count
        self._order[self._count] = item
        self._count += 1
        op = self._op[item]
        self._allowed[item] = (
            self._step.recomputable[op]
            and not self._step.output[op]
            and self._step.kinds[op] not in NEVER
            and not self._denied[item]
        )
        self._revived[item] = sum(
            self._size(source) for source in self._inputs[item] if not self._is_live(source)
        )
        for source in self._inputs[item]:
            self._readers[source] += 1
        if self._unfinished[item] > 0:
            self._set_live(item, True)

    def _grow(self, item: int) -> None:
        if item < len(self._saved):
            return
        for name in ("_saved", "_revived", "_allowed", "_readers", "_order"):
            array = getattr(self, name)
            setattr(self, name, np.concatenate([array, np.zeros_like(array)]))

    def _set_live(self, item: int, live: bool) -> None:
        """Notes that an item's buffer has come alive or died at this point."""
        size = self._size(item)
        self._saved[item] = size if live else 0
        for user in self._users[item]:
            if self._placed[user]:
                self._revived[user] += -size if live else size

    def _end(self, item: int) -> None:
        for source in self._inputs[item]:
            self._unfinished[source] -= 1
            if self._unfinished[source] == 0:
                self._memory -= self._size(source)
                self._set_live(source, False)
        if self._unfinished[item] == 0:
            self._memory -= self._size(item)

    def _reduce(self, item: int) -> None:
        """Recomputes blocks until the memory at `item`, which is running, is within the limit."""
        smallest = largest = 1
        first_effort, second_effort, first_phase = 0, 0, True
        while self._memory > self._limit:
            block, effort = self._pick(item, smallest, largest)
            if first_phase:
                first_effort += effort
            else:
                second_effort += effort
            if block:
                self._recompute(block)
                smallest = largest = 1
            else:
                smallest, largest, first_phase = largest + 1, 2 * largest, False
            limit = self._block_limit if self._vain < PATIENCE else 1
            if largest > limit or second_effort > self._factor * first_effort:
                self._vain += 1
                break

    def _pick(self, running: int, smallest: int, largest: int) -> tuple[list[int], int]:
        """Returns the best block of consecutive placed items, and the number of blocks weighed."""
        placed = self._order[: self._count - 1]  # without the running item
        stops = ~self._allowed[placed]
        blocked = np.zeros(len(placed), dtype=bool)
        for source in self._inputs[running]:
            blocked[self._place[source]] = True
        gain = self._saved[placed] - self._revived[placed]
        unread = self._readers[placed] == 0
        pairs = self._pairs(placed, largest) if largest > 1 else None
        best: tuple[int, int, int] | None = None
        effort = 0
        for length in range(smallest, min(largest, len(placed)) + 1):
            starts = len(placed) - length + 1
            open_ = _window(stops, length) == 0
            effort += int(open_.sum())
            saved = _window(gain, length)
            if pairs is not None:
                saved = saved + _inside(pairs, length, starts)
            fits = open_ & (_window(blocked, length) == 0) & (saved > 0)
            if not fits.any():
                continue
            cost = np.where(fits, self._limit // np.where(fits, saved, 1), np.iinfo(np.int64).max)
            cost[fits & (_window(unread, length) == length)] = 0
            start = int(cost.argmin())
            candidate = (int(cost[start]), start, length)
            best = candidate if best is None else min(best, candidate)
        if best is None:
            return [], effort
        _, start, length = best
        return [int(item) for item in placed[start : start + length]], effort

    def _pairs(self, placed: np.ndarray, longest: int) -> np.ndarray:
        """Returns (maker, reader, bytes) of dead operands, by place, up to `longest` - 1 apart."""
        found = [(0, longest, 0)]
        for place in np.nonzero(self._revived[placed])[0].tolist():
            for source in self._inputs[int(placed[place])]:
                made = self._place[source]
                if place - made < longest and not self._is_live(source):
                    found.append((made, place, self._size(source)))
        return np.array(found, dtype=np.int64)

    def _recompute(self, block: list[int]) -> None:
        """Recomputes the block's items for their readers to come, the last item first."""
        for item in reversed(block):
            waiting = [user for user in self._users[item] if not self._placed[user]]
            if waiting:
                self._clone(item, waiting)

    def _clone(self, item: int, waiting: list[int]) -> None:
        clone = len(self._op)
        self._op.append(self._op[item])
        self._inputs.append(list(self._inputs[item]))
        self._users.append(waiting)
        self._unfinished.append(len(waiting))
        self._placed.append(0)
        self._denied.append(0)
        self._place.append(-1)
        for source in self._inputs[item]:
            if self._unfinished[source] == 0:
                self._memory += self._size(source)
                self._set_live(source, True)
            self._unfinished[source] += 1
            self._users[source].append(clone)
        self._users[item] = [user for user in self._users[item] if self._placed[user]]
        self._unfinished[item] = 0
        self._memory -= self._size(item)
        self._set_live(item, False)
        before = list(waiting)
        for user in waiting:
            inputs = self._inputs[user]
            inputs[inputs.index(item)] = clone
        for source in self._inputs[clone]:
            before += [u for u in self._users[source] if u != clone and not self._placed[u]]
        self._list.insert_before(clone, before)
        if not self._users[item]:
            if item in self._moves:
                self._denied[clone] = 1
            self._moves.add(clone)

    def _schedule(self, base_order: bool) -> list[int]:
        readers = [len(users) for users in self._users]
        order = self._list.items()
        dead = set()
        for item in reversed(order):
            first = item < self._step.size
            # What nothing read before the pass is not its business either.
            used = first and (base_order or not self._step.users[item])
            if readers[item] == 0 and not used and not self._step.output[self._op[item]]:
                dead.add(item)
                for source in self._inputs[item]:
                    readers[source] -= 1
        return [self._op[item] for item in order if item not in dead]


def _inside(pairs: np.ndarray, length: int, starts: int) -> np.ndarray:
    """Returns the bytes of dead operands that each block of `length` makes itself."""
    made, place, size = pairs.T
    low, high = np.maximum(0, place - length + 1), np.minimum(made, starts - 1)
    held = low <= high
    change = np.zeros(starts + 1, dtype=np.int64)
    np.add.at(change, low[held], size[held])
    np.subtract.at(change, high[held] + 1, size[held])
    return np.cumsum(change[:-1])


def _window(values: np.ndarray, length: int) -> np.ndarray:
    """Returns the sums of all windows of `length` values."""
    sums = np.concatenate([[0], np.cumsum(values, dtype=np.int64)])
    return sums[length:] - sums[:-length]
