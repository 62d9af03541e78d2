# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Finds the fastest program that the compiler itself measures within a budget."""

from __future__ import annotations

import math

from remat import progress, toolchain
from remat.budget import Budget
from remat.errors import BudgetError
from remat.loop.inside import hint_of_loops
from remat.loop.job import Job
from remat.loop.outcome import Outcome, Trial, peak_of
from remat.loop.trials import SAME_TIME, Trials
from remat.loop.variants import Variant
from remat.plan import format_bytes
from remat.xla.measure import Measurement

# Most are choices: docs/design/0009-constants-of-the-closed-loop.md.
#: A fit that leaves less than one part in this many of the temporaries unused is not refined.
_SLACK = 40
#: A variant that does not fit yet has to be this much faster than the best that does: to fit,
#: it has to recompute more.
_HOPE = 0.99
#: Plans that are tried for the smallest peak, in percent of the smallest: with every encoding, then
#: with the one that is smallest so far.
_DESCENT_PERCENT, _ASCENT_PERCENT = (110, 100), (125, 145, 170)
#: How small a plan is that is tried because it may be faster, in percent of the fastest; and
#: at least, in percent of the plain step: below that plans are dear, and refused after a while.
_SMALLER_PERCENT, _LEAST_PERCENT = 75, 40


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
    return _Search(job, scope, plain, budget.limit(peak_of(plain, scope))).run()


class _Search:
    """The search for the answer within `limit` bytes of the scope; None: the smallest peak."""

    def __init__(self, job: Job, scope: str, plain: Measurement, limit: int | None) -> None:
        self._job = job
        self._scope = scope
        self._plain = plain
        self._limit = limit
        #: Arguments and results, whatever the plan.
        self._fixed = peak_of(plain, scope) - plain.temp
        self._trials = Trials(job, plain, None if limit is None else limit - self._fixed)

    # The answer.

    def run(self) -> Outcome:
        trials = self._trials
        if trials.room is not None and self._plain.temp <= trials.room:
            return self._outcome(None)
        chosen, interrupted = None, False
        try:
            if trials.room is None or trials.room > 0:
                self._look()
        except KeyboardInterrupt:
            if not trials.best():
                raise KeyboardInterrupt(self._nothing_yet()) from None
            interrupted = True
            chosen = trials.best(filter(trials.is_confirmed, trials.usable()))
        chosen = chosen or trials.best()
        if self._limit is not None and not chosen:
            raise self._refusal(self._limit)
        return self._outcome(chosen, interrupted)

    def _outcome(self, chosen: Trial | None, interrupted: bool = False) -> Outcome:
        trials = self._trials
        return Outcome(
            text=trials.text(chosen) if chosen else self._job.text,
            plan=chosen.plan if chosen else trials.plain_plan,
            chosen=chosen,
            plain=self._plain,
            trials=trials.all(),
            budget=self._limit,
            scope=self._scope,
            interrupted=interrupted,
            confirmed=chosen is None or trials.is_confirmed(chosen),
            warnings=(*trials.warnings, *trials.left_out()),
        )

    def _smallest(self) -> int:
        """Returns the smallest peak of the programs that may be used."""
        temps = [trial.measured.temp for trial in self._trials.usable()]
        return min([*temps, self._plain.temp]) + self._fixed

    def _nothing_yet(self) -> str:
        wanted = "" if self._limit is None else f", and the budget is {format_bytes(self._limit)}"
        return (
            f"{self._job.name}: interrupted before a program was found; the smallest peak so far "
            f"is {format_bytes(self._smallest())} (scope: {self._scope}){wanted}"
        )

    def _refusal(self, limit: int) -> BudgetError:
        with progress.step(f"{self._job.name}: proving the floor"):
            planned = toolchain.witness_of_floor(
                self._job.text, self._trials.options, self._job.name, self._job.plan
            )
        smallest, count = self._smallest(), len(self._trials.usable()) + 1
        hint = filter(None, [hint_of_loops(self._trials.plain_plan.problem, self._plain)])
        advice = ["give a larger budget, or a smaller batch", *hint, *self._trials.left_out()]
        return BudgetError(
            f"budget {format_bytes(limit)} is not met on {self._job.target}: the smallest peak "
            f"that XLA measured is {format_bytes(smallest)} (scope: {self._scope}, of "
            f"{count} programs); {format_bytes(self._fixed)} of it are arguments and "
            "results, and no plan's temporaries are predicted below "
            f"{format_bytes(planned.floor)}; " + "; ".join(advice),
            budget=limit,
            floor=planned.floor + self._fixed,
            smallest=smallest,
            scope=self._scope,
            op=planned.op,
            location=planned.location,
            largest=planned.largest,
        )

    # The moves.

    def _look(self) -> None:
        """Compiles programs until one is the answer, or none promises to be."""
        trials = self._trials
        if trials.room is not None:
            for variant in self._job.variants:
                trials.attempt(variant, trials.aim(variant))
            self._refine()
            self._undercut()
            self._confirm()
        if not trials.fits():
            trials.reserve = 0
            self._descend()
            self._refine()
            self._confirm()

    def _refine(self) -> None:
        """Makes the most promising trial that is left, as long as there is one."""
        while any(
            self._trials.attempt(variant, level)
            for variant in sorted(self._job.variants, key=self._promise)
            if (level := self._next_level(variant)) is not None
        ):
            pass

    def _undercut(self) -> None:
        """Tries smaller plans of the fastest encoding as long as that makes it faster.

        What a compiler makes of a plan need not cost more where the plan recomputes more; only
        plans whose own overhead is below what the best measured are worth a compile.
        """
        trials = self._trials
        while best := trials.best():
            gain = trials.price(best) - 1 - SAME_TIME  # what a smaller plan may cost
            level = trials.levels.at_most(best.plan.peak * _SMALLER_PERCENT // 100)
            if best.plan.overhead >= gain or level < trials.levels.top * _LEAST_PERCENT // 100:
                return
            if trials.plan_for(level).plan["overhead"] >= gain:
                return
            if not trials.attempt(trials.variant_of(best), level) or trials.best() is best:
                return

    def _next_level(self, variant: Variant) -> int | None:
        """Returns where to try `variant` next, or None where that would not help."""
        trials = self._trials
        mine = trials.of(variant)
        if not mine or trials.room is None:
            return None
        fits = [trial for trial in trials.fits() if trial.variant == variant.name]
        over = [trial.plan.peak for trial in mine if trial not in fits]
        level = trials.aim(variant)
        if over:
            level = min(level, trials.levels.below(min(over)))
        if fits:
            top = max(fits, key=lambda trial: trial.plan.peak)
            if trials.room - trials.needed(top) < trials.room // _SLACK:
                return None
            level = max(level, trials.levels.above(top.level))
            if over and level >= min(over):
                return None
            if self._price_at(top, level) > min(map(trials.price, trials.fits())):
                return None
            # The plan may need less than its level, but what it needs is foretold well by now.
            needed = trials.expect(variant, trials.plan_for(level).plan["peak"]) + trials.late
            return level if needed <= trials.room else None
        best = min(map(trials.price, trials.fits()), default=None)
        return level if best is None or min(map(trials.price, mine)) < best * _HOPE else None

    def _price_at(self, trial: Trial, level: int) -> float:
        """Returns what `trial` would take at a larger level, on the line to the plain step."""
        trials = self._trials
        price, left = trials.price(trial), trials.levels.top - trial.plan.peak
        gain = max(price - 1, 0) * (level - trial.plan.peak) / left if left > 0 else 0
        return price - gain

    def _descend(self) -> None:
        """Looks for the smallest peak: from the smallest plan of each variant upwards."""
        trials = self._trials
        trials.plan_smallest()
        # The very smallest plans run so much again that a compiler may need more for them.
        for percent in _DESCENT_PERCENT:
            for variant in sorted(self._job.variants, key=self._promise):
                trials.attempt(variant, self._near_bottom(percent))
                if trials.fits():
                    return
        for percent in _ASCENT_PERCENT:
            if trials.fits() or not trials.all():
                return
            smallest = min(trials.all(), key=lambda t: t.measured.temp)
            trials.attempt(trials.variant_of(smallest), self._near_bottom(percent))

    def _near_bottom(self, percent: int) -> int:
        return self._trials.levels.at_most(self._trials.levels.bottom * percent // 100)

    def _confirm(self) -> None:
        """Compiles what is chosen to the end; what then needs too much is passed over.

        By then the trials know how much more the end of a compilation takes.
        """
        trials = self._trials
        while (chosen := trials.best()) and not trials.is_confirmed(chosen):
            trials.confirm(chosen)
            if trials.room is not None:
                self._refine()

    def _promise(self, variant: Variant) -> tuple[int, float]:
        """Orders variants: once something fits the fastest first, whether or not it fits yet;
        before, the nearest to fitting."""
        trials = self._trials
        mine = trials.of(variant)
        if trials.fits():
            return 0, min(map(trials.price, mine), default=math.inf)
        return 1, min((t.measured.temp for t in mine), default=self._plain.temp)
