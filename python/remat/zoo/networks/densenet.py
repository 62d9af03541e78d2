# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""DenseNet (Huang et al. 2017, arXiv 1608.06993)."""

from __future__ import annotations

from collections.abc import Sequence

import flax.linen as nn
import jax

from remat.zoo.blocks import block
from remat.zoo.layers import AveragePool, BatchNorm, Concat, GlobalAveragePool, MaxPool, ReLU


class NormConv(nn.Module):
    """Batch normalisation, ReLU, then a convolution without bias."""

    features: int
    window: int

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        x = ReLU()(BatchNorm()(x))
        return nn.Conv(self.features, (self.window,) * 2, use_bias=False)(x)


class DenseLayer(nn.Module):
    """Adds `growth` channels computed from all the channels so far."""

    growth: int

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        y = NormConv(4 * self.growth, 1)(x)
        return Concat()(x, NormConv(self.growth, 3)(y))


class DenseNet(nn.Module):
    """Returns logits, shape [batch, classes]; images are [batch, height, width, 3].

    `image_stem` is the 7x7 stride 2 convolution and max-pool of the ImageNet networks, otherwise
    one 3x3 convolution as for 32x32 images.
    """

    blocks: Sequence[int] = (6, 12, 36, 24)
    growth: int = 48
    features: int = 96
    classes: int = 1000
    image_stem: bool = True

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        if self.image_stem:
            x = nn.Conv(self.features, (7, 7), (2, 2), [(3, 3), (3, 3)], use_bias=False)(x)
            x = MaxPool(3, 2)(ReLU()(BatchNorm()(x)))
        else:
            x = nn.Conv(self.features, (3, 3), use_bias=False)(x)
        for i, layers in enumerate(self.blocks):
            if i > 0:
                x = AveragePool(2, 2)(NormConv(x.shape[-1] // 2, 1)(x))
            for _ in range(layers):
                x = block(DenseLayer)(self.growth)(x)
        x = GlobalAveragePool()(ReLU()(BatchNorm()(x)))
        return nn.Dense(self.classes)(x)
