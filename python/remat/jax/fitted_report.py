# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The report of a fitted step, with what XLA measured where it was compiled."""

from __future__ import annotations

from typing import Any

from remat import convert
from remat.report import Report, report_of, report_of_outcome
from remat.report.arguments import argument_names


def report_of_fitted(fitted: Any, *, curve: bool = False) -> Report:
    """Returns the report of a `FittedStep`; `curve` adds what every budget costs.

    A step that was fitted to a device has an `outcome`: its budget and its scope are those of
    the report, which has XLA's measurements of the step before and after as well.
    """
    plan = fitted.plan
    text = convert.from_exported(fitted.exported).text
    about: dict[str, Any] = {
        "name": fitted.exported.fun_name,
        "argument_names": argument_names(text, len(plan.problem["arguments"])),
        "curve": curve,
        "effort": "fast",
    }
    if fitted.outcome:
        return report_of_outcome(fitted.outcome, **about)
    return report_of(plan.problem, plan.json, **about)
