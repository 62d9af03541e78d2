# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""ResNet (He et al. 2015, arXiv 1512.03385) and its dilated form for PSPNet."""

from __future__ import annotations

from collections.abc import Sequence

import flax.linen as nn
import jax

from remat.zoo.blocks import block
from remat.zoo.layers import Add, BatchNorm, GlobalAveragePool, MaxPool, ReLU


class ConvNorm(nn.Module):
    """Convolution without bias, then batch normalisation, then ReLU unless `relu` is off."""

    features: int
    window: int
    stride: int = 1
    dilation: int = 1
    relu: bool = True

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        x = nn.Conv(
            self.features,
            (self.window,) * 2,
            strides=(self.stride,) * 2,
            padding=[(self.dilation * (self.window // 2),) * 2] * 2,
            kernel_dilation=(self.dilation,) * 2,
            use_bias=False,
        )(x)
        x = BatchNorm()(x)
        return ReLU()(x) if self.relu else x


class Bottleneck(nn.Module):
    """1x1, 3x3, 1x1 convolutions around a residual connection.

    `stride_first` puts the stride into the first 1x1 convolution (the original network and the
    authors' ResNets), otherwise into the 3x3 one (the authors' PSPNet).
    """

    features: int
    stride: int = 1
    dilation: int = 1
    stride_first: bool = True
    project: bool = False

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        first, second = (self.stride, 1) if self.stride_first else (1, self.stride)
        y = ConvNorm(self.features, 1, first)(x)
        y = ConvNorm(self.features, 3, second, self.dilation)(y)
        y = ConvNorm(4 * self.features, 1, relu=False)(y)
        if self.project:
            x = ConvNorm(4 * self.features, 1, self.stride, relu=False)(x)
        return ReLU()(Add()(y, x))


class Stage(nn.Module):
    """`blocks` bottlenecks; the first one changes resolution and width."""

    features: int
    blocks: int
    stride: int
    dilation: int = 1
    stride_first: bool = True

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        for i in range(self.blocks):
            stride = self.stride if i == 0 else 1
            bottleneck = block(Bottleneck)(
                self.features, stride, self.dilation, self.stride_first, project=i == 0
            )
            x = bottleneck(x)
        return x


class ResNet(nn.Module):
    """Returns logits, shape [batch, classes]. Images have shape [batch, height, width, 3].

    `image_stem` is the 7x7 stride 2 convolution and max-pool of the original; without it the
    stem is one 3x3 convolution, as the original does for 32x32 images.
    """

    blocks: Sequence[int]
    features: int = 64
    classes: int = 1000
    image_stem: bool = True

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        if self.image_stem:
            x = ConvNorm(self.features, 7, 2)(x)
            x = MaxPool(3, 2)(x)
        else:
            x = ConvNorm(self.features, 3)(x)
        for i, blocks in enumerate(self.blocks):
            x = Stage(self.features * 2**i, blocks, stride=1 if i == 0 else 2)(x)
        x = GlobalAveragePool()(x)
        return nn.Dense(self.classes)(x)
