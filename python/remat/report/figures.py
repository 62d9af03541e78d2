# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The figures of the page: a chart each, with what it says in words and in a table."""

from __future__ import annotations

from html import escape
from typing import Any

from remat.plan import format_bytes
from remat.report import svg, tables, words
from remat.report.kinds import KINDS


def peaks(document: dict[str, Any]) -> str:
    """Returns the headline's bars: plain, planned and measured peaks, budget and floor."""
    plain, planned = document["plain"], document["planned"]
    measured = document["measured"] or {}
    rows = [("plain", plain["peak"], "bar-plain")]
    if planned:
        rows.append(("planned", planned["peak"], "bar-planned"))
    for label, key in (("measured plain", "plain"), ("measured", "planned")):
        if measured.get(key):
            rows.append((label, measured[key]["peak"], f"bar-{key} bar-measured"))
    marks = []
    if document["floor"] is not None:
        marks.append(("floor", document["floor"], "floor"))
    if planned and planned["budget"] is not None:
        marks.append(("budget", planned["budget"], "budget"))
    body, height = svg.bars(rows, marks)
    said = "; ".join(f"{label} {words.short_bytes(size)}" for label, size, _ in (*rows, *marks))
    return f'<div class="wide">{_svg(body, height, f"Peaks as bars: {said}")}</div>'


def _svg(body: str, height: int, label: str) -> str:
    return (
        f'<svg viewBox="0 0 {svg.WIDTH} {height}" role="img" aria-label="{escape(label)}">'
        f"{body}</svg>"
    )


def memory(document: dict[str, Any]) -> str:
    """Returns memory over time, before and after, on the same axes."""
    plain, planned = document["plain"], document["planned"]
    unit = document["cost_unit"]
    budget = planned["budget"] if planned else None
    frame = svg.Frame(
        max(plain["cost"], planned["cost"] if planned else 0) or 1,
        max(plain["peak"], budget or 0, planned["peak"] if planned else 0) * 1.1,
        270,
    )
    held = [one for one in (plain, planned) if one]
    kinds = [
        k for k in KINDS if any(any(h["timeline"]["samples"]["bytes"].get(k, ())) for h in held)
    ]
    legend = "".join(
        f'<li><span class="swatch {svg.css(kind)}" aria-hidden="true"></span>{escape(kind)}</li>'
        for kind in reversed(kinds)
    )
    parts = [
        '<p class="note">Areas are stacked in the order of the legend, top to bottom. '
        "Move the cursor to see what is live at a step.</p>"
        f'<ul class="legend" aria-label="Kinds, from the top of the stack">{legend}</ul>'
    ]
    for key, head, one in (("plain", "Before", plain), ("planned", "After", planned)):
        if one:
            body = svg.stacked(
                one["timeline"],
                frame,
                lambda value: words.cost_text(value, unit),
                "cost so far",
                end=one["cost"],
                peak=one["peak"],
                budget=budget,
            )
            parts.append(_chart(key, head, one, body, frame))
    return "".join(parts)


def _chart(key: str, head: str, one: dict[str, Any], body: str, frame: svg.Frame) -> str:
    timeline = one["timeline"]
    op = timeline["peak_op"]
    where = f"{op['op']} {words.place(op)}".strip()
    said = (
        f"The peak is {format_bytes(one['peak'])} at step {timeline['peak_step']} of "
        f"{timeline['steps']}{f', {where}' if where else ''}"
    )
    drawing = _svg(
        f'{body}<line class="cursor" x1="0" x2="0" y1="20" y2="{frame.height - 34}" hidden/>',
        frame.height,
        f"{head}: memory over time. {said}",
    )
    return (
        f'<figure class="chart"><figcaption><h3>{head}</h3> {escape(said)}.</figcaption>'
        f'<div class="plot wide" data-timeline="{key}" data-x-max="{frame.x_max:g}" '
        f'data-name="{head}">{drawing}</div>'
        f'<div class="readout" id="at-{key}" hidden></div>'
        f"<details><summary>{head} as a table</summary>{_samples(timeline)}</details></figure>"
    )


def _samples(timeline: dict[str, Any]) -> str:
    """Returns at most 24 samples as a table, the peak among them."""
    samples = timeline["samples"]
    count = len(samples["step"])
    peak = samples["step"].index(timeline["peak_step"]) if count else 0
    shown = sorted({*(i * count // 24 for i in range(24)), peak} if count else ())
    kinds = [kind for kind in KINDS if kind in samples["bytes"]]
    rows = []
    for i in shown:
        held = [samples["bytes"][kind][i] for kind in kinds]
        rows.append([str(samples["step"][i]), f"{sum(held):,}", *(f"{one:,}" for one in held)])
    return tables.plain(["step", "bytes", *kinds], rows)


def budgets(document: dict[str, Any]) -> str:
    """Returns the budget-overhead curve, or nothing where it was not asked for."""
    curve, planned = document["curve"], document["planned"]
    if not curve:
        return ""
    base, unit = document["plain"]["cost"], document["cost_unit"]

    def over(cost: int) -> float:
        return (cost / base - 1) * 100 if base else 0.0

    points = []
    for p in curve["points"]:
        shares = f"{over(p['cost']):.2f}% more, bound {over(p['bound']):.2f}%"
        said = f"{words.short_bytes(p['peak'])}: {shares}"
        points.append((p["peak"], over(p["cost"]), over(p["bound"]), said))
    own = None
    lines = [(curve["floor"], "floor", "floor")]
    if planned:
        share = over(planned["cost"])
        own = (planned["peak"], share, f"{words.short_bytes(planned['peak'])}: {share:.2f}% more")
        if planned["budget"] is not None:
            lines.append((planned["budget"], "budget", "budget"))
    most = max([p[1] for p in points] + ([own[1]] if own else []) + [0.01])
    frame = svg.Frame(document["plain"]["peak"] * 1.02 or 1, most * 1.08, 300)
    body = svg.curve(points, frame, own, lines)
    said = (
        f"Overhead over peak: from {over(curve['points'][-1]['cost']):.2f}% at the plain peak to "
        f"{over(curve['points'][0]['cost']):.2f}% at {format_bytes(curve['points'][0]['peak'])}"
    )
    rows = [
        [
            f"{p['peak']:,}",
            words.percent(p["cost"] / base - 1 if base else 0.0),
            words.percent(p["bound"] / base - 1 if base else 0.0),
            words.price_text(p["price"], unit),
        ]
        for p in reversed(curve["points"])
    ]
    prices = "".join(
        f"<li>{escape(one.label.capitalize())} {escape(one.value)} ({escape(one.note)}).</li>"
        for one in words.price(document)
    )
    return (
        '<p class="note">Line: plans that Remat finds. Dashes: the certified bound, below which no '
        "plan of the base order is. Between them: what is not known.</p>"
        f"{f'<ul>{prices}</ul>' if prices else ''}"
        f'<figure class="chart"><figcaption>{escape(said)}.</figcaption>'
        f'<div class="wide">{_svg(body, frame.height, said)}</div>'
        "<details><summary>The curve as a table</summary>"
        f"{tables.plain(['peak (bytes)', 'overhead', 'bound', 'price of a byte less'], rows)}"
        "</details></figure>"
    )


def measured(document: dict[str, Any]) -> str:
    """Returns what the compiler's buffer assignment says, or nothing without one."""
    found = document["measured"]
    if not found:
        return ""
    sides = [(head, found[key]) for key, head in _SIDES if found[key]]
    frame = svg.Frame(
        max(one["steps"] for _, one in sides) or 1,
        max(one["peak_live"] for _, one in sides) * 1.1,
        250,
    )
    parts = [
        f'<p class="note">Buffer assignment of {escape(found["compiler"])} for '
        f"{escape(found['title'])}: bytes in use at each instruction of its schedule. Below, "
        "arguments and results; above, temporaries.</p>"
    ]
    parts += [_compiled(head, one, frame) for head, one in sides]
    heads, trials = words.trials(document)
    if trials:
        parts.append(f"<h3>Programs compiled</h3>{tables.plain(heads, trials)}")
    return "".join(parts)


_SIDES = (("plain", "Before"), ("planned", "After"))


def _compiled(head: str, one: dict[str, Any], frame: svg.Frame) -> str:
    steps, live = zip(*one["live"])
    timeline = {
        "samples": {
            "step": steps,
            "cost": steps,
            "bytes": {
                "inputs": [one["held"]] * len(steps),
                "temporaries": [size - one["held"] for size in live],
            },
        },
        "phases": {},
        "peak_cost": one["peak_step"],
    }
    body = svg.stacked(
        timeline,
        frame,
        lambda step: f"{step:.0f}",
        "instruction",
        end=one["steps"],
        peak=one["peak_live"],
    )
    said = (
        f"{format_bytes(one['temporaries'])} of temporaries, {format_bytes(one['arguments'])} of "
        f"arguments, {format_bytes(one['outputs'] - one['alias'])} of results that take over no "
        f"argument. Most are live at instruction {one['peak_step']} of {one['steps']}"
    )
    rows = [
        [
            tables.text(row["value"]),
            tables.number(row["bytes"], f"{row['bytes']:,}", row["bytes"] / one["peak_live"]),
            tables.text(row["kind"]),
            tables.text(row["op"]),
            tables.place(row),
        ]
        for row in one["at_peak"]
    ]
    columns = [
        *(("buffer", False), ("bytes", True), ("kind", False), ("op", False)),
        ("source", False),
    ]
    more = one["buffers"] - len(rows)
    cut = f'<p class="note">{more:,} smaller ones are left out.</p>' if more else ""
    return (
        f'<figure class="chart"><figcaption><h3>{head}</h3> {escape(said)}.</figcaption>'
        f'<div class="wide">{_svg(body, frame.height, f"{head}, as compiled. {said}")}</div>'
        f"<details><summary>{head}: the {len(rows):,} largest buffers there</summary>{cut}"
        f"{tables.sortable(f'{head}: buffers live at the peak', columns, rows)}</details></figure>"
    )
