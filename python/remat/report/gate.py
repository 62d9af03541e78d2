# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""`remat check`, a gate for continuous integration, and `remat diff`."""

from __future__ import annotations

import argparse
import json
import re
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

from remat import convert, stepoptions
from remat.commands import add_force, expect_new
from remat.errors import BudgetError, InputError
from remat.report import Report, command, compare, document
from remat.xla.command import add_target_option

#: What `kind` says at the top of a baseline.
BASELINE_KIND = "remat-baseline"
#: What a baseline says about how to plan and measure.
_OPTIONS = (*stepoptions.OPTION_NAMES, "target")


def add_check_options(check: argparse.ArgumentParser) -> None:
    """Adds the options of `remat check`."""
    check.add_argument(
        "files",
        type=Path,
        nargs="+",
        metavar="FILE",
        help="training steps, which are planned as their baselines were, or JSON of reports",
    )
    check.add_argument(
        "--baseline",
        type=Path,
        required=True,
        metavar="JSON",
        help="what --write-baseline wrote, or the JSON of one report",
    )
    check.add_argument(
        "--write-baseline",
        action="store_true",
        help="write the baseline instead: the figures of these steps, planned with these options",
    )
    add_force(check)
    check.add_argument(
        "--tolerance",
        default="1%",
        metavar="SHARE",
        help="how much more is still good, of peak, cost and measured peak (default: 1%%)",
    )
    add_target_option(
        check,
        "with --write-baseline: also hold the steps to what XLA measures for this device, "
        "which need not be there (default: predictions only)",
    )
    stepoptions.add_planning_options(check, required=False)
    check.set_defaults(run=_check)


def add_diff_options(diff: argparse.ArgumentParser) -> None:
    """Adds the options of `remat diff`."""
    diff.add_argument("old", type=Path, metavar="A.json", help="JSON of a report")
    diff.add_argument("new", type=Path, metavar="B.json", help="JSON of another report")
    diff.add_argument(
        "--values", type=int, default=20, metavar="N", help="rows of each list (default: 20)"
    )
    diff.set_defaults(run=_diff)


def _diff(arguments: argparse.Namespace) -> int:
    if arguments.values < 0:
        raise InputError(f"--values={arguments.values} is negative; expected 0 or more")
    old, new = (
        compare.digest(Report.read(path).document) for path in (arguments.old, arguments.new)
    )
    for line in compare.difference(old, new, arguments.values):
        print(line)
    return 0


def _check(arguments: argparse.Namespace) -> int:
    tolerance = parse_tolerance(arguments.tolerance)
    names = [_name(path) for path in arguments.files]
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"two files are called '{name}'; a baseline tells steps by that name")
    if arguments.write_baseline:
        return _write(arguments, names)
    if arguments.force:
        raise InputError("--force has no use here: nothing is written; leave it out")
    command.refuse_options(arguments, _OPTIONS, "a step is planned as its baseline was")
    steps, of_report = read_baseline(arguments.baseline)
    regressed = []
    for path, name in zip(arguments.files, names):
        if of_report and name not in steps:
            steps[name] = next(iter(steps.values()))
            print(f"{name}: compared with the report {arguments.baseline}")
        if name not in steps:
            raise InputError(
                f"{arguments.baseline}: has no step '{name}', only {', '.join(sorted(steps))}; "
                "a step is known by its file's name up to the first dot: name the file so, or "
                "write the baseline again with --write-baseline --force"
            )
        known = steps[name]
        if not _holds(path, name, known, arguments.baseline, tolerance):
            regressed.append(name)
    missing = [] if of_report else sorted(set(steps) - set(names))
    if missing:
        print(f"not checked: {', '.join(missing)}")
    if regressed:
        print(f"remat: regressed: {', '.join(regressed)}", file=sys.stderr)
        return 1
    print(f"{len(names)} step{'s' if len(names) != 1 else ''} within the baseline")
    return 0


def _holds(
    path: Path, name: str, known: dict[str, Any], baseline: Path, tolerance: Fraction
) -> bool:
    """Prints the verdict on one step and returns whether it holds."""
    try:
        new = compare.digest(_report(path, known["options"]).document)
    except BudgetError as error:
        print(f"{name}: the budget {known['options']['budget']} can no longer be met: {error}")
        return False
    for key in compare.CONTEXT:
        if known[key] != new[key]:
            raise InputError(
                f"{path}: its {key.replace('_', ' ')} is '{new[key]}', but '{known[key]}' in "
                f"{baseline}; such figures do not compare: report with the baseline's options, or "
                "write it again with --write-baseline --force"
            )
    verdict = compare.judge(name, known, new, tolerance)
    print("\n".join(verdict.lines))
    if verdict.improved and not verdict.regressed:
        print(f"{name}: to hold it to that, run again with --write-baseline --force")
    return not verdict.regressed


def _report(path: Path, options: dict[str, Any] | None) -> Report:
    if command.starts_with_json(path):
        return Report.read(path)
    if options is None:
        raise InputError(
            f"{path}: the baseline was made of a report, which does not say how to plan; check the "
            "JSON of a report against it, or write a baseline of the step"
        )
    every = dict.fromkeys(_OPTIONS) | options
    return command.of_step(path, argparse.Namespace(**every), target=every["target"])


def _name(path: Path) -> str:
    return path.name.split(".")[0]


def _write(arguments: argparse.Namespace, names: list[str]) -> int:
    options = {name: getattr(arguments, name) for name in _OPTIONS}
    steps = {}
    for path in arguments.files:
        if path.resolve() == arguments.baseline.resolve():
            raise InputError(f"{path}: named for both a step and --baseline; name another file")
    expect_new(arguments, "baseline")
    for path, name in zip(arguments.files, names):
        given = command.starts_with_json(path)
        if given:
            command.refuse_options(arguments, _OPTIONS, f"{path} is a report already")
        steps[name] = {
            **compare.digest(_report(path, options).document),
            "options": None if given else options,
        }
    found = {
        "schema_version": document.SCHEMA_VERSION,
        "kind": BASELINE_KIND,
        "steps": steps,
    }
    text = json.dumps(found, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    convert.write_atomically(arguments.baseline, text.encode("utf-8"))
    print(f"{arguments.baseline}: {len(steps)} step{'s' if len(steps) != 1 else ''}")
    return 0


def read_baseline(path: Path) -> tuple[dict[str, dict[str, Any]], bool]:
    """Returns the digests in a baseline by name of the step; of a report's JSON, its digest.

    The second result is whether it is of a report, which any step may be compared with.
    Errors: InputError naming the file.
    """
    if not path.exists():
        raise InputError(f"{path}: does not exist; write it with remat check --write-baseline")
    found = document.read_json(path)
    kind = found.get("kind") if isinstance(found, dict) else None
    if kind == document.DOCUMENT_KIND:
        document.check_version(found, path)
        return {_name(path): {**compare.digest(found), "options": None}}, True
    if kind != BASELINE_KIND:
        raise InputError(f"{path}: not a baseline; write one with remat check --write-baseline")
    document.check_version(found, path)
    wanted = {*compare.CONTEXT, "figures", "at_peak", "recomputed", "options"}
    steps = found.get("steps")
    if not isinstance(steps, dict) or not steps:
        raise InputError(f"{path}: holds no steps; write it again with --write-baseline --force")
    for name, step in steps.items():
        if missing := sorted(wanted - set(step)):
            raise InputError(
                f"{path}: step '{name}' has no key '{missing[0]}'; write it again with "
                "--write-baseline --force"
            )
    return steps, False


def parse_tolerance(text: str) -> Fraction:
    """Returns a share: "1%" is 1/100. Errors: InputError."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)%", text)
    if not match and text != "0":
        raise InputError(f"--tolerance={text} is no share; write 0, 1% or 0.5%")
    return Fraction(match[1]) / 100 if match else Fraction(0)
