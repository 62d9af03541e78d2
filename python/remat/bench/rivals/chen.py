# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Chen et al. 2016: segments whose inner values are dropped and recomputed.

The forward half is cut after some positions; values that cross a cut stay, all others are dropped.
On a chain the value that crosses is the layer's output, as in the paper; on other graphs a cut is
either any position (then several values may cross) or one where a single value crosses. Values are
recomputed just in time, which is never worse than the paper's whole segments.
"""

from __future__ import annotations

import math

from remat.bench.rivals.answer import Planner, Pool, just_in_time
from remat.bench.rivals.step import Step

#: Segment sizes tried by the greedy form: about this many, from one op to the whole forward half.
GREEDY_STEPS = 24


def sqrt(step: Step) -> Planner:
    """Returns the planner with about sqrt(n) segments of equal length."""
    pool = Pool(step)
    for kind, candidates in _candidates(step).items():
        count = len(candidates)
        segments = max(1, math.isqrt(count))
        cuts = [candidates[count * part // segments] for part in range(1, segments)]
        _add(pool, step, cuts, f"{segments} segments, {kind}")
    return pool.plan


def greedy(step: Step) -> Planner:
    """Returns the planner that cuts when the bytes since the last cut exceed a size, swept."""
    pool = Pool(step)
    total = sum(step.bytes[: step.loss + 1])
    seen = set()
    for kind, candidates in _candidates(step).items():
        for part in range(GREEDY_STEPS):
            # From total down to total / 2^12, in equal ratios.
            limit = int(total / 2 ** (12 * part / GREEDY_STEPS))
            cuts = tuple(_greedy_cuts(step, candidates, limit))
            if cuts not in seen:
                seen.add(cuts)
                _add(pool, step, cuts, f"segments of {limit} B, {kind}")
    return pool.plan


def _candidates(step: Step) -> dict[str, list[int]]:
    """Returns the positions after which the forward half may be cut."""
    single = [op for op, values in enumerate(crossing(step)) if values == 1]
    return {"any position": list(range(step.loss)), "single values": single}


def crossing(step: Step) -> list[int]:
    """Returns how many charged values cross each position of the forward half, the loss excluded.

    A value crosses the positions from its op up to the one before its last reader in that half.
    """
    change = [0] * (step.loss + 2)
    for op, last in enumerate(last_forward_use(step)):
        if last > op and step.bytes[op] > 0:
            change[op] += 1
            change[last] -= 1
    counts, running = [], 0
    for op in range(step.loss):
        running += change[op]
        counts.append(running)
    return counts


def last_forward_use(step: Step) -> list[int]:
    """Returns the last reader within the forward half of each of its ops, or the op itself."""
    return [
        max((user for user in step.users[op] if user <= step.loss), default=op)
        for op in range(step.loss + 1)
    ]


def _greedy_cuts(step: Step, candidates: list[int], limit: int) -> list[int]:
    allowed = set(candidates)
    cuts, since = [], 0
    for op in range(step.loss):
        since += step.bytes[op]
        if since > limit and op in allowed:
            cuts.append(op)
            since = 0
    return cuts


def _add(pool: Pool, step: Step, cuts: list[int] | tuple[int, ...], note: str) -> None:
    """Adds the plan of these cuts, with the last segment dropped and with it kept."""
    last = last_forward_use(step)
    kept = bytearray(step.loss + 1)
    marks = bytearray(step.loss + 1)
    for cut in cuts:
        marks[cut] = 1
    # The first cut at or after each op: the op's value stays if it is read beyond.
    following = step.loss
    for op in range(step.loss, -1, -1):
        if marks[op]:
            following = op
        kept[op] = following < last[op]
    pool.add(just_in_time(step, step.loss, kept), note)
    start = max(cuts) + 1 if cuts else 0
    for op in range(start, step.loss + 1):
        kept[op] = 1
    pool.add(just_in_time(step, step.loss, kept), f"{note}, last segment kept")
