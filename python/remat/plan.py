# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A plan as people read it: peaks, price, and what is kept and recomputed where."""

from __future__ import annotations

import io
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

#: Op kinds that cost real work: what a lost recomputation is counted in.
PRODUCT_KINDS = ("dot", "convolution")

#: The name that products folded into sums count under.
FOLDED_PRODUCT = "stablehlo.dot_general"


@dataclass(frozen=True)
class PlannedValue:
    """A forward value that the backward reads.

    Attributes:
        name: the value as the program names it ("%12").
        bytes: its size.
        op: the name of the op that makes it.
        executions: how often that op runs in the plan (1: kept).
        scope: the framework's name for the place ("Model/Block_0/Dense_1/dot").
        location: its source line; may be empty.
    """

    name: str
    bytes: int
    op: str
    executions: int
    scope: str
    location: str


@dataclass(frozen=True, repr=False)
class Plan:
    """A plan with the problem it solves, as problem.json and plan.json hold them.

    All sizes are bytes in `scope`; costs are in `cost_unit`.
    """

    problem: dict[str, Any]
    json: dict[str, Any]

    def __repr__(self) -> str:
        return (
            f"<Plan {self.status}: peak {self.peak} of {self.plain_peak} B, "
            f"overhead {self.overhead:.2%}>"
        )

    @property
    def peak(self) -> int:
        """Predicted peak of the planned schedule."""
        return self.json["peak"]

    @property
    def plain_peak(self) -> int:
        """Predicted peak of the program as it was given."""
        return self.json["plain_peak"]

    @property
    def smallest_peak(self) -> int:
        """The smallest peak that the strategy reaches on this program."""
        return self.json["smallest_peak"]

    @property
    def budget(self) -> int | None:
        """The budget, or None if there was none."""
        return self.json.get("budget")

    @property
    def scope(self) -> str:
        """What is counted: "total", "non-arguments" or "temporaries"."""
        return self.json["scope"]

    @property
    def overhead(self) -> float:
        """Extra cost over the plain program's, as a share: 0.25 is 25 %."""
        return self.json["overhead"]

    @property
    def status(self) -> str:
        """ "optimal" (the cost equals the bound) or "feasible"; both speak of the plan's order."""
        return self.json["status"]

    @property
    def bound(self) -> int:
        """Certified: no plan in this order within the budget costs less."""
        return self.json["bound"]

    @property
    def order(self) -> str:
        """Order in which ops first run: "base", or "reorder" for another one."""
        return self.json.get("order", "base")

    @property
    def gap(self) -> float:
        """Cost over bound, less 1, as a share: 0.01 is 1 %."""
        return self.json["gap"]

    @property
    def strategy(self) -> str:
        """The strategy with its options."""
        return self.json["strategy"]

    @property
    def memory_model(self) -> str:
        """How the bytes came about."""
        return self.problem["memory_model"]

    @cached_property
    def executions(self) -> Counter[int]:
        """How often each op runs in the rewritten program, by op id.

        Left out are executions of the schedule that nothing reads: of an op that runs again
        before anything reads it, the first. The same rule as the rewrite's, over the files
        (`Resolver::markNeeded` in lib/Dialect/Remat/Transforms/Executions.cpp).
        """
        schedule, ops = self.json["schedule"], {op["id"]: op for op in self.problem["ops"]}
        maker = {value: name for name, op in ops.items() for value in op["results"]}
        first: dict[int, int] = {}
        latest: dict[int, int] = {}
        reads = []
        for place, name in enumerate(schedule):
            made = [value for value in ops[name]["inputs"] if value in maker]
            reads.append([latest[maker[value]] for value in made])
            first.setdefault(name, place)
            latest[name] = place
        read = {latest[maker[value]] for value in self.problem["outputs"] if value in maker}
        found: Counter[int] = Counter()
        for place in reversed(range(len(schedule))):
            name = schedule[place]
            if place in read or (place == first[name] and not found[name]):
                found[name] += 1
                read.update(reads[place])
        return found

    @property
    def recomputations(self) -> int:
        """Executions beyond the first, over all ops."""
        return self.executions.total() - len(self.executions)

    @cached_property
    def product_recomputations(self) -> int:
        """Recomputations of products: dots and convolutions."""
        folded = sum(
            (self.executions[op["id"]] - 1) * op.get("folded_products", 0)
            for op in self.problem["ops"]
        )
        return self._recomputations_of(PRODUCT_KINDS) + folded

    @cached_property
    def loop_recomputations(self) -> int:
        """Recomputations of loops, with all products that they hold."""
        return self._recomputations_of(("loop",))

    def _recomputations_of(self, kinds: tuple[str, ...]) -> int:
        return sum(
            self.executions[op["id"]] - 1 for op in self.problem["ops"] if op["kind"] in kinds
        )

    @property
    def barriers(self) -> int:
        """How many barriers the program holds, which tie the plan's hands."""
        return sum(op["kind"] == "barrier" for op in self.problem["ops"])

    @cached_property
    def recomputed_ops(self) -> Counter[str]:
        """Executions beyond the first, by the name of the op; folded products have theirs."""
        found: Counter[str] = Counter()
        for op in self.problem["ops"]:
            again = self.executions[op["id"]] - 1
            found[op["name"]] += again
            found[FOLDED_PRODUCT] += again * op.get("folded_products", 0)
        return +found

    @cached_property
    def values(self) -> tuple[PlannedValue, ...]:
        """Forward values that a backward or update op reads, largest first."""
        read = {
            value
            for op in self.problem["ops"]
            if op["phase"] != "forward"
            for value in op["inputs"]
        }
        found = []
        for op in self.problem["ops"]:
            for value in op["results"]:
                if op["phase"] == "forward" and value in read:
                    found.append(self._planned(op, self.problem["values"][value]))
        return tuple(sorted(found, key=lambda v: -v.bytes))

    def _planned(self, op: dict[str, Any], value: dict[str, Any]) -> PlannedValue:
        return PlannedValue(
            name=value["name"],
            bytes=value["bytes"],
            op=op["name"],
            executions=self.executions[op["id"]],
            scope=op.get("scope", ""),
            location=op.get("location", ""),
        )

    @property
    def recomputed(self) -> tuple[PlannedValue, ...]:
        """The values whose op runs more than once, largest first."""
        return tuple(v for v in self.values if v.executions > 1)

    @property
    def kept(self) -> tuple[PlannedValue, ...]:
        """The values that stay live into the backward, largest first."""
        return tuple(v for v in self.values if v.executions == 1)

    def summary(self) -> str:
        """Returns the plan in a few lines: peaks with their scope, the price, and the bound."""
        share = self.peak / self.plain_peak if self.plain_peak else 1.0
        again = self.recomputations
        gap = "below 0.01%" if 0 < self.gap < 0.00005 else f"{self.gap:.2%}"
        lines = [
            f"plain peak     {format_bytes(self.plain_peak)}   (scope: {self.scope}; predicted "
            f"by memory model '{self.memory_model}')",
            f"planned peak   {format_bytes(self.peak)}   {share:.1%} of plain",
            f"overhead       {self.overhead:.2%}   (cost table: {self.problem['cost_table']})",
            f"bound          {format_cost(self.bound, self.json['cost_unit'])}: {self.status}, "
            f"gap {gap}   (for {'this base' if self.order == 'base' else 'the reordered'} order)",
            f"recomputed     {again} execution{'s' if again != 1 else ''}, "
            f"{again_text(self.product_recomputations, self.loop_recomputations)}",
            f"strategy       {self.strategy}",
        ]
        if self.barriers:
            count = f"{self.barriers} barrier{'s' if self.barriers != 1 else ''}"
            lines.append(
                f"in the way     {count}, of jax.checkpoint for one: what they hold stays in "
                "memory, and what runs again behind them is not planned; remove them and plan again"
            )
        if self.budget is not None:
            lines.insert(1, f"budget         {format_bytes(self.budget)}")
        return "\n".join(lines)

    def table(self, limit: int = 20) -> Table:
        """Returns the `limit` largest values the backward reads, and their fate."""
        table = Table(
            title=f"the {min(limit, len(self.values))} largest of {len(self.values)} "
            "forward values that the backward reads"
        )
        for name, justify in (
            ("value", "left"),
            ("bytes", "right"),
            ("plan", "left"),
            ("op", "left"),
            ("source", "left"),
        ):
            table.add_column(name, justify=justify, overflow="fold")
        for value in self.values[:limit]:
            fate = fate_text(value.executions)
            place = " ".join(part for part in (Path(value.location).name, value.scope) if part)
            table.add_row(
                *(Text(cell) for cell in (value.name, f"{value.bytes:,}", fate, value.op, place))
            )
        return table

    def report(self, limit: int = 20) -> str:
        """Returns summary and table as plain text."""
        out = io.StringIO()
        console = Console(file=out, width=160, color_system=None)
        console.print(self.summary(), markup=False, highlight=False, soft_wrap=True)
        console.print(self.table(limit))
        return out.getvalue()


def fate_text(executions: int) -> str:
    """Returns what a plan does with a value: "kept", "runs twice", "runs 3 times"."""
    if executions == 1:
        return "kept"
    return "runs twice" if executions == 2 else f"runs {executions} times"


def again_text(products: int, loops: int) -> str:
    """Returns how many recomputations are dear: "2 of them products, 1 a whole loop"."""
    found = f"{products} of them products"
    if loops:
        found += ", 1 a whole loop" if loops == 1 else f", {loops} whole loops"
    return found


def format_cost(count: int, unit: str) -> str:
    """Formats a cost for people: "1.25 us" of femtoseconds, "8 units"."""
    return f"{count / 1e9:.6g} us" if unit == "femtoseconds" else f"{count} {unit}"


def format_bytes(count: int) -> str:
    """Formats bytes for people: "536870912 B (512 MiB)", as the C++ tools do."""
    size, units = count / 1024, ["KiB", "MiB", "GiB", "TiB"]
    if size < 1:
        return f"{count} B"
    while size >= 1024 and len(units) > 1:
        size /= 1024
        units.pop(0)
    human = f"{size:.3g}" if size < 100 else f"{size:.0f}"
    return f"{count} B ({human} {units[0]})"
