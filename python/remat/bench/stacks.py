# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Training steps of equal transformer layers, of any length, as neutral graphs.

`python -m remat.bench.stacks --layers=200 -o stack.json` writes one, so that the planner's time
can be measured against the number of ops (50 a layer, and 7).
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from remat import convert
from remat.errors import InputError

HEADS = 16
BYTES = 2  # of a bf16 element
CLASSES = 8000


@dataclass
class Step:
    """A step under construction: `tape` holds what the backward must go through."""

    nodes: list[dict[str, Any]] = field(default_factory=list)
    tape: list[tuple[str, list[int], int]] = field(default_factory=list)
    weights: list[int] = field(default_factory=list)

    def node(self, op: str, inputs: list[int], size: int, flops: int, phase: str) -> int:
        """Adds a node of `size` bytes and returns its id."""
        ident = len(self.nodes)
        recomputable = phase in ("fwd", "bwd") and op != "ones"
        self.nodes.append(
            {
                "id": ident,
                "op": op,
                "inputs": inputs,
                "bytes": size,
                "flops": flops,
                "phase": phase,
                "can_recompute": recomputable,
            }
        )
        return ident

    def forward(self, op: str, inputs: list[int], size: int, flops: int) -> int:
        """Adds a forward op."""
        ident = self.node(op, inputs, size, flops, "fwd")
        self.tape.append((op, inputs, ident))
        return ident

    def weight(self, size: int) -> int:
        """Adds an argument that has a gradient."""
        ident = self.node("arg", [], size, 0, "arg")
        self.weights.append(ident)
        return ident

    def size(self, ident: int) -> int:
        """Bytes of a node."""
        return int(self.nodes[ident]["bytes"])


def _pullbacks(step: Step, op: str, inputs: list[int], result: int) -> list[tuple[int, list[int]]]:
    """Which inputs have gradients, and what each gradient reads besides the result's."""
    if op == "matmul":
        return [(inputs[0], [inputs[1]]), (inputs[1], [inputs[0]])]
    if op == "softmax":
        return [(inputs[0], [result])]
    if op in ("gelu", "loss"):
        return [(inputs[0], [inputs[0]])]
    if op == "norm":
        return [(inputs[0], inputs)]
    if op in ("scale", "reshape"):
        return [(inputs[0], [])]
    return []  # statistics: the norm's gradient takes them in


def _backward_flops(step: Step, op: str, result: int, of: int) -> int:
    if op == "matmul":
        return int(step.nodes[result]["flops"])
    factor = {"gelu": 8, "norm": 8, "softmax": 2, "loss": 2}.get(op, 1)
    return factor * step.size(of) // 2


def _differentiate(step: Step) -> list[int]:
    """Adds the backward and returns the outputs: loss and weights' gradients."""
    loss = step.tape[-1][2]
    gradients = {loss: step.node("ones", [loss], 4, 0, "bwd")}

    def accumulate(ident: int, gradient: int) -> None:
        if ident in gradients:
            size = step.size(ident)
            gradient = step.node("add", [gradients[ident], gradient], size, size // 2, "bwd")
        gradients[ident] = gradient

    for op, inputs, result in reversed(step.tape):
        if result not in gradients:
            continue
        given = gradients[result]
        if op == "add":
            for ident in inputs:
                accumulate(ident, given)
        for ident, reads in _pullbacks(step, op, inputs, result):
            if step.nodes[ident]["phase"] == "arg" and ident not in step.weights:
                continue
            flops = _backward_flops(step, op, result, ident)
            size = step.size(ident)
            accumulate(ident, step.node(f"{op}.grad", [given, *reads], size, flops, "bwd"))
    return sorted([loss, *(gradients[ident] for ident in step.weights)])


def _linear(step: Step, x: int, tokens: int, width: int, out: int) -> int:
    weight = step.weight(width * out * BYTES)
    return step.forward("matmul", [x, weight], tokens * out * BYTES, 2 * tokens * width * out)


def _norm(step: Step, x: int, tokens: int) -> int:
    size = step.size(x)
    statistics = step.forward("statistics", [x], tokens * 8, size)
    return step.forward("norm", [x, statistics], size, 2 * size)


def _layer(step: Step, x: int, batch: int, length: int, width: int) -> int:
    tokens = batch * length
    size = tokens * width * BYTES
    scores = batch * HEADS * length * length * BYTES
    flops = 2 * batch * length * length * width
    h = _norm(step, x, tokens)
    q, k, v = (
        step.forward("reshape", [_linear(step, h, tokens, width, width)], size, 0) for _ in "qkv"
    )
    s = step.forward("matmul", [q, k], scores, flops)
    s = step.forward("scale", [s], scores, scores // 2)
    p = step.forward("softmax", [s], scores, 2 * scores)
    o = step.forward("reshape", [step.forward("matmul", [p, v], size, flops)], size, 0)
    x = step.forward("add", [x, _linear(step, o, tokens, width, width)], size, size // 2)
    u = _linear(step, _norm(step, x, tokens), tokens, width, 4 * width)
    u = step.forward("gelu", [u], step.size(u), 4 * step.size(u))
    y = _linear(step, u, tokens, 4 * width, width)
    return step.forward("add", [x, y], size, size // 2)


def stack(layers: int, batch: int = 8, length: int = 1024, width: int = 1024) -> dict[str, Any]:
    """Returns a training step of `layers` equal layers as a neutral graph."""
    step = Step()
    tokens = batch * length
    x = step.node("arg", [], tokens * width * BYTES, 0, "arg")
    for _ in range(layers):
        x = _layer(step, x, batch, length, width)
    x = _linear(step, _norm(step, x, tokens), tokens, width, CLASSES)
    step.forward("loss", [x], 4, step.size(x))
    outputs = _differentiate(step)
    return {"name": f"stack{layers}", "nodes": step.nodes, "outputs": outputs}


def main(arguments: list[str] | None = None) -> None:
    """Writes one graph; exits with 2 and a message where it cannot."""
    parser = argparse.ArgumentParser(prog="python -m remat.bench.stacks", description=__doc__)
    parser.add_argument("--layers", type=int, required=True, help="equal layers, 1 or more")
    parser.add_argument("-o", "--output", type=Path, required=True, help="where the graph goes")
    options = parser.parse_args(arguments)
    if options.layers < 1:
        parser.error(f"--layers={options.layers} is less than 1")
    try:
        convert.write_atomically(
            options.output, (json.dumps(stack(options.layers)) + "\n").encode()
        )
    except InputError as error:
        parser.error(str(error))


if __name__ == "__main__":
    main()
