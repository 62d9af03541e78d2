# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What a value is to a training step: a parameter, an activation, a gradient, ..."""

from __future__ import annotations

from typing import Any

#: What bytes are held for, in the order in which charts stack them.
KINDS = (
    "parameters",
    "optimiser state",
    "inputs",
    "results",
    "activations",
    "recomputed",
    "gradients",
    "temporaries",
)


def kinds_of(problem: dict[str, Any]) -> list[str]:
    """Returns the kind of each value of a problem.json, by position in `values`.

    Arguments: donated ones are the state of the training, "optimiser state" where only the
    update reads them and "parameters" else; the others are "inputs". Values that ops make:
    "activations" are made in the forward and read after it, "gradients" are made in the
    backward and read by the update or returned, "results" are other outputs, and the rest
    is "temporaries". A second instance is "recomputed", which is not the value's but the
    instance's kind. Cost: linear.
    """
    phases: list[set[str]] = [set() for _ in problem["values"]]
    for op in problem["ops"]:
        for value in op["inputs"]:
            phases[value].add(op["phase"])
    arguments = problem["arguments"]
    donated = {arguments[one] for one in problem.get("donated", []) if one is not None}
    outputs = set(problem["outputs"])
    kinds = ["temporaries"] * len(phases)
    for value in arguments:
        if value not in donated:
            kinds[value] = "inputs"
        else:
            kinds[value] = "optimiser state" if phases[value] == {"update"} else "parameters"
    for op in problem["ops"]:
        for value in op["results"]:
            kinds[value] = _kind_of_result(op["phase"], phases[value], value in outputs)
    return kinds


def _kind_of_result(made: str, read: set[str], returned: bool) -> str:
    if made == "backward" and (returned or "update" in read):
        return "gradients"
    if returned:
        return "results"
    if made == "forward" and read - {"forward"}:
        return "activations"
    return "temporaries"
