# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The programs that were made of one job: planned, written down, compiled, measured."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import replace

from remat import progress, toolchain
from remat.errors import BudgetError, RematWarning, ToolchainError
from remat.loop.job import Job
from remat.loop.levels import Levels
from remat.loop.outcome import Trial, slowdown
from remat.loop.prediction import Point, expect
from remat.loop.variants import Variant
from remat.plan import Plan, format_bytes
from remat.xla.compilers import CompileError
from remat.xla.measure import Measurement

# Choices: docs/design/0009-constants-of-the-closed-loop.md.
#: Of the programs, as long as nothing fits: kept for the smallest plans.
_RESERVE = 2
#: A program that is faster by no more than this share is no better, only larger.
SAME_TIME = 0.005
#: Programs that are compiled where the room is not even half of what every plan needs.
_HOPELESS = 2


class Trials:
    """What was planned and compiled for a job, and how it compares.

    Attributes:
        plain, plain_plan: the step as it is: measured, and as a plan that recomputes nothing.
        room: temporaries that the budget leaves, in bytes; None if the smallest peak is wanted.
        reserve: programs that are kept for the smallest plans, as long as nothing fits.
        levels: budgets for the planner.
        floor: proven of the temporaries of every plan, once the room is known to be below it.
        most: programs that may be compiled.
        late: the most that the end of a compilation has added to the temporaries so far.
        warnings: what the planner warns of.
    """

    def __init__(self, job: Job, plain: Measurement, room: int | None) -> None:
        self._job = job
        self.options = replace(job.options, budget_scope="temporaries")
        self.plain = plain
        self.room = room
        self.floor = 0
        self.most = job.most
        self.reserve = min(_RESERVE, job.most // 2)
        self._compiled = 0
        self._plans: dict[int, toolchain.RematAnswer] = {}
        self._texts: dict[tuple[str, int], str] = {}
        self._measured: dict[str, Measurement] = {job.text: plain}
        self._trials: dict[tuple[str, int], Trial] = {}
        self._confirmed: set[tuple[str, int]] = set()
        self.late = 0
        self._unusable: dict[tuple[str, int], CompileError] = {}
        self._broken: dict[str, CompileError] = {}
        with progress.step(f"{job.name}: predicting the plain step"):
            answer = self._answer("100%")
        self.warnings = answer.warnings
        self.plain_plan = Plan(answer.problem, answer.plan)
        self.levels = Levels(self.plain_plan.plain_peak)

    # What there is.

    def all(self) -> tuple[Trial, ...]:
        """Returns every trial, in the order they were made."""
        return tuple(self._trials.values())

    def text(self, trial: Trial) -> str:
        """Returns the program of a trial."""
        return self._texts[_key(trial)]

    def usable(self) -> list[Trial]:
        """Returns the trials but those that do not compile to the end."""
        return [trial for key, trial in self._trials.items() if key not in self._unusable]

    def fits(self) -> list[Trial]:
        """Returns the trials within the budget; none if the smallest peak is wanted."""
        room = self.room or 0
        return [trial for trial in self.usable() if self.needed(trial) <= room]

    def needed(self, trial: Trial) -> int:
        """Returns the temporaries that a trial takes, as far as is known before it is confirmed."""
        return trial.measured.temp + (0 if self.is_confirmed(trial) else self.late)

    def best(self, among: Iterable[Trial] | None = None) -> Trial | None:
        """Returns the fastest fit, or for the smallest peak the smallest trial, if any.

        Of those that may be used, unless others are given.
        """
        trials = self.usable() if among is None else among
        if self.room is None:
            trials = [t for t in trials if t.measured.temp < self.plain.temp]
            return min(trials, key=lambda t: t.measured.temp, default=None)
        fits = [trial for trial in trials if trial.measured.temp <= self.room]
        # What the end of a compilation adds is learnt from few: it orders, and refuses nothing.
        fits = [trial for trial in fits if self.needed(trial) <= self.room] or fits
        if not fits:
            return None
        fastest = min(map(self.price, fits))
        ties = [t for t in fits if self.price(t) <= fastest * (1 + SAME_TIME)]
        return min(ties, key=lambda t: (t.measured.temp, self.price(t)))

    def price(self, trial: Trial) -> float:
        """Returns the estimated time over the plain step's."""
        return slowdown(trial.measured, self.plain)

    def of(self, variant: Variant) -> list[Trial]:
        """Returns the trials of an encoding."""
        return [trial for trial in self._trials.values() if trial.variant == variant.name]

    def variant_of(self, trial: Trial) -> Variant:
        """Returns the encoding of a trial."""
        return next(v for v in self._job.variants if v.name == trial.variant)

    def left_out(self) -> list[str]:
        """Returns a line for each encoding and program that the compiler does not take."""
        return [
            f"encoding {name!r} is left out: {error}"
            for name, error in sorted(self._broken.items())
        ] + [
            f"the program planned for {format_bytes(self._trials[key].level)} with {key[0]!r} is "
            f"passed over: {error}"
            for key, error in self._unusable.items()
        ]

    # What is expected.

    def expect(self, variant: Variant, predicted: int) -> int:
        """Returns the temporaries to expect of a plan with `predicted` bytes."""
        trials = self._trials.values()
        mine = [trial.point for trial in trials if trial.variant == variant.name]
        others = [trial.point for trial in trials if trial.variant != variant.name]
        scratch = self.plain.assignment.scratch
        return expect(predicted, mine, others, Point(self.levels.top, self.plain.temp, scratch))

    def aim(self, variant: Variant) -> int:
        """Returns the largest level that is expected to fit."""
        level, room = self.levels.top, (self.room or 0) - self.late
        while level > self.levels.bottom and self.expect(variant, level) > room:
            level = self.levels.below(level)
        return level

    # What is made.

    def attempt(self, variant: Variant, level: int) -> bool:
        """Compiles `variant` of the plan for `level`; returns whether that was new.

        Nothing is compiled once the most is reached. As long as nothing fits, a few are kept for
        the smallest plans.
        """
        kept = 0 if self.fits() else self.reserve
        if variant.name in self._broken or self._compiled + kept >= self.most:
            return False
        answer = self.plan_for(level)
        plan = Plan(answer.problem, answer.plan)
        level = max(level, plan.peak)
        key = variant.name, plan.peak
        if known := self._trials.get(key):
            # A larger level that makes no other plan is news, too: the next is above it.
            self._trials[key] = replace(known, level=max(level, known.level))
            return level > known.level
        expected = self.expect(variant, plan.peak)
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
        best = min((t.measured.temp for t in self.usable()), default=self.plain.temp)
        within = ""
        if self.room is not None:
            verdict = "fits" if best <= self.room else "does not fit"
            within = f", which {verdict}: the budget leaves {format_bytes(max(self.room, 0))}"
        return (
            f"{self._job.name}: compiling for {self._job.target} with {variant.name}, planned for "
            f"{format_bytes(level)} of temporaries (program {self._compiled} of at most "
            f"{self._job.most}; plain {format_bytes(self.plain.temp)}, smallest so far "
            f"{format_bytes(best)}{within})"
        )

    def confirm(self, trial: Trial) -> None:
        """Compiles a trial to the end; if that fails it may not be used."""
        key = _key(trial)
        try:
            with progress.step(f"{self._job.name}: compiling the chosen program to the end"):
                measured = self._job.confirm(self._texts[key])
        except CompileError as error:
            self._unusable[key] = error
        else:
            self.late = max(self.late, measured.temp - trial.measured.temp)
            self._trials[key] = replace(trial, measured=measured)
            self._confirmed.add(key)

    def is_confirmed(self, trial: Trial) -> bool:
        """Tells whether a trial was compiled to the end, as far as the compiler needs that."""
        return not self._job.confirm or _key(trial) in self._confirmed

    def plan_for(self, level: int) -> toolchain.RematAnswer:
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
                    self.levels.bottom = max(self.levels.bottom, error.smallest)
                    self._tell_of_floor(error.floor)
                    self._plans[level] = self.plan_for(self.levels.bottom)
        return self._plans[level]

    def _tell_of_floor(self, floor: int) -> None:
        """Warns at once, and once, of a room below the proven floor: what follows takes minutes.

        Where the room is not even half of it, few programs are compiled.
        """
        if self.room is None or self.room >= floor or self.floor:
            return
        self.floor = floor
        hopeless = 2 * self.room < floor
        end = (
            f"{_HOPELESS} programs are compiled, and it is refused if none of them fits"
            if hopeless
            else "the search goes on, for XLA may need less than is predicted"
        )
        warnings.warn(
            f"{self._job.name}: the budget leaves {format_bytes(self.room)} for temporaries, and "
            f"no plan's are predicted below {format_bytes(floor)}; {end}",
            RematWarning,
            stacklevel=2,
        )
        if hopeless:
            self.most = min(self.most, _HOPELESS)

    def plan_smallest(self) -> None:
        """Plans for the smallest peak that the planner reaches: the bottom of the levels."""
        with progress.step(f"{self._job.name}: planning for the smallest peak"):
            answer = self._answer("min")
        self.levels.bottom = max(self.levels.bottom, answer.plan["peak"])
        self._plans[self.levels.bottom] = answer

    def _answer(self, budget: str) -> toolchain.RematAnswer:
        options = replace(self.options, budget=budget)
        return self._job.plan(self._job.text, options, self._job.name)

    def _rewrite(self, answer: toolchain.RematAnswer, variant: Variant) -> str:
        options = replace(self.options, **variant.options)
        return toolchain.rewrite_with(self._job.text, answer.plan, options, self._job.name).text


def _key(trial: Trial) -> tuple[str, int]:
    return trial.variant, trial.plan.peak
