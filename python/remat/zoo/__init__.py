# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Model zoo: whole training steps with abstract shapes. See docs/zoo.md."""

from __future__ import annotations

from remat.zoo.registry import PAPER_NETWORKS, ZooModel, get, models

__all__ = ["PAPER_NETWORKS", "ZooModel", "get", "models"]
