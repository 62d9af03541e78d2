# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checkmate's program (Jain et al., MLSys 2020), solved by HiGHS instead of Gurobi.

Stage t ends with the first execution of op t. R[t, i]: op i runs in stage t; S[t, i]: its value is
kept from stage t - 1 into stage t; FREE[t, i, k]: it is freed after op k runs in stage t; U[t, k]:
the bytes live while op k is considered in stage t. Reimplemented from the paper, section 4, with
its linearisation of FREE and frontier-advancing stages.
"""

from __future__ import annotations

import numpy as np

from remat.bench.rivals import child
from remat.bench.rivals.answer import Answer, Rival, Schedule
from remat.bench.rivals.mip import GAP, Program, load_highspy
from remat.bench.rivals.simulate import simulate
from remat.bench.rivals.step import Step

#: Larger graphs are not tried: the program grows with ops x (ops + edges).
MOST_OPS = 120


def checkmate(time_limit: float) -> Rival:
    """Returns the rival that stops after `time_limit` seconds for each budget.

    Errors: InputError if highspy is not installed.
    """
    load_highspy()
    return child.rival(solve, MOST_OPS, time_limit)


def solve(step: Step, budget: int, time_limit: float) -> Answer:
    """Plans within `budget`; see `Stages`.

    A bound or proof is for plans that run an op at most once in a stage, in base order, and is
    therefore in the note, not in the answer.
    """
    stages = Stages(step, budget)
    found = stages.program.solve(time_limit)
    if found.infeasible:
        return Answer(None, "infeasible for one execution of an op in a stage")
    bound = step.base_cost + found.bound
    if found.chosen is None:
        return Answer(None, f"time limit; its bound is {bound}")
    schedule = stages.schedule(found.chosen)
    replay = simulate(step, schedule)
    if replay.peak > budget:
        return Answer(None, f"the solver's tolerance: {replay.peak} B")
    if replay.cost - bound <= step.base_cost * GAP:
        return Answer(schedule, "optimal for one execution of an op in a stage")
    return Answer(schedule, f"time limit; its bound is {bound}")


class Stages:
    """The program; `program` solves it, `schedule` reads a solution."""

    def __init__(self, step: Step, budget: int) -> None:
        self._step, self._budget = step, budget
        self.program = Program(step.base_cost, budget)
        self._run: dict[tuple[int, int], int] = {}
        self._kept: dict[tuple[int, int], int] = {}
        program = self.program
        for stage in range(step.size):
            for op in range(stage):
                if step.recomputable[op]:
                    self._run[stage, op] = program.variable(step.costs[op])
                self._kept[stage, op] = program.variable()
            self._run[stage, stage] = program.variable(fixed=True)
        for stage in range(step.size):
            self._add_order(stage)
            self._add_memory(stage)
        last = step.size - 1
        for op in range(last):
            if step.output[op]:
                program.row(self._there(last, op, -1), -1)

    def _there(self, stage: int, op: int, sign: int) -> list[tuple[int, float]]:
        tables = (self._run, self._kept)
        return [(table[stage, op], sign) for table in tables if (stage, op) in table]

    def _add_order(self, stage: int) -> None:
        """What runs has its inputs there; what is kept was there before."""
        for op in range(stage + 1):
            if (stage, op) in self._run:
                for source in self._step.inputs[op]:
                    row = [(self._run[stage, op], 1), *self._there(stage, source, -1)]
                    self.program.row(row, 0)
            if (stage, op) in self._kept:
                row = [(self._kept[stage, op], 1), *self._there(stage - 1, op, -1)]
                self.program.row(row, 0)

    def _add_memory(self, stage: int) -> None:
        """Limits U[stage, k], a variable with the budget as its upper limit, for every op k."""
        step, program = self._step, self.program
        used = [program.amount(self._budget) for _ in range(stage + 1)]
        freed: dict[tuple[int, int], int] = {}
        for k in range(stage + 1):
            for op in (*step.inputs[k], k):
                if step.bytes[op] > 0 and (stage, k) in self._run:
                    freed[op, k] = self._add_freed(stage, op, k)
        for k in range(stage + 1):
            made = [(self._run[stage, k], step.bytes[k])] if (stage, k) in self._run else []
            if k == 0:
                start = [(self._kept[stage, op], step.bytes[op]) for op in range(stage)]
                program.size_row([*start, *made], 0, [(used[0], -1.0)])
                continue
            gone = [
                (freed[op, k - 1], -step.bytes[op])
                for op in (*step.inputs[k - 1], k - 1)
                if (op, k - 1) in freed
            ]
            program.size_row([*made, *gone], 0, [(used[k - 1], 1.0), (used[k], -1.0)])

    def _add_freed(self, stage: int, op: int, k: int) -> int:
        """Adds FREE[stage, op, k]: 1 only if k runs, nothing later in the stage reads the value,
        and it is not kept for the next stage."""
        step, program = self._step, self.program
        free = program.variable()
        program.row([(free, 1), (self._run[stage, k], -1)], 0)
        hazards = [
            self._run[stage, user]
            for user in step.users[op]
            if k < user <= stage and (stage, user) in self._run
        ]
        if (stage + 1, op) in self._kept:
            hazards.append(self._kept[stage + 1, op])
        if stage == step.size - 1 and step.output[op]:
            program.row([(free, 1)], 0)
        if hazards:
            count = len(hazards)
            program.row([(free, count), *((column, 1) for column in hazards)], count)
        return free

    def schedule(self, chosen: np.ndarray) -> Schedule:
        """Returns the executions of a solution, by stage and op."""
        step = self._step
        return [
            op
            for stage in range(step.size)
            for op in range(stage + 1)
            if (stage, op) in self._run and chosen[self._run[stage, op]]
        ]
