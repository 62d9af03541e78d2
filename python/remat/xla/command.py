# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""`remat cache`: what was measured once, kept on disk; and the option --target of others."""

from __future__ import annotations

import argparse

from remat.xla import cache, targets
from remat.xla.targets import Target


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options of `remat cache`."""
    parser.add_argument("--clear", action="store_true", help="remove every measurement")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Runs `remat cache` and returns its exit code."""
    cache.check()
    found = cache.entries()
    size = sum(stat.st_size for _, stat in found)
    if arguments.clear:
        print(f"removed {_counted(cache.clear())} from {cache.folder()}")
        return 0
    print(f"{cache.folder()}: {_counted(len(found))}, {size:,} B of at most {cache.LIMIT:,} B")
    return 0


def _counted(count: int) -> str:
    return f"{count} measurement" if count == 1 else f"{count} measurements"


def add_target_option(parser: argparse.ArgumentParser, use: str) -> None:
    """Adds --target, which may be left out; `use` is its help."""
    parser.add_argument("--target", choices=targets.NAMES, help=use)


def add_required_target(parser: argparse.ArgumentParser) -> None:
    """Adds --target for a command that always compiles; `target_of` reads it."""
    parser.add_argument(
        "--target",
        default="h100",
        choices=targets.NAMES,
        help="device to compile for; it need not be here (default: h100)",
    )


def target_of(arguments: argparse.Namespace) -> Target:
    """Returns the device that --target names. Errors: MissingExtra if nothing compiles for it."""
    target = targets.get(arguments.target)
    targets.python_for(target)
    return target
