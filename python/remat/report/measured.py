# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What XLA measured of a step, in the words of the report."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

from remat.loop.outcome import Outcome, peak_of
from remat.xla import targets
from remat.xla.assignment import Assignment, LiveBuffer
from remat.xla.measure import Measurement

#: Points of a measured memory curve.
SAMPLES = 480
#: Buffers that are named at a peak, the largest.
BUFFERS = 500
_WRAPPED = re.compile(r"^\w+\((.*)\)$")


def measured_of(plain: Measurement, planned: Measurement | None, scope: str) -> dict[str, Any]:
    """Returns the report's `measured`: what XLA says of the step before and after.

    Sizes are per device; `peak` is in `scope`. Requires: both are of one target.
    """
    title = targets.get(plain.target).title
    return {
        "target": plain.target,
        "title": title if plain.devices == 1 else f"{title}, one of {plain.devices}",
        "compiler": "XLA",
        "devices": plain.devices,
        "scope": scope,
        "plain": _sides(plain, scope),
        "planned": None if planned is None else _sides(planned, scope),
        "trials": [],
    }


def measured_in(outcome: Outcome) -> dict[str, Any]:
    """Returns the report's `measured` of what the closed loop found, with all it compiled."""
    trials = [
        {
            "variant": trial.variant,
            "level": trial.level,
            "expected": trial.expected,
            "temporaries": trial.measured.temp,
            "time_us": trial.measured.time_us,
            "chosen": trial is outcome.chosen,
        }
        for trial in outcome.trials
    ]
    return measured_of(outcome.plain, outcome.measured, outcome.scope) | {"trials": trials}


def _sides(measured: Measurement, scope: str) -> dict[str, Any]:
    return {
        "peak": peak_of(measured, scope),
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
