# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""`remat bench packing`: hard cases and many buffers packed into one arena."""

from __future__ import annotations

import argparse
import csv
import re
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from remat import progress, toolchain
from remat.bench import packing_cases, records
from remat.bench.packing_cases import HARD_SIZES
from remat.commands import add_command, expect_new
from remat.errors import InputError, ToolchainError

#: Cases of random buffers, by their number.
RANDOM = {"1k": 1_000, "10k": 10_000, "100k": 100_000}
#: Per mille by which an arena may be larger than the most live, with the default nodes.
PROMISES = {
    **{"a": 0, "b": 65, "c": 0, "d": 35, "e": 25, "f": 50},
    **{"g": 135, "h": 85, "i": 90, "j": 125, "k": 150},
    **{"1k": 0, "10k": 0, "100k": 10},
}


@dataclass(frozen=True)
class PackingRow:
    """One case. Sizes in bytes.

    Attributes:
        arena: as remat-plan verified it, from the file with the offsets.
        live: the most that is live at one time, counted here.
        seconds: wall time of remat-plan, with reading and writing.
        promise: the most per mille of `arena` above `live`; None for none.
    """

    case: str
    buffers: int
    arena: int
    live: int
    status: str
    nodes: int
    seconds: float
    promise: int | None

    def broken(self) -> Iterator[str]:
        """Yields what is wrong with this row."""
        if self.arena < self.live:
            yield f"{self.case}: an arena of {self.arena} B is below the {self.live} B live"
        if self.promise is not None and (self.arena - self.live) * 1000 > self.promise * self.live:
            yield (
                f"{self.case}: an arena of {self.arena} B is more than {self.promise / 10:.1f} % "
                f"above the {self.live} B that are live"
            )


def most_live(text: str) -> tuple[int, int]:
    """Returns the number of buffers of a CSV file and the most bytes live at one time."""
    changes = []
    rows = [*csv.DictReader(text.splitlines())]
    for row in rows:
        size = int(row["size"])
        changes += [(int(row["lower"]), size), (int(row["upper"]), -size)]
        for begin, end in re.findall(r"(-?\d+)-(-?\d+)", row.get("gaps", "")):
            changes += [(int(begin), -size), (int(end), size)]
    live = most = 0
    for _, change in sorted(changes):
        live += change
        most = max(most, live)
    return len(rows), most


def pack(case: str, text: str, node_limit: int | None, promise: int | None) -> PackingRow:
    """Packs the buffers of a CSV text with remat-plan and has it verify the file.

    Errors: ToolchainError if remat-plan refuses.
    """
    count, live = most_live(text)
    with tempfile.TemporaryDirectory() as folder:
        buffers, packed = Path(folder) / "buffers.csv", Path(folder) / "packed.csv"
        buffers.write_text(text)
        limit = [] if node_limit is None else [f"--node-limit={node_limit}"]
        begin = time.perf_counter()
        said = _run([str(buffers), "-o", str(packed), *limit])
        seconds = time.perf_counter() - begin
        holds = _run([str(buffers), f"--verify={packed}"])
    return PackingRow(
        case,
        count,
        int(re.search(r"arena (\d+) B", holds)[1]),
        live,
        re.search(r": (\w+), ", said)[1],
        int(re.search(r"(\d+) nodes", said)[1]),
        seconds,
        promise,
    )


def _run(arguments: list[str]) -> str:
    done = toolchain.run_tool("remat-plan", ["pack", *arguments])
    if done.returncode != 0:
        raise ToolchainError(done.stderr.strip())
    return done.stderr


def case_text(case: str) -> str:
    """Returns the CSV of the case of that name."""
    if case in RANDOM:
        return packing_cases.csv_of(packing_cases.random_buffers(RANDOM[case], RANDOM[case]))
    seed = list(HARD_SIZES).index(case) + 1
    return packing_cases.csv_of(packing_cases.hard_case(*HARD_SIZES[case], seed))


def table(rows: list[PackingRow]) -> Table:
    """Returns the rows as a table for people."""
    out = Table(title="Buffers packed into one arena, in bytes; every packing is verified")
    for name in ("case", "buffers", "most live", "arena", "above", "status", "nodes", "time"):
        out.add_column(name, justify="left" if name in ("case", "status") else "right")
    for row in rows:
        above = row.arena / row.live - 1 if row.live else 0
        out.add_row(
            row.case,
            f"{row.buffers:,}",
            f"{row.live:,}",
            f"{row.arena:,}",
            f"{above:.2%}",
            row.status,
            f"{row.nodes:,}",
            f"{row.seconds:.2f} s",
        )
    return out


def register(commands: argparse._SubParsersAction) -> None:
    """Adds `bench packing` to the subparsers of `remat bench`."""
    text = (
        "Packs buffers into one arena: hard cases with a packing of the most live bytes, of the "
        "sizes of MiniMalloc's published ones, and up to 100,000 random buffers."
    )
    parser = add_command(commands, "packing", text)
    parser.add_argument(
        "--only",
        metavar="LIST",
        help=f"comma-separated cases of {', '.join([*HARD_SIZES, *RANDOM])} (default: all)",
    )
    parser.add_argument(
        "--buffers",
        type=Path,
        metavar="DIR",
        help="pack the .csv files of this folder instead, as remat-plan pack reads them",
    )
    parser.add_argument(
        "--node-limit",
        type=int,
        metavar="N",
        help="nodes of the exact search (default: that of remat-plan pack); with it, or with "
        "--buffers, nothing is promised of the arenas",
    )
    records.add_options(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Runs `remat bench packing` and returns its exit code."""
    expect_new(arguments, "json", "csv")
    known = [*HARD_SIZES, *RANDOM]
    if arguments.buffers:
        if arguments.only:
            raise InputError("--only: has no effect with --buffers; leave it out")
        cases = sorted(arguments.buffers.glob("*.csv"))
        if not cases:
            raise InputError(f"--buffers={arguments.buffers}: the folder has no .csv files")
        texts = [(path.stem, path.read_text) for path in cases]
    else:
        names = arguments.only.split(",") if arguments.only else known
        for name in names:
            if name not in known:
                raise InputError(f"--only: unknown case {name!r}; known cases: {', '.join(known)}")
        texts = [(name, lambda name=name: case_text(name)) for name in names]
    is_promised = not arguments.buffers and arguments.node_limit is None
    rows = []
    for name, read in texts:
        with progress.step(f"{name}: packing"):
            promise = PROMISES[name] if is_promised else None
            rows.append(pack(name, read(), arguments.node_limit, promise))
    Console().print(table(rows))
    records.write(arguments, [asdict(row) for row in rows])
    records.expect_none(records.broken_of(rows))
    print(f"{records.counted(len(rows), 'case')}; every check holds")
    return 0
