# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""`remat check` and `remat diff`: exit codes, and messages that name what changed."""

from __future__ import annotations

import copy
import json
from fractions import Fraction
from pathlib import Path

import pytest
from remat import cli
from remat.errors import InputError
from remat.report import compare, report_of
from remat.report.gate import parse_tolerance
from report_steps import SCHEDULE, plan, problem


def _grown() -> dict:
    """The step with a first value of 80 B instead of 40, which costs 30."""
    step = copy.deepcopy(problem())
    step["values"][3]["bytes"] = 80
    step["ops"][0]["cost"] = 30
    return step


def _write(path, step, answer=None):
    report_of(step, answer).json(path)
    return str(path)


@pytest.fixture
def reports(tmp_path):
    """JSON of: the step with its plan; the grown step with its plan."""
    base = plan()
    more = base | {"plain_peak": 444, "peak": 444, "cost": 78, "base_cost": 48, "budget": 444}
    return (
        _write(tmp_path / "old.json", problem(), base),
        _write(tmp_path / "new.json", _grown(), more),
    )


@pytest.mark.parametrize(
    "text, share", [("1%", Fraction(1, 100)), ("0", 0), ("0%", 0), ("0.5%", Fraction(1, 200))]
)
def test_tolerance(text, share):
    assert parse_tolerance(text) == share


@pytest.mark.parametrize("text", ["", "1", "-1%", "1MB", "inf%", "1%%"])
def test_a_tolerance_that_is_no_share_is_refused(text):
    with pytest.raises(InputError, match="is no share; write 0, 1% or 0.5%"):
        parse_tolerance(text)


def test_a_regression_fails_and_names_what_grew(reports, capsys):
    old, new = reports
    assert cli.main(["check", "--baseline", old, new]) == 1
    out, err = capsys.readouterr()
    assert "new: peak 444 B is 40 B, 9.90% more than the baseline's 404 B; tolerance 1%\n" in out
    assert "new: cost 78 units is 56 units, 254.55% more" in out
    assert "  grew at the peak: Net/first/first demo.first: 40 B -> 80 B (+40 B, +100.00%)" in out
    assert err == "remat: regressed: new\n"


def test_the_same_report_holds(reports, capsys):
    assert cli.main(["check", "--baseline", reports[0], reports[0], "--tolerance=0"]) == 0
    out = capsys.readouterr().out
    assert "compared with" not in out
    assert "old: peak 404 B (unchanged)" in out
    assert out.endswith("1 step within the baseline\n")


def test_the_tolerance_is_exact(reports, capsys):
    # 444 / 404 is 9.900990...%; the cost stays the same.
    old, new = reports
    documents = [json.loads(Path(path).read_text()) for path in reports]
    documents[1]["planned"]["cost"] = documents[0]["planned"]["cost"]
    with open(new, "w") as file:
        json.dump(documents[1], file)
    assert cli.main(["check", "--baseline", old, new, "--tolerance=9.91%"]) == 0
    assert cli.main(["check", "--baseline", old, new, "--tolerance=9.9%"]) == 1


def test_an_improvement_is_noted(reports, capsys):
    assert cli.main(["check", "--baseline", reports[1], reports[0]]) == 0
    out = capsys.readouterr().out
    assert "old: peak improved: 444 B -> 404 B (-40 B, -9.01%)" in out
    assert "run again with --write-baseline --force" in out


def test_the_measured_peak_is_judged_too():
    old = compare.digest(report_of(problem(), plan()).document)
    new = copy.deepcopy(old)
    old["figures"]["measured peak (h100)"] = 1000
    new["figures"]["measured peak (h100)"] = 1011
    assert [one.name for one in compare.judge("s", old, new, Fraction(1, 100)).regressed] == [
        "measured peak (h100)"
    ]
    new["figures"]["measured peak (h100)"] = 1010
    assert not compare.judge("s", old, new, Fraction(1, 100)).regressed
    del new["figures"]["measured peak (h100)"]
    verdict = compare.judge("s", old, new, Fraction(0))
    assert "s: measured peak (h100) was not given: not compared" in verdict.lines


def test_the_plain_step_is_not_judged(reports):
    old = compare.digest(report_of(problem(), plan()).document)
    new = copy.deepcopy(old)
    new["figures"]["plain peak"] *= 2
    assert not compare.judge("s", old, new, Fraction(0)).regressed


@pytest.fixture
def step(exported, tmp_path):
    path = tmp_path / "step.export"
    path.write_bytes(exported.serialize())
    return str(path)


def test_a_baseline_of_a_step(step, tmp_path, capsys):
    base = str(tmp_path / "peak.json")
    write = ["check", "--baseline", base, "--write-baseline", "--budget=min", step]
    assert cli.main(write) == 0
    first = Path(base).read_text()
    assert cli.main(write) == 2
    said = f"--baseline={base}: the file exists; name another one, replace it with --force\n"
    assert capsys.readouterr().err.endswith(said)
    assert cli.main([*write, "--force"]) == 0
    assert Path(base).read_text() == first
    assert json.loads(first)["steps"]["step"]["options"]["budget"] == "min"
    assert cli.main(["check", "--baseline", base, step]) == 0
    assert "1 step within the baseline" in capsys.readouterr().out
    found = json.loads(first)
    found["steps"]["step"]["figures"]["peak"] -= 8
    with open(base, "w") as file:
        json.dump(found, file)
    assert cli.main(["check", "--baseline", base, step, "--tolerance=0"]) == 1
    assert "is 8 B" in capsys.readouterr().out


def test_a_baseline_of_what_xla_measures(step, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("REMAT_CACHE", str(tmp_path / "cache"))
    base = tmp_path / "peak.json"
    words = ["check", "--baseline", str(base), step]
    assert cli.main([*words, "--write-baseline", "--budget=min", "--target=local"]) == 0
    found = json.loads(base.read_text())
    figures = found["steps"]["step"]["figures"]
    assert figures["measured peak (local)"] > 0
    assert cli.main(words) == 0
    assert "step: measured peak (local)" in capsys.readouterr().out
    figures["measured peak (local)"] -= 16
    base.write_text(json.dumps(found))
    assert cli.main([*words, "--tolerance=0"]) == 1
    assert "step: measured peak (local)" in capsys.readouterr().out


def test_a_budget_that_is_no_longer_met_is_a_regression(step, tmp_path, capsys):
    base = tmp_path / "peak.json"
    assert cli.main(["check", "--baseline", str(base), "--write-baseline", step]) == 0
    found = json.loads(base.read_text())
    found["steps"]["step"]["options"]["budget"] = "1"
    base.write_text(json.dumps(found))
    assert cli.main(["check", "--baseline", str(base), step]) == 1
    assert "step: the budget 1 can no longer be met: " in capsys.readouterr().out


@pytest.mark.parametrize(
    "words, said",
    [
        (["{old}", "--budget=50%"], "--budget has no use here: a step is planned as its baseline"),
        (["{old}", "{old}"], "two files are called 'old'"),
        (["{old}", "--target=h100"], "--target has no use here: a step is planned as its"),
        (["absent.mlir"], "does not say how to plan"),
        (["{old}", "--force"], "--force has no use here: nothing is written"),
        (["{old}", "--tolerance=x"], "--tolerance=x is no share"),
        (["{old}", "--write-baseline"], "named for both a step and --baseline"),
    ],
)
def test_check_refuses(words, said, reports, capsys):
    words = [word.format(old=reports[0]) for word in words]
    assert cli.main(["check", "--baseline", reports[0], *words]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    "text, said",
    [
        ("[]", "not a baseline"),
        ('{"kind": "remat-baseline", "schema_version": 2}', "schema_version 2 is not 1"),
        ('{"kind": "remat-baseline", "schema_version": 1, "steps": {}}', "holds no steps"),
        (
            '{"kind": "remat-baseline", "schema_version": 1, "steps": {"a": {}}}',
            "step 'a' has no key 'at_peak'",
        ),
    ],
)
def test_a_file_that_is_no_baseline_is_refused(text, said, reports, tmp_path, capsys):
    base = tmp_path / "peak.json"
    base.write_text(text)
    assert cli.main(["check", "--baseline", str(base), reports[0]]) == 2
    assert said in capsys.readouterr().err


def test_a_step_that_the_baseline_does_not_have(reports, tmp_path, capsys):
    base = str(tmp_path / "peak.json")
    assert cli.main(["check", "--baseline", base, "--write-baseline", *reports]) == 0
    other = _write(tmp_path / "other.json", problem(), plan())
    assert cli.main(["check", "--baseline", base, other]) == 2
    assert "has no step 'other', only new, old" in capsys.readouterr().err
    assert cli.main(["check", "--baseline", base, reports[0]]) == 0
    assert "not checked: new" in capsys.readouterr().out
    write = ["check", "--baseline", base, "--write-baseline", "--force"]
    assert cli.main([*write, reports[0]]) == 0
    assert cli.main(["check", "--baseline", base, reports[1]]) == 2
    assert (
        "has no step 'new', only old; a step is known by its file's name up to the first dot"
        in (capsys.readouterr().err)
    )


def test_a_report_as_baseline_is_named(reports, capsys):
    cli.main(["check", "--baseline", reports[0], reports[1]])
    assert f"new: compared with the report {reports[0]}\n" in capsys.readouterr().out


def test_a_baseline_that_is_not_there(reports, tmp_path, capsys):
    assert cli.main(["check", "--baseline", str(tmp_path / "none.json"), reports[0]]) == 2
    said = "none.json: does not exist; write it with remat check --write-baseline\n"
    assert capsys.readouterr().err.endswith(said)


def test_figures_of_another_scope_do_not_compare(reports, tmp_path, capsys):
    other = _write(tmp_path / "other.json", problem() | {"scope": "temporaries"})
    assert cli.main(["check", "--baseline", reports[0], other]) == 2
    assert "its scope is 'temporaries', but 'total' in" in capsys.readouterr().err


def test_diff(reports, capsys):
    assert cli.main(["diff", *reports]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "peak: 404 B -> 444 B (+40 B, +9.90%)" in lines
    assert "cost: 22 units -> 78 units (+56 units, +254.55%)" in lines
    assert "grew at the peak: 1 place, 40 B" in lines
    assert "  Net/first/first demo.first: 40 B -> 80 B (+40 B, +100.00%)" in lines


def test_diff_of_a_step_with_and_without_a_plan(tmp_path, capsys):
    plain, planned = (
        _write(tmp_path / "a.json", problem()),
        _write(tmp_path / "b.json", problem(), plan()),
    )
    for first, second, which in ((plain, planned, "first"), (planned, plain, "second")):
        assert cli.main(["diff", first, second]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert lines[0] == f"the {which} has no plan: its peak and cost are those of the plain step"
        assert "plain peak: 404 B (unchanged)" in lines
        assert not [line for line in lines if "only in" in line]


def test_diff_names_what_comes_goes_and_runs_again(tmp_path, capsys):
    once = plan() | {"schedule": [n for i, n in enumerate(SCHEDULE) if i != 4], "cost": 20}
    old = _write(tmp_path / "old.json", problem(), once)
    step = copy.deepcopy(problem())
    step["ops"][4]["scope"] = "Net/other/grad"
    new = _write(tmp_path / "new.json", step, plan())
    assert cli.main(["diff", old, new]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "  Net/other/grad demo.grad: 100 B (new)" in lines
    assert "  Net/grad/grad demo.grad: was 100 B" in lines
    assert "  Net/first/first demo.first: 0 -> 1 times" in lines
    assert cli.main(["diff", new, old, "--values=0"]) == 0
    assert "  and 1 more" in capsys.readouterr().out.splitlines()


def test_diff_of_reports_that_do_not_compare_says_so(reports, tmp_path, capsys):
    other = _write(tmp_path / "other.json", problem() | {"scope": "temporaries"})
    assert cli.main(["diff", reports[0], other]) == 0
    assert "scope differs: total, temporaries; figures are not of the same thing" in (
        capsys.readouterr().out
    )
    assert cli.main(["diff", reports[0], other, "--values=-1"]) == 2
