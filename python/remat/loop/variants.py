# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Ways to write one plan down; which is best only the compiler knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Variant:
    """A way to encode a plan.

    Attributes:
        name: for progress and reports.
        options: fields of `RematOptions` that it sets.
    """

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)


#: What the closed loop tries, by encoding, in this order.
VARIANTS: dict[str, tuple[Variant, ...]] = {
    "xla-gpu": (
        Variant("backward in order", {"order_backward": True}),
        Variant("backward and updates in order", {"order_backward": True, "order_updates": True}),
        Variant(
            "backward and updates in order, masks kept",
            {"order_backward": True, "order_updates": True, "pins": "masks"},
        ),
        Variant(
            "updates in order, sums tied, masks kept",
            {"order_updates": True, "tie_accumulations": True, "pins": "masks"},
        ),
        Variant("barriers"),
    ),
    "xla-tpu": (
        Variant("barriers"),
        Variant("backward in order", {"order_backward": True}),
        Variant("backward and updates in order", {"order_backward": True, "order_updates": True}),
    ),
    "xla-cpu": (Variant("guards"),),
}
