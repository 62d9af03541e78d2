# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Peak and floor of a training step, read off its jaxpr: no MLIR, none of our tools.

A rough second opinion on the planner's figures: every equation is an op in program order, free
producers are folded, a donated output takes over its argument's buffer.
"""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import jax
import jax.extend

_CALLS = ("jit", "pjit", "custom_jvp_call", "custom_vjp_call", "closed_call")
_FOLDED = ("broadcast_in_dim", "reshape", "squeeze", "iota")


@dataclasses.dataclass(frozen=True)
class Liveness:
    """Bytes of a step: `arguments`, the plain `peak` and the `floor`, both with arguments."""

    arguments: int
    peak: int
    floor: int


class _Program:
    """The step as a flat list of ops over numbered values."""

    def __init__(self, jaxpr: Any) -> None:
        self.bytes: list[int] = []
        self.ops: list[tuple[list[int], list[int]]] = []
        self.arguments = [self._value(v.aval) for v in jaxpr.invars]
        self.outputs = self._inline(jaxpr, self.arguments)

    def _value(self, aval: Any) -> int:
        extended = jax.dtypes.issubdtype(aval.dtype, jax.dtypes.extended)
        self.bytes.append(math.prod(aval.shape) * (8 if extended else aval.dtype.itemsize))
        return len(self.bytes) - 1

    def _inline(self, jaxpr: Any, inputs: list[int | None]) -> list[int | None]:
        known = dict(zip(jaxpr.invars, inputs, strict=True))

        def read(variables: Any) -> list[int | None]:
            literal = jax.extend.core.Literal
            return [None if isinstance(v, literal) else known.get(v) for v in variables]

        for equation in jaxpr.eqns:
            operands = read(equation.invars)
            if equation.primitive.name in _CALLS:
                inner = equation.params.get("jaxpr") or equation.params["call_jaxpr"]
                results = self._inline(getattr(inner, "jaxpr", inner), operands)
            elif equation.primitive.name in _FOLDED:
                results = [next((v for v in operands if v is not None), None)]
            else:
                results = [self._value(v.aval) for v in equation.outvars]
                self.ops.append((sorted({v for v in operands if v is not None}), results))
            known.update(zip(equation.outvars, results, strict=True))
        return read(jaxpr.outvars)


def measure(step: Any) -> Liveness:
    """Returns the liveness of a `remat.zoo.step.Step`. Cost: O(equations)."""
    program = _Program(jax.make_jaxpr(step.step)(*step.example_args).jaxpr)
    needed = {v for v in program.outputs if v is not None}
    ops = []
    for operands, results in reversed(program.ops):
        if needed.intersection(results):
            needed.update(operands)
            ops.append((operands, results))
    ops.reverse()
    # The state is donated: all outputs but the loss live in argument buffers.
    free = {*program.arguments, *program.outputs[:-1]}
    size = [0 if v in free else bytes for v, bytes in enumerate(program.bytes)]
    last = {v: at for at, op in enumerate(ops) for values in op for v in values}
    live = peak = working = 0
    for at, (operands, results) in enumerate(ops):
        live += sum(size[v] for v in results)
        peak = max(peak, live)
        touched = {*operands, *results}
        working = max(working, sum(size[v] for v in touched))
        live -= sum(size[v] for v in touched if last[v] == at and v not in program.outputs)
    arguments = sum(program.bytes[v] for v in program.arguments)
    return Liveness(arguments, arguments + peak, arguments + working)
