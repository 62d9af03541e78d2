# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Steps and arguments that JAX alone does not take: what to give instead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from remat.errors import InputError
from remat.jax.names import leaf_names
from remat.jax.signature import Signature

_ARRAYS = (np.ndarray, np.generic, bool, int, float, complex)
_RECIPE = (
    "name the argument in static_argnums, or hand over arrays only: of a model of Equinox those of "
    "eqx.partition(model, eqx.is_array), with eqx.combine in the step (docs/training.md)"
)


def is_jitted_by_jax(step: Callable[..., Any]) -> bool:
    """Returns whether `step` is what `jax.jit` returned.

    Errors: InputError for one that another library's jit returned and that can be traced by
    that library only.
    """
    if not hasattr(step, "trace"):
        return False
    kind = type(step)
    if kind.__module__.partition(".")[0] not in ("jax", "jaxlib"):
        raise InputError(
            f"the step is a {kind.__module__}.{kind.__qualname__}, jitted by another library than "
            "JAX; give the function that it wraps, and its donation as donate_argnums="
        )
    return True


def refusal(step: Callable[..., Any], signature: Signature, error: Exception) -> InputError | None:
    """Returns what to say of `error`, which tracing `step` raised, if an argument caused it."""
    static = signature.static
    args = [None if index in static else arg for index, arg in enumerate(signature.args)]
    kwargs = {name: arg for name, arg in signature.kwargs.items() if name not in static}
    named = list(zip(leaf_names(step, args, kwargs), jax.tree.leaves((tuple(args), kwargs))))
    if isinstance(error, jax.errors.ConcretizationTypeError):
        flags = [f"{name} ({leaf})" for name, leaf in named if isinstance(leaf, bool)]
        if flags:
            return InputError(
                f"the step decides by an array's value: {_told_by_jax(error)}; a fitted step takes "
                f"True and False as arrays, here {', '.join(flags)}; if it decides by one of "
                f"these, {_RECIPE}"
            )
    for name, leaf in named:
        if not isinstance(leaf, _ARRAYS) and not hasattr(leaf, "shape"):
            return InputError(f"argument {name} is a {type(leaf).__name__}, no array; {_RECIPE}")
    return None


def _told_by_jax(error: Exception) -> str:
    """Returns on one line what JAX says, and where, without the page it refers to."""
    text, _, _ = str(error).partition("See https://")
    return " ".join(text.split()).rstrip(".")
