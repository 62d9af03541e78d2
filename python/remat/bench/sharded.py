# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""`remat bench sharded`: small models on a mesh of devices, with and without a budget of one."""

from __future__ import annotations

import argparse
import dataclasses
import sys

from rich.console import Console
from rich.table import Table

from remat import zoo
from remat.bench import equality, records, training
from remat.commands import add_command
from remat.errors import InputError, RematError

MODELS = ("small_gpt",)
#: Virtual devices along each axis of the mesh: the batch is divided along `data`, matrices
#: along `model`.
MESH = {"data": 4, "model": 2}


@dataclasses.dataclass(frozen=True)
class Sharded(training.Training):
    """A model trained plain and fitted. Peaks are one device's, as XLA compiled the two steps.

    Attributes:
        limit: the budget in bytes.
    """

    limit: int


@dataclasses.dataclass(frozen=True)
class Row:
    """A model under the flags that fix rounding, and under XLA's default ones."""

    model: str
    fixed: Sharded
    default: Sharded

    def broken(self) -> list[str]:
        """Returns the promises that this row breaks, each as a message."""
        found = training.Row(self.model, self.fixed, self.default).broken()
        for label, one in (("fixed", self.fixed), ("default", self.default)):
            if one.peak > one.limit:
                found.append(
                    f"{self.model}: a device takes {one.peak} B under {label} flags, above the "
                    f"budget of {one.limit} B"
                )
        return found


def measure(model: str, budget: str, steps: int) -> Row:
    """Trains `model` in two processes, for XLA reads its flags once. Errors: RematError."""
    command = [sys.executable, "-m", "remat.bench.sharded_job", model, budget, str(steps)]
    found = {}
    for label, flags in (("fixed", equality.ROUNDING_FLAGS), ("default", "")):
        [row] = equality.run_job(command, model, flags, f"{label} flags")
        found[label] = Sharded(**row)
    return Row(model, **found)


def table(rows: list[Row], steps: int) -> Table:
    """Returns the rows as a table for people."""
    mesh = " x ".join(f"{size} ({axis})" for axis, size in MESH.items())
    out = Table(
        title=f"{steps} steps, plain and fitted, on {mesh} devices of XLA:CPU; bytes of one device",
        title_justify="left",
    )
    for name in ("model", "plain", "budget", "fitted", "again", "loss", "losses", "state"):
        out.add_column(name, justify="left" if name == "model" else "right")
    for row in rows:
        one = row.fixed
        out.add_row(
            row.model,
            *(f"{size / 1e6:.2f} MB" for size in (one.plain_peak, one.limit, one.peak)),
            str(one.recomputations),
            f"{one.first_loss:.4g} -> {one.last_loss:.4g}",
            training.difference(one.losses_bitwise, row.default.losses_deviation),
            training.difference(one.state_bitwise, row.default.state_deviation),
        )
    return out


def register(commands: argparse._SubParsersAction) -> None:
    """Adds `bench sharded` to the subparsers of `remat bench`."""
    text = "Trains small models on 8 virtual devices with and without a budget, and compares bits."
    parser = add_command(commands, "sharded", text)
    parser.add_argument(
        "models",
        nargs="*",
        metavar="MODEL",
        help="a small model of the zoo, with variants as in small_gpt+bf16+adamw (default: "
        f"{', '.join(MODELS)})",
    )
    parser.add_argument(
        "--budget",
        default="60%",
        metavar="SIZE",
        help="what a device may take, as XLA measures it (default: 60%%)",
    )
    parser.add_argument(
        "--steps", type=int, default=50, metavar="N", help="how many steps (default: 50)"
    )
    records.add_options(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Runs `remat bench sharded` and returns its exit code."""
    records.expect_new(arguments, "json", "csv")
    if arguments.steps < 2:
        raise InputError(f"--steps={arguments.steps}: fewer than 2 steps train nothing")
    models = arguments.models or MODELS
    for model in models:
        name, _ = training.parse_model(model)
        for data in zoo.get(name).prepare().data:
            if data.shape[0] % MESH["data"]:
                raise InputError(
                    f"{name} has batches of {data.shape[0]}, which {MESH['data']} devices "
                    "cannot share"
                )
    rows: list[Row] = []
    failures: list[str] = []
    for model in models:
        try:
            rows.append(measure(model, arguments.budget, arguments.steps))
        except RematError as error:
            failures.append(str(error))
    console = Console(width=None if Console().is_terminal else 160)
    console.print(table(rows, arguments.steps))
    console.print(
        "losses, state: bits under fixed flags / deviation under default flags\n"
        f"fixed flags: {equality.ROUNDING_FLAGS}",
        highlight=False,
        soft_wrap=True,
    )
    records.write(arguments, [training.flat(row) for row in rows])
    equality.raise_if_broken(rows, failures)
    return 0
