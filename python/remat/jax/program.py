# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A rewritten program as a JAX function.

`Exported.call` would do, but what is jitted with it has committed results, whatever its
arguments are: the second call of a step then has arguments of another kind than the first,
and is compiled again. A program for one device is therefore called by a primitive of its own.
"""

from __future__ import annotations

from typing import Any

import jax
from jax import export
from jax.extend.core import Primitive
from jax.interpreters import ad, batching, mlir

from remat.errors import InputError
from remat.jax.signature import difference

_program_p = Primitive("remat_program")
_program_p.multiple_results = True


@_program_p.def_abstract_eval
def _result_types(*_: Any, exported: export.Exported) -> Any:
    return exported.out_avals


def _lower(ctx: Any, *args: Any, exported: export.Exported) -> Any:
    from jaxlib.mlir import ir
    from jaxlib.mlir.dialects import func, stablehlo

    (platform,) = exported.platforms
    if tuple(ctx.module_context.platforms) != (platform,):
        asked = ", ".join(ctx.module_context.platforms)
        raise InputError(
            f"{exported.fun_name} was fitted for {platform}, and is lowered for {asked}; "
            "fit it with that target"
        )
    module = ctx.module_context.module
    with module.context, ir.Location.unknown():
        program = stablehlo.deserialize_portable_artifact(
            module.context, exported.mlir_module_serialized
        )
        main = ir.SymbolTable(program.operation)["main"]
        results = main.type.results
        name = mlir.merge_mlir_modules(
            module,
            f"remat_{exported.fun_name}",
            program,
            dst_symtab=ctx.module_context.symbol_table,
        )
    kept = [args[index] for index in exported.module_kept_var_idx]  # the others are not read
    return func.CallOp(results, ir.FlatSymbolRefAttr.get(name), kept).results


mlir.register_lowering(_program_p, _lower)


def _refuse_batching(*_: Any, exported: export.Exported) -> Any:
    raise InputError(
        f"vmap of {exported.fun_name}: a fitted step is one program, for the shapes that it was "
        "fitted to; fit a step that has the vmap inside, or plan its loss by remat.jax.checkpoint"
    )


def _refuse_differentiation(*_: Any, exported: export.Exported) -> Any:
    raise InputError(
        f"gradient of {exported.fun_name}: a fitted step has no gradient of its own; fit a step "
        "that takes its gradients inside, or plan its loss by remat.jax.checkpoint"
    )


batching.primitive_batchers[_program_p] = _refuse_batching
ad.primitive_jvps[_program_p] = _refuse_differentiation


def jit_program(
    exported: export.Exported, donated: tuple[int, ...], donated_names: tuple[str, ...] = ()
) -> Any:
    """Returns a program as a jitted function of the trees that it was exported with.

    Donates the arguments at positions `donated` and those named.

    Errors: when the function is called, InputError for arguments of another form.
    """

    def call(*args: Any, **kwargs: Any) -> Any:
        leaves, tree = jax.tree.flatten((args, kwargs))
        types = [jax.typeof(leaf) for leaf in leaves]
        if tree != exported.in_tree or not all(map(_same, types, exported.in_avals)):
            unlike = difference(
                jax.tree.unflatten(exported.in_tree, exported.in_avals),
                jax.tree.unflatten(tree, types),
            )
            raise InputError(
                f"{exported.fun_name} was fitted to other arguments: {unlike}; pass what it was "
                "fitted to, or fit the step again"
            )
        if exported.nr_devices > 1:
            return exported.call(*args, **kwargs)
        return jax.tree.unflatten(exported.out_tree, _program_p.bind(*leaves, exported=exported))

    call.__name__ = f"remat_{exported.fun_name}"
    return jax.jit(call, donate_argnums=donated, donate_argnames=donated_names)


def _same(one: Any, other: Any) -> bool:
    return (one.shape, one.dtype) == (other.shape, other.dtype)
