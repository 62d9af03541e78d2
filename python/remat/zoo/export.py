# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Lowers a model of the zoo to the text that the C++ tools read."""

from __future__ import annotations

from remat import convert
from remat.convert import Format, Module
from remat.errors import InputError
from remat.zoo.registry import ZooModel


def export_module(model: ZooModel, checkpoint: str | None = None) -> Module:
    """Returns the training step of `model` as generic text, with scopes and source lines.

    Donation is recorded in the arguments; `checkpoint` is as in `ZooModel.build`. Nothing is
    compiled or materialised. Errors: InputError if flax is not installed.
    """
    try:
        import flax  # noqa: F401
        import jax
    except ImportError as error:
        raise InputError(
            f"the model zoo needs {error.name}; install it with pip install 'remat[zoo]'"
        ) from error
    step = model.build(checkpoint)
    lowered = jax.jit(step.step, donate_argnums=step.donate_argnums).lower(*step.example_args)
    # Every op of an exported module is StableHLO or func.
    module = convert.legalise_chlo(lowered.compiler_ir("stablehlo"))
    return Module(model.name, convert.generic_text(module), Format.GENERIC)
