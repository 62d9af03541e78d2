# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The parameters of a function, and the names that a caller has for arrays in its arguments."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from jax.tree_util import keystr, tree_flatten_with_path


def parameters_of(function: Callable[..., Any]) -> inspect.Signature | None:
    """Returns the parameters of `function`; None of a callable that Python cannot ask."""
    try:
        return inspect.signature(function)
    except (TypeError, ValueError):  # some callables of C
        return None


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
    signature = parameters_of(function)
    found = []
    starred = "args"
    for one in signature.parameters.values() if signature else ():
        if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD):
            found.append(one.name)
        elif one.kind == one.VAR_POSITIONAL:
            starred = one.name
    more = count - len(found)
    return [*found[:count], *(f"{starred}[{index}]" for index in range(more))]
