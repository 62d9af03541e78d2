# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Reads the text of an optimised HLO module: instructions, shapes, where they come from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_ARRAY = re.compile(r"\b([a-z]\w*)\[([\d,<= ]*)\]")
_NAME = re.compile(r"%([\w.-]+)")
_START = re.compile(r"^\s+(ROOT )?%?([\w.-]+) = ")
_HEADER = re.compile(r"^(ENTRY )?%?([\w.-]+) \(.*\{$")
_PAREN = re.compile(r"[()]")
_LAYOUT = re.compile(r"\{[^{}]*\}")
_BITS = re.compile(r"^(?:bf|f|s|u|c|e|i)(\d+)")


@dataclass(frozen=True, slots=True)
class Instruction:
    """One line of a computation.

    Attributes:
        shape: as XLA writes it, layouts included.
        operands: names of instructions of the same computation.
        inner: what stands between the opcode's parentheses.
        rest: what follows them.
    """

    name: str
    shape: str
    opcode: str
    inner: str
    rest: str
    operands: tuple[str, ...]

    def attribute(self, name: str) -> str:
        """Returns the word after `name=`, without "%", or ""."""
        found = re.search(rf"\b{name}=%?([\w.$-]+)", self.rest)
        return found[1] if found else ""

    @property
    def kind(self) -> str:
        """The opcode, for a fusion and a custom call with what it is ("fusion kLoop")."""
        if self.opcode == "fusion":
            triton = '"kind":"__triton' in self.rest
            return "fusion triton" if triton else f"fusion {self.attribute('kind')}".strip()
        if self.opcode == "custom-call":
            found = re.search(r'custom_call_target="([^"]*)"', self.rest)
            return f"custom-call {found[1]}" if found else self.opcode
        return self.opcode


@dataclass(slots=True)
class Computation:
    """A computation: instructions by name, in the order of the schedule."""

    name: str
    instructions: dict[str, Instruction] = field(default_factory=dict)
    root: str = ""


@dataclass(slots=True)
class Program:
    """A module: computations by name."""

    computations: dict[str, Computation]
    entry: str
    stack: dict[int, str] = field(default_factory=dict)

    def instructions(self) -> Iterator[Instruction]:
        """All instructions of all computations."""
        for computation in self.computations.values():
            yield from computation.instructions.values()

    def called(self, instruction: Instruction, attribute: str = "calls") -> Computation | None:
        """Returns the computation that `instruction` calls through `attribute`."""
        return self.computations.get(instruction.attribute(attribute))

    def origin(self, instruction: Instruction) -> tuple[str, str]:
        """Returns ("file:line", op_name) of `instruction`, or of what its fusion ends in."""
        for one in (instruction, *self._ends(instruction)):
            source, name = _metadata(one.rest, self.stack)
            if source or name:
                return source, name
        return "", ""

    def _ends(self, instruction: Instruction) -> Iterator[Instruction]:
        body = self.called(instruction)
        if body and body.root:
            root = body.instructions[body.root]
            yield root
            for name in root.operands:
                yield body.instructions[name]


def array_bytes(shape: str) -> int:
    """Returns the bytes of all arrays in `shape`, without padding."""
    total = 0
    for dtype, extents in _ARRAY.findall(_LAYOUT.sub("", shape)):
        total += (elements(extents) * _bits(dtype) + 7) // 8
    return total


def elements(extents: str) -> int:
    """Returns the product of "2,3,4"."""
    count = 1
    for extent in extents.split(","):
        digits = extent.strip("<= ")
        if digits:
            count *= int(digits)
    return count


def dimensions(shape: str) -> tuple[int, ...]:
    """Returns the extents of the first array in `shape`."""
    found = _ARRAY.search(shape)
    if not found:
        return ()
    return tuple(int(one.strip("<= ")) for one in found[2].split(",") if one.strip())


def last_part(shape: str) -> str:
    """Returns the last array of a tuple of arrays, "" of an array."""
    found = _ARRAY.findall(shape) if shape.startswith("(") else []
    return f"{found[-1][0]}[{found[-1][1]}]" if len(found) > 1 else ""


def element_bits(shape: str) -> int:
    """Returns the bits of an element of the first array in `shape`."""
    found = _ARRAY.search(shape)
    return _bits(found[1]) if found else 0


def _bits(dtype: str) -> int:
    if dtype == "pred":
        return 8
    found = _BITS.match(dtype)
    return int(found[1]) if found else 0


def parse(text: str) -> Program:
    """Reads the text of a module as XLA dumps it."""
    computations: dict[str, Computation] = {}
    entry = ""
    current: Computation | None = None
    for line in text.splitlines():
        if not line.startswith(" "):
            header = _HEADER.match(line)
            current = None
            if header:
                current = Computation(header[2])
                computations[header[2]] = current
                entry = header[2] if header[1] else entry
            continue
        if current is None:
            continue
        found = _instruction(line)
        if found is None:
            continue
        current.instructions[found.name] = found
        if line.lstrip().startswith("ROOT "):
            current.root = found.name
    return Program(computations, entry, _stack(text))


def _instruction(line: str) -> Instruction | None:
    start = _START.match(line)
    if not start:
        return None
    at = start.end()
    end = _closing(line, at) + 1 if line.startswith("(", at) else line.find(" ", at)
    opening = line.find("(", end)
    if end <= 0 or opening < 0:
        return None
    closing = _closing(line, opening)
    if closing < 0:
        return None
    inner = line[opening + 1 : closing]
    return Instruction(
        name=start[2],
        shape=line[at:end],
        opcode=line[end:opening].strip(),
        inner=inner,
        rest=line[closing + 1 :],
        operands=tuple(_NAME.findall(inner)),
    )


def _closing(line: str, opening: int) -> int:
    """Returns where the parenthesis at `opening` is closed, or -1."""
    depth = 0
    for found in _PAREN.finditer(line, opening):
        depth += 1 if found[0] == "(" else -1
        if depth == 0:
            return found.start()
    return -1


def _metadata(rest: str, stack: dict[int, str]) -> tuple[str, str]:
    at = rest.find("metadata={")
    if at < 0:
        return "", ""
    text = rest[at:]
    name = re.search(r'op_name="((?:[^"\\]|\\.)*)"', text)
    file = re.search(r'source_file="([^"]*)"', text)
    line = re.search(r"source_line=(\d+)", text)
    frame = re.search(r"stack_frame_id=(\d+)", text)
    source = ""
    if file and file[1] not in ("", "-"):
        source = f"{file[1]}:{line[1]}" if line else file[1]
    elif frame:
        source = stack.get(int(frame[1]), "")
    return source, name[1] if name else ""


def _stack(text: str) -> dict[int, str]:
    """Returns "file:line" by stack frame, from the tables before the computations."""
    head = text[: max(text.find("\nENTRY"), 0)]
    at = head.find("\nFileNames")
    if at < 0:
        return {}
    tables: dict[str, dict[int, str]] = {}
    table: dict[int, str] = {}
    for line in head[at + 1 :].splitlines():
        if line in ("FileNames", "FunctionNames", "FileLocations", "StackFrames"):
            table = tables.setdefault(line, {})
            continue
        row = re.match(r"^(\d+) (.*)$", line)
        if row:
            table[int(row[1])] = row[2]
        elif line.strip():
            break
    locations = {}
    for key, row in tables.get("FileLocations", {}).items():
        file = re.search(r"file_name_id=(\d+)", row)
        line = re.search(r"\bline=(\d+)", row)
        if file and line:
            name = tables.get("FileNames", {}).get(int(file[1]), "").strip('"')
            locations[key] = f"{name}:{line[1]}"
    frames = {}
    for key, row in tables.get("StackFrames", {}).items():
        at_location = re.search(r"file_location_id=(\d+)", row)
        if at_location:
            frames[key] = locations.get(int(at_location[1]), "")
    return frames
