# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Rows of `remat bench device`: a model, fitted to a budget by the closed loop."""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

from remat import progress
from remat.budget import Budget
from remat.errors import BudgetError, RematError
from remat.loop import Job, Outcome, Trial, fit_module, job_for
from remat.loop.trials import SAME_TIME
from remat.toolchain import RematAnswer, RematOptions
from remat.xla.measure import Measurement, measure
from remat.xla.targets import Target

SCOPE = "temporaries"
#: What is promised of the calibrated model: mean and worst |error|.
MEAN_ERROR, WORST_ERROR = 0.05, 0.15
#: A smaller budget may seem faster by this share: what the closed loop takes for no difference, of
#: two answers.
_SAME_TIMES = 2 * SAME_TIME


@dataclass(frozen=True)
class Point:
    """A measured program: bytes of temporaries, and its time over the plain program's."""

    temp: int
    time_ratio: float | None


@dataclass(frozen=True)
class DeviceRow:
    """One model at one budget. Sizes in bytes of temporaries, as XLA measures them.

    Attributes:
        budget: as asked for.
        outcome: "fitted", "refused" or "failed".
        message: of a refusal or a failure.
        limit: the budget in bytes; None for the smallest peak.
        temp: of the program that was chosen.
        time_ratio, flops_ratio: of that program over the plain one; None if not estimated.
        expected: of the program that was chosen, just before it was compiled: by its plan and
            by what had been measured until then, if only the plain program. None if that is
            what was chosen.
        calibrated: of the same program, once the search has ended: by its plan and by every
            other program that the search measured.
        compiles: programs that the search asked the compiler for, the plain one among them.
        smallest, floor: of a refusal: the smallest that was measured, and the proven bound.
        interrupted: the user ended the search; the best so far is the answer.
    """

    model: str
    target: str
    budget: str
    outcome: str
    plain: int
    message: str = ""
    limit: int | None = None
    temp: int | None = None
    time_ratio: float | None = None
    flops_ratio: float | None = None
    expected: int | None = None
    calibrated: int | None = None
    compiles: int = 0
    seconds: float = 0.0
    smallest: int | None = None
    floor: int | None = None
    interrupted: bool = False

    @property
    def error(self) -> float | None:
        """Of what the calibrated model says, as a share of what was measured."""
        if self.calibrated is None or not self.temp:
            return None
        return self.calibrated / self.temp - 1

    @property
    def point(self) -> Point | None:
        """The chosen program, if there is one."""
        return None if self.temp is None else Point(self.temp, self.time_ratio)

    def broken(self) -> list[str]:
        """Returns the promises that this row breaks, each as a message."""
        place = f"{self.model} at {self.budget} for {self.target}"
        if self.outcome == "failed":
            return [f"{place}: {self.message}"]
        found = []
        if self.temp is not None and self.limit is not None and self.temp > self.limit:
            found.append(f"{place}: {self.temp} B are above the budget of {self.limit} B")
        if self.temp is not None and self.temp > self.plain:
            found.append(f"{place}: {self.temp} B are more than the plain program's {self.plain} B")
        return found


class Fitter:
    """Fits one training step to a device, at many budgets.

    Attributes:
        plain: the measurement of the step as it is.
        points: every program that was measured, the plain one first.
    """

    def __init__(self, name: str, text: str, target: Target) -> None:
        self.name = name
        self._target = target
        job = job_for(target, text, name, RematOptions(memory_model="xla"))
        with progress.step(f"{name}: compiling the plain step for {target.title}"):
            # Where only compiling to the end gives times, the plain program's is needed, too.
            self.plain = measure(text, target, full=job.confirm is not None, name=name)
        self.points = [Point(self.plain.temp, 1.0)]
        self._job: Job = replace(
            job,
            plan=_planned_once(job.plan),
            measure=self._remembered(job.measure),
            confirm=self._remembered(job.confirm) if job.confirm else None,
        )
        self._asked = 0
        self._rows: dict[str, DeviceRow] = {}

    def point(self, measured: Measurement) -> Point:
        """Returns a measurement held against the plain program's."""
        return Point(measured.temp, _ratio(self._time(measured), self._time(self.plain)))

    def _time(self, measured: Measurement) -> float | None:
        """Returns the time as XLA sees it: on a TPU only of what was compiled to the end."""
        return measured.xla_time_us if self._target.platform == "tpu" else measured.time_us

    def flops_ratio(self, measured: Measurement) -> float | None:
        """Returns the flops of a program over the plain one's."""
        return _ratio(measured.flops, self.plain.flops)

    def fit(self, budget: str) -> DeviceRow:
        """Returns the row for `budget`; the same object if it is asked for again."""
        if budget not in self._rows:
            self._rows[budget] = self._fit(budget)
        return self._rows[budget]

    def _fit(self, budget: str) -> DeviceRow:
        parsed = Budget.parse(budget)
        row = DeviceRow(
            self.name,
            self._target.name,
            budget,
            "fitted",
            self.plain.temp,
            limit=parsed.limit(self.plain.temp),
        )
        self._asked = 0
        started = time.monotonic()
        try:
            row = self._fitted(row, fit_module(self._job, parsed, SCOPE))
        except BudgetError as error:
            row = replace(
                row,
                outcome="refused",
                message=str(error),
                smallest=error.smallest,
                floor=error.floor,
            )
        except RematError as error:
            row = replace(row, outcome="failed", message=str(error))
        return replace(row, compiles=self._asked, seconds=round(time.monotonic() - started, 1))

    def _fitted(self, row: DeviceRow, outcome: Outcome) -> DeviceRow:
        chosen = self.point(outcome.measured)
        return replace(
            row,
            temp=chosen.temp,
            time_ratio=chosen.time_ratio if outcome.chosen else 1.0,
            flops_ratio=self.flops_ratio(outcome.measured),
            expected=outcome.chosen.expected if outcome.chosen else None,
            calibrated=calibrated(outcome, outcome.chosen) if outcome.chosen else None,
            interrupted=outcome.interrupted,
        )

    def _remembered(self, compiled: Callable[[str], Measurement]) -> Callable[[str], Measurement]:
        def asked(text: str) -> Measurement:
            self._asked += 1
            found = compiled(text)
            point = self.point(found)
            if point not in self.points:
                self.points.append(point)
            return found

        return asked


def _planned_once(plan: Callable[..., RematAnswer]) -> Callable[..., RematAnswer]:
    """Returns `plan`, which gives the same answer again if the options are the same."""
    known: dict[str, RematAnswer] = {}

    def planned(text: str, options: RematOptions, name: str) -> RematAnswer:
        key = repr(options)
        if key not in known:
            known[key] = plan(text, options, name)
        return known[key]

    return planned


def calibrated(outcome: Outcome, chosen: Trial) -> int:
    """Returns the temporaries that every program but `chosen` lets expect of its plan.

    Work space of library calls, as in the plain program, and of the rest the median share of
    what was predicted: of the same encoding's programs if there are two of them at least, or
    else of all rewritten programs, or else of the plain one. One program in which the compiler
    put off an op does not move a median.
    """
    rewritten = [trial for trial in outcome.trials if trial is not chosen]
    mine = [trial for trial in rewritten if trial.variant == chosen.variant]
    scratch = outcome.plain.assignment.scratch
    shares = [
        Fraction(trial.point.measured - trial.point.scratch, max(trial.point.predicted, 1))
        for trial in (mine if len(mine) > 1 else rewritten)
    ] or [Fraction(outcome.plain.temp - scratch, max(outcome.plan.plain_peak, 1))]
    return scratch + round(statistics.median(shares) * chosen.plan.peak)


def _ratio(after: float | None, before: float | None) -> float | None:
    return after / before if after is not None and before else None


def broken(rows: list[DeviceRow]) -> list[str]:
    """Returns the promises that the rows break, each as a message."""
    found = [message for row in rows for message in row.broken()]
    for model in dict.fromkeys(row.model for row in rows):
        found += _not_monotone([row for row in rows if row.model == model])
    mean, worst = errors(rows)
    if mean is not None and mean > MEAN_ERROR:
        found.append(f"calibrated peaks are off by {mean:.1%} on average, not {MEAN_ERROR:.0%}")
    if worst is not None and abs(worst.error) > WORST_ERROR:
        found.append(
            f"{worst.model} at {worst.budget} for {worst.target}: {worst.calibrated} B by the "
            f"calibrated model and {worst.temp} B measured, {worst.error:+.1%}; at most "
            f"{WORST_ERROR:.0%} is promised"
        )
    return found


def errors(rows: list[DeviceRow]) -> tuple[float | None, DeviceRow | None]:
    """Returns the mean |error| of the calibrated model, and the row with the worst."""
    known = [row for row in rows if row.error is not None]
    if not known:
        return None, None
    mean = sum(abs(row.error) for row in known) / len(known)
    return mean, max(known, key=lambda row: abs(row.error))


def _not_monotone(rows: list[DeviceRow]) -> list[str]:
    """Returns where a smaller budget gave more bytes, less time, or an answer at last."""
    rows = [row for row in rows if row.outcome != "failed"]
    rows.sort(key=lambda row: -1 if row.limit is None else row.limit, reverse=True)
    found = []
    for larger, smaller in itertools.pairwise(rows):
        place = f"{larger.model} for {larger.target}"
        if smaller.temp is None:
            continue
        if larger.temp is None:
            if larger.limit is not None and smaller.temp <= larger.limit:
                found.append(
                    f"{place}: {larger.budget} is refused, yet {smaller.budget} gives a program "
                    f"within it, of {smaller.temp} B"
                )
            continue
        if smaller.temp > larger.temp:
            found.append(
                f"{place}: {smaller.budget} gives {smaller.temp} B, more than the "
                f"{larger.temp} B of {larger.budget}"
            )
        times = smaller.time_ratio, larger.time_ratio
        if None not in times and times[0] * (1 + _SAME_TIMES) < times[1]:
            found.append(
                f"{place}: {larger.budget} takes x{times[1]:.3f} of the plain time, yet "
                f"{smaller.budget} only x{times[0]:.3f}"
            )
    return found
