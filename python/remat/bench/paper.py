# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""`remat bench paper`: the tables of Kusumoto et al. 2019, on its graphs and on our networks."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from remat.bench import authors, networks, records
from remat.bench.methods import Answer
from remat.commands import add_command, expect_new
from remat.errors import InputError


def register(commands: argparse._SubParsersAction) -> None:
    """Adds `bench paper` to the subparsers of `remat bench`."""
    text = "Repeats the experiments of Kusumoto et al. 2019 and compares with what they print."
    parser = add_command(commands, "paper", text)
    parser.add_argument(
        "--part",
        choices=["authors", "zoo", "both"],
        default="both",
        help="the authors' own graphs, the zoo's seven networks, or both (default)",
    )
    parser.add_argument(
        "--graphs",
        type=Path,
        metavar="DIR",
        help="folder with the authors' graphs (default: $REMAT_CORPUS/kusumoto)",
    )
    parser.add_argument(
        "--networks",
        metavar="NAMES",
        help="comma-separated, of: " + ", ".join(authors.figures()["networks"]) + " (default: all)",
    )
    records.add_options(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Runs `remat bench paper` and returns its exit code: 1 if a check fails."""
    expect_new(arguments, "json", "csv")
    console = Console(width=None if Console().is_terminal else 170)
    names = _names(arguments.networks)
    rows: list[Any] = []
    broken: list[str] = []
    # The folder is looked for before anything runs for minutes.
    folder = authors.graphs_folder(arguments.graphs) if arguments.part != "zoo" else None
    if folder is not None:
        found, wrong = authors.measure(folder, names)
        console.print(_authors_table(found))
        console.print(_AUTHORS_NOTE, highlight=False)
        rows, broken = rows + found, broken + wrong
    if arguments.part != "authors":
        found, wrong = networks.measure(names)
        console.print(_zoo_table(found))
        console.print(_ZOO_NOTE, highlight=False)
        rows, broken = rows + found, broken + wrong
    records.write(arguments, [_record(row) for row in rows])
    records.expect_none(broken)
    console.print(f"{records.counted(len(rows), 'row')}; every check holds")
    return 0


def _names(text: str | None) -> list[str]:
    known = list(authors.figures()["networks"])
    if text is None:
        return known
    names = text.split(",")
    for name in names:
        if name not in known:
            raise InputError(f"--networks: no network '{name}'; known are {', '.join(known)}")
    return names


_AUTHORS_NOTE = f"""\
GB = 1e9 B at the table's batch: scaled activations + parameters + their gradients. Reductions are
shares of one figure: the network's vanilla peak with liveness, replayed. Printed reductions are
shares of the printed vanilla, which is lower for some networks because that framework drops, early
or in place, values that no backward reads; the graphs do not show that. GoogLeNet prints about
1.8 GB more: buffers inside ops. Checked: {authors.TOLERANCE_GB} GB to the replayed figures, the
range over ties and both overheads against a second implementation, that nothing fits one byte below
the minimal budget, exact <= approximate, approximate < 1 s."""

_ZOO_NOTE = f"""\
GB = 1e9 B: activations + parameters + their gradients. One node a framework layer, cost 10 with a
convolution, else 1 (transposed convolutions count 10 here, 1 in the paper). Reductions are shares
of the network's own vanilla peak with liveness. Checked: number of layers within
{networks.NODES_TOLERANCE:.0%} of the paper's nodes, exact <= approximate, approximate < 1 s."""


def _table(title: str, columns: list[str]) -> Table:
    out = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for name in columns:
        out.add_column(name, justify="left" if name in ("network", "method", "budget") else "right")
    return out


_COMMON = ["network", "#V", "#L", "method", "budget", "overhead", "k"]


def _common(answer: Answer, network: str, first: bool) -> list[str]:
    return [
        network if first else "",
        str(answer.nodes) if first else "",
        str(answer.lower_sets or ""),
        answer.method,
        answer.slack,
        str(answer.overhead),
        str(answer.segments),
    ]


def _number(value: float | None, digits: int = 2) -> str:
    return "" if value is None else f"{value:.{digits}f}"


def _authors_table(rows: list[authors.AuthorsRow]) -> Table:
    columns = [
        *_COMMON,
        "no liveness",
        "replayed",
        "liveness",
        "replayed",
        "over ties",
        "printed",
        "reduction",
        "printed",
        "s",
    ]
    out = _table("The authors' graphs, sizes in GB", columns)
    last = None
    for row in rows:
        first = row.network != last
        if first and last:
            out.add_section()
        last = row.network
        ties = row.ties_gb and f"{row.ties_gb[0]:.2f}-{row.ties_gb[1]:.2f}"
        printed = row.printed_reduction_percent
        out.add_row(
            *_common(row.answer, row.network, first),
            _number(row.formula_gb),
            _number(row.replayed_formula_gb),
            _number(row.peak_gb),
            _number(row.replayed_gb),
            ties or "",
            _number(row.printed_gb, 1),
            f"{row.reduction_percent:.0f} %",
            "" if printed is None else f"{printed} %",
            _number(row.answer.seconds),
        )
    return out


def _zoo_table(rows: list[networks.ZooRow]) -> Table:
    columns = [*_COMMON, "no liveness", "liveness", "printed", "reduction", "printed", "s"]
    columns.insert(2, "paper's")
    out = _table("The zoo's networks at layer granularity, sizes in GB", columns)
    last = None
    for row in rows:
        first = row.network != last
        if first and last:
            out.add_section()
        last = row.network
        cells = _common(row.answer, row.network, first)
        cells.insert(2, str(row.printed_nodes) if first else "")
        printed = row.printed_reduction_percent
        out.add_row(
            *cells,
            _number(row.formula_gb),
            _number(row.peak_gb),
            _number(row.printed_gb, 1),
            f"{row.reduction_percent:.0f} %",
            "" if printed is None else f"{printed} %",
            _number(row.answer.seconds),
        )
    return out


def _record(row: Any) -> dict[str, Any]:
    """Returns a row as one flat object; the same keys for every row of a part."""
    record = dataclasses.asdict(row)
    answer = record.pop("answer")
    part = "authors" if isinstance(row, authors.AuthorsRow) else "zoo"
    ties = record.pop("ties_gb", None)
    if part == "authors":
        record["ties_low_gb"], record["ties_high_gb"] = ties or (None, None)
    return {"part": part, **record, **answer}
