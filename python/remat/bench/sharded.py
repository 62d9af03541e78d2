# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""`remat bench sharded`: small models on a mesh of devices, with and without a budget of one."""

from __future__ import annotations

import argparse
import dataclasses

from rich.table import Table

from remat import zoo
from remat.bench import equality, records, training
from remat.commands import add_command
from remat.errors import InputError

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
class Row(training.Row):
    """A model under the flags that fix rounding, and under XLA's default ones."""

    #: The fusion emitters add up several dimensions in another order than XLA's other code for a
    #: reduction, which also takes fusions, by what else is in them: the gradient of a bias over
    #: batch and tokens. Not for all benches: without them XLA:CPU overflows its stack on deep
    #: graphs, such as unrolled LSTMs.
    FLAGS = f"{equality.ROUNDING_FLAGS} --xla_cpu_use_fusion_emitters=false"

    fixed: Sharded
    default: Sharded

    def broken(self) -> list[str]:
        """Returns the promises that this row breaks, each as a message."""
        found = super().broken()
        for label, one in (("fixed", self.fixed), ("default", self.default)):
            if one.peak > one.limit:
                found.append(
                    f"{self.model}: a device takes {one.peak} B under {label} flags, above the "
                    f"budget of {one.limit} B"
                )
        return found


def measure(model: str, budget: str, steps: int) -> Row:
    """Trains `model` under both sets of flags. Errors: RematError."""
    found = training.under_flags("sharded_job", model, budget, str(steps), flags=Row.FLAGS)
    return Row(model, *(Sharded(**row) for row in found))


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
    meaning = "what a device may take, as XLA measures it (default: 60%%)"
    training.add_options(parser, MODELS, "60%", meaning)
    records.add_options(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Runs `remat bench sharded` and returns its exit code."""
    models = training.check_options(arguments, MODELS)
    for model in models:
        name, _ = training.parse_model(model)
        for data in zoo.get(name).prepare().data:
            if data.shape[0] % MESH["data"]:
                raise InputError(
                    f"{name} has batches of {data.shape[0]}, which {MESH['data']} devices "
                    "cannot share"
                )

    def one(model: str) -> Row:
        return measure(model, arguments.budget, arguments.steps)

    return training.run_models(arguments, models, Row, one, table)
