# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A list of instructions that says in constant time which of two comes first."""

from __future__ import annotations

#: Between the labels of neighbours, so that many fit in before all are labelled anew.
_GAP = 1 << 40


class InstructionList:
    """Items 0 ... count - 1 in order; further ones, numbered on, are inserted before others."""

    def __init__(self, count: int) -> None:
        self._next = [*range(1, count), -1] if count else []
        self._previous = list(range(-1, count - 1))
        self._labels = [_GAP * (index + 1) for index in range(count)]
        self._first = 0 if count else -1

    def first(self) -> int:
        """Returns the first item, or -1."""
        return self._first

    def next(self, item: int) -> int:
        """Returns the item after `item`, or -1."""
        return self._next[item]

    def insert_before(self, item: int, others: list[int]) -> None:
        """Inserts the new item `item` right before the earliest of `others`."""
        after = min(others, key=self._labels.__getitem__)
        before = self._previous[after]
        self._next.append(after)
        self._previous.append(before)
        self._previous[after] = item
        if before < 0:
            self._first = item
        else:
            self._next[before] = item
        low = self._labels[before] if before >= 0 else 0
        self._labels.append((low + self._labels[after]) // 2)
        if self._labels[item] == low:
            for index, other in enumerate(self.items()):
                self._labels[other] = _GAP * (index + 1)

    def items(self) -> list[int]:
        """Returns all items in order."""
        order, item = [], self._first
        while item >= 0:
            order.append(item)
            item = self._next[item]
        return order
