# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""`remat bench paper` and `pipeline`: right on small inputs, and red when something is wrong."""

from __future__ import annotations

import csv
import json
import lzma
import random
import re
import sys
import tempfile
from itertools import pairwise

import numpy as np
import pytest
from remat import cli, toolchain, zoo
from remat.bench import authors, measured, methods, networks, pipeline, replay
from remat.bench.replay import ApproximateProgram, Network
from remat.errors import BudgetError, ToolchainError
from remat.toolchain import RematOptions
from remat.zoo.export import export_module

#: sum(tanh(w * x)) and its gradient: three values are live together, and no more.
WIDE = """
"builtin.module"() ({
  "func.func"() <{function_type = (tensor<9xf32>, tensor<9xf32>) -> (tensor<9xf32>, tensor<f32>),
                  sym_name = "main", sym_visibility = "public"}> ({
  ^bb0(%w: tensor<9xf32>, %x: tensor<9xf32>):
    %y = "stablehlo.multiply"(%w, %x) : (tensor<9xf32>, tensor<9xf32>) -> tensor<9xf32>
    %t = "stablehlo.tanh"(%y) : (tensor<9xf32>) -> tensor<9xf32>
    %zero = "stablehlo.constant"() <{value = dense<0.0> : tensor<f32>}> : () -> tensor<f32>
    %loss = "stablehlo.reduce"(%t, %zero) <{dimensions = array<i64: 0>}> ({
    ^bb0(%a: tensor<f32>, %b: tensor<f32>):
      %sum = "stablehlo.add"(%a, %b) : (tensor<f32>, tensor<f32>) -> tensor<f32>
      "stablehlo.return"(%sum) : (tensor<f32>) -> ()
    }) : (tensor<9xf32>, tensor<f32>) -> tensor<f32>
    %s = "stablehlo.multiply"(%t, %t) : (tensor<9xf32>, tensor<9xf32>) -> tensor<9xf32>
    %d = "stablehlo.add"(%s, %t) : (tensor<9xf32>, tensor<9xf32>) -> tensor<9xf32>
    %g = "stablehlo.multiply"(%d, %x) : (tensor<9xf32>, tensor<9xf32>) -> tensor<9xf32>
    "func.return"(%g, %loss) : (tensor<9xf32>, tensor<f32>) -> ()
  }) : () -> ()
}) : () -> ()
"""

CHAIN = {"n": 6, "T": [1] * 6, "M": [1] * 6, "edges": [[v, v + 1] for v in range(5)]}


def random_graph(seed):
    """A random DAG of up to 9 nodes, ids in no topological order."""
    draw = random.Random(seed)
    n = draw.randint(2, 9)
    ids = draw.sample(range(n), n)
    edges = [[ids[u], ids[v]] for v in range(n) for u in range(v) if draw.random() < 0.35]
    return {
        "name": "random",
        "n": n,
        "T": [draw.choice([1, 1, 10]) for _ in range(n)],
        "M": [draw.randint(1, 20) for _ in range(n)],
        "edges": edges,
    }


def masks(*sequence):
    return [np.array([v in members for v in range(6)]) for members in sequence]


def test_replay_of_a_chain_has_the_known_values():
    network = Network.of(CHAIN)
    # Vanilla: six values and the gradient under way. One node a segment: n + 1 (spec of the
    # formula), and liveness cannot better it: five cached values, a value and its gradient.
    assert replay.liveness_peak(network, masks(range(6))) == 7
    assert replay.liveness_peak(network, masks(*(range(k) for k in range(1, 7)))) == 7
    # Three segments of two: 1 cached before + 2 recomputed + the gradient under way, and at the
    # end of the forward 2 cached + 2.
    assert replay.liveness_peak(network, masks(range(2), range(4), range(6))) == 5
    table = ApproximateProgram(network).within(12)
    assert table.overheads() == (1, 6)
    assert ApproximateProgram(network).within(6).overheads() is not None
    assert ApproximateProgram(network).within(5).overheads() is None


def test_own_output_that_is_gone_runs_again():
    """A gradient that reads its op's own output (ReLU) brings it back from its inputs."""
    graph = {
        **CHAIN,
        "backward": [
            {"need": [], "needs_out": True, "targets": [v - 1] if v else []} for v in range(6)
        ],
    }
    executions = replay._canonical(Network.of(graph), masks(range(3), range(6)))
    # Nodes 3, 4, 5 again for the last segment, 0 and 1 for the first one, whose gradient of node
    # 2 reads node 3 of the segment behind.
    assert [result for result, _ in executions if result < 6] == [
        0, 1, 2, 3, 4, 5, 3, 4, 5, 0, 1, 3,
    ]  # fmt: skip


@pytest.mark.parametrize("seed", range(25))
def test_replay_and_planner_agree(seed, tmp_path):
    graph = random_graph(seed)
    path = tmp_path / "graph.json"
    path.write_text(json.dumps(graph))
    answers = methods.answer_all(path, "random")
    assert methods.check_answers(answers, "random") == []
    program = ApproximateProgram(Network.of(graph))
    by = {(answer.method, answer.slack): answer for answer in answers}
    whole = replay.liveness_peak(program.network, [np.ones(graph["n"], bool)])
    assert by["vanilla", ""].peak == whole
    assert program.within(by["approx_tc", methods.MINIMAL].budget - 1).overheads() is None
    for slack in (methods.MINIMAL, methods.SLACK):
        first, second = by["approx_tc", slack], by["approx_mc", slack]
        table = program.within(first.budget)
        assert table.overheads() == (first.overhead, second.overhead)
        for answer in (first, second):
            low, high = table.tied_peaks(answer.overhead, 50)
            assert low <= answer.peak <= high


@pytest.fixture
def one_graph(tmp_path, monkeypatch):
    """A folder with one small graph, and figures that its methods really have."""
    monkeypatch.delenv("REMAT_CORPUS", raising=False)
    graph = {**random_graph(3), "param_bytes": 10**9, "name": "Tiny"}
    graph["M"] = [10**9 * size for size in graph["M"]]
    path = tmp_path / "graphs" / "tiny.json"
    path.parent.mkdir()
    path.write_text(json.dumps(graph))
    answers = {(one.method, one.slack): one for one in methods.answer_all(path, "Tiny")}

    def size(method, slack="", formula=False):
        answer = answers[method, slack]
        return 2 * (answer.formula_peak if formula else answer.peak) / 1e9 + 2

    replayed = {
        "vanilla": size("vanilla"),
        "chen": size("chen"),
        "chen_formula": size("chen", formula=True),
        "approx_formula": size("approx_tc", methods.MINIMAL, formula=True),
    }
    for method in ("approx_tc", "approx_mc"):
        replayed[method] = size(method, methods.MINIMAL)
        replayed[f"{method}_slack"] = size(method, methods.SLACK)
    kinds = ("vanilla", "chen", "approx_tc", "approx_mc", "exact_tc", "exact_mc")
    network = {
        "file": "tiny.json",
        "scale": 2.0,
        "nodes": graph["n"],
        "lower_sets": answers["exact_tc", methods.MINIMAL].lower_sets,
        "printed_gb": dict.fromkeys(kinds, 5.0),
        "printed_reduction_percent": {"chen": 40},
        "replayed_gb": replayed,
    }
    figures = {"networks": {"Tiny": network}}
    monkeypatch.setattr(authors, "figures", lambda: figures)
    return path.parent, network


def run_authors(folder, *more):
    return cli.main(["bench", "paper", "--part=authors", "--graphs", str(folder), *more])


def test_paper_writes_every_row(one_graph, tmp_path, capsys):
    folder, _ = one_graph
    files = tmp_path / "rows.json", tmp_path / "rows.csv"
    assert run_authors(folder, "--json", str(files[0]), "--csv", str(files[1])) == 0
    assert "10 rows; every check holds" in capsys.readouterr().out
    rows = json.loads(files[0].read_text())
    assert [(row["method"], row["slack"]) for row in rows[:4]] == [
        ("vanilla", ""),
        ("chen", ""),
        ("approx_tc", "minimal"),
        ("approx_mc", "minimal"),
    ]
    assert rows[0]["reduction_percent"] == 0
    for before, after in pairwise(row for row in rows if row["method"] == "approx_tc"):
        assert before["budget"] * 21 // 20 == after["budget"]
    table = list(csv.DictReader(files[1].open()))
    assert [row["peak"] for row in table] == [str(row["peak"]) for row in rows]


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("vanilla", "Tiny: vanilla: "),
        ("chen", "Tiny: chen: "),
        ("chen_formula", "GB without liveness, replayed"),
        ("approx_tc", "Tiny: approx_tc minimal: "),
        ("approx_tc_slack", "Tiny: approx_tc 1.05 x minimal: "),
        ("approx_mc", "GB are outside the range over ties"),
    ],
)
def test_paper_fails_where_a_figure_is_missed(one_graph, capsys, key, message):
    folder, network = one_graph
    network["replayed_gb"][key] += 2 * authors.TOLERANCE_GB
    assert run_authors(folder) == 1
    error = capsys.readouterr().err
    assert message in error
    assert " failed\n" in error


def test_paper_fails_where_the_graph_is_another(one_graph, capsys):
    folder, network = one_graph
    network["lower_sets"] += 1
    assert run_authors(folder) == 1
    assert (
        f"the paper has {network['nodes']} and {network['lower_sets']}" in capsys.readouterr().err
    )


def test_paper_checks_the_methods_against_each_other():
    def answer(method, slack, **more):
        values = {"budget": 10, "overhead": 5, "formula_peak": 10, "peak": 9, "seconds": 0.1}
        sizes = {"segments": 2, "nodes": 3, "lower_sets": 4}
        return methods.Answer(method=method, slack=slack, **{**values, **sizes, **more})

    slow = answer("approx_tc", methods.MINIMAL, seconds=1.5)
    costly = answer("exact_tc", methods.MINIMAL, overhead=6)
    larger = answer("exact_tc", methods.MINIMAL, formula_peak=11, budget=11)
    above = answer("approx_mc", methods.MINIMAL, formula_peak=12)
    assert methods.check_answers([slow, costly, above], "N") == [
        "N: the exact family costs 6 units, the approximate one only 5",
        "N: approx_tc minimal: took 1.50 s; allowed is less than 1 s",
        "N: approx_mc minimal: the formula's peak 12 B is above the budget 10 B",
    ]
    assert methods.check_answers([answer("approx_tc", methods.MINIMAL), larger], "N") == [
        "N: the exact family needs 11 B, the approximate one only 10 B"
    ]


def test_paper_needs_the_graphs(monkeypatch, capsys, tmp_path):
    monkeypatch.delenv("REMAT_CORPUS", raising=False)
    assert cli.main(["bench", "paper"]) == 2
    assert "name their folder with --graphs=DIR or REMAT_CORPUS" in capsys.readouterr().err
    assert cli.main(["bench", "paper", "--graphs", str(tmp_path)]) == 2
    assert f"{tmp_path / 'pspnet.json'} does not exist" in capsys.readouterr().err
    monkeypatch.setenv("REMAT_CORPUS", str(tmp_path))
    assert cli.main(["bench", "paper"]) == 2
    assert f"{tmp_path / 'kusumoto' / 'pspnet.json'} does not exist" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "{", "[]", '{"n": 2}'])
def test_paper_refuses_what_is_no_graph(one_graph, capsys, text):
    folder, _ = one_graph
    (folder / "tiny.json").write_text(text)
    assert run_authors(folder) == 2
    assert "tiny.json: not a paper graph with parameter bytes" in capsys.readouterr().err


def test_paper_knows_its_networks(capsys):
    assert cli.main(["bench", "paper", "--part=zoo", "--networks=VGG19,VGG16"]) == 2
    assert "no network 'VGG16'; known are PSPNet, U-Net" in capsys.readouterr().err


def test_figures_are_those_of_the_table():
    """Printed reductions follow from printed sizes, to the rounding of both."""
    networks = authors.figures()["networks"]
    assert len(networks) == 7
    for network in networks.values():
        printed = network["printed_gb"]
        for method, percent in network["printed_reduction_percent"].items():
            worst = [
                100 * (1 - (printed[method] + a) / (printed["vanilla"] + b))
                for a in (-0.05, 0.05)
                for b in (-0.05, 0.05)
            ]
            assert min(worst) - 0.5 <= percent <= max(worst) + 0.5


def test_zoo_networks_contract_to_the_papers_nodes(tmp_path, capsys):
    """VGG-19 has every kind of row, and the paper's own overheads but for the loss."""
    file = tmp_path / "rows.json"
    command = ["bench", "paper", "--part=zoo", "--networks=VGG19", "--json", str(file)]
    assert cli.main(command) == 0
    assert "10 rows; every check holds" in capsys.readouterr().out
    rows = {(row["method"], row["slack"]): row for row in json.loads(file.read_text())}
    # 16 convolutions, 18 ReLUs, 5 pools, 3 dense layers, 2 dropouts, the loss: the paper counts
    # the reshape too.
    assert rows["vanilla", ""]["nodes"] == 45
    assert rows["vanilla", ""]["reduction_percent"] == 0
    assert rows["approx_tc", "minimal"]["overhead"] == 41
    assert rows["approx_tc", "minimal"]["peak_gb"] < rows["vanilla", ""]["peak_gb"]


def test_zoo_networks_of_another_size_are_reported(monkeypatch, capsys):
    figures = json.loads(json.dumps(authors.figures()))
    figures["networks"]["VGG19"]["nodes"] = 60
    monkeypatch.setattr(networks, "figures", lambda: figures)
    assert cli.main(["bench", "paper", "--part=zoo", "--networks=VGG19"]) == 1
    assert "VGG19: 45 layers, the paper has 60 nodes" in capsys.readouterr().err


def run_pipeline(tmp_path, *inputs):
    file = tmp_path / "rows.json"
    code = cli.main(["bench", "pipeline", *map(str, inputs), "--json", str(file)])
    return code, json.loads(file.read_text()) if file.exists() else None


def test_pipeline_plans_every_spelling(tmp_path, capsys):
    folder = tmp_path / "programs"
    folder.mkdir()
    for form in ("generic", "pretty"):
        target = folder / f"{form}.mlir"
        arguments = ["zoo", "export", "small_mlp", f"--format={form}", "-o", str(target)]
        assert cli.main(arguments) == 0
    packed = lzma.compress((folder / "generic.mlir").read_bytes())
    (folder / "packed.mlir.xz").write_bytes(packed)
    (folder / "notes.txt").write_text("not a program")
    code, rows = run_pipeline(tmp_path, folder, "small_mlp")
    assert code == 0
    assert [row["name"] for row in rows] == [
        "generic.mlir",
        "packed.mlir.xz",
        "pretty.mlir",
        "small_mlp",
    ]
    assert len({(row["ops"], row["peak"], row["plain_peak"]) for row in rows}) == 1
    for row in rows:
        assert row["outcome"] == "planned"
        assert row["round_trip"] is True
        assert 0 < row["peak"] <= 0.7 * row["plain_peak"]
        assert row["plan_s"] > 0 and row["memory"] > 10**6
    assert "4 programs: 4 planned, 0 refused, 0 failed; 4 round trips" in capsys.readouterr().out


@pytest.mark.parametrize("model", [model.name for model in zoo.models() if model.small])
def test_small_models_have_room(model):
    """The floor is at most 0.35 of the peak, and half of the peak is in reach of remat.jax.fit."""
    text = export_module(zoo.get(model)).text
    with pytest.raises(BudgetError) as refusal:
        toolchain.plan(text, RematOptions(budget="1"))
    plain = toolchain.plan(text, RematOptions(strategy="none")).plan
    assert plain["scope"] == refusal.value.scope == "total"
    assert refusal.value.floor <= 0.35 * plain["plain_peak"]
    half = toolchain.plan(text, RematOptions(budget="50%", memory_model="xla")).plan
    assert half["peak"] <= 0.5 * half["plain_peak"]


def test_pipeline_leaves_other_programs_unencoded(tmp_path):
    """A step that is not StableHLO alone is planned and proven, but not written for XLA."""
    mixed = tmp_path / "mixed.mlir"
    zero = '"arith.constant"() <{value = dense<0.0> : tensor<f32>}>'
    module = export_module(zoo.get("small_mlp")).text
    constants = re.compile(
        r'"stablehlo.constant"\(\) <\{value = dense<0.000000e\+00> : tensor<f32>\}>'
    )
    mixed.write_text(constants.sub(zero, module))
    assert "arith" in mixed.read_text()
    code, rows = run_pipeline(tmp_path, mixed)
    assert code == 0
    assert (rows[0]["outcome"], rows[0]["round_trip"]) == ("planned", None)


def test_pipeline_reports_a_refusal(tmp_path, capsys):
    """No 70 % is left where one value is most of the step."""
    wide = tmp_path / "wide.mlir"
    wide.write_text(WIDE)
    code, rows = run_pipeline(tmp_path, wide)
    assert code == 0
    assert rows[0]["outcome"] == "refused"
    assert rows[0]["smallest_peak"] > 0.7 * rows[0]["plain_peak"]
    output = capsys.readouterr().out
    assert "refused; smallest peak" in output
    assert "1 program: 0 planned, 1 refused, 0 failed" in output


def test_pipeline_fails_on_what_does_not_parse(tmp_path, capsys):
    broken, empty = tmp_path / "broken.mlir", tmp_path / "empty.mlir"
    broken.write_text('"builtin.module"() ({')
    empty.write_text("")
    code, rows = run_pipeline(tmp_path, broken, empty, "small_mlp")
    assert code == 1
    assert [row["outcome"] for row in rows] == ["failed", "failed", "planned"]
    error = capsys.readouterr().err
    assert "2 checks failed" in error
    assert "broken.mlir: " in error
    assert "the file is empty" in error


def test_pipeline_checks_its_limits():
    row = pipeline.PipelineRow("step", "planned", inline_s=4, apply_s=2, memory=2 * 10**9,
                               round_trip=False)  # fmt: skip
    assert row.broken() == [
        "step: analysis and rewrites took 6.0 s; allowed are 5 s",
        "step: remat-opt used 2000 MB; allowed are 1000 MB",
        "step: jaxlib writes the result differently",
    ]


def test_memory_is_that_of_the_program_alone(tmp_path):
    """This process holds 256 MB that no child of its own may be charged with."""
    ballast = bytearray(256 * 2**20)
    small = measured.run([sys.executable, "-S", "-c", "pass"], tmp_path)
    large = measured.run([sys.executable, "-S", "-c", "x = bytearray(100 * 2**20)"], tmp_path)
    assert len(ballast) > small.memory
    assert 95 * 2**20 < large.memory - small.memory < 110 * 2**20


def test_measured_programs_that_fail(tmp_path):
    failing = measured.run([sys.executable, "-S", "-c", "raise SystemExit('why')"], tmp_path)
    assert (failing.code, failing.errors) == (1, "why\n")
    with pytest.raises(ToolchainError, match="died from signal 9"):
        measured.run([sys.executable, "-S", "-c", "import os; os.kill(os.getpid(), 9)"], tmp_path)
    with pytest.raises(ToolchainError, match="missing: cannot be started"):
        measured.run([str(tmp_path / "missing")], tmp_path)


def test_pipeline_in_a_folder_with_blanks(tmp_path, monkeypatch):
    folder = tmp_path / "a b}"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    (tmp_path / "wide step.mlir").write_text(WIDE)
    row = pipeline.measure(str(tmp_path / "wide step.mlir"))
    assert (row.outcome, row.name) == ("refused", "wide step.mlir"), row.message
    (tmp_path / "bad.mlir").write_text('"builtin.module"() ({}) : () -> ()')
    row = pipeline.measure(str(tmp_path / "bad.mlir"))
    assert row.outcome == "failed" and row.message.startswith("bad.mlir:1:1: ")


def test_pipeline_refuses_unknown_inputs(tmp_path, capsys):
    assert cli.main(["bench", "pipeline", str(tmp_path / "missing")]) == 2
    assert "neither a file, nor a folder, nor a model" in capsys.readouterr().err
    assert cli.main(["bench", "pipeline", str(tmp_path)]) == 2
    assert "the folder holds no .mlir and no .mlir.xz file" in capsys.readouterr().err
