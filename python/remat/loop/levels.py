# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The budgets that the planner is given: a grid that depends on the program only."""

from __future__ import annotations

#: Neighbouring levels differ by one part in this many.
_STEP = 40


class Levels:
    """Descending budgets from `top`, the plain program's predicted peak.

    Nearby budgets of a user so lead to the same plans, whose measurements are then known.
    `bottom` is the smallest peak that the planner reaches, 1 until that is known; the level
    there need not be on the grid.
    """

    def __init__(self, top: int) -> None:
        self.top = top
        self.bottom = 1

    def below(self, level: int) -> int:
        """Returns the largest level under `level`, or the bottom."""
        found = self.top
        while found >= level and found > self.bottom:
            found = max(found * (_STEP - 1) // _STEP, self.bottom)
        return found

    def above(self, level: int) -> int:
        """Returns the smallest level over `level`, or the top."""
        found = self.top
        while (lower := found * (_STEP - 1) // _STEP) > level:
            found = lower
        return found

    def at_most(self, level: int) -> int:
        """Returns the largest level that is not over `level`, or the bottom."""
        return self.below(level + 1)
