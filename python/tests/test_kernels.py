# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""`remat kernels`: the kernels of steps are assembled, and what they take is told."""

from __future__ import annotations

import json
import re
import subprocess

import pytest
from remat import kernels, toolchain, zoo
from remat.cli import main
from remat.errors import ToolchainError
from remat.kernels import CHIPS, KernelFigures, assemble, parse_figures, ptx_of
from remat.lower import lower
from remat.zoo.export import export_module

SMALL = [model.name for model in zoo.models() if model.small]

LOG = """\
ptxas info    : Compiling entry function 'loops_10' for 'sm_90'
ptxas info    : Function properties for loops_10
    16 bytes stack frame, 8 bytes spill stores, 12 bytes spill loads
ptxas info    : Used 255 registers, used 1 barriers, 4096 bytes smem, 900 bytes cmem[0]
ptxas info    : Compiling entry function 'scalars_2' for 'sm_90'
ptxas info    : Function properties for scalars_2
    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
ptxas info    : Used 12 registers, used 0 barriers
"""

STEP = """\
func.func @step(%x: tensor<64xf32>) -> tensor<64xf32> {
  %e = tensor.empty() : tensor<64xf32>
  %y = linalg.tanh ins(%x : tensor<64xf32>) outs(%e : tensor<64xf32>) -> tensor<64xf32>
  return %y : tensor<64xf32>
}
"""


def has_ptxas() -> bool:
    try:
        return kernels.find_ptxas() is not None
    except ToolchainError:
        return False


needs_ptxas = pytest.mark.skipif(not has_ptxas(), reason="needs the CUDA toolkit's ptxas")


def test_figures_are_read():
    assert parse_figures(LOG) == [
        KernelFigures("scalars_2", 12, 0, 0, 0, 0),
        KernelFigures("loops_10", 255, 4096, 16, 8, 12),
    ]
    assert [one.spills for one in parse_figures(LOG)] == [False, True]


def test_spills_are_listed(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(kernels, "assemble", lambda step, chip, entry: parse_figures(LOG))
    out = tmp_path / "kernels.json"
    assert main(["kernels", "step.mlir", "--chip=sm_90", f"--json={out}"]) == 0
    text = capsys.readouterr().out
    assert "sm_90 loops_10: 255 registers, spills 8 B and loads 12 B" in text
    assert "scalars_2" not in text
    assert json.loads(out.read_text())["chips"]["sm_90"][1]["shared_bytes"] == 4096


def test_ptx_is_unescaped():
    assert ptx_of(r'x assembly = "a\0A\09b\22c\5C\00"') == 'a\n\tb"c\\'
    with pytest.raises(ToolchainError, match="remat-opt made no PTX"):
        ptx_of("module {}")


def test_without_ptxas(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CUDA_HOME", raising=False)
    with pytest.raises(ToolchainError, match="ptxas is neither on PATH nor in"):
        kernels.find_ptxas()


def test_an_assembler_that_fails_or_is_not_understood(monkeypatch, tmp_path):
    step = tmp_path / "step.mlir"
    step.write_text(STEP)
    tool = tmp_path / "ptxas"
    monkeypatch.setattr(kernels, "find_ptxas", lambda: tool)
    tool.write_text(
        "#!/bin/sh\necho \"ptxas fatal   : Unresolved extern function '__nv_tanhf'\" >&2\nexit 1\n"
    )
    tool.chmod(0o755)
    with pytest.raises(
        ToolchainError, match="Unresolved extern.*libdevice was not found.*CUDA_HOME"
    ):
        assemble(step, "sm_80")
    tool.write_text("#!/bin/sh\nexit 0\n")
    with pytest.raises(ToolchainError, match="figures in a form that is not known"):
        assemble(step, "sm_80")


def test_a_step_that_cannot_be_lowered(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(kernels, "find_ptxas", lambda: tmp_path)
    step = tmp_path / "step.mlir"
    step.write_text(STEP)
    assert main(["kernels", str(step), "--entry=other"]) != 0
    assert "there is no function @other" in capsys.readouterr().err


@needs_ptxas
@pytest.mark.parametrize("chip", CHIPS)
def test_a_fat_binary_is_made(chip, tmp_path):
    step = tmp_path / "step.mlir"
    step.write_text(STEP)
    lower_gpu = f"--remat-lower-gpu=chip={chip} format=fatbin"
    command = [toolchain.find_tool("remat-opt"), step, "--remat-bufferize", lower_gpu]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    # The first four bytes of a fat binary.
    assert re.search(rf'chip = "{chip}".*, "P\\EDU\\BA', done.stdout)


@needs_ptxas
@pytest.mark.parametrize("name", SMALL)
def test_small_models_are_assembled_without_spills(name, tmp_path):
    step, fused = tmp_path / "step.mlir", tmp_path / "fused.mlir"
    step.write_text(lower(export_module(zoo.get(name))))
    tool = toolchain.find_tool("remat-opt")
    subprocess.run([tool, step, "--remat-prepare", "-o", fused], check=True)
    for chip in CHIPS:
        figures = assemble(fused, chip)
        assert figures
        assert not [one for one in figures if one.spills]
