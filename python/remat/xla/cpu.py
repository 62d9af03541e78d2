# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiles and runs a training step on the CPU, and looks at what XLA made of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from remat.xla import counting


@dataclass(frozen=True)
class CpuStep:
    """A step compiled for the CPU.

    Attributes:
        temp: bytes of temporaries in XLA's buffer assignment.
        opcodes: how often each opcode occurs in the optimised program.
    """

    temp: int
    opcodes: Counter[str]
    _compiled: Any

    def __call__(self, *arguments: Any) -> list[np.ndarray]:
        """Runs the step on copies of `arguments` and returns its results, flat."""
        copies = jax.tree.map(jnp.array, arguments)
        return [np.asarray(leaf) for leaf in jax.tree.leaves(self._compiled(*copies))]


def compile_step(lowered: Any) -> CpuStep:
    """Compiles a lowered step under the XLA flags of this process."""
    compiled = lowered.compile()
    return CpuStep(
        temp=compiled.memory_analysis().temp_size_in_bytes,
        opcodes=counting.opcodes(compiled.as_text()),
        _compiled=compiled,
    )


def bitwise_equal(before: list[np.ndarray], after: list[np.ndarray]) -> bool:
    """Returns whether both hold the same bits: NaN payloads and signs of zero count."""
    return len(before) == len(after) and all(
        one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()
        for one, other in zip(before, after)
    )


def relative_deviation(before: list[np.ndarray], after: list[np.ndarray]) -> float:
    """Returns the largest |difference| in any array, over the largest |value| in it.

    Infinity if an array differs in shape, in where it is not finite, or is no float and
    differs at all.
    """
    worst = 0.0
    for one, other in zip(before, after, strict=True):
        if one.tobytes() == other.tobytes():
            continue
        if one.shape != other.shape or not jnp.issubdtype(one.dtype, jnp.floating):
            return float("inf")
        x, y = one.astype(np.float64), other.astype(np.float64)
        if not (np.isfinite(x) & np.isfinite(y)).all():
            return float("inf")
        scale = np.max(np.abs(x))
        difference = np.max(np.abs(x - y))
        worst = max(worst, difference / scale if scale else float("inf"))
    return float(worst)
