# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Lowers a model of the zoo to the text that the C++ tools read."""

from __future__ import annotations

from typing import Any

from remat.convert import Format, Module
from remat.errors import InputError
from remat.zoo.registry import ZooModel

#: CHLO ops are legalised, so that every op of an exported module is StableHLO or func.
_PIPELINE = "builtin.module(func.func(chlo-legalize-to-stablehlo))"


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
    return Module(model.name, _generic_text(lowered.compiler_ir("stablehlo")), Format.GENERIC)


def _generic_text(module: Any) -> str:
    from jaxlib.mlir.dialects import stablehlo
    from jaxlib.mlir.passmanager import PassManager

    stablehlo.register_stablehlo_passes()
    with module.context:
        PassManager.parse(_PIPELINE).run(module.operation)
    return module.operation.get_asm(print_generic_op_form=True, enable_debug_info=True)
