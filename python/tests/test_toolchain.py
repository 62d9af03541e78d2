# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Tools are found where the documentation says, and their failures become exceptions."""

from __future__ import annotations

import dataclasses
import json
import re
import stat
import tempfile

import pytest
from remat import convert, toolchain
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
input="$1"; while [ "$1" != "-o" ]; do shift; done; out="$2"
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


def test_a_tool_that_cannot_be_started(tools):
    path = tools("remat-opt", "")
    path.write_bytes(b"\x7fELF, but no program")
    with pytest.raises(ToolchainError, match=f"^{path} cannot be started: Exec format error$"):
        toolchain.run_tool("remat-opt", [])


def test_the_folder_in_remat_bin_may_be_relative(tools, monkeypatch, tmp_path):
    tools("remat-opt", "pwd")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REMAT_BIN", "bin")
    (tmp_path / "other").mkdir()
    found = toolchain.run_tool("remat-opt", [], tmp_path / "other").stdout
    assert found == f"{tmp_path / 'other'}\n"


def test_a_tool_that_dies_is_reported_with_its_command(tools):
    tools("remat-opt", "kill -SEGV $$")
    with pytest.raises(ToolchainError, match="remat-opt died from signal 11; this is a defect"):
        toolchain.run_tool("remat-opt", ["in.mlir"])


def test_a_tool_that_is_ended_is_no_defect(tools):
    for name, number in (("TERM", 15), ("KILL", 9)):
        tools("remat-opt", f"kill -{name} $$")
        with pytest.raises(
            ToolchainError, match=f"remat-opt was ended by signal {number}"
        ) as found:
            toolchain.run_tool("remat-opt", ["in.mlir"])
        assert "defect" not in str(found.value)
        assert ("out of memory" in str(found.value)) == (name == "KILL")


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
        Diagnostic("x", "remark", "recomputed %3"),
        Diagnostic("", "error", "two: parts"),
    ]


def test_options_are_spelled_as_the_tools_spell_them():
    options = RematOptions(budget="50%", budget_scope="total", last_segment="keep")
    assert options.pairs() == ["budget=50%", "budget-scope=total", "last-segment=keep"]


def test_the_cost_table_is_that_of_the_target():
    costs = [RematOptions(target=target).pairs()[0] for target in ("xla-cpu", "xla-gpu", "xla-tpu")]
    assert costs == ["cost=host", "cost=h100", "cost=tpu-v5p"]
    assert RematOptions(target="none").pairs() == ["target=none"]
    assert RematOptions(target="xla-tpu", cost="a100").pairs()[0] == "cost=a100"


def test_xlas_memory_model_is_that_of_the_target():
    def model(target: str, memory_model: str | None) -> list[str]:
        pairs = RematOptions(target=target, memory_model=memory_model).pairs()
        return [pair for pair in pairs if pair.startswith("memory-model=")]

    assert model("xla-gpu", "xla") == model("xla-cpu", "xla") == ["memory-model=xla"]
    assert model("xla-tpu", "xla") == ["memory-model=xla-tpu"]
    assert model("xla-tpu", "program") == ["memory-model=program"]
    assert model("xla-tpu", None) == []


def test_options_that_are_no_words():
    assert RematOptions(loss=2, fold_free=False).pairs() == ["loss=2", "fold-free=false"]
    knobs = RematOptions(order_backward=True, order_updates=False, pins="kept")
    assert knobs.pairs() == ["order-backward=true", "order-updates=false", "pins=kept"]
    with pytest.raises(InputError, match="^loss -1 is negative; results are numbered from 0"):
        RematOptions(loss=-1).pairs()


@pytest.mark.parametrize("value", ["8 GiB", "1} entry=main", "{1", "'1'", '1"', "1\t"])
def test_values_cannot_end_their_option(value):
    with pytest.raises(InputError, match="budget '.*' holds a blank, a quote or a brace") as caught:
        RematOptions(budget=value).pairs()
    assert value in str(caught.value)


@pytest.fixture(scope="module")
def options_of_remat():
    """The options of --remat as remat-opt --help lists them, each with its words."""
    found, indent = {}, None
    for line in toolchain.run_tool("remat-opt", ["--help"]).stdout.splitlines():
        if match := re.match(r"( +)--remat +- ", line):
            indent = match[1]
        elif indent and line.startswith(f"{indent}--"):
            return found
        elif indent and (match := re.match(r" +--([\w-]+)", line)):
            found[match[1].replace("-", "_")] = words = []
        elif indent and (match := re.match(r" +=(\S+)", line)):
            words.append(match[1])
    raise AssertionError("--remat is not listed")


def test_choices_are_those_of_the_tools(options_of_remat):
    found = {name: tuple(words) for name, words in options_of_remat.items() if words}
    help_text = toolchain.run_tool("remat-plan", ["--help"]).stdout
    found["cost"] = tuple(re.search(r"--cost=(\S+)", help_text)[1].split("|"))
    assert found == toolchain.CHOICES


def test_options_are_those_of_remat_opt(options_of_remat):
    ours = {field.name for field in dataclasses.fields(RematOptions)}
    own_use = {"plan_file", "plan_output", "problem_file", "verify"}
    assert set(options_of_remat) == ours | own_use


def test_rewrite_returns_text_plan_and_problem(tools):
    tools(
        "remat-opt",
        _FILES
        + f"""
echo '{json.dumps(PLAN)}' > $plan; echo '{{"ops": []}}' > $problem; echo rewritten > $out""",
    )
    answer = toolchain.rewrite("module", RematOptions(budget="min"))
    assert (answer.text, answer.plan, answer.problem) == ("rewritten\n", PLAN, {"ops": []})


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


def test_messages_and_locations_name_the_users_file(tools):
    name = 'a b/"é".mlir'
    place = f'{{"location": "{toolchain.SOURCE}:3"}}'
    tools(
        "remat-opt",
        _FILES
        + f"""
echo '{place}' > $plan; echo '{place}' > $problem; echo "loc(\\"$input\\":3:1)" > $out""",
    )
    answer = toolchain.rewrite("module", RematOptions(budget="min"), name)
    assert answer.plan == answer.problem == {"location": f"{name}:3"}
    assert answer.text == 'loc("a b/\\22\\C3\\A9\\22.mlir":3:1)\n'
    tools("remat-opt", 'echo "$1:3:1: error: no entry function" >&2; exit 1')
    with pytest.raises(InputError, match=f"^{name}:3:1: no entry function$"):
        toolchain.plan("module", RematOptions(budget="min"), name)


def test_folders_with_blanks_are_no_options(tmp_path, monkeypatch, exported):
    folder = tmp_path / "a b}"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    module = convert.from_exported(exported)
    answer = toolchain.plan(module.text, RematOptions(budget="min"), module.name)
    assert answer.plan["status"] == "optimal" and "remat.plan" in answer.text
    assert not list(folder.iterdir())


def test_a_tool_that_writes_nothing_is_a_defect(tools):
    tools("remat-opt", "exit 0")
    with pytest.raises(ToolchainError, match="ended without an error but wrote no answer"):
        toolchain.rewrite("module", RematOptions(budget="min"))
