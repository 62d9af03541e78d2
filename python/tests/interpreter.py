# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A small interpreter of StableHLO in numpy: the oracle of the mutation tests.

Shares nothing with remat or XLA. Knows the ops of the tiny steps in `tiny_steps` and
of the encodings of a rewrite, and refuses any other op by name. Floats are computed in
float32, one numpy call per op, so equal programs give equal bits.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from jaxlib.mlir import ir

_DTYPES = {
    "f32": np.float32,
    "f64": np.float64,
    "i1": np.bool_,
    "i32": np.int32,
    "ui32": np.uint32,
    "i64": np.int64,
    "ui64": np.uint64,
}

_UNARY: dict[str, Callable] = {
    "negate": lambda x: np.negative(x),
    "exponential": np.exp,
    "log": np.log,
    "tanh": np.tanh,
    "rsqrt": lambda x: (1 / np.sqrt(x)).astype(x.dtype),
    "sqrt": np.sqrt,
    "abs": np.abs,
    "not": np.invert,
    "logistic": lambda x: (1 / (1 + np.exp(-x))).astype(x.dtype),
    "log_plus_one": np.log1p,
    "exponential_minus_one": np.expm1,
    "sine": np.sin,
    "cosine": np.cos,
    "sign": np.sign,
    "floor": np.floor,
    "is_finite": np.isfinite,
}
_BINARY: dict[str, Callable] = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "and": np.bitwise_and,
    "or": np.bitwise_or,
    "xor": np.bitwise_xor,
    "power": np.power,
}
_COMPARE = {
    "EQ": np.equal,
    "NE": np.not_equal,
    "LT": np.less,
    "LE": np.less_equal,
    "GT": np.greater,
    "GE": np.greater_equal,
}


class Unsupported(Exception):
    """An op or attribute that the interpreter does not know."""


def run(module: ir.Module, inputs: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Returns the results of the function `main` of `module` on `inputs`."""
    functions = _functions(module)
    with np.errstate(all="ignore"):
        return _block(functions["main"].regions[0].blocks[0], list(inputs), {}, functions)


def _functions(module: ir.Module) -> dict[str, Any]:
    operations = [op.operation for op in module.body.operations]
    return {
        ir.StringAttr(op.attributes["sym_name"]).value: op
        for op in operations
        if op.name == "func.func"
    }


def random_inputs(module: ir.Module, seed: int) -> list[np.ndarray]:
    """Returns standard-normal floats and small non-negative integers for each argument."""
    generator = np.random.default_rng(seed)
    found = []
    for argument in _functions(module)["main"].regions[0].blocks[0].arguments:
        shape, dtype = _shape(argument.type)
        if np.issubdtype(dtype, np.floating):
            found.append(generator.normal(size=shape).astype(dtype))
        else:
            found.append(generator.integers(0, 3, shape).astype(dtype))
    return found


def _shape(type_: ir.Type) -> tuple[tuple[int, ...], Any]:
    ranked = ir.RankedTensorType(type_)
    return tuple(ranked.shape), _DTYPES[str(ranked.element_type)]


def _block(
    block: Any, inputs: list[np.ndarray], outer: dict, functions: dict[str, Any] | None
) -> list[np.ndarray]:
    values = dict(outer)
    values.update(zip(block.arguments, inputs))
    for op in block.operations:
        operation = op.operation
        operands = [values[v] for v in operation.operands]
        if operation.name.endswith(".return") or operation.name == "remat.yield":
            return operands
        results = _execute(operation, operands, values, functions)
        values.update(zip(operation.results, results))
    raise Unsupported("a block without a terminator")


def _execute(
    op: Any, x: list[np.ndarray], values: dict, functions: dict[str, Any] | None
) -> list[np.ndarray]:
    dialect, _, name = op.name.partition(".")
    if op.name == "remat.recompute":
        # The operands behind the block's arguments only order the region.
        body = op.regions[0].blocks[0]
        return _block(body, x[: len(body.arguments)], {}, functions)
    if op.name == "func.call":
        callee = functions[ir.FlatSymbolRefAttr(op.attributes["callee"]).value]
        return _block(callee.regions[0].blocks[0], x, {}, functions)
    if dialect != "stablehlo":
        raise Unsupported(op.name)
    if name == "optimization_barrier":
        return x
    if name == "reduce":
        return _reduce(op, x, values)
    shape, dtype = _shape(op.results[0].type)
    if name in _UNARY:
        result = _UNARY[name](x[0])
    elif name in _BINARY:
        result = _BINARY[name](x[0], x[1])
    elif name in _STRUCTURAL:
        result = _STRUCTURAL[name](op, x, shape, dtype)
    else:
        raise Unsupported(op.name)
    result = np.asarray(result)
    # In the body of a reduction (no functions), scalars stand for whole slices.
    if functions is not None and (result.shape != shape or result.dtype != dtype):
        raise Unsupported(f"{op.name}: {result.dtype}{result.shape}, declared {dtype}{shape}")
    return [result]


def _ints(op: Any, name: str) -> list[int]:
    return list(op.attributes[name])


def _constant(op: Any, x: list, shape: tuple, dtype: Any) -> np.ndarray:
    elements = op.attributes["value"]
    if not elements.is_splat:
        return np.array(ir.DenseElementsAttr(elements)).astype(dtype).reshape(shape)
    text = str(elements).removeprefix("dense<").split(">", 1)[0]
    if text in ("true", "false"):
        return np.full(shape, text == "true", dtype)
    if text.startswith("0x"):
        width = np.dtype(dtype).itemsize
        return np.full(shape, np.frombuffer(int(text, 16).to_bytes(width, "little"), dtype)[0])
    return np.full(shape, float(text) if np.issubdtype(dtype, np.floating) else int(text), dtype)


def _divide(op: Any, x: list, shape: tuple, dtype: Any) -> np.ndarray:
    if np.issubdtype(dtype, np.floating):
        return np.divide(x[0], x[1])
    return np.where(x[1] == 0, -1, np.trunc(x[0] / np.where(x[1] == 0, 1, x[1]))).astype(dtype)


def _broadcast(op: Any, x: list, shape: tuple, dtype: Any) -> np.ndarray:
    view = [1] * len(shape)
    for source, target in enumerate(_ints(op, "broadcast_dimensions")):
        view[target] = x[0].shape[source]
    return np.broadcast_to(x[0].reshape(view), shape)


def _compare(op: Any, x: list, shape: tuple, dtype: Any) -> np.ndarray:
    direction = str(op.attributes["comparison_direction"]).split()[-1].rstrip(">")
    return _COMPARE[direction](x[0], x[1])


def _convert(op: Any, x: list, shape: tuple, dtype: Any) -> np.ndarray:
    return x[0].astype(dtype)


def _slice(op: Any, x: list, shape: tuple, dtype: Any) -> np.ndarray:
    ranges = zip(_ints(op, "start_indices"), _ints(op, "limit_indices"), _ints(op, "strides"))
    return x[0][tuple(slice(*r) for r in ranges)]


def _concatenate(op: Any, x: list, shape: tuple, dtype: Any) -> np.ndarray:
    return np.concatenate(x, ir.IntegerAttr(op.attributes["dimension"]).value)


def _iota(op: Any, x: list, shape: tuple, dtype: Any) -> np.ndarray:
    axis = ir.IntegerAttr(op.attributes["iota_dimension"]).value
    view = [1] * len(shape)
    view[axis] = shape[axis]
    return np.broadcast_to(np.arange(shape[axis], dtype=dtype).reshape(view), shape)


def _pad(op: Any, x: list, shape: tuple, dtype: Any) -> np.ndarray:
    low, high = _ints(op, "edge_padding_low"), _ints(op, "edge_padding_high")
    return _padded(x[0], low, high, _ints(op, "interior_padding"), x[1])


def _padded(
    x: np.ndarray, low: list[int], high: list[int], interior: list[int], fill: Any
) -> np.ndarray:
    spread = tuple((n - 1) * (i + 1) + 1 if n else 0 for n, i in zip(x.shape, interior))
    out = np.full(tuple(a + n + b for a, n, b in zip(low, spread, high)), fill, x.dtype)
    if any(a < 0 or b < 0 for a, b in zip(low, high)):
        raise Unsupported("negative padding")
    out[tuple(slice(a, a + n, i + 1) for a, n, i in zip(low, spread, interior))] = x
    return out


def _select(op: Any, x: list, shape: tuple, dtype: Any) -> np.ndarray:
    return np.where(x[0], x[1], x[2])


def _dot(op: Any, x: list, shape: tuple, dtype: Any) -> np.ndarray:
    text = str(op.attributes["dot_dimension_numbers"])
    lhs_batch, rhs_batch, lhs_contract, rhs_contract = (
        _listed(text, key)
        for key in (
            "lhs_batching_dimensions",
            "rhs_batching_dimensions",
            "lhs_contracting_dimensions",
            "rhs_contracting_dimensions",
        )
    )
    names = iter("abcdefghijklmnopqrstuvwxyz")
    lhs, rhs = [""] * x[0].ndim, [""] * x[1].ndim
    for i, j in itertools.chain(zip(lhs_batch, rhs_batch), zip(lhs_contract, rhs_contract)):
        lhs[i] = rhs[j] = next(names)
    lhs = [n or next(names) for n in lhs]
    rhs = [n or next(names) for n in rhs]
    out = [lhs[i] for i in lhs_batch]
    out += [n for i, n in enumerate(lhs) if i not in lhs_batch + lhs_contract]
    out += [n for i, n in enumerate(rhs) if i not in rhs_batch + rhs_contract]
    return np.einsum(f"{''.join(lhs)},{''.join(rhs)}->{''.join(out)}", x[0], x[1]).astype(dtype)


def _listed(text: str, key: str) -> list[int]:
    """Returns the integers of `key = [0, 1]` in an attribute's text; absent is empty."""
    if f"{key} = [" not in text:
        return []
    inside = text.split(f"{key} = [", 1)[1].split("]", 1)[0]
    return [int(number) for number in inside.split(",") if number.strip()]


def _convolution(op: Any, x: list, shape: tuple, dtype: Any) -> np.ndarray:
    """Two spatial dimensions, no groups; any layout, padding, stride and dilation."""
    lhs_layout, rhs_layout, out_layout = _conv_layouts(str(op.attributes["dimension_numbers"]))
    for group in ("feature_group_count", "batch_group_count"):
        if ir.IntegerAttr(op.attributes[group]).value != 1:
            raise Unsupported(f"{op.name} with {group}")
    lhs = np.transpose(x[0], [lhs_layout.index(d) for d in "bf01"])
    rhs = np.transpose(x[1], [rhs_layout.index(d) for d in "oi01"])

    def optional(name: str) -> list[int]:
        return _ints(op, name) if name in op.attributes else [1, 1]

    padding = np.array(op.attributes["padding"]) if "padding" in op.attributes else np.zeros((2, 2))
    low, high = ([0, 0, *(int(p[i]) for p in padding)] for i in (0, 1))
    lhs = _padded(lhs, low, high, [0, 0, *(d - 1 for d in optional("lhs_dilation"))], 0)
    rhs = _padded(rhs, [0] * 4, [0] * 4, [0, 0, *(d - 1 for d in optional("rhs_dilation"))], 0)
    if "window_reversal" in op.attributes and any(_ints(op, "window_reversal")):
        flips = _ints(op, "window_reversal")
        rhs = np.flip(rhs, [2 + i for i, flip in enumerate(flips) if flip])
    windows = np.lib.stride_tricks.sliding_window_view(lhs, rhs.shape[2:], (2, 3))
    step = optional("window_strides")
    out = np.einsum("bfyxhw,ofhw->boyx", windows[:, :, :: step[0], :: step[1]], rhs)
    return np.transpose(out, ["bf01".index(d) for d in out_layout]).astype(dtype)


def _conv_layouts(text: str) -> tuple[str, str, str]:
    """Returns "bf01"-like layouts of `#stablehlo.conv<[b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f]>`."""
    inside = text.split("<", 1)[1].rsplit(">", 1)[0]
    lhs, rest = inside.split("x", 1)
    rhs, out = rest.split("->")
    return tuple("".join(c for c in part if c.isalnum()) for part in (lhs, rhs, out))


_STRUCTURAL: dict[str, Callable] = {
    "constant": _constant,
    "divide": _divide,
    "broadcast_in_dim": _broadcast,
    "compare": _compare,
    "convert": _convert,
    "slice": _slice,
    "concatenate": _concatenate,
    "iota": _iota,
    "pad": _pad,
    "select": _select,
    "dot_general": _dot,
    "convolution": _convolution,
    "reshape": lambda op, x, shape, dtype: x[0].reshape(shape),
    "transpose": lambda op, x, shape, dtype: np.transpose(x[0], _ints(op, "permutation")),
    "reverse": lambda op, x, shape, dtype: np.flip(x[0], _ints(op, "dimensions")),
    "bitcast_convert": lambda op, x, shape, dtype: x[0].view(dtype),
}


def _reduce(op: Any, x: list[np.ndarray], values: dict) -> list[np.ndarray]:
    """A reduction of one operand; halves are combined until one slice is left."""
    if len(x) != 2:
        raise Unsupported("stablehlo.reduce of several operands")
    body = op.regions[0].blocks[0]
    axes = _ints(op, "dimensions")
    moved = np.moveaxis(x[0], axes, range(len(axes)))
    rest = moved.shape[len(axes) :]
    slices = moved.reshape(-1, *rest)
    while len(slices) > 1:
        half = len(slices) // 2
        combined = _block(body, [slices[:half], slices[half : 2 * half]], values, None)[0]
        slices = np.concatenate([combined, slices[2 * half :]])
    result = _block(body, [np.broadcast_to(x[1], rest), slices[0]], values, None)[0]
    shape, dtype = _shape(op.results[0].type)
    if result.shape != shape or result.dtype != dtype:
        raise Unsupported(f"stablehlo.reduce: {result.dtype}{result.shape}")
    return [result]
