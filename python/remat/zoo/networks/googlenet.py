# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""GoogLeNet (Szegedy et al. 2014, arXiv 1409.4842) with LRN and both auxiliary classifiers."""

from __future__ import annotations

from collections.abc import Sequence

import flax.linen as nn
import jax

from remat.zoo.blocks import block
from remat.zoo.layers import (
    AveragePool,
    Concat,
    Dropout,
    Flatten,
    GlobalAveragePool,
    LocalResponseNorm,
    MaxPool,
    ReLU,
)

#: Widths of the nine inception modules (table 1 of the paper):
#: 1x1, 3x3 reduce, 3x3, 5x5 reduce, 5x5, pool projection.
INCEPTIONS = (
    (64, 96, 128, 16, 32, 32),
    (128, 128, 192, 32, 96, 64),
    (192, 96, 208, 16, 48, 64),
    (160, 112, 224, 24, 64, 64),
    (128, 128, 256, 24, 64, 64),
    (112, 144, 288, 32, 64, 64),
    (256, 160, 320, 32, 128, 128),
    (256, 160, 320, 32, 128, 128),
    (384, 192, 384, 48, 128, 128),
)


class Inception(nn.Module):
    """Four parallel branches joined by channel; one ReLU after the join."""

    widths: Sequence[int]

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        one, reduce3, three, reduce5, five, project = self.widths
        a = nn.Conv(one, (1, 1))(x)
        b = nn.Conv(three, (3, 3))(ReLU()(nn.Conv(reduce3, (1, 1))(x)))
        c = nn.Conv(five, (5, 5))(ReLU()(nn.Conv(reduce5, (1, 1))(x)))
        d = nn.Conv(project, (1, 1))(MaxPool(3, 1)(x))
        return ReLU()(Concat()(a, b, c, d))


class Auxiliary(nn.Module):
    """Classifier on an intermediate result, training only."""

    features: int
    hidden: int
    classes: int

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        x = AveragePool(5, 3)(x)
        x = ReLU()(nn.Conv(self.features, (1, 1))(x))
        x = ReLU()(nn.Dense(self.hidden)(Flatten()(x)))
        return nn.Dense(self.classes)(x)


class GoogLeNet(nn.Module):
    """Returns (logits, auxiliary, auxiliary), each of shape [batch, classes].

    Images are [batch, height, width, 3]; the side must be at least 112. The widths of the stem
    are divided by `stem_shrink`, all others by `shrink`.
    """

    classes: int = 1000
    shrink: int = 1
    stem_shrink: int = 1

    @nn.compact
    def __call__(self, x: jax.Array) -> tuple[jax.Array, ...]:
        x = ReLU()(nn.Conv(64 // self.stem_shrink, (7, 7), (2, 2), [(3, 3), (3, 3)])(x))
        x = LocalResponseNorm()(MaxPool(3, 2)(x))
        x = ReLU()(nn.Conv(64 // self.stem_shrink, (1, 1))(x))
        x = ReLU()(nn.Conv(192 // self.stem_shrink, (3, 3))(x))
        x = MaxPool(3, 2)(LocalResponseNorm()(x))
        auxiliary = []
        for i, widths in enumerate(INCEPTIONS):
            x = block(Inception)(tuple(width // self.shrink for width in widths))(x)
            if i in (1, 6):
                x = MaxPool(3, 2)(x)
            if i in (2, 5):
                head = Auxiliary(128 // self.shrink, 1024 // self.shrink, self.classes)
                auxiliary.append(head(x))
        x = Dropout(0.4)(GlobalAveragePool()(x))
        return nn.Dense(self.classes)(x), *auxiliary
