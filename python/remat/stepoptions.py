# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What the subcommands that plan a step share: their input, their options, their warnings."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path

from remat import convert, progress
from remat.budget import budget_text
from remat.toolchain import CHOICES, RematOptions

BUDGET_HELP = (
    "bytes (8GiB, 800MB, 123), a share of the plain program's peak in the same scope (50%%), "
    "or min for the smallest peak the strategy reaches"
)

#: Where parsed options keep what `add_planning_options` adds.
OPTION_NAMES = (
    *("budget", "budget_scope", "memory_model", "strategy", "effort", "order", "family"),
    *("objective", "last_segment", "granularity", "cost", "fold_free", "loss", "entry"),
)


def add_input(parser: argparse.ArgumentParser) -> None:
    """Adds FILE, a training step in a file."""
    parser.add_argument(
        "file",
        type=Path,
        metavar="FILE",
        help="StableHLO text (pretty or generic), portable artifact or "
        "jax.export file; may be xz-compressed",
    )


def add_planning_options(parser: argparse.ArgumentParser, *, required: bool = True) -> None:
    """Adds the options of a plan; what is not given is None. `required`: the budget is."""
    group = parser.add_argument_group("planning")
    group.add_argument("--budget", required=required, metavar="SIZE", help=BUDGET_HELP)
    for name, text in (
        (
            "budget_scope",
            "what the budget counts (default: total = arguments + results + temporaries)",
        ),
        (
            "memory_model",
            "which values are buffers: all (program), or what XLA leaves after "
            "fusion (default: xla)",
        ),
        ("strategy", "how plans are made (default: best)"),
        ("effort", "steps that best may take; never a time"),
        (
            "order",
            "order in which ops first run: the program's (base), or the best plan of that and "
            "of up to three others made to need less memory (reorder; XLA chooses its own)",
        ),
        ("family", "lower sets that kusumoto considers"),
        ("objective", "what kusumoto minimises"),
        ("last_segment", "what happens to the segment right before the backward"),
        ("granularity", "how ops are grouped before planning"),
        ("cost", "cost table (default: that of the target; h100 without one)"),
    ):
        group.add_argument(f"--{name.replace('_', '-')}", choices=CHOICES[name], help=text)
    group.add_argument(
        "--fold-free",
        action=argparse.BooleanOptionalAction,
        help="fold constants, broadcasts, reshapes and the like into their readers, in "
        "memory model program (default: yes)",
    )
    group.add_argument(
        "--loss",
        type=int,
        metavar="N",
        help="index of the result that is the loss (default: the first scalar float)",
    )
    group.add_argument(
        "--entry", metavar="NAME", help="entry function (default: main, or the only public one)"
    )


def planning_options(arguments: argparse.Namespace, target: str | None = None) -> RematOptions:
    """Returns what the options of `add_planning_options` say."""
    return RematOptions(
        budget=None if arguments.budget is None else budget_text(arguments.budget),
        budget_scope=arguments.budget_scope or "total",
        strategy=arguments.strategy,
        effort=arguments.effort,
        order=arguments.order,
        family=arguments.family,
        objective=arguments.objective,
        last_segment=arguments.last_segment,
        granularity=arguments.granularity,
        cost=arguments.cost,
        memory_model=arguments.memory_model or "xla",
        entry=arguments.entry,
        loss=arguments.loss,
        fold_free=arguments.fold_free,
        target=target,
    )


def read_step(path: Path) -> convert.Module:
    """Reads a step, saying so if it takes long. Errors as `convert.read_module`."""
    with progress.step(f"reading {path}"):
        return convert.read_module(path)


def warn(warnings: Iterable[str]) -> None:
    """Prints warnings to stderr."""
    for warning in warnings:
        print(f"remat: warning: {warning}", file=sys.stderr)
