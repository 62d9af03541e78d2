# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""How a process that a bench starts answers: lines of JSON on standard output."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Callable, Iterable
from typing import Any

from remat.errors import RematError


def say(what: str) -> None:
    """Says what is done, to the command that runs this."""
    print(json.dumps({"doing": what}), flush=True)


def answer(rows: Callable[[], Iterable[Any]]) -> int:
    """Prints each of the rows, which are dataclasses, and returns the exit code."""
    try:
        for row in rows():
            print(json.dumps(dataclasses.asdict(row)), flush=True)
    except RematError as error:
        print(str(error).replace("\n", ";"), file=sys.stderr)
        return error.exit_code
    return 0
