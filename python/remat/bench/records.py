# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Rows of a measurement as JSON and CSV files."""

from __future__ import annotations

import argparse
import csv
import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from remat import convert
from remat.commands import add_force
from remat.errors import RematError


def counted(count: int, noun: str) -> str:
    """Returns "1 check", "2 checks"."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def expect_none(broken: Iterable[str]) -> None:
    """Errors: RematError listing what is wrong, if anything is."""
    if found := [*broken]:
        raise RematError("\n  ".join([f"{counted(len(found), 'check')} failed", *found]))


def broken_of(rows: Iterable[Any]) -> list[str]:
    """Returns the messages of `row.broken()` of all rows."""
    return [message for row in rows for message in row.broken()]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds --json, --csv and --force."""
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the rows as JSON")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="also write the rows as CSV")
    add_force(parser)


def write(arguments: argparse.Namespace, records: list[dict[str, Any]]) -> None:
    """Writes flat records to the files that --json and --csv name.

    A column of the CSV that a record lacks stays empty.
    """
    if arguments.json:
        convert.write_atomically(arguments.json, (json.dumps(records, indent=1) + "\n").encode())
    if arguments.csv:
        columns = list(dict.fromkeys(key for record in records for key in record))
        text = io.StringIO()
        writer = csv.DictWriter(text, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(records)
        convert.write_atomically(arguments.csv, text.getvalue().encode())
