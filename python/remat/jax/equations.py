# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A traced function as a flat list of equations, and the module that it lowers to.

Planning reads StableHLO; a plan is carried out on JAX's own equations. What ties the two:
every equation is lowered under a name of its own, which its ops carry in their scopes.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import jax
from jax.extend import source_info_util
from jax.extend.core import ClosedJaxpr, JaxprEqn, Literal, Var
from jax.extend.core.primitives import (
    closed_call_p,
    custom_jvp_call_p,
    custom_vjp_call_p,
    jit_p,
    name_p,
    remat_p,
)
from jaxlib.mlir import ir

#: Calls whose equations stand in for them.
_CALLS = {jit_p, closed_call_p, custom_jvp_call_p, custom_vjp_call_p, remat_p}
_MARK = re.compile(r"^remat\.equation\.(\d+)(?:/|$)")


# No source line of a program is one of this folder: the caller's stands for it.
source_info_util.register_exclusion(f"{Path(__file__).parent}{os.sep}")


def bind(equation: JaxprEqn, values: Sequence[Any], outer: Any = None) -> list[Any]:
    """Runs `equation` on `values`, under its own name, source line and settings.

    `outer` is the traceback of the calls around it: it has the source line of an equation
    that a library's function makes in its own trace.
    """
    with _standing_for(equation, outer):
        parameters = equation.primitive.get_bind_params(equation.params)
        results = equation.primitive.bind(*values, **parameters)
    return list(results) if equation.primitive.multiple_results else [results]


@contextlib.contextmanager
def _standing_for(equation: JaxprEqn, outer: Any) -> Iterator[Any]:
    """What is bound inside has the name, source line and settings of `equation`; gives its
    traceback, that of its callers included."""
    own = equation.source_info.traceback
    whole = own + outer if own and outer else own or outer
    stack = source_info_util.current_name_stack() + equation.source_info.name_stack
    with source_info_util.user_context(whole, name_stack=stack), equation.ctx.manager:
        yield whole


def trace(function: Callable[..., Any], avals: Sequence[Any]) -> ClosedJaxpr:
    """Returns the equations of `function(*avals)`; see `flatten` for one without calls."""
    return jax.make_jaxpr(function)(*map(struct_of, avals))


def struct_of(aval: Any) -> jax.ShapeDtypeStruct:
    """Returns shape, dtype and weak type of `aval`, as arguments of a trace are given."""
    return jax.ShapeDtypeStruct(aval.shape, aval.dtype, weak_type=aval.weak_type)


def flatten(closed: ClosedJaxpr) -> ClosedJaxpr:
    """Returns the same function without calls; captured values become leading arguments.

    What `jax.checkpoint` recomputes stands behind its barrier, as in the lowered program.
    """
    consts = [jax.typeof(value) for value in closed.consts]
    count = len(consts)

    def run(*values: Any) -> list[Any]:
        return _run_inline(closed.jaxpr, values[:count], values[count:])

    return trace(run, [*consts, *closed.in_avals])


def _run_inline(
    jaxpr: Any, consts: Sequence[Any], arguments: Sequence[Any], outer: Any = None
) -> list[Any]:
    values: dict[Var, Any] = dict(zip(jaxpr.constvars, consts))
    values.update(zip(jaxpr.invars, arguments))

    def read(atom: Any) -> Any:
        return atom.val if isinstance(atom, Literal) else values[atom]

    for equation in jaxpr.eqns:
        operands = [read(atom) for atom in equation.invars]
        inner = _callee(equation)
        if inner is None:
            results = bind(equation, operands, outer)
        else:
            with _standing_for(equation, outer) as whole:
                results = _run_inline(inner, (), _behind_barrier(equation, operands), whole)
        values.update(zip(equation.outvars, results))
    return [read(atom) for atom in jaxpr.outvars]


def _callee(equation: JaxprEqn) -> Any:
    """Returns the body that may stand in for the call `equation`; None if there is none."""
    if equation.primitive not in _CALLS:
        return None
    parameters = equation.params
    inner = parameters.get("jaxpr", parameters.get("call_jaxpr"))
    if isinstance(inner, ClosedJaxpr):
        if inner.consts:
            return None
        inner = inner.jaxpr
    named = (*parameters.get("in_shardings", ()), *parameters.get("out_shardings", ()))
    return inner if all(type(one).__name__ == "UnspecifiedValue" for one in named) else None


def _behind_barrier(equation: JaxprEqn, operands: list[Any]) -> list[Any]:
    """Returns what the body of a call reads: in a backward of `jax.checkpoint`, barred operands."""
    if equation.primitive is not remat_p or not equation.params["differentiated"]:
        return operands
    prevent = equation.params["prevent_cse"]
    prevent = [prevent] * len(operands) if isinstance(prevent, bool) else prevent
    barred = [operand for operand, bars in zip(operands, prevent) if bars]
    if not barred:
        return operands
    after = iter(jax.lax.optimization_barrier(barred))
    return [next(after) if bars else operand for operand, bars in zip(operands, prevent)]


def lower(flat: ClosedJaxpr, platform: str, names: Sequence[str] = ()) -> Any:
    """Returns `flat` as a module in whose scopes `equation_of` finds the equations.

    `names` are those of its last arguments, for messages and reports.
    """

    def run(*arguments: Any) -> list[Any]:
        values: dict[Var, Any] = dict(zip(flat.jaxpr.invars, arguments))

        def read(atom: Any) -> Any:
            return atom.val if isinstance(atom, Literal) else values[atom]

        for index, equation in enumerate(flat.jaxpr.eqns):
            with source_info_util.extend_name_stack(f"remat.equation.{index}"):
                results = bind(equation, [read(atom) for atom in equation.invars])
            values.update(zip(equation.outvars, results))
        return [read(atom) for atom in flat.jaxpr.outvars]

    module = lower_function(run, flat.in_avals, platform)
    if names:
        main = ir.SymbolTable(module.operation)["main"]
        for argument, name in zip(list(main.arguments)[-len(names) :], names):
            argument.set_location(ir.Location.name(name, context=module.context))
    return module


def lower_function(function: Callable[..., Any], avals: Sequence[Any], platform: str) -> Any:
    """Returns `function(*avals)` as a module for a platform of JAX."""
    traced = jax.jit(function, keep_unused=True).trace(*map(struct_of, avals))
    return traced.lower(lowering_platforms=(platform,)).compiler_ir()


def names_of(flat: ClosedJaxpr) -> dict[int, str]:
    """Returns the names that `checkpoint_name` gave to results of equations, by equation."""
    maker = {var: i for i, equation in enumerate(flat.jaxpr.eqns) for var in equation.outvars}
    found: dict[int, str] = {}
    for index, equation in enumerate(flat.jaxpr.eqns):
        if equation.primitive is name_p and not isinstance(equation.invars[0], Literal):
            if equation.invars[0] in maker:
                found[maker[equation.invars[0]]] = equation.params["name"]
            maker[equation.outvars[0]] = maker.get(equation.invars[0], index)
    return found


def lines_of(flat: ClosedJaxpr, names: dict[int, str]) -> dict[str, str]:
    """Returns, for each of `names` by equation, the first line ("f.py:3") of what bears it."""
    found: dict[str, str] = {}
    for index in sorted(names):
        source = source_info_util.summarize(flat.jaxpr.eqns[index].source_info)
        found.setdefault(names[index], re.sub(r"^(.*?:\d+).*", r"\1", source))
    return found


def equation_of(scope: str) -> tuple[int | None, str]:
    """Splits the scope of an op into the index of its equation and its own scope."""
    found = _MARK.match(scope)
    return (int(found[1]), scope[found.end() :]) if found else (None, scope)
