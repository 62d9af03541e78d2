# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The names that a caller has for arrays in the arguments of a function."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from jax.tree_util import keystr, tree_flatten_with_path


def leaf_names(
    function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]
) -> list[str]:
    """Returns a name for each leaf of `(args, kwargs)`, in the order of `jax.tree.leaves`.

    Example: f(state, *, key) of ({"w": [1, 2]},) and {"key": 3} -> "state['w'][0]",
    "state['w'][1]", "key".
    """
    positional = _positional(function, len(args))
    found = []
    for (which, place, *rest), _ in tree_flatten_with_path((tuple(args), dict(kwargs)))[0]:
        head = place.key if which.idx else positional[place.idx]
        found.append(f"{head}{keystr(tuple(rest))}")
    return found


def _positional(function: Callable[..., Any], count: int) -> list[str]:
    """Returns names for `count` positional arguments of `function`."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # of what is no Python function
        parameters = ()
    found = []
    starred = "args"
    for one in parameters:
        if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD):
            found.append(one.name)
        elif one.kind == one.VAR_POSITIONAL:
            starred = one.name
    more = count - len(found)
    return [*found[:count], *(f"{starred}[{index}]" for index in range(more))]
