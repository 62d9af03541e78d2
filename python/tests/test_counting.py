# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Recomputed ops are counted in XLA's program by what XLA calls them."""

from __future__ import annotations

from collections import Counter

from remat.xla.counting import PRODUCTS, choose_kind, opcodes, planned_opcodes

PROGRAM = """HloModule jit_f, entry_computation_layout={(f32[4]{0})->f32[4]{0}}

%fused (p: f32[4]) -> f32[4] {
  %p = f32[4]{0} parameter(0)
  ROOT %t = f32[4]{0} tanh(%p), metadata={op_name="jit(f)/dot(x)"}
}

ENTRY %main (a: f32[4]) -> (f32[4], f32[]) {
  %a = f32[4]{0} parameter(0)
  %f = f32[4]{0} fusion(%a), kind=kLoop, calls=%fused, metadata={op_name="y = f32[] dot(x)"}
  %d = (f32[4]{0}, /*index=1*/f32[]) custom-call(%f, %a), custom_call_target="x"
  ROOT %r = f32[] dot(%f, %a), lhs_contracting_dims={0}, rhs_contracting_dims={0}
}
"""


def test_opcodes_of_a_program():
    assert opcodes(PROGRAM) == {
        "parameter": 2,
        "tanh": 1,
        "fusion": 1,
        "custom-call": 1,
        "dot": 1,
    }


def test_a_plan_in_the_words_of_xla():
    recomputed = Counter(
        {"stablehlo.dot_general": 2, "stablehlo.reduce_window": 1, "stablehlo.logistic": 3}
    )
    assert planned_opcodes(recomputed) == {"dot": 2, "reduce-window": 1, "exponential": 3}


def test_the_surest_kind_is_counted():
    planned = Counter({"dot": 2, "reduce": 5, "tanh": 1, "maximum": 3, "add": 9})
    kind = choose_kind(planned)
    assert (kind, kind.of(planned)) == (PRODUCTS, 2)
    del planned["dot"]
    assert choose_kind(planned).name == "reductions"
    del planned["reduce"]
    assert choose_kind(planned).name == "functions"
    del planned["tanh"]
    assert choose_kind(planned).name == "maxima"
    del planned["maximum"]
    assert planned and choose_kind(planned) is None
    assert choose_kind(Counter()) is None
