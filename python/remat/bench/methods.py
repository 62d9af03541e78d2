# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The methods of Kusumoto et al. 2019 on one paper graph, each planned by remat-plan."""

from __future__ import annotations

import dataclasses
import json
import tempfile
import time
from pathlib import Path
from typing import Any

from remat import progress, toolchain
from remat.errors import ToolchainError

#: Budgets at which the program is run: exactly minimal, and with the slack that reproduces the
#: printed table (its binary search was coarse).
MINIMAL, SLACK = "minimal", "1.05 x minimal"


@dataclasses.dataclass(frozen=True)
class Answer:
    """What one method answers for a graph; bytes and costs in the graph's own units.

    Attributes:
        method: "vanilla", "chen", or family and objective: "approx_tc", "exact_mc".
        budget: bound of the formula in bytes, or None for methods that take none.
        slack: `MINIMAL`, `SLACK` or "" by how the budget was found.
        overhead: cost of recomputation under the formula, last segment included.
        formula_peak: without liveness. peak: of the schedule, with liveness.
        segments: length of the sequence of lower sets.
        lower_sets: size of the family searched; 0 for vanilla.
        seconds: wall time of remat-plan.
    """

    method: str
    budget: int | None
    slack: str
    overhead: int
    formula_peak: int
    peak: int
    segments: int
    nodes: int
    lower_sets: int
    seconds: float


def answer_all(graph: Path, name: str) -> list[Answer]:
    """Returns the answers of every method on the paper graph in the file `graph`.

    Errors: as `toolchain.run_tool`; ToolchainError if remat-plan refuses.
    """
    answers = [
        _run(graph, name, "vanilla", ["--strategy=none"]),
        _run(graph, name, "chen", ["--strategy=chen"]),
    ]
    for family in ("approx", "exact"):
        options = ["--strategy=kusumoto", f"--family={family}"]
        time_centric = [*options, "--objective=time"]
        memory_centric = [*options, "--objective=memory"]
        first = _run(graph, name, f"{family}_tc", [*time_centric, "--budget=min"], MINIMAL)
        answers.append(first)
        # 21 / 20 in integers: no rounding decides what fits.
        for slack, budget in ((MINIMAL, first.budget), (SLACK, first.budget * 21 // 20)):
            bound = f"--budget={budget}"
            if slack is SLACK:
                answers.append(_run(graph, name, f"{family}_tc", [*time_centric, bound], slack))
            answers.append(_run(graph, name, f"{family}_mc", [*memory_centric, bound], slack))
    return answers


def _run(graph: Path, name: str, method: str, options: list[str], slack: str = "") -> Answer:
    with tempfile.TemporaryDirectory(prefix="remat-") as folder:
        output = Path(folder) / "plan.json"
        arguments = [str(graph), "--format=paper", *options, f"--output={output}"]
        start = time.perf_counter()
        with progress.step(f"{name}: {method} {slack}".rstrip()):
            done = toolchain.run_tool("remat-plan", arguments)
        seconds = time.perf_counter() - start
        if done.returncode != 0:
            message = toolchain.error_text("remat-plan", done.stderr)
            raise ToolchainError(f"{name}: {method}: {message}")
        plan = json.loads(output.read_text(encoding="utf-8"))
    return _answer(plan, method, slack, seconds)


def _answer(plan: dict[str, Any], method: str, slack: str, seconds: float) -> Answer:
    statistics, formula = plan["statistics"], plan["paper"]
    return Answer(
        method=method,
        budget=plan.get("budget"),
        slack=slack,
        overhead=formula["overhead"],
        formula_peak=formula["peak"],
        peak=plan["peak"],
        segments=len(formula["sequence"]),
        nodes=statistics["nodes"],
        lower_sets=statistics.get("lower_sets", 0),
        seconds=seconds,
    )


def check_answers(answers: list[Answer], name: str) -> list[str]:
    """Returns what is wrong with the answers for one graph, each as a message.

    The approximate program takes less than a second; searching all lower sets never needs a
    larger budget, nor a larger overhead at the same budget; the formula's peak is in the budget.
    """
    found = []
    by = {(answer.method, answer.slack): answer for answer in answers}
    approx, exact = by["approx_tc", MINIMAL], by["exact_tc", MINIMAL]
    if exact.formula_peak > approx.formula_peak:
        found.append(
            f"{name}: the exact family needs {exact.formula_peak} B, "
            f"the approximate one only {approx.formula_peak} B"
        )
    if exact.budget == approx.budget and exact.overhead > approx.overhead:
        found.append(
            f"{name}: the exact family costs {exact.overhead} units, "
            f"the approximate one only {approx.overhead}"
        )
    for answer in answers:
        place = f"{name}: {answer.method} {answer.slack}".rstrip()
        if answer.method.startswith("approx") and answer.seconds >= 1:
            found.append(f"{place}: took {answer.seconds:.2f} s; allowed is less than 1 s")
        if answer.budget is not None and answer.formula_peak > answer.budget:
            found.append(
                f"{place}: the formula's peak {answer.formula_peak} B is above the "
                f"budget {answer.budget} B"
            )
    return found
