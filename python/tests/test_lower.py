# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""`remat lower`: what comes out of it, and what is refused."""

from __future__ import annotations

import importlib.util
import re

import pytest
from remat import zoo
from remat.cli import main
from remat.convert import Format, Module
from remat.errors import InputError, ToolchainError
from remat.lower import VARIABLE, lower
from remat.zoo.export import export_module

#: What a lowered program may not hold.
LEFT = re.compile(r"\b(stablehlo|chlo|vhlo)\.|unrealized_conversion_cast|[<x ][us]i\d+\b")

SMALL = [m.name for m in zoo.models() if m.name.startswith("small_")]

STEP = """\
"builtin.module"() ({
  "func.func"() <{function_type = (tensor<4x4xf32>) -> tensor<4x4xf32>, sym_name = "main"}> ({
  ^bb0(%x: tensor<4x4xf32>):
    BODY
    "func.return"(%r) : (tensor<4x4xf32>) -> ()
  }) : () -> ()
}) : () -> ()
"""


def step(body: str) -> Module:
    return Module("step.mlir", STEP.replace("BODY", body), Format.GENERIC)


@pytest.mark.parametrize("name", SMALL)
def test_small_models_are_lowered_whole(name):
    text = lower(export_module(zoo.get(name)))
    assert LEFT.search(text) is None
    assert "linalg." in text
    # Ops know where they come from: a line of a Python file, under the scopes of the model.
    assert re.search(r'\.py":\d+:\d+', text)


def test_the_small_models_are_the_expected_ones():
    assert len(SMALL) == 10


def test_calls_and_chlo_are_lowered_and_names_of_files_kept():
    text = lower(step('%r = "chlo.erf"(%x) : (tensor<4x4xf32>) -> tensor<4x4xf32>'))
    assert LEFT.search(text) is None
    assert 'loc("step.mlir":4' in text
    assert "remat-lower" not in text and "remat-input" not in text


def test_recomputed_regions_stay_and_are_lowered_inside():
    text = lower(
        step(
            '%r = "remat.recompute"(%x) <{operandSegmentSizes = array<i32: 1, 0>}> ({\n'
            "    ^bb0(%y: tensor<4x4xf32>):\n"
            '      %z = "chlo.erf"(%y) : (tensor<4x4xf32>) -> tensor<4x4xf32>\n'
            '      "remat.yield"(%z) : (tensor<4x4xf32>) -> ()\n'
            "    }) : (tensor<4x4xf32>) -> tensor<4x4xf32>"
        )
    )
    assert LEFT.search(text) is None
    inside = text[text.index("remat.recompute") : text.index("remat.yield")]
    assert "linalg.generic" in inside
    assert "remat_outlined" not in text


def test_the_command_writes_what_remat_opt_reads(tmp_path, capsysbinary):
    file, out = tmp_path / "step.mlir", tmp_path / "linalg.mlir"
    file.write_text(step('%r = "stablehlo.tanh"(%x) : (tensor<4x4xf32>) -> tensor<4x4xf32>').text)
    assert main(["lower", str(file), "-o", str(out)]) == 0
    assert "math.tanh" in out.read_text()
    assert main(["lower", str(file)]) == 0
    assert capsysbinary.readouterr().out == out.read_bytes()


def test_an_op_without_a_conversion_is_named_with_its_line():
    call = '<{call_target_name = "lapack_spotrf_ffi"}> : (tensor<4x4xf32>) -> tensor<4x4xf32>'
    with pytest.raises(InputError) as refused:
        lower(step(f'%r = "stablehlo.custom_call"(%x) {call}'))
    assert str(refused.value) == (
        "step.mlir:4:10: stablehlo.custom_call calls 'lapack_spotrf_ffi', which only XLA knows; "
        "write what it does with StableHLO ops"
    )


def test_text_that_does_not_parse_is_refused_by_name():
    with pytest.raises(InputError, match=r"^step\.mlir:\d+:\d+: "):
        lower(Module("step.mlir", "module {", Format.GENERIC))


def test_without_torch_mlir_the_extra_is_named(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ToolchainError, match=r"install it with pip install 'remat\[lower\]'"):
        lower(step('%r = "chlo.erf"(%x) : (tensor<4x4xf32>) -> tensor<4x4xf32>'))


def test_a_variable_that_names_no_program_is_refused(monkeypatch, tmp_path):
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    with pytest.raises(ToolchainError, match="is no program; point it at torch-mlir-opt"):
        lower(step('%r = "chlo.erf"(%x) : (tensor<4x4xf32>) -> tensor<4x4xf32>'))
