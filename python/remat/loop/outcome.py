# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What the closed loop found: every program it compiled, and the one it chose."""

from __future__ import annotations

import io
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from remat.loop.inside import hint_of_loops
from remat.loop.prediction import Point
from remat.plan import Plan, format_bytes
from remat.xla.measure import Measurement


def peak_of(measured: Measurement, scope: str) -> int:
    """Returns the bytes of a measurement that count in `scope`."""
    if scope == "temporaries":
        return measured.temp
    if scope == "non-arguments":
        return measured.total - measured.arguments
    return measured.total


@dataclass(frozen=True)
class Trial:
    """One rewritten program, as the compiler measured it. Bytes.

    Attributes:
        variant: how the plan was encoded.
        level: the budget that the planner was given, in temporaries of the memory model; the
            largest if it made the same plan for several.
        plan: what is recomputed.
        expected: the temporaries that the programs measured before it, the plain one at least,
            let expect of this plan.
        measured: what the compiler says.
    """

    variant: str
    level: int
    plan: Plan
    expected: int
    measured: Measurement

    @property
    def point(self) -> Point:
        """What later trials learn from."""
        return Point(self.plan.peak, self.measured.temp, self.measured.assignment.scratch)


@dataclass(frozen=True)
class Outcome:
    """The answer of the closed loop. Bytes are in scope `scope`.

    Attributes:
        text: the chosen program.
        plan: its plan, which recomputes nothing where the plain program fits.
        chosen: its trial; None where the plain program fits.
        plain: the measurement of the plain program.
        trials: everything that was compiled, in order.
        budget: the bytes allowed; None for the smallest peak.
        interrupted: the search was ended early by the user.
        confirmed: what is chosen was compiled to the end; an interrupt may come before that.
        warnings: what the planner warns of, and what the search left out.
    """

    text: str
    plan: Plan
    chosen: Trial | None
    plain: Measurement
    trials: tuple[Trial, ...]
    budget: int | None
    scope: str
    interrupted: bool = False
    confirmed: bool = True
    warnings: tuple[str, ...] = ()

    @property
    def measured(self) -> Measurement:
        """The measurement of the chosen program."""
        return self.chosen.measured if self.chosen else self.plain

    @property
    def peak(self) -> int:
        """The measured peak of the chosen program."""
        return peak_of(self.measured, self.scope)

    @property
    def plain_peak(self) -> int:
        """The measured peak of the plain program."""
        return peak_of(self.plain, self.scope)

    @property
    def slowdown(self) -> float:
        """Estimated time over the plain program's."""
        return slowdown(self.measured, self.plain)

    @property
    def hint(self) -> str:
        """A line about loops that hold most of what is left, or ""."""
        return hint_of_loops(self.plan.problem, self.measured)

    @property
    def messages(self) -> tuple[str, ...]:
        """What the user has to be told: the warnings, and why the answer may not be the best."""
        found = list(self.warnings)
        if self.budget is None and not self.chosen and self.hint:
            found.append(self.hint)  # within a budget no advice is needed
        if self.interrupted:
            unsure = "" if self.confirmed else ", and may need more: it was not compiled to the end"
            found.append(f"interrupted: the step is the best found so far{unsure}")
        return tuple(found)

    def summary(self) -> str:
        """Returns the outcome in a few lines."""
        share = self.peak / self.plain_peak if self.plain_peak else 1.0
        lines = [
            f"plain peak     {format_bytes(self.plain_peak)}   (scope: {self.scope}; measured by "
            f"XLA for {self.plain.target})",
            f"fitted peak    {format_bytes(self.peak)}   {share:.1%} of plain",
        ]
        if self.budget is not None:
            lines.insert(1, f"budget         {format_bytes(self.budget)}")
        lines.append(f"step time      x{self.slowdown:.3f}   (estimated)")
        count = len(self.trials) + 1
        lines.append(f"compiled       {count} program{'s' if count != 1 else ''}")
        if self.chosen:
            lines.append(f"encoding       {self.chosen.variant}")
        if self.hint:
            lines.append(f"in loops       {self.hint}")
        return "\n".join(lines)

    def report(self) -> str:
        """Returns summary and table as plain text."""
        out = io.StringIO()
        console = Console(file=out, width=120, color_system=None)
        console.print(self.summary(), markup=False, highlight=False, soft_wrap=True)
        console.print(self.table())
        return out.getvalue()

    def table(self) -> Table:
        """Returns the plain program and the trials as a table. Bytes are of temporaries."""
        table = Table(title=f"programs compiled for {self.plain.target}, temporaries in bytes")
        for name in ("encoding", "planned for", "expected", "measured", "time", ""):
            table.add_column(name, justify="left" if name in ("encoding", "") else "right")
        chosen = "" if self.chosen else "chosen"
        plain = f"{self.plain.temp:,}"
        table.add_row("none: the plain program", "", "", plain, "x1.000", chosen)
        for trial in self.trials:
            table.add_row(
                trial.variant,
                f"{trial.level:,}",
                f"{trial.expected:,}",
                f"{trial.measured.temp:,}",
                f"x{slowdown(trial.measured, self.plain):.3f}",
                "chosen" if trial is self.chosen else "",
            )
        return table


def slowdown(measured: Measurement, plain: Measurement) -> float:
    """Returns the estimated time of one program over another's, which may take none."""
    return measured.time_us / plain.time_us if plain.time_us else 1.0
