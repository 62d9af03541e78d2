# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""PyTorch's two knapsack solvers for `activation_memory_budget`, with their rounding.

Reimplemented from torch/_functorch/_activation_checkpointing/knapsack.py. Sizes are shares of the
whole; the answer is which items are saved.
"""

from __future__ import annotations

import numpy as np

#: What the dynamic program multiplies sizes by before it rounds them.
SCALE = 10000


def greedy(sizes: list[float], runtimes: list[float], capacity: float) -> list[int]:
    """Returns the items saved when taken by runtime per size, skipping what does not fit."""
    order = sorted(range(len(sizes)), key=lambda item: runtimes[item] / sizes[item], reverse=True)
    saved, used = [], 0.0
    for item in order:
        if used + sizes[item] <= capacity:
            used += sizes[item]
            saved.append(item)
    return sorted(saved)


def dynamic(sizes: list[float], runtimes: list[float], capacity: float) -> list[int]:
    """Returns the items saved by the dynamic program over sizes rounded to 1 / `SCALE`.

    Rounding goes to the nearest, so that small items may weigh nothing, and values are 32-bit
    floats; the answer may exceed the capacity. Cost: O(items x capacity x SCALE) time.
    """
    weights = [round(size * SCALE) for size in sizes]
    room = round(capacity * SCALE)
    best = np.zeros(room + 1, dtype=np.float32)
    changed = []
    for weight, runtime in zip(weights, np.asarray(runtimes, dtype=np.float32)):
        after = best.copy()
        if weight == 0:
            after = best + runtime
        elif weight <= room:
            np.maximum(best[weight:], best[:-weight] + runtime, out=after[weight:])
        changed.append(np.packbits(after != best))
        best = after
    saved, left = [], room
    for item in range(len(sizes) - 1, -1, -1):
        if changed[item][left >> 3] >> (7 - (left & 7)) & 1:
            saved.append(item)
            left -= weights[item]
    return sorted(saved)
