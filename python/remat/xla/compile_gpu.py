# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiles a module for a GPU that is not there, and prints what XLA says of its memory.

A script for an environment that holds JAX's CUDA plugin and nothing of remat; use it
through `remat.xla.deviceless`. Given a module (MLIR text) and a target description,
prints one line of JSON: temp, arguments, outputs, alias (bytes) and products (dots
and convolutions in the optimised program).
"""

import argparse
import json
import os
import re
import sys
from pathlib import Path

# Without a device, autotuning cannot measure and Triton kernels cannot be chosen.
_FLAGS = "--xla_gpu_autotune_level=0 --xla_gpu_enable_triton_gemm=false"
_PRODUCT = re.compile(
    r"(?:\b(?:dot|convolution)\()|custom_call_target=\"__cu(?:blas|dnn)\$(?!norm|softmax)[^\"]*\""
)


def compile_for(target: str, module: str) -> dict[str, int]:
    """Compiles `module` for the device in `target` (GpuTargetConfigProto text)."""
    import numpy as np
    from jax._src import compiler
    from jax._src.lib import xla_client
    from jax.experimental import topologies
    from jax.interpreters import mlir
    from jaxlib.mlir import ir

    topology = topologies.get_topology_desc(
        platform="cuda", topology_name="h100", target_config=target, topology="1x1x1"
    )
    device = topology.devices[0]
    options = compiler.get_compile_options(1, 1, np.array([[0]]))
    options.device_assignment = xla_client.DeviceAssignment.create(
        np.array([[device.id]], dtype=np.int64)
    )
    with mlir.make_ir_context():
        parsed = ir.Module.parse(module)
        executable = device.client.compile(
            parsed, executable_devices=xla_client.DeviceList((device,)), compile_options=options
        )
    memory = executable.get_compiled_memory_stats()
    return {
        "temp": memory.temp_size_in_bytes,
        "arguments": memory.argument_size_in_bytes,
        "outputs": memory.output_size_in_bytes,
        "alias": memory.alias_size_in_bytes,
        "products": len(_PRODUCT.findall(executable.hlo_modules()[0].to_string())),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("module", type=Path, help="MLIR text")
    parser.add_argument("--target", type=Path, required=True, help="target description")
    arguments = parser.parse_args()
    os.environ["JAX_SKIP_CUDA_CONSTRAINTS_CHECK"] = "1"
    os.environ["JAX_PLATFORMS"] = ""
    os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {_FLAGS}".strip()
    # A comment is not part of the target; protobuf text allows it, older parsers do not.
    lines = arguments.target.read_text(encoding="utf-8").splitlines()
    target = "\n".join(line for line in lines if not line.startswith("#"))
    print(json.dumps(compile_for(target, arguments.module.read_text(encoding="utf-8"))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
