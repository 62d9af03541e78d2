# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A training step as rivals see it: ops in base order, one charged buffer each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from remat.errors import InputError


@dataclass(frozen=True)
class Step:
    """Ops 0 ... n-1 in base order; all sequences have length n.

    Attributes:
        ids: the op's id in plans.
        kinds: as problem.json spells them ("dot", "elementwise", ...).
        forward: whether the op belongs to the forward pass.
        bytes: of the op's result, as charged in the scope: 0 if it is not counted.
        costs: of one execution, in `cost_unit`.
        inputs: ops whose results are read, without repeats; arguments are not ops.
        recomputable: whether the op may run twice.
        output: whether the result is there at the end.
    """

    name: str
    cost_unit: str
    ids: Sequence[int]
    kinds: Sequence[str]
    forward: Sequence[bool]
    bytes: Sequence[int]
    costs: Sequence[int]
    inputs: Sequence[tuple[int, ...]]
    recomputable: Sequence[bool]
    output: Sequence[bool]

    @property
    def size(self) -> int:
        """The number of ops."""
        return len(self.ids)

    @cached_property
    def users(self) -> list[list[int]]:
        """The ops that read each op's result, ascending."""
        users: list[list[int]] = [[] for _ in self.ids]
        for op, inputs in enumerate(self.inputs):
            for source in inputs:
                users[source].append(op)
        return users

    @cached_property
    def loss(self) -> int:
        """The last op of the forward pass, or -1: what runs up to it is the forward half."""
        return max((op for op in range(self.size) if self.forward[op]), default=-1)

    @cached_property
    def base_cost(self) -> int:
        """The cost of running every op once."""
        return sum(self.costs)

    @cached_property
    def floor(self) -> int:
        """A lower bound on every peak: the largest working set of one op, or all outputs."""
        outputs = sum(size for size, kept in zip(self.bytes, self.output) if kept)
        sets = (
            self.bytes[op] + sum(self.bytes[source] for source in self.inputs[op])
            for op in range(self.size)
        )
        return max(outputs, max(sets, default=0))


def make_step(
    inputs: Sequence[Sequence[int]],
    sizes: Sequence[int],
    costs: Sequence[int],
    *,
    loss: int,
    output: Sequence[int] = (),
    kinds: Sequence[str] = (),
    name: str = "step",
    cost_unit: str = "units",
) -> Step:
    """Returns a step whose ops up to `loss` are the forward pass; for small examples.

    Example: make_step([[], [0]], [8, 4], [1, 1], loss=0) -> a chain of two ops.
    """
    count = len(inputs)
    return Step(
        name=name,
        cost_unit=cost_unit,
        ids=list(range(count)),
        kinds=list(kinds) or ["elementwise"] * count,
        forward=[op <= loss for op in range(count)],
        bytes=list(sizes),
        costs=list(costs),
        inputs=[tuple(dict.fromkeys(sources)) for sources in inputs],
        recomputable=[True] * count,
        output=[op in set(output) for op in range(count)],
    )


def step_of_problem(problem: dict[str, Any]) -> Step:
    """Returns the step in a problem.json whose ops make one result each.

    Sizes are what the problem's scope charges beyond its arguments.
    Errors: InputError if an op makes several results.
    """
    scope, values = problem["scope"], problem["values"]
    outputs = set(problem["outputs"])
    donated = set()
    if problem.get("donation"):
        pairs = zip(problem["outputs"], problem["donated"])
        donated = {value for value, argument in pairs if argument is not None}
    producer: dict[int, int] = {}
    ops = problem["ops"]
    for position, op in enumerate(ops):
        if len(op["results"]) != 1:
            raise InputError(
                f"{problem['name']}: op {op['id']} ({op['name']}) makes {len(op['results'])} "
                "results; rivals plan graphs with one result an op, such as neutral graphs"
            )
        producer[op["results"][0]] = position
    sizes = []
    for op in ops:
        value = op["results"][0]
        free = value in donated or (scope == "temporaries" and value in outputs)
        sizes.append(0 if free else values[value]["bytes"])
    return Step(
        name=problem["name"],
        cost_unit=problem["cost_unit"],
        ids=[op["id"] for op in ops],
        kinds=[op["kind"] for op in ops],
        forward=[op["phase"] == "forward" for op in ops],
        bytes=sizes,
        costs=[op["cost"] for op in ops],
        inputs=[
            tuple(dict.fromkeys(producer[value] for value in op["inputs"] if value in producer))
            for op in ops
        ],
        recomputable=[op["recomputable"] for op in ops],
        output=[op["results"][0] in outputs for op in ops],
    )
