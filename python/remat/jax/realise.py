# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Carries out a plan on JAX equations: which run again, where, and in which half."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from jax.extend.core import ClosedJaxpr, DropVar, Literal, Var

from remat.jax import equations, ties
from remat.jax.nodes import Node, Ref, is_ref


@dataclass
class Halves:
    """A function split at its loss: `forward` gives results and residuals, `backward` the rest.

    Attributes:
        flat: the equations; the last argument is the cotangent of the loss.
        nodes: runs of equations, in order, forward half first.
        first: results of `forward`, the others are results of `backward`.
        encoding: how recomputation is tied.
    """

    flat: ClosedJaxpr
    nodes: list[Node]
    outputs: list[Ref | Literal]
    first: int
    encoding: str
    residuals: list[Ref] = field(default_factory=list)

    def __post_init__(self) -> None:
        reads = [r for node in self.nodes if node.backward for r in node.reads]
        found = dict.fromkeys(r for r in [*reads, *self.outputs[self.first :]] if is_ref(r))
        self.residuals = [ref for ref in found if not self._is_late(ref)]

    @property
    def cotangent(self) -> Ref:
        """The last argument: the cotangent of the loss."""
        return Ref(-1, len(self.flat.jaxpr.invars) - 1)

    def aval(self, ref: Ref) -> Any:
        """Returns the type of `ref`."""
        if ref.node < 0:
            return self.flat.jaxpr.invars[ref.index].aval
        return self.flat.jaxpr.eqns[self.nodes[ref.node].equation].outvars[ref.index].aval

    def _is_late(self, ref: Ref) -> bool:
        return ref == self.cotangent or (ref.node >= 0 and self.nodes[ref.node].backward)

    def forward(self, *arguments: Any) -> tuple[list[Any], list[Any]]:
        """Returns loss and further results, and what `backward` reads."""
        values = {Ref(-1, index): value for index, value in enumerate(arguments)}
        self._run([i for i, node in enumerate(self.nodes) if not node.backward], values)
        found = [_value(ref, values) for ref in self.outputs[: self.first]]
        return found, [values[ref] for ref in self.residuals]

    def backward(self, residuals: Sequence[Any], cotangent: Any) -> list[Any]:
        """Returns the other results, the gradients."""
        values = dict(zip(self.residuals, residuals))
        values[self.cotangent] = cotangent
        self._run([i for i, node in enumerate(self.nodes) if node.backward], values)
        return [_value(ref, values) for ref in self.outputs[self.first :]]

    def joint(self, *arguments: Any) -> list[Any]:
        """Returns all results, as the function that was split does."""
        found, residuals = self.forward(*arguments[:-1])
        return [*found, *self.backward(residuals, arguments[-1])]

    def _run(self, indices: list[int], values: dict[Ref, Any]) -> None:
        regions = ties.Regions(self, indices)
        for place, index in enumerate(indices):
            regions.enter(place, values)
            node = self.nodes[index]
            operands = [regions.read(node, ref, values) for ref in node.reads]
            results = equations.bind(self.flat.jaxpr.eqns[node.equation], operands)
            for number, value in enumerate(results):
                values[Ref(index, number)] = value


def _value(read: Ref | Literal, values: dict[Ref, Any]) -> Any:
    return values[read] if is_ref(read) else read.val


def runs_of(schedule: Sequence[int], equation_of: dict[int, int]) -> Iterator[tuple[int, bool]]:
    """Yields (equation, whether it runs again), in the order of a plan's schedule.

    Args:
        equation_of: the equation that each op of the schedule comes from; ops that are not in
            it are passed over.

    An equation of several ops runs once for all of them; it runs again as a whole as soon as
    one of its ops does.
    Example: schedule [0, 1, 2, 0, 1], ops 0 and 1 of equation 5, op 2 of 6 -> (5, no), (6, no),
    (5, again).
    """
    round_of: dict[int, set[int]] = {}
    for op in schedule:
        if op not in equation_of:
            continue
        equation = equation_of[op]
        done = round_of.setdefault(equation, set())
        if op in done or not done:
            yield equation, bool(done)
            round_of[equation] = {op}
        else:
            done.add(op)


def realise(
    flat: ClosedJaxpr,
    schedule: Sequence[int],
    equation_of: dict[int, int],
    first: int,
    encoding: str,
) -> Halves:
    """Returns `flat`, which computes loss and gradients, run as `schedule` says.

    Args:
        schedule: ids of ops, one per execution.
        equation_of: the equation of each op; equations without one run where they are read.
        first: how many results, the loss first, belong to the forward half.
        encoding: "xla-cpu", "xla-gpu" or "xla-tpu".
    """
    builder = _Builder(flat, set(equation_of.values()), first)
    builder.run(list(runs_of(schedule, equation_of)))
    outputs = builder.outputs()
    nodes, renumbered = _needed(builder.nodes, flat, outputs)
    moved = [renumbered(ref) for ref in outputs]
    return Halves(flat, nodes, moved, first, encoding)


class _Builder:
    """Follows a schedule and notes which instance each run reads."""

    def __init__(self, flat: ClosedJaxpr, planned: set[int], first: int) -> None:
        self.flat = flat
        self.nodes: list[Node] = []
        self._planned = planned
        self._first = first
        self._maker: dict[Var, tuple[int, int]] = {}
        for index, equation in enumerate(flat.jaxpr.eqns):
            for number, var in enumerate(equation.outvars):
                if not isinstance(var, DropVar):
                    self._maker[var] = (index, number)
        self._arguments = {var: Ref(-1, i) for i, var in enumerate(flat.jaxpr.invars)}
        made = [self._maker.get(v, (-1,))[0] for v in flat.jaxpr.outvars[:first] if _is_var(v)]
        self._split = max(made, default=-1)
        self._latest: dict[int, int] = {}  # planned equation -> its latest node
        self._unplanned: dict[tuple[Any, ...], int] = {}
        #: Unplanned equation -> the node that reads what is latest here and now.
        self._current: dict[int, int] = {}
        self._backward = False
        self._region: int | None = None
        self._early: list[Ref | Literal] = []

    def run(self, runs: list[tuple[int, bool]]) -> None:
        """Makes a node for each run. Equations with effects run once, in order."""
        effects = [
            index
            for index, equation in enumerate(self.flat.jaxpr.eqns)
            if equation.effects and index not in self._planned
        ]
        following = _following(runs)
        regions = 0
        for place, (equation, again) in enumerate(runs):
            if not again or self._region is None:
                if following[place] is None or following[place] > self._split:
                    self._enter_backward()
                regions += again
                self._enter_region(regions if again else None)
            while not again and effects and effects[0] < equation:
                self._append(effects[0])
                self._planned.add(effects.pop(0))
            self._append(equation)
        self._enter_region(None)
        for equation in effects:
            self._append(equation)
            self._planned.add(equation)

    def outputs(self) -> list[Ref | Literal]:
        """Returns the instances of the function's results."""
        self._enter_backward()
        late = [self._read(var) for var in self.flat.jaxpr.outvars[self._first :]]
        return [*self._early, *late]

    def _enter_backward(self) -> None:
        """From here on runs belong to the backward half; results of the forward are made."""
        if not self._backward:
            self._enter_region(None)
            self._early = [self._read(var) for var in self.flat.jaxpr.outvars[: self._first]]
            self._backward = True
            self._current.clear()

    def _enter_region(self, region: int | None) -> None:
        if region != self._region:
            self._region = region
            self._current.clear()

    def _append(self, equation: int) -> None:
        """Makes a node for a run of a planned equation."""
        reads = [self._read(atom) for atom in self.flat.jaxpr.eqns[equation].invars]
        self.nodes.append(Node(equation, reads, self._region, self._backward))
        if equation in self._latest:
            self._current.clear()
        self._latest[equation] = len(self.nodes) - 1

    def _read(self, atom: Var | Literal) -> Ref | Literal:
        """Returns the latest instance of `atom`; an equation that is not planned runs for it."""
        if isinstance(atom, Literal):
            return atom
        if atom in self._arguments:
            return self._arguments[atom]
        equation, number = self._maker[atom]
        if equation in self._planned:
            return Ref(self._latest[equation], number)
        self._run_unplanned(equation)
        return Ref(self._current[equation], number)

    def _run_unplanned(self, equation: int) -> None:
        """Makes nodes for `equation` and for the unplanned ones that it needs, where they are
        not yet there. Linear in those."""
        missing: set[int] = set()
        todo = [equation]
        while todo:
            one = todo.pop()
            if one in self._planned or one in self._current or one in missing:
                continue
            missing.add(one)
            atoms = self.flat.jaxpr.eqns[one].invars
            todo += [self._maker[a][0] for a in atoms if _is_var(a) and a in self._maker]
        for one in sorted(missing):
            reads = [self._read(atom) for atom in self.flat.jaxpr.eqns[one].invars]
            instances = tuple(r if is_ref(r) else id(r) for r in reads)
            key = (one, self._region, self._backward, instances)
            if key not in self._unplanned:
                self.nodes.append(Node(one, reads, self._region, self._backward))
                self._unplanned[key] = len(self.nodes) - 1
            self._current[one] = self._unplanned[key]


def _following(runs: list[tuple[int, bool]]) -> list[int | None]:
    """Returns, for each run, the equation of the next first run, itself included."""
    found: list[int | None] = []
    latest = None
    for equation, again in reversed(runs):
        latest = latest if again else equation
        found.append(latest)
    return found[::-1]


def _is_var(atom: Any) -> bool:
    return not isinstance(atom, Literal)


def _needed(nodes: list[Node], flat: ClosedJaxpr, outputs: list[Ref | Literal]) -> Any:
    """Returns the nodes that a result or an effect needs, and a function that renumbers."""
    needed = {ref.node for ref in outputs if is_ref(ref)}
    for index in reversed(range(len(nodes))):
        if index in needed or flat.jaxpr.eqns[nodes[index].equation].effects:
            needed.add(index)
            needed.update(ref.node for ref in nodes[index].reads if is_ref(ref))
    kept = sorted(needed - {-1})
    place = {old: new for new, old in enumerate(kept)} | {-1: -1}

    def renumbered(ref: Ref | Literal) -> Ref | Literal:
        return Ref(place[ref.node], ref.index) if is_ref(ref) else ref

    for index in kept:
        nodes[index].reads = [renumbered(ref) for ref in nodes[index].reads]
    return [nodes[index] for index in kept], renumbered
