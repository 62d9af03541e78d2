# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""U-Net (Ronneberger et al. 2015, arXiv 1505.04597)."""

from __future__ import annotations

import flax.linen as nn
import jax

from remat.zoo.blocks import block
from remat.zoo.layers import Concat, Crop, Dropout, MaxPool, ReLU


class DoubleConv(nn.Module):
    """Two 3x3 convolutions, each followed by ReLU."""

    features: int
    padding: str

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        for _ in range(2):
            x = ReLU()(nn.Conv(self.features, (3, 3), padding=self.padding)(x))
        return x


class UNet(nn.Module):
    """Returns logits, shape [batch, out, out, classes]; images are [batch, side, side, 1].

    The original has unpadded convolutions (`padding` VALID) and crops the skips; with SAME, out
    equals side. Requires a side for which every pooled size is even, such as 572 at depth 4.
    `last_up` is the width of the last up-convolution: the original halves (64 of 128), the graph
    published with Kusumoto et al. 2019 keeps 128.
    """

    features: int = 64
    depth: int = 4
    classes: int = 2
    last_up: int = 128
    padding: str = "VALID"

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        skips = []
        for level in range(self.depth):
            x = block(DoubleConv)(self.features << level, self.padding)(x)
            if level == self.depth - 1:
                x = Dropout(0.5)(x)
            skips.append(x)
            x = MaxPool(2, 2, "VALID")(x)
        x = Dropout(0.5)(block(DoubleConv)(self.features << self.depth, self.padding)(x))
        for level in reversed(range(self.depth)):
            up = self.last_up if level == 0 else self.features << level
            x = ReLU()(nn.ConvTranspose(up, (2, 2), (2, 2), "VALID")(x))
            skip = skips[level]
            if skip.shape[1] != x.shape[1]:
                skip = Crop(x.shape[1])(skip)
            x = Concat()(skip, x)
            x = block(DoubleConv)(self.features << level, self.padding)(x)
        return nn.Conv(self.classes, (1, 1))(x)
