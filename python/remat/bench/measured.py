# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs a program and says how much memory it took."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from remat.errors import ToolchainError

#: Runs a command and prints its wait status and peak resident set in KiB. A process of its own,
#: because Linux counts in a program's peak what its parent had resident when it forked.
_STARTER = """
import os, sys
child = os.fork()
if not child:
    try:
        os.execv(sys.argv[1], sys.argv[1:])
    finally:
        os._exit(127)
_, status, usage = os.wait4(child, 0)
os.write(1, b"%d %d" % (status, usage.ru_maxrss))
"""


@dataclasses.dataclass(frozen=True)
class Measured:
    """One run: exit code, what it wrote to stderr, peak resident set in bytes."""

    code: int
    errors: str
    memory: int


def run(command: list[str], folder: Path) -> Measured:
    """Runs `command`, whose first word is an absolute path, to its end, in `folder`.

    Its standard output is lost.

    Errors: ToolchainError if it cannot be started or dies from a signal.
    """
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _STARTER, *command],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
        )
        try:
            answer, _ = process.communicate()
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
        errors.seek(0)
        text = errors.read().decode("utf-8", "replace")
    if process.returncode != 0:
        raise ToolchainError(f"{command[0]}: cannot be run: {text.strip()}")
    status, memory = map(int, answer.split())
    code = os.waitstatus_to_exitcode(status)
    if code == 127:
        raise ToolchainError(f"{command[0]}: cannot be started")
    if code < 0:
        raise ToolchainError(f"{os.path.basename(command[0])} died from signal {-code}")
    return Measured(code, text, memory * 1024)
