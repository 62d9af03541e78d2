# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Reports: what a plan does to the memory of a step, as a page, as text and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from remat.report.report import Report, report_of, report_of_outcome

__all__ = ["Report", "report_of", "report_of_outcome"]


def __getattr__(name: str) -> Any:
    """Imports reports on first use: a part of this package does not load all others."""
    if name in __all__:
        from remat.report import report

        return getattr(report, name)
    raise AttributeError(f"module 'remat.report' has no attribute {name!r}")
