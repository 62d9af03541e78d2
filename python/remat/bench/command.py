# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""`remat bench`: one subcommand for each measurement."""

from __future__ import annotations

import argparse

from remat.bench import (
    cpu,
    device,
    equality,
    fidelity,
    main_job,
    packing,
    paper,
    pipeline,
    planner,
    sharded,
    training,
)


def add_actions(bench: argparse.ArgumentParser) -> None:
    """Adds the subcommands of `remat bench`."""
    actions = bench.add_subparsers(required=True, metavar="WHAT")
    for part in (
        main_job,
        cpu,
        device,
        equality,
        fidelity,
        packing,
        paper,
        pipeline,
        planner,
        sharded,
        training,
    ):
        part.register(actions)
