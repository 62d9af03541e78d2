# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The report in a terminal."""

from __future__ import annotations

import io
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from remat.plan import format_bytes
from remat.report import words


def text_of(document: dict[str, Any], limit: int = 20) -> str:
    """Returns a report as plain text, at most 120 columns wide; `limit` rows a table."""
    out = io.StringIO()
    print_report(document, Console(file=out, width=120, color_system=None), limit)
    return out.getvalue()


def print_report(document: dict[str, Any], console: Console, limit: int = 20) -> None:
    """Prints a report: headline, who is live at the peak, what runs again, the curve."""
    figures = [*words.summary(document), *words.price(document)]
    width = max(len(figure.label) for figure in figures)
    for one in figures:
        note = f"   ({one.note})" if one.note else ""
        _line(console, f"{one.label:<{width}}   {one.value}{note}")
    shown = document["planned"] or document["plain"]
    what = "the planned peak" if document["planned"] else "the plain peak"
    if limit:
        _peak(document, shown, what, console, limit)
        if document["planned"]:
            _values(document, console, limit)
        _measured(document, console, limit)
    _curve(document, console)
    _rivals(document, console)


def _line(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)


def _peak(
    document: dict[str, Any], shown: dict[str, Any], what: str, console: Console, limit: int
) -> None:
    timeline = shown["timeline"]
    rows = timeline["at_peak"]
    op = timeline["peak_op"]
    _line(
        console,
        f"\n{what} is at step {timeline['peak_step']} of {timeline['steps']}: "
        f"{op['op']} {words.place(op)}".rstrip(),
    )
    for name, key in words.groupings(rows):
        if name == "op":
            continue
        groups = words.grouped(rows, key)
        table = _table(f"live at {what}, by {name}", (name, "bytes", "share", "values"))
        for group, size, count in groups[:limit]:
            share = size / shown["peak"] if shown["peak"] else 0.0
            _row(table, group, f"{size:,}", f"{share:.1%}", str(count))
        _rest(table, groups[limit:])
        console.print(table)
    table = _table(
        f"the {min(limit, len(rows))} largest of {len(rows)} values live at {what}",
        ("value", "bytes", "kind", "op", "source"),
    )
    for row in rows[:limit]:
        _row(table, row["value"], f"{row['bytes']:,}", row["kind"], row["op"], words.place(row))
    console.print(table)


def _rest(table: Table, groups: list[tuple[str, int, int]]) -> None:
    if groups:
        size, count = sum(g[1] for g in groups), sum(g[2] for g in groups)
        _row(table, f"({len(groups)} more)", f"{size:,}", "", str(count))


def _values(document: dict[str, Any], console: Console, limit: int) -> None:
    rows = words.choices(document)
    table = _table(
        f"the {min(limit, len(rows))} largest of {len(rows)} forward values that the backward "
        "reads",
        ("value", "bytes", "plan", "cost of a run", "op", "source"),
    )
    for row in rows[:limit]:
        cost = words.cost_text(row["cost"], document["cost_unit"])
        _row(
            table,
            *(row["value"], f"{row['bytes']:,}", words.fate(row), cost, row["op"]),
            words.place(row),
        )
    console.print(table)


def _measured(document: dict[str, Any], console: Console, limit: int) -> None:
    measured = document["measured"]
    if not measured:
        return
    for key in ("plain", "planned"):
        rows = (measured.get(key) or {}).get("at_peak", [])
        if not rows:
            continue
        name = "rewritten" if key == "planned" else "plain"
        table = _table(
            f"the {min(limit, len(rows))} largest of {len(rows)} buffers that "
            f"{measured['compiler']} has live at the peak of the {name} step",
            ("buffer", "bytes", "kind", "source"),
        )
        for row in rows[:limit]:
            _row(table, row["value"], f"{row['bytes']:,}", row["kind"], words.place(row))
        console.print(table)
    heads, trials = words.trials(document)
    if trials:
        table = _table(f"programs compiled for {measured['title']}", tuple(heads))
        for cells in trials:
            _row(table, *cells)
        console.print(table)


def _curve(document: dict[str, Any], console: Console) -> None:
    curve = document["curve"]
    if not curve:
        return
    unit, base = document["cost_unit"], document["plain"]["cost"]
    table = _table(
        "what a budget costs", ("peak", "of plain", "overhead", "bound", "price of a byte less")
    )
    for point in reversed(curve["points"]):
        share = point["peak"] / document["plain"]["peak"] if document["plain"]["peak"] else 1.0
        _row(
            table,
            format_bytes(point["peak"]),
            f"{share:.1%}",
            words.percent(point["cost"] / base - 1 if base else 0.0),
            words.percent(point["bound"] / base - 1 if base else 0.0),
            words.price_text(point["price"], unit),
        )
    console.print(table)


def _rivals(document: dict[str, Any], console: Console) -> None:
    rows, columns = words.rivals(document), words.rival_columns(document)
    if not rows:
        return
    table = _table("compared with", ("step", *(head for head, _, _ in columns)))
    for row in rows:
        said = ("" if row[key] is None else say(row[key]) for _, key, say in columns)
        _row(table, row["name"], *said)
    console.print(table)


#: Columns of numbers.
_RIGHT = {
    *("bytes", "share", "values", "of plain", "overhead", "bound", "peak", "cost of a run"),
    *("measured peak", "cost", "estimated time, us", "planned for", "expected", "temporaries"),
}


def _table(title: str, columns: tuple[str, ...]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    for name in columns:
        table.add_column(name, justify="right" if name in _RIGHT else "left", overflow="fold")
    return table


def _row(table: Table, *cells: str) -> None:
    table.add_row(*(Text(cell) for cell in cells))
