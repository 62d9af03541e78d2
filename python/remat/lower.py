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
from remat.toolchain import PRINTING, error_text, inline, is_executable, run_command, run_tool

#: Names a torch-mlir-opt of the user's own.
VARIABLE = "REMAT_TORCH_MLIR_OPT"

_TOOL = Path("_mlir_libs") / "torch-mlir-opt"
_CHLO = re.compile(r'"chlo\.')

#: What the text is called in the folder of the tools: names that no program mentions.
_STEP, _OUTLINED, _LINALG = (f"remat-lower-{name}.mlir" for name in ("step", "outlined", "linalg"))


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

    Calls of the entry function are inlined; bodies of `remat.recompute` are lowered where they
    stand. Unsigned integers become signless ones of the same bits.

    Errors: InputError naming the op and its source line that has no conversion, ToolchainError
    if a tool is missing or broken.
    """
    tool = find_torch_mlir_opt()
    text = inline(module.text, entry, module.name)
    text = legalise_chlo(text, module.name)
    with tempfile.TemporaryDirectory(prefix="remat-") as folder:
        root = Path(folder)
        (root / _STEP).write_text(text, encoding="utf-8")
        arguments = [_STEP, "--remat-outline-regions", *PRINTING, "-o", _OUTLINED]
        _check(run_tool("remat-opt", arguments, root), "remat-opt", module.name)
        arguments = [
            _OUTLINED,
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
        return _renamed((root / "out.mlir").read_text(encoding="utf-8"), module.name)


def legalise_chlo(text: str, name: str) -> str:
    """Returns the generic text with CHLO ops, if there are any, written with StableHLO's."""
    if not _CHLO.search(text):
        return text
    from jaxlib.mlir import ir

    context = convert.open_context()
    context.allow_unregistered_dialects = True  # remat.recompute
    parsed = convert.parse_text(text, name, context)
    try:
        return convert.generic_text(convert.legalise_chlo(parsed))
    except ir.MLIRError as error:
        raise InputError(f"{name}: {convert.first_line(error)}") from error


def _check(done: subprocess.CompletedProcess[str], tool: str, name: str) -> None:
    if done.returncode != 0:
        message = error_text(tool, done.stderr)
        raise InputError(_renamed(message, name))


def _renamed(text: str, name: str) -> str:
    """Returns `text` with `name` for the files of the tools, also where it is in quotes."""
    for file in (_STEP, _OUTLINED, _LINALG):
        text = text.replace(f'"{file}"', convert.string_literal(name)).replace(file, name)
    return text


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
