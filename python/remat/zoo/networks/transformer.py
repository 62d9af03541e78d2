# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Transformers (GPT-2, ViT) and MLP-Mixer."""

from __future__ import annotations

import flax.linen as nn
import jax
import jax.numpy as jnp

from remat.zoo.blocks import block
from remat.zoo.layers import GELU, Add


class Mlp(nn.Module):
    """Dense, GELU, dense back to the width of x."""

    hidden: int

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        return nn.Dense(x.shape[-1])(GELU()(nn.Dense(self.hidden)(x)))


class Attention(nn.Module):
    """Multi-head self-attention of x, shape [batch, tokens, width]; scores are materialised."""

    heads: int
    causal: bool

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        batch, tokens, width = x.shape
        depth = width // self.heads
        joint = nn.Dense(3 * width, name="qkv")(x)
        with jax.named_scope("heads"):
            parts = joint.reshape(batch, tokens, 3, self.heads, depth)
            query, key, value = (parts[:, :, i] for i in range(3))
        with jax.named_scope("scores"):
            scores = jnp.einsum("bqhd,bkhd->bhqk", query, key) * depth**-0.5
            if self.causal:
                position = jnp.arange(tokens)
                scores = jnp.where(position[:, None] >= position, scores, -1e9)
        with jax.named_scope("weights"):
            weights = jax.nn.softmax(scores)
        with jax.named_scope("context"):
            context = jnp.einsum("bhqk,bkhd->bqhd", weights, value)
            context = context.reshape(batch, tokens, width)
        return nn.Dense(width, name="out")(context)


class Block(nn.Module):
    """Pre-norm transformer block."""

    heads: int
    hidden: int
    causal: bool

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        x = Add()(x, Attention(self.heads, self.causal)(nn.LayerNorm()(x)))
        return Add()(x, Mlp(self.hidden)(nn.LayerNorm()(x)))


class GPT2(nn.Module):
    """Returns logits, shape [batch, tokens, vocabulary]; the head shares the token embedding.

    Source: Radford et al. 2019, without dropout.
    """

    layers: int = 12
    heads: int = 12
    width: int = 768
    tokens: int = 1024
    vocabulary: int = 50257

    @nn.compact
    def __call__(self, tokens: jax.Array) -> jax.Array:
        embedding = nn.Embed(self.vocabulary, self.width, name="token")
        position = nn.Embed(self.tokens, self.width, name="position")
        x = Add()(embedding(tokens), position(jnp.arange(tokens.shape[1])))
        for _ in range(self.layers):
            x = block(Block)(self.heads, 4 * self.width, causal=True)(x)
        return embedding.attend(nn.LayerNorm()(x))


class PatchEmbedding(nn.Module):
    """Returns [batch, patches, width] from images [batch, height, width, 3]."""

    patch: int
    width: int

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        x = nn.Conv(self.width, (self.patch,) * 2, (self.patch,) * 2, "VALID")(x)
        return x.reshape(x.shape[0], -1, self.width)


class ClassToken(nn.Module):
    """Puts a learned token in front of the patches and adds learned positions."""

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        batch, patches, width = x.shape
        token = self.param("token", nn.initializers.zeros, (1, 1, width))
        position = self.param("position", nn.initializers.normal(0.02), (1, patches + 1, width))
        x = jnp.concatenate([jnp.broadcast_to(token, (batch, 1, width)), x], axis=1)
        return x + position


class ViT(nn.Module):
    """Returns logits, shape [batch, classes].

    Source: Dosovitskiy et al. 2020 (arXiv 2010.11929), B/16 by default, without dropout.
    """

    patch: int = 16
    layers: int = 12
    heads: int = 12
    width: int = 768
    classes: int = 1000

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        x = ClassToken()(PatchEmbedding(self.patch, self.width)(x))
        for _ in range(self.layers):
            x = block(Block)(self.heads, 4 * self.width, causal=False)(x)
        return nn.Dense(self.classes)(nn.LayerNorm()(x)[:, 0])


class MixerBlock(nn.Module):
    """Mixes tokens, then channels, each around a residual connection."""

    token_hidden: int
    channel_hidden: int

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        y = jnp.swapaxes(nn.LayerNorm()(x), 1, 2)
        y = jnp.swapaxes(Mlp(self.token_hidden, name="tokens")(y), 1, 2)
        x = Add()(x, y)
        return Add()(x, Mlp(self.channel_hidden, name="channels")(nn.LayerNorm()(x)))


class Mixer(nn.Module):
    """Returns logits, shape [batch, classes].

    Source: Tolstikhin et al. 2021 (arXiv 2105.01601), B/16 by default.
    """

    patch: int = 16
    layers: int = 12
    width: int = 768
    token_hidden: int = 384
    channel_hidden: int = 3072
    classes: int = 1000

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        x = PatchEmbedding(self.patch, self.width)(x)
        for _ in range(self.layers):
            x = block(MixerBlock)(self.token_hidden, self.channel_hidden)(x)
        return nn.Dense(self.classes)(nn.LayerNorm()(x).mean(axis=1))
