# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""`remat bench equality`: rewritten steps give the same bits on the CPU, and use less."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from remat import convert, progress
from remat.errors import InputError, RematError

if TYPE_CHECKING:
    from remat.zoo import ZooModel

#: XLA flags under which equal ops round equally, whatever stands around them. Without
#: `fusion` each op is a kernel of its own, so no multiply and add share one rounding;
#: `algsimp` rewrites ops or not by how many readers they have.
ROUNDING_FLAGS = {"xla_disable_hlo_passes": "fusion,algsimp"}
#: With XLA's default flags, outputs may deviate by this share of the largest value.
DEFAULT_TOLERANCE = 1e-6
BUDGETS = ("70%", "50%", "min")


@dataclass(frozen=True)
class EqualityRow:
    """One model at one budget, before and after. Sizes in bytes; peaks are predicted.

    Attributes:
        fixed_bitwise: the results are the same bits under `ROUNDING_FLAGS`, both sides.
        default_deviation: `relative_deviation` under default flags; 0 is bitwise.
        planned_heavy: dots and convolutions that the plan runs again.
        found_heavy: how many more of them XLA's optimised program holds than before.
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
    planned_heavy: int
    found_heavy: int
    temp_before: int
    temp_after: int

    def broken(self) -> list[str]:
        """Returns the promises that this row breaks, each as a message."""
        found = []
        place = f"{self.model} at {self.budget}"
        if not self.fixed_bitwise:
            found.append(f"{place}: results differ under {flags_text()}")
        if self.default_deviation > DEFAULT_TOLERANCE:
            found.append(
                f"{place}: results deviate by {self.default_deviation:.1e} under default "
                f"flags; allowed is {DEFAULT_TOLERANCE:.0e}"
            )
        if self.found_heavy < self.planned_heavy:
            found.append(
                f"{place}: the plan runs {self.planned_heavy} dots and convolutions "
                f"again, XLA's optimised program only {self.found_heavy}"
            )
        if self.temp_after >= self.temp_before and self.planned_peak < self.plain_peak:
            found.append(
                f"{place}: XLA's temporaries went from {self.temp_before} B to {self.temp_after} B"
            )
        return found


def flags_text() -> str:
    """Returns `ROUNDING_FLAGS` as one writes them in XLA_FLAGS."""
    return " ".join(f"--{name}={value}" for name, value in ROUNDING_FLAGS.items())


def compare(model: ZooModel, budgets: tuple[str, ...] = BUDGETS) -> list[EqualityRow]:
    """Runs `model` before and after the rewrite at each budget, on two sets of inputs.

    The second set has the optimiser's slots at zero: there, new first moments are the
    gradients, so that their bits are compared as well.
    """
    import jax

    import remat.jax
    from remat.xla.cpu import bitwise_equal, compile_step, relative_deviation

    step, shapes, donated = model.build()
    lowered = jax.jit(step, donate_argnums=donated).lower(*shapes)
    plain, plain_fixed = compile_step(lowered), compile_step(lowered, ROUNDING_FLAGS)
    inputs = [model.inputs(), _zero_slots(model.inputs(seed=1))]
    wanted = [plain(*one) for one in inputs]
    wanted_fixed = [plain_fixed(*one) for one in inputs]
    rows = []
    for budget in budgets:
        fitted = remat.jax.fit(
            step, *shapes, budget=budget, donate_argnums=donated, target="xla-cpu"
        )
        lowered = fitted.lower(*shapes)
        after, after_fixed = compile_step(lowered), compile_step(lowered, ROUNDING_FLAGS)
        found = [after(*one) for one in inputs]
        rows.append(
            EqualityRow(
                model=model.name,
                budget=budget,
                scope=fitted.plan.scope,
                plain_peak=fitted.plan.plain_peak,
                planned_peak=fitted.plan.peak,
                overhead=fitted.plan.overhead,
                fixed_bitwise=all(
                    bitwise_equal(one, after_fixed(*args))
                    for one, args in zip(wanted_fixed, inputs)
                ),
                default_deviation=max(
                    relative_deviation(one, other) for one, other in zip(wanted, found)
                ),
                planned_heavy=fitted.plan.heavy_recomputations,
                found_heavy=after.heavy - plain.heavy,
                temp_before=plain.temp,
                temp_after=after.temp,
            )
        )
    return rows


def _zero_slots(arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    import jax

    state, *batch = arguments
    slots = jax.tree.map(lambda leaf: leaf * 0 if leaf.ndim else leaf, state["slots"])
    return ({**state, "slots": slots}, *batch)


def table(rows: list[EqualityRow]) -> Table:
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
        default = f"{row.default_deviation:.1e}" if row.default_deviation else "bitwise"
        out.add_row(
            row.model,
            f"{row.budget} {row.scope}",
            f"{row.plain_peak / 1e6:.2f} -> {row.planned_peak / 1e6:.2f} MB",
            f"{row.overhead:.1%}",
            f"{row.temp_before / 1e6:.2f} -> {row.temp_after / 1e6:.2f} MB",
            "equal" if row.fixed_bitwise else "DIFFERENT",
            default,
            f"{row.planned_heavy} / {row.found_heavy}",
        )
    return out


def register(commands: argparse._SubParsersAction) -> None:
    """Adds `bench equality` to the subparsers of `remat bench`."""
    text = "Compares small models before and after the rewrite, run on XLA:CPU."
    parser = commands.add_parser("equality", help=text[0].lower() + text[1:-1], description=text)
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
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Runs `remat bench equality` and returns its exit code."""
    from remat import zoo

    chosen = [zoo.get(name) for name in arguments.models]
    for model in chosen:
        if not model.small:
            raise InputError(
                f"{model.name} is no small model: it would not run on a CPU; "
                "see 'remat zoo list --small'"
            )
    rows = []
    for model in chosen or [model for model in zoo.models() if model.small]:
        with progress.step(f"comparing {model.name}"):
            rows += compare(model, tuple(arguments.budget or BUDGETS))
    console = Console(width=None if Console().is_terminal else 160)
    console.print(table(rows))
    console.print(f"fixed flags: {flags_text()}", highlight=False)
    if arguments.output:
        data = json.dumps([asdict(row) for row in rows], indent=1) + "\n"
        convert.write_atomically(arguments.output, data.encode("utf-8"))
    broken = [message for row in rows for message in row.broken()]
    if broken:
        raise RematError("\n  ".join([f"{len(broken)} promises are broken", *broken]))
    return 0
