# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""`remat bench equality`: rewritten steps give the same bits on the CPU, and use less."""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from remat import convert, progress
from remat.bench import records
from remat.commands import add_command, add_force, expect_new
from remat.errors import InputError, RematError

if TYPE_CHECKING:
    from remat.zoo import ZooModel

#: Not the default: plans of `best` recompute gradients too, and not every promise holds then on
#: XLA:CPU (docs/benchmarks.md, main).
STRATEGY = "kusumoto"
#: XLA flags under which equal ops round equally on x86, whatever stands around them. YNNPACK
#: fusions sum in another order than XLA's own kernels do; AVX has no fused multiply-add, which
#: LLVM else forms or not by how ops were fused; `algsimp` rewrites ops by their number of readers;
#: and excess precision leaves out the rounding of narrow floats between fused ops.
ROUNDING_FLAGS = (
    "--xla_cpu_experimental_ynn_fusion_type= --xla_cpu_max_isa=AVX "
    "--xla_disable_hlo_passes=algsimp --xla_allow_excess_precision=false"
)
#: With XLA's default flags, outputs may deviate by this share of the largest value.
DEFAULT_TOLERANCE = 1e-6
BUDGETS = ("70%", "50%", "min")


@dataclass(frozen=True)
class Refusal:
    """A budget that the strategy does not reach, and the smallest peak that it does."""

    model: str
    budget: str
    scope: str
    smallest: int

    def broken(self) -> list[str]:
        """A refusal is an answer, not a broken promise."""
        return []


@dataclass(frozen=True)
class EqualityRow:
    """One model at one budget, before and after. Sizes in bytes; peaks are predicted.

    Attributes:
        fixed_bitwise: the results are the same bits under `ROUNDING_FLAGS`, both sides.
        default_deviation: `relative_deviation` under default flags; 0 is bitwise.
        recomputations: ops that the plan runs again.
        counted: which kind of them is counted in XLA's program (`remat.xla.counting`); ""
            if there is none.
        planned: how many of those the plan runs again.
        found: how many more of them XLA's optimised program holds than before, under the
            flags under which these are fewer.
        temp_before, temp_after: XLA's temporaries under default flags.
    """

    model: str
    budget: str
    scope: str
    plain_peak: int
    planned_peak: int
    overhead: float
    fixed_bitwise: bool
    default_deviation: float
    recomputations: int
    counted: str
    planned: int
    found: int
    temp_before: int
    temp_after: int

    def broken(self) -> list[str]:
        """Returns the promises that this row breaks, each as a message."""
        found = []
        place = f"{self.model} at {self.budget}"
        if not self.fixed_bitwise:
            found.append(f"{place}: results differ under {ROUNDING_FLAGS}")
        if self.default_deviation > DEFAULT_TOLERANCE:
            found.append(
                f"{place}: results deviate by {self.default_deviation:.1e} under default "
                f"flags; allowed is {DEFAULT_TOLERANCE:.0e}"
            )
        if self.recomputations and not self.planned:
            found.append(
                f"{place}: the plan runs {self.recomputations} ops again, but none of a kind "
                "that is counted in XLA's optimised program"
            )
        if self.found < self.planned:
            found.append(
                f"{place}: the plan runs {self.planned} {self.counted} again, XLA's "
                f"optimised program only {self.found}"
            )
        if self.temp_after >= self.temp_before and self.planned_peak < self.plain_peak:
            found.append(
                f"{place}: XLA's temporaries went from {self.temp_before} B to {self.temp_after} B"
            )
        return found


def compare(model: ZooModel, budgets: tuple[str, ...] = BUDGETS) -> list[EqualityRow | Refusal]:
    """Runs `model` before and after the rewrite at each budget, under both sets of flags.

    Errors: RematError with the last line of a run that failed.
    """
    fixed = run_pair(model.name, budgets, ROUNDING_FLAGS, "fixed flags")
    default = run_pair(model.name, budgets, "", "default flags")
    rows: list[EqualityRow | Refusal] = []
    for row, other in zip(default, fixed, strict=True):
        if "smallest" in row:
            rows.append(Refusal(model.name, **row))
            continue
        own = ("bitwise", "deviation", "found")
        same = {key: value for key, value in row.items() if key not in own}
        rows.append(
            EqualityRow(
                model=model.name,
                **same,
                fixed_bitwise=other["bitwise"],
                default_deviation=row["deviation"],
                found=min(row["found"], other["found"]),
            )
        )
    return rows


def compare_all(
    models: Sequence[ZooModel], budgets: tuple[str, ...]
) -> tuple[list[EqualityRow | Refusal], list[str]]:
    """Compares each model; returns the rows, and a message for each model whose run failed."""
    rows, failures = [], []
    for model in models:
        try:
            rows += compare(model, budgets)
        except RematError as error:
            failures.append(str(error))
    return rows, failures


def run_pair(model: str, budgets: tuple[str, ...], flags: str, label: str) -> list[dict[str, Any]]:
    """Runs `remat.bench.pair` in a process of its own: XLA reads its flags once, at the start.

    Shows what it does under the name `label`. Returns a `PairRow` as a dict for each
    budget. Errors as `compare`.
    """
    return run_job([sys.executable, "-m", "remat.bench.pair", model, *budgets], model, flags, label)


def run_job(command: list[str], model: str, flags: str, label: str) -> list[dict[str, Any]]:
    """Runs `command`, which prints lines of JSON, on the CPU under the XLA flags `flags`.

    Shows what lines {"doing": "..."} say under the name `label`, and returns the others.
    Errors as `compare`.
    """
    environment = os.environ | {"XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu"}
    rows = []
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as errors:
        with subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=errors, encoding="utf-8"
        ) as process:
            try:
                doing = "starting"
                with ExitStack() as work:
                    work.enter_context(progress.step(f"{model}, {label}: {doing}"))
                    for line in process.stdout:
                        said = _parse(model, line)
                        if "doing" in said:
                            work.close()
                            doing = said["doing"]
                            work.enter_context(progress.step(f"{model}, {label}: {doing}"))
                        else:
                            rows.append(said)
                    code = process.wait()
            except BaseException:
                process.kill()
                raise
        errors.seek(0)
        tail = [line for line in errors.read().splitlines() if line.strip()][-1:]
    if code != 0:
        ended = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"
        silent = f"the run under {label} {ended} and no message while {doing}"
        raise RematError(f"{model}: {tail[0] if tail else silent}")
    return rows


def _parse(model: str, line: str) -> dict[str, Any]:
    """Returns what a line of `remat.bench.pair` says. Errors: RematError if it is none."""
    try:
        said = json.loads(line)
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise RematError(
            f"{model}: unexpected output {line.strip()!r} among the lines of JSON; "
            "take out whatever prints it"
        )
    return said


def table(rows: list[EqualityRow | Refusal]) -> Table:
    """Returns the rows as a table for people."""
    out = Table(title="before and after on XLA:CPU", title_justify="left")
    for name in (
        "model",
        "budget",
        "predicted peak",
        "overhead",
        "XLA temp",
        "bits, fixed flags",
        "deviation, default flags",
        "again: plan / XLA",
    ):
        out.add_column(name, justify="left" if name in ("model", "budget") else "right")
    for row in rows:
        if isinstance(row, Refusal):
            smallest = f"refused; smallest is {row.smallest / 1e6:.2f} MB"
            out.add_row(row.model, f"{row.budget} {row.scope}", smallest)
            continue
        default = f"{row.default_deviation:.1e}" if row.default_deviation else "bitwise"
        counted = "none counted" if row.recomputations else "none planned"
        if row.planned:
            counted = f"{row.counted}: {row.planned} / {row.found}"
        out.add_row(
            row.model,
            f"{row.budget} {row.scope}",
            f"{row.plain_peak / 1e6:.2f} -> {row.planned_peak / 1e6:.2f} MB",
            f"{row.overhead:.1%}",
            f"{row.temp_before / 1e6:.2f} -> {row.temp_after / 1e6:.2f} MB",
            "equal" if row.fixed_bitwise else "DIFFERENT",
            default,
            counted,
        )
    return out


def register(commands: argparse._SubParsersAction) -> None:
    """Adds `bench equality` to the subparsers of `remat bench`."""
    text = "Compares small models before and after the rewrite, run on XLA:CPU."
    parser = add_command(commands, "equality", text)
    parser.add_argument(
        "models", nargs="*", metavar="MODEL", help="small models of the zoo (default: all of them)"
    )
    parser.add_argument(
        "--budget",
        action="append",
        metavar="SIZE",
        help=f"a budget; may be repeated (default: {', '.join(BUDGETS)})".replace("%", "%%"),
    )
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="also write JSON")
    add_force(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Runs `remat bench equality` and returns its exit code."""
    from remat import zoo

    expect_new(arguments, "output")
    chosen = [zoo.get(name) for name in arguments.models]
    for model in chosen:
        if not model.small:
            raise InputError(
                f"{model.name} is no small model: it would not run on a CPU; "
                "see 'remat zoo list --small'"
            )
    small = chosen or [model for model in zoo.models() if model.small]
    rows, failures = compare_all(small, tuple(arguments.budget or BUDGETS))
    console = Console(width=None if Console().is_terminal else 160)
    console.print(table(rows))
    console.print(f"fixed flags: {ROUNDING_FLAGS}", highlight=False, soft_wrap=True)
    if arguments.output:
        data = json.dumps([asdict(row) for row in rows], indent=1) + "\n"
        convert.write_atomically(arguments.output, data.encode("utf-8"))
    records.expect_none([*failures, *records.broken_of(rows)])
    return 0
