# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A plan as a policy of `jax.checkpoint`: the names of what it keeps."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import jax

from remat.errors import InputError
from remat.jax.loss import CheckpointedLoss
from remat.plan import Plan, PlannedValue, format_bytes


@dataclass(frozen=True)
class Policy:
    """Which named values to keep so that `jax.checkpoint` comes near a plan.

    Attributes:
        names: of `checkpoint_name`, whose values the plan keeps, by half of their bytes or more.
        mixed: those of `names`, and of the others, of which the plan keeps a part.
        unnamed: what the plan keeps but no name reaches, largest first.
        peak: predicted with just `names` kept and every other value recomputed once, as late
            as possible, in the scope of the plan.
        overhead: extra cost of that over the plain program's.
        plan: the plan.
    """

    names: tuple[str, ...]
    mixed: tuple[str, ...]
    unnamed: tuple[PlannedValue, ...]
    peak: int
    overhead: float
    plan: Plan

    @property
    def function(self) -> Any:
        """What JAX takes: `jax.checkpoint(loss, policy=policy.function)`."""
        return jax.checkpoint_policies.save_only_these_names(*self.names)

    def report(self, limit: int = 10) -> str:
        """Returns names, peaks and the `limit` largest kept values without a name, as text."""
        lines = [
            f"save_only_these_names({', '.join(map(repr, self.names))})",
            f"plan    {format_bytes(self.plan.peak)}, overhead {self.plan.overhead:.2%}",
            f"policy  {format_bytes(self.peak)}, overhead {self.overhead:.2%}",
            f"plain   {format_bytes(self.plan.plain_peak)}   (scope: {self.plan.scope}; predicted)",
        ]
        if self.mixed:
            lines.append(f"kept in part: {', '.join(self.mixed)}")
        if self.unnamed:
            lines.append(f"kept by the plan, without a name: {len(self.unnamed)}")
        for value in self.unnamed[:limit]:
            place = " ".join(part for part in (value.location, value.scope) if part)
            lines.append(f"  {format_bytes(value.bytes)}  {value.op}  {place}")
        return "\n".join(lines) + "\n"


def policy(planned: CheckpointedLoss | Plan) -> Policy:
    """Returns the policy nearest to the plan of `planned`, a loss that has been differentiated.

    Names are those that the model gives by `jax.ad_checkpoint.checkpoint_name`. A policy is
    coarser than a plan: one name for all values that bear it, and one recomputation for all.

    Errors: InputError if there is no plan yet, or the model names no value.

    Example:
        loss = remat.jax.checkpoint(loss, budget="50%")
        loss.plan(parameters, batch)
        step = jax.grad(jax.checkpoint(plain_loss, policy=remat.jax.policy(loss).function))
    """
    if isinstance(planned, CheckpointedLoss):
        if not planned.plans:
            raise InputError(
                f"{planned.__name__} has no plan yet; call its plan(...) with its arguments first"
            )
        plan = planned.plans[-1]
    else:
        plan = planned
    ops = plan.problem["ops"]
    named = [op for op in ops if op.get("checkpoint_name") and op["phase"] == "forward"]
    if not named:
        raise InputError(
            "the program names no value that is a buffer of its forward; mark values by "
            "jax.ad_checkpoint.checkpoint_name, and plan the loss by remat.jax.checkpoint"
        )
    kept, total = _bytes_by_name(plan, named)
    names = tuple(name for name in total if 2 * kept[name] >= total[name] > 0)
    peak, cost = simulate(plan.problem, _schedule(plan.problem, set(names)))
    base = sum(op["cost"] for op in ops)
    reached = {plan.problem["values"][value]["name"] for op in named for value in op["results"]}
    return Policy(
        names=names,
        mixed=tuple(name for name in total if 0 < kept[name] < total[name]),
        unnamed=tuple(value for value in plan.kept if value.name not in reached),
        peak=peak,
        overhead=cost / base - 1,
        plan=plan,
    )


def _bytes_by_name(plan: Plan, named: list[Any]) -> tuple[dict[str, int], dict[str, int]]:
    """Returns, by name, the bytes that the plan keeps and those that the backward reads."""
    kept: dict[str, int] = defaultdict(int)
    total: dict[str, int] = defaultdict(int)
    late = _read_late(plan.problem)
    for op in named:
        for value in op["results"]:
            if value in late:
                size = plan.problem["values"][value]["bytes"]
                total[op["checkpoint_name"]] += size
                kept[op["checkpoint_name"]] += size if plan.executions[op["id"]] == 1 else 0
    return kept, total


def _read_late(problem: dict[str, Any]) -> set[int]:
    """Returns the values that ops behind the forward read."""
    return {v for op in problem["ops"] if op["phase"] != "forward" for v in op["inputs"]}


def _schedule(problem: dict[str, Any], names: set[str]) -> list[int]:
    """Returns the schedule that keeps the values of `names` and results of the program.

    Every other forward value is recomputed once, right before the first late op that needs it.
    """
    ops = problem["ops"]
    maker = {value: op for op in ops for value in op["results"]}
    outputs = set(problem["outputs"])
    there = set(problem["arguments"])
    for op in ops:
        stays = op.get("checkpoint_name") in names or not op.get("recomputable", True)
        if op["phase"] != "forward" or stays or outputs & set(op["results"]):
            there.update(op["results"])
    schedule = [op["id"] for op in ops if op["phase"] == "forward"]
    for op in ops:
        if op["phase"] != "forward":
            schedule += [*_missing(op, maker, there), op["id"]]
    return _without_unread(problem, schedule)


def _missing(op: Any, maker: dict[int, Any], there: set[int]) -> Iterable[int]:
    """Returns the ops to run again before `op`, in order, and marks their results as there."""
    found, todo = set(), [op]
    while todo:
        for value in todo.pop()["inputs"]:
            if value not in there and maker[value]["id"] not in found:
                found.add(maker[value]["id"])
                todo.append(maker[value])
    order = {one["id"]: place for place, one in enumerate(maker.values())}
    for one in maker.values():
        if one["id"] in found:
            there.update(one["results"])
    return sorted(found, key=order.__getitem__)


def _without_unread(problem: dict[str, Any], schedule: list[int]) -> list[int]:
    """Drops executions of ops that run again before anything reads them."""
    ops = {op["id"]: op for op in problem["ops"]}
    maker = {value: op["id"] for op in problem["ops"] for value in op["results"]}
    again = {id for id, count in Counter(schedule).items() if count > 1}
    needed = {maker[value] for value in problem["outputs"] if value in maker}
    found = []
    for id in reversed(schedule):
        if id in needed or id not in again:
            found.append(id)
            needed.discard(id)
            needed.update(maker[value] for value in ops[id]["inputs"] if value in maker)
    return found[::-1]


def simulate(problem: dict[str, Any], schedule: list[int]) -> tuple[int, int]:
    """Returns peak and cost of a schedule by the rules of the plan's page, in the file's scope."""
    ops = {op["id"]: op for op in problem["ops"]}
    sizes = [value["bytes"] for value in problem["values"]]
    scope = problem.get("scope", "total")
    arguments, outputs = problem["arguments"], problem["outputs"]
    donated = problem.get("donated", [None] * len(outputs))
    for output, argument in zip(outputs, donated):
        if argument is not None and problem.get("donation", True):
            sizes[output] = 0
    if scope == "temporaries":
        for output in outputs:
            sizes[output] = 0
    held = sum(sizes[value] for value in arguments) if scope == "total" else 0
    for value in arguments:
        sizes[value] = 0
    last = _last_reads(ops, schedule, outputs)
    live = peak = 0
    for place, id in enumerate(schedule):
        live += sum(sizes[value] for value in ops[id]["results"])
        peak = max(peak, live)
        live -= sum(sizes[value] for value in last[place])
    return held + peak, sum(ops[id]["cost"] for id in schedule)


def _last_reads(ops: dict[int, Any], schedule: list[int], outputs: list[int]) -> list[list[int]]:
    """Returns, for each execution, the values that nothing reads behind it, its own included."""
    made: dict[int, int] = {}
    last: dict[tuple[int, int], int] = {}
    for place, id in enumerate(schedule):
        for value in ops[id]["inputs"]:
            if value in made:
                last[value, made[value]] = place
        for value in ops[id]["results"]:
            made[value] = place
            last[value, place] = place
    for value in outputs:
        last.pop((value, made.get(value, -1)), None)
    found: list[list[int]] = [[] for _ in schedule]
    for (value, _), place in last.items():
        found[place].append(value)
    return found
