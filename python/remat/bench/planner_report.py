# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Rows of `remat bench planner` as a growing CSV file, as a table and as a summary."""

from __future__ import annotations

import csv
import dataclasses
import statistics
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import TextIO

from rich.console import Group
from rich.table import Table
from rich.text import Text

from remat.bench.planner_rows import BOUND, OURS, RIVAL, Row, excess
from remat.errors import InputError

#: Budgets in percent of the plain peak that the acceptance figures treat alike.
GROUPS = {"90-60 %": (60, 100), "50-40 %": (40, 59), "below 40 %": (0, 39)}
#: Bounds on the overhead below this share of the step count as this share.
LEAST_OVERHEAD = 0.005
#: Costs that differ by no more than this share of the plain step count as equal.
SAME = Fraction(1, 10**5)
_OPTIONAL = ("peak", "plan_cost", "bound")


class Journal:
    """A CSV file that has every row as soon as it is there."""

    def __init__(self, path: Path | None, resume: bool) -> None:
        """Opens the file; with `resume`, reads the rows that it holds already.

        Errors: InputError if it cannot be written, or holds other columns.
        """
        self._fields = [field.name for field in dataclasses.fields(Row)]
        self.rows: list[Row] = []
        self._file: TextIO | None = None
        if path is None:
            return
        try:
            there = resume and path.is_file() and path.stat().st_size > 0
            if there:
                self.rows = self._read(path)
            self._file = path.open("a" if there else "w", encoding="utf-8", newline="")
        except OSError as error:
            raise InputError(f"{path}: cannot be written: {error.strerror}") from error
        self._writer = csv.DictWriter(self._file, self._fields, lineterminator="\n")
        if not there:
            self._writer.writeheader()
            self._file.flush()

    def _read(self, path: Path) -> list[Row]:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            if reader.fieldnames != self._fields:
                raise InputError(
                    f"{path}: its columns are not those of this bench; leave out --resume"
                )
            return [_row(record) for record in reader]

    def add(self, row: Row) -> None:
        """Appends a row and writes it out."""
        self.rows.append(row)
        if self._file is not None:
            self._writer.writerow(dataclasses.asdict(row))
            self._file.flush()

    def close(self) -> None:
        """Closes the file."""
        if self._file is not None:
            self._file.close()


def _row(record: dict[str, str]) -> Row:
    values: dict[str, object] = {}
    for field in dataclasses.fields(Row):
        text = record[field.name]
        if field.name in _OPTIONAL and text == "":
            values[field.name] = None
        elif "int" in str(field.type):
            values[field.name] = int(text)
        elif field.type == "float":
            values[field.name] = float(text)
        elif field.type == "bool":
            values[field.name] = text == "True"
        else:
            values[field.name] = text
    return Row(**values)  # type: ignore[arg-type]


def by_place(rows: Iterable[Row]) -> dict[tuple[str, str, int], dict[str, Row]]:
    """Returns the rows of each problem by planner, in the order in which they came."""
    found: dict[tuple[str, str, int], dict[str, Row]] = {}
    for row in rows:
        found.setdefault(row.place, {})[row.planner] = row
    return found


def planners(rows: Iterable[Row], kind: str) -> list[str]:
    """Returns the planners of a kind in the order in which they came."""
    return list(dict.fromkeys(row.planner for row in rows if row.kind == kind))


def percent(share: float | None) -> str:
    """Formats a share in percent; "-" for none."""
    return "-" if share is None else f"{100 * share:.2f}"


def best_bound(row: dict[str, Row]) -> int | None:
    """Returns the largest certified bound of anybody for a problem, for plans in base order."""
    bounds = [one.bound for one in row.values() if one.bound is not None and one.base_order]
    return max(bounds, default=None)


def table(rows: list[Row]) -> Table:
    """Returns overheads in percent, a column for each planner; * marks a changed order."""
    ours, rivals = planners(rows, OURS), [*planners(rows, RIVAL), *planners(rows, BOUND)]
    out = Table(
        title="overhead in % of the plain step; - no plan, ! failed, * not in base order",
        title_justify="left",
        box=None,
        pad_edge=False,
    )
    for name in ("graph", "ops", "cost", "budget", "plain MB", "floor", "status", "bound", "gap"):
        left = name in ("graph", "cost", "status")
        out.add_column(name, justify="left" if left else "right", no_wrap=True)
    for name in [*ours, *rivals]:
        out.add_column(name, justify="right", overflow="fold")
    out.add_column("s", justify="right")
    last = None
    for place, found in by_place(rows).items():
        one = next(iter(found.values()))
        main = found.get(ours[0]) if ours else None
        bound = best_bound(found)
        gap = None
        if main is not None and main.plan_cost is not None and bound:
            gap = main.plan_cost / bound - 1
        first = place[:2] != last
        last = place[:2]
        out.add_row(
            one.graph if first else "",
            str(one.ops) if first else "",
            one.cost if first else "",
            f"{one.percent} %",
            f"{one.plain_peak / 1e6:,.1f}" if first else "",
            f"{100 * one.floor / one.plain_peak:.0f} %" if first and one.plain_peak else "",
            main.status if main else "",
            percent(None if bound is None else excess(bound, one.base_cost)),
            percent(gap),
            *(_cell(found.get(name)) for name in [*ours, *rivals]),
            f"{main.seconds:.2f}" if main else "",
        )
    return out


def _cell(row: Row | None) -> str:
    if row is None:
        return ""
    if row.status == "failed":
        return "!"
    return percent(row.overhead) + ("" if row.base_order else "*")


def summary(rows: list[Row]) -> Group:
    """Returns what the rows say about our first strategy against the bound and the rivals."""
    ours = planners(rows, OURS)
    lines: list[str] = []
    if ours:
        name = ours[0]
        problems = [found for found in by_place(rows).values() if name in found]
        halves = {
            "all": problems,
            **{
                f"{half} half": [p for p in problems if p[name].half == half]
                for half in ("even", "odd")
            },
        }
        lines.append(f"{name}, by half of the graphs (place in alphabetical order):")
        for label, chosen in halves.items():
            if chosen:
                lines += _half_lines(label, name, chosen)
        lines += _optimum_lines(name, problems)
        lines += _loss_lines(name, problems)
        lines += _open_lines(name, problems)
    failed = [row for row in rows if row.status == "failed"]
    lines += [
        f"failed: {row.graph} {row.cost} {row.percent} % {row.planner}: {row.note}"
        for row in failed
    ]
    return Group(*(Text(line) for line in lines))


def _half_lines(label: str, name: str, problems: list[dict[str, Row]]) -> list[str]:
    lines = []
    for group, (low, high) in GROUPS.items():
        pairs = []
        for found in problems:
            row, bound = found[name], best_bound(found)
            if low <= row.percent <= high and row.plan_cost is not None and bound:
                pairs.append((row, bound))
        if not pairs:
            continue
        times = [row.plan_cost / bound for row, bound in pairs]
        ratios = [
            row.overhead / max(excess(bound, row.base_cost), LEAST_OVERHEAD) for row, bound in pairs
        ]
        lines.append(
            f"  {label}, {group}: {len(pairs)} plans; step time / bound mean "
            f"{statistics.mean(times):.4f}, worst {max(times):.4f} ({_worst(pairs, times)}); "
            f"overhead / max(bound, {LEAST_OVERHEAD:.1%}) median {statistics.median(ratios):.3f}, "
            f"worst {max(ratios):.3f} ({_worst(pairs, ratios)})"
        )
    return lines


def _worst(pairs: list[tuple[Row, int]], values: list[float]) -> str:
    row = pairs[values.index(max(values))][0]
    return f"{row.graph} {row.cost} {row.percent} %"


def optimum(problem: dict[str, Row]) -> int | None:
    """Returns the least cost of any plan in base order, if it is proven to be that.

    It is, to `SAME` of the plain step, when a certified bound of anybody meets the cheapest plan of
    anybody.
    """
    costs = [
        row.plan_cost for row in problem.values() if row.plan_cost is not None and row.base_order
    ]
    bound = best_bound(problem)
    if not costs or bound is None:
        return None
    base_cost = next(iter(problem.values())).base_cost
    return min(costs) if min(costs) - bound <= base_cost * SAME else None


def contradictions(rows: Iterable[Row]) -> list[str]:
    """Returns where a plan in base order refutes what a planner certifies, as messages.

    A plan for any budget counts at every budget that its peak fits.
    """
    rows = list(rows)
    plans: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        if row.plan_cost is not None and row.base_order:
            plans.setdefault(row.place[:2], []).append(row)
    found = []
    for row in rows:
        fitting = [plan for plan in plans.get(row.place[:2], []) if plan.peak <= row.budget]
        if not fitting or not row.base_order:
            continue
        cheapest = min(fitting, key=lambda plan: plan.plan_cost)
        place = f"{row.graph} {row.cost} {row.percent} %: {row.planner}"
        other = f"{cheapest.planner} at {cheapest.percent} %"
        if row.bound is not None and row.bound > cheapest.plan_cost:
            found.append(
                f"{place} certifies a bound of {row.bound}, but a plan of {other} costs "
                f"{cheapest.plan_cost}"
            )
        if row.status == "infeasible":
            found.append(f"{place} claims that no plan fits, but one of {other} does")
    return found


def _optimum_lines(name: str, problems: list[dict[str, Row]]) -> list[str]:
    """Returns how often the strategy meets the optimum where it is proven."""
    pairs = [(p[name], cost) for p in problems if (cost := optimum(p)) is not None]
    if not pairs:
        return []
    reached = [(row, cost) for row, cost in pairs if row.plan_cost is not None]
    equal = sum(row.plan_cost - cost <= row.base_cost * SAME for row, cost in reached)
    lines = [
        f"where the optimum is proven: {len(pairs)} problems; equal in {equal} "
        f"({equal / len(pairs):.1%}), without a plan in {len(pairs) - len(reached)}"
    ]
    ratios = [(row, cost) for row, cost in reached if cost]
    if ratios:
        times = [row.plan_cost / cost for row, cost in ratios]
        lines.append(f"  worst step time / optimum {max(times):.4f} ({_worst(ratios, times)})")
    return lines


def losses(name: str, problems: Iterable[dict[str, Row]]) -> list[tuple[Row, Row]]:
    """Returns (ours, rival's) for every problem and rival with a strictly cheaper plan.

    Ours is the strategy `name`; for a plan that is not in base order, the cheapest of all ours.
    """
    found = []
    for problem in problems:
        planned = [
            row for row in problem.values() if row.kind == OURS and row.plan_cost is not None
        ]
        cheapest = min(planned, key=lambda row: row.plan_cost, default=problem[name])
        for row in problem.values():
            if row.kind != RIVAL or row.plan_cost is None:
                continue
            mine = problem[name] if row.base_order else cheapest
            if mine.plan_cost is None or row.plan_cost < mine.plan_cost:
                found.append((mine, row))
    return found


def _loss_lines(name: str, problems: list[dict[str, Row]]) -> list[str]:
    found = losses(name, problems)
    moved = sum(not row.base_order for _, row in found)
    lines = [
        f"a rival is strictly better in {len(found)} cases of {len(problems)} problems; in {moved} "
        "of them its plan is not in base order"
    ]
    for mine, row in found:
        order = "" if row.base_order else " (not in base order)"
        lines.append(
            f"  {row.graph} {row.cost} {row.percent} %: {row.planner} {percent(row.overhead)} "
            f"against {percent(mine.overhead)}{order}"
        )
    return lines


def _open_lines(name: str, problems: list[dict[str, Row]]) -> list[str]:
    """Returns the problems without a plan of ours and without a proof that there is none."""
    found = []
    for problem in problems:
        mine = problem[name]
        proven = any(row.status == "infeasible" for row in problem.values())
        if mine.plan_cost is None and not proven and mine.budget >= mine.floor:
            found.append(mine)
    lines = [f"neither reached nor proven out of reach: {len(found)} problems"]
    lines += [
        f"  {row.graph} {row.cost} {row.percent} % ({row.budget} B; floor {row.floor} B)"
        for row in found
    ]
    return lines
