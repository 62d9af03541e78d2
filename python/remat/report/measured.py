# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What XLA measured of a step, in the words of the report."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

from remat.xla import targets
from remat.xla.assignment import Assignment, LiveBuffer
from remat.xla.measure import Measurement

#: Points of a measured memory curve.
SAMPLES = 480
#: Buffers that are named at a peak, the largest.
BUFFERS = 500
_WRAPPED = re.compile(r"^\w+\((.*)\)$")


def measured_of(
    plain: Measurement | None, planned: Measurement | None, scope: str
) -> dict[str, Any]:
    """Returns the report's `measured`: what XLA says of the step before and after.

    Sizes are per device; `peak` is in `scope`. Requires: one of the two, of one target.
    """
    one = plain or planned
    assert one is not None
    return {
        "target": one.target,
        "title": targets.get(one.target).title,
        "compiler": "XLA",
        "devices": one.devices,
        "scope": scope,
        "plain": None if plain is None else _sides(plain, scope),
        "planned": None if planned is None else _sides(planned, scope),
    }


def peak_in(measured: Measurement, scope: str) -> int:
    """Returns the bytes of a measurement that count in a scope."""
    if scope == "temporaries":
        return measured.temp
    held = measured.arguments if scope == "total" else 0
    return measured.temp + measured.outputs - measured.alias + held


def _sides(measured: Measurement, scope: str) -> dict[str, Any]:
    return {
        "peak": peak_in(measured, scope),
        "temporaries": measured.temp,
        "arguments": measured.arguments,
        "outputs": measured.outputs,
        "alias": measured.alias,
        "products": measured.products,
        "flops": measured.flops,
        "time_us": measured.time_us,
        "steps": measured.assignment.steps,
        "peak_step": measured.assignment.peak_step,
        "peak_live": measured.assignment.peak,
        "held": measured.assignment.peak - measured.assignment.temporaries,
        "live": _samples(measured.assignment),
        "at_peak": [_row(one) for one in measured.assignment.buffers[:BUFFERS]],
        "buffers": len(measured.assignment.buffers),
    }


def _samples(assignment: Assignment) -> list[list[int]]:
    """Returns [step, live bytes from there on], the most of each of `SAMPLES` equal parts of
    the schedule."""
    best: dict[int, list[int]] = {}
    ends = [step for step, _ in assignment.timeline[1:]] + [assignment.steps + 1]
    for (step, size), end in zip(assignment.timeline, ends):
        first, last = (at * SAMPLES // (assignment.steps + 1) for at in (step, end - 1))
        for part in range(first, last + 1):
            if part not in best or size > best[part][1]:
                best[part] = [max(step, -(-part * (assignment.steps + 1) // SAMPLES)), size]
    found = [best[part] for part in sorted(best)]
    return found[:1] + [new for old, new in pairwise(found) if new[1] != old[1]]


def _row(buffer: LiveBuffer) -> dict[str, Any]:
    return {
        "value": buffer.name,
        "bytes": buffer.bytes,
        "kind": buffer.kind,
        "op": buffer.opcode,
        "shape": buffer.shape,
        "scope": scope_of(buffer.op_name),
        "location": buffer.source,
    }


def scope_of(op_name: str) -> str:
    """Returns the framework's scope in XLA's name of an op: without the traced function, and
    without the wrappers of transformations.

    Example: "jit(step)/transpose(jvp(Model))/Block_0/dot" -> "Model/Block_0/dot".
    """
    parts = []
    for part in op_name.replace("\\'", "'").split("/"):
        if part.startswith(("jit(", "pjit(")):
            continue
        while wrapped := _WRAPPED.match(part):
            part = wrapped[1]
        if part:
            parts.append(part)
    return "/".join(parts)
