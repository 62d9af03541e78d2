# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs guarded recomputation on XLA:CPU with default flags and looks at the bits.

Usage: guard_bits.py REMAT_OPT

For each element type: `remat-encode=target=xla-cpu` of a region that reads the
bits of its input, run on NaNs with payloads, infinities, zeros of both signs, subnormals and
extremes, after triggers as odd. Every result must have the bits of the input.
Then: the guard keeps the recomputed op in the optimised program, a bare clone
does not.
"""

import re
import subprocess
import sys

import jax
import ml_dtypes
import numpy as np
from jax._src import compiler, xla_bridge
from jax._src.lib import _jax
from jax.interpreters import mlir
from jaxlib.mlir import ir

# The names of element types in MLIR, and unsigned integers of the same width.
TYPES = {
    "f32": (np.float32, np.uint32),
    "f64": (np.float64, np.uint64),
    "f16": (np.float16, np.uint16),
    "bf16": (ml_dtypes.bfloat16, np.uint16),
    "i32": (np.int32, np.uint32),
    "ui8": (np.uint8, np.uint8),
    "i1": (np.bool_, np.uint8),
    "complex<f32>": (np.complex64, np.uint32),
}

BODY = """
func.func @main(%x: tensor<SIZExTYPE>, %g: tensor<2xTRIGGER>) -> RESULT {
  %r = remat.recompute (%k = %x : tensor<SIZExTYPE>) after (%g : tensor<2xTRIGGER>) {
    OPS
    remat.yield %0 : RESULT
  }
  return %r : RESULT
}
"""
# What passes bits on untouched: the complement of the bits, or of the integer.
BITS = """%b = "stablehlo.bitcast_convert"(%k) : (tensor<SIZExTYPE>) -> RESULT
    %0 = "stablehlo.not"(%b) : (RESULT) -> RESULT"""
INTEGER = """%0 = "stablehlo.not"(%k) : (RESULT) -> RESULT"""
COMPLEX = """%0 = "stablehlo.reverse"(%k) <{dimensions = array<i64: 0>}> : (RESULT) -> RESULT"""

AGAIN = """
func.func @main(%x: tensor<64xf32>) -> tensor<64xf32> {
  %a = "stablehlo.tanh"(%x) : (tensor<64xf32>) -> tensor<64xf32>
  %g = "stablehlo.sine"(%a) : (tensor<64xf32>) -> tensor<64xf32>
  REGION
  %r = "stablehlo.multiply"(%b, %g) : (tensor<64xf32>, tensor<64xf32>) -> tensor<64xf32>
  return %r : tensor<64xf32>
}
"""
REGION = """%b = remat.recompute (%k = %x : tensor<64xf32>) after (%g : tensor<64xf32>) {
    %0 = "stablehlo.tanh"(%k) : (tensor<64xf32>) -> tensor<64xf32>
    remat.yield %0 : tensor<64xf32>
  }"""
CLONE = """%b = "stablehlo.tanh"(%x) : (tensor<64xf32>) -> tensor<64xf32>"""


def encode(remat_opt: str, program: str) -> str:
    """Returns `program` as remat-encode writes it for XLA:CPU."""
    done = subprocess.run(
        [remat_opt, "--remat-encode=target=xla-cpu"], input=program, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def load(program: str):
    """Compiles a StableHLO module for the CPU."""
    backend = xla_bridge.get_backend("cpu")
    with mlir.make_ir_context():
        return backend.compile_and_load(
            ir.Module.parse(program),
            _jax.DeviceList(tuple(backend.local_devices()[:1])),
            compiler.get_compile_options(num_replicas=1, num_partitions=1),
        )


def odd_values(dtype, bits) -> np.ndarray:
    """Returns every value of which a careless guard might change the bits."""
    width = np.dtype(bits).itemsize * 8
    if dtype is np.bool_:
        return np.array([False, True])
    if dtype is np.complex64:
        parts = odd_values(np.float32, np.uint32)
        return np.stack([parts, parts[::-1]], axis=1).reshape(-1).view(dtype)
    if not np.issubdtype(dtype, np.integer):
        zeros = [0, 1 << (width - 1)]
        info = ml_dtypes.finfo(dtype)
        exponent = int(np.array(np.inf, dtype).view(bits))
        nans = [exponent | 1, exponent | exponent >> 1, (1 << (width - 1)) | exponent | 3]
        extremes = [info.max, info.min, info.smallest_subnormal, -info.smallest_subnormal]
        extremes = [int(np.array(value, dtype).view(bits)) for value in extremes]
        infinities = [exponent, 1 << (width - 1) | exponent]
        patterns = zeros + infinities + nans + extremes
    else:
        patterns = [0, 1, 2, (1 << width) - 1, 1 << (width - 1), (1 << (width - 1)) - 1]
    return np.array(patterns, bits).view(dtype)


def body_for(name: str, dtype, bits, values: np.ndarray) -> tuple[str, np.ndarray]:
    """Returns the program for values of a type, and what it computes of them."""
    size = len(values)
    if np.issubdtype(dtype, np.complexfloating):
        ops, result, expected = COMPLEX, f"tensor<{size}x{name}>", values[::-1].copy()
    elif dtype is np.bool_ or np.issubdtype(dtype, np.integer):
        ops, result, expected = INTEGER, f"tensor<{size}x{name}>", ~values
    else:
        ops, result = BITS, f"tensor<{size}xui{np.dtype(bits).itemsize * 8}>"
        expected = ~values.view(bits)
    program = BODY.replace("OPS", ops).replace("SIZE", str(size)).replace("RESULT", result)
    return program.replace("TYPE", name), expected


def check_bits(remat_opt: str) -> int:
    """Runs each type under each trigger; returns how many values were compared."""
    compared = 0
    for name, (dtype, bits) in TYPES.items():
        values = odd_values(dtype, bits)
        program, expected = body_for(name, dtype, bits, values)
        for trigger_name, (trigger_type, trigger_bits) in TYPES.items():
            encoded = encode(remat_opt, program.replace("TRIGGER", trigger_name))
            assert encoded.count("stablehlo.select") == 1, encoded
            compiled = load(encoded)
            for trigger in odd_values(trigger_type, trigger_bits):
                arguments = [values, np.array([trigger] * 2, trigger_type)]
                results = compiled.execute_sharded([jax.device_put(a) for a in arguments])
                (result,) = results.disassemble_into_single_device_arrays()[0]
                assert np.asarray(result).tobytes() == expected.tobytes(), (name, trigger)
                compared += len(values)
    return compared


def count_tanh(program: str) -> int:
    return len(re.findall(r" tanh\(", load(program).hlo_modules()[0].to_string()))


def main() -> None:
    jax.config.update("jax_enable_x64", True)
    remat_opt = sys.argv[1]
    print("values with equal bits:", check_bits(remat_opt))
    print("tanh, bare clone:", count_tanh(AGAIN.replace("REGION", CLONE)))
    print("tanh, guarded:", count_tanh(encode(remat_opt, AGAIN.replace("REGION", REGION))))


if __name__ == "__main__":
    main()
