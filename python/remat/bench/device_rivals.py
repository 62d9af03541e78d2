# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What else saves memory under XLA, measured by the same compiler: the rivals' programs."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from remat import progress
from remat.bench.device_rows import DeviceRow, Fitter, Point
from remat.errors import RematError
from remat.xla.measure import Measurement, measure
from remat.xla.targets import Target
from remat.zoo import ZooModel

#: Differences below this share are ties.
TIE = 0.05
#: Limits for XLA's own rematerialisation, as shares of the plain program's temporaries. It
#: already acts at 1: it has a count of its own, made before buffers are assigned.
XLA_LIMITS = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4)
#: XLA gives a program this share of the device's memory, and of what arguments and results leave
#: of that (those that share memory counted once) it keeps 5 % back
#: (GetSchedulerMemoryLimit, xla_gpu_memory_limit_slop_factor).
_XLA_SHARE, _XLA_SLOP = 0.8, 0.95


@dataclass(frozen=True)
class RivalRow:
    """One rival's program, and what the closed loop does with its bytes and its time.

    Attributes:
        rival: what saved the memory.
        outcome: "measured"; "beaten" by another rival's program, which needs no more and takes
            no longer, so that only that is held against ours; or "failed". `message` says by
            which and why.
        temp, time_ratio, flops_ratio: the rival's, as in `DeviceRow`.
        our_temp, our_time_ratio: of our program at a budget of the rival's bytes; None if the
            loop refused that.
        at_bytes: "win", "tie" or "loss" of our time at the rival's bytes.
        at_time: the same of our bytes at the rival's time.
    """

    model: str
    target: str
    rival: str
    outcome: str
    plain: int
    message: str = ""
    temp: int | None = None
    time_ratio: float | None = None
    flops_ratio: float | None = None
    our_temp: int | None = None
    our_time_ratio: float | None = None
    at_bytes: str = ""
    at_time: str = ""

    def broken(self) -> list[str]:
        """Returns where the rival is better, each as a message."""
        place = f"{self.model} for {self.target}: '{self.rival}'"
        found = []
        if self.at_bytes == "loss":
            ours = "refuse" if self.our_temp is None else f"take x{self.our_time_ratio:.3f}"
            found.append(f"{place} takes x{self.time_ratio:.3f} in {self.temp} B, where we {ours}")
        if self.at_time == "loss":
            found.append(
                f"{place} needs {self.temp} B at x{self.time_ratio:.3f}, and no program of ours "
                "that is as fast needs as little"
            )
        return found


@dataclass(frozen=True)
class _Program:
    rival: str
    measured: Measurement | None
    message: str = ""


def compare(model: ZooModel, fitter: Fitter, target: Target) -> Iterator[RivalRow]:
    """Yields a row for each of the rivals' programs for `model`; none for one seen before."""
    seen: list[tuple[str, Point]] = []
    rows = []
    for program in _programs(model, fitter, target):
        row = RivalRow(
            model.name, target.name, program.rival, "failed", fitter.plain.temp, program.message
        )
        if program.measured is None:
            rows.append(row)
            continue
        theirs = fitter.point(program.measured)
        if any(_same(theirs, point) for _, point in seen):
            continue
        seen.append((program.rival, theirs))
        rows.append(
            replace(
                row,
                outcome="measured",
                temp=theirs.temp,
                time_ratio=theirs.time_ratio,
                flops_ratio=fitter.flops_ratio(program.measured),
            )
        )
    for row in rows:
        if row.outcome == "failed":
            yield row
        else:
            yield from _against_ours(row, seen, fitter)


def _against_ours(
    row: RivalRow, rivals: list[tuple[str, Point]], fitter: Fitter
) -> Iterator[RivalRow]:
    """Yields `row` with what the closed loop does; KeyboardInterrupt if the user ended that."""
    theirs = Point(row.temp, row.time_ratio)
    better = [name for name, point in rivals if name != row.rival and _beats(point, theirs)]
    if better:
        yield replace(row, outcome="beaten", message=f"beaten by {better[0]}")
        return
    ours = fitter.fit(str(theirs.temp))
    if ours.outcome == "failed":
        yield replace(row, outcome="failed", message=f"ours at its {theirs.temp} B: {ours.message}")
        return
    at_bytes, at_time = verdicts(theirs, ours, fitter.points)
    yield replace(
        row,
        our_temp=ours.temp,
        our_time_ratio=ours.time_ratio,
        at_bytes=at_bytes,
        at_time=at_time,
    )
    if ours.interrupted:
        raise KeyboardInterrupt


def _beats(one: Point, other: Point) -> bool:
    """Returns whether `one` is no worse in both; two of a kind are `_same` and not both here."""
    return (
        None not in (one.time_ratio, other.time_ratio)
        and one.temp <= other.temp
        and one.time_ratio <= other.time_ratio
    )


def _same(one: Point, other: Point) -> bool:
    times = one.time_ratio, other.time_ratio
    # Sums of the same times in another order differ in their last bits.
    return one.temp == other.temp and (
        times[0] == times[1] or (None not in times and math.isclose(*times))
    )


def verdicts(theirs: Point, ours: DeviceRow, points: list[Point]) -> tuple[str, str]:
    """Returns how our time compares at the rival's bytes, and our bytes at its time.

    `ours` is the closed loop's answer at the rival's bytes, `points` are all programs of ours.
    Both are empty where times are not known.
    """
    if theirs.time_ratio is None or (ours.temp is not None and ours.time_ratio is None):
        return "", ""
    known = [point for point in points if point.time_ratio is not None]
    near = any(
        point.temp <= theirs.temp * (1 + TIE) and point.time_ratio <= theirs.time_ratio * (1 + TIE)
        for point in known
    )
    no_better = "tie" if near else "loss"
    at_bytes = no_better
    if ours.temp is not None:
        at_bytes = _judged(ours.time_ratio / theirs.time_ratio)
    fast = [point.temp for point in known if point.time_ratio <= theirs.time_ratio]
    wins = bool(fast) and _judged(min(fast) / max(theirs.temp, 1)) == "win"
    return at_bytes, "win" if wins else no_better


def _judged(ours_over_theirs: float) -> str:
    if ours_over_theirs < 1 - TIE:
        return "win"
    return "tie" if ours_over_theirs <= 1 + TIE else "loss"


def _programs(model: ZooModel, fitter: Fitter, target: Target) -> Iterator[_Program]:
    from remat.zoo.blocks import POLICIES

    for policy in POLICIES:
        yield _measured(f"jax.checkpoint, {policy}", model, policy, fitter, target)
    if not target.description:
        return  # its plugin decides what memory XLA's own pass aims at
    for share in XLA_LIMITS:
        limited = replace(target, memory=memory_for(share, fitter.plain))
        yield _measured(f"XLA's own, limit {share:.0%}", model, None, fitter, limited)


def memory_for(share: float, plain: Measurement) -> int:
    """Returns the device memory with which XLA aims at `share` of the plain temporaries."""
    fixed = plain.total - plain.temp
    return int((share * plain.temp / _XLA_SLOP + fixed) / _XLA_SHARE)


def _measured(
    rival: str, model: ZooModel, policy: str | None, fitter: Fitter, target: Target
) -> _Program:
    from remat.zoo.export import export_module

    name = f"{fitter.name}, {rival}"
    try:
        with progress.step(f"{name}: lowering"):
            text = export_module(model, policy).text
        with progress.step(f"{name}: compiling for {target.title}"):
            found = measure(text, target, full=fitter.plain.full, name=name)
    except RematError as error:
        return _Program(rival, None, str(error))
    return _Program(rival, found)
