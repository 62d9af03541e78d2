# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""XLA's buffer assignment as memory over time, and who is live at its peak."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from remat.errors import ToolchainError
from remat.xla import hlo

if TYPE_CHECKING:
    import numpy as np

_ALLOCATION = re.compile(r"^allocation (\d+): size (\d+)(.*)$")
_VALUE = re.compile(r"^ value: <\d+ (\S+?)(\{[\d,]*\})? @(\d+)> \(size=(\d+),offset=(\d+)\): (.*)$")
_RANGE = re.compile(r"^    (\S+?)(\{[\d,]*\}):(\d+)-(\d+)$")
_STEPS = re.compile(r"^HloLiveRange \(max (\d+)\):")


@dataclass(frozen=True)
class LiveBuffer:
    """Memory that is in use at the peak.

    Attributes:
        bytes: of the buffer, padding included.
        kind: "argument", "output" or "temporary".
        name: of the HLO instruction that makes it, with its tuple index ("fusion.7{1}").
        opcode: of that instruction, with a fusion's kind or a custom call's target.
        shape: of the value, layout included.
        source: "file:line" of the program, or "".
        op_name: the framework's name for the op, or "".
        defined, last: steps of the schedule.
    """

    bytes: int
    kind: str
    name: str
    opcode: str
    shape: str
    source: str
    op_name: str
    defined: int
    last: int


@dataclass(frozen=True)
class Assignment:
    """XLA's buffer assignment for one module. All sizes are bytes of the device's memory.

    Attributes:
        steps: instructions in the schedule, those of loop bodies once.
        timeline: (step, live bytes from there on), arguments, outputs and temporaries; one
            entry per change, ascending, the first at step 0.
        peak: the most of `timeline`.
        peak_step: the first step with that.
        buffers: what is live there, the largest first.
    """

    steps: int
    timeline: tuple[tuple[int, int], ...]
    peak: int
    peak_step: int
    buffers: tuple[LiveBuffer, ...]

    @property
    def temporaries(self) -> int:
        """Bytes of temporaries at the peak: at most XLA's temp, which has gaps as well."""
        return sum(buffer.bytes for buffer in self.buffers if buffer.kind == "temporary")

    @property
    def scratch(self) -> int:
        """Bytes of temporaries at the peak that a library call takes for itself alone."""
        return sum(
            buffer.bytes
            for buffer in self.buffers
            if buffer.kind == "temporary"
            and buffer.opcode.startswith("custom-call")
            and buffer.defined == buffer.last
        )

    def to_json(self) -> dict[str, Any]:
        """Returns what `from_json` reads."""
        return asdict(self)

    @staticmethod
    def from_json(data: dict[str, Any]) -> Assignment:
        """Returns the assignment that `to_json` wrote."""
        return Assignment(
            steps=data["steps"],
            timeline=tuple((step, size) for step, size in data["timeline"]),
            peak=data["peak"],
            peak_step=data["peak_step"],
            buffers=tuple(LiveBuffer(**one) for one in data["buffers"]),
        )


@dataclass(frozen=True, slots=True)
class _Value:
    name: str
    index: str
    size: int
    offset: int
    shape: str


@dataclass(slots=True)
class _Allocation:
    size: int
    about: str
    values: list[_Value]

    @property
    def argument(self) -> bool:
        return ", parameter " in self.about

    @property
    def output(self) -> bool:
        return "maybe-live-out" in self.about

    @property
    def temporary(self) -> bool:
        # Other colours are other memories (a TPU's on-chip ones).
        return "preallocated-temp" in self.about and ", color " not in self.about


class BufferAssignment:
    """XLA's dump `*-buffer-assignment.txt`: its allocations and what lies in each."""

    def __init__(self, text: str) -> None:
        """Reads the dump. Errors: ToolchainError if it is none."""
        self._allocations: list[_Allocation] = []
        for line in text.splitlines():
            found = _ALLOCATION.match(line)
            if found:
                self._allocations.append(_Allocation(int(found[2]), found[3], []))
                continue
            found = _VALUE.match(line)
            if found and self._allocations:
                self._allocations[-1].values.append(
                    _Value(found[1], found[2] or "{}", int(found[4]), int(found[5]), found[6])
                )
        if not self._allocations:
            raise ToolchainError("XLA's buffer assignment holds no allocation; its format changed")

    def sizes(self) -> dict[str, int]:
        """Returns temp, arguments, outputs and alias as XLA's memory statistics have them."""
        every = self._allocations
        return {
            "temp": sum(one.size for one in every if one.temporary),
            "arguments": sum(one.size for one in every if one.argument),
            "outputs": sum(one.size for one in every if one.output),
            "alias": sum(one.size for one in every if one.argument and one.output),
        }

    def over_time(self, live_ranges: str, program: hlo.Program) -> Assignment:
        """Returns memory over time.

        `live_ranges` is XLA's dump `*-live-range.txt`, `program` the optimised program. Of
        values that share bytes, the largest stands for them.
        """
        import numpy as np  # here, for the `remat` command starts without it

        ranges, steps = _live_ranges(live_ranges)
        fixed = [one for one in self._allocations if one.argument or one.output]
        base = sum(one.size for one in fixed)
        live = np.zeros(steps + 1, dtype=np.int64)
        for allocation in self._allocations:
            if allocation.temporary:
                live += _occupied(allocation.values, ranges, steps)
        peak_step = int(np.argmax(live))
        describe = _Describer(program, ranges, steps)
        buffers = [describe.fixed(one) for one in fixed]
        for allocation in self._allocations:
            if allocation.temporary:
                buffers += [
                    describe.value(one, size, "temporary")
                    for one, size in _at(allocation.values, ranges, peak_step)
                ]
        buffers.sort(key=lambda buffer: (-buffer.bytes, buffer.defined, buffer.name))
        changes = np.flatnonzero(np.diff(live)) + 1
        timeline = tuple((int(step), base + int(live[step])) for step in (0, *changes))
        return Assignment(
            steps=steps,
            timeline=timeline,
            peak=base + int(live[peak_step]),
            peak_step=peak_step,
            buffers=tuple(buffers),
        )


_Ranges = dict[tuple[str, str], tuple[int, int]]


def _live_ranges(text: str) -> tuple[_Ranges, int]:
    """Returns [definition, last use] by instruction and tuple index, and the last step."""
    ranges: _Ranges = {}
    steps = 0
    for line in text.splitlines():
        found = _RANGE.match(line)
        if found:
            ranges[found[1], found[2]] = (int(found[3]), int(found[4]))
            continue
        found = _STEPS.match(line)
        if found:
            steps = int(found[1])
        elif line.startswith("  Live ranges at"):
            break
    if not ranges:
        raise ToolchainError("XLA's live ranges hold no value; their format changed")
    return ranges, max(steps, max(last for _, last in ranges.values()))


def _occupied(values: list[_Value], ranges: _Ranges, steps: int) -> np.ndarray:
    """Returns how many bytes of an allocation some live value covers, by step."""
    import numpy as np

    known = [
        (one, ranges[one.name, one.index]) for one in values if (one.name, one.index) in ranges
    ]
    if not known:
        return np.zeros(steps + 1, dtype=np.int64)
    cuts = np.unique([edge for one, _ in known for edge in (one.offset, one.offset + one.size)])
    lengths = np.diff(cuts)
    covered = np.zeros(len(lengths), dtype=np.int32)
    events = []
    for one, (start, last) in known:
        part = slice(*np.searchsorted(cuts, (one.offset, one.offset + one.size)))
        events.append((start, 1, part))
        events.append((last + 1, -1, part))
    change = np.zeros(steps + 2, dtype=np.int64)
    for step, sign, part in sorted(events, key=lambda event: (event[0], -event[1])):
        before = covered[part] > 0
        covered[part] += sign
        after = covered[part] > 0
        change[step] += int(lengths[part][after].sum()) - int(lengths[part][before].sum())
    return np.cumsum(change)[: steps + 1]


def _at(values: list[_Value], ranges: _Ranges, step: int) -> list[tuple[_Value, int]]:
    """Returns the values live at `step` and the bytes that each adds to those before it."""
    live = []
    for one in values:
        start, last = ranges.get((one.name, one.index), (1, 0))
        if one.size and start <= step <= last:
            live.append((one, start))
    live.sort(key=lambda entry: (-entry[0].size, entry[1], entry[0].name, entry[0].index))
    taken = _Taken()
    found = []
    for one, _ in live:
        if added := taken.add(one.offset, one.offset + one.size):
            found.append((one, added))
    return found


class _Taken:
    """The bytes that some of several intervals cover."""

    def __init__(self) -> None:
        self._parts: list[tuple[int, int]] = []  # ascending, and apart from each other

    def add(self, low: int, high: int) -> int:
        """Covers [low, high) and returns how many of its bytes were not covered before."""
        first = bisect_left(self._parts, low, key=lambda part: part[1])
        end = bisect_right(self._parts, high, key=lambda part: part[0])
        before = self._parts[first:end]
        covered = sum(max(0, min(high, stop) - max(low, start)) for start, stop in before)
        starts, stops = zip((low, high), *before)
        self._parts[first:end] = [(min(starts), max(stops))]
        return high - low - covered


class _Describer:
    """Makes `LiveBuffer`s of values."""

    def __init__(self, program: hlo.Program, ranges: _Ranges, steps: int) -> None:
        self._program = program
        self._by_name = {one.name: one for one in program.instructions()}
        self._ranges = ranges
        self._steps = steps

    def value(self, value: _Value, size: int, kind: str) -> LiveBuffer:
        """`size` bytes of `value`."""
        instruction = self._by_name.get(value.name)
        source, op_name = self._program.origin(instruction) if instruction else ("", "")
        defined, last = self._ranges.get((value.name, value.index), (0, self._steps))
        return LiveBuffer(
            bytes=size,
            kind=kind,
            name=value.name + (value.index if value.index != "{}" else ""),
            opcode=instruction.kind if instruction else "",
            shape=value.shape,
            source=source,
            op_name=op_name,
            defined=defined,
            last=last,
        )

    def fixed(self, allocation: _Allocation) -> LiveBuffer:
        """An argument or an output: there from the first step to the last."""
        kind = "argument" if allocation.argument else "output"
        values = allocation.values
        largest = max(values, key=lambda one: one.size, default=_Value("", "{}", 0, 0, ""))
        if allocation.argument:
            parameters = [one for one in values if self._is_parameter(one.name)]
            largest = parameters[0] if parameters else largest
        return self.value(largest, allocation.size, kind)

    def _is_parameter(self, name: str) -> bool:
        instruction = self._by_name.get(name)
        return instruction is not None and instruction.opcode == "parameter"
