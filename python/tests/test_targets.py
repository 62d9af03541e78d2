# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The devices to measure for: their figures are the planner's, and have a source."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from remat.xla import targets

TABLE = Path(__file__).resolve().parents[2] / "lib/Planning/Cost/DeviceTable.cpp"


def tables():
    """The planner's cost tables: (flops16, flops32, bandwidth) by name."""
    text = TABLE.read_text(encoding="utf-8")
    text = text.partition("constexpr DeviceTable tables[]")[2].partition("\n};")[0]
    units = {"": 1, "tera": 10**12, "giga": 10**9}
    found = {}
    for row in re.finditer(r'^    {"([\w-]+)",.*?CostUnit::Femtoseconds,(.*?)}', text, re.M | re.S):
        words = (word.strip().partition(" * ") for word in row[2].split(",")[:4])
        flops16, flops32, _, bandwidth = (
            int(count.replace("'", "")) * units[unit] for count, _, unit in words
        )
        found[row[1]] = flops16, flops32, bandwidth
    return found


def test_the_tables_are_found():
    assert set(tables()) >= {"h100", "a100", "tpu-v5p", "host"}
    assert tables()["host"] == (5_017_600_000_000, 5_017_600_000_000, 204_800_000_000)


@pytest.mark.parametrize("name", [*sorted(set(targets.TARGETS) - {"tpu-v5e"}), "local"])
def test_figures_are_those_of_the_cost_table(name):
    """But for rates of GPUs, which are the same share of the table's for each."""
    target = targets.get(name)
    flops16, flops32, bandwidth = tables()[target.cost]
    assert target.bandwidth == bandwidth
    if target.platform == "cuda":
        assert target.flops16 / flops16 == pytest.approx(0.45, abs=0.006)
        assert target.flops32 / flops32 == pytest.approx(0.45, abs=0.006)
    else:
        assert (target.flops16, target.flops32) == (flops16, flops32)


def test_every_figure_has_a_source_with_a_date():
    for target in targets.TARGETS.values():
        assert re.search(r"(checked|read) 20\d\d-\d\d-\d\d", target.source), target.name
    assert targets.get("local").source == 'the cost table "host"'
