# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Fails unless a page names every key of pareto.json, of its points and statistics.

Usage: documented.py PAGE CURVE
"""

import json
import sys

with open(sys.argv[1]) as file:
    page = file.read()
with open(sys.argv[2]) as file:
    curve = json.load(file)
keys = {*curve, *curve["statistics"], *(key for point in curve["points"] for key in point)}
if missing := [key for key in sorted(keys) if f"`{key}`" not in page]:
    sys.exit(f"{sys.argv[1]} does not name {', '.join(missing)}")
