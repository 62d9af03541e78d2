# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The charts of the page, as SVG text. Colours are classes of the style sheet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Any

from remat.report.kinds import KINDS
from remat.report.words import short_bytes

WIDTH = 960
_LEFT, _RIGHT, _TOP, _BOTTOM = 76, 14, 30, 34
#: Where a plot lies in its drawing: what the script of the page needs to place its cursor.
PLOT = {"left": _LEFT, "right": _RIGHT, "width": WIDTH}


@dataclass(frozen=True)
class Frame:
    """A plot of `x` in [0, x_max] and `y` in [0, y_max], drawn `height` high."""

    x_max: float
    y_max: float
    height: int

    def x(self, value: float) -> float:
        share = value / self.x_max if self.x_max else 0.0
        return round(_LEFT + share * (WIDTH - _LEFT - _RIGHT), 1)

    def y(self, value: float) -> float:
        share = value / self.y_max if self.y_max else 0.0
        return round(self.height - _BOTTOM - share * (self.height - _TOP - _BOTTOM), 1)

    def axes(self, x_text: Callable[[float], str], x_title: str, binary: bool) -> str:
        """Returns grid and labels; `binary`: y is bytes, else a share."""
        parts = []
        y_text = short_bytes if binary else (lambda v: f"{v:.4g}%")
        for tick in ticks(self.y_max, 5, binary):
            at = self.y(tick)
            parts.append(
                f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{at}" y2="{at}"/>'
                f'<text class="tick" x="{_LEFT - 8}" y="{at + 4}" text-anchor="end">'
                f"{escape(y_text(tick))}</text>"
            )
        for tick in ticks(self.x_max, 6, x_text is short_bytes):
            at = self.x(tick)
            parts.append(
                f'<text class="tick" x="{at}" y="{self.height - _BOTTOM + 16}" '
                f'text-anchor="middle">{escape(x_text(tick))}</text>'
            )
        parts.append(
            f'<text class="tick" x="{WIDTH - _RIGHT}" y="{self.height - 4}" '
            f'text-anchor="end">{escape(x_title)}</text>'
        )
        return "".join(parts)

    def upright(self, value: float, label: str, kind: str, row: int = 0) -> str:
        """Returns a vertical line with its label at the top."""
        at = self.x(value)
        left = at < WIDTH * 0.75
        anchor = "start" if left else "end"
        return (
            f'<line class="{kind}" x1="{at}" x2="{at}" y1="{_TOP}" y2="{self.height - _BOTTOM}"/>'
            f'<text class="{kind}-text" x="{at + (5 if left else -5)}" y="{_TOP + 11 + 15 * row}" '
            f'text-anchor="{anchor}">{escape(label)}</text>'
        )


def ticks(most: float, about: int, binary: bool) -> list[float]:
    """Returns round numbers from 0 to `most`: powers of two times 1, 2, 5 if `binary`."""
    if most <= 0:
        return [0.0]
    unit = 1.0
    while binary and most / unit >= 1024:
        unit *= 1024
    power = 1.0
    while most / unit / power / about >= 10:
        power *= 10
    while most / unit / power / about < 1:
        power /= 10
    for factor in (1, 2, 2.5, 5, 10):
        step = unit * power * factor
        if most / step <= about:
            break
    return [i * step for i in range(int(most / step) + 1)]


def stacked(
    timeline: dict[str, Any],
    frame: Frame,
    x_text: Callable[[float], str],
    x_title: str,
    *,
    end: int,
    peak: int,
    budget: int | None = None,
) -> str:
    """Returns memory over time as areas by kind, with the peak and the budget.

    `end`: where the last sample ends, in the unit of the samples' cost.
    """
    samples = timeline["samples"]
    edges = [frame.x(cost) for cost in (0, *samples["cost"][1:], end)]
    floor = [0] * len(samples["step"])
    parts = [frame.axes(x_text, x_title, True)]
    for kind in KINDS:
        held = samples["bytes"].get(kind)
        if held is None or not any(held):
            continue
        top = [low + one for low, one in zip(floor, held)]
        parts.append(
            f'<path class="area {css(kind)}" d="{_area(frame, edges, floor, top)}">'
            f"<title>{escape(kind)}</title></path>"
        )
        floor = top
    for phase, cost in sorted(timeline["phases"].items(), key=lambda item: item[1]):
        if cost or phase == "forward":
            at = frame.x(cost)
            inside = at < WIDTH - _RIGHT - 60
            parts.append(
                f'<line class="phase" x1="{at}" x2="{at}" y1="{_TOP - 14}" '
                f'y2="{frame.height - _BOTTOM}"/>'
                f'<text class="tick" x="{at + (4 if inside else -4)}" y="{_TOP - 6}" '
                f'text-anchor="{"start" if inside else "end"}">{escape(phase)}</text>'
            )
    if budget is not None and budget <= frame.y_max:
        at = frame.y(budget)
        parts.append(
            f'<line class="budget" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{at}" y2="{at}"/>'
            f'<text class="budget-text" x="{WIDTH - _RIGHT - 4}" y="{at - 5}" text-anchor="end">'
            f"budget {escape(short_bytes(budget))}</text>"
        )
    at, high = frame.x(timeline["peak_cost"]), frame.y(peak)
    left = at < WIDTH * 0.8
    parts.append(
        f'<circle class="peak" cx="{at}" cy="{high}" r="4"/>'
        f'<text class="peak-text" x="{at + (8 if left else -8)}" y="{max(high - 4, 10)}" '
        f'text-anchor="{"start" if left else "end"}">peak {escape(short_bytes(peak))}</text>'
    )
    return "".join(parts)


def _area(frame: Frame, edges: list[float], low: list[int], high: list[int]) -> str:
    def edge(values: list[int]) -> list[tuple[float, float]]:
        found: list[tuple[float, float]] = []
        for at, value in zip(edges, values):
            y = frame.y(value)
            if not found or found[-1][1] != y:
                found.append((at, y))
        return found

    upper, lower = edge(high), edge(low)
    start, end = edges[0], edges[-1]
    path = [f"M{start:g} {upper[0][1]:g}"]
    path += [f"H{x:g}V{y:g}" for x, y in upper[1:]]
    path.append(f"H{end:g}V{lower[-1][1]:g}")
    for (x, _), (_, y) in zip(reversed(lower[1:]), reversed(lower[:-1])):
        path.append(f"H{x:g}V{y:g}")
    return "".join(path) + f"H{start:g}Z"


def css(kind: str) -> str:
    """Returns the class of a kind: "optimiser state" is "k-optimiser"."""
    return "k-" + kind.split()[0]


def curve(
    points: list[tuple[int, float, float, str]],
    frame: Frame,
    own: tuple[int, float, str] | None,
    lines: list[tuple[int, str, str]],
) -> str:
    """Returns overhead over peak. `points`: peak, overhead, bound (percent) and a text of
    each; `own`: the plan's; `lines`: bytes, label and class of upright lines."""
    parts = [frame.axes(short_bytes, "peak", False)]
    parts += [frame.upright(*line, row=i) for i, line in enumerate(lines)]
    over = [(frame.x(p[0]), frame.y(p[1])) for p in points]
    under = [(frame.x(p[0]), frame.y(p[2])) for p in points]
    both = [*over, *reversed(under)]
    parts.append(f'<polygon class="gap" points="{_points(both)}"/>')
    parts.append(f'<polyline class="bound" points="{_points(under)}"/>')
    parts.append(f'<polyline class="plan" points="{_points(over)}"/>')
    for (x, y), point in zip(over, points):
        parts.append(
            f'<circle class="dot" cx="{x:g}" cy="{y:g}" r="4"><title>{escape(point[3])}</title>'
            "</circle>"
        )
    if own:
        x, y = frame.x(own[0]), frame.y(own[1])
        parts.append(
            f'<path class="own" d="M{x:g} {y - 9:g}l9 9l-9 9l-9-9z"><title>{escape(own[2])}'
            f'</title></path><text class="peak-text" x="{x + 13:g}" y="{y - 7:g}">this plan</text>'
        )
    return "".join(parts)


def _points(points: list[tuple[float, float]]) -> str:
    return " ".join(f"{x:g},{y:g}" for x, y in points)


def bars(rows: list[tuple[str, int, str]], marks: list[tuple[str, int, str]]) -> tuple[str, int]:
    """Returns the headline's bars and their height. `rows`: label, bytes, class; `marks`:
    label, bytes, class of upright lines."""
    top, pitch, left, right = 8 + 16 * len(marks), 30, 130, 100
    height = top + pitch * len(rows) + 6
    most = max([size for _, size, _ in (*rows, *marks)] + [1])

    def x(size: int) -> float:
        return round(left + size / most * (WIDTH - left - right), 1)

    parts = []
    for i, (label, size, kind) in enumerate(rows):
        y = top + pitch * i
        parts.append(
            f'<text class="label" x="{left - 8}" y="{y + 16}" text-anchor="end">{escape(label)}'
            f'</text><rect class="{kind}" x="{left}" y="{y + 2}" width="{x(size) - left:g}" '
            f'height="20" rx="3"/><text class="label" x="{x(size) + 6}" y="{y + 16}">'
            f"{escape(short_bytes(size))}</text>"
        )
    for i, (label, size, kind) in enumerate(marks):
        at, y = x(size), 14 + 16 * i
        parts.append(
            f'<line class="{kind}" x1="{at}" x2="{at}" y1="{y - 8}" y2="{height - 4}"/>'
            f'<text class="{kind}-text" x="{at + 5}" y="{y + 1}">{escape(label)} '
            f"{escape(short_bytes(size))}</text>"
        )
    return "".join(parts), height
