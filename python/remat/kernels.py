# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Assembles a step's GPU kernels and says what each takes of a multiprocessor.

The figures are those of the CUDA toolkit's assembler, ptxas; no GPU is needed.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from remat import convert, progress
from remat.errors import InputError, ToolchainError
from remat.toolchain import error_text, is_executable, run_tool

CHIPS = ("sm_80", "sm_90")

_ASSEMBLY = re.compile(r'\bassembly = "((?:[^"\\]|\\.)*)"')
_ESCAPE = re.compile(r"\\([0-9A-F]{2}|.)")
_KERNEL = re.compile(
    r"Compiling entry function '(?P<name>[^']+)'.*?"
    r"(?P<stack>\d+) bytes stack frame, (?P<stores>\d+) bytes spill stores, "
    r"(?P<loads>\d+) bytes spill loads.*?"
    r"Used (?P<registers>\d+) registers(?P<rest>[^\n]*)",
    re.DOTALL,
)
_SHARED = re.compile(r"(\d+) bytes smem")


@dataclass(frozen=True)
class KernelFigures:
    """What one kernel takes, by the assembler: bytes are those of one thread, of a block if shared.

    A spill is a register that has no room and goes to memory and back.
    """

    name: str
    registers: int
    shared_bytes: int
    stack_bytes: int
    spill_store_bytes: int
    spill_load_bytes: int

    @property
    def spills(self) -> bool:
        return self.spill_store_bytes + self.spill_load_bytes > 0


def find_ptxas() -> Path:
    """Returns the path of ptxas: of the toolkit at $CUDA_HOME or on PATH.

    Errors: ToolchainError saying how to get it.
    """
    home = os.environ.get("CUDA_HOME")
    if home and is_executable(Path(home) / "bin" / "ptxas"):
        return Path(home) / "bin" / "ptxas"
    found = shutil.which("ptxas")
    if found:
        return Path(found)
    raise ToolchainError(
        "ptxas is neither on PATH nor in $CUDA_HOME/bin; install the CUDA toolkit (12 or newer), "
        "which needs no GPU, and set CUDA_HOME to its folder"
    )


def ptx_of(text: str) -> str:
    """Returns the PTX in a module that `remat-lower-gpu` has lowered with format=ptx."""
    found = _ASSEMBLY.search(text)
    if not found:
        raise ToolchainError("remat-opt made no PTX; is it of this version?")
    plain = {"n": "\n", "t": "\t"}

    def unescape(match: re.Match[str]) -> str:
        code = match[1]
        return chr(int(code, 16)) if len(code) == 2 else plain.get(code, code)

    return _ESCAPE.sub(unescape, found[1]).rstrip("\0")


def parse_figures(log: str) -> list[KernelFigures]:
    """Returns the figures that `ptxas -v` prints, kernels in the order of their numbers."""
    figures = []
    for found in _KERNEL.finditer(log):
        shared = _SHARED.search(found["rest"])
        figures.append(
            KernelFigures(
                name=found["name"],
                registers=int(found["registers"]),
                shared_bytes=int(shared[1]) if shared else 0,
                stack_bytes=int(found["stack"]),
                spill_store_bytes=int(found["stores"]),
                spill_load_bytes=int(found["loads"]),
            )
        )
    return sorted(figures, key=lambda one: (int(one.name.rpartition("_")[2]), one.name))


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "no message")


def assemble(step: Path, chip: str, entry: str | None = None) -> list[KernelFigures]:
    """Returns the figures of every kernel of a step on tensors (linalg), assembled for `chip`.

    Errors: InputError for a step that cannot be lowered, ToolchainError if a tool is missing or
    its output is not understood.
    """
    ptxas = find_ptxas()
    which = f"entry={entry}" if entry else ""
    with tempfile.TemporaryDirectory(prefix="remat-") as folder:
        root = Path(folder)
        lower = f"--remat-lower-gpu=chip={chip} {which}".rstrip()
        bufferize = f"--remat-bufferize={which}" if which else "--remat-bufferize"
        done = run_tool(
            "remat-opt", [str(step.resolve()), bufferize, lower, "-o", "out.mlir"], root
        )
        if done.returncode != 0:
            raise InputError(error_text("remat-opt", done.stderr))
        ptx = root / "kernels.ptx"
        ptx.write_text(ptx_of((root / "out.mlir").read_text(encoding="utf-8")), encoding="utf-8")
        command = [str(ptxas), "-v", f"-arch={chip}", str(ptx), "-o", str(root / "kernels.cubin")]
        log = subprocess.run(command, capture_output=True, text=True)
        if log.returncode != 0:
            hint = (
                "; libdevice was not found when the kernels were lowered, set CUDA_HOME"
                if "__nv_" in log.stderr + log.stdout
                else ""
            )
            raise ToolchainError(f"ptxas: {_first_line(log.stderr + log.stdout)}{hint}")
        figures = parse_figures(log.stderr + log.stdout)
        if len(figures) != ptx.read_text(encoding="utf-8").count(".entry "):
            raise ToolchainError(f"{ptxas} -v prints figures in a form that is not known here")
        return figures


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options of `remat kernels`."""
    parser.add_argument(
        "file", type=Path, metavar="STEP", help="step on tensors, as of remat lower"
    )
    parser.add_argument(
        "--chip",
        choices=CHIPS,
        action="append",
        help="chip to assemble for; may be given again (default: all of them)",
    )
    parser.add_argument(
        "--entry", metavar="NAME", help="entry function (default: main, or the only public one)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write each kernel's figures")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    figures: dict[str, list[KernelFigures]] = {}
    for chip in arguments.chip or CHIPS:
        with progress.step(f"assembling {arguments.file} for {chip}"):
            figures[chip] = assemble(arguments.file, chip, arguments.entry)
    _print(figures)
    if arguments.json:
        content = {chip: [asdict(one) for one in kernels] for chip, kernels in figures.items()}
        text = json.dumps({"schema_version": 1, "chips": content}, indent=2) + "\n"
        convert.emit(text.encode("utf-8"), arguments.json)
    return 0


def _print(figures: dict[str, list[KernelFigures]]) -> None:
    console = Console(highlight=False)
    table = Table(box=None)
    for title in ("chip", "kernels", "most registers", "most shared", "kernels with spills"):
        table.add_column(title, justify="left" if title == "chip" else "right")
    for chip, kernels in figures.items():
        table.add_row(
            chip,
            str(len(kernels)),
            str(max((one.registers for one in kernels), default=0)),
            f"{max((one.shared_bytes for one in kernels), default=0)} B",
            str(sum(one.spills for one in kernels)),
        )
    console.print(table)
    for chip, kernels in figures.items():
        for one in kernels:
            if one.spills:
                console.print(
                    f"{chip} {one.name}: {one.registers} registers, spills "
                    f"{one.spill_store_bytes} B and loads {one.spill_load_bytes} B"
                )
