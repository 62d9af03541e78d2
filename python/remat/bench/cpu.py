# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""`remat bench cpu`: steps on our own CPU back end before and after, next to XLA:CPU."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from remat import progress, toolchain
from remat.bench import records
from remat.commands import add_command, expect_new
from remat.errors import InputError, ToolchainError

if TYPE_CHECKING:
    from remat.zoo import ZooModel

#: Models of the zoo at sizes that a CPU runs: the base model, the batch, and other sizes.
LARGE = {
    "resnet50_b8": ("resnet50_b32", 8, {}),
    "gpt2_l6_b8_s512": ("gpt2s_b8_s1024", 8, {"tokens": 512, "layers": 6}),
}
BUDGET = "50%"
#: Share of the planned bytes by which the process may shrink more or less than planned.
MEMORY_TOLERANCE = 0.02
#: Bytes that it may shrink more or less in any case: what a program touches of its machine
#: code and of the runtime's.
MEMORY_SLACK = 256 << 10


@dataclass(frozen=True)
class CpuRow:
    """One model at one budget of its temporaries. Sizes in bytes, times in milliseconds.

    Attributes:
        arena_before, arena_after: the arenas of the two programs.
        grown_before, grown_after: by how much the process grew; None where the system does
            not say.
        xla_temporaries: what XLA:CPU takes for the plain step.
        equal: the results of the two programs have the same bits.
        error: the largest distance of a result from XLA's, in terms of its magnitude; None
            where one of the two is not finite.
    """

    model: str
    budget: str
    arena_before: int
    arena_after: int
    grown_before: int | None
    grown_after: int | None
    xla_temporaries: int
    compile_ms: float
    before_ms: float
    after_ms: float
    xla_ms: float
    equal: bool
    error: float | None

    def broken(self) -> list[str]:
        """Returns the promises that this row breaks, each as a message."""
        found = []
        place = f"{self.model} at {self.budget}"
        if not self.equal:
            found.append(f"{place}: the results after are not those before")
        if self.error is None:
            found.append(f"{place}: a result is not finite where XLA's is, or only there")
        if self.grown_before is None or self.grown_after is None:
            return found
        planned = self.arena_before - self.arena_after
        measured = self.grown_before - self.grown_after
        if abs(measured - planned) > MEMORY_TOLERANCE * planned + MEMORY_SLACK:
            found.append(
                f"{place}: the process takes {measured} B less, planned were {planned} B; "
                f"allowed is {MEMORY_TOLERANCE:.0%} and {MEMORY_SLACK} B more or less"
            )
        return found


def model_of(name: str) -> ZooModel:
    """Returns the model: one of `LARGE`, or of the zoo. Errors: InputError if unknown."""
    from remat import zoo

    if name not in LARGE:
        return zoo.get(name)
    base, batch, sizes = LARGE[name]
    model = zoo.get(base)
    return dataclasses.replace(model, name=name, batch=batch, sizes={**model.sizes, **sizes})


def run_xla(name: str, folder: Path, repeat: int) -> dict:
    """Runs `remat.bench.cpu_job` and returns what it prints. Errors: ToolchainError."""
    command = [sys.executable, "-m", "remat.bench.cpu_job", name, str(folder), str(repeat)]
    environment = os.environ | {"JAX_PLATFORMS": "cpu"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        last = [line for line in done.stderr.splitlines() if line.strip()] or ["no output"]
        raise ToolchainError(f"{name} on XLA:CPU ended with {done.returncode}: {last[-1]}")
    return json.loads(done.stdout.splitlines()[-1])


def write_programs(name: str, folder: Path, budget: str) -> None:
    """Writes the step as before.mlir and, at `budget`, as after.mlir to the folder."""
    from remat.lower import lower
    from remat.zoo.export import export_module

    (folder / "step.mlir").write_text(lower(export_module(model_of(name))), encoding="utf-8")
    plan = f"--remat=budget={budget} budget-scope=temporaries cost=host memory-model=arena"
    _opt(name, folder, "step.mlir", "--remat-prepare", "-o", "before.mlir")
    _opt(name, folder, "before.mlir", plan, "-o", "after.mlir")


def _opt(name: str, folder: Path, *arguments: str) -> None:
    done = toolchain.run_tool("remat-opt", [*arguments], folder)
    if done.returncode != 0:
        raise InputError(f"{name}: {toolchain.error_text('remat-opt', done.stderr)}")


def compare(name: str, budget: str, repeat: int) -> CpuRow:
    """Runs the model on XLA, before and after. Errors: of the tools, naming the model."""
    with tempfile.TemporaryDirectory(prefix="remat-") as path:
        folder = Path(path)
        with progress.step(f"{name}: on XLA:CPU"):
            xla = run_xla(name, folder, repeat)
        with progress.step(f"{name}: lowering and planning at {budget}"):
            write_programs(name, folder, budget)
        with progress.step(f"{name}: on our own back end"):
            arguments = ["before.mlir", "after.mlir", "--inputs=inputs", "--reference=results"]
            # Exit code 1 says that something differs; what does is in the report.
            arguments += [f"--repeat={repeat}", "--json=report.json"]
            done = toolchain.run_tool("remat-run", arguments, folder)
        if done.returncode not in (0, 1):
            raise ToolchainError(f"{name}: {toolchain.error_text('remat-run', done.stderr)}")
        report = json.loads((folder / "report.json").read_text())
    before, after = report["steps"]
    return CpuRow(
        model=name,
        budget=budget,
        arena_before=before["arena_bytes"],
        arena_after=after["arena_bytes"],
        grown_before=before["resident_growth_bytes"],
        grown_after=after["resident_growth_bytes"],
        xla_temporaries=xla["temporaries"],
        compile_ms=before["compile_ms"],
        before_ms=before["step_ms"],
        after_ms=after["step_ms"],
        xla_ms=statistics.median(xla["seconds"]) * 1e3,
        equal=report["equal"],
        error=report["reference"]["relative_error"],
    )


def table(rows: list[CpuRow]) -> Table:
    """Returns the rows as a table for people."""
    cores = len(os.sched_getaffinity(0))
    out = Table(title=f"Steps on {records.counted(cores, 'core')}: our own back end and XLA:CPU")
    names = ("model", "compiled", "XLA step", "before", "after", "XLA temp", "arena", "after")
    for name in (*names, "process shrank", "bits", "from XLA"):
        out.add_column(name, justify="left" if name == "model" else "right")
    for row in rows:
        planned = row.arena_before - row.arena_after
        shrank = "unknown"
        if row.grown_before is not None and row.grown_after is not None and planned:
            shrank = f"{(row.grown_before - row.grown_after) / planned:.1%} of planned"
        out.add_row(
            row.model,
            f"{row.compile_ms / 1e3:.1f} s",
            f"{row.xla_ms:,.0f} ms",
            f"{row.before_ms:,.0f} ms ({row.before_ms / row.xla_ms:.2f}x)",
            f"{row.after_ms:,.0f} ms ({row.after_ms / row.xla_ms:.2f}x)",
            f"{row.xla_temporaries / 2**20:,.1f} MiB",
            f"{row.arena_before / 2**20:,.1f} MiB",
            f"{row.arena_after / 2**20:,.1f} MiB",
            shrank,
            "equal" if row.equal else "differ",
            "not finite" if row.error is None else f"{row.error:.1e}",
        )
    return out


def register(commands: argparse._SubParsersAction) -> None:
    """Adds `bench cpu` to the subparsers of `remat bench`."""
    text = (
        "Runs training steps on our own CPU back end before and after recomputation, compares "
        "the results bit for bit, and times both next to the same step on XLA:CPU."
    )
    parser = add_command(commands, "cpu", text)
    parser.add_argument(
        "--only",
        metavar="LIST",
        help=f"comma-separated models of the zoo, {' or '.join(LARGE)} (default: these two)",
    )
    parser.add_argument(
        "--budget",
        default=BUDGET,
        help=f"of the temporaries (default: {BUDGET.replace('%', '%%')})",
    )
    parser.add_argument(
        "--repeat", type=int, default=3, metavar="N", help="runs after the first (default: 3)"
    )
    records.add_options(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Runs `remat bench cpu` and returns its exit code."""
    expect_new(arguments, "json", "csv")
    if arguments.repeat < 1:
        raise InputError(f"--repeat={arguments.repeat}: expected 1 or more")
    names = arguments.only.split(",") if arguments.only else [*LARGE]
    for name in names:
        model_of(name)
    rows = [compare(name, arguments.budget, arguments.repeat) for name in names]
    Console(width=None if sys.stdout.isatty() else 200).print(table(rows))
    records.write(arguments, [asdict(row) for row in rows])
    records.expect_none(records.broken_of(rows))
    print(f"{records.counted(len(rows), 'model')}; every check holds")
    return 0
