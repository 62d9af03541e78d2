# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Finds the fastest program that the compiler itself measures within a budget."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from remat import progress, toolchain
from remat.budget import Budget
from remat.errors import BudgetError, ToolchainError
from remat.loop.inside import hint_of_loops
from remat.loop.levels import Levels
from remat.loop.outcome import Outcome, Trial, peak_of, slowdown
from remat.loop.prediction import Point, expect
from remat.loop.variants import Variant
from remat.plan import Plan, format_bytes
from remat.toolchain import RematOptions
from remat.xla.compilers import CompileError
from remat.xla.measure import Measurement

# Most are choices: docs/design/0009-constants-of-the-closed-loop.md.
#: Programs compiled beside the plain one, unless the caller says otherwise.
MOST_COMPILES = 10
#: Of them, as long as nothing fits: kept for the smallest plans.
_RESERVE = 2
#: A fit that leaves less than one part in this many of the temporaries unused is not refined.
_SLACK = 40
#: A variant that does not fit yet has to be this much faster than the best that does: to fit,
#: it has to recompute more.
_HOPE = 0.99
#: A program that is faster by no more than this share is no better, only larger.
SAME_TIME = 0.005
#: Plans that are tried for the smallest peak, in percent of the smallest: the first with every
#: encoding, then with the one that is smallest so far.
_DESCENT_PERCENT = (110, 100, 125, 145, 170)
#: How small a plan is that is tried because it may be faster, in percent of the fastest; and
#: at least, in percent of the plain step: below that plans are dear, and refused after a while.
_SMALLER_PERCENT, _LEAST_PERCENT = 75, 40


@dataclass(frozen=True)
class Job:
    """What to fit: a step as generic MLIR, and how.

    Attributes:
        text, name: the step and what messages call it.
        options: for the planner; budget, scope and encoding knobs are the search's own.
        variants: encodings to try, in this order.
        measure: compiles a module (MLIR text) and says what it needs.
        confirm: the same to the end, for compilers that know the last bytes late; the
            chosen program has to pass it. None: `measure` compiles to the end. Either
            raises CompileError for a program that the compiler does not take.
        target: name of the device, for messages.
        most: programs that may be compiled beside the plain one.
        plan: the planner, `toolchain.plan` or what remembers its answers.
    """

    text: str
    name: str
    options: RematOptions
    variants: Sequence[Variant]
    measure: Callable[[str], Measurement]
    target: str
    most: int = MOST_COMPILES
    confirm: Callable[[str], Measurement] | None = None
    plan: Callable[[str, RematOptions, str], toolchain.RematAnswer] = toolchain.plan


def fit_module(job: Job, budget: Budget, scope: str = "total") -> Outcome:
    """Returns the fastest program found whose measured peak is within `budget`.

    Levels, the budgets that the planner is given, lie on a grid that depends on the program
    only, so that nearby budgets compile the same programs. If the user interrupts, the best
    program so far is returned; without one the interrupt goes on.

    Takes the plain step's compilation and up to `job.most` more, each with a plan of its own: from
    seconds to minutes. `job.confirm` comes on top, once unless programs fail it.

    Errors: BudgetError with the smallest measured peak and the proven floor if no program
    fits; those of the planner and of the compiler for the plain program.
    """
    with progress.step(f"{job.name}: compiling the plain step for {job.target}"):
        plain = job.measure(job.text)
    return _Search(job, scope, plain).run(budget.limit(peak_of(plain, scope)))


class _Search:
    def __init__(self, job: Job, scope: str, plain: Measurement) -> None:
        self._job = job
        self._options = replace(job.options, budget_scope="temporaries")
        self._scope = scope
        self._plain = plain
        self._room: int | None = None
        self._reserve = min(_RESERVE, job.most // 2)
        self._compiled = 0
        self._plans: dict[int, toolchain.RematAnswer] = {}
        self._texts: dict[tuple[str, int], str] = {}
        self._measured: dict[str, Measurement] = {job.text: plain}
        self._trials: dict[tuple[str, int], Trial] = {}
        self._confirmed: set[tuple[str, int]] = set()
        self._unusable: dict[tuple[str, int], CompileError] = {}
        self._broken: dict[str, CompileError] = {}
        self._interrupted = False
        with progress.step(f"{job.name}: predicting the plain step"):
            answer = self._answer("100%")
        self._warnings = answer.warnings
        self._plain_plan = Plan(answer.problem, answer.plan)
        self._levels = Levels(self._plain_plan.plain_peak)

    # The answer.

    def run(self, limit: int | None) -> Outcome:
        """Returns the answer within `limit` bytes of the scope; None: the smallest peak."""
        fixed = peak_of(self._plain, self._scope) - self._plain.temp
        self._room = None if limit is None else limit - fixed
        if self._room is not None and self._plain.temp <= self._room:
            return self._outcome(None, limit)
        chosen = None
        try:
            if self._room is None or self._room > 0:
                self._look()
        except KeyboardInterrupt:
            if not self._found():
                raise
            self._interrupted = True
            chosen = self._best([t for t in self._usable() if self._is_confirmed(t)])
        chosen = chosen or self._found()
        if limit is not None and not chosen:
            raise self._refusal(limit)
        return self._outcome(chosen, limit)

    def _found(self) -> Trial | None:
        return self._best(self._usable())

    def _best(self, trials: list[Trial]) -> Trial | None:
        """Returns the fastest fit, or for the smallest peak the smallest trial, if any."""
        if self._room is None:
            trials = [t for t in trials if t.measured.temp < self._plain.temp]
            return min(trials, key=lambda t: t.measured.temp, default=None)
        fits = [trial for trial in trials if trial.measured.temp <= self._room]
        if not fits:
            return None
        fastest = min(map(self._price, fits))
        ties = [t for t in fits if self._price(t) <= fastest * (1 + SAME_TIME)]
        return min(ties, key=lambda t: (t.measured.temp, self._price(t)))

    def _outcome(self, chosen: Trial | None, limit: int | None) -> Outcome:
        return Outcome(
            text=self._texts[chosen.variant, chosen.plan.peak] if chosen else self._job.text,
            plan=chosen.plan if chosen else self._plain_plan,
            chosen=chosen,
            plain=self._plain,
            trials=tuple(self._trials.values()),
            budget=limit,
            scope=self._scope,
            interrupted=self._interrupted,
            confirmed=chosen is None or self._is_confirmed(chosen),
            warnings=(*self._warnings, *self._left_out()),
        )

    def _left_out(self) -> list[str]:
        return [
            f"encoding {name!r} is left out: {error}"
            for name, error in sorted(self._broken.items())
        ] + [
            f"the program planned for {format_bytes(self._trials[key].level)} with {key[0]!r} is "
            f"passed over: {error}"
            for key, error in self._unusable.items()
        ]

    def _refusal(self, limit: int) -> BudgetError:
        with progress.step(f"{self._job.name}: proving the floor"):
            planned = toolchain.witness_of_floor(
                self._job.text, self._options, self._job.name, self._job.plan
            )
        fixed = peak_of(self._plain, self._scope) - self._plain.temp
        temps = [trial.measured.temp for trial in self._usable()]
        smallest = min([*temps, self._plain.temp]) + fixed
        hint = filter(None, [hint_of_loops(self._plain_plan.problem, self._plain)])
        return BudgetError(
            f"budget {format_bytes(limit)} is not met on {self._job.target}: the smallest peak "
            f"that XLA measured is {format_bytes(smallest)} (scope: {self._scope}, of "
            f"{len(temps) + 1} programs); {format_bytes(fixed)} of it are arguments and results, "
            f"and no plan's temporaries are predicted below {format_bytes(planned.floor)}; "
            + "; ".join(["give a larger budget, or a smaller batch", *hint, *self._left_out()]),
            budget=limit,
            floor=planned.floor + fixed,
            smallest=smallest,
            scope=self._scope,
            op=planned.op,
            location=planned.location,
            largest=planned.largest,
        )

    # The moves.

    def _look(self) -> None:
        """Compiles programs until one is the answer, or none promises to be."""
        if self._room is not None:
            for variant in self._job.variants:
                self._try(variant, self._aim(variant))
            self._refine()
            self._undercut()
            self._confirm()
        if not self._fits():
            self._reserve = 0
            self._descend()
            self._refine()
            self._confirm()

    def _refine(self) -> None:
        """Makes the most promising trial that is left, as long as there is one."""
        while any(
            self._try(variant, level)
            for variant in sorted(self._job.variants, key=self._promise)
            if (level := self._next_level(variant)) is not None
        ):
            pass

    def _undercut(self) -> None:
        """Tries smaller plans of the fastest encoding as long as that makes it faster.

        What a compiler makes of a plan need not cost more where the plan recomputes more; only
        plans whose own overhead is below what the best measured are worth a compile.
        """
        while best := self._found():
            gain = self._price(best) - 1 - SAME_TIME  # what a smaller plan may cost
            level = self._levels.at_most(best.plan.peak * _SMALLER_PERCENT // 100)
            if best.plan.overhead >= gain or level < self._levels.top * _LEAST_PERCENT // 100:
                return
            if self._plan(level).plan["overhead"] >= gain:
                return
            if not self._try(self._variant_of(best), level) or self._found() is best:
                return

    def _next_level(self, variant: Variant) -> int | None:
        """Returns where to try `variant` next, or None where that would not help."""
        mine = self._of(variant)
        if not mine or self._room is None:
            return None
        fits = [trial for trial in self._fits() if trial.variant == variant.name]
        over = [trial.plan.peak for trial in mine if trial not in fits]
        level = self._aim(variant)
        if over:
            level = min(level, self._levels.below(min(over)))
        if fits:
            top = max(fits, key=lambda trial: trial.plan.peak)
            if self._room - top.measured.temp < self._room // _SLACK:
                return None
            level = max(level, self._levels.above(top.level))
            if over and level >= min(over):
                return None
            # The plan may need less than its level, but what it needs is foretold well by now.
            needed = self._expect(variant, self._plan(level).plan["peak"])
            return level if needed <= self._room else None
        best = min(map(self._price, self._fits()), default=None)
        return level if best is None or min(map(self._price, mine)) < best * _HOPE else None

    def _descend(self) -> None:
        """Looks for the smallest peak: from the smallest plan of each variant upwards."""
        with progress.step(f"{self._job.name}: planning for the smallest peak"):
            answer = self._answer("min")
        self._levels.bottom = max(self._levels.bottom, answer.plan["peak"])
        self._plans[self._levels.bottom] = answer
        # The very smallest plans run so much again that a compiler may need more for them.
        first, *others = _DESCENT_PERCENT
        for variant in sorted(self._job.variants, key=self._promise):
            self._try(variant, self._near_bottom(first))
            if self._fits():
                return
        for percent in others:
            if self._fits() or not self._trials:
                return
            smallest = min(self._trials.values(), key=lambda t: t.measured.temp)
            self._try(self._variant_of(smallest), self._near_bottom(percent))

    def _near_bottom(self, percent: int) -> int:
        return self._levels.at_most(self._levels.bottom * percent // 100)

    def _confirm(self) -> None:
        """Compiles what is chosen to the end; what then needs too much is passed over."""
        while self._job.confirm and (chosen := self._found()):
            key = chosen.variant, chosen.plan.peak
            if key in self._confirmed:
                return
            try:
                with progress.step(f"{self._job.name}: compiling the chosen program to the end"):
                    measured = self._job.confirm(self._texts[key])
            except CompileError as error:
                self._unusable[key] = error
            else:
                self._trials[key] = replace(chosen, measured=measured)
                self._confirmed.add(key)

    def _is_confirmed(self, trial: Trial) -> bool:
        return not self._job.confirm or (trial.variant, trial.plan.peak) in self._confirmed

    def _promise(self, variant: Variant) -> tuple[int, float]:
        """Orders variants: those that fit, fastest first; then the nearest to fitting."""
        mine = self._of(variant)
        fits = [t for t in mine if t in self._fits()]
        if fits:
            return 0, min(map(self._price, fits))
        return 1, min((t.measured.temp for t in mine), default=self._plain.temp)

    def _variant_of(self, trial: Trial) -> Variant:
        return next(v for v in self._job.variants if v.name == trial.variant)

    def _of(self, variant: Variant) -> list[Trial]:
        return [trial for trial in self._trials.values() if trial.variant == variant.name]

    def _price(self, trial: Trial) -> float:
        """Returns the time over the plain step's: measured where it is of all, else planned."""
        times = [slowdown(one.measured, self._plain) for one in self._trials.values()]
        ratio = slowdown(trial.measured, self._plain)
        return 1 + trial.plan.overhead if ratio is None or None in times else ratio

    def _fits(self) -> list[Trial]:
        """Returns the trials within the budget; none if the smallest peak is wanted."""
        room = self._room or 0
        return [trial for trial in self._usable() if trial.measured.temp <= room]

    def _usable(self) -> list[Trial]:
        return [trial for key, trial in self._trials.items() if key not in self._unusable]

    # Levels.

    def _aim(self, variant: Variant) -> int:
        """Returns the largest level that is expected to fit."""
        level = self._levels.top
        while level > self._levels.bottom and self._expect(variant, level) > (self._room or 0):
            level = self._levels.below(level)
        return level

    def _expect(self, variant: Variant, predicted: int) -> int:
        trials = self._trials.values()
        mine = [trial.point for trial in trials if trial.variant == variant.name]
        others = [trial.point for trial in trials if trial.variant != variant.name]
        scratch = self._plain.assignment.scratch
        return expect(predicted, mine, others, Point(self._levels.top, self._plain.temp, scratch))

    # One trial.

    def _try(self, variant: Variant, level: int) -> bool:
        """Compiles `variant` of the plan for `level`; returns whether that was new.

        Nothing is compiled once the most is reached. As long as nothing fits, a few are kept for
        the smallest plans.
        """
        kept = 0 if self._fits() else self._reserve
        if variant.name in self._broken or self._compiled + kept >= self._job.most:
            return False
        answer = self._plan(level)
        plan = Plan(answer.problem, answer.plan)
        level = max(level, plan.peak)
        key = variant.name, plan.peak
        if known := self._trials.get(key):
            # A larger level that makes no other plan is news, too: the next is above it.
            self._trials[key] = replace(known, level=max(level, known.level))
            return level > known.level
        expected = self._expect(variant, plan.peak)
        text = self._rewrite(answer, variant)
        measured = self._measured.get(text)
        if not measured:
            self._compiled += 1
            try:
                with progress.step(self._doing(variant, level)):
                    measured = self._job.measure(text)
            except CompileError as error:
                self._broken[variant.name] = error
                if len(self._broken) == len(self._job.variants) and not self._trials:
                    raise
                return True
            self._measured[text] = measured
        self._texts[key] = text
        self._trials[key] = Trial(variant.name, level, plan, expected, measured)
        return True

    def _doing(self, variant: Variant, level: int) -> str:
        best = min((t.measured.temp for t in self._usable()), default=self._plain.temp)
        return (
            f"{self._job.name}: compiling for {self._job.target} with {variant.name}, planned for "
            f"{format_bytes(level)} of temporaries (program {self._compiled} of at most "
            f"{self._job.most}; smallest so far {format_bytes(best)}, plain "
            f"{format_bytes(self._plain.temp)})"
        )

    def _plan(self, level: int) -> toolchain.RematAnswer:
        """Returns the plan for `level`, or one for more that needs no more than that."""
        for planned_for, answer in self._plans.items():
            if answer.plan["peak"] <= level <= planned_for:
                return answer
        if level not in self._plans:
            with progress.step(f"{self._job.name}: planning for {format_bytes(level)}"):
                try:
                    self._plans[level] = self._answer(str(level))
                except BudgetError as error:
                    if level >= error.smallest:
                        raise ToolchainError(
                            f"the planner refuses {format_bytes(level)}, which it said it reaches"
                        ) from error
                    self._levels.bottom = max(self._levels.bottom, error.smallest)
                    self._plans[level] = self._plan(self._levels.bottom)
        return self._plans[level]

    def _answer(self, budget: str) -> toolchain.RematAnswer:
        options = replace(self._options, budget=budget)
        return self._job.plan(self._job.text, options, self._job.name)

    def _rewrite(self, answer: toolchain.RematAnswer, variant: Variant) -> str:
        options = replace(self._options, **variant.options)
        return toolchain.rewrite_with(self._job.text, answer.plan, options, self._job.name).text
