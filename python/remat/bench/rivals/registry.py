# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The rivals by name."""

from __future__ import annotations

from collections.abc import Callable

from remat.bench.rivals import chen, dtr, lazy_cuts, revolve, torch, xla
from remat.bench.rivals.answer import Rival
from remat.bench.rivals.checkmate import checkmate
from remat.bench.rivals.moccasin import moccasin
from remat.errors import InputError

#: Simulators of algorithms that always end soon.
DEFAULT = ("chen-sqrt", "chen", "revolve", "xla", "xla-base", "dtr", "torch")
RIVALS: dict[str, Rival] = {
    "chen-sqrt": chen.sqrt,
    "chen": chen.greedy,
    "revolve": revolve.revolve,
    "xla": xla.xla,
    "xla-base": xla.xla_in_base_order,
    "dtr": dtr.dtr,
    "torch": torch.torch,
}
#: The exact method that is ours.
BOUND = "lazy-cuts"
#: Exact methods, which take a time limit in seconds.
EXACT: dict[str, Callable[[float], Rival]] = {
    BOUND: lazy_cuts.lazy_cuts,
    "checkmate": checkmate,
    "moccasin": moccasin,
}


def find_rivals(names: list[str], time_limit: float) -> dict[str, Rival]:
    """Returns the rivals of these names.

    Errors: InputError for one that is unknown, or whose solver is not installed.
    """
    found = {}
    for name in names:
        if name in RIVALS:
            found[name] = RIVALS[name]
        elif name in EXACT:
            found[name] = EXACT[name](time_limit)
        else:
            known = ", ".join([*RIVALS, *EXACT])
            raise InputError(f"--rivals: no rival '{name}'; known are {known}")
    return found
