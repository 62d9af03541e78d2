# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""remat-plan on neutral graphs: other simulators must see what its plans promise.

With REMAT_CORPUS naming a folder that holds `graphs/*.json.xz` and the judge
`simulate.py`, the corpus's small graphs are planned too, and the judge is asked.
"""

from __future__ import annotations

import importlib.util
import json
import math
import os
from pathlib import Path
from typing import Any

import plan_judge
import pytest
from remat.toolchain import run_tool

INPUTS = Path(__file__).resolve().parents[2] / "test" / "Inputs" / "neutral"
CORPUS = os.environ.get("REMAT_CORPUS")
SMALL_FILE_BYTES = 12_000  # packed

GRAPHS = sorted(INPUTS.glob("*.json.xz"))
if CORPUS:
    GRAPHS += sorted(
        path
        for path in (Path(CORPUS) / "graphs").glob("*.json.xz")
        if path.stat().st_size < SMALL_FILE_BYTES
    )

STRATEGIES = {
    "none": ["--strategy=none"],
    "chen": ["--strategy=chen", "--budget=min"],
    "kusumoto": ["--strategy=kusumoto", "--budget=min"],
    "kusumoto 80 %": ["--strategy=kusumoto", "--budget=80%"],
    "kusumoto memory": ["--strategy=kusumoto", "--budget=min", "--objective=memory"],
    "best": ["--budget=min"],
    "best 80 %": ["--budget=80%"],
    "best fast": ["--budget=min", "--effort=fast"],
    "best reordered": ["--budget=min", "--order=reorder"],
}


def corpus_judge() -> Any:
    """Returns the corpus's own simulator as a module."""
    found = importlib.util.spec_from_file_location("simulate", Path(CORPUS) / "simulate.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def expect_promises(graph: dict[str, Any], plan: dict[str, Any]) -> None:
    """Fails unless every judge at hand sees the plan's peak, flops and time."""
    total = plan["scope"] == "total"
    seen = plan_judge.replay(graph, plan["schedule"], total=total)
    assert seen.peak == plan["peak"]
    assert seen.flops == plan["total_flops"]
    assert seen.femtoseconds == plan["cost"]
    assert math.isclose(seen.femtoseconds / 1e9, plan["time_us"], rel_tol=1e-15)
    if CORPUS:
        judged = corpus_judge().simulate(graph, plan["schedule"], args=total, donate=total)
        assert judged["peak_bytes"] == plan["peak"]
        assert judged["total_flops"] == plan["total_flops"]
        assert math.isclose(judged["time_us"], plan["time_us"], rel_tol=1e-9)


def make_plan(path: Path, plan: Path, *options: str) -> dict[str, Any]:
    """Returns the plan that remat-plan writes to `plan`."""
    done = run_tool(
        "remat-plan", [str(path), "--format=neutral", "--cost=judge", f"--output={plan}", *options]
    )
    assert done.returncode == 0 or "--budget=80%" in options, done.stderr
    return json.loads(plan.read_text())


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("path", GRAPHS, ids=lambda path: path.name.removesuffix(".json.xz"))
def test_judges_see_what_a_plan_promises(path: Path, strategy: str, tmp_path: Path) -> None:
    graph = plan_judge.load(path)
    options = STRATEGIES[strategy]

    plain = make_plan(path, tmp_path / "plan.json", *options)
    if "schedule" in plain:
        expect_promises(graph, plain)
        assert plain["peak"] <= plain["plain_peak"]
        assert plain["cost"] >= plain["base_cost"] >= 0
    else:
        assert plain["smallest_peak"] > plain["budget"]

    total = make_plan(path, tmp_path / "total.json", *options, "--budget-scope=total")
    if "schedule" in total:
        expect_promises(graph, total)


@pytest.mark.parametrize("path", GRAPHS, ids=lambda path: path.name.removesuffix(".json.xz"))
def test_folded_graphs_replay_in_the_judges(path: Path, tmp_path: Path) -> None:
    folded = tmp_path / "folded.json"
    plan = make_plan(
        path, tmp_path / "plan.json", "--budget=min", "--fold-free", f"--emit-folded={folded}"
    )
    graph = plan_judge.load(folded)
    assert len(graph["nodes"]) < len(plan_judge.load(path)["nodes"])
    expect_promises(graph, plan)
    verified = run_tool(
        "remat-plan",
        [str(folded), "--format=neutral", "--cost=judge", f"--verify={tmp_path / 'plan.json'}"],
    )
    assert verified.returncode == 0, verified.stderr


def test_the_judge_rejects_broken_schedules() -> None:
    graph = plan_judge.load(INPUTS / "pt_small_gpt_drop.json.xz")
    order = [node["id"] for node in graph["nodes"] if node["phase"] != "arg"]
    once = next(n["id"] for n in graph["nodes"] if n["phase"] != "arg" and not n["can_recompute"])
    plan_judge.replay(graph, order)
    for broken in (order[1:], order[:-1], [*order, once], [*order, 0], [*order, 10**6]):
        with pytest.raises(plan_judge.Invalid):
            plan_judge.replay(graph, broken)


def test_the_judge_agrees_with_a_replay_by_hand() -> None:
    def node(name: int, inputs: list[int], size: int, phase: str = "fwd") -> dict[str, Any]:
        return {
            "id": name,
            "inputs": inputs,
            "bytes": size,
            "flops": 1,
            "phase": phase,
            "can_recompute": phase != "arg",
        }

    # 0 -> 1 -> 2 -> 3; 4 reads 3 and 1.
    graph = {
        "nodes": [
            node(0, [], 100, "arg"),
            node(1, [0], 10),
            node(2, [1], 20),
            node(3, [2], 5),
            node(4, [3, 1], 1),
        ],
        "outputs": [4],
    }
    assert plan_judge.replay(graph, [1, 2, 3, 4]).peak == 35  # 10 + 20 + 5
    again = plan_judge.replay(graph, [1, 2, 3, 1, 4])
    assert again.peak == 30  # 10 + 20; 20 + 5; 5 + 10 + 1
    assert again.flops == 5
    assert again.femtoseconds == 1000 * (110 + 30 + 25 + 110 + 16)
    assert plan_judge.replay(graph, [1, 2, 3, 1, 4], total=True).peak == 130
