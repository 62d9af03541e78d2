# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A plan as a policy of `jax.checkpoint`: the names of what it keeps."""

from __future__ import annotations

import warnings
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import jax

from remat.errors import InputError, RematWarning
from remat.jax.keeping import schedule_keeping
from remat.jax.loss import CheckpointedLoss
from remat.plan import Plan, PlannedValue, format_bytes
from remat.report.timeline import Timeline


@dataclass(frozen=True)
class Policy:
    """Which named values to keep so that `jax.checkpoint` comes near a plan.

    Attributes:
        names: of `checkpoint_name`, whose values the plan keeps, by half of their bytes or more.
        mixed: those of `names`, and of the others, of which the plan keeps a part.
        unnamed: what the plan keeps but no name reaches, largest first.
        fused: names of values that are no buffers, with their source lines: no policy keeps
            them.
        peak: predicted with just `names` kept and every other value recomputed once, as late
            as possible, in the scope of the plan.
        overhead: extra cost of that over the plain program's.
        plan: the plan.
    """

    names: tuple[str, ...]
    mixed: tuple[str, ...]
    unnamed: tuple[PlannedValue, ...]
    fused: dict[str, str]
    peak: int
    overhead: float
    plan: Plan

    @property
    def is_useless(self) -> bool:
        """Whether the plain program needs no more memory than the policy."""
        return self.peak >= self.plan.plain_peak

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
        if self.is_useless:
            lines.append(_USELESS)
        if self.mixed:
            lines.append(
                f"kept in part: {', '.join(self.mixed)}   (the plan runs others of that name "
                "again; a policy keeps all or none: give layers names of their own)"
            )
        lines += [_fused_text(name, line) for name, line in self.fused.items()]
        if self.unnamed:
            lines.append(f"kept by the plan, without a name: {len(self.unnamed)}")
        for value in self.unnamed[:limit]:
            place = " ".join(part for part in (value.location, value.scope) if part)
            lines.append(f"  {format_bytes(value.bytes)}  {value.op}  {place}")
        return "\n".join(lines) + "\n"


_USELESS = (
    "the policy needs no less memory than the plain program: name what the plan keeps, or use the "
    "plan (remat.jax.checkpoint)"
)


def _fused_text(name: str, line: str) -> str:
    return f"'{name}' ({line}) is fused into its readers, and no buffer; name the product before it"


def policy(planned: CheckpointedLoss | Plan) -> Policy:
    """Returns the policy nearest to the latest plan of `planned`, a loss that was differentiated.

    Names are those that the model gives by `jax.ad_checkpoint.checkpoint_name`. A policy is
    coarser than a plan: one name for all values that bear it, and one recomputation for all.

    Warns of a policy that saves nothing.

    Errors: InputError if there is no plan yet, or the model names no value.

    Example:
        loss = remat.jax.checkpoint(loss, budget="50%")
        loss.plan(parameters, batch)
        step = jax.grad(jax.checkpoint(plain_loss, policy=remat.jax.policy(loss).function))
    """
    if isinstance(planned, CheckpointedLoss):
        if planned.latest is None:
            raise InputError(
                f"{planned.__name__} has no plan yet; call its plan(...) with its arguments first"
            )
        plan, fused = planned.latest, planned.fused_names
    elif isinstance(planned, Plan):
        plan, fused = planned, {}
    else:
        raise InputError(
            f"a policy is made of a loss, not of a {type(planned).__name__}; plan the loss by "
            "remat.jax.checkpoint and give that"
        )
    ops = plan.problem["ops"]
    named = [op for op in ops if op.get("checkpoint_name") and op["phase"] == "forward"]
    if not named and fused:
        raise InputError("; ".join(_fused_text(name, line) for name, line in fused.items()))
    if not named:
        raise InputError(
            "the program names no value that is a buffer of its forward; mark values by "
            "jax.ad_checkpoint.checkpoint_name, and plan the loss by remat.jax.checkpoint"
        )
    kept, total = _bytes_by_name(plan, named)
    names = tuple(name for name in total if 2 * kept[name] >= total[name] > 0)
    found = Timeline(plan.problem, schedule_keeping(plan.problem, set(names)))
    base = sum(op["cost"] for op in ops)
    reached = {plan.problem["values"][value]["name"] for op in named for value in op["results"]}
    made = Policy(
        names=names,
        mixed=tuple(name for name in total if 0 < kept[name] < total[name]),
        unnamed=tuple(value for value in plan.kept if value.name not in reached),
        fused=fused,
        peak=found.peak,
        overhead=found.starts[-1] / base - 1,
        plan=plan,
    )
    if made.is_useless:
        warnings.warn(f"{_USELESS}; it costs {made.overhead:.2%}", RematWarning, stacklevel=2)
    return made


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
