# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Asks XLA how much memory a module needs on an H100, without having one.

JAX's CUDA plugin lives in an environment of its own (the extra `xla-gpu`), because it
brings gigabytes of libraries that nothing else here needs.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from remat.errors import RematError, ToolchainError

_HERE = Path(__file__).resolve().parent
_CHECKOUT = _HERE.parents[2]


@dataclass(frozen=True)
class MemoryStats:
    """XLA's buffer assignment, in bytes, and the size of the optimised program.

    Attributes:
        temp, arguments, outputs, alias: as XLA reports them; alias counts outputs that
            take over a donated argument.
        products: dots and convolutions in the optimised program.
    """

    temp: int
    arguments: int
    outputs: int
    alias: int
    products: int

    @property
    def total(self) -> int:
        """Arguments, outputs and temporaries, donated arguments once."""
        return self.arguments + self.outputs - self.alias + self.temp


class MissingExtra(RematError):
    """The environment with JAX's CUDA plugin is not there."""


def environment() -> Path:
    """Returns the Python of the environment with the CUDA plugin.

    Looks at $REMAT_XLA_GPU_PYTHON and nowhere else if that is set, else in
    .venv-xla-gpu of the checkout. Errors: MissingExtra.
    """
    chosen = os.environ.get("REMAT_XLA_GPU_PYTHON")
    python = Path(chosen) if chosen else _CHECKOUT / ".venv-xla-gpu" / "bin" / "python"
    if python.is_file():
        return python
    raise MissingExtra(
        f"XLA's memory on an H100 is not measured: {python} does not exist; install the extra "
        "xla-gpu with tools/quickstart --with-xla-gpu"
    )


def measure(module: str) -> MemoryStats:
    """Compiles `module` (MLIR text) for an H100 and returns what XLA says of its memory.

    Takes from seconds to minutes. Errors: MissingExtra; ToolchainError with XLA's
    message if it does not compile.
    """
    python = environment()
    with tempfile.TemporaryDirectory(prefix="remat-") as folder:
        source = Path(folder) / "module.mlir"
        source.write_text(module, encoding="utf-8")
        command = [
            str(python),
            str(_HERE / "compile_gpu.py"),
            str(source),
            "--target",
            str(_HERE / "h100.txtpb"),
        ]
        done = subprocess.run(
            command,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            env=_clean_environment(),
            check=False,
        )
    lines = done.stdout.strip().splitlines()
    if done.returncode != 0 or not lines:
        tail = [line for line in done.stderr.strip().splitlines() if line.strip()][-1:]
        raise ToolchainError(
            f"XLA did not compile the module for an H100 (exit code {done.returncode}): "
            f"{tail[0] if tail else 'no message'}"
        )
    return MemoryStats(**json.loads(lines[-1]))


def _clean_environment() -> dict[str, str]:
    """Returns the environment without what belongs to this Python and this JAX."""
    return {
        key: value
        for key, value in os.environ.items()
        if key not in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "JAX_PLATFORMS", "XLA_FLAGS")
    }
