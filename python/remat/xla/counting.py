# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Counts recomputed ops where XLA must still have them: in its optimised program."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

_OPCODE = re.compile(r"^\s*(?:ROOT )?\S+ = [^\n]*?\s([a-z][a-z0-9-]*)\(", re.MULTILINE)

#: Where XLA calls an op otherwise than StableHLO does, dashes apart; logistic it writes as
#: 1 / (1 + exp(-x)).
_OPCODE_OF = {"dot-general": "dot", "logistic": "exponential"}


@dataclass(frozen=True)
class Kind:
    """Ops that are counted together.

    Attributes:
        name: for people.
        opcodes: XLA's names of them.
    """

    name: str
    opcodes: frozenset[str]

    def of(self, counts: Counter[str]) -> int:
        """Returns how many of `counts` are of this kind."""
        return sum(counts[opcode] for opcode in self.opcodes)


#: What XLA calls as `planned_opcodes` does and neither splits nor merges, the surest first: the
#: last may be copied into each reader.
KINDS = (
    Kind("products", frozenset({"dot", "convolution"})),
    Kind("reductions", frozenset({"reduce", "reduce-window"})),
    Kind(
        "functions",
        frozenset({"tanh", "exponential", "log", "rsqrt", "sqrt", "erf", "sine", "cosine"}),
    ),
    Kind("maxima", frozenset({"maximum"})),
)
PRODUCTS = KINDS[0]


def opcodes(program: str) -> Counter[str]:
    """Returns how often each opcode occurs in the text of an HLO module, fusions included."""
    return Counter(_OPCODE.findall(program))


def planned_opcodes(recomputed: Counter[str]) -> Counter[str]:
    """Returns XLA's names for ops ("stablehlo.dot_general": 2 -> "dot": 2)."""
    found: Counter[str] = Counter()
    for name, count in recomputed.items():
        opcode = name.rpartition(".")[2].replace("_", "-")
        found[_OPCODE_OF.get(opcode, opcode)] += count
    return found


def choose_kind(planned: Counter[str]) -> Kind | None:
    """Returns the first of `KINDS` that `planned` has, or None."""
    return next((kind for kind in KINDS if kind.of(planned)), None)
