# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Tools are found where the documentation says, and their failures become exceptions."""

from __future__ import annotations

import json
import stat

import pytest
from remat import toolchain
from remat.errors import BudgetError, Diagnostic, InputError, LiveValue, ToolchainError
from remat.toolchain import RematOptions

PLAN = {"peak": 8, "plain_peak": 10, "smallest_peak": 7, "scope": "total"}


@pytest.fixture
def tools(tmp_path, monkeypatch):
    """A folder in $REMAT_BIN, and a function that puts a shell script there."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("REMAT_BIN", str(folder))

    def put(name, body):
        path = folder / name
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return path

    return put


#: Shell that finds the file behind `plan-output=` and the like in the arguments.
_FILES = """
for a in "$@"; do case "$a" in --remat*) for w in ${a#*=}; do case "$w" in
  plan-output=*) plan="${w#*=}";; problem-file=*) problem="${w#*=}";; esac; done;; esac; done
while [ "$1" != "-o" ]; do shift; done; out="$2"
"""


def test_the_folder_in_remat_bin_comes_first(tools):
    path = tools("remat-opt", "exit 0")
    assert toolchain.find_tool("remat-opt") == path


def test_no_other_place_is_searched_when_remat_bin_is_set(tools):
    with pytest.raises(ToolchainError, match=r"remat-opt is not in \$REMAT_BIN \("):
        toolchain.find_tool("remat-opt")


def test_path_is_searched_last(tmp_path, monkeypatch):
    monkeypatch.delenv("REMAT_BIN", raising=False)
    tool = tmp_path / "remat-nonesuch"
    tool.write_text("#!/bin/sh\n")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolchainError, match="remat-nonesuch is not found: not built in .* not on"):
        toolchain.find_tool("remat-nonesuch")
    tool.chmod(0o755)
    assert toolchain.find_tool("remat-nonesuch") == tool


def test_a_tool_that_dies_is_reported_with_its_command(tools):
    tools("remat-opt", "kill -SEGV $$")
    with pytest.raises(ToolchainError, match="remat-opt died from signal 11; this is a defect"):
        toolchain.run_tool("remat-opt", ["in.mlir"])


def test_diagnostics_carry_their_notes():
    text = """a.mlir:3:5: error: no entry
  "func.func"
  ^
a.mlir:1:1: note: the module is here
loc("x"): remark: recomputed %3
error: two: parts
"""
    assert toolchain.parse_diagnostics(text) == [
        Diagnostic(
            "a.mlir:3:5",
            "error",
            "no entry",
            (Diagnostic("a.mlir:1:1", "note", "the module is here"),),
        ),
        Diagnostic('loc("x")', "remark", "recomputed %3"),
        Diagnostic("", "error", "two: parts"),
    ]


def test_options_are_spelled_as_the_tools_spell_them():
    options = RematOptions(budget="50%", budget_scope="total", last_segment="keep")
    assert options.pairs() == ["budget=50%", "budget-scope=total", "last-segment=keep"]


def test_rewrite_returns_text_plan_and_problem(tools):
    tools(
        "remat-opt",
        _FILES
        + f"""
echo '{json.dumps(PLAN)}' > $plan; echo '{{"ops": []}}' > $problem; echo rewritten > $out
echo 'f.py:3:1: remark: recomputed' >&2""",
    )
    answer = toolchain.rewrite("module", RematOptions(budget="min"))
    assert (answer.text, answer.plan, answer.problem) == ("rewritten\n", PLAN, {"ops": []})
    assert answer.remarks == (Diagnostic("f.py:3:1", "remark", "recomputed"),)


def test_a_refused_budget_becomes_budget_error(tools):
    witness = {
        "floor": 5,
        "op": 3,
        "op_name": "stablehlo.add",
        "location": "f.py:3",
        "largest": [{"value": 7, "name": "%1", "bytes": 4, "location": "f.py:2"}],
    }
    tools(
        "remat-opt",
        _FILES
        + f"""
echo '{json.dumps(PLAN | {"budget": 6, "witness": witness})}' > $plan
echo 'f.py:3:1: error: budget 6 B is below the smallest peak 7 B' >&2; exit 1""",
    )
    with pytest.raises(BudgetError, match="f.py:3:1: budget 6 B is below the smallest") as caught:
        toolchain.rewrite("module", RematOptions(budget="6"))
    error = caught.value
    assert (error.floor, error.smallest, error.budget, error.scope) == (5, 7, 6, "total")
    assert (error.op, error.location) == ("stablehlo.add", "f.py:3")
    assert error.largest == (LiveValue("%1", 4, "f.py:2"),)
    assert error.exit_code == 1


def test_a_refused_input_becomes_input_error(tools):
    tools("remat-opt", "echo 'a.mlir:1:1: error: no entry function' >&2; exit 1")
    with pytest.raises(InputError, match="^a.mlir:1:1: no entry function$") as caught:
        toolchain.plan("module", RematOptions(budget="min"))
    assert caught.value.exit_code == 2


def test_a_tool_that_writes_nothing_is_a_defect(tools):
    tools("remat-opt", "exit 0")
    with pytest.raises(ToolchainError, match="ended without an error but wrote no answer"):
        toolchain.rewrite("module", RematOptions(budget="min"))
