# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What to fit to a device, and the compiler that says whether it fits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from remat import toolchain
from remat.loop.variants import Variant
from remat.toolchain import RematOptions
from remat.xla.measure import Measurement

#: Programs compiled beside the plain one, unless the caller says otherwise.
MOST_COMPILES = 10


@dataclass(frozen=True)
class Job:
    """What to fit: a step as generic MLIR, and how.

    Attributes:
        text, name: the step and what messages call it.
        options: for the planner; budget, scope and encoding knobs are the search's own.
        variants: encodings to try, in this order.
        measure: compiles a module (MLIR text) and says what it needs.
        confirm: the same to the end, for compilers that know the last bytes late; the
            chosen program has to pass it. None: `measure` compiles to the end. Either
            raises CompileError for a program that the compiler does not take.
        target: name of the device, for messages.
        most: programs that may be compiled beside the plain one.
        plan: the planner, `toolchain.plan` or what remembers its answers.
    """

    text: str
    name: str
    options: RematOptions
    variants: Sequence[Variant]
    measure: Callable[[str], Measurement]
    target: str
    most: int = MOST_COMPILES
    confirm: Callable[[str], Measurement] | None = None
    plan: Callable[[str, RematOptions, str], toolchain.RematAnswer] = toolchain.plan
