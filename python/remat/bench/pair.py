# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs one small model before and after the rewrite, and prints what differs.

Run by `remat bench equality` as `python -m remat.bench.pair MODEL BUDGET...`, under the
XLA flags of its environment. Prints lines of JSON: {"doing": "..."} when a piece of work
begins, and a row for each budget.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jax

import remat.jax
from remat import zoo
from remat.bench import job
from remat.bench.equality import STRATEGY
from remat.bench.job import say
from remat.errors import BudgetError
from remat.xla import counting
from remat.xla.cpu import bitwise_equal, compile_step, relative_deviation

if TYPE_CHECKING:
    from remat.zoo import ZooModel


@dataclass(frozen=True)
class RefusedRow:
    """A budget that the strategy does not reach, and the smallest peak that it does."""

    budget: str
    scope: str
    smallest: int


@dataclass(frozen=True)
class PairRow:
    """One budget. Sizes in bytes; peaks are predicted, in scope `scope`.

    Attributes:
        bitwise: all results have the same bits before and after.
        deviation: `relative_deviation` of the results; 0 is bitwise.
        recomputations: ops that the plan runs again.
        counted: which kind of them is counted in XLA's program (`remat.xla.counting`); ""
            if there is none.
        planned: how many of those the plan runs again.
        found: how many more of them XLA's optimised program holds than before.
        temp_before, temp_after: XLA's temporaries.
    """

    budget: str
    scope: str
    plain_peak: int
    planned_peak: int
    overhead: float
    bitwise: bool
    deviation: float
    recomputations: int
    counted: str
    planned: int
    found: int
    temp_before: int
    temp_after: int


def compare(model: ZooModel, budgets: list[str]) -> Iterator[PairRow | RefusedRow]:
    """Runs `model` plain and at each budget, on two sets of inputs.

    The second set has the optimiser's slots at zero: there, new first moments are the
    gradients, so that their bits are compared as well.
    """
    step, shapes, donated = model.build()
    say("compiling the plain step")
    plain = compile_step(jax.jit(step, donate_argnums=donated).lower(*shapes))
    say("running the plain step")
    inputs = [model.inputs(), _zero_slots(model.inputs(seed=1))]
    wanted = [plain(*one) for one in inputs]
    for budget in budgets:
        say(f"planning and rewriting at {budget}")
        try:
            fitted = remat.jax.fit(
                step,
                *shapes,
                budget=budget,
                strategy=STRATEGY,
                donate_argnums=donated,
                target="xla-cpu",
            )
        except BudgetError as error:
            yield RefusedRow(budget, error.scope, error.smallest)
            continue
        say(f"compiling the step at {budget}")
        after = compile_step(fitted.lower(*shapes))
        say(f"running the step at {budget}")
        found = [after(*one) for one in inputs]
        planned = counting.planned_opcodes(fitted.plan.recomputed_ops)
        kind = counting.choose_kind(planned)
        yield PairRow(
            budget=budget,
            scope=fitted.plan.scope,
            plain_peak=fitted.plan.plain_peak,
            planned_peak=fitted.plan.peak,
            overhead=fitted.plan.overhead,
            bitwise=all(map(bitwise_equal, wanted, found)),
            deviation=max(map(relative_deviation, wanted, found)),
            recomputations=fitted.plan.recomputations,
            counted=kind.name if kind else "",
            planned=kind.of(planned) if kind else 0,
            found=kind.of(after.opcodes) - kind.of(plain.opcodes) if kind else 0,
            temp_before=plain.temp,
            temp_after=after.temp,
        )


def _zero_slots(arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    state, *batch = arguments
    slots = jax.tree.map(lambda leaf: leaf * 0 if leaf.ndim else leaf, state["slots"])
    return ({**state, "slots": slots}, *batch)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("budgets", nargs="+")
    arguments = parser.parse_args()
    return job.answer(lambda: compare(zoo.get(arguments.model), arguments.budgets))


if __name__ == "__main__":
    sys.exit(main())
