# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""`remat bench device`: budgets kept on a device, as XLA itself measures it, and rivals."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import asdict

from rich.console import Console

from remat import progress, zoo
from remat.bench import device_report, device_rivals, device_rows, records
from remat.bench.device_rivals import RivalRow
from remat.bench.device_rows import DeviceRow, Fitter
from remat.budget import Budget
from remat.commands import add_command, expect_new
from remat.errors import RematError
from remat.xla import command as xla_command
from remat.xla.targets import Target

#: Full-size models. The small ones need less than the work space of a product on an H100 (32 MiB),
#: which no plan can save.
MODELS = (
    "gpt2s_b8_s1024",
    "resnet50_b32",
    "vgg19_b64",
    "unet_b8_572",
    "vitb16_b32",
    "mixerb16_b64_adam",
    "lstm_u100",
    "mlp_l32",
)
BUDGETS = "70%,50%,35%,min"


def fit_model(
    model: zoo.ZooModel, target: Target, budgets: list[str], rivals: bool
) -> Iterator[DeviceRow | RivalRow]:
    """Yields a row for each budget, then one for each rival's program."""
    from remat.zoo.export import export_module

    with progress.step(f"{model.name}: lowering"):
        text = export_module(model).text
    try:
        fitter = Fitter(model.name, text, target)
    except RematError as error:
        yield DeviceRow(model.name, target.name, "plain", "failed", 0, str(error))
        return
    for budget in budgets:
        row = fitter.fit(budget)
        yield row
        if row.interrupted:
            raise KeyboardInterrupt
    if rivals:
        yield from device_rivals.compare(model, fitter, target)


def register(commands: argparse._SubParsersAction) -> None:
    """Adds `bench device` to the subparsers of `remat bench`."""
    text = "Fits models to a device at several budgets and measures rivals with the same compiler."
    parser = add_command(commands, "device", text)
    parser.add_argument(
        "models",
        nargs="*",
        metavar="MODEL",
        help=f"models of the zoo (default: {', '.join(MODELS)})",
    )
    xla_command.add_required_target(parser)
    parser.add_argument(
        "--budgets",
        default=BUDGETS,
        metavar="LIST",
        help="budgets on temporaries, joined by commas; shares are of what XLA measures for the "
        f"plain program (default: {BUDGETS})".replace("%", "%%"),
    )
    parser.add_argument(
        "--rivals",
        action="store_true",
        help="also measure jax.checkpoint around each block, with three policies, and XLA's own "
        "rematerialisation, and fit our program to the bytes of each",
    )
    records.add_options(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Runs `remat bench device` and returns its exit code: 1 if a promise is broken."""
    expect_new(arguments, "json", "csv")
    target = xla_command.target_of(arguments)
    budgets = [Budget.parse(word.strip()).text for word in arguments.budgets.split(",")]
    names = arguments.models or MODELS
    models = [zoo.get(name) for name in dict.fromkeys(names)]
    rows: list[DeviceRow] = []
    rivals: list[RivalRow] = []
    interrupted = False
    try:
        for model in models:
            for row in fit_model(model, target, budgets, arguments.rivals):
                (rows if isinstance(row, DeviceRow) else rivals).append(row)
                records.write(arguments, _records(rows, rivals))
    except KeyboardInterrupt:
        interrupted = True
    console = Console(width=None if Console().is_terminal else 180)
    console.print(device_report.table(rows, target))
    for name in dict.fromkeys(row.model for row in rivals):
        console.print(device_report.rivals_table(rivals, name, target))
    console.print(device_report.summary(rows, rivals), highlight=False, soft_wrap=True)
    if interrupted:
        console.print("interrupted; run it again to go on: what was measured is kept")
        return 130
    records.expect_none([*device_rows.broken(rows), *records.broken_of(rivals)])
    return 0


def _records(rows: list[DeviceRow], rivals: list[RivalRow]) -> list[dict]:
    return [
        *({"part": "budget", **asdict(row), "error": row.error} for row in rows),
        *({"part": "rival", **asdict(row)} for row in rivals),
    ]
