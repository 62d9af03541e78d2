# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The tables and the last lines of `remat bench device`."""

from __future__ import annotations

from collections import Counter

from rich.table import Table

from remat.bench.device_rivals import TIE, RivalRow
from remat.bench.device_rows import DeviceRow, errors
from remat.bench.records import counted
from remat.xla.targets import Target


def table(rows: list[DeviceRow], target: Target) -> Table:
    """Returns the fitted budgets as a table for people."""
    out = Table(title=f"temporaries that XLA measures for {target.title}", title_justify="left")
    for name in (
        "model",
        "plain",
        "budget",
        "limit",
        "measured",
        "of plain",
        "within",
        "expected",
        "calibrated",
        "error",
        "time",
        "flops",
        "compiles",
        "s",
    ):
        out.add_column(name, justify="left" if name in ("model", "within") else "right")
    for row in rows:
        out.add_row(
            row.model,
            _size(row.plain),
            row.budget,
            _size(row.limit),
            _size(row.temp),
            _share(row.temp, row.plain),
            _within(row),
            _size(row.expected),
            _size(row.calibrated),
            "-" if row.error is None else f"{row.error:+.1%}",
            _times(row.time_ratio),
            _times(row.flops_ratio),
            str(row.compiles),
            f"{row.seconds:.0f}",
        )
    return out


def _within(row: DeviceRow) -> str:
    if row.outcome == "refused":
        return f"refused: {_size(row.smallest)} reached, floor {_size(row.floor)}"
    if row.outcome == "failed":
        return "failed"
    ended = ", interrupted" if row.interrupted else ""
    if row.limit is None:
        return f"smallest{ended}"
    return ("yes" if row.temp <= row.limit else "NO") + ended


def rivals_table(rows: list[RivalRow], model: str, target: Target) -> Table:
    """Returns the rivals of one model as a table for people."""
    title = f"{model}: rivals, as XLA measures them for {target.title}"
    out = Table(title=title, title_justify="left")
    for name in (
        "rival",
        "measured",
        "of plain",
        "time",
        "flops",
        "ours within",
        "time",
        "at its bytes",
        "at its time",
    ):
        out.add_column(name, justify="left" if name == "rival" or "at " in name else "right")
    for row in rows:
        if row.model != model:
            continue
        if row.outcome == "failed":
            out.add_row(row.rival, "failed")
            continue
        out.add_row(
            row.rival,
            _size(row.temp),
            _share(row.temp, row.plain),
            _times(row.time_ratio),
            _times(row.flops_ratio),
            _ours(row),
            _times(row.our_time_ratio),
            row.at_bytes,
            row.at_time,
        )
    return out


def _ours(row: RivalRow) -> str:
    if row.outcome == "beaten":
        return row.message
    return "refused" if row.our_temp is None else _size(row.our_temp)


def summary(rows: list[DeviceRow], rivals: list[RivalRow]) -> str:
    """Returns how many budgets were kept, how good the calibrated model is, and who won."""
    fitted = sum(row.outcome == "fitted" for row in rows)
    refused = sum(row.outcome == "refused" for row in rows)
    lines = [f"{counted(len(rows), 'budget')}: {fitted} fitted, {refused} refused"]
    mean, worst = errors(rows)
    if worst is not None:
        lines.append(
            f"the calibrated model is within {mean:.1%} on average, {abs(worst.error):.1%} at "
            f"worst ({worst.model} at {worst.budget})"
        )
    if rivals:
        for what, found in (
            ("our time at a rival's bytes", Counter(row.at_bytes for row in rivals)),
            ("our bytes at a rival's time", Counter(row.at_time for row in rivals)),
        ):
            lines.append(
                f"{what}: {counted(found['win'], 'win')}, {found['tie']} within {TIE:.0%}, "
                f"{found['loss']} lost"
            )
        failed = [row for row in rivals if row.outcome == "failed"]
        lines += [f"{row.model}, {row.rival}: {row.message}" for row in failed]
    return "\n".join(lines)


def _size(count: int | None) -> str:
    return "-" if count is None else f"{count / 1e6:,.1f} MB"


def _share(part: int | None, whole: int) -> str:
    return f"{part / whole:.1%}" if part is not None and whole else "-"


def _times(ratio: float | None) -> str:
    return "-" if ratio is None else f"x{ratio:.3f}"
