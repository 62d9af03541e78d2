# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""One graph at several budgets, planned by remat-plan and by rivals, every plan replayed."""

from __future__ import annotations

import dataclasses
import json
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from remat import progress, toolchain
from remat.bench.rivals.answer import Planner, Rival, Schedule
from remat.bench.rivals.registry import BOUND as BOUND_RIVAL
from remat.bench.rivals.simulate import Replay, simulate
from remat.bench.rivals.step import Step, step_of_problem
from remat.errors import InputError, ToolchainError

SCOPE = "temporaries"
#: A strategy; another tool's algorithm; our exact method, which is too slow to plan with.
OURS, RIVAL, BOUND = "ours", "rival", "bound"
#: In place of a cost table: graphs of the Checkmate and Moccasin papers, with their own costs and
#: memory rule.
CHECKMATE = "checkmate"


@dataclasses.dataclass(frozen=True)
class Row:
    """What one planner answers for one graph, cost table and budget. Sizes in bytes.

    Attributes:
        half: "even" or "odd", by the graph's place among the folder's files in alphabetical order.
        kind: `OURS`, `RIVAL` or `BOUND`.
        status: of ours as in plan.json; of a rival "feasible", "no-plan-found", "infeasible",
            "optimal" or "failed".
        peak, plan_cost: replayed; None without a plan.
        bound: certified lower bound on the cost of plans in base order, or None.
        seconds: to plan at this budget; what a rival prepares for all budgets counts to the first.
        base_order: whether first executions stand in base order; bounds hold only if so.
        note: parameters of the plan, or why there is none.
    """

    graph: str
    half: str
    ops: int
    cost: str
    percent: int
    budget: int
    plain_peak: int
    floor: int
    base_cost: int
    planner: str
    kind: str
    status: str
    peak: int | None
    plan_cost: int | None
    bound: int | None
    seconds: float
    base_order: bool
    note: str

    @property
    def key(self) -> tuple[str, str, int, str]:
        """What no two rows share."""
        return (self.graph, self.cost, self.percent, self.planner)

    @property
    def place(self) -> tuple[str, str, int]:
        """The problem that rivals share."""
        return (self.graph, self.cost, self.percent)

    @property
    def overhead(self) -> float | None:
        """Extra cost over the plain step, as a share; None without a plan."""
        return None if self.plan_cost is None else excess(self.plan_cost, self.base_cost)


def excess(cost: int, base: int) -> float:
    """Returns cost / base - 1; 0 over nothing, for a graph may be without costs."""
    return cost / base - 1 if base else 0.0


@dataclasses.dataclass(frozen=True)
class Found:
    """An answer before it is replayed; as in `Row`."""

    status: str
    schedule: Schedule | None
    bound: int | None
    note: str


class GraphBench:
    """A graph with one cost table, its budgets, and a folder for the files of remat-plan."""

    def __init__(self, path: Path, half: str, cost: str, folder: Path) -> None:
        """Reads the graph; `cost` is a table for a neutral graph, or `CHECKMATE`.

        Errors: as `toolchain.run_tool`; ToolchainError or InputError if it is refused.
        """
        self._half, self._cost, self._folder = half, cost, folder
        self.name = graph_name(path)
        self.problem_file = folder / f"{self.name}.{cost}.problem.json"
        options = ["--format=checkmate"]
        if cost != CHECKMATE:
            options = ["--format=neutral", "--fold-free", f"--cost={cost}",
                       f"--budget-scope={SCOPE}"]  # fmt: skip
        emitted = [f"--emit-problem={self.problem_file}", f"--output={folder / 'base.json'}"]
        _run_plan(self.name, [str(path), *options, "--strategy=none", *emitted])
        problem = json.loads(self.problem_file.read_text(encoding="utf-8"))
        #: Whether a loop runs backward: a scan, which rivals do not plan.
        self.has_scan = any(
            op["kind"] == "loop" and op["phase"] != "forward" for op in problem["ops"]
        )
        self.step: Step = step_of_problem(problem)
        self._cost_table, self._scope = problem["cost_table"], problem["scope"]
        self._positions = {op: position for position, op in enumerate(self.step.ids)}
        self.plain: Replay = simulate(self.step, range(self.step.size))

    def ours(self, strategy: str, percents: list[int], repeats: int = 1) -> Iterator[Row]:
        """Plans with remat-plan: `strategy` is NAME[:OPTION=VALUE]..., as its flags.

        Times are medians of `repeats` runs of the whole command, reading and writing included.
        """
        name, *options = strategy.split(":")
        for percent in percents:
            output = self._folder / "plan.json"
            output.unlink(missing_ok=True)
            arguments = [str(self.problem_file), f"--strategy={name}",
                         *(f"--{option}" for option in options),
                         f"--budget={self._budget(percent)}", f"--output={output}"]  # fmt: skip
            times = []
            for _ in range(repeats):
                start = time.perf_counter()
                with progress.step(f"{self.name} {self._cost} {percent} %: {strategy}"):
                    done = toolchain.run_tool("remat-plan", arguments)
                times.append(time.perf_counter() - start)
            seconds = statistics.median(times)
            if output.is_file():
                plan = json.loads(output.read_text(encoding="utf-8"))
                yield self._our_row(strategy, percent, plan, seconds)
            else:
                message = toolchain.error_text("remat-plan", done.stderr)
                found = Found("failed", None, None, message)
                yield self._row(percent, strategy, OURS, found, seconds)

    def _our_row(self, strategy: str, percent: int, plan: dict[str, Any], seconds: float) -> Row:
        schedule = plan.get("schedule")
        if schedule is not None:
            schedule = [self._positions[op] for op in schedule]
        note = plan["stop_reason"] if schedule is None else plan["strategy"]
        found = Found(plan["status"], schedule, plan.get("bound"), note)
        row = self._row(percent, strategy, OURS, found, seconds)
        if schedule is not None and (row.peak, row.plan_cost) != (plan["peak"], plan["cost"]):
            note = (
                f"promises {plan['peak']} B and cost {plan['cost']}; replayed are "
                f"{row.peak} B and {row.plan_cost}"
            )
            return dataclasses.replace(row, status="failed", peak=None, plan_cost=None, note=note)
        return row

    def rival(self, name: str, rival: Rival, percents: list[int]) -> Iterator[Row]:
        """Plans with a rival; what goes wrong in it is in its rows.

        The smallest budget comes first: a plan made for it also counts at the larger ones, where
        some rivals find nothing or worse.
        """
        planner: Planner | None = None
        kind = BOUND if name == BOUND_RIVAL else RIVAL
        best: Row | None = None
        for percent in sorted(percents):
            start = time.perf_counter()
            try:
                with progress.step(f"{self.name} {self._cost} {percent} %: {name}"):
                    planner = planner or rival(self.step)
                    answer = planner(self._budget(percent))
                status = "infeasible" if answer.infeasible else "no-plan-found"
                if answer.schedule is not None:
                    status = "optimal" if answer.optimal else "feasible"
                found = Found(status, answer.schedule, answer.bound, answer.note)
                row = self._row(percent, name, kind, found, time.perf_counter() - start)
                if answer.schedule is not None and row.base_order:
                    row = self._verified(row, answer.schedule)
            except Exception as error:  # a rival's defect is a row, not the end of the run
                found = Found("failed", None, None, f"{type(error).__name__}: {error}")
                row = self._row(percent, name, kind, found, time.perf_counter() - start)
            row = self._no_worse(row, best)
            best = row if row.plan_cost is not None else best
            yield row

    def _no_worse(self, row: Row, best: Row | None) -> Row:
        """Returns the row, or the plan of a smaller budget if that costs less."""
        if best is None or (row.plan_cost is not None and row.plan_cost <= best.plan_cost):
            return row
        if row.status in ("failed", "infeasible"):
            return row
        taken = {name: getattr(best, name) for name in ("peak", "plan_cost", "base_order")}
        note = f"as at {best.percent} %: {best.note}" if "as at" not in best.note else best.note
        return dataclasses.replace(row, status="feasible", note=note, **taken)

    def _budget(self, percent: int) -> int:
        return self.plain.peak * percent // 100

    def _row(self, percent: int, planner: str, kind: str, found: Found, seconds: float) -> Row:
        budget, status, note = self._budget(percent), found.status, found.note
        replay = None if found.schedule is None else simulate(self.step, found.schedule)
        if replay is not None and replay.peak > budget:
            status, note = "failed", f"its peak, {replay.peak} B, is above the budget"
            replay = None
        return Row(
            graph=self.name,
            half=self._half,
            ops=self.step.size,
            cost=self._cost,
            percent=percent,
            budget=budget,
            plain_peak=self.plain.peak,
            floor=self.step.floor,
            base_cost=self.step.base_cost,
            planner=planner,
            kind=kind,
            status=status,
            peak=None if replay is None else replay.peak,
            plan_cost=None if replay is None else replay.cost,
            bound=found.bound,
            seconds=round(seconds, 4),
            base_order=replay is None or replay.base_order,
            note=note,
        )

    def _verified(self, row: Row, schedule: Schedule) -> Row:
        """Returns the row after remat-plan has checked its plan as well."""
        page = {
            "schema_version": 1,
            "status": "feasible",
            "strategy": row.planner,
            "stop_reason": "",
            "scope": self._scope,
            "budget": row.budget,
            "plain_peak": row.plain_peak,
            "smallest_peak": row.peak,
            "peak": row.peak,
            "cost": row.plan_cost,
            "cost_unit": self.step.cost_unit,
            "cost_table": self._cost_table,
            "base_cost": row.base_cost,
            "bound": row.base_cost,
            "schedule": [self.step.ids[op] for op in schedule],
        }
        file = self._folder / "rival.json"
        file.write_text(json.dumps(page), encoding="utf-8")
        done = toolchain.run_tool("remat-plan", [str(self.problem_file), f"--verify={file}"])
        if done.returncode == 0:
            return row
        message = toolchain.error_text("remat-plan", done.stderr)
        return dataclasses.replace(
            row, status="failed", peak=None, plan_cost=None, note=f"remat-plan says: {message}"
        )


def graph_name(path: Path) -> str:
    """Returns the name of a graph file without its suffixes."""
    return path.name.removesuffix(".xz").removesuffix(".json")


def graph_files(folder: Path) -> list[Path]:
    """Returns the graphs of a folder by name. Errors: InputError if there is none."""
    if not folder.is_dir():
        raise InputError(f"{folder}: not a folder; --graphs takes one with neutral graphs")
    files = sorted(path for path in folder.iterdir() if path.name.endswith((".json", ".json.xz")))
    if not files:
        raise InputError(f"{folder}: holds no .json and no .json.xz file")
    return files


def _run_plan(name: str, arguments: list[str]) -> None:
    done = toolchain.run_tool("remat-plan", arguments)
    if done.returncode != 0:
        raise ToolchainError(f"{name}: {toolchain.error_text('remat-plan', done.stderr)}")


def scratch() -> tempfile.TemporaryDirectory[str]:
    """Returns a folder for the files of one graph."""
    return tempfile.TemporaryDirectory(prefix="remat-")
