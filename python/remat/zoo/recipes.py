# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Recipes of the model families: from sizes to what a training step is built from."""

from __future__ import annotations

from remat.zoo.layers import TrainingLoss
from remat.zoo.networks import plain
from remat.zoo.networks.densenet import DenseNet
from remat.zoo.networks.googlenet import GoogLeNet
from remat.zoo.networks.pspnet import PSPNet
from remat.zoo.networks.resnet import ResNet
from remat.zoo.networks.transformer import GPT2, Mixer, ViT
from remat.zoo.networks.unet import UNet
from remat.zoo.networks.vgg import VGG
from remat.zoo.step import Data, Recipe, flax_recipe, plain_recipe


def _images(batch: int, side: int, classes: int) -> tuple[Data, Data]:
    """Returns a batch of RGB images and their labels."""
    return Data((batch, side, side, 3)), Data((batch,), classes)


def resnet(batch: int, side: int, classes: int = 1000, **sizes) -> Recipe:
    """Returns the recipe of a ResNet classifier."""
    network = ResNet(classes=classes, **sizes)
    return flax_recipe(TrainingLoss(network), _images(batch, side, classes))


def pspnet(batch: int, side: int, classes: int = 17) -> Recipe:
    """Returns the recipe of PSPNet with its auxiliary loss (weight 0.4)."""
    data = Data((batch, side, side, 3)), Data((batch, side, side), classes)
    return flax_recipe(TrainingLoss(PSPNet(classes=classes), 0.4), data, needs_key=True)


def unet(
    batch: int, side: int, depth: int = 4, classes: int = 2, padding: str = "VALID", **sizes
) -> Recipe:
    """Returns the recipe of a U-Net; labels have the size of its output."""
    lost = 4 if padding == "VALID" else 0
    out = side
    for _ in range(depth):
        out = (out - lost) // 2
    out -= lost
    for _ in range(depth):
        out = 2 * out - lost
    data = Data((batch, side, side, 1)), Data((batch, out, out), classes)
    network = UNet(depth=depth, classes=classes, padding=padding, **sizes)
    return flax_recipe(TrainingLoss(network), data, needs_key=True)


def vgg(batch: int, side: int, classes: int = 1000, **sizes) -> Recipe:
    """Returns the recipe of a VGG classifier."""
    network = VGG(classes=classes, **sizes)
    return flax_recipe(TrainingLoss(network), _images(batch, side, classes), needs_key=True)


def densenet(batch: int, side: int, classes: int = 1000, **sizes) -> Recipe:
    """Returns the recipe of a DenseNet classifier."""
    network = DenseNet(classes=classes, **sizes)
    return flax_recipe(TrainingLoss(network), _images(batch, side, classes))


def googlenet(batch: int, side: int, classes: int = 1000, **sizes) -> Recipe:
    """Returns the recipe of GoogLeNet with both auxiliary losses (weight 0.3)."""
    network = TrainingLoss(GoogLeNet(classes=classes, **sizes), 0.3)
    return flax_recipe(network, _images(batch, side, classes), needs_key=True)


def gpt2(batch: int, tokens: int, vocabulary: int = 50257, **sizes) -> Recipe:
    """Returns the recipe of a GPT-2 language model."""
    text = Data((batch, tokens), vocabulary)
    network = GPT2(tokens=tokens, vocabulary=vocabulary, **sizes)
    return flax_recipe(TrainingLoss(network), (text, text))


def vit(batch: int, side: int, classes: int = 1000, **sizes) -> Recipe:
    """Returns the recipe of a vision transformer."""
    return flax_recipe(TrainingLoss(ViT(classes=classes, **sizes)), _images(batch, side, classes))


def mixer(batch: int, side: int, classes: int = 1000, **sizes) -> Recipe:
    """Returns the recipe of an MLP-Mixer trained with Adam."""
    network = TrainingLoss(Mixer(classes=classes, **sizes))
    return flax_recipe(network, _images(batch, side, classes), optimizer="adam")


def mlp(batch: int, layers: int, width: int) -> Recipe:
    """Returns the recipe of a plain JAX chain of dense layers."""
    data = Data((batch, width))
    return plain_recipe(plain.mlp_loss, plain.mlp_parameters(layers, width), (data, data))


def lstm(batch: int, steps: int, layers: int, width: int, vocabulary: int) -> Recipe:
    """Returns the recipe of a plain JAX LSTM language model, unrolled."""
    text = Data((steps, batch), vocabulary)
    parameters = plain.lstm_parameters(layers, width, vocabulary)
    return plain_recipe(plain.lstm_loss, parameters, (text, text))
