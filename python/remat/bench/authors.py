# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Part A of `remat bench paper`: the authors' own graphs against printed and replayed figures."""

from __future__ import annotations

import dataclasses
import json
import os
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from remat import progress
from remat.bench.methods import MINIMAL, SLACK, Answer, answer_all, check_answers
from remat.bench.replay import ApproximateProgram, Network
from remat.errors import InputError

#: How far a figure may be from the replayed one, in GB.
TOLERANCE_GB = 0.1
#: Tied memory-centric sequences that are evaluated for each range.
TIES = 20


@dataclasses.dataclass(frozen=True)
class AuthorsRow:
    """One method on one of the authors' graphs. Sizes in GB (1e9 B) at the table's batch.

    `formula_gb` is without liveness, `peak_gb` with. Reductions are shares of the network's
    vanilla peak with liveness, which is checked against the replayed one. `ties_gb` is the range
    of peaks over tied sequences. A printed or replayed figure that does not exist is None.
    """

    network: str
    answer: Answer
    formula_gb: float
    peak_gb: float
    reduction_percent: float
    replayed_formula_gb: float | None
    replayed_gb: float | None
    printed_gb: float | None
    printed_reduction_percent: int | None
    ties_gb: tuple[float, float] | None

    def broken(self) -> list[str]:
        """Returns what is wrong with this row, each as a message."""
        found = []
        place = f"{self.network}: {self.answer.method} {self.answer.slack}".rstrip()
        if self.answer.method.startswith("exact"):
            return found
        for what, ours, replayed in (
            ("without liveness", self.formula_gb, self.replayed_formula_gb),
            ("with liveness", self.peak_gb, self.replayed_gb if self.ties_gb is None else None),
        ):
            if replayed is not None and abs(ours - replayed) > TOLERANCE_GB:
                found.append(
                    f"{place}: {ours:.2f} GB {what}, replayed {replayed:.2f} GB; allowed "
                    f"is a difference of {TOLERANCE_GB} GB"
                )
        if self.ties_gb is not None:
            low, high = self.ties_gb
            for what, size in (
                ("the planned", self.peak_gb),
                ("the replayed", self.replayed_gb),
            ):
                if not low - TOLERANCE_GB <= size <= high + TOLERANCE_GB:
                    found.append(
                        f"{place}: {what} {size:.2f} GB are outside the range over ties, "
                        f"{low:.2f} to {high:.2f} GB"
                    )
        return found


@cache
def figures() -> dict[str, Any]:
    """Returns paper_figures.json: printed and replayed figures with where they come from."""
    text = resources.files("remat.bench").joinpath("paper_figures.json").read_text("utf-8")
    return json.loads(text)


def graphs_folder(given: Path | None) -> Path:
    """Returns the folder with the authors' graphs: `given`, or kusumoto under $REMAT_CORPUS.

    Errors: InputError if neither is there, or a graph is missing.
    """
    corpus = os.environ.get("REMAT_CORPUS")
    if given is None and not corpus:
        raise InputError(
            "the authors' graphs are not part of remat; name their folder with --graphs=DIR or "
            "REMAT_CORPUS, or leave them out with --part=zoo"
        )
    folder = given if given is not None else Path(corpus) / "kusumoto"
    for network in figures()["networks"].values():
        if not (folder / network["file"]).is_file():
            raise InputError(
                f"{folder / network['file']} does not exist; --graphs takes a folder "
                "with one paper graph for each of the seven networks"
            )
    return folder


def measure(folder: Path, names: list[str]) -> tuple[list[AuthorsRow], list[str]]:
    """Plans the graphs of `names`; returns the rows and what is wrong, each as a message."""
    rows, broken = [], []
    for name in names:
        network = figures()["networks"][name]
        path = folder / network["file"]
        graph = _read(path)
        answers = answer_all(path, name)
        with progress.step(f"{name}: replaying"):
            ties, wrong = _replay(name, graph, answers)
        vanilla = next(answer.peak for answer in answers if answer.method == "vanilla")
        of_network = [_row(name, graph, answer, ties, vanilla) for answer in answers]
        rows += of_network
        broken += [*_check_sizes(name, answers), *check_answers(answers, name), *wrong]
        broken += [message for row in of_network for message in row.broken()]
    return rows, broken


def _read(path: Path) -> dict[str, Any]:
    try:
        graph = json.loads(path.read_text(encoding="utf-8"))
        Network.of(graph)
        graph["param_bytes"] + 0
        return graph
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        raise InputError(
            f"{path}: not a paper graph with parameter bytes: {type(error).__name__}: {error}"
        ) from error


def _replay(
    name: str, graph: dict[str, Any], answers: list[Answer]
) -> tuple[dict[str, tuple[int, int]], list[str]]:
    """Runs the second implementation on the budgets of the approximate answers.

    Returns the range of memory-centric peaks over ties, by slack, and what is wrong.
    """
    program = ApproximateProgram(Network.of(graph))
    by = {(answer.method, answer.slack): answer for answer in answers}
    budget = by["approx_tc", MINIMAL].budget
    ranges, wrong = {}, []
    if program.within(budget - 1).overheads() is not None:
        wrong.append(f"{name}: the minimal budget {budget} B is not minimal: one byte less fits")
    for slack in (MINIMAL, SLACK):
        table = program.within(by["approx_tc", slack].budget)
        ours = (by["approx_tc", slack].overhead, by["approx_mc", slack].overhead)
        if table.overheads() != ours:
            wrong.append(
                f"{name}: overheads {ours} at budget {slack}, a second implementation "
                f"finds {table.overheads()}"
            )
        ranges[slack] = table.tied_peaks(by["approx_mc", slack].overhead, TIES)
    return ranges, wrong


def _check_sizes(name: str, answers: list[Answer]) -> list[str]:
    network = figures()["networks"][name]
    exact = next(answer for answer in answers if answer.method == "exact_tc")
    sizes = (exact.nodes, exact.lower_sets)
    wanted = (network["nodes"], network["lower_sets"])
    if sizes == wanted:
        return []
    return [
        f"{name}: {sizes[0]} nodes and {sizes[1]} lower sets; the paper has {wanted[0]} "
        f"and {wanted[1]}"
    ]


def _row(
    name: str,
    graph: dict[str, Any],
    answer: Answer,
    ties: dict[str, tuple[int, int]],
    vanilla: int,
) -> AuthorsRow:
    network = figures()["networks"][name]
    replayed, printed = network["replayed_gb"], network["printed_gb"]

    def size(peak: int) -> float:
        return (network["scale"] * peak + 2 * graph["param_bytes"]) / 1e9

    suffix = "_slack" if answer.slack is SLACK else ""
    formula = {"chen": replayed["chen_formula"]}
    if answer.slack is MINIMAL and answer.method.startswith("approx"):
        formula[answer.method] = replayed["approx_formula"]
    has_ties = answer.method == "approx_mc"
    return AuthorsRow(
        network=name,
        answer=answer,
        formula_gb=size(answer.formula_peak),
        peak_gb=size(answer.peak),
        reduction_percent=100 * (1 - size(answer.peak) / size(vanilla)),
        replayed_formula_gb=formula.get(answer.method),
        replayed_gb=replayed.get(answer.method + suffix),
        printed_gb=printed[answer.method],
        printed_reduction_percent=network["printed_reduction_percent"].get(answer.method),
        ties_gb=tuple(size(peak) for peak in ties[answer.slack]) if has_ties else None,
    )
