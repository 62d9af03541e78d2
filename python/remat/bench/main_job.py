# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""`remat bench main`: the main job on real models, with every promise checked."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from remat import convert, progress, toolchain
from remat.bench import equality, records
from remat.commands import add_command, add_force, expect_new
from remat.plan import Plan
from remat.toolchain import RematOptions
from remat.xla import targets
from remat.xla.measure import measure

if TYPE_CHECKING:
    from remat.zoo import ZooModel

MODELS = ("resnet50_b32", "gpt2s_b8_s1024")
BUDGETS = ("50%", "min")
SCOPE = "total"
TARGET = "h100"
#: The smallest budget recomputes most; `remat bench equality` runs others too.
SMALL_BUDGETS = ("min",)


@dataclass(frozen=True)
class MainRow:
    """One model at one budget. Sizes in bytes; peaks are predicted, in scope `scope`.

    Attributes:
        planned_products: products (dots and convolutions) that the plan runs again.
        temp_before, temp_after: temporaries that XLA reports for an H100, or None if the
            extra xla-gpu is missing.
        found_products: how many more products XLA's program for an H100 holds than before,
            or None likewise.
    """

    model: str
    budget: str
    scope: str
    plain_peak: int
    planned_peak: int
    budget_bytes: int | None
    overhead: float
    recomputations: int
    planned_products: int
    temp_before: int | None
    temp_after: int | None
    found_products: int | None

    def broken(self) -> list[str]:
        """Returns the promises that this row breaks, each as a message."""
        found = []
        place = f"{self.model} at {self.budget}"
        if self.budget_bytes is not None and self.planned_peak > self.budget_bytes:
            found.append(
                f"{place}: the planned peak {self.planned_peak} B is above the budget "
                f"{self.budget_bytes} B"
            )
        if self.planned_peak >= self.plain_peak:
            found.append(
                f"{place}: the planned peak {self.planned_peak} B is not below the plain "
                f"one, {self.plain_peak} B"
            )
        if self.temp_before is not None and self.temp_after >= self.temp_before:
            found.append(
                f"{place}: XLA's temporaries on an H100 went from {self.temp_before} B "
                f"to {self.temp_after} B"
            )
        if self.found_products is not None and self.found_products < self.planned_products:
            found.append(
                f"{place}: the plan runs {self.planned_products} products again, "
                f"XLA's program for an H100 only {self.found_products}"
            )
        return found


def fit_model(model: ZooModel, measured: bool) -> list[MainRow]:
    """Rewrites `model` at each budget; asks XLA for its memory if `measured`."""
    from remat.zoo.export import export_module

    with progress.step(f"{model.name}: lowering"):
        module = export_module(model)
    before = None
    if measured:
        with progress.step(f"{model.name}: compiling the plain step for an H100"):
            before = measure(module.text, TARGET, name=model.name)
    rows = []
    for budget in BUDGETS:
        with progress.step(f"{model.name}: planning and rewriting at {budget}"):
            answer = toolchain.rewrite(
                module.text,
                RematOptions(
                    budget=budget,
                    budget_scope=SCOPE,
                    memory_model="xla",
                    target="xla-gpu",
                ),
                model.name,
            )
        after = None
        if measured:
            with progress.step(f"{model.name}: compiling the step at {budget} for an H100"):
                after = measure(answer.text, TARGET, name=model.name)
        plan = Plan(answer.problem, answer.plan)
        rows.append(
            MainRow(
                model.name,
                budget,
                plan.scope,
                plan.plain_peak,
                plan.peak,
                plan.budget,
                plan.overhead,
                plan.recomputations,
                plan.product_recomputations,
                before.temp if before else None,
                after.temp if after else None,
                after.products - before.products if after else None,
            )
        )
    return rows


def table(rows: list[MainRow]) -> Table:
    """Returns the rows as a table for people."""
    out = Table(title=f"real models: predicted peak, scope {SCOPE}", title_justify="left")
    for name in (
        "model",
        "budget",
        "plain peak",
        "planned peak",
        "of plain",
        "overhead",
        "recomputed",
        "XLA temp, H100",
        "products again: plan / XLA",
    ):
        out.add_column(name, justify="left" if name in ("model", "budget") else "right")
    for row in rows:
        temp = (
            "not measured"
            if row.temp_before is None
            else (f"{row.temp_before / 1e6:,.0f} -> {row.temp_after / 1e6:,.0f} MB")
        )
        found = (
            f"{row.planned_products} / {'-' if row.found_products is None else row.found_products}"
        )
        out.add_row(
            row.model,
            row.budget,
            f"{row.plain_peak / 1e6:,.0f} MB",
            f"{row.planned_peak / 1e6:,.0f} MB",
            f"{row.planned_peak / row.plain_peak:.1%}",
            f"{row.overhead:.2%}",
            f"{row.recomputations} ops",
            temp,
            found if row.planned_products else "none planned",
        )
    return out


def register(commands: argparse._SubParsersAction) -> None:
    """Adds `bench main` to the subparsers of `remat bench`."""
    text = "Runs the main job: real models into a budget, small ones executed and compared."
    parser = add_command(commands, "main", text)
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="also write JSON")
    add_force(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Runs `remat bench main` and returns its exit code: 1 if a promise is broken."""
    from remat import zoo

    expect_new(arguments, "output")
    console = Console(width=None if Console().is_terminal else 160)
    try:
        targets.python_for(targets.get(TARGET))
        missing = None
    except targets.MissingExtra as error:
        missing = str(error)
    rows = [row for name in MODELS for row in fit_model(zoo.get(name), missing is None)]
    console.print(table(rows))
    if missing:
        console.print(missing, highlight=False)
    models = [model for model in zoo.models() if model.small]
    small, failures = equality.compare_all(models, SMALL_BUDGETS)
    console.print(equality.table(small))
    console.print(f"fixed flags: {equality.ROUNDING_FLAGS}", highlight=False, soft_wrap=True)
    if arguments.output:
        data = {"models": [asdict(row) for row in rows], "small": [asdict(row) for row in small]}
        convert.write_atomically(arguments.output, (json.dumps(data, indent=1) + "\n").encode())
    records.expect_none([*failures, *records.broken_of([*rows, *small])])
    console.print("every promise above was checked and holds")
    return 0
