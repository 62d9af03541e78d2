# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""`remat bench device`: the closed loop and rivals, with a compiler that our simulator plays."""

from __future__ import annotations

import csv
from dataclasses import replace
from types import SimpleNamespace

import jax
import pytest
from remat import cli, convert, toolchain, zoo
from remat.bench import device_report, device_rivals, device_rows
from remat.bench.device_rows import DeviceRow, Fitter, Point
from remat.errors import ToolchainError
from remat.loop import prediction, search
from remat.toolchain import RematOptions
from remat.xla import targets
from remat.xla.assignment import Assignment
from remat.xla.measure import Measurement
from tiny_steps import dense

H100 = targets.get("h100")
ROW = DeviceRow(
    "net",
    "h100",
    "50%",
    "fitted",
    1000,
    limit=500,
    temp=480,
    time_ratio=1.1,
    expected=500,
    calibrated=490,
)


class Compiler:
    """Plays XLA: what the simulator says of a program; XLA's own pass saves a fifth."""

    def __init__(self, interrupt=None):
        self.interrupt = interrupt
        self.asked: list[str] = []

    def __call__(self, text, target, *, full=False, devices=1, name=""):
        self.asked.append(name)
        if self.interrupt is not None and len(self.asked) > self.interrupt:
            raise KeyboardInterrupt
        options = RematOptions(
            memory_model="program", budget="100%", budget_scope="temporaries", strategy="none"
        )
        peak = toolchain.plan(text, options).plan["peak"]
        limited = target.memory < H100.memory
        return Measurement(
            target=target.name,
            devices=devices,
            temp=peak * 4 // 5 if limited else peak,
            arguments=1000,
            outputs=200,
            alias=0,
            products=0,
            full=True,
            flops=1000,
            time_us=100.0 + text.count("stablehlo.tanh") + 60 * limited,
            xla_time_us=None,
            assignment=Assignment(1, ((0, peak),), peak, 0, ()),
        )


def use(monkeypatch, compiler):
    for module in ("remat.loop.device", "remat.bench.device_rows", "remat.bench.device_rivals"):
        monkeypatch.setattr(f"{module}.measure", compiler)
    monkeypatch.setattr(targets, "python_for", lambda target: None)
    # The simulator has another memory model than the plans; expectations have their own test.
    monkeypatch.setattr(device_rows, "MEAN_ERROR", 1.0)
    monkeypatch.setattr(device_rows, "WORST_ERROR", 1.0)


@pytest.fixture
def tiny(monkeypatch):
    """A zoo of one model of a few dozen ops, without blocks."""
    step, shapes = dense()
    module = convert.from_exported(jax.export.export(jax.jit(step))(*shapes))
    asked = []

    def export(model, checkpoint=None):
        asked.append(checkpoint)
        if checkpoint == "dots_saveable":
            raise ToolchainError("no such dots")
        return module

    monkeypatch.setattr("remat.zoo.export.export_module", export)
    monkeypatch.setattr(zoo, "get", lambda name: replace(zoo.models()[0], name=name))
    return module.text


def test_budgets_are_shares_of_what_is_measured(monkeypatch, tiny):
    use(monkeypatch, Compiler())
    fitter = Fitter("net", tiny, H100)
    row = fitter.fit("80%")
    assert row.outcome == "fitted" and row.plain == fitter.plain.temp
    assert row.temp <= row.limit == row.plain * 8 // 10
    assert row.time_ratio > 1 and row.flops_ratio == 1.0 and row.compiles >= 1
    assert row.point in fitter.points and fitter.points[0] == Point(row.plain, 1.0)
    assert fitter.fit("80%") is row
    refused = fitter.fit("1")
    assert refused.outcome == "refused" and refused.temp is None
    assert 0 < refused.floor <= refused.smallest and "is not met" in refused.message
    assert device_rows.broken([row, refused]) == []
    assert fitter.fit("100%").time_ratio == 1.0


def test_what_is_expected_is_of_the_answer_before_it_was_compiled(monkeypatch, tiny):
    use(monkeypatch, Compiler())
    outcomes = []

    def fit_module(*args):
        outcomes.append(search.fit_module(*args))
        return outcomes[-1]

    monkeypatch.setattr(device_rows, "fit_module", fit_module)
    fitter = Fitter("net", tiny, H100)
    for budget in ("90%", "min"):
        row = fitter.fit(budget)
        (chosen,) = (t for t in outcomes[-1].trials if t is outcomes[-1].chosen)
        assert (row.expected, row.temp) == (chosen.expected, chosen.measured.temp)
        assert row.error == pytest.approx(row.calibrated / row.temp - 1)
    plain = fitter.fit("100%")
    assert plain.expected is plain.calibrated is plain.error is None


def trial(variant: str, predicted: int, temp: int) -> SimpleNamespace:
    point = prediction.Point(predicted, temp, 30)
    plan = SimpleNamespace(peak=predicted)
    return SimpleNamespace(variant=variant, plan=plan, point=point)


@pytest.mark.parametrize(
    ("others", "calibrated"),
    [
        ([], 30 + 150),  # as the plain program: (330 - 30) / 200 of what is predicted
        ([("a", 100, 140)], 30 + 110),
        ([("b", 100, 140), ("b", 50, 80), ("b", 200, 1030)], 30 + 110),
        ([("a", 100, 140), ("b", 50, 80), ("b", 50, 80)], 30 + 100),
        ([("a", 100, 140), ("a", 50, 90), ("b", 50, 80), ("b", 50, 80)], 30 + 115),
    ],
)
def test_what_is_calibrated_is_of_all_programs_but_the_answer(others, calibrated):
    chosen = trial("a", 100, 150)
    outcome = SimpleNamespace(
        trials=(*(trial(*other) for other in others), chosen),
        plain=SimpleNamespace(temp=330, assignment=SimpleNamespace(scratch=30)),
        plan=SimpleNamespace(plain_peak=200),
    )
    assert device_rows.calibrated(outcome, chosen) == calibrated


def test_a_plan_is_made_once_for_all_budgets(monkeypatch, tiny):
    use(monkeypatch, Compiler())
    planned = []

    def plan(text, options, name):
        planned.append(options.budget)
        return toolchain.plan(text, options, name)

    job_for = device_rows.job_for
    monkeypatch.setattr(device_rows, "job_for", lambda *args: replace(job_for(*args), plan=plan))
    fitter = Fitter("net", tiny, H100)
    fitter.fit("90%")
    fitter.fit("89%")
    assert "100%" in planned
    assert len(planned) == len(set(planned))


def test_promises_are_checked():
    assert device_rows.broken([ROW]) == []
    over = replace(ROW, temp=501)
    assert over.broken() == ["net at 50% for h100: 501 B are above the budget of 500 B"]
    worse = replace(ROW, limit=None, budget="min", temp=1001)
    assert worse.broken() == [
        "net at min for h100: 1001 B are more than the plain program's 1000 B"
    ]
    assert replace(ROW, outcome="failed", message="no").broken() == ["net at 50% for h100: no"]


def test_smaller_budgets_need_less_and_take_longer():
    larger = replace(ROW, budget="70%", limit=700, temp=650, time_ratio=1.05, calibrated=None)
    assert device_rows.broken([ROW, larger]) == []
    (message,) = device_rows.broken([replace(larger, temp=470), ROW])
    assert message == "net for h100: 50% gives 480 B, more than the 470 B of 70%"
    (message,) = device_rows.broken([replace(larger, time_ratio=1.2), ROW])
    assert message == ("net for h100: 70% takes x1.200 of the plain time, yet 50% only x1.100")
    refused = replace(larger, outcome="refused", temp=None)
    (message,) = device_rows.broken([refused, ROW])
    assert message == ("net for h100: 70% is refused, yet 50% gives a program within it, of 480 B")
    other = replace(larger, model="other", temp=470)
    assert device_rows.broken([other, ROW]) == []


def test_expectations_that_are_off_are_broken():
    mean, worst = device_rows.errors([ROW, replace(ROW, calibrated=None)])
    assert mean == pytest.approx(10 / 480) and worst == ROW
    messages = device_rows.broken([replace(ROW, calibrated=600)])
    assert messages == [
        "calibrated peaks are off by 25.0% on average, not 5%",
        "net at 50% for h100: 600 B by the calibrated model and 480 B measured, +25.0%; at most "
        "15% is promised",
    ]


RIVAL = Point(500, 1.1)


@pytest.mark.parametrize(
    ("ours", "more", "verdicts"),
    [
        (Point(480, 1.1), [], ("tie", "tie")),
        (Point(480, 1.0), [], ("win", "tie")),
        (Point(400, 1.1), [], ("tie", "win")),
        (Point(480, 1.3), [], ("loss", "loss")),
        (Point(480, 1.3), [Point(520, 1.1)], ("loss", "tie")),
        (None, [Point(520, 1.1)], ("tie", "tie")),
        (None, [Point(600, 1.0)], ("loss", "loss")),
    ],
)
def test_differences_of_a_twentieth_are_ties(ours, more, verdicts):
    row = replace(
        ROW, temp=ours.temp if ours else None, time_ratio=ours.time_ratio if ours else None
    )
    points = [Point(1000, 1.0), *([ours] if ours else []), *more]
    assert device_rivals.verdicts(RIVAL, row, points) == verdicts


def test_a_point_that_differs_in_the_last_bits_is_the_same():
    assert device_rivals._same(Point(500, 1.0), Point(500, 1.0000000000000004))
    assert not device_rivals._same(Point(500, 1.0), Point(500, 1.01))
    assert not device_rivals._same(Point(500, 1.0), Point(501, 1.0))
    assert device_rivals._same(Point(500, None), Point(500, None))
    assert not device_rivals._same(Point(500, None), Point(500, 1.0))


def test_without_times_there_is_no_verdict():
    assert device_rivals.verdicts(Point(500, None), ROW, []) == ("", "")
    assert device_rivals.verdicts(RIVAL, replace(ROW, time_ratio=None), []) == ("", "")


def test_xla_aims_at_a_share_of_the_plain_temporaries(monkeypatch, tiny):
    use(monkeypatch, Compiler())
    plain = replace(Fitter("net", tiny, H100).plain, alias=150)
    memory = device_rivals.memory_for(0.5, plain)
    aimed = (memory * 0.8 - plain.arguments - (plain.outputs - 150)) * 0.95
    assert aimed == pytest.approx(0.5 * plain.temp, abs=2)


def test_rivals_are_fitted_to_their_bytes(monkeypatch, tiny, capsys, tmp_path):
    use(monkeypatch, Compiler())
    out = tmp_path / "rows.csv"
    words = ["bench", "device", "net", "--budgets=80%", "--rivals", f"--csv={out}"]
    assert cli.main(words) == 0
    shown = capsys.readouterr().out
    assert "net: rivals, as XLA measures them for an H100" in shown
    assert "our time at a rival's bytes: 1 win, 1 within 5%, 0 lost" in shown
    assert "net, jax.checkpoint, dots_saveable: no such dots" in shown
    budget, *rivals = csv.DictReader(out.open())
    assert (budget["part"], budget["outcome"]) == ("budget", "fitted")
    # What gives the same program twice is shown once.
    assert [row["rival"] for row in rivals] == [
        "jax.checkpoint, nothing_saveable",
        "jax.checkpoint, dots_saveable",
        "XLA's own, limit 100%",
    ]
    assert rivals[0]["at_bytes"] == "tie" and rivals[0]["our_temp"] == rivals[0]["plain"]
    assert rivals[2]["at_bytes"] == "win"
    assert int(rivals[2]["our_temp"]) <= int(rivals[2]["temp"])


def test_a_rival_that_another_beats_is_shown_only(monkeypatch, tiny):
    use(monkeypatch, Compiler())
    fitter = Fitter("net", tiny, H100)
    plain = fitter.plain

    def programs(*about):
        for name, temp, time_us in (
            ("larger", plain.temp * 95 // 100, 400.0),
            ("better", plain.temp * 9 // 10, 400.0),
            ("faster", plain.temp * 95 // 100, 300.0),
        ):
            yield device_rivals._Program(name, replace(plain, temp=temp, time_us=time_us))

    monkeypatch.setattr(device_rivals, "_programs", programs)
    rows = list(device_rivals.compare(zoo.get("net"), fitter, H100))
    assert [(row.rival, row.outcome, row.at_bytes) for row in rows] == [
        ("larger", "beaten", ""),
        ("better", "measured", "win"),
        ("faster", "measured", "win"),
    ]
    assert rows[0].message == "beaten by better" and rows[0].temp == plain.temp * 95 // 100
    assert rows[0].broken() == []
    assert device_report.rivals_table(rows, "net", H100).row_count == 3


def test_losses_are_broken_promises():
    row = device_rivals.RivalRow(
        "net", "h100", "XLA", "measured", 1000, "", 500, 1.1, 1.0, 480, 1.3, "loss", "loss"
    )
    assert row.broken() == [
        "net for h100: 'XLA' takes x1.100 in 500 B, where we take x1.300",
        "net for h100: 'XLA' needs 500 B at x1.100, and no program of ours that is as fast needs "
        "as little",
    ]
    refused = replace(row, our_temp=None, our_time_ratio=None, at_time="tie")
    assert refused.broken() == ["net for h100: 'XLA' takes x1.100 in 500 B, where we refuse"]
    assert device_report.rivals_table([row, refused], "net", H100).row_count == 2


def test_an_interrupt_keeps_the_rows_so_far(monkeypatch, tiny, capsys, tmp_path):
    use(monkeypatch, Compiler(interrupt=4))
    out = tmp_path / "rows.csv"
    words = ["bench", "device", "net", "--budgets=100%,60%,min", f"--csv={out}"]
    assert cli.main(words) == 130
    shown = capsys.readouterr().out
    assert "interrupted; run it again to go on" in shown
    assert next(csv.DictReader(out.open()))["budget"] == "100%"


def test_what_does_not_compile_fails_the_run(monkeypatch, tiny, capsys):
    def compiler(*args, **kwargs):
        raise ToolchainError("XLA said no")

    use(monkeypatch, compiler)
    assert cli.main(["bench", "device", "net"]) == 1
    assert "net at plain for h100: XLA said no" in capsys.readouterr().err


def test_no_file_is_replaced_and_no_budget_guessed(capsys, tmp_path):
    (tmp_path / "rows.csv").write_text("")
    assert cli.main(["bench", "device", f"--csv={tmp_path / 'rows.csv'}"]) == 2
    assert "the file exists" in capsys.readouterr().err
    assert cli.main(["bench", "device", "--target=local", "--budgets=half"]) == 2
    assert "budget 'half' is no number of bytes" in capsys.readouterr().err


def test_the_smallest_model_on_this_machine(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("REMAT_CACHE", str(tmp_path / "cache"))
    assert cli.main(["bench", "device", "small_mlp", "--target=local", "--budgets=70%"]) == 0
    assert "1 budget: 1 fitted, 0 refused" in capsys.readouterr().out
