# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Part B of `remat bench paper`: the zoo's seven networks at layer granularity."""

from __future__ import annotations

import dataclasses
import json
import tempfile
from pathlib import Path

from remat import progress, toolchain, zoo
from remat.bench.authors import figures
from remat.bench.methods import Answer, answer_all, check_answers
from remat.errors import ToolchainError
from remat.toolchain import RematOptions

#: How far the number of layers may be from the paper's number of nodes.
NODES_TOLERANCE = 0.2


@dataclasses.dataclass(frozen=True)
class ZooRow:
    """One method on one network of the zoo, contracted to layers.

    Sizes in GB (1e9 B) at the paper's batch: activations, parameters and their gradients, as the
    paper counts. `formula_gb` is without liveness, `peak_gb` with; reductions are shares of the
    network's own vanilla peak with liveness.
    """

    network: str
    model: str
    answer: Answer
    formula_gb: float
    peak_gb: float
    reduction_percent: float
    printed_gb: float
    printed_reduction_percent: int | None
    printed_nodes: int


def measure(names: list[str]) -> tuple[list[ZooRow], list[str]]:
    """Plans the zoo's networks `names`; returns the rows and what is wrong, each as a message."""
    rows, broken = [], []
    for name in names:
        model = zoo.get(zoo.PAPER_NETWORKS[name])
        with tempfile.TemporaryDirectory(prefix="remat-") as folder:
            graph = Path(folder) / "layers.json"
            _contract(model, graph)
            answers = answer_all(graph, name)
        rows += _rows(name, model, answers)
        broken += check_answers(answers, name)
        nodes, wanted = answers[0].nodes, figures()["networks"][name]["nodes"]
        if abs(nodes / wanted - 1) > NODES_TOLERANCE:
            broken.append(
                f"{name}: {nodes} layers, the paper has {wanted} nodes; allowed is a "
                f"difference of {NODES_TOLERANCE:.0%}"
            )
    return rows, broken


def _contract(model: zoo.ZooModel, graph: Path) -> None:
    """Writes the forward of `model`, one node a layer, as a paper graph."""
    from remat.zoo.export import export_module

    with progress.step(f"{model.name}: lowering"):
        module = export_module(model)
    with progress.step(f"{model.name}: contracting to layers"):
        options = RematOptions(strategy="none", memory_model="program")
        problem = graph.with_name("problem.json")
        problem.write_text(json.dumps(toolchain.plan(module.text, options).problem), "utf-8")
        arguments = [
            str(problem),
            "--strategy=none",
            "--granularity=layer",
            f"--emit-paper={graph}",
            f"--output={graph.with_name('plan.json')}",
        ]
        done = toolchain.run_tool("remat-plan", arguments)
        if done.returncode != 0:
            message = toolchain.error_text("remat-plan", done.stderr)
            raise ToolchainError(f"{model.name}: {message}")


def _rows(name: str, model: zoo.ZooModel, answers: list[Answer]) -> list[ZooRow]:
    network = figures()["networks"][name]
    fixed = 2 * 4 * model.parameter_count()
    vanilla = next(answer for answer in answers if answer.method == "vanilla").peak + fixed
    return [
        ZooRow(
            network=name,
            model=model.name,
            answer=answer,
            formula_gb=(answer.formula_peak + fixed) / 1e9,
            peak_gb=(answer.peak + fixed) / 1e9,
            reduction_percent=100 * (1 - (answer.peak + fixed) / vanilla),
            printed_gb=network["printed_gb"][answer.method],
            printed_reduction_percent=network["printed_reduction_percent"].get(answer.method),
            printed_nodes=network["nodes"],
        )
        for answer in answers
    ]
