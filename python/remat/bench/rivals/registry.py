# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The rivals by name."""

from __future__ import annotations

from remat.bench.rivals import chen, dtr, revolve, torch, xla
from remat.bench.rivals.answer import Rival
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


def find_rivals(names: list[str]) -> dict[str, Rival]:
    """Returns the rivals of these names. Errors: InputError for one that is unknown."""
    for name in names:
        if name not in RIVALS:
            raise InputError(f"--rivals: no rival '{name}'; known are {', '.join(RIVALS)}")
    return {name: RIVALS[name] for name in names}
