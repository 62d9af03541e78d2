# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A report in its three spellings, and how it comes about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from remat.convert import write_atomically
from remat.loop.outcome import Outcome, peak_of
from remat.report import document as documents
from remat.report.curve import curve_of
from remat.report.html import html_of
from remat.report.measured import measured_in, measured_of
from remat.report.text import print_report, text_of

if TYPE_CHECKING:
    from rich.console import Console

    from remat.xla.measure import Measurement


@dataclass(frozen=True)
class Report:
    """A report. `str()` of it is the text; `document` is what docs/concepts/report.md says.

    Three spellings of the same figures: none computes anything that another does not have.
    """

    document: dict[str, Any]

    @classmethod
    def read(cls, path: Path | str) -> Report:
        """Reads what `json` wrote. Errors: InputError naming the file."""
        return cls(documents.read(Path(path)))

    def __str__(self) -> str:
        return self.text()

    def text(self, limit: int = 20) -> str:
        """Returns the report as text, with at most `limit` rows a table."""
        return text_of(self.document, limit)

    def print(self, console: Console, limit: int = 20) -> None:
        """Prints the report to a terminal."""
        print_report(self.document, console, limit)

    def html(self, path: Path | str | None = None) -> str:
        """Returns the report as one HTML file, and writes it to `path` if there is one."""
        return _save(html_of(self.document), path)

    def json(self, path: Path | str | None = None) -> str:
        """Returns the report as JSON, and writes it to `path` if there is one."""
        return _save(documents.dump(self.document), path)

    def with_curve(self, problem: dict[str, Any], effort: str | None = None) -> Report:
        """Returns the report with what every budget costs, and the proven floor."""
        curve = curve_of(documents.rescoped(problem, self.document["scope"]), effort)
        return Report(self.document | {"curve": curve, "floor": curve["floor"]})

    def with_measured(self, plain: Measurement, planned: Measurement | None = None) -> Report:
        """Returns the report with what XLA measured of the step before and, if given, after."""
        measured = measured_of(plain, planned, self.document["scope"])
        return Report(self.document | {"measured": measured})

    def with_rival(
        self, name: str, peak: int, cost: int, measured: Measurement | None = None
    ) -> Report:
        """Returns the report with one more step to compare with: its predicted peak and cost,
        in the report's scope and unit, and what XLA measured of it."""
        row = {
            "name": name,
            "peak": peak,
            "cost": cost,
            "measured": measured and peak_of(measured, self.document["scope"]),
            "time_us": measured and measured.time_us,
        }
        return Report(self.document | {"rivals": [*self.document["rivals"], row]})


def report_of(
    problem: dict[str, Any],
    plan: dict[str, Any] | None = None,
    *,
    name: str | None = None,
    argument_names: Sequence[str] | None = None,
    scope: str | None = None,
    budget: int | None = None,
    curve: bool = False,
    effort: str | None = None,
) -> Report:
    """Returns the report of a problem.json and, if there is one, of a plan.json.

    `name` and `argument_names` are what the step and its arguments are called; with a `scope`
    other than the plan's, peaks are counted in that, and so is `budget`. `curve` adds what
    every budget costs, which takes up to three times as long as a plan, with `effort`.

    Errors: ToolchainError if the plan promises what its schedule does not keep.
    """
    found = Report(
        documents.document_of(
            problem,
            plan,
            name=name,
            argument_names=argument_names,
            scope=scope,
            budget=budget,
        )
    )
    return found.with_curve(problem, effort) if curve else found


def report_of_outcome(
    outcome: Outcome,
    *,
    name: str | None = None,
    argument_names: Sequence[str] | None = None,
    curve: bool = False,
    effort: str | None = None,
) -> Report:
    """Returns the report of what the closed loop found: the chosen plan, in the budget's scope,
    with XLA's measurements of the step before and after. Otherwise as `report_of`."""
    report = report_of(
        outcome.plan.problem,
        outcome.plan.json,
        name=name,
        argument_names=argument_names,
        scope=outcome.scope,
        budget=outcome.budget,
        curve=curve,
        effort=effort,
    )
    return Report(report.document | {"measured": measured_in(outcome)})


def _save(text: str, path: Path | str | None) -> str:
    if path is not None:
        write_atomically(Path(path), text.encode("utf-8"))
    return text
