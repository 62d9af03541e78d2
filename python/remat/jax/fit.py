# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""`fit`: the same training step, rewritten to need no more than a budget."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from jax import export

from remat import convert, toolchain
from remat.budget import Budget, budget_text
from remat.errors import RematWarning
from remat.jax.call import Call, resolve_target
from remat.jax.fitted_report import report_of_fitted
from remat.jax.program import jit_program
from remat.jax.signature import Signature, indices, names
from remat.loop import MOST_COMPILES, Outcome, fit_module, job_for
from remat.plan import Plan
from remat.toolchain import RematOptions


@dataclass(frozen=True, eq=False, repr=False)
class FittedStep:
    """A rewritten training step. Call it like the step it was made from, or `jax.jit` it.

    Equal to itself only, as functions are.

    Attributes:
        plan: what is recomputed, and the predicted peaks and price.
        target: the device or the encoding that it was fitted for.
        outcome: what XLA measured on the way; None if nothing was compiled.
        exported: the rewritten program with its signature, as `jax.export` holds it.
    """

    plan: Plan
    target: str
    outcome: Outcome | None
    exported: export.Exported
    _jitted: Any
    _signature: Signature

    def __repr__(self) -> str:
        what, peak, plain = "predicted", self.plan.peak, self.plan.plain_peak
        if self.outcome:
            what, peak, plain = "measured", self.outcome.peak, self.outcome.plain_peak
        return (
            f"<FittedStep {self.exported.fun_name} for {self.target}: {what} peak "
            f"{peak} of {plain} B, overhead {self.plan.overhead:.2%}>"
        )

    @property
    def __name__(self) -> str:
        return self.exported.fun_name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Runs the step. Shapes, dtypes and static arguments are those it was fitted to."""
        args, kwargs = self._signature.dynamic(args, kwargs)
        return self._jitted(*args, **kwargs)

    def lower(self, *args: Any, **kwargs: Any) -> Any:
        """Lowers the step as `jax.jit(step).lower` does; arguments may be abstract."""
        args, kwargs = self._signature.dynamic(args, kwargs)
        return self._jitted.lower(*args, **kwargs)

    def report(
        self,
        limit: int = 20,
        *,
        html: Path | str | None = None,
        json: Path | str | None = None,
        curve: bool = False,
    ) -> str:
        """Returns, as text, the plan's peaks and price and its `limit` largest values.

        Writes the whole report as a page to `html` and as JSON to `json`, if they are named;
        with `curve` these say what every budget costs.
        """
        if html or json:
            found = report_of_fitted(self, curve=curve)
            found.html(html)
            found.json(json)
        if self.outcome:
            plan = self.plan.report(limit)
            return f"{self.outcome.report()}\nthe chosen plan, as predicted:\n{plan}"
        here = _ON_CPU if (self.target, self.plan.memory_model) == ("xla-cpu", "xla") else ""
        return (
            f"{self.plan.report(limit)}{here}"
            "The peaks are predicted from the program; give target= a device to have XLA measure "
            "them.\n"
        )


#: XLA on the CPU has no memory model of its own.
_ON_CPU = (
    "Memory model 'xla' predicts XLA on GPU; XLA on CPU fuses less and may need much more: "
    'target="local" measures it.\n'
)


def fit(
    step: Callable[..., Any],
    *example_args: Any,
    budget: int | str,
    donate_argnums: int | Sequence[int] = (),
    static_argnums: int | Sequence[int] = (),
    static_argnames: str | Sequence[str] = (),
    example_kwargs: Mapping[str, Any] | None = None,
    target: str | None = None,
    budget_scope: str = "total",
    strategy: str | None = None,
    effort: str | None = None,
    order: str | None = None,
    family: str | None = None,
    objective: str | None = None,
    last_segment: str | None = None,
    granularity: str | None = None,
    cost: str | None = None,
    memory_model: str = "xla",
    loss: int | None = None,
    fold_free: bool | None = None,
    compiles: int = MOST_COMPILES,
) -> FittedStep:
    """Returns `step`, rewritten so that its peak is at most `budget`.

    With a device as `target` that is the peak that XLA itself measures: rewritten programs
    are compiled for the device, which need not be there, until the fastest that fits is
    found. Ctrl-C ends the search; the best program so far is then returned. With an encoding
    as `target`, or none, the peak is predicted, and nothing is compiled.

    The result computes the same function op for op (the rewrite is proven equal before
    it is returned), takes and returns the same pytrees, and donates the same arguments.
    Of a step for several devices, bytes are those of one (docs/concepts/sharding.md).

    Args:
        step: a whole training step: loss, gradients and, usually, the update. A plain
            function, or one that `jax.jit` returned (what it donates and what is static is
            taken over).
        *example_args: its arguments, or `jax.ShapeDtypeStruct`s of their shapes.
        budget: bytes (an int, "8GiB", "800MB"), a share of the plain step's peak ("50%"), or
            "min" for the smallest peak that is reached.
        donate_argnums: as in `jax.jit`.
        static_argnums, static_argnames: as in `jax.jit`; the step is fitted to the values
            given.
        example_kwargs: keyword arguments of the step.
        target: a device: "h100", "a100", "tpu-v5p", "tpu-v5e", or "local" for the backend in
            use; or an encoding: "xla-cpu", "xla-gpu" or "xla-tpu" (default: that of the
            backend in use).
        budget_scope: what the budget counts: "total" (arguments + results + temporaries,
            donated arguments once), "non-arguments" or "temporaries".
        cost: cost table (default: the device's; "h100" for xla-gpu, "tpu-v5p" for xla-tpu,
            "host" for xla-cpu).
        loss: which of the step's array results is the loss, counted from 0 over the flattened
            tree (default: the first scalar float).
        effort: how many steps strategy "best" may take: "fast", "default" or "max".
        order: order in which ops first run: "base", or "reorder" for the best plan of that
            and of up to three others made to need less memory (the default where programs are
            measured). XLA chooses an order of its own.
        strategy, family, objective, last_segment, granularity, memory_model, fold_free: as in
            `remat plan --help`.
        compiles: how many rewritten programs may be compiled for a device.

    Errors: BudgetError if the budget cannot be met, with the smallest peak reached and a
    proven floor; MissingExtra if nothing here compiles for the device; InputError for an
    option, or a step that has no backward part; whatever tracing `step` raises.

    Example:
        step = remat.jax.fit(step, params, batch, budget="50%", donate_argnums=0)
        params, loss = step(params, batch)
    """
    budget = budget_text(budget)
    encoding, device = resolve_target(target)
    signature = Signature(
        step,
        example_args,
        example_kwargs or {},
        donate=indices(donate_argnums, "donate_argnums"),
        static=indices(static_argnums, "static_argnums"),
        static_names=names(static_argnames),
    )
    call = Call(step, signature)
    exported = call.export(encoding)
    module = convert.from_exported(exported)
    options = RematOptions(
        strategy=strategy,
        effort=effort,
        order=order,
        family=family,
        objective=objective,
        last_segment=last_segment,
        granularity=granularity,
        cost=cost,
        memory_model=memory_model,
        target=encoding,
        loss=loss,
        fold_free=fold_free,
    )
    outcome = None
    if device:
        job = job_for(device, module.text, module.name, options, most=compiles)
        outcome = fit_module(job, Budget.parse(budget), budget_scope)
        text, plan, messages = outcome.text, outcome.plan, outcome.messages
    else:
        options = replace(options, budget=budget, budget_scope=budget_scope)
        answer = toolchain.rewrite(module.text, options, module.name)
        text, plan, messages = answer.text, Plan(answer.problem, answer.plan), answer.warnings
    for message in messages:
        warnings.warn(message, RematWarning, stacklevel=2)
    fitted = convert.replace_module(exported, module.replace_text(text))
    return FittedStep(
        plan=plan,
        target=target or encoding,
        outcome=outcome,
        exported=fitted,
        _jitted=jit_program(fitted, *call.donated()),
        _signature=signature,
    )
