# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""`explain`: where the memory of a training step goes, changing nothing."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from remat import convert, toolchain
from remat.budget import budget_text
from remat.errors import RematWarning
from remat.jax.call import Call, resolve_target
from remat.jax.signature import Signature, indices, names
from remat.report import Report, report_of
from remat.report.arguments import argument_names
from remat.toolchain import RematOptions
from remat.xla.measure import Measurement, measure
from remat.xla.targets import Target


def explain(
    step: Callable[..., Any],
    *example_args: Any,
    budget: int | str | None = None,
    donate_argnums: int | Sequence[int] = (),
    static_argnums: int | Sequence[int] = (),
    static_argnames: str | Sequence[str] = (),
    example_kwargs: Mapping[str, Any] | None = None,
    target: str | None = None,
    budget_scope: str = "total",
    cost: str | None = None,
    memory_model: str = "xla",
    loss: int | None = None,
    curve: bool = True,
    rivals: Mapping[str, Callable[..., Any]] | None = None,
) -> Report:
    """Returns where the memory of `step` goes: how much, when, and for which values.

    Nothing is run and nothing is changed. The report's `str()` is text; `.html(path)` and
    `.json(path)` write it. It has the plain peak with what is live there, by value, source
    line, scope and kind; memory over time; the floor that no schedule goes below; and what
    budgets would cost. Of a step for several devices, bytes are those of one.

    Args:
        step, *example_args, donate_argnums, static_argnums, static_argnames, example_kwargs:
            as in `remat.jax.fit`. Arguments may be `jax.ShapeDtypeStruct`s.
        budget: also plan for this budget, and report what would be kept and recomputed.
        target: a device ("h100", "tpu-v5p", "local", ...): XLA compiles the step for it, here
            or not, and the report has its buffer assignment as well; or an encoding
            ("xla-gpu", ...), for which peaks are predicted (default: the backend in use).
        budget_scope, cost, memory_model, loss: as in `remat.jax.fit`.
        curve: whether to plan what budgets would cost, and prove the floor.
        rivals: other steps with the same arguments to compare with, by name: the same step
            with other `jax.checkpoint` policies, say.

    Errors: BudgetError if the budget cannot be met; InputError for an option, or a step
    that has no backward part; whatever tracing a step raises.

    Example:
        print(remat.jax.explain(step, params, batch, donate_argnums=0))
    """
    encoding, device = resolve_target(target)
    options = RematOptions(
        budget=None if budget is None else budget_text(budget),
        strategy="none" if budget is None else None,
        budget_scope=budget_scope,
        cost=cost or (device.cost if device else None),
        memory_model=memory_model,
        target=encoding,
        loss=loss,
    )
    donate = indices(donate_argnums, "donate_argnums")
    static = indices(static_argnums, "static_argnums")

    def module_of(one: Callable[..., Any]) -> convert.Module:
        signature = Signature(
            one,
            example_args,
            example_kwargs or {},
            donate=donate,
            static=static,
            static_names=names(static_argnames),
        )
        return convert.from_exported(Call(one, signature).export(encoding))

    module = module_of(step)
    answer = toolchain.plan(module.text, options, module.name)
    for warning in answer.warnings:
        warnings.warn(warning, RematWarning, stacklevel=2)
    report = report_of(
        answer.problem,
        None if budget is None else answer.plan,
        name=getattr(step, "__name__", None),
        argument_names=argument_names(module.text, len(answer.problem["arguments"])),
        curve=curve,
        effort="fast",
    )
    if device:
        report = report.with_measured(_measured(module, device))
    plain = dataclasses.replace(options, budget=None, strategy="none")
    for name, rival in (rivals or {}).items():
        other = module_of(rival)
        found = toolchain.plan(other.text, plain, other.name)
        measured = _measured(other, device) if device else None
        report = report.with_rival(name, found.plan["peak"], found.plan["cost"], measured)
    return report


def _measured(module: convert.Module, device: Target) -> Measurement:
    return measure(module.text, device, name=module.name)
