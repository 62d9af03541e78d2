# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Budgets as people write them, held against peaks that a compiler reports."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from numbers import Integral

from remat.errors import InputError

_UNITS = {
    "": 1,
    "B": 1,
    "kB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "TB": 10**12,
    "KiB": 2**10,
    "MiB": 2**20,
    "GiB": 2**30,
    "TiB": 2**40,
}
_AMOUNT = re.compile(r"(\d+(?:\.\d+)?)([A-Za-z%]*)")

#: The smallest peak that can be reached.
SMALLEST = "min"


def budget_text(budget: int | str) -> str:
    """Returns a budget as remat-opt reads it: "8GiB" of "8 GiB".

    Errors: InputError for what is no budget.
    """
    if isinstance(budget, str):
        return re.sub(r"(?<=\d)\s+(?=[A-Za-z%])", "", budget.strip())
    if isinstance(budget, Integral) and not isinstance(budget, bool):
        return str(int(budget))
    ways = "write bytes as an int or as '8GiB', a share of the plain peak as '60%', or 'min'"
    if isinstance(budget, float) and 0 < budget <= 1:
        ways = f"write '{budget * 100:.6g}%' for that share of the plain peak, or bytes as an int"
    raise InputError(f"budget {budget!r} is a {type(budget).__name__}; {ways}")


@dataclass(frozen=True)
class Budget:
    """A budget: a number of bytes, a share of a plain peak, or the smallest peak."""

    text: str
    amount: Decimal | None  #: None for the smallest peak
    unit: str

    @staticmethod
    def parse(text: str) -> Budget:
        """Reads "8GiB", "8 GiB", "800MB", "123", "50%" or "min", as remat-plan does.

        Errors: InputError.
        """
        text = budget_text(text)
        if text == SMALLEST:
            return Budget(text, None, "")
        match = _AMOUNT.fullmatch(text)
        if not match or (match[2] not in _UNITS and match[2] != "%"):
            raise InputError(
                f"budget '{text}' is no number of bytes; write bytes with or without a unit "
                f"({', '.join(u for u in _UNITS if u)}), a percentage such as 50%, or min"
            )
        return Budget(text, Decimal(match[1]), match[2])

    def limit(self, plain_peak: int) -> int | None:
        """Returns the bytes allowed, rounded down; None for the smallest peak."""
        if self.amount is None:
            return None
        if self.unit == "%":
            return int(self.amount * plain_peak / 100)
        return int(self.amount * _UNITS[self.unit])
