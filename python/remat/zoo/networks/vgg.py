# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""VGG (Simonyan and Zisserman 2014, arXiv 1409.1556), without batch normalisation."""

from __future__ import annotations

from collections.abc import Sequence

import flax.linen as nn
import jax

from remat.zoo.blocks import block
from remat.zoo.layers import Dropout, Flatten, MaxPool, ReLU


class ConvStack(nn.Module):
    """`convs` 3x3 convolutions with ReLU, then a 2x2 max-pool."""

    features: int
    convs: int

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        for _ in range(self.convs):
            x = ReLU()(nn.Conv(self.features, (3, 3))(x))
        return MaxPool(2, 2)(x)


class VGG(nn.Module):
    """Returns logits, shape [batch, classes]; images are [batch, height, width, 3]."""

    convs: Sequence[int] = (2, 2, 4, 4, 4)
    features: Sequence[int] = (64, 128, 256, 512, 512)
    hidden: int = 4096
    classes: int = 1000

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        for features, convs in zip(self.features, self.convs, strict=True):
            x = block(ConvStack)(features, convs)(x)
        x = Flatten()(x)
        for _ in range(2):
            x = Dropout(0.5)(ReLU()(nn.Dense(self.hidden)(x)))
        return nn.Dense(self.classes)(x)
