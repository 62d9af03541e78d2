# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The exceptions that remat raises, one type per thing a caller can do about it."""

from __future__ import annotations

from dataclasses import dataclass, field


class RematError(Exception):
    """A request was understood and refused.

    The text starts in lower case, has no final period, names the culprit and says
    what to do. `exit_code` is what the command line returns.
    """

    exit_code = 1


class RematWarning(UserWarning):
    """Something works, but not as it should; the text is like an error's."""


class InputError(RematError):
    """A file or an option breaks a stated rule: the input has to change."""

    exit_code = 2


class ToolchainError(RematError):
    """A tool of remat is missing, or died without a diagnostic."""

    exit_code = 2


@dataclass(frozen=True)
class LiveValue:
    """One value that is live where the peak is: its name, its bytes, its source line."""

    value: str
    bytes: int
    location: str = ""


class BudgetError(RematError):
    """A budget cannot be met. All sizes are bytes in scope `scope`.

    Attributes:
        budget: the budget asked for, or None if the answer does not carry it.
        floor: proven lower bound on the peak of any schedule.
        smallest: the smallest peak that the strategy reaches.
        scope: what is counted ("total", "non-arguments" or "temporaries").
        op: the op that sets the floor; empty if the outputs do.
        location: its source line; may be empty.
        largest: the largest values live there, in descending order.
    """

    def __init__(
        self,
        message: str,
        *,
        budget: int | None = None,
        floor: int = 0,
        smallest: int = 0,
        scope: str = "",
        op: str = "",
        location: str = "",
        largest: tuple[LiveValue, ...] = (),
    ) -> None:
        super().__init__(message)
        self.budget = budget
        self.floor = floor
        self.smallest = smallest
        self.scope = scope
        self.op = op
        self.location = location
        self.largest = largest


@dataclass(frozen=True)
class Diagnostic:
    """One message of a C++ tool: where, how grave ("error", "note", ...) and what."""

    location: str
    severity: str
    message: str
    notes: tuple[Diagnostic, ...] = field(default=())
