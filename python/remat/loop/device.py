# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Fitting a step to a device that XLA compiles for."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from remat.loop.job import MOST_COMPILES, Job
from remat.loop.variants import VARIANTS
from remat.toolchain import RematOptions
from remat.xla.measure import measure
from remat.xla.targets import Target


def job_for(
    target: Target,
    text: str,
    name: str,
    options: RematOptions,
    *,
    most: int = MOST_COMPILES,
) -> Job:
    """Returns the job of fitting the step in `text` (generic MLIR) to `target`.

    Of `options`, what plans are made with is taken; cost table and encoding are the target's
    where they are not set, and the order is "reorder": steps update their weights last, and
    XLA does not wait with that.
    """
    # XLA for TPUs knows the memory early but for the last bytes, and takes minutes to its end.
    late = target.encoding == "xla-tpu"
    compiled = partial(measure, target=target, name=name)
    return Job(
        text=text,
        name=name,
        options=replace(
            options,
            target=target.encoding,
            cost=options.cost or target.cost,
            order=options.order or "reorder",
        ),
        variants=VARIANTS[target.encoding],
        measure=compiled,
        target=target.title,
        most=most,
        confirm=partial(compiled, full=True) if late else None,
    )
