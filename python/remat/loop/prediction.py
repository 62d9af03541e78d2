# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What a program will measure, learnt from those that were measured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Point(NamedTuple):
    """A program: the temporaries that were predicted, and what was measured. Bytes.

    `scratch` of the measured ones are work space of library calls, which the prediction does
    not know and no plan changes.
    """

    predicted: int
    measured: int
    scratch: int = 0


def expect(predicted: int, mine: Sequence[Point], others: Sequence[Point], plain: Point) -> int:
    """Returns the temporaries to expect of a plan whose predicted peak is `predicted` bytes.

    `mine` were measured with the same encoding, `others` with others, `plain` is the program
    as it came. Between two points the line through them. Beyond them, and with one point only,
    the nearest: its scratch, and its ratio of the rest. Integers throughout, rounded up.

    Example: a plain program predicted at 100 was measured at 150, of which 30 are scratch; of
    a plan for 50, 30 + 50 * 120 / 100 = 90 are expected.
    """
    known = sorted(set(mine) or set(others) or {plain})
    below = [point for point in known if point.predicted <= predicted]
    above = [point for point in known if point.predicted > predicted]
    if not below or not above:
        near = above[0] if above else below[-1]
        rest = near.measured - near.scratch
        return near.scratch - (-predicted * rest // max(near.predicted, 1))
    low, high = below[-1], above[0]
    rise = (predicted - low.predicted) * (high.measured - low.measured)
    return low.measured - (-rise // (high.predicted - low.predicted))
