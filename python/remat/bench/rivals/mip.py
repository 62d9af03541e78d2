# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Mixed-integer programs over 0-1 variables, solved by HiGHS, with bounds in whole units.

HiGHS works in floats with tolerances. Hence: costs and sizes are scaled so that the tolerances are
far below one part in a million; a bound is lowered by `TOLERANCE` of itself and rounded up to whole
units only where that is sure; a claim of infeasibility is believed only if it stands with limits
raised by the same share; and solutions are rounded to 0 and 1 and judged by replaying them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from types import ModuleType
from typing import Any

import numpy as np

from remat.errors import InputError

#: The share by which what HiGHS says is weakened before it counts.
TOLERANCE = 1e-6
#: A solution is optimal when no other costs less by more than this share of the cost unit.
GAP = Fraction(1, 10**6)
#: What the base cost and the budget are scaled to.
_COST_SCALE, _SIZE_SCALE = 1e5, 1e4


def load_highspy() -> ModuleType:
    """Returns the module highspy. Errors: InputError if it is not installed."""
    try:
        import highspy
    except ImportError as error:
        raise InputError("lazy-cuts and checkmate need highspy; install remat[bench]") from error
    return highspy


@dataclass(frozen=True)
class Solution:
    """What HiGHS found.

    Attributes:
        infeasible: no solution exists.
        optimal: the solution is the best up to the tolerance.
        bound: certified lower bound on the cost of the chosen variables.
        chosen: for each variable whether it is 1, or None without a solution.
    """

    infeasible: bool
    optimal: bool
    bound: int
    chosen: np.ndarray | None


class Program:
    """A program that is being built: minimise costs over rows with upper limits."""

    def __init__(self, cost_unit: int, size_unit: int) -> None:
        """Takes the magnitudes that costs and sizes are scaled by, such as base cost and budget."""
        self._cost_unit, self._size_unit = max(1, cost_unit), max(1, size_unit)
        self._costs: list[int] = []
        self._lower: list[float] = []
        self._whole: list[bool] = []
        self._upper: list[float] = []
        self._starts, self._columns, self._values = [0], [], []
        self._limits: list[float] = []
        self._floors: list[float] = []
        self._sized: list[int] = []

    def variable(self, cost: int = 0, fixed: bool = False) -> int:
        """Adds a variable in {0, 1}, or fixed at 1, and returns its column."""
        self._costs.append(cost)
        self._lower.append(1.0 if fixed else 0.0)
        self._upper.append(1.0)
        self._whole.append(True)
        return len(self._costs) - 1

    def fraction(self) -> int:
        """Adds a variable in [0, 1] and returns its column."""
        column = self.variable()
        self._whole[column] = False
        return column

    def amount(self, upper: int) -> int:
        """Adds a variable for bytes in [0, upper] and returns its column; its unit is scaled."""
        self._costs.append(0)
        self._lower.append(0.0)
        self._upper.append(upper * _SIZE_SCALE / self._size_unit)
        self._whole.append(False)
        return len(self._costs) - 1

    def row(self, terms: list[tuple[int, float]], limit: float, equal: bool = False) -> None:
        """Adds sum of coefficient x variable <= limit, or = limit, over counts."""
        for column, value in terms:
            self._columns.append(column)
            self._values.append(float(value))
        self._starts.append(len(self._columns))
        self._limits.append(float(limit))
        self._floors.append(float(limit) if equal else -math.inf)

    def size_row(self, terms: list[tuple[int, int]], limit: int, amounts: Any = ()) -> None:
        """Adds sum of bytes x variable + signed amounts <= limit in bytes.

        `amounts` are (column, sign) of variables made by `amount`.
        """
        scale = _SIZE_SCALE / self._size_unit
        self._sized.append(len(self._limits))
        scaled = [(column, size * scale) for column, size in terms]
        self.row([*scaled, *amounts], limit * scale)

    def solve(self, time_limit: float) -> Solution:
        """Runs HiGHS on one core for at most `time_limit` seconds."""
        found = self._run(time_limit, 0.0)
        if not found.infeasible:
            return found
        again = self._run(time_limit, TOLERANCE)
        if again.infeasible:
            return found
        return Solution(False, False, again.bound, None)

    def _run(self, time_limit: float, slack: float) -> Solution:
        highspy = load_highspy()
        solver = highspy.Highs()
        for option, value in {
            "output_flag": False,
            "threads": 1,
            "random_seed": 0,
            "time_limit": float(time_limit),
            "mip_rel_gap": 0.0,
            "mip_abs_gap": float(GAP) * _COST_SCALE / 4,
        }.items():
            solver.setOptionValue(option, value)
        solver.passModel(self._model(highspy, slack))
        solver.run()
        info, status = solver.getInfo(), solver.getModelStatus()
        if status == highspy.HighsModelStatus.kInfeasible:
            return Solution(True, False, 0, None)
        chosen = None
        if info.primal_solution_status == 2:  # kSolutionStatusFeasible
            chosen = np.asarray(solver.getSolution().col_value) > 0.5
        optimal = status == highspy.HighsModelStatus.kOptimal
        return Solution(False, optimal, self._bound(info.mip_dual_bound), chosen)

    def _bound(self, value: float) -> int:
        """Returns the bound in whole units of cost, rounded so that it stays one."""
        if not math.isfinite(value) or value <= 0:
            return 0
        lowered = Fraction(value * (1 - TOLERANCE)) * self._cost_unit / Fraction(_COST_SCALE)
        # Costs are whole, so that nothing lies between the bound and the next whole number.
        return max(0, math.ceil(lowered - Fraction(1, 1000)))

    def _model(self, highspy: ModuleType, slack: float) -> Any:
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = len(self._costs), len(self._limits)
        model.col_cost_ = np.array(
            [float(Fraction(cost) * Fraction(_COST_SCALE) / self._cost_unit)
             for cost in self._costs]
        )  # fmt: skip
        model.col_lower_, model.col_upper_ = np.array(self._lower), np.array(self._upper)
        limits = np.array(self._limits)
        if slack:
            limits[self._sized] += slack * _SIZE_SCALE
        floors = np.array(self._floors)
        model.row_lower_ = np.where(np.isfinite(floors), floors, -highspy.kHighsInf)
        model.row_upper_ = limits
        model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        model.a_matrix_.start_ = np.array(self._starts, dtype=np.int32)
        model.a_matrix_.index_ = np.array(self._columns, dtype=np.int32)
        model.a_matrix_.value_ = np.array(self._values)
        kinds = highspy.HighsVarType
        model.integrality_ = [
            kinds.kInteger if whole else kinds.kContinuous for whole in self._whole
        ]
        return model
