# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The repeated blocks of the networks, which `jax.checkpoint` can be put around.

That is what a JAX user does by hand to save memory: each block's result is kept, and what is
inside is computed again in the backward pass, but for what a policy keeps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import flax.linen as nn
import jax

from remat.errors import InputError

#: What is kept inside a block, by the name of the policy in `jax.checkpoint_policies`.
POLICIES = ("nothing_saveable", "dots_saveable", "dots_with_no_batch_dims_saveable")

_active: ContextVar[str | None] = ContextVar("policy", default=None)


def check_policy(policy: str | None) -> None:
    """Errors: InputError for a policy that is neither None nor one of `POLICIES`."""
    if policy is not None and policy not in POLICIES:
        raise InputError(f"unknown checkpoint policy '{policy}'; there are {', '.join(POLICIES)}")


@contextmanager
def checkpointed(policy: str | None) -> Iterator[None]:
    """Checkpoints, with `policy`, each block that is called in the body; None: none."""
    token = _active.set(policy)
    try:
        yield
    finally:
        _active.reset(token)


def block(what: Callable[..., Any]) -> Callable[..., Any]:
    """Returns `what`, a flax module class or a function of arrays, as a block.

    It computes the same, and a module's parameters keep their names.
    """
    if _active.get() is None:
        return what
    policy = getattr(jax.checkpoint_policies, _active.get())
    if not isinstance(what, type):
        return jax.checkpoint(what, policy=policy)
    lifted = nn.remat(what, policy=policy)
    # Flax names parameters and scopes by the class.
    lifted.__name__ = what.__name__
    return lifted
