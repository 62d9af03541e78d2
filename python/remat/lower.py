# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Lowers a step from StableHLO to linalg on tensors.

Most ops are converted by the tool torch-mlir-opt out of the wheel torch-mlir, which brings
its own LLVM: programs go in and out as generic text. What it leaves is remat-opt's.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import re
import subprocess
import tempfile
from pathlib import Path

from remat import convert, progress
from remat.convert import Module
from remat.errors import InputError, ToolchainError
from remat.stepoptions import add_input
from remat.toolchain import error_text, inline, is_executable, run_command, run_tool

#: Names a torch-mlir-opt of the user's own.
VARIABLE = "REMAT_TORCH_MLIR_OPT"

_TOOL = Path("_mlir_libs") / "torch-mlir-opt"
_CHLO = re.compile(r'"chlo\.')
_RECOMPUTE = '"remat.recompute"('

#: What the text is called in the folder of the tools: names that no program mentions.
_STEP, _LINALG = "remat-lower-step.mlir", "remat-lower-linalg.mlir"


def find_torch_mlir_opt() -> Path:
    """Returns the path of torch-mlir-opt: what $REMAT_TORCH_MLIR_OPT names, else the package's.

    Errors: ToolchainError saying how to install it.
    """
    chosen = os.environ.get(VARIABLE)
    if chosen:
        if is_executable(Path(chosen)):
            return Path(chosen)
        raise ToolchainError(
            f"${VARIABLE} names {chosen}, which is no program; "
            "point it at torch-mlir-opt, or unset it"
        )
    package = importlib.util.find_spec("torch_mlir")
    for folder in (package and package.submodule_search_locations) or ():
        if is_executable(Path(folder) / _TOOL):
            return Path(folder) / _TOOL
    raise ToolchainError(
        "lowering needs torch-mlir-opt, of the package torch-mlir, which is not installed; "
        f"install it with pip install 'remat[lower]' (no torch is needed), or set {VARIABLE}"
    )


def lower(module: Module, entry: str | None = None) -> str:
    """Returns the step as text of linalg, tensor, arith, math and scf ops, with its locations.

    Calls of the entry function are inlined. Unsigned integers become signless ones of the same
    bits.

    Errors: InputError naming the op and its source line that has no conversion, or if the step
    is rewritten already; ToolchainError if a tool is missing or broken.
    """
    tool = find_torch_mlir_opt()
    text = inline(module.text, entry, module.name)
    if _RECOMPUTE in text:
        raise InputError(
            f"{module.name}: holds remat.recompute regions, which torch-mlir-opt cannot look into; "
            "lower the step first and plan what comes out"
        )
    text = legalise_chlo(text, module.name)
    with tempfile.TemporaryDirectory(prefix="remat-") as folder:
        root = Path(folder)
        (root / _STEP).write_text(text, encoding="utf-8")
        arguments = [
            _STEP,
            "--allow-unregistered-dialect",
            "--stablehlo-legalize-to-linalg",
            "--mlir-print-op-generic",
            "--mlir-print-debuginfo",
            "--mlir-print-op-on-diagnostic=false",
        ]
        done = run_command([str(tool), *arguments, "-o", _LINALG], root)
        _check(done, tool.name, module.name)
        arguments = [_LINALG, "--remat-stablehlo-to-linalg", "--mlir-print-debuginfo"]
        done = run_tool("remat-opt", [*arguments, "-o", "out.mlir"], root)
        _check(done, "remat-opt", module.name)
        return _named((root / "out.mlir").read_text(encoding="utf-8"), module.name)


def legalise_chlo(text: str, name: str) -> str:
    """Returns the generic text with CHLO ops, if there are any, written with StableHLO's."""
    if not _CHLO.search(text):
        return text
    from jaxlib.mlir import ir

    parsed = convert.parse_text(text, name)
    try:
        return convert.generic_text(convert.legalise_chlo(parsed))
    except ir.MLIRError as error:
        raise InputError(f"{name}: {convert.first_line(error)}") from error


def _check(done: subprocess.CompletedProcess[str], tool: str, name: str) -> None:
    if done.returncode != 0:
        message = error_text(tool, done.stderr)
        raise InputError(message.replace(_STEP, name).replace(_LINALG, name))


def _named(text: str, name: str) -> str:
    literal = convert.string_literal(name)
    return text.replace(f'"{_STEP}"', literal).replace(f'"{_LINALG}"', literal)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options of `remat lower`."""
    add_input(parser)
    parser.add_argument(
        "-o", "--output", type=Path, metavar="OUT", help="file to write (default: stdout)"
    )
    parser.add_argument(
        "--entry", metavar="NAME", help="entry function (default: main, or the only public one)"
    )
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    module = convert.read_module(arguments.file)
    with progress.step(f"lowering {arguments.file}"):
        text = lower(module, arguments.entry)
    convert.emit(text.encode("utf-8"), arguments.output)
    return 0
