# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Loss and gradients as one program: written down, planned, and proven equal."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jax
from jax.extend.core import ClosedJaxpr, jaxpr_as_fun

from remat import convert, toolchain
from remat.errors import BudgetError, RematWarning
from remat.jax import equations
from remat.jax.call import PLATFORM_OF
from remat.jax.proof import prove
from remat.jax.realise import Halves, realise
from remat.plan import Plan, format_bytes
from remat.toolchain import RematOptions

#: An equation is the smallest thing that runs again here, an op is in the plan; where that
#: makes a peak larger than the budget, plans for a smaller budget are tried, so many times.
_ATTEMPTS = 4


def evaluate(closed: ClosedJaxpr, *values: Any) -> list[Any]:
    """Runs `closed` on captured values and arguments."""
    count = len(closed.consts)
    return jaxpr_as_fun(ClosedJaxpr(closed.jaxpr, list(values[:count])))(*values[count:])


def joint_of(closed: ClosedJaxpr, wanted: tuple[bool, ...]) -> tuple[Callable[..., Any], list[Any]]:
    """Returns loss, further results and gradients as one function, and its argument types.

    Its last argument is the cotangent of the loss.
    """

    def joint(*values: Any) -> list[Any]:
        arguments, cotangent = values[:-1], values[-1]

        def loss(*chosen: Any) -> tuple[Any, list[Any]]:
            given = iter(chosen)
            merged = [next(given) if w else a for w, a in zip(wanted, arguments)]
            first, *others = evaluate(closed, *merged)
            return first, others

        chosen = [argument for argument, w in zip(arguments, wanted) if w]
        value, pull_back, others = jax.vjp(loss, *chosen, has_aux=True)
        return [value, *others, *pull_back(cotangent)]

    captured = [jax.typeof(value) for value in closed.consts]
    return joint, [*captured, *closed.in_avals, closed.out_avals[0]]


def plan_gradient(
    flat: ClosedJaxpr, text: str, first: int, options: RematOptions, target: str, name: str
) -> tuple[Halves, Plan]:
    """Plans `flat`, carries the plan out, and proves that the result computes the same.

    Each of up to `_ATTEMPTS` plans takes the planner and, for the proof, remat-opt once.

    Errors: BudgetError if the budget cannot be met, by the planner or with whole equations;
    ToolchainError if the result is not what was given.
    """
    names = equations.names_of(flat)
    limit = None
    peaks = []
    for _ in range(_ATTEMPTS):
        try:
            answer = toolchain.plan(text, options, name)
        except BudgetError:
            if limit is None:
                raise
            break  # of the smaller budget, which nobody gave
        limit = limit or answer.plan.get("budget")
        for warning in answer.warnings:
            warnings.warn(warning, RematWarning, stacklevel=2)
        equation_of = {}
        for op in answer.problem["ops"]:
            equation, op["scope"] = equations.equation_of(op["scope"])
            if equation is not None:  # calls back into Python have no scope
                equation_of[op["id"]] = equation
                if equation in names:
                    op["checkpoint_name"] = names[equation]
        halves = realise(flat, answer.plan["schedule"], equation_of, first, target)
        written = equations.lower_function(halves.joint, flat.in_avals, PLATFORM_OF[target])
        peak = prove(convert.generic_text(written), text, options, name)
        if options.budget == "min" or peak <= limit:
            return halves, Plan(answer.problem, answer.plan)
        peaks.append(peak)
        options = replace(options, budget=str(max(1, answer.plan["peak"] - (peak - limit))))
    raise _refusal(text, options, name, limit, min(peaks))


def _refusal(text: str, options: RematOptions, name: str, limit: int, smallest: int) -> BudgetError:
    """Returns the refusal of the budget `limit`, with the planner's witness of the floor."""
    witness = toolchain.witness_of_floor(text, options, name)
    return BudgetError(
        f"{name}: with whole equations of JAX run again, the smallest peak reached is "
        f"{format_bytes(smallest)}, above the budget of {format_bytes(limit)}; no order of "
        f"executions needs less than {format_bytes(witness.floor)}; raise the budget",
        budget=limit,
        floor=witness.floor,
        smallest=smallest,
        scope=options.budget_scope or "total",
        op=witness.op,
        location=witness.location,
        largest=witness.largest,
    )
