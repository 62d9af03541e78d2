# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""`remat bench planner`: our strategies and honest rivals on the same graphs and budgets."""

from __future__ import annotations

import argparse
import fnmatch
import os
import re
from pathlib import Path

from rich.console import Console

from remat.bench import planner_report, planner_rows, records
from remat.bench.planner_report import Journal
from remat.bench.planner_rows import GraphBench, Row
from remat.bench.rivals.answer import Rival
from remat.bench.rivals.registry import DEFAULT, EXACT, RIVALS, find_rivals
from remat.commands import add_command, add_force, expect_new
from remat.errors import InputError, RematError

BUDGETS = "90,80,70,60,50,40,30"
#: Seconds of the units that --time-limit takes, as that of remat-plan does.
_UNITS = {"": 1, "ms": 1e-3, "s": 1, "min": 60, "h": 3600}


def register(commands: argparse._SubParsersAction) -> None:
    """Adds `bench planner` to the subparsers of `remat bench`."""
    text = (
        "Plans neutral graphs, free ops folded, at shares of their temporaries' peak with our "
        "strategies and with other tools' algorithms; every plan is replayed."
    )
    parser = add_command(commands, "planner", text)
    parser.add_argument(
        "--graphs",
        type=Path,
        metavar="DIR",
        help="folder with neutral graphs, .json or .json.xz (default: $REMAT_CORPUS/graphs); "
        "graphs with a loop that runs backward are left out",
    )
    parser.add_argument(
        "--only", metavar="NAMES", help="comma-separated graphs; * and ? stand for anything"
    )
    parser.add_argument(
        "--budgets", default=BUDGETS, metavar="LIST", help=f"percents (default: {BUDGETS})"
    )
    parser.add_argument(
        "--cost",
        default="h100,paper",
        metavar="LIST",
        help="cost tables, or checkmate: the graphs are those of the Checkmate and Moccasin "
        "papers, with their own costs and memory rule (default: h100,paper)",
    )
    parser.add_argument(
        "--strategy",
        default="best",
        metavar="LIST",
        help="strategies of remat-plan, each NAME[:OPTION=VALUE]...; the first is compared with "
        "the rivals; none for no strategy (default: best)",
    )
    parser.add_argument(
        "--repeats",
        type=int,
        default=1,
        metavar="N",
        help="plan N times with each strategy and say the median time (default: 1)",
    )
    parser.add_argument(
        "--rivals",
        default=",".join(DEFAULT),
        metavar="LIST",
        help=f"of {', '.join([*RIVALS, *EXACT])}; none for no rival (default: "
        f"{','.join(DEFAULT)}); the last three need remat[bench]",
    )
    parser.add_argument(
        "--time-limit",
        default="60s",
        metavar="TIME",
        help="of lazy-cuts, checkmate and moccasin on each problem, such as 500ms, 30s, 5min or "
        "1h; a number alone is seconds (default: 60s)",
    )
    parser.add_argument(
        "--csv", type=Path, metavar="FILE", help="write the rows as they come, as CSV"
    )
    parser.add_argument(
        "--resume", action="store_true", help="keep the rows that the CSV file holds already"
    )
    add_force(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Runs `remat bench planner` and returns its exit code: 1 if a plan breaks its promise."""
    console = Console(width=None if Console().is_terminal else 220)
    percents = _percents(arguments.budgets)
    strategies = _words(arguments.strategy)
    rivals = find_rivals(_words(arguments.rivals), _seconds(arguments.time_limit))
    graphs = _chosen(_folder(arguments.graphs), arguments.only)
    if arguments.resume and arguments.csv is None:
        raise InputError("--resume needs --csv, the file whose rows are kept")
    if arguments.repeats < 1:
        raise InputError(f"--repeats: {arguments.repeats} is less than 1")
    if arguments.resume and arguments.force:
        raise InputError("--force replaces the file that --resume continues; leave one out")
    if not arguments.resume:
        expect_new(arguments, "csv")
    journal = Journal(arguments.csv, arguments.resume)
    unread: list[str] = []
    try:
        for path, half in graphs:
            for cost in _words(arguments.cost):
                with planner_rows.scratch() as scratch:
                    _run_graph(path, half, cost, Path(scratch), strategies, rivals, percents,
                               arguments.repeats, journal, unread, console)  # fmt: skip
    except KeyboardInterrupt:
        place = f" are in {arguments.csv}" if arguments.csv else ""
        console.print(f"interrupted; the {len(journal.rows)} rows planned so far{place}")
        return 130
    finally:
        journal.close()
        if journal.rows:
            rows = _ordered(journal.rows)
            console.print(planner_report.table(rows))
            console.print(planner_report.summary(rows), highlight=False, soft_wrap=True)
    contradictions = planner_report.contradictions(journal.rows)
    records.expect_none([*unread, *_broken(journal.rows), *contradictions])
    return 0


def _broken(rows: list[Row]) -> list[str]:
    """Returns what our strategies promised and did not keep, each as a message."""
    return [
        f"{row.graph} {row.cost} {row.percent} % {row.planner}: {row.note}"
        for row in rows
        if row.kind == planner_rows.OURS and row.status == "failed"
    ]


def _run_graph(
    path: Path,
    half: str,
    cost: str,
    scratch: Path,
    strategies: list[str],
    rivals: dict[str, Rival],
    percents: list[int],
    repeats: int,
    journal: Journal,
    unread: list[str],
    console: Console,
) -> None:
    """Plans one graph with one cost table; rows that the journal has are not planned again.

    Adds a message to `unread` if remat-plan does not read the graph, or not with these costs.
    """
    done = {row.key for row in journal.rows}
    name = planner_rows.graph_name(path)

    def missing(planner: str) -> list[int]:
        return [p for p in percents if (name, cost, p, planner) not in done]

    wanted = {planner: missing(planner) for planner in [*strategies, *rivals]}
    if not any(wanted.values()):
        return
    try:
        bench = GraphBench(path, half, cost, scratch)
    except RematError as error:
        unread.append(f"{name} {cost}: {error}")
        return
    if bench.has_scan:
        console.print(f"{name}: left out: a loop runs backward", highlight=False)
        return
    for strategy in strategies:
        for row in bench.ours(strategy, wanted[strategy], repeats):
            journal.add(row)
    for rival_name, rival in rivals.items():
        for row in bench.rival(rival_name, rival, wanted[rival_name]):
            journal.add(row)


def _ordered(rows: list[Row]) -> list[Row]:
    """Returns the rows by graph and cost as they came, largest budget first."""
    first: dict[tuple[str, str], int] = {}
    for row in rows:
        first.setdefault((row.graph, row.cost), len(first))
    return sorted(rows, key=lambda row: (first[row.graph, row.cost], -row.percent))


def _words(text: str) -> list[str]:
    return [] if text == "none" else [word for word in text.split(",") if word]


def _seconds(text: str) -> float:
    match = re.fullmatch(r"((?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)(ms|s|min|h|)", text)
    seconds = float(match[1]) * _UNITS[match[2]] if match else 0
    if not 0 < seconds < float("inf"):
        raise InputError(
            "--time-limit: expected a time above 0, in ms, s, min or h, or a number of seconds, "
            f"such as 500ms or 30; found '{text}'"
        )
    return seconds


def _percents(text: str) -> list[int]:
    found = []
    for word in _words(text):
        if not word.isdigit() or not 0 < int(word) <= 100:
            raise InputError(f"--budgets: '{word}' is not a whole percentage from 1 to 100")
        found.append(int(word))
    if not found:
        raise InputError("--budgets: names no percentage")
    return found


def _folder(given: Path | None) -> Path:
    corpus = os.environ.get("REMAT_CORPUS")
    if given is None and not corpus:
        raise InputError(
            "the graphs are not part of remat; name their folder with --graphs=DIR or REMAT_CORPUS"
        )
    return given if given is not None else Path(corpus) / "graphs"


def _chosen(folder: Path, only: str | None) -> list[tuple[Path, str]]:
    """Returns the graphs to run with their half, which does not depend on the choice."""
    files = planner_rows.graph_files(folder)
    halves = [(path, "odd" if index % 2 else "even") for index, path in enumerate(files)]
    if only is None:
        return halves
    chosen = []
    for pattern in _words(only):
        found = [
            pair for pair in halves if fnmatch.fnmatch(planner_rows.graph_name(pair[0]), pattern)
        ]
        if not found:
            raise InputError(f"--only: no graph of {folder} is called '{pattern}'")
        chosen += [pair for pair in found if pair not in chosen]
    return chosen
