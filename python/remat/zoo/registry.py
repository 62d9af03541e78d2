# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The zoo's models: what they are called, where they come from, how to build them.

Importing this module imports neither JAX nor flax; building a model does.
"""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from remat.errors import InputError

if TYPE_CHECKING:
    from remat.zoo.step import Recipe, Step


@dataclasses.dataclass(frozen=True)
class ZooModel:
    """One model of the zoo at one size.

    `small` models run a step on a CPU in seconds, and most of their peak is activations.
    `recipe` names a function of `remat.zoo.recipes`, `sizes` are its arguments besides batch.
    """

    name: str
    family: str
    batch: int
    source: str
    description: str
    small: bool
    recipe: str
    sizes: Mapping[str, Any]

    def prepare(self) -> Recipe:
        """Returns the recipe: loss function, parameter shapes, data shapes."""
        from remat.zoo import recipes

        return getattr(recipes, self.recipe)(batch=self.batch, **self.sizes)

    def build(self, checkpoint: str | None = None) -> Step:
        """Returns (step, example_args, donate_argnums); the arguments are shapes only.

        With `checkpoint`, one of `remat.zoo.blocks.POLICIES`, `jax.checkpoint` with that policy
        is around each of the network's repeated blocks. Parameters and results are the same.
        Errors: InputError for another policy.
        """
        from remat.zoo.step import build_step

        return build_step(self.prepare(), checkpoint)

    def inputs(self, seed: int = 0) -> tuple[Any, ...]:
        """Returns concrete arguments of the step, as in the middle of a training run.

        The same seed gives the same arrays. No value is zero by construction, losses and
        gradients are finite. Allocates the whole state: meant for small models.
        """
        from remat.zoo.inputs import concrete_inputs

        return concrete_inputs(self.prepare(), seed)

    def parameter_count(self) -> int:
        """Returns the number of trainable parameters."""
        import math

        import jax

        return sum(math.prod(leaf.shape) for leaf in jax.tree.leaves(self.prepare().parameters))


def _model(name: str, recipe: str, batch: int, source: str, description: str, **sizes):
    family = {
        "resnet": "ResNet",
        "pspnet": "PSPNet",
        "unet": "U-Net",
        "vgg": "VGG",
        "densenet": "DenseNet",
        "googlenet": "GoogLeNet",
        "gpt2": "GPT-2",
        "vit": "ViT",
        "mixer": "MLP-Mixer",
        "mlp": "MLP",
        "lstm": "LSTM",
    }[recipe]
    small = name.startswith("small_")
    return ZooModel(name, family, batch, source, description, small, recipe, sizes)


_RESNET = "He et al. 2015, arXiv 1512.03385"
_PSPNET = "Zhao et al. 2017, arXiv 1612.01105"
_UNET = "Ronneberger et al. 2015, arXiv 1505.04597"
_VGG = "Simonyan and Zisserman 2014, arXiv 1409.1556"
_DENSENET = "Huang et al. 2017, arXiv 1608.06993"
_GOOGLENET = "Szegedy et al. 2014, arXiv 1409.4842"
_GPT2 = "Radford et al. 2019, Language models are unsupervised multitask learners"
_VIT = "Dosovitskiy et al. 2020, arXiv 2010.11929"
_MIXER = "Tolstikhin et al. 2021, arXiv 2105.01601"
_LSTM = "Zaremba et al. 2014, arXiv 1409.2329"
_OWN = "this project"

#: The seven networks of Kusumoto et al. 2019 at the sizes and batches of its table, by the
#: paper's name for them.
PAPER_NETWORKS = {
    "PSPNet": "pspnet101_b2_713",
    "U-Net": "unet_b8_572",
    "ResNet50": "resnet50_b96",
    "ResNet152": "resnet152_b48",
    "VGG19": "vgg19_b64",
    "DenseNet161": "densenet161_b32",
    "GoogLeNet": "googlenet_b256",
}

_MODELS = (
    _model(
        "pspnet101_b2_713",
        "pspnet",
        2,
        _PSPNET,
        "PSPNet on a dilated ResNet-101, 713x713, 17 classes, auxiliary loss",
        side=713,
    ),
    _model(
        "unet_b8_572",
        "unet",
        8,
        _UNET,
        "U-Net, 572x572, unpadded; last up-convolution keeps 128 channels",
        side=572,
    ),
    _model(
        "resnet50_b96", "resnet", 96, _RESNET, "ResNet-50, 224x224", side=224, blocks=(3, 4, 6, 3)
    ),
    _model(
        "resnet152_b48",
        "resnet",
        48,
        _RESNET,
        "ResNet-152, 224x224",
        side=224,
        blocks=(3, 8, 36, 3),
    ),
    _model("vgg19_b64", "vgg", 64, _VGG, "VGG-19 without batch normalisation, 224x224", side=224),
    _model("densenet161_b32", "densenet", 32, _DENSENET, "DenseNet-161, 224x224", side=224),
    _model(
        "googlenet_b256",
        "googlenet",
        256,
        _GOOGLENET,
        "GoogLeNet with LRN and both auxiliary classifiers, 224x224",
        side=224,
    ),
    _model(
        "resnet50_b32", "resnet", 32, _RESNET, "ResNet-50, 224x224", side=224, blocks=(3, 4, 6, 3)
    ),
    _model("gpt2s_b8_s1024", "gpt2", 8, _GPT2, "GPT-2 small, 1024 tokens", tokens=1024),
    _model(
        "gpt2m_b4_s1024",
        "gpt2",
        4,
        _GPT2,
        "GPT-2 medium, 1024 tokens",
        tokens=1024,
        layers=24,
        heads=16,
        width=1024,
    ),
    _model("vitb16_b32", "vit", 32, _VIT, "ViT-B/16, 224x224", side=224),
    _model(
        "lstm_u100",
        "lstm",
        64,
        _LSTM,
        "two LSTM layers of 650, 100 unrolled steps, 10,000 words",
        steps=100,
        layers=2,
        width=650,
        vocabulary=10000,
    ),
    _model("mixerb16_b64_adam", "mixer", 64, _MIXER, "MLP-Mixer B/16, 224x224, Adam", side=224),
    _model("mlp_l32", "mlp", 1024, _OWN, "32 dense layers of 1,024, tanh", layers=32, width=1024),
    _model("small_mlp", "mlp", 1024, _OWN, "32 dense layers of 64, tanh", layers=32, width=64),
    _model(
        "small_resnet",
        "resnet",
        32,
        _RESNET,
        "bottleneck ResNet of 35 layers, 32x32",
        side=32,
        classes=10,
        blocks=(1, 4, 6),
        features=8,
        image_stem=False,
    ),
    _model(
        "small_unet",
        "unet",
        16,
        _UNET,
        "padded U-Net of depth 3, 64x64",
        side=64,
        depth=3,
        features=8,
        last_up=8,
        padding="SAME",
    ),
    _model(
        "small_vgg",
        "vgg",
        32,
        _VGG,
        "16 convolutions, 32x32",
        side=32,
        classes=10,
        convs=(6, 6, 4),
        features=(16, 32, 64),
        hidden=64,
    ),
    _model(
        "small_densenet",
        "densenet",
        8,
        _DENSENET,
        "one block of 12 layers, 32x32",
        side=32,
        classes=10,
        blocks=(12,),
        growth=8,
        features=16,
        image_stem=False,
    ),
    _model(
        "small_googlenet",
        "googlenet",
        32,
        _GOOGLENET,
        "a quarter of each width, an eighth in the stem, 112x112",
        side=112,
        classes=10,
        shrink=4,
        stem_shrink=8,
    ),
    _model(
        "small_gpt",
        "gpt2",
        8,
        _GPT2,
        "4 layers of 64, 128 tokens, 256 words",
        tokens=128,
        vocabulary=256,
        layers=4,
        heads=4,
        width=64,
    ),
    _model(
        "small_vit",
        "vit",
        16,
        _VIT,
        "4 layers of 64, 32x32, 4x4 patches",
        side=32,
        classes=10,
        patch=4,
        layers=4,
        heads=4,
        width=64,
    ),
    _model(
        "small_lstm",
        "lstm",
        128,
        _LSTM,
        "one LSTM layer of 32, 30 unrolled steps, 64 words",
        steps=30,
        layers=1,
        width=32,
        vocabulary=64,
    ),
    _model(
        "small_mixer",
        "mixer",
        32,
        _MIXER,
        "4 layers of 64, 32x32, 4x4 patches, Adam",
        side=32,
        classes=10,
        patch=4,
        layers=4,
        width=64,
        token_hidden=64,
        channel_hidden=128,
    ),
)

_BY_NAME = {model.name: model for model in _MODELS}


def models() -> tuple[ZooModel, ...]:
    """Returns every model: the paper's seven networks, other full-size ones, small ones."""
    return _MODELS


def get(name: str) -> ZooModel:
    """Returns the model of that name.

    Errors: InputError that names close matches.
    """
    if name in _BY_NAME:
        return _BY_NAME[name]
    close = difflib.get_close_matches(name, _BY_NAME, n=1, cutoff=0.5)
    hint = f"did you mean {close[0]}?" if close else "see 'remat zoo list'"
    raise InputError(f"no model '{name}' among the {len(_MODELS)} of the zoo; {hint}")
