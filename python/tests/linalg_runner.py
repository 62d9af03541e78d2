# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs programs of linalg on tensors, by upstream passes and clang alone."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from remat.toolchain import run_tool

#: No buffer may be returned from a loop: what is carried is updated where it is.
_PASSES = (
    "one-shot-bufferize{bufferize-function-boundaries "
    "function-boundary-type-conversion=identity-layout-map}",
    "buffer-results-to-out-params{modify-public-functions=true}",
    *("canonicalize", "convert-linalg-to-loops", "expand-strided-metadata", "lower-affine"),
    *("convert-scf-to-cf", "arith-expand", "convert-math-to-llvm", "convert-math-to-libm"),
    *("convert-arith-to-llvm", "convert-index-to-llvm", "finalize-memref-to-llvm"),
    "convert-func-to-llvm{use-bare-ptr-memref-call-conv=1}",
    *("convert-cf-to-llvm", "reconcile-unrealized-casts"),
)


def run(
    text: str, arguments: Sequence[np.ndarray], results: Sequence[np.ndarray], folder: Path
) -> list[np.ndarray]:
    """Returns what @main of `text` computes; `results` have the shapes and types that it gives.

    Files are made in `folder`, of which a process uses each once: a library stays loaded.
    """
    (folder / "linalg.mlir").write_text(text, encoding="utf-8")
    passes = f"--pass-pipeline=builtin.module({','.join(_PASSES)})"
    done = run_tool("remat-opt", ["linalg.mlir", passes, "-o", "llvm.mlir"], folder)
    assert done.returncode == 0, done.stderr
    _llvm("mlir-translate", "--mlir-to-llvmir", "llvm.mlir", "-o", "step.ll", folder=folder)
    # -ffp-contract=off: what is rounded twice in the program is rounded twice.
    compiler = ("-O1", "-ffp-contract=off", "-shared", "-fPIC", "-Wno-override-module")
    libraries = _llvm_config("--libdir")
    # The runner's library holds memrefCopy, for copies of what does not lie in one piece.
    link = (f"-L{libraries}", f"-Wl,-rpath,{libraries}", "-lmlir_c_runner_utils", "-lm")
    _llvm("clang", *compiler, "step.ll", "-o", "step.so", *link, folder=folder)
    given = [np.array(a, order="C") for a in arguments]
    made = [np.zeros_like(r, order="C") for r in results]
    pointers = (ctypes.c_void_p(a.ctypes.data) for a in (*given, *made))
    ctypes.CDLL(str(folder / "step.so")).main(*pointers)
    return made


def _llvm_config(what: str) -> str:
    config = shutil.which("llvm-config-22") or shutil.which("llvm-config")
    assert config, "llvm-config is not on PATH"
    return subprocess.check_output([config, what], text=True).strip()


def _llvm(tool: str, *arguments: str, folder: Path) -> None:
    command = [f"{_llvm_config('--bindir')}/{tool}", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
