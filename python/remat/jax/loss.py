# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""`checkpoint`: a loss whose gradient recomputes what a plan for a budget says."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.custom_derivatives import SymbolicZero
from jax.extend.core import ClosedJaxpr

from remat import convert
from remat.budget import Budget, budget_text
from remat.errors import InputError
from remat.jax import equations
from remat.jax.call import PLATFORM_OF, resolve_target
from remat.jax.gradient import evaluate, joint_of, plan_gradient
from remat.jax.names import leaf_names
from remat.jax.realise import Halves
from remat.jax.signature import indices, places
from remat.plan import Plan
from remat.toolchain import RematOptions


def checkpoint(
    loss: Callable[..., Any],
    *,
    budget: int | str,
    static_argnums: int | Sequence[int] = (),
    target: str | None = None,
    budget_scope: str = "total",
    strategy: str | None = None,
    effort: str | None = None,
    granularity: str | None = None,
    cost: str | None = None,
    memory_model: str = "xla",
) -> CheckpointedLoss:
    """Returns `loss`, whose gradient keeps to `budget` by recomputing.

    The result is called like `loss`, and differentiated in reverse mode by `jax.grad`,
    `jax.value_and_grad`, `jax.vjp` and what builds on them, inside `jax.jit`, `vmap`, `scan`
    and `shard_map` too. Plain calls run `loss` as it is.

    Args:
        loss: returns a float scalar, or a tree whose first leaf is one; the other leaves are
            results that are not differentiated (`has_aux=True`).
        budget: as in `remat.jax.fit`, for loss and gradients as one program: arguments
            (parameters, batch), results (gradients) and temporaries; not the optimiser's state.
        static_argnums: positions of arguments that are no arrays, as in `jax.jit`. Leaves
            that are no arrays or numbers are static without being named, and so are True and
            False.
        target: the encoding: "xla-cpu", "xla-gpu" or "xla-tpu" (default: the backend in use).
        budget_scope, strategy, effort, granularity, cost, memory_model: as in `remat.jax.fit`.

    Errors: when it is differentiated, BudgetError if the budget cannot be met; InputError for
    an option, for a loss that is no float scalar, and where another result than the first has
    a cotangent.

    Example:
        loss = remat.jax.checkpoint(loss, budget="50%")
        value, gradients = jax.value_and_grad(loss)(parameters, batch)
    """
    encoding, device = resolve_target(target, devices=False)
    if device:
        raise InputError(
            f"target {target!r} is a device, but a loss is planned, not measured; give "
            f"{encoding!r} here, or the whole step to remat.jax.fit"
        )
    budget = budget_text(budget)
    Budget.parse(budget)
    options = RematOptions(
        budget=budget,
        budget_scope=budget_scope,
        strategy=strategy,
        effort=effort,
        granularity=granularity,
        cost=cost,
        memory_model=memory_model,
        target=encoding,
        loss=0,
    ).for_target()
    options.pairs()
    options = replace(options, target=None)  # halves are made here, not by remat-encode
    return CheckpointedLoss(
        loss, options, encoding, frozenset(indices(static_argnums, "static_argnums"))
    )


class CheckpointedLoss:
    """A loss with a planned gradient; see `checkpoint`."""

    def __init__(
        self,
        loss: Callable[..., Any],
        options: RematOptions,
        target: str,
        statics: frozenset[int],
    ) -> None:
        self.__wrapped__ = loss
        self.__name__ = getattr(loss, "__name__", type(loss).__name__)
        self.__doc__ = loss.__doc__
        self._options, self._target, self._statics = options, target, statics
        self._gradients: dict[tuple[bytes, int, tuple[bool, ...]], _Gradient] = {}
        self._latest: _Gradient | None = None

    def __repr__(self) -> str:
        return f"<CheckpointedLoss {self.__name__} for {self._target}, {self._options.budget}>"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Returns what the loss returns."""
        closed, leaves, tree, names = self._trace(args, kwargs)
        _expect_loss(closed, self.__name__)
        results = self._differentiable(closed, names)(*closed.consts, *leaves)
        return jax.tree.unflatten(tree, results)

    @property
    def plans(self) -> tuple[Plan, ...]:
        """The plans made so far: one for each program that was differentiated."""
        return tuple(gradient.plan for gradient in self._gradients.values())

    @property
    def latest(self) -> Plan | None:
        """The plan that was made or used last, if any: what `plan(...)` has just returned."""
        return self._latest.plan if self._latest else None

    @property
    def fused_names(self) -> dict[str, str]:
        """Of the latest plan: names by `checkpoint_name` of what is no buffer, because it is
        fused into its readers, and the source line of each."""
        return dict(self._latest.fused) if self._latest else {}

    def plan(self, *args: Any, argnums: int | Sequence[int] = 0, **kwargs: Any) -> Plan:
        """Returns the plan for the gradient by the floats of `argnums`; arrays may be abstract.

        Takes as long as tracing, planning and proving, and no time for a program that was planned
        before. Errors: those of the gradient (see `checkpoint`), and InputError if `argnums` are
        no positions of arguments with floats.
        """
        chosen = places(indices(argnums), len(args), "argnums")
        given = self._hide_statics(args)
        leaves, tree = jax.tree.flatten((given, kwargs))
        dynamic = [i for i, leaf in enumerate(leaves) if _is_array(leaf, jax.ShapeDtypeStruct)]
        of = [index for index, arg in enumerate(given) for _ in jax.tree.leaves(arg)]
        floats = [
            i
            for i in dynamic
            if i < len(of)
            and of[i] in chosen
            and jnp.issubdtype(jax.typeof(leaves[i]).dtype, jnp.inexact)
        ]

        if not floats:
            raise InputError(
                f"argnums names {argnums!r}, where no float is to differentiate {self.__name__} by"
            )

        def run(*arrays: Any) -> Any:
            filled = list(leaves)
            for index, array in zip(dynamic, arrays):
                filled[index] = array

            def scalar(*varied: Any) -> Any:
                for index, array in zip(floats, varied):
                    filled[index] = array
                args, kwargs = jax.tree.unflatten(tree, filled)
                return jax.tree.leaves(self(*_show_statics(args), **kwargs))[0]

            return jax.grad(scalar, tuple(range(len(floats))))(*(filled[i] for i in floats))

        jax.eval_shape(run, *(leaves[index] for index in dynamic))
        assert self._latest is not None
        return self._latest.plan

    def _hide_statics(self, args: Sequence[Any]) -> list[Any]:
        """Returns `args` with those of `static_argnums` as nodes without leaves."""
        statics = places(self._statics, len(args), "static_argnums")
        return [_Static(arg) if index in statics else arg for index, arg in enumerate(args)]

    def _trace(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[Any, list[Any], Any, list[str]]:
        """Returns the loss as equations, its array arguments, the tree of its results, and the
        names of the arguments."""
        given = self._hide_statics(args)
        leaves, tree = jax.tree.flatten((given, kwargs))
        dynamic = [index for index, leaf in enumerate(leaves) if _is_array(leaf)]
        trees = []

        def run(*arrays: Any) -> list[Any]:
            filled = list(leaves)
            for index, array in zip(dynamic, arrays):
                filled[index] = array
            args, kwargs = jax.tree.unflatten(tree, filled)
            results, out_tree = jax.tree.flatten(self.__wrapped__(*_show_statics(args), **kwargs))
            trees.append(out_tree)
            return results

        arrays = [leaves[index] for index in dynamic]
        named = leaf_names(self.__wrapped__, given, kwargs)
        names = [named[index] for index in dynamic]
        return jax.make_jaxpr(run)(*arrays), arrays, trees[-1], names

    def _differentiable(self, closed: ClosedJaxpr, names: list[str]) -> Callable[..., list[Any]]:
        run = jax.custom_vjp(partial(evaluate, closed))

        def forward(*primals: Any) -> tuple[list[Any], _Residuals]:
            wanted = tuple(
                bool(one.perturbed) and jnp.issubdtype(jax.typeof(one.value).dtype, jnp.inexact)
                for one in primals
            )
            gradient = self._gradient(closed, wanted, names)
            results, residuals = gradient.forward(*(one.value for one in primals))
            return results, _Residuals(gradient, residuals)

        def backward(kept: _Residuals, cotangents: Sequence[Any]) -> tuple[Any, ...]:
            return kept.gradient.pull_back(kept.values, cotangents)

        run.defvjp(forward, backward, symbolic_zeros=True)
        return run

    def _gradient(
        self, closed: ClosedJaxpr, wanted: tuple[bool, ...], names: list[str]
    ) -> _Gradient:
        """Returns the planned gradient by the arguments `wanted`; plans it the first time."""
        flat = equations.flatten(equations.trace(*joint_of(closed, wanted)))
        # Captured values come before the arguments, the cotangent after them.
        module = equations.lower(flat, PLATFORM_OF[self._target], [*names, "the loss's cotangent"])
        first = len(closed.jaxpr.outvars)
        # Without locations the text is the same wherever the loss is called. The same text may
        # be the gradient by other arguments, or have another first half.
        program = hashlib.sha256(str(module).encode()).digest(), first, wanted
        if program not in self._gradients:
            text = convert.generic_text(module)
            halves, plan = plan_gradient(
                flat, text, first, self._options, self._target, self.__name__
            )
            lines = equations.lines_of(flat, equations.names_of(flat))
            buffers = {op.get("checkpoint_name") for op in plan.problem["ops"]}
            fused = {name: line for name, line in lines.items() if name not in buffers}
            self._gradients[program] = _Gradient(halves, plan, wanted, fused)
        self._latest = self._gradients[program]
        return self._latest


@dataclass(frozen=True, eq=False)
class _Gradient:
    """A planned gradient: equal to itself only, so that it may stand in a tree.

    `fused` are the names of values that are no buffers of their own, with their lines.
    """

    halves: Halves
    plan: Plan
    wanted: tuple[bool, ...]
    fused: dict[str, str]

    @cached_property
    def forward(self) -> Any:
        return jax.jit(self.halves.forward, inline=True)

    @cached_property
    def backward(self) -> Any:
        return jax.jit(self.halves.backward, inline=True)

    def pull_back(self, residuals: Sequence[Any], cotangents: Sequence[Any]) -> tuple[Any, ...]:
        """Returns a cotangent for each argument; None is zero."""
        first, *others = cotangents
        for number, one in enumerate(others, start=1):
            if not _is_zero(one):
                raise InputError(
                    f"result {number} of the loss is differentiated, but a plan is for the first "
                    "one only; add up in the loss what is to be differentiated"
                )
        if isinstance(first, SymbolicZero):
            return (None,) * len(self.wanted)
        found = iter(self.backward(residuals, first))
        return tuple(next(found) if wanted else None for wanted in self.wanted)


@partial(jax.tree_util.register_dataclass, data_fields=["values"], meta_fields=["gradient"])
@dataclass(frozen=True)
class _Residuals:
    """What the backward reads, with whose it is."""

    gradient: _Gradient
    values: list[Any]


@partial(jax.tree_util.register_dataclass, data_fields=[], meta_fields=["value"])
@dataclass(frozen=True, eq=False)
class _Static:
    """An argument that is no tree of arrays."""

    value: Any


def _show_statics(args: Sequence[Any]) -> list[Any]:
    return [arg.value if isinstance(arg, _Static) else arg for arg in args]


def _is_array(leaf: Any, *more: type) -> bool:
    arrays = (jax.Array, np.ndarray, np.generic, int, float, complex)
    return isinstance(leaf, (*arrays, *more)) and not isinstance(leaf, bool)


def _is_zero(cotangent: Any) -> bool:
    return isinstance(cotangent, SymbolicZero) or cotangent.dtype == jax.dtypes.float0


def _expect_loss(closed: ClosedJaxpr, name: str) -> None:
    first = closed.out_avals[0] if closed.out_avals else None
    if first is None or first.shape or not jnp.issubdtype(first.dtype, jnp.floating):
        found = first.str_short() if first is not None else "nothing"
        raise InputError(
            f"the first result of {name} is {found}; a loss is a float scalar, and further "
            "results follow it, as in (loss, metrics)"
        )
