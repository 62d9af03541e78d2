# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""`remat cache`: what was measured once, kept on disk."""

from __future__ import annotations

import argparse

from remat.commands import add_command
from remat.xla import cache


def register(commands: argparse._SubParsersAction) -> None:
    """Adds `cache` to the subparsers of the `remat` command."""
    text = "Shows where measurements are kept and how large they are, or removes them."
    parser = add_command(commands, "cache", text)
    parser.add_argument("--clear", action="store_true", help="remove every measurement")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Runs `remat cache` and returns its exit code."""
    found = cache.entries()
    size = sum(stat.st_size for _, stat in found)
    if arguments.clear:
        print(f"removed {_counted(cache.clear())} from {cache.folder()}")
        return 0
    print(f"{cache.folder()}: {_counted(len(found))}, {size:,} B of at most {cache.LIMIT:,} B")
    return 0


def _counted(count: int) -> str:
    return f"{count} measurement" if count == 1 else f"{count} measurements"
