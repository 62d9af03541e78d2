# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The closed loop: plan, rewrite, compile, measure, and plan again until the budget is kept."""

from remat.loop.device import job_for
from remat.loop.job import MOST_COMPILES, Job
from remat.loop.outcome import Outcome, Trial
from remat.loop.search import fit_module
from remat.loop.variants import VARIANTS, Variant

__all__ = [
    "MOST_COMPILES",
    "VARIANTS",
    "Job",
    "Outcome",
    "Trial",
    "Variant",
    "fit_module",
    "job_for",
]
