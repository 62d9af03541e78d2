# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Steps for several devices on their way to remat-opt and back.

`jax.shard_map` around a step leaves one op, `sdy.manual_computation`, whose body is the
program of one device. That body then is what is planned: it is taken out as a function,
and what becomes of it is put back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from remat import convert, sharding
from remat.errors import InputError, ToolchainError

_MANUAL = "sdy.manual_computation"
#: Ops that a step consists of: where most of them are is the step.
_HEAVY = ("stablehlo.convolution", "stablehlo.dot", "stablehlo.dot_general", "stablehlo.while")
#: The share of them that the step inside a shard_map has. One whose backward JAX made, too, is
#: two ops: a third of the work and two thirds.
_STEP_SHARE = 0.75


@dataclass(frozen=True)
class ShardedStep:
    """A step for several devices, as remat-opt plans it.

    Attributes:
        text: generic MLIR with the marks of `remat.sharding`; of a step that a shard_map
            holds, the program of one device.
        whole: then the module around it, else "".
        entry: the name of the entry function.
    """

    text: str
    whole: str
    entry: str

    def restore(self, text: str) -> str:
        """Returns the module, with `text` in the place of `self.text`."""
        if not self.whole:
            return text
        whole = convert.parse_text(self.whole, self.entry)
        new = convert.parse_text(text, self.entry, whole.context)
        with whole.context:
            function = sharding.function_named(whole.operation, self.entry)
            _put_back(sharding.function_named(new.operation, self.entry), _step_in(function))
            sharding.unmark(function)
            return convert.generic_text(whole)


def prepare(text: str, entry: str | None, name: str) -> ShardedStep:
    """Returns the step in `text`, generic MLIR whose calls are inlined, for remat-opt.

    Errors: InputError as `sharding.localize`.
    """
    module = convert.parse_text(text, name)
    with module.context:
        function = _entry_of(module.operation, entry, name)
        symbol = function.attributes["sym_name"].value
        bodies = sharding.localize(module, function, name)
        step = _step_in(function)
        if step is None:
            return ShardedStep(convert.generic_text(module), "", symbol)
        whole = convert.generic_text(module)
        _take_out(function, step, next(types for op, types in bodies if op == step))
        return ShardedStep(convert.generic_text(module), whole, symbol)


def _entry_of(module: Any, entry: str | None, name: str) -> Any:
    """Returns the function that remat-opt would plan, which has checked that there is one."""
    public = [
        op.operation
        for op in module.regions[0].blocks[0].operations
        if op.operation.name == "func.func"
        and op.operation.regions[0].blocks
        and (
            "sym_visibility" not in op.operation.attributes
            or op.operation.attributes["sym_visibility"].value == "public"
        )
    ]
    for wanted in (entry, "main"):
        for function in public:
            if function.attributes["sym_name"].value == wanted:
                return function
    if len(public) == 1:
        return public[0]
    raise InputError(f"{name}: the module has no function @{entry or 'main'} to plan")


def _step_in(function: Any) -> Any:
    """Returns the shard_map in `function` that holds the step, if one does."""
    ops = [op.operation for op in function.regions[0].blocks[0].operations]
    total = _heavy_in(function)
    for op in ops:
        if op.name == _MANUAL and total and _heavy_in(op) > _STEP_SHARE * total:
            return op
    return None


def _heavy_in(root: Any) -> int:
    return sum(op.name in _HEAVY for op in sharding.operations(root))


def _take_out(function: Any, step: Any, local: list[Any]) -> None:
    """Makes the body of `step` the body of `function`.

    `local`: the types of what one device holds of the body's arguments. Arguments of the
    function that the step does not read stay, behind those that it reads: they take
    memory while it runs.
    """
    from jaxlib.mlir import ir

    outer = function.regions[0].blocks[0]
    body = step.regions[0].blocks[0]
    marks = _argument_marks(function, len(outer.arguments))
    position = {value: index for index, value in enumerate(outer.arguments)}
    result = {value: index for index, value in enumerate(step.results)}
    returned = [result.get(value) for value in _last(outer).operands]
    attributes = []
    for operand, type in zip(step.operands, local, strict=True):
        own = marks[position.pop(operand)] if operand in position else {}
        attributes.append(ir.DictAttr.get({sharding.LOCAL: type, **_donation(own, returned)}))
    for value, index in position.items():
        body.add_argument(value.type, ir.Location.unknown())
        kept = {name: mark for name, mark in marks[index].items() if name == sharding.LOCAL}
        attributes.append(ir.DictAttr.get(kept))
    _end_with(body, "func.return")
    inputs, results = [one.type for one in body.arguments], list(_last(body).operands)
    function_type = ir.FunctionType.get(inputs, [one.type for one in results])
    _replace(outer, body)
    function.attributes["function_type"] = ir.TypeAttr.get(function_type)
    function.attributes["arg_attrs"] = ir.ArrayAttr.get(attributes)
    if "res_attrs" in function.attributes:
        del function.attributes["res_attrs"]


def _put_back(function: Any, step: Any) -> None:
    """Makes the body of `function` the body of `step`."""
    body, old = function.regions[0].blocks[0], step.regions[0].blocks[0]
    for index in reversed(range(len(old.arguments), len(body.arguments))):
        if any(True for _ in body.arguments[index].uses):
            raise ToolchainError(
                f"the rewritten step reads argument {index}, which the shard_map does not have; "
                "this is a defect of remat: please report it with the input"
            )
        body.erase_argument(index)
    _end_with(body, "sdy.return")
    _replace(old, body)


def _argument_marks(function: Any, count: int) -> list[dict[str, Any]]:
    if "arg_attrs" not in function.attributes:
        return [{} for _ in range(count)]
    return [{one.name: one.attr for one in marks} for marks in function.attributes["arg_attrs"]]


def _donation(marks: dict[str, Any], returned: list[int | None]) -> dict[str, Any]:
    """Returns the marks of donation: by which of the step's results, where one takes over."""
    from jaxlib.mlir import ir

    kept = {name: mark for name, mark in marks.items() if name == "jax.buffer_donor"}
    aliased = marks.get("tf.aliasing_output")
    target = None if aliased is None else returned[aliased.value]
    if target is not None:
        kept["tf.aliasing_output"] = ir.IntegerAttr.get(aliased.type, target)
    return kept


def _last(block: Any) -> Any:
    return block.operations[len(block.operations) - 1].operation


def _end_with(block: Any, name: str) -> None:
    """Replaces the terminator of `block` by `name`, with the same operands."""
    from jaxlib.mlir import ir

    old = _last(block)
    with old.location, ir.InsertionPoint(old):
        ir.Operation.create(name, operands=list(old.operands))
    old.erase()


def _replace(old: Any, new: Any) -> None:
    """Puts the block `new` where `old` is, which goes with the op that it is left in."""
    from jaxlib.mlir import ir

    region = old.region
    new.append_to(region)
    old.append_to(
        ir.Operation.create("builtin.module", regions=1, loc=ir.Location.unknown()).regions[0]
    )
