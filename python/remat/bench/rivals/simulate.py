# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The judge of every plan in this bench: what a schedule needs and costs.

It shares no code with the rivals or with remat-plan. The rule is that of docs/concepts/plan.md: an
execution allocates its result while its inputs are there; a use reads the latest execution; a
result dies after its last use before the op's next execution; outputs live to the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from remat.bench.rivals.step import Step
from remat.errors import RematError


class ScheduleError(RematError):
    """A schedule that cannot run: a defect of whoever planned it."""


@dataclass(frozen=True)
class Replay:
    """What a schedule needs and costs.

    Attributes:
        peak: bytes. cost: sum over executions, in the step's unit.
        base_order: whether first executions stand in base order.
    """

    peak: int
    cost: int
    base_order: bool


def simulate(step: Step, schedule: Sequence[int]) -> Replay:
    """Runs `schedule`, a list of positions in base order, on paper.

    Errors: ScheduleError if an op is missing, runs twice although it may not, or reads what was
    never made. Cost: O(sum of degrees of the executions).
    """
    last, base_order = _lifetimes(step, schedule)
    sizes = np.asarray(step.bytes, dtype=np.int64)[np.asarray(schedule, dtype=np.int64)]
    freed = np.zeros(len(schedule) + 2, dtype=np.int64)
    np.add.at(freed, np.asarray(last, dtype=np.int64) + 1, sizes)
    live = np.cumsum(sizes) - np.cumsum(freed)[: len(schedule)]
    costs = step.costs
    return Replay(int(live.max(initial=0)), sum(costs[op] for op in schedule), base_order)


def live_bytes(step: Step, schedule: Sequence[int]) -> np.ndarray:
    """Returns the live bytes during each execution of a valid schedule."""
    last, _ = _lifetimes(step, schedule)
    sizes = np.asarray(step.bytes, dtype=np.int64)[np.asarray(schedule, dtype=np.int64)]
    freed = np.zeros(len(schedule) + 2, dtype=np.int64)
    np.add.at(freed, np.asarray(last, dtype=np.int64) + 1, sizes)
    return np.cumsum(sizes) - np.cumsum(freed)[: len(schedule)]


def _lifetimes(step: Step, schedule: Sequence[int]) -> tuple[list[int], bool]:
    """Returns the last step that needs each execution's result, and whether the order is kept."""
    inputs, recomputable = step.inputs, step.recomputable
    current = [-1] * step.size
    last = list(range(len(schedule)))
    newest, base_order = -1, True
    for now, op in enumerate(schedule):
        if not 0 <= op < step.size:
            raise ScheduleError(f"{step.name}: execution {now} names op {op} of {step.size}")
        for source in inputs[op]:
            made = current[source]
            if made < 0:
                raise ScheduleError(
                    f"{step.name}: execution {now} of op {op} reads op {source}, which has not run"
                )
            last[made] = now
        if current[op] < 0:
            base_order = base_order and op > newest
            newest = op
        elif not recomputable[op]:
            raise ScheduleError(f"{step.name}: execution {now}: op {op} may not run twice")
        current[op] = now
    for op, made in enumerate(current):
        if made < 0:
            raise ScheduleError(f"{step.name}: op {op} never runs")
        if step.output[op]:
            last[made] = len(schedule)
    return last, base_order
