# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Moccasin's model (Bartan et al., ICML 2023), solved by OR-tools' CP-SAT.

Every op has up to C retention intervals (the paper's C = 2): each starts with an execution and
lasts while the value is kept. Executions of op v in the stage of base op t take the moment
t (t + 1) / 2 + v; the first stands in base order. An execution lies within a retention interval of
each of its inputs, and intervals at any moment hold at most the budget. All in integers: bounds and
proofs are exact, but C restricts what is found, and proofs hold for plans with at most C executions
of an op.
"""

from __future__ import annotations

import importlib.util
from typing import Any

from remat.bench.rivals import child
from remat.bench.rivals.answer import Answer, Rival, Schedule
from remat.bench.rivals.simulate import simulate
from remat.bench.rivals.step import Step
from remat.errors import InputError

#: Executions of one op.
EXECUTIONS = 2
#: Larger graphs are not tried.
MOST_OPS = 400


def moccasin(time_limit: float) -> Rival:
    """Returns the rival that stops after `time_limit` seconds for each budget.

    Errors: InputError if OR-tools are not installed.
    """
    if importlib.util.find_spec("ortools") is None:
        raise InputError("moccasin needs ortools; install remat[bench]")
    return child.rival(solve, MOST_OPS, time_limit)


def solve(step: Step, budget: int, time_limit: float) -> Answer:
    """Plans within `budget`. A bound or proof is for at most `EXECUTIONS` executions of an op, and
    is therefore in the note, not in the answer.

    OR-tools brings a HiGHS of its own, which does not load beside highspy's: call it in a process
    of its own (`child`).
    """
    from ortools.sat.python import cp_model

    retention = Retention(step, budget, cp_model)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 0
    solver.parameters.max_time_in_seconds = time_limit
    status = solver.solve(retention.model)
    limit = f"C={EXECUTIONS}"
    if status == cp_model.INFEASIBLE:
        return Answer(None, f"{limit}: infeasible for that many executions of an op")
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return Answer(None, f"{limit}: time limit")
    schedule = retention.schedule(solver)
    if status == cp_model.OPTIMAL:
        return Answer(schedule, f"{limit}: optimal for that many executions of an op")
    gap = simulate(step, schedule).cost - step.base_cost - solver.best_objective_bound
    return Answer(schedule, f"{limit}: time limit, {gap:.0f} above its bound")


class Retention:
    """The model; `schedule` reads a solution."""

    def __init__(self, step: Step, budget: int, cp_model: Any) -> None:
        self.cp_model = cp_model
        self._step = step
        self.model = self.cp_model.CpModel()
        self._horizon = self._moment(step.size, 0)
        self._starts: list[list[Any]] = []
        self._ends: list[list[Any]] = []
        self._active: list[list[Any]] = []
        self._intervals: list[Any] = []
        for op in range(step.size):
            self._add_op(op)
        for op in range(step.size):
            for source in step.inputs[op]:
                self._add_edge(source, op)
        demands = [step.bytes[op] for op in range(step.size) for _ in self._starts[op]]
        self.model.add_cumulative(self._intervals, demands, budget)
        self.model.minimize(
            sum(
                step.costs[op] * active
                for op in range(step.size)
                for active in self._active[op][1:]
            )
        )

    @staticmethod
    def _moment(stage: int, op: int) -> int:
        return stage * (stage + 1) // 2 + op

    def _add_op(self, op: int) -> None:
        """Adds the retention intervals of `op`, in order; the first starts in its own stage."""
        step, model, domain = self._step, self.model, self.cp_model.Domain
        starts, ends, actives = [], [], []
        again = EXECUTIONS - 1 if step.recomputable[op] and step.users[op] else 0
        for number in range(1 + again):
            stages = [op] if number == 0 else range(op + 1, step.size)
            moments = [self._moment(stage, op) for stage in stages]
            if not moments:
                break
            start = model.new_int_var_from_domain(domain.from_values(moments), "")
            end = model.new_int_var(0, self._horizon, "")
            active = model.new_bool_var("") if number else model.new_constant(1)
            length = model.new_int_var(1, self._horizon, "")
            self._intervals.append(model.new_optional_interval_var(start, length, end, active, ""))
            if number:
                model.add(start >= ends[-1]).only_enforce_if(active)
                model.add_implication(active, actives[-1])
            starts.append(start)
            ends.append(end)
            actives.append(active)
        if step.output[op]:
            later = [*actives[1:], model.new_constant(0)]
            for end, this, following in zip(ends, actives, later):
                model.add(end == self._horizon).only_enforce_if(this, following.negated())
        self._starts.append(starts)
        self._ends.append(ends)
        self._active.append(actives)

    def _add_edge(self, source: int, op: int) -> None:
        """Each execution of `op` lies within a retention interval of `source`."""
        model = self.model
        for start, active in zip(self._starts[op], self._active[op]):
            covers = []
            for begin, end, there in zip(
                self._starts[source], self._ends[source], self._active[source]
            ):
                cover = model.new_bool_var("")
                model.add_implication(cover, there)
                model.add(begin < start).only_enforce_if(cover)
                model.add(end > start).only_enforce_if(cover)
                covers.append(cover)
            model.add_bool_or([*covers, active.negated()])

    def schedule(self, solver: Any) -> Schedule:
        """Returns the executions of a solution by their moments."""
        runs = [
            (solver.value(start), op)
            for op in range(self._step.size)
            for start, active in zip(self._starts[op], self._active[op])
            if solver.value(active)
        ]
        return [op for _, op in sorted(runs)]
