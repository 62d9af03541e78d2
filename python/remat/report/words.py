# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""How a report says its figures, in the terminal and in the page alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from remat.plan import again_text, fate_text, format_bytes

_SCOPES = {
    "total": "arguments + results + temporaries, donated arguments once",
    "non-arguments": "results + temporaries",
    "temporaries": "temporaries only",
}


#: What each kind of `remat.report.kinds` is, for people.
KIND_TEXTS = (
    ("parameters", "donated arguments that the forward or the backward reads"),
    ("optimiser state", "donated arguments that only the update reads"),
    ("inputs", "arguments that are not donated"),
    ("results", "outputs that take over no argument"),
    ("activations", "made in the forward, read after it"),
    ("recomputed", "made again by the plan"),
    ("gradients", "made in the backward, read by the update or returned"),
    ("temporaries", "everything else that an op makes"),
)


@dataclass(frozen=True)
class Figure:
    """One line of the summary: what, how much, and what else there is to say of it."""

    label: str
    value: str
    note: str = ""


def short_bytes(count: float) -> str:
    """Formats bytes in three digits: "18.6 GiB"."""
    sign, size = ("-" if count < 0 else ""), abs(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1000 or (unit == "GiB" and size < 1024):
            return f"{sign}{size:.3g} {unit}" if size < 100 else f"{sign}{size:.0f} {unit}"
        size /= 1024
    return f"{sign}{size:.3g} TiB" if size < 100 else f"{sign}{size:.0f} TiB"


def cost_text(count: float, unit: str) -> str:
    """Formats a cost: "57.04 ms" of femtoseconds, "29 units"."""
    if unit != "femtoseconds":
        return f"{count:.6g} {unit}"
    if not count:
        return "0"
    for name, size in (("s", 1e15), ("ms", 1e12), ("us", 1e9)):
        if abs(count) >= size:
            return f"{count / size:.4g} {name}"
    return f"{count / 1e6:.4g} ns"


def percent(share: float) -> str:
    """Formats a share: "3.23%", and what is there but rounds to nothing as "below 0.01%"."""
    return "below 0.01%" if 0 < share < 0.00005 else f"{share:.2%}"


def place(row: dict[str, Any]) -> str:
    """Returns where a row comes from: "transformer.py:61 Block_0/LayerNorm_0/add"."""
    return " ".join(part for part in (source(row["location"]), row["scope"]) if part)


def source(location: str) -> str:
    """Returns a source line without its folders: "net/model.py:61" is "model.py:61"."""
    return PurePath(location).name


def scope_text(scope: str) -> str:
    """Returns what a scope counts."""
    return _SCOPES[scope]


def fate(row: dict[str, Any]) -> str:
    """Returns what the plan does with a value: "kept", "runs twice", "runs 3 times"."""
    return fate_text(row["executions"])


def choices(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Returns the forward values that the backward reads, largest first."""
    return sorted((row for row in document["values"] if row["choice"]), key=lambda r: -r["bytes"])


def grouped(
    rows: Iterable[dict[str, Any]], key: Callable[[dict[str, Any]], str]
) -> list[tuple[str, int, int]]:
    """Returns (group, bytes, number of rows) by `key(row)`, largest first, then by name."""
    sums: dict[str, list[int]] = {}
    for row in rows:
        one = sums.setdefault(key(row), [0, 0])
        one[0] += row["bytes"]
        one[1] += 1
    return sorted(((k, b, n) for k, (b, n) in sums.items()), key=lambda g: (-g[1], g[0]))


def by_kind(row: dict[str, Any]) -> str:
    """Returns the group of a row by kind."""
    return row["kind"]


def by_op(row: dict[str, Any]) -> str:
    """Returns the group of a row by op name."""
    return row["op"]


def by_source(row: dict[str, Any]) -> str:
    """Returns the group of a row by source line."""
    return source(row["location"]) or _nowhere(row)


def by_scope(rows: Iterable[dict[str, Any]], most: int = 30) -> Callable[[dict[str, Any]], str]:
    """Returns how to group rows by scope, as deep as gives at most `most` groups.

    The last part of a scope, which names the operation, does not count.
    """
    scopes = {tuple(row["scope"].split("/")[:-1]) for row in rows if row["scope"]}
    depth = max((len(scope) for scope in scopes), default=0)
    while depth > 1 and len({scope[:depth] for scope in scopes}) > most:
        depth -= 1

    def group(row: dict[str, Any]) -> str:
        return "/".join(row["scope"].split("/")[:-1][:depth]) or row["scope"] or _nowhere(row)

    return group


def _nowhere(row: dict[str, Any]) -> str:
    return "(arguments)" if row["op"] == "argument" else "(unknown)"


def groupings(rows: list[dict[str, Any]]) -> list[tuple[str, Callable[[dict[str, Any]], str]]]:
    """Returns the ways to group rows that say something: name, and the group of a row."""
    ways = [("kind", by_kind), ("source line", by_source), ("scope", by_scope(rows)), ("op", by_op)]
    if not any(row["scope"] for row in rows):
        del ways[2]
    if not any(row["location"] for row in rows):
        del ways[1]
    return ways


def headline(document: dict[str, Any]) -> str:
    """Returns the report in a sentence."""
    plain, planned, name = document["plain"], document["planned"], document["name"]
    at = plain["timeline"]["peak_op"]
    if not planned:
        if found := document["measured"]:
            return (
                f"{name} takes {short_bytes(found['plain']['peak'])} on {found['title']}, as "
                f"{found['compiler']} measures it; {short_bytes(plain['peak'])} are predicted."
            )
        where = f" at {at['op']} {place(at)}".rstrip() if at["op"] else ""
        return f"{name} needs {format_bytes(plain['peak'])}{where}."
    share = planned["peak"] / plain["peak"] if plain["peak"] else 1.0
    overhead = planned["cost"] / plain["cost"] - 1 if plain["cost"] else 0.0
    price_ = f"for {percent(overhead)} more cost" if overhead else "at no cost"
    measured = document["measured"]
    if measured and measured["planned"]:
        return _measured_headline(document, measured, measured["planned"])
    return (
        f"{name} fits {short_bytes(planned['peak'])}, {share:.1%} of its plain peak "
        f"{short_bytes(plain['peak'])}, {price_}."
    )


def _measured_headline(
    document: dict[str, Any], measured: dict[str, Any], one: dict[str, Any]
) -> str:
    said = (
        f"{document['name']} takes {short_bytes(one['peak'])} on {measured['title']}, as "
        f"{measured['compiler']} measures it"
    )
    plain = measured["plain"]
    share = one["peak"] / plain["peak"] if plain["peak"] else 1.0
    said += f": {share:.1%} of the plain step's {short_bytes(plain['peak'])}"
    budget = document["planned"]["budget"]
    if budget is None:
        return f"{said}."
    over = one["peak"] - budget
    if over > 0:
        return f"{said}. That is {short_bytes(over)} more than the budget {short_bytes(budget)}."
    return f"{said}, within the budget {short_bytes(budget)}."


def summary(document: dict[str, Any]) -> list[Figure]:
    """Returns the headline of a report."""
    plain, planned = document["plain"], document["planned"]
    unit, measured = document["cost_unit"], document["measured"] or {}
    found = []
    if planned and planned["budget"] is not None:
        found.append(
            Figure("budget", format_bytes(planned["budget"]), f"scope {document['scope']}")
        )
    found.append(
        Figure(
            "plain peak",
            format_bytes(plain["peak"]),
            f"predicted by memory model '{document['memory_model']}'; scope {document['scope']}",
        )
    )
    if planned:
        share = planned["peak"] / plain["peak"] if plain["peak"] else 1.0
        found.append(Figure("planned peak", format_bytes(planned["peak"]), f"{share:.1%} of plain"))
    for label, key in (("measured plain", "plain"), ("measured", "planned")):
        if one := measured.get(key):
            found.append(Figure(label, format_bytes(one["peak"]), _measured_note(measured)))
    times = [(measured.get(key) or {}).get("time_us") for key in ("plain", "planned")]
    if all(times):
        note = f"x{times[1] / times[0]:.3f}: {times[1]:.6g} us instead of {times[0]:.6g} us"
        found.append(Figure("estimated time", f"{times[1] / times[0] - 1:+.2%}", note))
    if planned:
        overhead = planned["cost"] / plain["cost"] - 1 if plain["cost"] else 0.0
        gap = planned["cost"] / planned["bound"] - 1 if planned["bound"] else 0.0
        order = "the reordered" if planned["order"] == "reorder" else "this base"
        again = planned["recomputations"]
        found += [
            Figure(
                "overhead",
                percent(overhead),
                f"{cost_text(planned['cost'], unit)} instead of "
                f"{cost_text(plain['cost'], unit)}; cost table {document['cost_table'] or '-'}",
            ),
            Figure(
                "bound",
                cost_text(planned["bound"], unit),
                f"certified for {order} order: {planned['status']}, gap {percent(gap)}",
            ),
            Figure(
                "recomputed",
                f"{again} execution{'s' if again != 1 else ''}",
                again_text(
                    planned["product_recomputations"], planned.get("loop_recomputations", 0)
                ),
            ),
        ]
    else:
        found.append(Figure("cost", cost_text(plain["cost"], unit), document["cost_table"]))
    if document["floor"] is not None:
        found.append(
            Figure("floor", format_bytes(document["floor"]), "proven: no schedule needs less")
        )
    if planned:
        found.append(Figure("strategy", planned["strategy"]))
    return found


def _measured_note(measured: dict[str, Any]) -> str:
    return f"{measured['compiler']} for {measured['title']}"


def price(document: dict[str, Any]) -> list[Figure]:
    """Returns what the next byte costs at the plan's point of the curve, if there is one."""
    if not document["curve"] or not document["planned"]:
        return []
    unit, peak, cost = (
        document["cost_unit"],
        document["planned"]["peak"],
        document["planned"]["cost"],
    )
    points = document["curve"]["points"]
    lower = [p for p in points if p["peak"] < peak and p["cost"] > cost]
    upper = [p for p in points if p["peak"] > peak and p["cost"] < cost]
    found = []
    if lower:
        next_ = max(lower, key=lambda p: p["peak"])
        figure = _price(next_["cost"] - cost, peak - next_["peak"], unit)
        found.append(Figure("price of a byte less", figure, f"to {format_bytes(next_['peak'])}"))
    if upper:
        next_ = min(upper, key=lambda p: p["peak"])
        figure = _price(cost - next_["cost"], next_["peak"] - peak, unit)
        found.append(Figure("gain of a byte more", figure, f"to {format_bytes(next_['peak'])}"))
    return found


def _price(cost: int, count: int, unit: str) -> str:
    if unit == "femtoseconds":
        return f"{cost / 1e9 / (count / 2**20):.4g} us per MiB"
    return f"{cost / count:.4g} {unit} per byte"


def price_text(count: float | None, unit: str) -> str:
    """Formats a price per byte of the curve."""
    if count is None:
        return ""
    return (
        f"{count / 1e9 * 2**20:.4g} us/MiB" if unit == "femtoseconds" else f"{count:.4g} {unit}/B"
    )


def rivals(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Returns the rows of the comparison, the step itself and its plan first; none if there
    is nothing to compare with."""
    if not document["rivals"]:
        return []
    rows = []
    for key, name in (("plain", "this step"), ("planned", "with the plan")):
        if one := document[key]:
            found = (document["measured"] or {}).get(key) or {}
            rows.append(
                {
                    "name": name,
                    "peak": one["peak"],
                    "cost": one["cost"],
                    "measured": found.get("peak"),
                    "time_us": found.get("time_us"),
                }
            )
    return rows + document["rivals"]


def rival_columns(
    document: dict[str, Any],
) -> list[tuple[str, str, Callable[[float], str]]]:
    """Returns the columns of the comparison that have a figure: head, key, how to say it."""
    rows, unit = rivals(document), document["cost_unit"]
    columns: list[tuple[str, str, Callable[[float], str]]] = [
        ("peak", "peak", lambda size: format_bytes(int(size))),
        ("cost", "cost", lambda cost: cost_text(cost, unit)),
        ("measured peak", "measured", lambda size: format_bytes(int(size))),
        ("estimated time, us", "time_us", lambda time: f"{time:.6g}"),
    ]
    return [one for one in columns if any(row[one[1]] is not None for row in rows)]


def trials(document: dict[str, Any]) -> tuple[list[str], list[list[str]]]:
    """Returns the programs that the compiler measured: column heads, and the cells of each."""
    measured = document["measured"] or {}
    plain = (measured.get("plain") or {}).get("time_us")
    rows = []
    for one in measured.get("trials", ()):
        ratio = one["time_us"] / plain if plain and one["time_us"] else None
        expected = one["expected"]
        rows.append(
            [
                one["variant"],
                f"{one['level']:,}",
                "" if expected is None else f"{expected:,}",
                f"{one['temporaries']:,}",
                "" if ratio is None else f"x{ratio:.3f}",
                "chosen" if one["chosen"] else "",
            ]
        )
    heads = ["encoding", "planned for", "expected", "temporaries", "estimated time", "choice"]
    return heads, rows
