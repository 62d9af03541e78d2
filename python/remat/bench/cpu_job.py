# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A step of the zoo on XLA:CPU, in a process of its own: times it and writes what it saw.

Usage: python -m remat.bench.cpu_job MODEL FOLDER REPEAT

Writes the arguments as FOLDER/inputs/arg0.npy and so on and the results as
FOLDER/results/result0.npy, and prints a line of JSON: {"seconds": [...], "temporaries": bytes}.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import jax
import numpy as np

from remat.bench import cpu


def main(name: str, folder: Path, repeat: int) -> None:
    """Runs the step once and then `repeat` times, each on its own copy of the arguments."""
    model = cpu.model_of(name)
    step = model.build()
    arguments = model.inputs()
    for kind in ("inputs", "results"):
        (folder / kind).mkdir()
    for index, leaf in enumerate(jax.tree.leaves(arguments)):
        np.save(folder / "inputs" / f"arg{index}.npy", leaf)
    compiled = (
        jax.jit(step.step, donate_argnums=step.donate_argnums, keep_unused=True)
        .lower(*step.example_args)
        .compile()
    )
    seconds = []
    for run in range(repeat + 1):
        own = jax.block_until_ready(jax.tree.map(jax.numpy.array, arguments))
        begin = time.perf_counter()
        results = jax.block_until_ready(compiled(*own))
        if run:
            seconds.append(time.perf_counter() - begin)
    for index, leaf in enumerate(jax.tree.leaves(results)):
        np.save(folder / "results" / f"result{index}.npy", leaf)
    temporaries = compiled.memory_analysis().temp_size_in_bytes
    print(json.dumps({"seconds": seconds, "temporaries": temporaries}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
