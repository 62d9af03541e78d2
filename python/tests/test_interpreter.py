# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The oracle of the mutation tests agrees with XLA on every tiny step."""

from __future__ import annotations

import interpreter
import jax
import numpy as np
import pytest
import tiny_steps
from jaxlib.mlir import ir


@pytest.mark.parametrize("name", tiny_steps.ALL)
def test_agrees_with_xla(name):
    step, arguments = tiny_steps.ALL[name]()
    module = jax.jit(step).lower(*arguments).compiler_ir("stablehlo")
    with module.context:
        inputs = interpreter.random_inputs(module, 0)
        found = interpreter.run(module, inputs)
    tree = jax.tree.structure(arguments)
    wanted = jax.tree.leaves(jax.jit(step)(*jax.tree.unflatten(tree, inputs)))
    assert len(found) == len(wanted)
    for one, other in zip(found, wanted):
        np.testing.assert_allclose(one, other, rtol=2e-4, atol=2e-6)


def test_unknown_ops_are_refused_by_name():
    text = """"builtin.module"() ({ "func.func"() <{function_type = (tensor<2xf32>) ->
      tensor<2xf32>, sym_name = "main"}> ({ ^bb0(%0: tensor<2xf32>):
      %1 = "foo.bar"(%0) : (tensor<2xf32>) -> tensor<2xf32>
      "func.return"(%1) : (tensor<2xf32>) -> () }) : () -> () }) : () -> ()"""
    context = ir.Context()
    context.allow_unregistered_dialects = True
    with context, pytest.raises(interpreter.Unsupported, match="foo.bar"):
        interpreter.run(ir.Module.parse(text), [np.zeros(2, np.float32)])
