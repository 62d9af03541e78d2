# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The closed loop keeps budgets with any compiler; here with one that our simulator plays."""

from __future__ import annotations

import contextlib
import re
from dataclasses import replace
from functools import lru_cache

import jax
import pytest
from remat import convert, toolchain
from remat.budget import Budget, budget_text
from remat.errors import BudgetError, InputError, RematWarning, ToolchainError
from remat.loop import Job, Variant, fit_module
from remat.loop.levels import Levels
from remat.loop.prediction import Point, expect
from remat.plan import format_bytes
from remat.toolchain import RematOptions
from remat.xla.assignment import Assignment, LiveBuffer
from remat.xla.compilers import CompileError, OutOfDeviceMemory
from remat.xla.measure import Measurement
from tiny_steps import dense

OPTIONS = RematOptions(memory_model="program", target="xla-gpu", cost="h100", effort="fast")
ARGUMENTS, OUTPUTS = 1000, 200
BARRIERS = (Variant("barriers"),)


@pytest.fixture(scope="module")
def text() -> str:
    step, shapes = dense()
    return convert.from_exported(jax.export.export(jax.jit(step))(*shapes)).text


@lru_cache
def simulated(text: str) -> int:
    """Returns the peak of a program, rewritten or not, as our simulator has it."""
    options = RematOptions(
        memory_model="program", budget="100%", budget_scope="temporaries", strategy="none"
    )
    return toolchain.plan(text, options).plan["peak"]


class Compiler:
    """Needs `factor` times what the simulator says, and `scratch`; counts what it is asked."""

    def __init__(self, factor=1.0, fails=(), interrupt=None, scratch=0):
        self.factor = factor
        self.scratch = scratch
        self.fails = fails
        self.interrupt = interrupt
        self.asked: list[str] = []

    def __call__(self, text: str) -> Measurement:
        self.asked.append(text)
        if self.interrupt is not None and len(self.asked) > self.interrupt:
            raise KeyboardInterrupt
        barriers = text.count("optimization_barrier")
        if barriers and any(re.search(mark, text) for mark in self.fails):
            raise CompileError("XLA said no")
        peak = simulated(text)
        return Measurement(
            target="toy",
            devices=1,
            temp=int(peak * (self.factor if barriers else 1)) + self.scratch,
            arguments=ARGUMENTS,
            outputs=OUTPUTS,
            alias=0,
            products=0,
            full=True,
            flops=None,
            time_us=100.0 + text.count("stablehlo.tanh"),
            xla_time_us=None,
            assignment=Assignment(1, ((0, peak),), peak, 0, (workspace(self.scratch),)),
        )


def workspace(size: int) -> LiveBuffer:
    return LiveBuffer(size, "temporary", "call.1{1}", "custom-call blas", "s8", "", "", 0, 0)


def fit(text, compiler, budget, scope="total", variants=BARRIERS, most=10):
    job = Job(text, "step", OPTIONS, variants, compiler, "a toy", most)
    return fit_module(job, Budget.parse(budget), scope)


@pytest.mark.parametrize("factor", [0.8, 1.0, 1.3])
@pytest.mark.parametrize("budget", ["90%", "75%"])
def test_the_measured_peak_keeps_the_budget(text, factor, budget):
    compiler = Compiler(factor)
    outcome = fit(text, compiler, budget)
    assert outcome.peak <= outcome.budget < outcome.plain_peak
    assert outcome.peak == outcome.chosen.measured.total
    assert outcome.chosen in outcome.trials
    assert len(compiler.asked) <= 11
    assert compiler(outcome.text).total == outcome.peak


def test_the_fastest_of_those_that_fit_is_chosen(text):
    outcome = fit(text, Compiler(), "75%")
    fits = [t for t in outcome.trials if t.measured.total <= outcome.budget]
    assert outcome.chosen.measured.time_us == min(t.measured.time_us for t in fits)


def test_a_smaller_plan_is_tried_where_the_compiler_makes_larger_ones_slow(text):
    class Slow(Compiler):
        def __call__(self, module):
            measured = super().__call__(module)
            slower = 1.0 if module == text else 1.5 + measured.temp / simulated(text)
            return replace(measured, time_us=100 * slower)

    outcome = fit(text, Slow(), "95%")
    smaller = [t for t in outcome.trials if t.plan.peak < outcome.plain.temp * 0.8]
    assert outcome.chosen in smaller
    assert outcome.chosen.measured.time_us == min(t.measured.time_us for t in outcome.trials)


def test_a_slow_encoding_that_fits_is_not_planned_for_more(text):
    """It would still be slower there; a faster one is planned for less until it fits."""

    class Compiled(Compiler):
        def __call__(self, module):
            measured = super().__call__(module)
            if "stablehlo.select" not in module:
                return measured
            return replace(measured, temp=measured.temp * 9 // 10, time_us=2 * measured.time_us)

    variants = (Variant("slow", {"target": "xla-cpu"}), Variant("fast", {"target": "xla-gpu"}))
    outcome = fit(text, Compiled(1.3), "80%", variants=variants)
    tried = [trial.variant for trial in outcome.trials]
    assert outcome.chosen.variant == "fast"
    assert tried.count("slow") == 1 < tried.count("fast")


def test_a_smaller_budget_never_gives_a_larger_peak(text):
    peaks = [fit(text, Compiler(1.2), f"{share}%").peak for share in (95, 90, 85, 80, 75)]
    assert peaks == sorted(peaks, reverse=True)


def test_the_scope_says_what_counts(text):
    compiler = Compiler()
    temp = compiler(text).temp
    outcome = fit(text, compiler, str(temp - 1), "temporaries")
    assert outcome.peak == outcome.measured.temp < temp
    outcome = fit(text, compiler, str(temp + OUTPUTS - 1), "non-arguments")
    assert outcome.peak == outcome.measured.temp + OUTPUTS < temp + OUTPUTS


def test_a_program_that_fits_stays_as_it_is(text):
    compiler = Compiler()
    outcome = fit(text, compiler, "100%")
    assert (outcome.text, outcome.chosen, outcome.trials) == (text, None, ())
    assert outcome.plan.recomputations == 0
    assert len(compiler.asked) == 1


def test_the_smallest_peak_is_the_smallest_measured(text):
    outcome = fit(text, Compiler(1.1), "min")
    assert outcome.chosen.measured.temp == min(t.measured.temp for t in outcome.trials)
    assert outcome.peak < outcome.plain_peak
    assert outcome.budget is None


@pytest.mark.filterwarnings("ignore::remat.errors.RematWarning")
@pytest.mark.parametrize("budget", ["30%", "1000", "0"])
def test_a_budget_that_is_not_met_is_refused_with_the_smallest_peak_and_the_floor(text, budget):
    compiler = Compiler()
    with pytest.raises(BudgetError, match="is not met on a toy") as caught:
        fit(text, compiler, budget)
    error = caught.value
    smallest = min(compiler(asked).total for asked in set(compiler.asked))
    assert 0 < error.floor <= error.smallest
    assert error.smallest == smallest > error.budget
    assert error.scope == "total"
    assert str(error.smallest) in str(error)


def test_progress_says_the_budget_and_whether_the_smallest_so_far_fits(text, monkeypatch):
    said = []
    monkeypatch.setattr(
        "remat.progress.step", lambda what: said.append(what) or contextlib.nullcontext()
    )
    temp = simulated(text)
    outcome = fit(text, Compiler(0.8), str(temp * 3 // 4), "temporaries")
    lines = [line for line in said if "compiling for a toy with" in line]
    budget = format_bytes(outcome.budget)
    assert lines[0].endswith(
        f"smallest so far {format_bytes(temp)}, which does not fit: the budget leaves {budget})"
    )
    assert lines[-1].endswith(f", which fits: the budget leaves {budget})")
    said.clear()
    fit(text, Compiler(), "min")
    assert not [line for line in said if "the budget leaves" in line]


@pytest.mark.parametrize(("budget", "plain"), [("100%", True), ("75%", False)])
def test_the_table_has_the_plain_program(text, budget, plain):
    table = fit(text, Compiler(), budget).table()
    names, *_, measured, times, choices = ([*column.cells] for column in table.columns)
    assert names[0] == "none: the plain program"
    assert (measured[0], times[0]) == (f"{simulated(text):,}", "x1.000")
    assert choices.count("chosen") == 1
    assert (choices[0] == "chosen") == plain


def test_the_best_so_far_is_kept_at_an_interrupt(text):
    outcome = fit(text, Compiler(0.7, interrupt=2), "80%")
    assert outcome.interrupted
    assert outcome.peak <= outcome.budget
    said = r"step: interrupted before a program was found; the smallest peak so far is \d+ B.* and"
    with pytest.raises(KeyboardInterrupt, match=said):
        fit(text, Compiler(interrupt=1), "80%")


def test_a_variant_that_does_not_compile_is_left_out(text):
    variants = Variant("broken", {"target": "xla-tpu"}), Variant("sound")
    seen = []

    def compiler(module):
        seen.append(module)
        if len(seen) == 2:
            raise CompileError("XLA said no")
        return Compiler()(module)

    outcome = fit(text, compiler, "80%", variants=variants)
    assert {trial.variant for trial in outcome.trials} == {"sound"}
    assert outcome.warnings == ("encoding 'broken' is left out: XLA said no",)
    with pytest.raises(CompileError, match="XLA said no"):
        fit(text, Compiler(fails=("",)), "80%", variants=variants)


def test_the_same_program_is_compiled_once(text):
    compiler = Compiler()
    fit(text, compiler, "80%", variants=(Variant("one"), Variant("same")))
    assert len(compiler.asked) == len(set(compiler.asked))


def test_what_is_known_not_to_fit_is_not_compiled(text):
    outcome = fit(text, Compiler(0.7), "80%", variants=SEVERAL, most=30)
    room = outcome.budget - ARGUMENTS - OUTPUTS
    tried = set()
    for trial in outcome.trials:
        assert trial.variant not in tried or trial.expected <= room
        tried.add(trial.variant)
    assert len(outcome.trials) > len(tried)


#: Each makes another text.
SEVERAL = (
    Variant("one", {"target": "xla-gpu"}),
    Variant("two", {"target": "xla-gpu", "order_backward": True}),
    Variant("three", {"target": "xla-gpu", "order_updates": True}),
    Variant("four", {"target": "xla-tpu"}),
    Variant("five", {"target": "xla-cpu"}),
)


@pytest.mark.parametrize("budget", ["75%", "min"])
@pytest.mark.parametrize("most", [1, 2, 6])
def test_no_more_is_compiled_than_allowed(text, budget, most):
    compiler = Compiler(0.9)
    outcome = fit(text, compiler, budget, variants=SEVERAL, most=most)
    assert outcome.peak < outcome.plain_peak
    assert len(compiler.asked) <= most + 1


@pytest.mark.parametrize(
    ("more", "asked", "said"),
    [
        (-1, 3, "; 2 programs are compiled, and it is refused if none of them fits"),
        (0, 7, "; the search goes on, for XLA may need less than is predicted"),
    ],
)
def test_a_room_below_the_floor_is_told_and_a_hopeless_one_refused_soon(text, more, asked, said):
    options = replace(OPTIONS, budget_scope="temporaries")
    floor = toolchain.witness_of_floor(text, options, "step").floor
    room = (floor + 1) // 2 + more
    compiler = Compiler()
    with pytest.warns(RematWarning) as told, pytest.raises(BudgetError):
        fit(text, compiler, str(room), "temporaries", variants=SEVERAL, most=6)
    assert [str(one.message) for one in told] == [
        f"step: the budget leaves {format_bytes(room)} for temporaries, and no plan's are "
        f"predicted below {format_bytes(floor)}{said}"
    ]
    assert len(compiler.asked) == asked


def test_a_program_that_fails_to_compile_counts(text):
    compiler = Compiler(fails=("",))
    with pytest.raises(BudgetError):
        fit(text, compiler, "75%", variants=SEVERAL, most=3)
    assert len(compiler.asked) == 4


@pytest.mark.filterwarnings("ignore::remat.errors.RematWarning")
def test_the_last_programs_are_the_smallest_plans_if_none_fits(text):
    compiler = Compiler()
    with pytest.raises(BudgetError) as caught:
        fit(text, compiler, "30%", variants=SEVERAL, most=4)
    smallest = fit(text, Compiler(), "min", variants=SEVERAL).peak
    assert len(compiler.asked) == 5
    assert caught.value.smallest <= smallest * 1.1


def test_a_defect_of_ours_is_no_encoding_that_fails(text):
    def compiler(module):
        if "optimization_barrier" in module:
            raise ToolchainError("remat-opt is missing")
        return Compiler()(module)

    with pytest.raises(ToolchainError, match="remat-opt is missing"):
        fit(text, compiler, "80%", variants=SEVERAL)


@pytest.mark.parametrize("raises", [False, True])
def test_what_needs_more_at_the_end_is_passed_over(text, raises):
    compiler = Compiler()
    late = []

    def confirm(module):
        measured = compiler(module)
        late.append(module)
        if len(late) > 1:
            return measured
        if raises:
            raise OutOfDeviceMemory("the program needs 2 B more than there are")
        return Measurement(**{**vars(measured), "temp": measured.temp * 2})

    job = Job(text, "step", OPTIONS, (Variant("barriers"),), compiler, "a toy", 10, confirm)
    outcome = fit_module(job, Budget.parse("90%"), "total")
    assert outcome.peak <= outcome.budget
    assert len(late) == 2


def late(text, compiler, confirm, budget, variants=BARRIERS):
    job = Job(text, "step", OPTIONS, variants, compiler, "a toy", 10, confirm)
    return fit_module(job, Budget.parse(budget), "total")


PASSED_OVER = r"the program planned for \d+ B.* with 'barriers' is passed over: no room"


def test_a_refusal_counts_no_program_that_is_passed_over(text):
    """All that fit fail to compile to the end: none of them is the smallest peak."""

    def confirm(module):
        raise OutOfDeviceMemory("no room")

    with pytest.raises(BudgetError, match=PASSED_OVER) as caught:
        late(text, Compiler(), confirm, "90%")
    assert caught.value.smallest > caught.value.budget


def test_the_plain_program_in_place_of_those_passed_over_is_told(text):
    def confirm(module):
        raise OutOfDeviceMemory("no room")

    outcome = late(text, Compiler(), confirm, "min")
    assert outcome.text == text and outcome.chosen is None
    assert len(outcome.warnings) == len(outcome.trials) > 0
    assert all(re.match(PASSED_OVER, one) for one in outcome.warnings)
    assert outcome.messages == outcome.warnings


def test_what_the_end_of_a_compilation_adds_is_learnt(text):
    extra = Compiler()(text).temp // 10
    confirmed = []

    def confirm(module):
        measured = Compiler()(module)
        confirmed.append(measured)
        return replace(measured, temp=measured.temp + extra)

    outcome = late(text, Compiler(), confirm, "80%", SEVERAL)
    assert outcome.peak <= outcome.budget and outcome.confirmed
    assert confirmed[0].total + extra > outcome.budget  # the first did not fit after all
    assert all(one.total + extra <= outcome.budget for one in confirmed[1:])


@pytest.mark.parametrize("budget", ["80%", "min"])
def test_an_interrupt_before_the_end_is_told(text, budget):
    def confirm(module):
        raise KeyboardInterrupt

    outcome = late(text, Compiler(), confirm, budget)
    assert outcome.chosen and outcome.interrupted and not outcome.confirmed
    assert "best found so far, and may need more: it was not compiled to" in outcome.messages[-1]


def test_what_was_compiled_to_the_end_is_kept_at_an_interrupt(text):
    asked = []

    def confirm(module):
        asked.append(module)
        if len(asked) > 1:
            raise KeyboardInterrupt
        measured = Compiler()(module)
        return replace(measured, temp=simulated(text) - 1)

    outcome = late(text, Compiler(), confirm, "min", SEVERAL)
    assert (outcome.text, outcome.interrupted, outcome.confirmed) == (asked[0], True, True)
    assert outcome.messages == ("interrupted: the step is the best found so far",)


def test_what_is_expected_lies_between_what_was_measured():
    plain = Point(100, 120)
    assert expect(50, [], [], plain) == 60
    assert expect(50, [Point(50, 70)], [], plain) == 70
    assert expect(60, [Point(50, 70), Point(70, 80)], [], plain) == 75
    assert expect(25, [Point(50, 70), Point(70, 80)], [], plain) == 35
    assert expect(50, [], [Point(100, 100)], plain) == 50


def test_scratch_is_expected_whatever_the_plan():
    plain = Point(100, 150, 30)
    assert expect(50, [], [], plain) == 30 + 60
    assert expect(1, [], [], plain) == 30 + 2
    assert expect(50, [Point(80, 100, 20)], [], plain) == 20 + 50
    assert expect(60, [Point(50, 70, 20), Point(70, 81, 30)], [], plain) == 76


def test_expectations_are_of_what_the_plan_needs(text):
    """A compiler that adds a constant is foretold once the plain program is measured."""
    compiler = Compiler(scratch=5000)
    outcome = fit(text, compiler, "75%", "temporaries")
    assert outcome.trials
    for trial in outcome.trials:
        assert trial.expected == trial.measured.temp == trial.plan.peak + 5000
    assert trial.point == Point(trial.plan.peak, trial.plan.peak + 5000, 5000)


def test_a_plan_that_needs_less_than_it_was_given_is_not_made_again(text):
    made = []

    def plan(module, options, name):
        answer = toolchain.plan(module, options, name)
        if options.budget not in ("100%", "min"):
            level = int(options.budget)
            assert not any(peak <= level <= other for other, peak in made)
            # As from a planner that knows few plans: they need far less than they may.
            tight = replace(options, budget=str(level * 97 // 100))
            answer = toolchain.plan(module, tight, name)
            made.append((level, answer.plan["peak"]))
        return answer

    job = Job(text, "step", OPTIONS, SEVERAL, Compiler(1.2), "a toy", 10, plan=plan)
    outcome = fit_module(job, Budget.parse("75%"), "total")
    assert outcome.peak <= outcome.budget
    assert made and all(trial.plan.peak <= trial.level for trial in outcome.trials)


def test_levels_are_a_grid_with_a_bottom():
    levels = Levels(1000)
    assert levels.below(1000) == 975
    assert levels.above(950) == 975
    assert levels.at_most(975) == 975
    assert levels.at_most(974) == 950
    levels.bottom = 940
    assert levels.below(950) == 940
    assert levels.below(940) == 940


@pytest.mark.parametrize(
    ("budget", "limit"),
    [
        *[("50%", 500), ("8KiB", 8192), ("1.5kB", 1500), ("7", 7), ("12.5%", 125), ("min", None)],
        *[(" 8 KiB", 8192), ("50 %", 500), ("min ", None)],
    ],
)
def test_budgets_read_as_the_tools_read_them(budget, limit):
    assert Budget.parse(budget).limit(1000) == limit
    assert not set(budget_text(budget)) & {" "}


@pytest.mark.parametrize("budget", ["", "GiB", "-1", "8 Gi B", "1 0", "8gib", "1e9", "%"])
def test_what_is_no_budget_is_refused(budget):
    with pytest.raises(InputError, match="is no number of bytes"):
        Budget.parse(budget)
