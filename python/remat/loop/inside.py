# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""How much of a measured peak lies inside a loop, which is one op to the planner."""

from __future__ import annotations

from typing import Any

from remat.plan import format_bytes
from remat.xla.measure import Measurement

#: What JAX's names of ops in the body of a loop contain.
_BODY = "while/body"


def hint_of_loops(problem: dict[str, Any], measured: Measurement) -> str:
    """Returns a line that says so if most temporaries at the peak are made in bodies of loops.

    Names the loop, with its source line, that has most of them and the bytes of all. Returns
    "" where they are fewer, and where the program has no loop.
    """
    loops = [op for op in problem["ops"] if op["kind"] == "loop"]
    inside = [
        buffer
        for buffer in measured.assignment.buffers
        if buffer.kind == "temporary" and _BODY in buffer.op_name
    ]
    held = sum(buffer.bytes for buffer in inside)
    if not loops or 2 * held <= measured.temp:
        return ""

    def share(loop: dict[str, Any]) -> int:
        """Bytes that are made in the scope of `loop`."""
        scope = (loop.get("scope") or "while") + "/body"
        return sum(buffer.bytes for buffer in inside if scope in buffer.op_name)

    loop = max(loops, key=lambda one: (share(one), one["cost"]))
    place = f" ({loop['location']})" if loop.get("location") else ""
    return (
        f"{format_bytes(held)} of the {format_bytes(measured.temp)} of temporaries are made inside "
        f"a loop, most in {loop['name']}{place}: what runs in a loop is not planned yet; unroll "
        "it, run less in each iteration, or use remat.jax.checkpoint in its body"
    )
