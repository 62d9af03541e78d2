# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Proves a program equal to another one, and predicts its peak as it stands."""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from pathlib import Path

from remat import toolchain
from remat.errors import ToolchainError
from remat.toolchain import RematOptions

_REFERENCE = "remat-reference.mlir"


def prove(text: str, reference: str, options: RematOptions, name: str) -> int:
    """Returns the predicted peak of the program `text`, run as it stands, in bytes.

    Args:
        text, reference: generic MLIR. `remat-verify` proves that both compute the same.
        options: scope, memory model and cost table; the planning options are left out.

    Errors: ToolchainError if the programs differ: whoever wrote `text` has a defect.
    """
    plain = replace(options, budget=None, strategy="none", effort=None, granularity=None)
    with tempfile.TemporaryDirectory(prefix="remat-") as folder:
        root = Path(folder)
        (root / toolchain.SOURCE).write_text(text, encoding="utf-8")
        (root / _REFERENCE).write_text(reference, encoding="utf-8")
        pairs = " ".join([*plain.pairs(), "plan-output=plan.json"])
        passes = ["--remat-inline", f"--remat-verify=reference={_REFERENCE}"]
        done = toolchain.run_tool(
            "remat-opt",
            [toolchain.SOURCE, *passes, f"--remat-plan={pairs}", "-o", "/dev/null"],
            root,
        )
        if done.returncode != 0:
            message = toolchain.error_text("remat-opt", done.stderr)
            raise ToolchainError(
                f"{name}: the rewritten gradient is not proven equal, which is a defect of remat; "
                f"please report it with the loss: {message}"
            )
        return json.loads((root / "plan.json").read_text(encoding="utf-8"))["plain_peak"]
