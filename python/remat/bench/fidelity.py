# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""`remat bench fidelity`: what the memory model predicts against what XLA assigns."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from remat import progress, toolchain
from remat.bench import records
from remat.commands import add_command, expect_new
from remat.errors import BudgetError, InputError, RematError
from remat.plan import Plan
from remat.toolchain import RematOptions
from remat.xla import command as xla_command
from remat.xla.measure import Measurement, measure
from remat.xla.targets import Target

if TYPE_CHECKING:
    from remat.zoo import ZooModel

#: A model of each family that is compiled in seconds, larger than XLA's workspaces.
MODELS = (
    "gpt2s_b8_s1024",
    "vitb16_b32",
    "mixerb16_b64_adam",
    "resnet50_b32",
    "vgg19_b64",
    "unet_b8_572",
    "googlenet_b256",
    "lstm_u100",
)
BUDGETS = ("70%", "50%", "35%", "min")
SCOPE = "temporaries"
PLAIN = "plain"


@dataclass(frozen=True)
class FidelityRow:
    """One program. Sizes in bytes of temporaries, times in microseconds.

    Attributes:
        budget: as asked for, or "plain" for the program as it is.
        outcome: "measured", "refused" (no plan is within the budget; `predicted` is then the
            smallest) or "failed".
        message: of a refusal or a failure.
        plain: XLA's temporaries of the plain program.
        overhead: the plan's, as a share of the plain program's cost.
        time_us, xla_time_us: as in `remat.xla.measure.Measurement`.
        time_ratio, xla_time_ratio: those over the plain program's.
    """

    model: str
    target: str
    budget: str
    outcome: str
    message: str = ""
    predicted: int | None = None
    measured: int | None = None
    plain: int | None = None
    overhead: float | None = None
    time_us: float | None = None
    xla_time_us: float | None = None
    time_ratio: float | None = None
    xla_time_ratio: float | None = None

    @property
    def error(self) -> float | None:
        """The prediction's, as a share of what was measured; negative if it is too low."""
        if self.outcome != "measured" or not self.measured:
            return None
        return self.predicted / self.measured - 1

    def broken(self) -> str:
        """Returns what is wrong with this row, or ""."""
        place = f"{self.model} at {self.budget} for {self.target}"
        if self.outcome == "failed":
            return f"{place}: {self.message}"
        if self.measured is not None and self.measured > self.plain:
            return (
                f"{place}: XLA's temporaries are {self.measured} B, more than the plain "
                f"program's {self.plain} B"
            )
        return ""


def compare(
    model: ZooModel, target: Target, budgets: tuple[str, ...], full: bool
) -> Iterator[FidelityRow]:
    """Yields a row for the plain program of `model` and for each budget."""
    from remat.zoo.export import export_module

    with progress.step(f"{model.name}: lowering"):
        text = export_module(model).text
    plain = None
    for budget in (PLAIN, *budgets):
        place = f"{model.name}, {budget}"
        try:
            with progress.step(f"{place}: planning"):
                answer = toolchain.rewrite(
                    text,
                    RematOptions(
                        # The plain program's peak is in every plan.
                        budget="100%" if budget == PLAIN else budget,
                        budget_scope=SCOPE,
                        memory_model="xla",
                        target=target.encoding,
                        cost=target.cost,
                    ),
                    model.name,
                )
            with progress.step(f"{place}: compiling for {target.title}"):
                module = text if budget == PLAIN else answer.text
                found = measure(module, target, full=full, name=place)
        except BudgetError as error:
            yield FidelityRow(
                model.name, target.name, budget, "refused", str(error), predicted=error.smallest
            )
            continue
        except RematError as error:
            yield FidelityRow(model.name, target.name, budget, "failed", str(error))
            if budget == PLAIN:
                return
            continue
        plain = plain or found
        yield _row(model.name, budget, Plan(answer.problem, answer.plan), found, plain)


def _row(
    model: str, budget: str, plan: Plan, found: Measurement, plain: Measurement
) -> FidelityRow:
    return FidelityRow(
        model=model,
        target=found.target,
        budget=budget,
        outcome="measured",
        predicted=plan.plain_peak if budget == PLAIN else plan.peak,
        measured=found.temp,
        plain=plain.temp,
        overhead=0.0 if budget == PLAIN else plan.overhead,
        time_us=found.time_us,
        xla_time_us=found.xla_time_us,
        time_ratio=_ratio(found.time_us, plain.time_us),
        xla_time_ratio=_ratio(found.xla_time_us, plain.xla_time_us),
    )


def _ratio(after: float | None, before: float | None) -> float | None:
    return after / before if after is not None and before else None


def summary(rows: list[FidelityRow]) -> str:
    """Returns the mean and the worst error, of plain and of rewritten programs."""
    lines = []
    for name, chosen in (
        ("plain", [row for row in rows if row.budget == PLAIN]),
        ("rewritten", [row for row in rows if row.budget != PLAIN]),
    ):
        errors = [(abs(row.error), row) for row in chosen if row.error is not None]
        if not errors:
            lines.append(f"{name} programs: none was measured")
            continue
        mean = sum(error for error, _ in errors) / len(errors)
        worst, row = max(errors, key=lambda one: one[0])
        lines.append(
            f"{name} programs: {len(errors)} measured, |error| {mean:.1%} mean, {worst:.1%} worst "
            f"({row.model} at {row.budget})"
        )
    return "\n".join(lines)


def table(rows: list[FidelityRow], target: Target) -> Table:
    """Returns the rows as a table for people."""
    out = Table(
        title=f"temporaries predicted, and assigned by XLA for {target.title}",
        title_justify="left",
    )
    for name in (
        "model",
        "budget",
        "predicted",
        "XLA",
        "error",
        "of plain",
        "overhead",
        "time",
        "XLA's own",
    ):
        out.add_column(name, justify="left" if name in ("model", "budget") else "right")
    for row in rows:
        predicted = f"{row.predicted / 1e6:,.1f} MB" if row.predicted else "-"
        if row.outcome != "measured":
            out.add_row(row.model, row.budget, predicted, row.outcome)
            continue
        out.add_row(
            row.model,
            row.budget,
            predicted,
            f"{row.measured / 1e6:,.1f} MB",
            f"{row.error:+.1%}" if row.error is not None else "-",
            f"{row.measured / row.plain:.1%}" if row.plain else "-",
            f"{row.overhead:.1%}",
            f"x{row.time_ratio:.3f}" if row.time_ratio else "-",
            f"x{row.xla_time_ratio:.3f}" if row.xla_time_ratio else "-",
        )
    return out


def register(commands: argparse._SubParsersAction) -> None:
    """Adds `bench fidelity` to the subparsers of `remat bench`."""
    text = "Compares the temporaries that the memory model predicts with XLA's, on zoo models."
    parser = add_command(commands, "fidelity", text)
    parser.add_argument(
        "models",
        nargs="*",
        metavar="MODEL",
        help=f"models of the zoo (default: {' '.join(MODELS)})",
    )
    xla_command.add_required_target(parser)
    parser.add_argument(
        "--budget",
        action="append",
        metavar="SIZE",
        help="a budget on temporaries, of the predicted plain peak; may be repeated (default: "
        f"{', '.join(BUDGETS)})".replace("%", "%%"),
    )
    parser.add_argument(
        "--full",
        action="store_true",
        help="compile to the end, not only until the memory is known: slower; on a TPU the time "
        "is known only then",
    )
    records.add_options(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Runs `remat bench fidelity` and returns its exit code."""
    from remat import zoo

    expect_new(arguments, "json", "csv")
    target = xla_command.target_of(arguments)
    chosen = [zoo.get(name) for name in arguments.models or MODELS]
    budgets = tuple(arguments.budget or BUDGETS)
    if PLAIN in budgets:
        raise InputError(f"--budget={PLAIN}: the plain program is always measured; leave it out")
    rows = [row for model in chosen for row in compare(model, target, budgets, arguments.full)]
    console = Console(width=None if Console().is_terminal else 160)
    console.print(table(rows, target))
    console.print(summary(rows), highlight=False)
    records.write(arguments, [{**asdict(row), "error": row.error} for row in rows])
    records.expect_none([row.broken() for row in rows if row.broken()])
    return 0
