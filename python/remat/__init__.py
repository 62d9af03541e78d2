# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Remat: training steps that fit a byte budget, by recomputing values.

`remat.jax.fit` rewrites a JAX training step; the `remat` command rewrites files.
"""

from __future__ import annotations

import importlib
from types import ModuleType

from remat.errors import BudgetError, InputError, RematError, ToolchainError

__version__ = "0.1.0"

__all__ = ["BudgetError", "InputError", "RematError", "ToolchainError", "__version__", "jax"]


def __getattr__(name: str) -> ModuleType:
    """Imports `remat.jax` on first use, so that `import remat` does not load JAX."""
    if name == "jax":
        return importlib.import_module("remat.jax")
    raise AttributeError(f"module 'remat' has no attribute {name!r}")
