# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""`remat bench training`: small models trained with and without a budget end up equal."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from rich.console import Console
from rich.table import Table

from remat import zoo
from remat.bench import equality, records
from remat.commands import add_command, expect_new
from remat.errors import InputError, RematError
from remat.toolchain import CHOICES

#: Plain JAX, dropout, batch normalisation, Adam, and bfloat16 with AdamW.
MODELS = ("small_mlp", "small_vgg", "small_resnet", "small_mixer", "small_vit+bf16+adamw")
VARIANTS = ("bf16", "adamw")


@dataclasses.dataclass(frozen=True)
class Training:
    """A model trained plain and fitted, under one set of flags. Sizes in bytes, predicted.

    Attributes:
        first_loss, last_loss: of the plain run.
        losses_bitwise, state_bitwise: all losses, and the state at the end (parameters,
            statistics, the optimiser's slots), have the same bits.
        losses_deviation, state_deviation: `remat.xla.cpu.relative_deviation`.
    """

    plain_peak: int
    peak: int
    recomputations: int
    first_loss: float
    last_loss: float
    losses_bitwise: bool
    state_bitwise: bool
    losses_deviation: float
    state_deviation: float


@dataclasses.dataclass(frozen=True)
class Row:
    """A model under the flags that fix rounding, and under XLA's default ones."""

    FLAGS: ClassVar[str] = equality.ROUNDING_FLAGS

    model: str
    fixed: Training
    default: Training

    def broken(self) -> list[str]:
        """Returns the promises that this row breaks, each as a message."""
        found = []
        for what, equal in (
            ("losses", self.fixed.losses_bitwise),
            ("parameters or the optimiser's state", self.fixed.state_bitwise),
        ):
            if not equal:
                found.append(f"{self.model}: {what} differ under {self.FLAGS}")
        if not self.fixed.recomputations:
            found.append(f"{self.model}: the plan runs nothing again, so equality shows nothing")
        if self.fixed.first_loss == self.fixed.last_loss:
            found.append(f"{self.model}: the loss stays {self.fixed.last_loss}: nothing is trained")
        return found


def parse_model(text: str) -> tuple[str, list[str]]:
    """Splits "small_gpt+bf16+adamw" into a small model of the zoo and variants.

    Errors: InputError.
    """
    name, *variants = text.split("+")
    if not zoo.get(name).small:
        raise InputError(
            f"{name} is no small model: it would not run on a CPU; see 'remat zoo list --small'"
        )
    for variant in variants:
        if variant not in VARIANTS:
            raise InputError(f"variant '{variant}' is unknown; expected {' or '.join(VARIANTS)}")
    return name, variants


def measure(model: str, budget: str, steps: int, strategy: str) -> Row:
    """Trains `model` under both sets of flags. Errors: RematError."""
    found = under_flags("training_job", model, budget, str(steps), strategy)
    return Row(model, *(Training(**row) for row in found))


def under_flags(
    job: str, model: str, *arguments: str, flags: str = equality.ROUNDING_FLAGS
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Runs a job of this package twice, for XLA reads its flags once: under `flags`, which fix
    rounding, and under the default ones. Errors: RematError."""
    command = [sys.executable, "-m", f"remat.bench.{job}", model, *arguments]
    [fixed] = equality.run_job(command, model, flags, "fixed flags")
    [default] = equality.run_job(command, model, "", "default flags")
    return fixed, default


def table(rows: list[Row], steps: int) -> Table:
    """Returns the rows as a table for people."""
    out = Table(title=f"{steps} steps, plain and fitted, on XLA:CPU", title_justify="left")
    for name in ("model", "predicted peak", "again", "loss", "losses", "state"):
        out.add_column(name, justify="left" if name == "model" else "right")
    for row in rows:
        out.add_row(
            row.model,
            f"{row.fixed.plain_peak / 1e6:.2f} -> {row.fixed.peak / 1e6:.2f} MB",
            str(row.fixed.recomputations),
            f"{row.fixed.first_loss:.4g} -> {row.fixed.last_loss:.4g}",
            difference(row.fixed.losses_bitwise, row.default.losses_deviation),
            difference(row.fixed.state_bitwise, row.default.state_deviation),
        )
    return out


def difference(equal: bool, deviation: float) -> str:
    """Returns the two as a cell of the table."""
    default = f"{deviation:.1e}" if deviation else "equal"
    return f"{'equal' if equal else 'DIFFERENT'} / {default}"


def register(commands: argparse._SubParsersAction) -> None:
    """Adds `bench training` to the subparsers of `remat bench`."""
    text = "Trains small models with and without a budget, on XLA:CPU, and compares the bits."
    parser = add_command(commands, "training", text)
    add_options(parser, MODELS, "min", "what to fit to (default: min)")
    parser.add_argument(
        "--strategy",
        choices=CHOICES["strategy"],
        default=equality.STRATEGY,
        help=f"how to plan (default: {equality.STRATEGY})",
    )
    records.add_options(parser)
    parser.set_defaults(run=run)


def add_options(
    parser: argparse.ArgumentParser, models: Sequence[str], budget: str, meaning: str
) -> None:
    """Adds models, a budget with its default and its meaning, and steps."""
    parser.add_argument(
        "models",
        nargs="*",
        metavar="MODEL",
        help="a small model of the zoo, with variants as in small_gpt+bf16+adamw (default: "
        f"{', '.join(models)})",
    )
    parser.add_argument("--budget", default=budget, metavar="SIZE", help=meaning)
    parser.add_argument(
        "--steps", type=int, default=50, metavar="N", help="how many steps (default: 50)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Runs `remat bench training` and returns its exit code."""
    models = check_options(arguments, MODELS)

    def one(model: str) -> Row:
        return measure(model, arguments.budget, arguments.steps, arguments.strategy)

    return run_models(arguments, models, Row, one, table)


def check_options(arguments: argparse.Namespace, models: Sequence[str]) -> Sequence[str]:
    """Returns the models to train: those given, or `models`. Errors: InputError."""
    expect_new(arguments, "json", "csv")
    if arguments.steps < 2:
        raise InputError(f"--steps={arguments.steps}: fewer than 2 steps train nothing")
    for model in arguments.models:
        parse_model(model)
    return arguments.models or models


def run_models(
    arguments: argparse.Namespace,
    models: Sequence[str],
    kind: type[Row],
    measure: Callable[[str], Row],
    table: Callable[[list[Row], int], Table],
) -> int:
    """Measures each model, shows and writes what was found; a failure does not stop the others.
    `kind` is what `measure` returns.

    Errors: RematError if a promise is broken or a model failed.
    """
    rows: list[Row] = []
    failures: list[str] = []
    for model in models:
        try:
            rows.append(measure(model))
        except RematError as error:
            failures.append(str(error))
    console = Console(width=None if Console().is_terminal else 160)
    console.print(table(rows, arguments.steps))
    console.print(
        "losses, state: bits under fixed flags / deviation under default flags\n"
        f"fixed flags: {kind.FLAGS}",
        highlight=False,
        soft_wrap=True,
    )
    records.write(arguments, [flat(row) for row in rows])
    records.expect_none([*failures, *records.broken_of(rows)])
    return 0


def flat(row: Row) -> dict[str, Any]:
    """Returns a row, of two runs, as columns, those of the fixed flags first."""
    columns: dict[str, Any] = {"model": row.model}
    for label, one in (("fixed", row.fixed), ("default", row.default)):
        columns |= {f"{label}_{key}": value for key, value in dataclasses.asdict(one).items()}
    return columns
