"""Checks the report of before.mlir against after.mlir. Usage: check_json.py REPORT."""

import json
import sys
from pathlib import Path

report = json.loads(Path(sys.argv[1]).read_text())
steps = report.pop("steps")
assert report == {
    "schema_version": 1,
    "inputs": "random",
    "seed": 3,
    "repeat": 2,
    "equal": True,
}, report
for step, arena in zip(steps, (73728, 65536), strict=True):
    assert step.pop("file").endswith(".mlir")
    assert min(step.pop(key) for key in ("compile_ms", "first_ms", "step_ms")) > 0
    growth = step.pop("resident_growth_bytes")
    assert growth is None or growth > 0
    assert step == {
        "arguments_bytes": 24576,
        "results_bytes": 5120,
        "arena_bytes": arena,
        "live_bytes": arena,
        "mapped_peak_bytes": 24576 + 5120 + arena,
        "non_finite": 0,
    }, step
