# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What a program will measure, learnt from those that were measured."""

from __future__ import annotations

from collections.abc import Sequence

#: (what the planner was given, what was measured), both in bytes.
Point = tuple[int, int]


def expect(level: int, mine: Sequence[Point], others: Sequence[Point], plain: Point) -> int:
    """Returns the temporaries to expect of a plan for `level` bytes.

    `mine` were measured with the same encoding, `others` with others, `plain` is the program
    as it came. Between two points the line through them; beyond them, and with one point
    only, the ratio of the nearest. Integers throughout, rounded up.
    """
    known = sorted(set(mine) or set(others) or {plain})
    below = [point for point in known if point[0] <= level]
    above = [point for point in known if point[0] > level]
    if not below or not above:
        near, measured = above[0] if above else below[-1]
        return -(-level * measured // max(near, 1))
    (left, low), (right, high) = below[-1], above[0]
    return low + -(-(level - left) * (high - low) // (right - left))
