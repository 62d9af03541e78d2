# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Changes programs a little, at random: wrong rewrites that a checker has to notice."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from jaxlib.mlir import ir

#: Ops of one operand and one type, and of two: any may stand for another.
_UNARY = ["stablehlo." + n for n in ("negate", "exponential", "tanh", "abs", "sine", "logistic")]
_BINARY = ["stablehlo." + n for n in ("add", "subtract", "multiply", "maximum", "minimum")]
_INTEGER = ["stablehlo." + n for n in ("and", "or", "xor")]


@dataclass(frozen=True)
class Mutant:
    """A changed program: what was done to it, and its text (generic, no locations)."""

    change: str
    text: str


def parse(text: str) -> ir.Module:
    """Parses generic text in a context of its own that takes any dialect."""
    context = ir.Context()
    context.allow_unregistered_dialects = True
    from jaxlib.mlir.dialects import chlo, stablehlo

    stablehlo.register_dialect(context)
    chlo.register_dialect(context)
    with context:
        return ir.Module.parse(text)


def plain_text(module: ir.Module) -> str:
    """Prints a module as generic text without locations, constants in full."""
    return module.operation.get_asm(print_generic_op_form=True)


def mutants(text: str, seed: int) -> Iterator[Mutant]:
    """Yields endlessly many mutants of `text`; each differs in one place. Deterministic."""
    generator = random.Random(seed)
    changes = list(KINDS.items())
    while True:
        name, change = generator.choice(changes)
        module = parse(text)
        with module.context, ir.Location.unknown():
            ops = list(_walk(_main(module).regions[0].blocks[0]))
            generator.shuffle(ops)
            done = next(filter(None, (change(generator, op) for op in ops)), None)
            if done is not None and _valid(module.operation):
                yield Mutant(f"{name}: {done}", plain_text(module))


def _valid(op: Any) -> bool:
    """Returns whether `op` and the ops in it still verify, as far as jaxlib knows them."""
    try:
        return op.verify()
    except ir.MLIRError:
        return False


def _main(module: ir.Module) -> Any:
    return next(op.operation for op in module.body.operations if op.operation.name == "func.func")


def _walk(block: Any) -> Iterator[Any]:
    for op in block.operations:
        yield op.operation
        for region in op.operation.regions:
            for inner in region.blocks:
                yield from _walk(inner)


def _swap(generator: random.Random, op: Any) -> str | None:
    """Exchanges two operands of one type that are not the same value."""
    pairs = [
        (i, j)
        for i in range(len(op.operands))
        for j in range(i)
        if op.operands[i].type == op.operands[j].type and op.operands[i] != op.operands[j]
    ]
    if not pairs:
        return None
    i, j = generator.choice(pairs)
    first, second = op.operands[i], op.operands[j]
    op.operands[i], op.operands[j] = second, first
    return f"operands {j} and {i} of {op.name}"


def _redirect(generator: random.Random, op: Any) -> str | None:
    """Lets one operand read another value of its type that is computed before the op."""
    if not len(op.operands):
        return None
    index = generator.randrange(len(op.operands))
    old = op.operands[index]
    block = op.block
    candidates = [v for v in block.arguments if v.type == old.type and v != old]
    for earlier in block.operations:
        if earlier.operation == op:
            break
        candidates += [v for v in earlier.operation.results if v.type == old.type and v != old]
    if not candidates:
        return None
    op.operands[index] = generator.choice(candidates)
    return f"operand {index} of {op.name}"


def _constant(generator: random.Random, op: Any) -> str | None:
    """Changes a constant: to zero, to one, or by a little."""
    if op.name != "stablehlo.constant":
        return None
    type_ = ir.RankedTensorType(op.results[0].type)
    element = str(type_.element_type)
    if element == "i1":
        new = generator.choice(["true", "false"])
    elif element.startswith("f"):
        new = generator.choice(["0.0", "1.0", "-1.0", "0.125", "3.0"])
    else:
        new = generator.choice(["0", "1", "2", "5"])
    attribute = ir.Attribute.parse(f"dense<{new}> : {type_}")
    if attribute == op.attributes["value"]:
        return None
    op.attributes["value"] = attribute
    return f"value {new}"


def _attribute(generator: random.Random, op: Any) -> str | None:
    """Changes a comparison, a permutation, a list of dimensions or the like."""
    names = [
        a
        for a in (
            "comparison_direction",
            "permutation",
            "broadcast_dimensions",
            "dot_dimension_numbers",
            "start_indices",
            "padding",
            "dimensions",
            "window_reversal",
            "iota_dimension",
            "edge_padding_low",
            "dimension_numbers",
        )
        if a in op.attributes
    ]
    if not names:
        return None
    name = generator.choice(names)
    old = op.attributes[name]
    for _ in range(4):
        new = _other_text(generator, str(old))
        if new is None or new == str(old):
            continue
        try:
            op.attributes[name] = ir.Attribute.parse(new)
        except (ir.MLIRError, ValueError):
            continue
        if _valid(op):
            return f"{name} of {op.name}: {old} to {new}"
        op.attributes[name] = old
    return None


def _other_text(generator: random.Random, text: str) -> str | None:
    """Replaces a comparison by another one, or exchanges or shifts two small integers."""
    for direction in ("EQ", "NE", "LT", "LE", "GT", "GE"):
        if f"comparison_direction {direction}" in text:
            new = generator.choice(["EQ", "NE", "LT", "LE", "GT", "GE"])
            return text.replace(f"direction {direction}", f"direction {new}")
    if "true" in text or "false" in text:
        return text.replace("true", "#").replace("false", "true").replace("#", "false")
    start = text.find(":") + 1 if text.startswith("array") else 0
    digits = [
        i
        for i in range(start, len(text))
        if text[i].isdigit() and not text[i - 1].isalnum() and not text[i + 1 : i + 2].isalnum()
    ]
    if not digits or text.endswith(": i64"):
        digits = digits[:1]
    if not digits:
        return None
    i = generator.choice(digits)
    new = generator.choice([d for d in "0123" if d != text[i]])
    return text[:i] + new + text[i + 1 :]


def _rename(generator: random.Random, op: Any) -> str | None:
    """Replaces an elementwise op by another one of the same types."""
    family = next((f for f in (_UNARY, _BINARY, _INTEGER) if op.name in f), None)
    if family is None or op.block.operations[0].operation.name == op.name == "":
        return None
    element = str(ir.RankedTensorType(op.results[0].type).element_type)
    if family is _UNARY and not element.startswith("f"):
        return None
    if family is _BINARY and element == "i1":
        return None
    name = generator.choice([n for n in family if n != op.name])
    new = ir.Operation.create(
        name, [r.type for r in op.results], list(op.operands), ip=ir.InsertionPoint(op)
    )
    op.results[0].replace_all_uses_with(new.results[0])
    old = op.name
    op.erase()
    return f"{old} to {name}"


def _drop(generator: random.Random, op: Any) -> str | None:
    """Removes an op: its readers read one of its operands."""
    if len(op.results) != 1:
        return None
    same = [v for v in op.operands if v.type == op.results[0].type]
    if not same:
        return None
    op.results[0].replace_all_uses_with(generator.choice(same))
    name = op.name
    op.erase()
    return name


def _duplicate(generator: random.Random, op: Any) -> str | None:
    """Runs an op twice, side by side; the first of its readers reads the copy."""
    if len(op.results) != 1 or op.name == "func.func":
        return None
    uses = list(op.results[0].uses)
    if not uses:
        return None
    copy = op.clone(ir.InsertionPoint(op))
    use = uses[-1]
    use.owner.operands[use.operand_number] = copy.operation.results[0]
    return op.name


def _cross(generator: random.Random, op: Any) -> str | None:
    """Exchanges two results of one type: of a barrier or a recomputation."""
    pairs = [
        (a, b) for i, a in enumerate(op.results) for b in list(op.results)[:i] if a.type == b.type
    ]
    if not pairs:
        return None
    first, second = generator.choice(pairs)
    uses = [(list(value.uses), other) for value, other in ((first, second), (second, first))]
    for found, other in uses:
        for use in found:
            use.owner.operands[use.operand_number] = other
    return f"results of {op.name}"


def _guard(generator: random.Random, op: Any) -> str | None:
    """Breaks an op that only guards have: exchanges the branches, negates the test, ..."""
    if op.name == "stablehlo.select":
        op.operands[1], op.operands[2] = op.operands[2], op.operands[1]
        return "branches of select"
    if op.name == "stablehlo.or":
        new = ir.Operation.create(
            "stablehlo.and",
            [r.type for r in op.results],
            list(op.operands),
            ip=ir.InsertionPoint(op),
        )
        op.results[0].replace_all_uses_with(new.results[0])
        op.erase()
        return "or to and"
    return None


KINDS: dict[str, Callable[[random.Random, Any], str | None]] = {
    "swap": _swap,
    "redirect": _redirect,
    "constant": _constant,
    "attribute": _attribute,
    "rename": _rename,
    "drop": _drop,
    "duplicate": _duplicate,
    "cross": _cross,
    "guard": _guard,
}
