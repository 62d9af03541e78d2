# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The tables of the page. The script makes a button of each column head that sorts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import Any

from remat.report import words

#: Rows of a table of values; the page says how many there are.
MOST_ROWS = 1000


def plain(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Returns a table as it is; cells that start with a digit stand to the right."""
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in columns)
    body = "".join("<tr>" + "".join(_plain_cell(cell) for cell in row) + "</tr>" for row in rows)
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f'<div class="wide">{table}</div>'


def _plain_cell(cell: str) -> str:
    number = ' class="number"' if cell[:1].isdigit() else ""
    return f"<td{number}>{escape(cell)}</td>"


def sortable(
    name: str, columns: Sequence[tuple[str, bool]], rows: Sequence[Sequence[str]], extra: str = ""
) -> str:
    """Returns a table to sort: columns with whether they are numbers; cells are HTML."""
    head = "".join(
        f'<th scope="col"{" class=number" if number else ""}>{escape(text)}</th>'
        for text, number in columns
    )
    body = "".join(f"<tr>{''.join(row)}</tr>" for row in rows)
    return (
        f'<div class="tall" tabindex="0" role="region" aria-label="{escape(name)}, scrollable">'
        f'<table class="sortable" aria-label="{escape(name)}"{extra}><thead><tr>'
        f"{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def number(value: float, text: str, share: float | None = None) -> str:
    """Returns a cell with a number, which sorts by `value`, and a bar of `share`."""
    bar = f' style="--share:{share * 100:.1f}%"' if share is not None else ""
    kind = "number bar" if share is not None else "number"
    return f'<td class="{kind}" data-value="{value:g}"{bar}>{escape(text)}</td>'


def text(value: str) -> str:
    """Returns a cell with a text."""
    return f"<td>{escape(value)}</td>"


def place(row: dict[str, Any]) -> str:
    """Returns the cell of a source line and scope; its title is the whole path."""
    title = f' title="{escape(row["location"])}"' if row["location"] else ""
    return f'<td class="place"{title}>{escape(words.place(row))}</td>'


def _exact(value: int) -> str:
    return f'<td class="number" data-value="{value}">{value:,}</td>'


def at_peak(document: dict[str, Any]) -> str:
    """Returns who is live at the peaks: by value, and summed by kind, line, scope and op."""
    plain_, planned = document["plain"], document["planned"]
    before = plain_["timeline"]["at_peak"]
    after = planned["timeline"]["at_peak"] if planned else []
    parts, choices = [], []
    most = max(plain_["peak"], planned["peak"] if planned else 0, 1)
    for name, key in words.groupings([*before, *after]):
        choices.append(name)
        parts.append(_view(name, _groups(name, before, after if planned else None, key, most)))
    choices.append("value")
    parts.append(_view("value", _live(before, after if planned else None, most)))
    buttons = "".join(
        f'<label><input type="radio" name="group" value="{escape(name)}"'
        f"{' checked' if i == 0 else ''}> {escape(name)}</label>"
        for i, name in enumerate(choices)
    )
    return (
        f'<fieldset class="switch" data-switch="view" hidden><legend>Group by</legend>{buttons}'
        f"</fieldset>{''.join(parts)}"
    )


def _view(name: str, body: str) -> str:
    return f'<div data-view="{escape(name)}"><h3>By {escape(name)}</h3>{body}</div>'


def _groups(
    name: str,
    before: list[dict[str, Any]],
    after: list[dict[str, Any]] | None,
    key: Callable[[dict[str, Any]], str],
    most: int,
) -> str:
    old = {group: (size, count) for group, size, count in words.grouped(before, key)}
    new = {group: (size, count) for group, size, count in words.grouped(after or (), key)}
    names = list(old) + [group for group in new if group not in old]
    rows = []
    for group in names[:MOST_ROWS]:
        had, count = old.get(group, (0, 0))
        row = [text(group), number(had, f"{had:,}", had / most), _exact(count)]
        if after is not None:
            has, count = new.get(group, (0, 0))
            row += [
                number(has, f"{has:,}", has / most),
                _exact(count),
                number(has - had, f"{has - had:+,}"),
            ]
        rows.append(row)
    columns = [(name, False), ("bytes before", True), ("values", True)]
    if after is not None:
        columns += [("bytes after", True), ("values", True), ("change", True)]
    return sortable(f"Live at the peak, by {name}", columns, rows)


def _live(before: list[dict[str, Any]], after: list[dict[str, Any]] | None, most: int) -> str:
    rows: dict[tuple[str, ...], list[Any]] = {}
    for side, live in enumerate((before, after or ())):
        for row in live:
            key = (row["value"], row["op"], row["scope"], row["location"])
            found = rows.setdefault(key, [0, 0, row])
            found[side] += row["bytes"]
            if row["kind"] == "recomputed":
                found[2] = row
    ordered = sorted(rows.values(), key=lambda one: -max(one[0], one[1]))
    cells = []
    for had, has, row in ordered[:MOST_ROWS]:
        line = [text(row["value"]), number(had, f"{had:,}", had / most)]
        if after is not None:
            line.append(number(has, f"{has:,}", has / most))
        cells.append([*line, text(row["kind"]), text(row["op"]), place(row)])
    columns = [("value", False), ("bytes before", True)]
    if after is not None:
        columns.append(("bytes after", True))
    columns += [("kind", False), ("op", False), ("source", False)]
    return _cut(len(ordered)) + sortable("Live at the peak, by value", columns, cells)


def _cut(count: int) -> str:
    if count <= MOST_ROWS:
        return ""
    return f'<p class="note">The {MOST_ROWS:,} largest of {count:,} values.</p>'


def choices(document: dict[str, Any]) -> str:
    """Returns the forward values that the backward reads: kept or recomputed."""
    if not document["planned"]:
        return ""
    rows = words.choices(document)
    unit = document["cost_unit"]
    again = [row for row in rows if row["executions"] > 1]
    most = max((row["bytes"] for row in rows), default=1) or 1
    cells = [
        [
            text(row["value"]),
            number(row["bytes"], f"{row['bytes']:,}", row["bytes"] / most),
            f'<td data-fate="{"kept" if row["executions"] == 1 else "recomputed"}">'
            f"{escape(words.fate(row))}</td>",
            number(row["cost"], words.cost_text(row["cost"], unit)),
            text(row["op"]),
            place(row),
        ]
        for row in rows[:MOST_ROWS]
    ]
    columns = [
        *(("value", False), ("bytes", True), ("plan", False), ("cost of a run", True)),
        *(("op", False), ("source", False)),
    ]
    kept = sum(row["bytes"] for row in rows if row["executions"] == 1)
    freed = sum(row["bytes"] for row in again)
    return (
        f"<p>Of {len(rows):,} forward values that the backward reads, "
        f"{len(rows) - len(again):,} are kept ({escape(words.short_bytes(kept))}) and "
        f"{len(again):,} are computed again ({escape(words.short_bytes(freed))}).</p>"
        '<div class="filters" hidden><label>Filter <input type="search" id="filter" '
        'autocomplete="off" spellcheck="false" placeholder="op, scope or line"></label>'
        '<fieldset class="switch"><legend>Show</legend>'
        '<label><input type="radio" name="fate" value="" checked> all</label>'
        '<label><input type="radio" name="fate" value="kept"> kept</label>'
        '<label><input type="radio" name="fate" value="recomputed"> recomputed</label></fieldset>'
        '<output id="shown" aria-live="polite"></output></div>'
        + _cut(len(rows))
        + sortable("Forward values that the backward reads", columns, cells, ' id="choices"')
    )


def rivals(document: dict[str, Any]) -> str:
    """Returns the step, the plan and other steps side by side, or nothing without any."""
    rows, columns = words.rivals(document), words.rival_columns(document)
    cells = [
        [
            text(row["name"]),
            *(
                text("") if row[key] is None else number(row[key], say(row[key]))
                for _, key, say in columns
            ),
        ]
        for row in rows
    ]
    heads = [("step", False), *((head, True) for head, _, _ in columns)]
    return sortable("Compared with", heads, cells) if rows else ""
