# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Framework layers the networks of the zoo are written with.

Every layer is a flax module of its own, so that each op of the lowered program carries the
scope of exactly one layer ("ResNet/Bottleneck_0/ReLU_1/max"). Contraction to layers then finds
the same nodes as the papers, which count one node per framework function.
"""

from __future__ import annotations

from collections.abc import Sequence

import flax.linen as nn
import jax
import jax.numpy as jnp


class ReLU(nn.Module):
    """Returns max(x, 0)."""

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        return nn.relu(x)


class GELU(nn.Module):
    """Returns the tanh approximation of x * Phi(x), as GPT-2 and the JAX vision models use it."""

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        return nn.gelu(x, approximate=True)


class Add(nn.Module):
    """Returns the sum of its arguments: a residual connection."""

    @nn.compact
    def __call__(self, a: jax.Array, b: jax.Array) -> jax.Array:
        return a + b


class Concat(nn.Module):
    """Returns its arguments joined along the channel (last) axis."""

    @nn.compact
    def __call__(self, *parts: jax.Array) -> jax.Array:
        return jnp.concatenate(parts, axis=-1)


class Flatten(nn.Module):
    """Returns x of shape [batch, ...] as [batch, features]."""

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        return x.reshape(x.shape[0], -1)


class Crop(nn.Module):
    """Returns the centre `size` x `size` pixels of x, shape [batch, height, width, channels]."""

    size: int

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        top, left = (x.shape[1] - self.size) // 2, (x.shape[2] - self.size) // 2
        return x[:, top : top + self.size, left : left + self.size, :]


class MaxPool(nn.Module):
    """Returns the maximum of each window."""

    window: int
    stride: int
    padding: str | Sequence[tuple[int, int]] = "SAME"

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        return nn.max_pool(x, (self.window,) * 2, (self.stride,) * 2, self.padding)


class AveragePool(nn.Module):
    """Returns the mean of each window."""

    window: int
    stride: int

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        return nn.avg_pool(x, (self.window,) * 2, (self.stride,) * 2, "VALID")


class GlobalAveragePool(nn.Module):
    """Returns the mean over height and width, shape [batch, channels]."""

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        return x.mean(axis=(1, 2))


class Resize(nn.Module):
    """Returns x, shape [batch, side, side, channels], at `size` x `size` pixels, bilinear.

    The same as `jax.image.resize` for growing sizes, but without functions inside, so that it
    is one layer.
    """

    size: int

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        side = x.shape[1]
        centre = (jnp.arange(self.size) + 0.5) * (side / self.size) - 0.5
        centre = jnp.minimum(jnp.maximum(centre, 0), side - 1)
        distance = jnp.abs(centre[:, None] - jnp.arange(side))
        weights = jnp.maximum(1 - distance, 0)  # [size, side]
        rows = jax.lax.dot_general(weights, x, (((1,), (1,)), ((), ())))
        pixels = jax.lax.dot_general(weights, rows, (((1,), (2,)), ((), ())))
        return pixels.transpose(2, 1, 0, 3)


class LocalResponseNorm(nn.Module):
    """Returns x / (k + alpha * sum of squares over `depth` neighbouring channels) ** beta.

    Source: Krizhevsky et al. 2012, section 3.3, with its constants.
    """

    depth: int = 5
    k: float = 2.0
    alpha: float = 1e-4
    beta: float = 0.75

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        window = (1, 1, 1, self.depth)
        energy = jax.lax.reduce_window(x * x, 0.0, jax.lax.add, window, (1, 1, 1, 1), "SAME")
        return x * (self.k + self.alpha * energy) ** -self.beta


class BatchNorm(nn.Module):
    """Returns x normalised with the statistics of the batch; updates the running averages."""

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        return nn.BatchNorm(use_running_average=False, momentum=0.9, name="norm")(x)


class Dropout(nn.Module):
    """Returns x with a share `rate` of its elements zeroed and the others scaled up."""

    rate: float

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        return nn.Dropout(self.rate, deterministic=False, name="mask")(x)


class SoftmaxCrossEntropy(nn.Module):
    """Returns the mean negative log-likelihood of integer labels.

    Logits have shape [..., classes], labels the same shape without the last axis.
    """

    @nn.compact
    def __call__(self, logits: jax.Array, labels: jax.Array) -> jax.Array:
        log_probabilities = jax.nn.log_softmax(logits)
        picked = jnp.take_along_axis(log_probabilities, labels[..., None], axis=-1)
        return -picked.mean()


class TrainingLoss(nn.Module):
    """The loss of a network on one batch.

    A network that returns a tuple (main logits, auxiliary logits...) gets
    loss(main) + auxiliary_weight * sum(loss(auxiliary)).
    """

    network: nn.Module
    auxiliary_weight: float = 0.0

    @nn.compact
    def __call__(self, inputs: jax.Array, labels: jax.Array) -> jax.Array:
        outputs = self.network(inputs)
        main, *auxiliary = outputs if isinstance(outputs, tuple) else (outputs,)
        loss = SoftmaxCrossEntropy()(main, labels)
        for logits in auxiliary:
            weighted = self.auxiliary_weight * SoftmaxCrossEntropy()(logits, labels)
            loss = Add()(loss, weighted)
        return loss
