# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""`remat report`: a plan as a page, as text and as JSON."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rich.console import Console

from remat import convert, progress, stepoptions, toolchain
from remat.budget import Budget
from remat.commands import add_force, expect_new
from remat.errors import InputError
from remat.loop import Outcome, fit_module, job_for
from remat.report import Report, document, report_of, report_of_outcome
from remat.report.arguments import argument_names
from remat.toolchain import RematOptions
from remat.xla import measure, targets
from remat.xla.command import add_target_option
from remat.xla.targets import Target

#: Options that are about a plan, and no use without a budget.
_OF_A_PLAN = ("strategy", "order", "family", "objective", "last_segment", "granularity")
#: Options that are about a step, and no use without one.
_OF_A_STEP = (*stepoptions.OPTION_NAMES, "target")
#: What a file with JSON begins with, and no module does.
_JSON = "{"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options of `remat report`."""
    parser.add_argument(
        "file",
        type=Path,
        metavar="FILE",
        help="a training step, as for remat plan; or the JSON of a report, to show it again; or, "
        "with --plan, problem.json",
    )
    parser.add_argument("--html", type=Path, metavar="OUT", help="also write the report as a page")
    parser.add_argument("--json", type=Path, metavar="OUT", help="also write the report as JSON")
    add_force(parser)
    parser.add_argument(
        "--curve",
        action="store_true",
        help="add what every budget costs, and the price of the next byte; takes up to three "
        "times as long as the plan",
    )
    add_target_option(
        parser,
        "have XLA compile the step for this device, which need not be there, and plan until "
        "what it measures is within the budget (default: predictions only)",
    )
    parser.add_argument(
        "--plan", type=Path, metavar="PLAN", help="plan.json of the problem.json in FILE"
    )
    parser.add_argument(
        "--values",
        type=int,
        default=20,
        metavar="N",
        help="rows of each table in the terminal (default: 20)",
    )
    stepoptions.add_planning_options(parser, required=False)
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    if arguments.values < 0:
        raise InputError(f"--values={arguments.values} is negative; expected 0 or more")
    _check_outputs(arguments)
    if arguments.plan:
        report = _of_files(arguments)
    elif starts_with_json(arguments.file):
        report = _read_again(arguments)
    else:
        report = of_step(arguments.file, arguments, curve=arguments.curve, target=arguments.target)
    report.html(arguments.html) if arguments.html else None
    report.json(arguments.json) if arguments.json else None
    report.print(Console(width=None if sys.stdout.isatty() else 120), arguments.values)
    return 0


def _check_outputs(arguments: argparse.Namespace) -> None:
    named = [("the input", arguments.file), ("--plan", arguments.plan)]
    for option in ("html", "json"):
        path = getattr(arguments, option)
        for what, other in named:
            if path and other and path.resolve() == other.resolve():
                raise InputError(f"{path}: named for both --{option} and {what}; name another file")
        named.append((f"--{option}", path))
    expect_new(arguments, "html", "json")


def starts_with_json(path: Path) -> bool:
    """Returns whether a file holds JSON and no module. A file that cannot be read does not."""
    try:
        with path.open("rb") as file:
            return file.read(256).lstrip().startswith(_JSON.encode())
    except OSError:
        return False


def _of_files(arguments: argparse.Namespace) -> Report:
    refuse_options(arguments, _OF_A_STEP, "--plan gives the plan")
    problem = _read_object(arguments.file, "ops", "problem.json")
    plan = _read_object(arguments.plan, "strategy", "plan.json")
    if "schedule" not in plan:
        raise InputError(
            f"{arguments.plan}: holds no plan, for the budget was refused: "
            f"{plan.get('stop_reason', '')}"
        )
    known = {op["id"] for op in problem["ops"]}
    if strange := [name for name in plan["schedule"] if name not in known]:
        raise InputError(
            f"{arguments.plan}: schedules op {strange[0]}, which {arguments.file} does not have; "
            "name the problem.json that the plan was made for"
        )
    with progress.step(f"reporting {arguments.file}"):
        return report_of(problem, plan, curve=arguments.curve)


def _read_object(path: Path, key: str, what: str) -> dict[str, Any]:
    found = document.read_json(path)
    if not isinstance(found, dict) or key not in found:
        raise InputError(f"{path}: not {what}: it has no key '{key}'")
    document.check_version(found, path)
    return found


def _read_again(arguments: argparse.Namespace) -> Report:
    refuse_options(arguments, _OF_A_STEP, f"{arguments.file} is a report already")
    if arguments.curve:
        raise InputError(
            f"--curve needs the step: {arguments.file} is a report already; add it to the command "
            "that writes the report"
        )
    return Report.read(arguments.file)


def refuse_options(arguments: argparse.Namespace, names: Iterable[str], reason: str) -> None:
    """Errors: InputError naming the first option of `names` that was given."""
    for name in names:
        if getattr(arguments, name) is not None:
            raise InputError(f"--{name.replace('_', '-')} has no use here: {reason}; leave it out")


def of_step(
    path: Path,
    arguments: argparse.Namespace,
    *,
    curve: bool = False,
    target: str | None = None,
) -> Report:
    """Plans the step in a file by its options and returns the report.

    Without a budget: of the step as it is. With a target it is measured as well, and planned
    until what is measured is within the budget. Errors as `toolchain.plan`, `fit_module` and
    `remat.xla.measure`.
    """
    device = targets.get(target) if target else None
    options = stepoptions.planning_options(arguments, device.encoding if device else None)
    if device and options.cost is None:
        options = dataclasses.replace(options, cost=device.cost)
    if options.budget is None:
        for option in _OF_A_PLAN:
            if getattr(options, option) is not None:
                raise InputError(
                    f"--{option.replace('_', '-')} is about a plan, and there is none without "
                    "--budget; add a budget (8GiB, 50%, min), or leave the option out"
                )
        options = dataclasses.replace(options, strategy="none")
    module = stepoptions.read_step(path)
    fitted = device is not None and options.budget is not None
    if fitted:
        outcome = _fit(module, options, device)
        problem, warnings = outcome.plan.problem, outcome.messages
    else:
        with progress.step(f"planning {path}"):
            answer = toolchain.plan(module.text, options, module.name)
        problem, warnings = answer.problem, answer.warnings
    stepoptions.warn(warnings)
    about: dict[str, Any] = {
        "name": path.name.split(".")[0],
        "argument_names": argument_names(
            module.text, len(problem["arguments"]), arguments.entry or "main"
        ),
        "curve": curve,
        "effort": arguments.effort,
    }
    with progress.step(f"reporting {path}"):
        if fitted:
            return report_of_outcome(outcome, **about)
        report = report_of(problem, None if options.budget is None else answer.plan, **about)
    if device is None:
        return report
    with progress.step(f"compiling {path} for {device.title}"):
        return report.with_measured(measure.measure(module.text, device, name=str(path)))


def _fit(module: convert.Module, options: RematOptions, device: Target) -> Outcome:
    """Plans for what XLA measures, as `remat.jax.fit` does."""
    planning = dataclasses.replace(options, budget=None, budget_scope=None)
    job = job_for(device, module.text, module.name, planning)
    return fit_module(job, Budget.parse(options.budget or ""), options.budget_scope or "total")
