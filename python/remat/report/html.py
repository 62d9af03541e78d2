# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The report as one HTML file that needs nothing else: no network, no other file.

Everything is there without scripts; the script adds sorting, filtering and the cursor.
The policy in the head lets a browser run that script alone and fetch nothing.
"""

from __future__ import annotations

import base64
import hashlib
import json
from html import escape
from importlib import resources
from typing import Any

import remat
from remat.report import figures, svg, tables, words

_ASSETS = resources.files("remat.report") / "assets"


def html_of(document: dict[str, Any]) -> str:
    """Returns the page of a report. The same document gives the same bytes."""
    style = (_ASSETS / "page.css").read_text(encoding="utf-8")
    script = (_ASSETS / "page.js").read_text(encoding="utf-8")
    allowed = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    title = f"Memory of {document['name']}"
    sections = [
        ("summary", "Summary", _summary(document)),
        ("time", "Memory over time", figures.memory(document)),
        ("peak", "Who is live at the peak", tables.at_peak(document)),
        ("values", "Kept and recomputed", tables.choices(document)),
        ("curve", "What a budget costs", figures.budgets(document)),
        ("measured", "What the compiler says", figures.measured(document)),
        ("rivals", "Compared with", tables.rivals(document)),
        ("about", "How to read this", _about(document)),
    ]
    shown = [(name, head, body) for name, head, body in sections if body]
    links = "".join(f'<li><a href="#{name}">{escape(head)}</a></li>' for name, head, _ in shown)
    body = "".join(
        f'<section id="{name}" aria-labelledby="h-{name}"><h2 id="h-{name}">{escape(head)}</h2>'
        f"{content}</section>\n"
        for name, head, content in shown
    )
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; \
script-src 'sha256-{allowed}'; img-src data:; base-uri 'none'; form-action 'none'">
<meta name="generator" content="remat {escape(remat.__version__)}">
<link rel="icon" href="data:,">
<title>{escape(title)}</title>
<style>
{style}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the report</a>
<header>
<h1>{escape(title)}</h1>
<button type="button" id="theme" hidden>Dark</button>
<nav aria-label="Sections"><ul>{links}</ul></nav>
</header>
<main id="main">
{body}</main>
<footer>Written by remat {escape(remat.__version__)}.</footer>
<script type="application/json" id="data">{_data(document)}</script>
<script>{script}</script>
</body>
</html>
"""


def _data(document: dict[str, Any]) -> str:
    """Returns what the script needs, as JSON that cannot end its element."""
    timelines = {}
    places: dict[int, int] = {}
    for key in ("plain", "planned"):
        if document[key]:
            timeline = document[key]["timeline"]
            shown = timeline["instances"]
            timelines[key] = {
                "steps": timeline["steps"],
                "peak_step": timeline["peak_step"],
                "step": timeline["samples"]["step"],
                "cost": timeline["samples"]["cost"],
                "value": [places.setdefault(one, len(places)) for one in shown["value"]],
                "begin": shown["begin"],
                "end": shown["end"],
            }
    rows = [document["values"][one] for one in places]
    values = [
        [row["value"], row["bytes"], row["kind"], row["op"], words.place(row)] for row in rows
    ]
    text = json.dumps(
        {
            "timelines": timelines,
            "values": values,
            "unit": document["cost_unit"],
            "plot": svg.PLOT,
        },
        sort_keys=True,
        separators=(",", ":"),
    )
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _summary(document: dict[str, Any]) -> str:
    figures_ = [*words.summary(document), *words.price(document)]
    cards = "".join(
        f"<div><dt>{escape(one.label)}</dt><dd>{escape(one.value)}"
        f"{f'<small>{escape(one.note)}</small>' if one.note else ''}</dd></div>"
        for one in figures_
    )
    return (
        f'<p class="lead">{escape(words.headline(document))}</p>'
        f'{figures.peaks(document)}<dl class="cards">{cards}</dl>'
    )


def _about(document: dict[str, Any]) -> str:
    model, scope = escape(document["memory_model"]), escape(document["scope"])
    table = escape(document["cost_table"] or document["cost_unit"])
    measured = (
        "Figures called <em>measured</em> are the compiler's own buffer assignment."
        if document["measured"]
        else "Nothing here was measured: compile for a target to add the compiler's own figures."
    )
    rows = "".join(
        f'<tr><th scope="row">{escape(kind)}</th><td>{escape(text)}</td></tr>'
        for kind, text in words.KIND_TEXTS
    )
    return (
        f"<p>Peaks are predicted by memory model <code>{model}</code>, which says which values are "
        f"buffers. Bytes are those of scope <code>{scope}</code>: "
        f"{escape(words.scope_text(document['scope']))}. Time on the charts is the sum of the ops' "
        f"costs by the table <code>{table}</code>. "
        f"A bound is certified: no plan of that order within the budget costs less. {measured}</p>"
        f'<details><summary>What the kinds are</summary><div class="wide"><table><tbody>{rows}'
        "</tbody></table></div></details>"
        "<h3>Keys</h3><p>A chart with the focus has a cursor: <kbd>←</kbd> <kbd>→</kbd> move it, "
        "<kbd>Page Up</kbd> <kbd>Page Down</kbd> by ten, <kbd>Home</kbd> <kbd>End</kbd> to the "
        "ends, <kbd>P</kbd> to the peak. Column heads are buttons that sort; <kbd>/</kbd> goes to "
        "the filter.</p>"
    )
