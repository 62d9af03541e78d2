# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Steps for several devices: what one device holds and does, for the planner.

A sharded module has global shapes, and a budget is one device's. Shardy, which XLA runs
to partition the module, is run here on a copy; what it finds goes back onto the ops: the
sharding, which then holds for recomputed ops as well, and the marks `remat.local` and
`remat.ways` that the planner reads (docs/concepts/sharding.md).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import prod
from typing import Any

from remat import convert
from remat.errors import InputError

_PARTITIONS = re.compile(r"\bmhlo\.num_partitions = (\d+)")
_QUOTED = re.compile(r'"([^"]*)"')
_TAG = "remat.tag"
LOCAL = "remat.local"
_WAYS = "remat.ways"
_SHARDING = "sdy.sharding"
#: Ops whose work is that of the ops in their regions.
MANUAL = "sdy.manual_computation"
_RUNS_REGIONS = ("stablehlo.while", "stablehlo.case", "stablehlo.if", MANUAL)
#: Ops on which no sharding is set: constants are copied per reader, and what regions and barriers
#: pass on has the sharding of what goes in and comes out.
_NOT_SET = ("sdy.", "stablehlo.constant", *_RUNS_REGIONS, "stablehlo.optimization_barrier")


def partitions(text: str) -> int:
    """Returns over how many devices a module (generic text) is to be partitioned."""
    found = _PARTITIONS.findall(text)
    return max((int(count) for count in found), default=1)


@dataclass(frozen=True)
class Axis:
    """A mesh axis, or the part of one from `pre` on."""

    name: str
    size: int
    pre: int = 1


@dataclass(frozen=True)
class Layout:
    """How a value is divided: the axes that each dimension is divided along."""

    dimensions: tuple[tuple[Axis, ...], ...]

    def local(self, shape: Iterable[int]) -> list[int]:
        """Returns the sizes of one device's part; parts that are uneven are padded."""
        return [
            -(-size // prod(axis.size for axis in axes))
            for size, axes in zip(shape, self.dimensions, strict=True)
        ]

    def axes(self) -> set[Axis]:
        """Returns every axis that some dimension is divided along."""
        return {axis for axes in self.dimensions for axis in axes}


class Meshes:
    """The meshes of a module, by name: the size of each axis."""

    def __init__(self, module: Any) -> None:
        self._axes: dict[str, dict[str, int]] = {}
        for op in module.body.operations:
            if op.operation.name == "sdy.mesh":
                name = op.operation.attributes["sym_name"].value
                self._axes[name] = self._sizes(op.operation.attributes["mesh"])

    @staticmethod
    def _sizes(mesh: Any) -> dict[str, int]:
        from jaxlib.mlir.dialects import sdy

        axes = (sdy.MeshAxisAttr(axis) for axis in sdy.MeshAttr(mesh).axes)
        return {axis.name: axis.size for axis in axes}

    def layout(self, sharding: Any) -> Layout:
        """Returns the layout that a `#sdy.sharding` says."""
        from jaxlib.mlir import ir
        from jaxlib.mlir.dialects import sdy

        sharding = sdy.TensorShardingAttr(sharding)
        mesh = sharding.mesh_or_ref
        if isinstance(mesh, ir.FlatSymbolRefAttr):
            sizes = self._axes[mesh.value]
        else:
            sizes = self._sizes(mesh)
        return Layout(
            tuple(
                tuple(self._axis(sdy.AxisRefAttr(axis), sizes) for axis in found.axes)
                for found in map(sdy.DimensionShardingAttr, sharding.dimension_shardings)
            )
        )

    @staticmethod
    def _axis(axis: Any, sizes: dict[str, int]) -> Axis:
        from jaxlib.mlir.dialects import sdy

        part = axis.sub_axis_info
        if part is None:
            return Axis(axis.name, sizes[axis.name])
        part = sdy.SubAxisInfoAttr(part)
        return Axis(axis.name, part.size, part.pre_size)


def localize(module: Any, entry: Any, name: str) -> list[tuple[Any, list[Any]]]:
    """Marks the ops and arguments of `entry`, a function of `module` without calls.

    Afterwards every op that Shardy gives a sharding has it as `sdy.sharding`. Returns the
    shard_maps (`sdy.manual_computation`), each with the types of what one device holds of
    the arguments of its body.
    Errors: InputError if the shardings are not Shardy's, or Shardy refuses them.
    """
    from jaxlib.mlir import ir
    from jaxlib.mlir.passmanager import PassManager

    _refuse_gspmd(module, name)
    ops = [op for op in operations(entry) if op.results]
    number = ir.IntegerType.get_signless(64)
    for tag, op in enumerate(ops):
        op.attributes[_TAG] = ir.IntegerAttr.get(number, tag)
    copy = module.operation.clone()
    for op in ops:
        del op.attributes[_TAG]
    try:
        PassManager.parse("builtin.module(sdy-propagation-pipeline)").run(copy)
    except ir.MLIRError as error:
        raise InputError(
            f"{name}: Shardy cannot propagate the shardings: {convert.first_line(error)}"
        ) from error
    marker = _Marker(Meshes(module), entry, ops)
    marker.mark(function_named(copy, _symbol(entry)))
    return marker.bodies


def unmark(entry: Any) -> None:
    """Removes what `localize` has written for the planner."""
    from jaxlib.mlir import ir

    for op in operations(entry):
        for name in (LOCAL, _WAYS):
            if name in op.attributes:
                del op.attributes[name]
    if "arg_attrs" in entry.attributes:
        kept = (
            {one.name: one.attr for one in marks if one.name != LOCAL}
            for marks in entry.attributes["arg_attrs"]
        )
        entry.attributes["arg_attrs"] = ir.ArrayAttr.get([ir.DictAttr.get(one) for one in kept])


def _refuse_gspmd(module: Any, name: str) -> None:
    for op in operations(module.operation):
        marks = op.attributes.get("arg_attrs", ())
        names = {entry.name for one in marks for entry in one}
        if "mhlo.sharding" in op.attributes or "mhlo.sharding" in names:
            raise InputError(
                f"{name}: the step's shardings are written for GSPMD (mhlo.sharding on "
                f"'{op.name}'), not for Shardy; export it with jax_use_shardy_partitioner=True, "
                "JAX's default"
            )


def operations(root: Any) -> Iterator[Any]:
    """Yields the ops in the regions of `root`, in order, an op before those in it."""
    for region in root.regions:
        for block in region.blocks:
            for op in block.operations:
                yield op.operation
                yield from operations(op.operation)


def function_named(module: Any, name: str) -> Any:
    """Returns the function `name` of `module`, an operation."""
    for op in module.regions[0].blocks[0].operations:
        if op.operation.name == "func.func" and _symbol(op.operation) == name:
            return op.operation
    raise KeyError(name)


def _symbol(function: Any) -> str:
    return function.attributes["sym_name"].value


class _Marker:
    """Carries what Shardy found in a copy over to the original."""

    def __init__(self, meshes: Meshes, entry: Any, ops: list[Any]) -> None:
        self._meshes = meshes
        self._entry = entry
        self._ops = ops
        #: Of values of the original, the axes along which they are divided.
        self._axes: dict[Any, set[Axis]] = {}
        self.bodies: list[tuple[Any, list[Any]]] = []

    def mark(self, propagated: Any) -> None:
        """Marks arguments and ops of the original with the shardings in `propagated`, the entry
        function of the copy; of an op whose copies disagree, only how far its work is divided.
        """
        self._mark_arguments(propagated)
        found: dict[int, list[Any]] = {}
        for op in operations(propagated):
            if _TAG in op.attributes:
                found.setdefault(op.attributes[_TAG].value, []).append(op)
        for tag, op in enumerate(self._ops):
            # Constants may have been copied for each reader, or left out.
            copies = found.get(tag, [])
            shardings = [_shardings(one) for one in copies]
            if copies and op.name == MANUAL:
                self._enter_manual(op, copies[0])
            if shardings and shardings[0] and all(one == shardings[0] for one in shardings):
                self._mark(op, shardings[0], copies[0])
            elif op.results:
                self._divide(op)

    def _mark_arguments(self, propagated: Any) -> None:
        from jaxlib.mlir import ir

        block = self._entry.regions[0].blocks[0]
        if "arg_attrs" not in propagated.attributes:
            return
        marked = []
        own = self._entry.attributes
        before = (
            list(own["arg_attrs"])
            if "arg_attrs" in own
            else [ir.DictAttr.get({})] * len(block.arguments)
        )
        for argument, attributes, old in zip(
            block.arguments, propagated.attributes["arg_attrs"], before, strict=True
        ):
            entries = {entry.name: entry.attr for entry in old}
            sharding = next((one.attr for one in attributes if one.name == _SHARDING), None)
            if sharding is not None:
                layout = self._meshes.layout(sharding)
                self._axes[argument] = layout.axes()
                entries[LOCAL] = ir.TypeAttr.get(local_type(argument.type, layout))
            marked.append(ir.DictAttr.get(entries))
        own["arg_attrs"] = ir.ArrayAttr.get(marked)

    def _mark(self, op: Any, shardings: list[Any], copy: Any) -> None:
        from jaxlib.mlir import ir

        layouts = [self._meshes.layout(sharding) for sharding in shardings]
        types = []
        for result, layout in zip(op.results, layouts, strict=True):
            self._axes[result] = layout.axes()
            types.append(ir.TypeAttr.get(local_type(result.type, layout)))
        op.attributes[LOCAL] = ir.ArrayAttr.get(types)
        if not op.name.startswith(_NOT_SET):
            op.attributes[_SHARDING] = copy.attributes[_SHARDING]
        self._enter(op)
        self._divide(op)

    def _enter(self, op: Any) -> None:
        """What a loop carries is divided as the loop's results are."""
        if op.name in _RUNS_REGIONS:
            for block in (block for region in op.regions for block in region.blocks):
                if len(block.arguments) == len(op.results):
                    for argument, result in zip(block.arguments, op.results, strict=True):
                        self._axes[argument] = self._axes[result]

    def _enter_manual(self, op: Any, copy: Any) -> None:
        """What a shard_map reads comes in divided; the axes that it names are used up."""
        from jaxlib.mlir import ir
        from jaxlib.mlir.dialects import sdy

        types = []
        manual = set(_QUOTED.findall(str(op.attributes["manual_axes"])))
        shardings = sdy.TensorShardingPerValueAttr(copy.attributes["in_shardings"]).shardings
        arguments = op.regions[0].blocks[0].arguments
        for operand, argument, sharding in zip(op.operands, arguments, shardings, strict=True):
            layout = self._meshes.layout(sharding)
            self._axes[argument] = {axis for axis in layout.axes() if axis.name not in manual}
            types.append(ir.TypeAttr.get(local_type(operand.type, layout)))
        self.bodies.append((op, types))

    def _divide(self, op: Any) -> None:
        """Says by how many devices the work of `op` is divided."""
        from jaxlib.mlir import ir

        if op.name in _RUNS_REGIONS:
            return
        axes: set[Axis] = set()
        for value in (*op.operands, *op.results):
            axes |= self._axes.get(value, set())
        ways = devices_along(axes)
        if ways > 1:
            op.attributes[_WAYS] = ir.IntegerAttr.get(ir.IntegerType.get_signless(64), ways)


def _shardings(op: Any) -> list[Any]:
    """Returns the shardings of the results of `op`, none where Shardy gives none."""
    from jaxlib.mlir.dialects import sdy

    if op.name in ("sdy.reshard", "sdy.sharding_constraint"):
        return [op.attributes["sharding"]]
    attribute = "out_shardings" if op.name == MANUAL else _SHARDING
    if attribute not in op.attributes:
        return []
    return list(sdy.TensorShardingPerValueAttr(op.attributes[attribute]).shardings)


def devices_along(axes: Iterable[Axis]) -> int:
    """Returns how many devices lie along `axes`, parts of one axis counted once."""
    parts: dict[str, set[tuple[int, int]]] = {}
    for axis in axes:
        parts.setdefault(axis.name, set()).add((axis.pre, axis.pre * axis.size))
    ways = 1
    for spans in parts.values():
        ends = sorted({end for span in spans for end in span})
        for low, high in itertools.pairwise(ends):
            if any(first <= low and high <= last for first, last in spans):
                ways *= high // low
    return ways


def local_type(type: Any, layout: Layout) -> Any:
    """Returns the type of what one device holds of a value of `type`."""
    from jaxlib.mlir import ir

    tensor = ir.RankedTensorType(type)
    sizes = layout.local(tensor.shape)
    return ir.RankedTensorType.get(sizes, tensor.element_type, loc=ir.Location.unknown())
