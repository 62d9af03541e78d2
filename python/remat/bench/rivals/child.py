# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Calls a function in a process of its own, so that a solver that crashes takes nothing along."""

from __future__ import annotations

import importlib
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from remat.bench.rivals.answer import Answer, Planner, Rival
from remat.bench.rivals.step import Step
from remat.errors import RematError


def call(function: Callable[..., Any], *arguments: Any) -> Any:
    """Returns what `function`, of a module's top level, returns for `arguments`.

    Errors: RematError if the process dies, with its last words.
    """
    done = subprocess.run(
        [sys.executable, "-m", __name__],
        input=pickle.dumps((function.__module__, function.__name__, arguments)),
        capture_output=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    if done.returncode < 0:
        raise RematError(f"{function.__module__} died from signal {-done.returncode}")
    if done.returncode > 0:
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        raise RematError(lines[-1] if lines else f"{function.__module__} failed without a message")
    return pickle.loads(done.stdout)


def rival(solve: Callable[..., Answer], most_ops: int, time_limit: float) -> Rival:
    """Returns the rival that runs `solve(step, budget, time_limit)` in a process of its own.

    Steps of more than `most_ops` ops are not tried.
    """

    def prepare(step: Step) -> Planner:
        if step.size > most_ops:
            return lambda budget: Answer(None, f"{step.size} ops; at most {most_ops}")
        return lambda budget: call(solve, step, budget, time_limit)

    return prepare


def _main() -> None:
    module, name, arguments = pickle.load(sys.stdin.buffer)
    answer = getattr(importlib.import_module(module), name)(*arguments)
    sys.stdout.buffer.write(pickle.dumps(answer))


if __name__ == "__main__":
    _main()
