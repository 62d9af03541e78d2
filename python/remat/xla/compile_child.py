# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiles modules for one device, on request, and dumps what XLA says of them.

A script for an environment that holds JAX and the device's plugin and nothing of remat; use
it through `remat.xla.compilers`. Its only argument is a JSON object: platform ("" for JAX's
default backend), topology, description, devices, costed (whether XLA is to estimate times),
folder (of this process alone, goes with it). Each line of standard input is the path of a
module (MLIR text); the answer is one line of JSON on standard output: XLA's memory statistics
and costs, or an error. It ends with its input, also while XLA compiles.
"""

import json
import os
import queue
import select
import shutil
import signal
import sys
import threading

# XLA's name for every module compiled here, so that its dumps are told from others'.
MODULE = "remat_measured"


def watch_input(requests: queue.Queue, parent: int) -> None:
    """Puts each line of standard input into `requests`; ends the process with `parent`."""
    pending = b""
    while os.getppid() == parent:
        # Another child of the parent may hold the other end open, so its end proves nothing.
        if not select.select([0], [], [], 1.0)[0]:
            continue
        data = os.read(0, 1 << 16)
        if not data:
            break
        *lines, pending = (pending + data).split(b"\n")
        for line in lines:
            requests.put(line.decode())
    # Nobody is left to read an answer or to clean up.
    shutil.rmtree(CONFIGURATION["folder"], ignore_errors=True)
    os.killpg(0, signal.SIGKILL)


def make_compile():
    """Returns a function from a parsed module to its executable, for the configured device."""
    import numpy as np
    from jax._src import compiler
    from jax._src.lib import xla_client

    count = CONFIGURATION["devices"]
    if CONFIGURATION["platform"]:
        from jax.experimental import topologies

        more = {}
        if CONFIGURATION["platform"] == "cuda":
            more = {
                "target_config": CONFIGURATION["description"],
                "topology": CONFIGURATION["topology"],
            }
        topology = topologies.get_topology_desc(
            platform=CONFIGURATION["platform"],
            topology_name="remat" if more else CONFIGURATION["topology"],
            **more,
        )
        devices = topology.devices[:count]
        compile_with = devices[0].client.compile
    else:
        import jax

        devices = jax.local_devices()[:count]
        compile_with = devices[0].client.compile_and_load
    if len(devices) < count:
        raise ValueError(f"there are {len(devices)} devices, not {count}")
    overrides = {}
    if CONFIGURATION["costed"] and devices[0].platform in ("cuda", "gpu"):
        overrides["xla_gpu_collect_cost_model_stats"] = True

    def compile_module(module):
        identifiers = np.array([[device.id for device in devices]], dtype=np.int64)
        options = compiler.get_compile_options(
            1, count, identifiers, env_options_overrides=overrides
        )
        return compile_with(
            module,
            executable_devices=xla_client.DeviceList(tuple(devices)),
            compile_options=options,
        )

    return compile_module


def statistics(executable) -> dict:
    """Returns what XLA says of the memory and the cost of `executable`."""
    memory = executable.get_compiled_memory_stats()
    try:
        costs = executable.cost_analysis() or {}
    except Exception:  # some plugins have none
        costs = {}
    costs = costs[0] if isinstance(costs, list) else costs
    return {
        "temp": memory.temp_size_in_bytes,
        "arguments": memory.argument_size_in_bytes,
        "outputs": memory.output_size_in_bytes,
        "alias": memory.alias_size_in_bytes,
        "flops": costs.get("flops"),
        "optimal_seconds": costs.get("optimal_seconds"),
    }


def answer(path: str, compile_module) -> dict:
    """Compiles the module at `path`."""
    from jax.interpreters import mlir
    from jaxlib.mlir import ir

    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
        with mlir.make_ir_context():
            module = ir.Module.parse(text)
            module.operation.attributes["sym_name"] = ir.StringAttr.get(MODULE)
            return statistics(compile_module(module))
    except Exception as error:
        return {"error": str(error) or type(error).__name__}


def main() -> int:
    # XLA and its tools write to standard output, too.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    requests: queue.Queue = queue.Queue()
    watcher = threading.Thread(target=watch_input, args=(requests, os.getppid()), daemon=True)
    watcher.start()
    try:
        compile_module = make_compile()
        print(json.dumps({"ready": True}), file=out, flush=True)
    except Exception as error:
        print(json.dumps({"error": str(error) or type(error).__name__}), file=out, flush=True)
        return 1
    while True:
        print(json.dumps(answer(requests.get(), compile_module)), file=out, flush=True)


if __name__ == "__main__":
    CONFIGURATION = json.loads(sys.argv[1])
    sys.exit(main())
