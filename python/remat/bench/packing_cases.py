# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Buffers to pack, made from seeds: the same on every machine."""

from __future__ import annotations

from typing import NamedTuple

CAPACITY = 1 << 20
#: Sizes and offsets of hard cases are multiples of this.
GRAIN = 1 << 10
#: Of the eleven cases that MiniMalloc publishes (github.com/google/minimalloc,
#: benchmarks/challenging, A to K): buffers, points of time, and percent of the times
#: between these at which 99 % or more of the most bytes are live.
HARD_SIZES = {
    "a": (154, 72, 24),
    "b": (170, 83, 70),
    "c": (203, 100, 91),
    "d": (213, 103, 6),
    "e": (215, 114, 15),
    "f": (296, 175, 14),
    "g": (308, 187, 19),
    "h": (316, 200, 9),
    "i": (374, 179, 19),
    "j": (409, 213, 1),
    "k": (454, 243, 45),
}
_MASK = (1 << 64) - 1


class Buffer(NamedTuple):
    """`size` bytes, live in the times [lower, upper)."""

    lower: int
    upper: int
    size: int


class Numbers:
    """SplitMix64 (Steele, Lea, Flood, OOPSLA 2014)."""

    def __init__(self, seed: int) -> None:
        self._state = seed & _MASK

    def below(self, bound: int) -> int:
        """Returns a number in [0, bound)."""
        self._state = (self._state + 0x9E3779B97F4A7C15) & _MASK
        z = self._state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
        return (z ^ (z >> 31)) % bound


class _Piece(NamedTuple):
    """A rectangle of times [left, right) and grains [low, high)."""

    left: int
    right: int
    low: int
    high: int

    def area(self) -> int:
        return (self.right - self.left) * (self.high - self.low)


def hard_case(count: int, points: int, full: int, seed: int) -> list[Buffer]:
    """Returns `count` buffers that fill a rectangle of `points` - 1 times and CAPACITY bytes.

    A rectangle is cut until it has `count` pieces, so a packing without a gap exists. Then
    pieces give up times at their ends, but none of the `full` percent of times at
    which CAPACITY bytes stay live. The pieces are shuffled.
    """
    numbers = Numbers(seed)
    times = set(range(1, points - 1))
    pieces = [_Piece(0, points - 1, 0, CAPACITY // GRAIN)]
    while len(pieces) < count:
        # The largest of some: pieces of many sizes, few of them tiny.
        drawn = [numbers.below(len(pieces)) for _ in range(3)]
        pieces.extend(
            _cut(pieces.pop(max(drawn, key=lambda i: (pieces[i].area(), -i))), numbers, times)
        )
    del pieces[count:]  # a pinwheel may make too many: gaps are no harm
    kept = {at for at in range(points - 1) if numbers.below(100) < full}
    kept.add(numbers.below(points - 1))
    buffers = [_perturbed(piece, numbers, kept) for piece in pieces]
    for last in range(len(buffers) - 1, 0, -1):
        other = numbers.below(last + 1)
        buffers[last], buffers[other] = buffers[other], buffers[last]
    return buffers


def _time_within(left: int, right: int, numbers: Numbers, times: set[int]) -> int:
    """Returns a time between both, if a few draws find one that is still in `times`."""
    for _ in range(8):
        if (at := left + 1 + numbers.below(right - left - 1)) in times:
            break
    times.discard(at)
    return at


def _cut(piece: _Piece, numbers: Numbers, times: set[int]) -> list[_Piece]:
    """Cuts a piece in two, or in five around a middle one."""
    left, right, low, high = piece
    width, height = right - left, high - low
    if width >= 3 and height >= 3 and numbers.below(3) == 0:
        a = _time_within(left, right - 1, numbers, times)
        b = _time_within(a, right, numbers, times)
        c = low + 1 + numbers.below(height - 2)
        d = c + 1 + numbers.below(high - c - 1)
        return [
            _Piece(left, b, low, c),
            _Piece(b, right, low, d),
            _Piece(a, right, d, high),
            _Piece(left, a, c, high),
            _Piece(a, b, c, d),
        ]
    if width >= 2 and (height < 2 or numbers.below(2)):
        at = _time_within(left, right, numbers, times)
        return [_Piece(left, at, low, high), _Piece(at, right, low, high)]
    if height >= 2:
        at = low + 1 + numbers.below(height - 1)
        return [_Piece(left, right, low, at), _Piece(left, right, at, high)]
    return [piece]


def _perturbed(piece: _Piece, numbers: Numbers, kept: set[int]) -> Buffer:
    left, right, low, high = piece
    while right - left > 1 and left not in kept and numbers.below(3) == 0:
        left += 1
    while right - left > 1 and right - 1 not in kept and numbers.below(3) == 0:
        right -= 1
    return Buffer(left, right, (high - low) * GRAIN)


def random_buffers(count: int, seed: int) -> list[Buffer]:
    """Returns buffers of 64 B to 4 MiB: a third live long, as what is kept for a backward
    pass, the rest a few times, each at a random time; sizes are products of small numbers."""
    numbers = Numbers(seed)
    buffers = []
    for _ in range(count):
        lower = numbers.below(count)
        span = numbers.below(count // 20 + 1) if numbers.below(100) == 0 else numbers.below(32)
        size = 64 << numbers.below(17)
        buffers.append(Buffer(lower, lower + 1 + span, size - 64 * numbers.below(size // 64)))
    return buffers


def csv_of(buffers: list[Buffer]) -> str:
    """Returns the buffers in the form that remat-plan pack reads."""
    rows = (f"{i},{b.lower},{b.upper},{b.size}\n" for i, b in enumerate(buffers))
    return "id,lower,upper,size\n" + "".join(rows)
