# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The time of a step by XLA's own estimates, and by bytes and flops where it has none."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from remat.xla import hlo
from remat.xla.targets import Target

_GPU_COST = re.compile(r'"exec_time_us":([0-9.eE+-]+)')
_TRIPS = re.compile(r'"known_trip_count":\{"n":"(\d+)"\}')
_LABELS = re.compile(r"dim_labels=(\w+)_(\w+)->(\w+)")
_LIST = re.compile(r"\d+")
#: XLA:GPU writes this for what it has no model of.
_NO_COST_US = 0.01

#: These move no bytes, or are charged where they start or in what they call.
_FREE = frozenset(
    {
        "parameter",
        "constant",
        "bitcast",
        "tuple",
        "get-tuple-element",
        "after-all",
        "opt-barrier",
        "copy-done",
        "async-done",
        "async-update",
        "all-gather-done",
        "all-reduce-done",
        "collective-permute-done",
        "send-done",
        "recv-done",
        "partition-id",
        "replica-id",
    }
)


@dataclass(frozen=True)
class Estimate:
    """What one run of a program costs.

    Attributes:
        xla_us: the sum of XLA's own estimates over the entry computation, microseconds;
            None if it makes none.
        time_us: the same with loop bodies as often as they run, and what XLA has no
            estimate for charged by its bytes and flops.
        once_us: the same with loop bodies once.
        flops: of products of matrices and convolutions, loop bodies as often as they run.
    """

    xla_us: float | None
    time_us: float
    once_us: float
    flops: int


def estimate(program: hlo.Program, target: Target) -> Estimate:
    """Estimates a run of `program`, an optimised module, on `target`."""
    walk = _Walk(program, target, loops=True)
    time_us, flops = walk.computation(program.entry)
    once_us, _ = _Walk(program, target, loops=False).computation(program.entry)
    own = [walk.own(one) for one in program.computations[program.entry].instructions.values()]
    known = [cost for cost in own if cost is not None]
    return Estimate(sum(known) if known else None, time_us, once_us, flops)


class _Walk:
    """Adds up computations, each once."""

    def __init__(self, program: hlo.Program, target: Target, loops: bool) -> None:
        self._program = program
        self._target = target
        self._loops = loops
        self._seen: dict[str, tuple[float, int]] = {}

    def computation(self, name: str) -> tuple[float, int]:
        """Returns (microseconds, flops) of a computation."""
        if name not in self._seen:
            self._seen[name] = (0.0, 0)  # nothing calls itself
            time_us, flops = 0.0, 0
            found = self._program.computations.get(name)
            for one in found.instructions.values() if found else ():
                more_us, more = self._instruction(one, found)
                time_us += more_us
                flops += more
            self._seen[name] = (time_us, flops)
        return self._seen[name]

    def own(self, instruction: hlo.Instruction) -> float | None:
        """Returns XLA's estimate in microseconds, or None."""
        at = instruction.rest.find('"reification_cost":[')
        if at >= 0:
            costs = _GPU_COST.findall(instruction.rest, at, instruction.rest.find("]", at))
            return float(costs[-1]) if costs else None
        return None

    def _instruction(self, one: hlo.Instruction, inside: hlo.Computation) -> tuple[float, int]:
        if one.opcode in _FREE:
            return 0.0, 0
        if one.opcode == "while":
            trips = trip_count(one, self._program) if self._loops else 1
            time_us, flops = self.computation(one.attribute("body"))
            return trips * time_us, trips * flops
        if one.opcode == "conditional":
            names = re.findall(r"%([\w.-]+)", _braces(one.rest, "branch_computations="))
            names += [one.attribute(f"{which}_computation") for which in ("true", "false")]
            return max((self.computation(name) for name in names if name), default=(0.0, 0))
        if one.opcode in ("call", "async-start"):
            return self.computation(one.attribute("to_apply") or one.attribute("calls"))
        flops = self._flops(one, inside)
        own = self.own(one)
        if own is not None and own > _NO_COST_US:
            return own, flops
        if one.opcode == "copy-start" and self._target.platform == "tpu":
            return 0.0, flops  # into on-chip memory, behind the ops in between
        traffic = bytes_moved(one, inside, self._program) / self._target.bandwidth
        rate = self._target.flops16 if _narrow(one, inside) else self._target.flops32
        return max(own or 0.0, traffic * 1e6, flops / rate * 1e6), flops

    def _flops(self, one: hlo.Instruction, inside: hlo.Computation) -> int:
        body = self._program.called(one) if one.opcode == "fusion" else None
        if body is not None:
            return sum(self._flops(each, body) for each in body.instructions.values())
        shapes = [
            inside.instructions[name].shape for name in one.operands if name in inside.instructions
        ]
        return product_flops(one, shapes)


def trip_count(loop: hlo.Instruction, program: hlo.Program) -> int:
    """Returns how often `loop`, a while, runs its body: 1 if the program does not tell.

    Where XLA has left no count, that is the one number that its condition compares with.
    """
    found = _TRIPS.search(loop.rest)
    if found:
        return int(found[1])
    condition = program.called(loop, "condition")
    numbers = [
        one.inner
        for one in (condition.instructions.values() if condition else ())
        if one.opcode == "constant" and one.inner.isdigit()
    ]
    return max(1, int(numbers[0])) if len(numbers) == 1 else 1


def _narrow(one: hlo.Instruction, inside: hlo.Computation) -> bool:
    """Returns whether every array that `one` reads has elements of at most 16 bits."""
    known = [
        inside.instructions[name].shape for name in one.operands if name in inside.instructions
    ]
    return bool(known) and all(hlo.element_bits(shape) <= 16 for shape in known)


def product_flops(one: hlo.Instruction, shapes: list[str]) -> int:
    """Returns the flops of a product of matrices or a convolution, 0 for anything else.

    `shapes` are its operands'. Two per multiplication and addition.
    """
    target = one.kind.removeprefix("custom-call ")
    if one.opcode == "dot" or target.startswith("__cublas"):
        if not shapes:
            return 0
        contracted = _LIST.findall(
            _braces(one.rest, "lhs_contracting_dims=")
            or _brackets(one.rest, '"lhs_contracting_dimensions":')
        )
        lhs = hlo.dimensions(shapes[0])
        count = 2 * math.prod(hlo.dimensions(one.shape))
        for dimension in contracted:
            count *= lhs[int(dimension)] if int(dimension) < len(lhs) else 1
        return count
    if one.opcode == "convolution" or target.startswith("__cudnn$conv"):
        return _convolution_flops(one, target, shapes)
    return 0


def _convolution_flops(one: hlo.Instruction, target: str, shapes: list[str]) -> int:
    labels = _LABELS.search(one.rest)
    if not labels or len(shapes) < 2:
        return 0
    result, first, second = (hlo.dimensions(x) for x in (one.shape, shapes[0], shapes[1]))
    if target.startswith("__cudnn$conv"):
        # The labels are those of the forward convolution, whichever of its operands is made.
        output, kernel = result, second
        if target == "__cudnn$convBackwardFilter":
            output, kernel = second, result
        elif target == "__cudnn$convBackwardInput":
            output = first
        return 2 * math.prod(output) * math.prod(kernel) // kernel[labels[2].index("o")]
    count = 2 * first[labels[1].index("b")] * first[labels[1].index("f")]
    count *= result[labels[3].index("f")]
    for group in ("feature_group_count", "batch_group_count"):
        count //= int(one.attribute(group) or 1)
    window = _window(one.rest)
    for number in range(len(labels[1]) - 2):
        spatial = str(number)
        sizes = (first[labels[1].index(spatial)], result[labels[3].index(spatial)])
        count *= _valid_positions(*sizes, {name: one[number] for name, one in window.items()})
    return count


def _window(rest: str) -> dict[str, list[str]]:
    """Returns "size" -> ["3", "3"], "pad" -> ["1_1", "0_0"], and so on."""
    found = {}
    for word in _braces(rest, "window=").split():
        name, _, value = word.partition("=")
        found[name] = value.split("x")
    return found


def _valid_positions(extent: int, result: int, window: dict[str, str]) -> int:
    """Returns how many pairs of an output and a kernel element meet an element of the input."""
    stride, around, within = (
        int(window.get(name, 1)) for name in ("stride", "lhs_dilate", "rhs_dilate")
    )
    low = int(window.get("pad", "0_0").partition("_")[0])
    count = 0
    for tap in range(int(window.get("size", 1))):
        for position in range(tap * within - low, tap * within - low + result * stride, stride):
            count += position % around == 0 and 0 <= position < extent * around
    return count


def bytes_moved(one: hlo.Instruction, inside: hlo.Computation, program: hlo.Program) -> int:
    """Returns the bytes that `one` reads and writes: of a slice, and of what is updated in
    place, only that part."""
    operands = [inside.instructions[name] for name in one.operands if name in inside.instructions]
    sizes = [hlo.array_bytes(operand.shape) for operand in operands]
    result = hlo.array_bytes(one.shape)
    if one.kind.startswith("custom-call __cu"):
        result -= hlo.array_bytes(hlo.last_part(one.shape))  # the library's workspace
    if one.opcode in ("slice", "dynamic-slice", "gather"):
        return 2 * result
    if one.opcode == "dynamic-update-slice":
        return 2 * (sizes[1] if len(sizes) > 1 else result)
    if one.opcode == "copy-start":
        return 2 * sum(sizes)
    body = program.called(one) if one.opcode == "fusion" else None
    if body is None:
        return sum(sizes) + result
    return _fusion_bytes(body, sizes, result)


def _fusion_bytes(body: hlo.Computation, sizes: list[int], result: int) -> int:
    read = 0
    users: dict[str, list[hlo.Instruction]] = {}
    for inner in body.instructions.values():
        for name in inner.operands:
            users.setdefault(name, []).append(inner)
    updated = 0
    for inner in body.instructions.values():
        if inner.opcode != "parameter":
            continue
        number = int(inner.inner) if inner.inner.isdigit() else 0
        size = sizes[number] if number < len(sizes) else hlo.array_bytes(inner.shape)
        parts = 0
        for user in _through_bitcasts(inner.name, users):
            if user.opcode in ("slice", "dynamic-slice", "gather"):
                parts += hlo.array_bytes(user.shape)
            elif user.opcode == "dynamic-update-slice" and user.operands[1:2]:
                part = hlo.array_bytes(body.instructions[user.operands[1]].shape)
                whole = hlo.array_bytes(user.shape)
                # What is updated in place is neither read nor written as a whole.
                if part < whole and size == whole:
                    updated += whole - part
                    continue
                parts = size
            else:
                parts = size
        read += min(parts, size)
    return read + max(0, result - updated)


def _through_bitcasts(name: str, users: dict[str, list[hlo.Instruction]]) -> list[hlo.Instruction]:
    found = []
    for user in users.get(name, ()):
        if user.opcode == "bitcast":
            found += _through_bitcasts(user.name, users)
        else:
            found.append(user)
    return found


def _braces(text: str, key: str) -> str:
    at = text.find(key + "{")
    return text[at + len(key) + 1 : text.find("}", at)] if at >= 0 else ""


def _brackets(text: str, key: str) -> str:
    at = text.find(key + "[")
    return text[at + len(key) + 1 : text.find("]", at)] if at >= 0 else ""
