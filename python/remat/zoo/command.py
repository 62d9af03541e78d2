# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""`remat zoo`: lists the models and exports their training steps."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from remat import convert, progress
from remat.commands import add_command
from remat.convert import Format
from remat.zoo.registry import get, models


def add_actions(zoo: argparse.ArgumentParser) -> None:
    """Adds `zoo list` and `zoo export`."""
    actions = zoo.add_subparsers(required=True, metavar="ACTION")

    text = "Lists the models, their batch and where the architecture comes from."
    parser = add_command(actions, "list", text)
    parser.add_argument(
        "--small", action="store_true", help="only those that run on a CPU in seconds"
    )
    parser.set_defaults(run=_run_list)

    text = "Writes the training step of a model as MLIR."
    parser = add_command(actions, "export", text)
    parser.add_argument("model", metavar="NAME", help="a name that 'remat zoo list' prints")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="OUT", help="file to write (default: stdout)"
    )
    parser.add_argument(
        "--format",
        default="generic",
        choices=["generic", "pretty", "portable"],
        help="spelling of the output (default: generic)",
    )
    parser.set_defaults(run=_run_export)


def _run_list(arguments: argparse.Namespace) -> int:
    from rich.console import Console
    from rich.table import Table

    table = Table("name", "family", "batch", "what", "architecture", box=None, pad_edge=False)
    table.columns[0].no_wrap = True
    table.columns[2].justify = "right"
    for model in models():
        if model.small or not arguments.small:
            table.add_row(
                model.name, model.family, str(model.batch), model.description, model.source
            )
    # Into a pipe every row is one line, whatever the width of the terminal.
    Console(width=None if sys.stdout.isatty() else 200).print(table)
    return 0


def _run_export(arguments: argparse.Namespace) -> int:
    model = get(arguments.model)
    form = Format(arguments.format)
    with progress.step(f"lowering {model.name}"):
        from remat.zoo.export import export_module

        module = export_module(model)
    with progress.step(f"writing {model.name} as {form.value}"):
        data = convert.render(module, form)
    if arguments.output:
        convert.write_atomically(arguments.output, data)
    else:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    return 0
