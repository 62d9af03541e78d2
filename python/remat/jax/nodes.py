# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs of equations, and the instances of values that they read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from jax.extend.core import Literal


class Ref(NamedTuple):
    """One instance of a value: result `index` of node `node`; node -1 holds the arguments."""

    node: int
    index: int


@dataclass(eq=False)
class Node:
    """One run of an equation.

    Attributes:
        equation: its index.
        reads: an instance or a literal for each operand.
        region: number of the recomputation it belongs to; None for a first run.
        backward: whether it belongs to the backward half.
    """

    equation: int
    reads: list[Ref | Literal]
    region: int | None
    backward: bool


def is_ref(read: Any) -> bool:
    """Returns whether `read` is an instance, and no literal."""
    return isinstance(read, Ref)
