# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""PSPNet (Zhao et al. 2017, arXiv 1612.01105) on a dilated ResNet-101."""

from __future__ import annotations

from collections.abc import Sequence

import flax.linen as nn
import jax

from remat.zoo.layers import AveragePool, Concat, Dropout, MaxPool, Resize
from remat.zoo.networks.resnet import ConvNorm, Stage


class PyramidPooling(nn.Module):
    """Joins x with its averages over 1, 2, 3 and 6 bins a side, each resized to x."""

    features: int
    bins: Sequence[int] = (1, 2, 3, 6)

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        side = x.shape[1]
        parts = [x]
        for bins in self.bins:
            pooled = AveragePool(side // bins, side // bins)(x)
            parts.append(Resize(side)(ConvNorm(self.features, 1)(pooled)))
        return Concat()(*parts)


class Head(nn.Module):
    """3x3 convolution, dropout, 1x1 convolution to classes, resized to the image."""

    features: int
    classes: int
    size: int

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        x = Dropout(0.1)(ConvNorm(self.features, 3)(x))
        return Resize(self.size)(nn.Conv(self.classes, (1, 1))(x))


class PSPNet(nn.Module):
    """Returns (logits, auxiliary logits), each of shape [batch, height, width, classes].

    The output stride is 8: the last two stages are dilated. The auxiliary head reads the third
    stage, as in the original.
    """

    blocks: Sequence[int] = (3, 4, 23, 3)
    classes: int = 17

    @nn.compact
    def __call__(self, x: jax.Array) -> tuple[jax.Array, jax.Array]:
        size = x.shape[1]
        x = ConvNorm(64, 3, 2)(x)
        x = ConvNorm(64, 3)(x)
        x = ConvNorm(128, 3)(x)
        x = MaxPool(3, 2, [(1, 1), (1, 1)])(x)
        x = Stage(64, self.blocks[0], 1, stride_first=False)(x)
        x = Stage(128, self.blocks[1], 2, stride_first=False)(x)
        x = Stage(256, self.blocks[2], 1, dilation=2, stride_first=False)(x)
        auxiliary = Head(512, self.classes, size, name="auxiliary")(x)
        x = Stage(512, self.blocks[3], 1, dilation=4, stride_first=False)(x)
        x = PyramidPooling(512)(x)
        return Head(512, self.classes, size, name="main")(x), auxiliary
