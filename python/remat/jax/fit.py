# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""`fit`: the same training step, rewritten to need no more than a budget."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral
from pathlib import Path
from typing import Any

import jax
from jax import export

from remat import convert, toolchain
from remat.errors import InputError
from remat.jax.call import PLATFORM_OF, Call, indices, jit_exported
from remat.jax.fitted_report import report_of_fitted
from remat.plan import Plan
from remat.toolchain import TARGET_OF_PLATFORM, RematOptions


@dataclass(frozen=True, eq=False, repr=False)
class FittedStep:
    """A rewritten training step. Call it like the step it was made from, or `jax.jit` it.

    Equal to itself only, as functions are.

    Attributes:
        plan: what is recomputed, and the predicted peaks and price.
        target: the encoding, "xla-cpu", "xla-gpu" or "xla-tpu".
        exported: the rewritten program with its signature, as `jax.export` holds it.
    """

    plan: Plan
    target: str
    exported: export.Exported
    _jitted: Any
    _statics: Mapping[int, Any]

    def __repr__(self) -> str:
        return (
            f"<FittedStep {self.exported.fun_name} for {self.target}: predicted peak "
            f"{self.plan.peak} of {self.plan.plain_peak} B, overhead {self.plan.overhead:.2%}>"
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Runs the step. Shapes, dtypes and static arguments are those it was fitted to."""
        return self._jitted(*self._dynamic(args), **kwargs)

    def lower(self, *args: Any, **kwargs: Any) -> Any:
        """Lowers the step as `jax.jit(step).lower` does; arguments may be abstract."""
        return self._jitted.lower(*self._dynamic(args), **kwargs)

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
        return (
            f"{self.plan.report(limit)}"
            "The peaks are predicted from the program; they are not yet verified on a device.\n"
        )

    def _dynamic(self, args: tuple[Any, ...]) -> list[Any]:
        """Returns the arguments that are not static, having checked those that are."""
        for index, fitted in self._statics.items():
            if index >= len(args) or args[index] != fitted:
                found = repr(args[index]) if index < len(args) else "nothing"
                raise InputError(
                    f"static argument {index} is {found}, but the step was fitted to {fitted!r}; "
                    "pass the same value, or fit the step again"
                )
        return [arg for index, arg in enumerate(args) if index not in self._statics]


def fit(
    step: Callable[..., Any],
    *example_args: Any,
    budget: int | str,
    donate_argnums: int | Sequence[int] = (),
    static_argnums: int | Sequence[int] = (),
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
) -> FittedStep:
    """Returns `step`, rewritten so that its predicted peak is at most `budget`.

    The result computes the same function op for op (the rewrite is proven equal before
    it is returned), takes and returns the same pytrees, and donates the same arguments.

    Args:
        step: a whole training step: loss, gradients and, usually, the update. A plain
            function, or one that `jax.jit` returned (its donation is taken over).
        *example_args: its arguments, or `jax.ShapeDtypeStruct`s of their shapes.
        budget: bytes (an int, "8GiB", "800MB"), a share of the plain step's predicted peak
            ("50%"), or "min" for the smallest peak the strategy reaches.
        donate_argnums: as in `jax.jit`.
        static_argnums: as in `jax.jit`; the step is fitted to the values given.
        example_kwargs: keyword arguments of the step.
        target: the encoding: "xla-cpu", "xla-gpu" or "xla-tpu" (default: the backend in use).
        budget_scope: what the budget counts: "total" (arguments + results + temporaries,
            donated arguments once), "non-arguments" or "temporaries".
        cost: cost table (default: "h100" for xla-gpu, "tpu-v5p" for xla-tpu, "host" for
            xla-cpu).
        loss: which of the step's array results is the loss, counted from 0 over the flattened
            tree (default: the first scalar float).
        effort: how many steps strategy "best" may take: "fast", "default" or "max".
        order: order in which ops first run: "base", or "reorder" for the best plan of that
            and of up to three others made to need less memory. XLA chooses an order of its own.
        strategy, family, objective, last_segment, granularity, memory_model, fold_free: as in
            `remat plan --help`.

    Errors: BudgetError if the budget cannot be met; InputError for an option, or a step
    that has no backward part or spans several devices; whatever tracing `step` raises.

    Example:
        step = remat.jax.fit(step, params, batch, budget="50%", donate_argnums=0)
        params, loss = step(params, batch)
    """
    budget = _budget_text(budget)
    target = target or _backend_target()
    if target not in PLATFORM_OF:
        raise InputError(f"target {target!r} is unknown; expected {', '.join(PLATFORM_OF)}")
    call = Call(
        step,
        example_args,
        dict(example_kwargs or {}),
        indices(donate_argnums),
        indices(static_argnums),
    )
    exported = call.export(target)
    if exported.nr_devices != 1:
        raise InputError(
            f"the step runs on {exported.nr_devices} devices; only steps for one device can be "
            "fitted"
        )
    module = convert.from_exported(exported)
    answer = toolchain.rewrite(
        module.text,
        RematOptions(
            budget=budget,
            budget_scope=budget_scope,
            strategy=strategy,
            effort=effort,
            order=order,
            family=family,
            objective=objective,
            last_segment=last_segment,
            granularity=granularity,
            cost=cost,
            memory_model=memory_model,
            target=target,
            loss=loss,
            fold_free=fold_free,
        ),
        module.name,
    )
    for warning in answer.warnings:
        warnings.warn(warning, stacklevel=2)
    fitted = convert.replace_module(exported, module.replace_text(answer.text))
    return FittedStep(
        plan=Plan(answer.problem, answer.plan),
        target=target,
        exported=fitted,
        _jitted=jit_exported(fitted, call.donated()),
        _statics=call.statics,
    )


def _budget_text(budget: int | str) -> str:
    if isinstance(budget, str):
        return budget
    if isinstance(budget, Integral) and not isinstance(budget, bool):
        return str(int(budget))
    ways = "write bytes as an int or as '8GiB', a share of the plain peak as '60%', or 'min'"
    if isinstance(budget, float) and 0 < budget <= 1:
        ways = f"write '{budget * 100:.6g}%' for that share of the plain peak, or bytes as an int"
    raise InputError(f"budget {budget!r} is a {type(budget).__name__}; {ways}")


def _backend_target() -> str:
    backend = jax.default_backend()
    if backend not in TARGET_OF_PLATFORM:
        raise InputError(f"no encoding is known for the JAX backend {backend!r}; pass target=")
    return TARGET_OF_PLATFORM[backend]
