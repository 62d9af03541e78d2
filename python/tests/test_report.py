# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Reports: memory over time, the document, the page and the text; and the commands."""

from __future__ import annotations

import json
import random
from html.parser import HTMLParser

import jax
import pytest
import remat
from remat import cli
from remat.errors import InputError, ToolchainError
from remat.report import Report, report_of
from remat.report.arguments import argument_names
from remat.report.kinds import kinds_of
from remat.report.measured import scope_of
from remat.report.timeline import Timeline
from remat.report.words import by_scope, cost_text, short_bytes
from remat.xla import targets
from remat.xla.assignment import Assignment, LiveBuffer
from remat.xla.measure import Measurement
from report_steps import SCHEDULE, hostile, plan, problem
from tiny_steps import dense


def test_kinds():
    names = [value["name"] for value in problem()["values"]]
    found = dict(zip(names, kinds_of(problem())))
    assert found["w"] == "parameters"
    assert found["m"] == "optimiser state"
    assert found["x"] == "inputs"
    assert found["a"] == found["b"] == "activations"
    assert found["loss"] == "results"
    assert found["d"] == "temporaries"
    assert found["g"] == "gradients"


def test_live_bytes_by_hand():
    base = Timeline(problem(), [op["id"] for op in problem()["ops"]])
    # a | a b | a b loss | a b loss d | a loss d g | loss g | loss g
    assert base.live == [260, 300, 304, 344, 404, 324, 324]
    assert base.starts == [0, 2, 10, 12, 14, 16, 18, 20]
    assert (base.peak, base.peak_step) == (404, 4)
    assert [one.value for one in base.live_at(4)] == [0, 1, 7, 3, 6, 2, 5]
    again = Timeline(problem(), SCHEDULE)
    assert again.live == [260, 300, 264, 304, 304, 404, 324, 324]
    assert again.by_kind["recomputed"] == [0, 0, 0, 0, 40, 40, 0, 0]
    assert again.phases == {"forward": 0, "backward": 12, "update": 18}


@pytest.mark.parametrize(
    "scope, donation, peak",
    [("total", True, 404), ("non-arguments", True, 184), ("temporaries", True, 180),
     ("non-arguments", False, 304), ("temporaries", False, 180)],
)  # fmt: skip
def test_what_a_scope_counts(scope, donation, peak):
    step = problem() | {"scope": scope, "donation": donation}
    assert Timeline(step, [op["id"] for op in step["ops"]]).peak == peak


def test_what_an_update_overwrites_is_copied_for_what_reads_it_later():
    base = [op["id"] for op in problem()["ops"]]
    plain, late = Timeline(problem(), base), Timeline(problem(), [*base, base[0]])
    [copy] = [one for one in late.instances if one.value == 0 and one.begin > 0]
    assert (copy.begin, copy.end, copy.bytes, copy.kind) == (6, 8, 100, "parameters")
    assert late.live[:7] == [*plain.live[:6], plain.live[6] + 100]
    apart = {**problem(), "donation": False}
    assert len(Timeline(apart, [*base, base[0]]).instances) == len(late.instances) + 1


def test_instances_add_up_to_the_curve():
    rng = random.Random(7)
    for _ in range(50):
        schedule = list(SCHEDULE)
        for _ in range(rng.randrange(4)):
            schedule.insert(rng.randrange(1, len(schedule)), 30)
        line = Timeline(problem(), schedule)
        for step, live in enumerate(line.live):
            assert sum(one.bytes for one in line.live_at(step)) == live
            assert sum(held[step] for held in line.by_kind.values()) == live


def test_samples_keep_the_peak():
    line = Timeline(problem(), SCHEDULE * 50)
    steps = line.samples(8)
    assert line.peak_step in steps
    assert len(steps) <= 9
    assert steps == sorted(set(steps))


def test_a_promise_that_the_schedule_does_not_keep_is_refused():
    for key, said in (("peak", "its peak is 403"), ("plain_peak", "its plain peak is 403")):
        with pytest.raises(ToolchainError, match=said):
            report_of(problem(), plan() | {key: 403})
    with pytest.raises(ToolchainError, match="its cost is 21, but its schedule has 22"):
        report_of(problem(), plan() | {"cost": 21})


def test_document():
    found = report_of(problem(), plan(), argument_names=["weights", "momentum", "batch"]).document
    assert found["schema_version"] == 1
    assert found["planned"]["recomputations"] == 1
    assert [row["op"] for row in found["planned"]["recomputed_ops"]] == ["demo.first"]
    a = found["values"][3]
    assert (a["executions"], a["choice"], a["cost"]) == (2, True, 2)
    live = found["planned"]["timeline"]["at_peak"]
    assert sum(row["bytes"] for row in live) == found["planned"]["peak"]
    assert live[0]["value"] == "weights"
    assert [row["kind"] for row in live if row["value"] == "a"] == ["recomputed"]


def test_json_is_the_same_bytes_and_reads_back(tmp_path):
    one, two = report_of(problem(), plan()), report_of(problem(), plan())
    assert one.json() == two.json()
    assert one.json(tmp_path / "r.json") == (tmp_path / "r.json").read_text()
    again = Report.read(tmp_path / "r.json")
    assert again == one
    assert again.html() == one.html()
    assert str(again) == str(one)


@pytest.mark.parametrize(
    "text, said",
    [
        ("[]", "not a report"),
        ('{"kind": "remat-report", "schema_version": 9}', "schema_version 9 is not 1"),
        ("{", "1:2: no JSON"),
        (None, "cannot be read"),
    ],
)
def test_a_file_that_is_no_report_is_refused(tmp_path, text, said):
    path = tmp_path / "r.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(InputError, match=said) as error:
        Report.read(path)
    assert str(path) in str(error.value)


class _Page(HTMLParser):
    """Collects elements, and fails where they are not nested."""

    VOID = ("meta", "link", "input", "br")

    def __init__(self, text):
        super().__init__()
        self.found, self._open, self.ids = [], [], []
        self.feed(text)
        assert not self._open

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))
        self.ids += [value for name, value in attributes if name == "id"]
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self._open.pop() == tag


def test_the_page_is_whole_and_fetches_nothing():
    page = _Page(report_of(problem(), plan()).html())
    assert len(page.ids) == len(set(page.ids))
    for tag, attributes in page.found:
        assert "src" not in attributes
        assert tag not in ("img", "iframe", "object", "embed", "base")
        link = attributes.get("href", "")
        assert link.startswith(("#", "data:")) or not link
        if link.startswith("#"):
            assert link[1:] in page.ids
    charts = [attributes for tag, attributes in page.found if tag == "svg"]
    assert len(charts) == 3
    assert all(chart["aria-label"] and chart["role"] == "img" for chart in charts)


def test_names_of_the_program_are_text():
    whole = report_of(hostile(), plan()).html()
    page = _Page(whole)
    tags = [tag for tag, _ in page.found]
    assert tags.count("script") == 2
    assert "img" not in tags
    assert whole.count("</script>") == 2
    assert not [name for _, attributes in page.found for name in attributes if name == "onerror"]


def test_text():
    text = str(report_of(problem(), plan()))
    assert "planned peak   404 B   (100.0% of plain)" in text
    assert "the planned peak is at step 5 of 8: demo.grad model.py:7 Net/grad/grad" in text
    assert "recomputed" in text
    assert "runs twice" in text


def test_words():
    assert short_bytes(20020450308) == "18.6 GiB"
    assert short_bytes(1023) == "0.999 KiB"
    assert short_bytes(-2048) == "-2 KiB"
    assert short_bytes(5e15) == "4547 TiB"
    assert cost_text(57037896900837, "femtoseconds") == "57.04 ms"
    assert cost_text(12, "units") == "12 units"


def test_scopes_are_grouped_as_deep_as_fits():
    rows = [
        {"scope": f"Net/Block_{i}/Dense_{j}/dot", "op": "dot"} for i in range(4) for j in range(9)
    ]
    assert by_scope(rows)(rows[0]) == "Net/Block_0"
    assert by_scope(rows[:9])(rows[0]) == "Net/Block_0/Dense_0"
    assert by_scope([])({"scope": "", "op": "argument"}) == "(arguments)"


def test_argument_names():
    text = """#loc7 = loc("batch[\\"x: %arg9: \\"]")
"func.func"() <{function_type = () -> (), sym_name = "other"}> ({
  ^bb0(%arg0: tensor<2xf32> loc("wrong")):
}) : () -> ()
"func.func"() <{function_type = () -> (), sym_name = "main"}> ({
  ^bb0(%arg4: tensor<2xf32> loc("w['k']"), %arg5: tensor<f32> loc(#loc7), %arg6: i1 loc("f":1:2)):
}) : () -> ()
"""
    assert argument_names(text, 3) == ["w['k']", 'batch[\\"x: %arg9: \\"]', "%arg2"]
    assert argument_names(text, 2) is None
    assert argument_names(text, 1, "other") == ["wrong"]
    assert argument_names(text, 1, "absent") is None


@pytest.fixture
def files(tmp_path):
    """problem.json and plan.json."""
    paths = tmp_path / "problem.json", tmp_path / "plan.json"
    for path, found in zip(paths, (problem(), plan())):
        path.write_text(json.dumps(found))
    return paths


def test_report_of_files(files, tmp_path, capsys):
    out, page = tmp_path / "r.json", tmp_path / "r.html"
    words = ["report", str(files[0]), "--plan", str(files[1])]
    assert cli.main([*words, "--json", str(out), "--html", str(page)]) == 0
    shown = capsys.readouterr().out
    assert "planned peak   404 B" in shown
    assert json.loads(out.read_text())["name"] == "demo"
    assert page.read_text().startswith("<!DOCTYPE html>")
    assert cli.main(["report", str(out)]) == 0
    assert capsys.readouterr().out == shown
    page.write_text("mine")
    assert cli.main(["report", str(out), "--html", str(page)]) == 2
    assert f"--html={page}: the file exists; name another one" in capsys.readouterr().err
    assert page.read_text() == "mine"
    assert cli.main(["report", str(out), "--html", str(page), "--force"]) == 0
    assert page.read_text().startswith("<!DOCTYPE html>")


def test_report_of_a_step(exported, tmp_path, capsys):
    step = tmp_path / "tiny.export"
    step.write_bytes(exported.serialize())
    assert cli.main(["report", str(step), "--curve", "--json", str(tmp_path / "r.json")]) == 0
    found = json.loads((tmp_path / "r.json").read_text())
    assert found["name"] == "tiny"
    assert found["planned"] is None
    assert found["curve"]["points"][-1]["peak"] == found["plain"]["peak"]
    assert [row["value"] for row in found["values"][:3]] == ["weight", "batch", "key"]
    capsys.readouterr()
    assert cli.main(["report", str(step), "--budget=min"]) == 0
    assert "planned peak" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words, said",
    [
        (["{problem}"], "problem.json: not a report"),
        (["{problem}", "--plan", "{problem}"], "not plan.json: it has no key 'strategy'"),
        (["{problem}", "--plan", "{plan}", "--budget=4"], "--budget has no use here"),
        (["{problem}", "--plan", "{plan}", "--target=h100"], "--target has no use here"),
        (["{problem}", "--plan", "{plan}", "--json", "{plan}"], "named for both --json and --plan"),
        (["{problem}", "--html", "x", "--json", "x"], "named for both --json and --html"),
        (["{problem}", "--values=-1"], "--values=-1 is negative"),
        (["absent.mlir", "--strategy=chen"], "--strategy is about a plan"),
        (["absent.mlir"], "absent.mlir: cannot be read"),
    ],
)
def test_report_refuses(words, said, files, capsys):
    paths = {"problem": str(files[0]), "plan": str(files[1])}
    assert cli.main(["report", *(word.format(**paths) for word in words)]) == 2
    assert said in capsys.readouterr().err


def test_a_plan_of_another_problem_is_refused(files, capsys):
    files[1].write_text(json.dumps(plan() | {"schedule": [30, 31]}))
    assert cli.main(["report", str(files[0]), "--plan", str(files[1])]) == 2
    assert "schedules op 31, which" in capsys.readouterr().err
    files[1].write_text(json.dumps({"schema_version": 1, "strategy": "x", "stop_reason": "no"}))
    assert cli.main(["report", str(files[0]), "--plan", str(files[1])]) == 2
    assert "holds no plan, for the budget was refused: no" in capsys.readouterr().err


def test_a_report_has_no_curve_to_add(files, tmp_path, capsys):
    out = tmp_path / "r.json"
    assert cli.main(["report", str(files[0]), "--plan", str(files[1]), "--json", str(out)]) == 0
    assert cli.main(["report", str(out), "--curve"]) == 2
    assert "--curve needs the step" in capsys.readouterr().err


def _measurement(peak: int, target: str = "h100") -> Measurement:
    """A measurement of 300 B of arguments and results, and temporaries up to `peak` - 300."""
    fixed = [("argument", 200), ("output", 100)]
    buffers = [
        LiveBuffer(size, kind, kind, kind, f"s8[{size}]", "", "", 0, 2000) for kind, size in fixed
    ]
    temp = LiveBuffer(
        *(peak - 300, "temporary", "fusion.1", "fusion kLoop", "s8[1]", "net/model.py:3"),
        *("jit(step)/jit(main)/transpose(jvp(Net))/Block_0/dot", 500, 999),
    )
    return Measurement(
        target=target,
        devices=1,
        temp=peak - 300,
        arguments=200,
        outputs=200,
        alias=100,
        products=3,
        full=True,
        flops=1000,
        time_us=2.0 + peak / 1000,
        xla_time_us=None,
        assignment=Assignment(
            steps=2000,
            timeline=((0, 300), (500, peak), (501, 400), (1000, 300)),
            peak=peak,
            peak_step=500,
            buffers=(temp, *buffers),
        ),
    )


def test_what_xla_measured():
    report = report_of(problem(), plan()).with_measured(_measurement(1000), _measurement(700))
    found = report.document["measured"]
    assert (found["plain"]["peak"], found["planned"]["peak"]) == (1000, 700)
    assert found["plain"]["held"] == 300
    # The one step at 1000 B is kept among 480 samples of 2000 steps.
    assert [500, 1000] in found["plain"]["live"]
    assert found["plain"]["live"][-1][1] == 300
    assert len(found["plain"]["live"]) == 4
    row = found["plain"]["at_peak"][0]
    assert row["scope"] == "Net/Block_0/dot"
    text = str(report)
    assert "measured         700 B   (XLA for an H100)" in text
    assert "x0.900: 2.7 us instead of 3 us" in text
    page = report.html()
    assert "That is 290 B more than the budget 410 B." in page
    _Page(page)
    assert json.loads(report.json()) == report.document


@pytest.mark.parametrize(
    "scope, peak", [("total", 1000), ("non-arguments", 800), ("temporaries", 700)]
)
def test_a_measured_peak_counts_what_the_scope_does(scope, peak):
    report = report_of(problem() | {"scope": scope}).with_measured(_measurement(1000))
    assert report.document["measured"]["plain"]["peak"] == peak


def test_a_schedule_is_followed_once(monkeypatch):
    made = []
    follow = Timeline.__init__

    def init(self, problem, schedule):
        made.append(schedule)
        follow(self, problem, schedule)

    monkeypatch.setattr(Timeline, "__init__", init)
    report_of(problem(), plan(), scope=problem().get("scope"))
    assert len(made) == 2, "as it is, and as planned"


def test_another_scope_than_the_plans():
    report = report_of(problem(), plan(), scope="temporaries", budget=200)
    assert report.document["plain"]["peak"] == 180
    assert report.document["planned"]["budget"] == 200
    assert report_of(problem(), plan(), scope="temporaries").document["planned"]["budget"] is None


def test_scopes_in_xlas_names():
    assert scope_of("jit(step)/transpose(jvp(A))/C/dot") == "A/C/dot"
    assert scope_of("state[\\'w\\']") == "state['w']"
    assert scope_of("") == ""


def test_a_target_is_compiled_for(exported, tmp_path, monkeypatch, capsys):
    step = tmp_path / "tiny.export"
    step.write_bytes(exported.serialize())
    asked = []
    confirmed = []

    def measure(text, target, full=False, **more):
        (confirmed if full else asked).append((target.name, text))
        return _measurement(1000 if len(asked) == 1 else 600, target.name)

    monkeypatch.setattr("remat.report.command.measure.measure", measure)
    monkeypatch.setattr("remat.loop.device.measure", measure)
    out = tmp_path / "r.json"
    words = ["report", str(step), "--budget=700", "--target=tpu-v5p", "--json", str(out)]
    assert cli.main(words) == 0
    assert {name for name, _ in asked} == {"tpu-v5p"}
    assert len({text for _, text in asked}) == len(asked) > 1
    assert len(confirmed) == 1 and confirmed[0] in asked[1:], "as in fit, the answer to its end"
    found = json.loads(out.read_text())
    assert (found["measured"]["plain"]["peak"], found["measured"]["planned"]["peak"]) == (1000, 600)
    assert [one["chosen"] for one in found["measured"]["trials"]].count(True) == 1
    assert found["planned"]["budget"] == 700
    assert found["scope"] == "total"
    assert found["cost_table"] == "tpu-v5p"
    assert "programs compiled for a TPU v5p" in capsys.readouterr().out
    asked.clear()
    assert cli.main(["report", str(step), "--target=h100", "--json", str(out), "--force"]) == 0
    assert len(asked) == 1
    assert json.loads(out.read_text())["measured"]["planned"] is None


@pytest.mark.parametrize(
    ("most", "code", "said"),
    [
        (2, 0, "remat: warning: interrupted: the step is the best found so far\n"),
        (1, 130, "(scope: total), and the budget is 700 B; no output was written\n"),
    ],
)
def test_an_interrupted_search_is_told(exported, tmp_path, monkeypatch, capsys, most, code, said):
    step = tmp_path / "tiny.export"
    step.write_bytes(exported.serialize())
    asked = []

    def measure(text, target, **more):
        asked.append(text)
        if len(asked) > most:
            raise KeyboardInterrupt
        return _measurement(1000 if len(asked) == 1 else 600)

    monkeypatch.setattr("remat.loop.device.measure", measure)
    assert cli.main(["report", str(step), "--budget=700", "--target=h100"]) == code
    assert capsys.readouterr().err.endswith(said)


def test_report_and_explain_plan_alike_for_a_device(tmp_path, monkeypatch):
    """On TPUs with XLA's memory model there, which has other buffers."""
    step, shapes = dense()
    path = tmp_path / "step.export"
    path.write_bytes(jax.export.export(jax.jit(step))(*shapes).serialize())
    explain = remat.jax.explain  # imported before measuring is replaced
    monkeypatch.setattr("remat.report.command.measure.measure", lambda *_, **__: _measurement(1000))
    peaks = {}
    for device in ("h100", "tpu-v5p"):
        out = tmp_path / f"{device}.json"
        assert cli.main(["report", str(path), f"--target={device}", "--json", str(out)]) == 0
        explained = explain(step, *shapes, target=targets.get(device).encoding)
        peaks[device] = explained.document["plain"]["peak"]
        assert json.loads(out.read_text())["plain"]["peak"] == peaks[device]
    assert peaks["tpu-v5p"] != peaks["h100"], "else the test says nothing"
