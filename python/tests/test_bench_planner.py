# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""`remat bench planner`: rows as they come, kept when it is stopped, red when a promise breaks."""

from __future__ import annotations

import csv
import dataclasses
import json

import pytest
from remat import cli
from remat.bench import planner, planner_report, planner_rows, stacks
from remat.bench.planner_rows import Row
from remat.bench.rivals import registry
from remat.bench.rivals.answer import Answer


def node(name, inputs, *, phase="fwd", kind="elementwise", size=1000):
    return {
        "id": name,
        "op": kind,
        "inputs": inputs,
        "bytes": size,
        "flops": 10,
        "phase": phase,
        "can_recompute": phase != "arg",
        "kind": kind,
        "types": ["250xf32"],
    }


def graph(layers, loop_phase=None):
    """A chain of layers and its gradients."""
    nodes = [node(0, [], phase="arg", kind="arg")]
    nodes += [node(v, [v - 1]) for v in range(1, layers + 1)]
    nodes.append(node(layers + 1, [layers], kind="reduce", size=4))
    gradient = layers + 1
    for v in range(layers, 0, -1):
        nodes.append(node(len(nodes), [v, gradient], phase="bwd"))
        gradient = len(nodes) - 1
    if loop_phase:
        nodes.append(node(len(nodes), [gradient], phase=loop_phase, kind="while"))
    return {
        "name": f"chain{layers}",
        "source": "made here",
        "meta": {},
        "nodes": nodes,
        "outputs": [layers + 1, len(nodes) - 1],
        "loss": layers + 1,
        "grads": [],
        "donate": {},
    }


@pytest.fixture
def folder(tmp_path):
    graphs = tmp_path / "graphs"
    graphs.mkdir()
    for name, content in {
        "chain9": graph(9),
        "chain16": graph(16),
        "scan": graph(9, "bwd"),
    }.items():
        (graphs / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
    return graphs


def read(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def bench(folder, *more):
    return cli.main(["bench", "planner", f"--graphs={folder}", "--cost=h100", *more])


def test_rows_of_a_chain(folder, tmp_path, capsys):
    out = tmp_path / "rows.csv"
    assert bench(folder, f"--csv={out}", "--budgets=80,50", "--only=chain*,scan") == 0
    rows = read(out)
    assert len(rows) == 2 * 2 * (1 + len(registry.DEFAULT))
    # Halves go by the place among all files: chain16, chain9, scan.
    assert {row["graph"]: row["half"] for row in rows} == {"chain16": "even", "chain9": "odd"}
    for row in rows:
        assert row["status"] != "failed", row
        if row["peak"]:
            assert int(row["peak"]) <= int(row["budget"])
    planned = {(row["graph"], row["planner"]) for row in rows if row["peak"]}
    assert {("chain16", "best"), ("chain16", "chen"), ("chain16", "revolve")} <= planned
    text = capsys.readouterr().out
    assert "scan: left out: a loop runs backward" in text
    assert "a rival is strictly better in" in text
    assert "neither reached nor proven out of reach" in text


def test_a_failing_rival_is_a_row(folder, tmp_path, monkeypatch, capsys):
    def broken(step):
        raise ZeroDivisionError("no such luck")

    def liar(step):
        return lambda budget: Answer([0] * 3, "made up")

    monkeypatch.setitem(registry.RIVALS, "broken", broken)
    monkeypatch.setitem(registry.RIVALS, "liar", liar)
    out = tmp_path / "rows.csv"
    arguments = [f"--csv={out}", "--budgets=80", "--only=chain9", "--rivals=broken,liar,chen"]
    assert bench(folder, *arguments) == 0
    by = {row["planner"]: row for row in read(out)}
    assert by["broken"]["note"] == "ZeroDivisionError: no such luck"
    assert by["liar"]["status"] == "failed" and "never runs" in by["liar"]["note"]
    assert by["chen"]["status"] == "feasible"


def test_what_was_planned_stays_when_the_run_stops(folder, tmp_path, monkeypatch, capsys):
    def stopped(step):
        raise KeyboardInterrupt

    monkeypatch.setitem(registry.RIVALS, "stopped", stopped)
    out = tmp_path / "rows.csv"
    arguments = [f"--csv={out}", "--budgets=80", "--only=chain9"]
    assert bench(folder, *arguments, "--rivals=chen,stopped") == 130
    kept = read(out)
    assert [row["planner"] for row in kept] == ["best", "chen"]
    # Resumed: these two are not planned again, the third is.
    assert bench(folder, *arguments, "--rivals=chen,revolve", "--resume") == 0
    rows = read(out)
    assert rows[:2] == kept and [row["planner"] for row in rows[2:]] == ["revolve"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--budgets=0"], "--budgets: '0' is not a whole percentage from 1 to 100"),
        (["--budgets=,"], "--budgets: names no percentage"),
        (["--only=nothing"], "is called 'nothing'"),
        (["--rivals=oracle"], "--rivals: no rival 'oracle'; known are chen-sqrt, chen"),
        (["--resume"], "--resume needs --csv"),
        (["--repeats=0"], "--repeats: 0 is less than 1"),
        (["--time-limit=0"], "--time-limit: expected a time above 0, in ms, s, min or h, or a"),
        (["--time-limit=3d"], "a number of seconds, such as 500ms or 30; found '3d'"),
        (["--time-limit=1e999h"], "found '1e999h'"),
        (["--strategy=oracle", "--only=chain9"], "strategy"),
    ],
)
def test_bad_options(folder, arguments, message, capsys):
    assert bench(folder, *arguments) in (1, 2)
    captured = capsys.readouterr()
    assert message in captured.err
    assert "Traceback" not in captured.err


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("60", 60), ("0.5", 0.5), ("500ms", 0.5), ("1e1s", 10), ("5min", 300), (".5h", 1800)],
)
def test_time_limits(text, seconds, folder, monkeypatch):
    limits = []

    def finder(names, limit):
        limits.append(limit)
        return {}

    monkeypatch.setattr(planner, "find_rivals", finder)
    assert bench(folder, f"--time-limit={text}", "--only=scan") == 0
    assert limits == [seconds]


def test_a_graph_that_is_not_read_fails_the_run(folder, capsys):
    assert bench(folder, "--only=chain9", "--cost=h300,h100", "--budgets=80", "--rivals=none") == 1
    captured = capsys.readouterr()
    assert "chain9 h300: " in captured.err and '"h300"' in captured.err
    assert "chain9" in captured.out  # planned with the other costs


def test_no_folder(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("REMAT_CORPUS", raising=False)
    assert cli.main(["bench", "planner"]) == 2
    assert "name their folder with --graphs=DIR or REMAT_CORPUS" in capsys.readouterr().err
    assert cli.main(["bench", "planner", f"--graphs={tmp_path}"]) == 2
    assert "holds no .json and no .json.xz file" in capsys.readouterr().err
    assert cli.main(["bench", "planner", f"--graphs={tmp_path / 'none'}"]) == 2
    assert "not a folder; --graphs takes one with neutral graphs" in capsys.readouterr().err
    other = tmp_path / "other.csv"
    other.write_text("a,b\n1,2\n", encoding="utf-8")
    (tmp_path / "g.json").write_text(json.dumps(graph(9)), encoding="utf-8")
    arguments = ["bench", "planner", f"--graphs={tmp_path}", f"--csv={other}", "--resume"]
    assert cli.main(arguments) == 2
    assert "its columns are not those of this bench; leave out --resume" in capsys.readouterr().err


ROW = Row(
    graph="g", half="even", ops=9, cost="h100", percent=50, budget=500, plain_peak=1000, floor=300,
    base_cost=1000, planner="best", kind=planner_rows.OURS, status="feasible", peak=500,
    plan_cost=1100, bound=1080, seconds=0.5, base_order=True, note="",
)  # fmt: skip


def text_of(rows):
    return [line.plain for line in planner_report.summary(rows).renderables]


def test_summary_counts_losses_and_open_problems():
    rival = dataclasses.replace(ROW, planner="xla", kind="rival", bound=None, plan_cost=1090)
    lines = text_of([ROW, rival])
    assert (
        "a rival is strictly better in 1 cases of 1 problems; in 0 of them its plan is not in base "
        "order"
    ) in lines
    assert "  g h100 50 %: xla 9.00 against 10.00" in lines
    joined = "\n".join(lines)
    assert "step time / bound mean 1.0185, worst 1.0185 (g h100 50 %)" in joined
    assert "overhead / max(bound, 0.5%) median 1.250, worst 1.250" in joined
    # A plan in another order is measured against the cheapest of ours.
    moved = dataclasses.replace(rival, base_order=False)
    reordered = dataclasses.replace(ROW, planner="best:order=reorder", plan_cost=1090, bound=None)
    assert any("better in 1 cases of 1 problems; in 1 of" in line for line in text_of([ROW, moved]))
    assert any("better in 0 cases" in line for line in text_of([ROW, reordered, moved]))
    assert any("better in 1 cases" in line for line in text_of([ROW, reordered, rival]))
    equal = dataclasses.replace(rival, plan_cost=1100)
    assert any("better in 0 cases of 1 problems" in line for line in text_of([ROW, equal]))
    gone = dataclasses.replace(ROW, plan_cost=None, peak=None, status="no-plan-found")
    assert "  g h100 50 % (500 B; floor 300 B)" in text_of([gone])
    proof = dataclasses.replace(gone, planner="lmc", kind="rival", status="infeasible")
    assert "neither reached nor proven out of reach: 0 problems" in text_of([gone, proof])


def test_plans_that_cost_nothing_are_plans():
    free = dataclasses.replace(ROW, base_cost=0, plan_cost=0, bound=0)
    moved = dataclasses.replace(free, planner="xla", kind="rival", bound=None, base_order=False)
    # Ours in another order costs nothing too: no loss, whatever the strategy in question costs.
    problem = {"best": dataclasses.replace(ROW, plan_cost=1100), "again": free, "xla": moved}
    assert planner_report.losses("best", [problem]) == []
    assert planner_report.optimum({"best": free}) == 0
    lines = text_of([free, moved])
    assert any("better in 0 cases of 1 problems" in line for line in lines)
    assert "where the optimum is proven: 1 problems; equal in 1 (100.0%), without a plan in 0" in (
        lines
    )
    assert free.overhead == 0
    planner_report.table([free, moved])


def test_summary_counts_proven_optima():
    exact = dataclasses.replace(
        ROW, planner="lazy-cuts", kind=planner_rows.BOUND, plan_cost=1090, bound=1090
    )
    # The exact method is no rival, and what it proves is no loss but a count.
    lines = text_of([ROW, exact])
    assert (
        "where the optimum is proven: 1 problems; equal in 0 (0.0%), without a plan in 0" in lines
    )
    assert "  worst step time / optimum 1.0092 (g h100 50 %)" in lines
    assert any("better in 0 cases of 1 problems" in line for line in lines)
    met = dataclasses.replace(ROW, plan_cost=1090)
    assert "where the optimum is proven: 1 problems; equal in 1 (100.0%), without a plan in 0" in (
        text_of([met, exact])
    )
    # A bound below the cheapest plan proves nothing; nor does a plan in another order.
    assert planner_report.optimum({"best": ROW}) is None
    moved = dataclasses.replace(exact, bound=1000, base_order=False)
    assert planner_report.optimum({"best": ROW, "xla": moved}) is None


def test_a_plan_refutes_a_wrong_certificate(folder, monkeypatch, capsys):
    rival = dataclasses.replace(ROW, planner="dtr", kind="rival", bound=None, plan_cost=1070)
    assert planner_report.contradictions([ROW, rival]) == [
        "g h100 50 %: best certifies a bound of 1080, but a plan of dtr at 50 % costs 1070"
    ]
    moved = dataclasses.replace(rival, base_order=False)
    assert planner_report.contradictions([ROW, moved]) == []
    claim = dataclasses.replace(ROW, plan_cost=None, peak=None, bound=None, status="infeasible")
    smaller = dataclasses.replace(rival, percent=40, budget=400, peak=390)
    assert planner_report.contradictions([claim, smaller]) == [
        "g h100 50 %: best claims that no plan fits, but one of dtr at 40 % does"
    ]
    larger = dataclasses.replace(rival, percent=60, budget=600, peak=501)
    assert planner_report.contradictions([claim, larger]) == []

    def liar(step):
        return lambda budget: Answer(None, "made up", infeasible=True)

    monkeypatch.setitem(registry.RIVALS, "liar", liar)
    assert bench(folder, "--budgets=80", "--only=chain9", "--rivals=liar") == 1
    assert "liar claims that no plan fits, but one of best at 80 % does" in capsys.readouterr().err


def test_journal_reads_what_it_wrote(tmp_path):
    path = tmp_path / "rows.csv"
    gone = dataclasses.replace(ROW, planner="none", plan_cost=None, peak=None, bound=None)
    journal = planner_report.Journal(path, resume=False)
    journal.add(ROW)
    journal.add(gone)
    journal.close()
    again = planner_report.Journal(path, resume=True)
    assert again.rows == [ROW, gone]
    again.close()


def test_a_file_of_rows_is_never_replaced_unasked(folder, tmp_path, capsys):
    out = tmp_path / "rows.csv"
    words = (f"--csv={out}", "--budgets=80", "--only=chain9", "--rivals=none")
    assert bench(folder, *words) == 0
    rows = out.read_text()
    out.write_text(rows + rows.splitlines()[-1].replace("chain9", "other") + "\n")
    assert bench(folder, *words) == 2
    assert (
        f"--csv={out}: the file exists; name another one, replace it with --force, or continue "
        "it with --resume" in capsys.readouterr().err
    )
    assert "other" in out.read_text()
    assert bench(folder, *words, "--resume", "--force") == 2
    assert "--force replaces the file that --resume continues" in capsys.readouterr().err
    assert bench(folder, *words, "--resume") == 0
    assert "other" in out.read_text()
    assert bench(folder, *words, "--force") == 0
    assert "other" not in out.read_text()


@pytest.mark.parametrize("what", [("main", "--output"), ("equality", "--output"),
                                  ("paper", "--csv"), ("pipeline", "x", "--json")])  # fmt: skip
def test_every_bench_refuses_to_replace_a_file(what, tmp_path, capsys):
    out = tmp_path / "rows"
    out.write_text("mine")
    command, option = what[0], what[-1]
    assert cli.main(["bench", command, *what[1:-1], f"{option}={out}"]) == 2
    expected = f"{option}={out}: the file exists; name another one, replace it with --force"
    assert expected in capsys.readouterr().err
    assert out.read_text() == "mine"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--layers=0"], "--layers=0 is less than 1"),
        (["--layers=-3"], "--layers=-3 is less than 1"),
        (["--layers=1", "-o", "absent/stack.json"], "absent/stack.json: cannot be written: "),
    ],
)
def test_stacks_says_what_is_wrong(words, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        stacks.main(["-o", "stack.json", *words])
    assert ended.value.code == 2
    assert f"error: {message}" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
    stacks.main(["-o", "stack.json", "--layers=1"])
    assert len(json.loads((tmp_path / "stack.json").read_text())["nodes"]) > 50
