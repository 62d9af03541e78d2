# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""JAX training steps that fit a byte budget."""

from remat.jax.explain import explain
from remat.jax.fit import FittedStep, fit
from remat.jax.loss import CheckpointedLoss, checkpoint
from remat.jax.policy import Policy, policy

__all__ = [
    "CheckpointedLoss",
    "FittedStep",
    "Policy",
    "checkpoint",
    "explain",
    "fit",
    "policy",
]
