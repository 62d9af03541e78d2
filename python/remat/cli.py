# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The `remat` command."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import sys
import threading
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

from rich.console import Console

import remat
from remat import convert, progress, toolchain
from remat.commands import EPILOG, CommandParser, add_command, add_lazily
from remat.convert import Format
from remat.errors import InputError, RematError, RematWarning, ToolchainError
from remat.plan import Plan
from remat.stepoptions import add_input, add_planning_options, planning_options, read_step, warn
from remat.toolchain import CHOICES, TARGET_OF_PLATFORM

#: Subcommands that are loaded when they are chosen: what each does, and who adds its options.
_LATER = {
    "report": (
        "Reports what a plan does to the memory of a step: over time, by value and source line.",
        "remat.report.command",
        "add_options",
    ),
    "check": (
        "Fails if the peak or the cost of a step is above its baseline.",
        "remat.report.gate",
        "add_check_options",
    ),
    "diff": (
        "Says what changed between two reports.",
        "remat.report.gate",
        "add_diff_options",
    ),
    "lower": (
        "Lowers a training step to linalg on tensors, for Remat's own back end.",
        "remat.lower",
        "add_options",
    ),
    "kernels": (
        "Assembles a step's GPU kernels and says what they take: registers, memory, spills.",
        "remat.kernels",
        "add_options",
    ),
    "zoo": (
        "Lists and exports the training steps of the model zoo.",
        "remat.zoo.command",
        "add_actions",
    ),
    "cache": (
        "Shows where measurements are kept and how large they are, or removes them.",
        "remat.xla.command",
        "add_options",
    ),
    "bench": (
        "Runs measurements whose promises are checked.",
        "remat.bench.command",
        "add_actions",
    ),
}


class _Terminated(BaseException):
    """SIGTERM came: what runs is to clean up, as after Ctrl-C."""


def _terminate(number: int, frame: object) -> NoReturn:
    raise _Terminated


def main(argv: list[str] | None = None) -> int:
    """Runs the command line and returns the exit code."""
    before = None
    if threading.current_thread() is threading.main_thread():
        before = signal.signal(signal.SIGTERM, _terminate)
    try:
        arguments = _parser().parse_args(argv)
        with _warnings_as_messages():
            return arguments.run(arguments)
    except RematError as error:
        print(f"remat: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt as error:
        print(f"remat: {str(error) or 'interrupted'}; no output was written", file=sys.stderr)
        return 130
    except _Terminated:
        print("remat: terminated; no output was written", file=sys.stderr)
        return 143
    except BrokenPipeError:
        # The reader of our stdout went away; keep Python from flushing into it again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    finally:
        if before is not None:
            signal.signal(signal.SIGTERM, before)


@contextlib.contextmanager
def _warnings_as_messages() -> Iterator[None]:
    """Remat's own warnings look like its errors; others are shown as ever."""
    others = warnings.showwarning

    def show(message: Any, category: type, *rest: Any) -> None:
        if issubclass(category, RematWarning):
            warn([str(message)])
        else:
            others(message, category, *rest)

    warnings.showwarning = show
    try:
        yield
    finally:
        warnings.showwarning = others


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="remat",
        description="Fits training steps into a byte budget by recomputing values.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"remat {remat.__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=CommandParser)
    _add_opt(commands)
    _add_plan(commands)
    for name in ("report", "check", "diff"):
        add_lazily(commands, name, *_LATER[name])
    _add_convert(commands)
    add_lazily(commands, "lower", *_LATER["lower"])
    add_lazily(commands, "kernels", *_LATER["kernels"])
    for name in ("zoo", "cache", "bench"):
        add_lazily(commands, name, *_LATER[name])
    _add_version(commands)
    return parser


def _add_opt(commands: argparse._SubParsersAction) -> None:
    parser = add_command(
        commands, "opt", "Rewrites a training step so that it fits a budget.", aliases=["fit"]
    )
    add_input(parser)
    parser.add_argument(
        "-o", "--output", type=Path, metavar="OUT", help="file to write (default: stdout)"
    )
    parser.add_argument(
        "--format",
        choices=[f.value for f in Format],
        help="spelling of the output (default: the input's)",
    )
    parser.add_argument(
        "--target",
        type=_encoding,
        choices=CHOICES["target"],
        help="compiler that the recomputation has to survive (default: that of the platform of "
        "a jax.export file, else xla-gpu; "
        "none keeps remat.recompute ops, for --format=generic)",
    )
    parser.add_argument("--plan-output", type=Path, metavar="FILE", help="also write plan.json")
    _add_knobs(parser)
    add_planning_options(parser)
    parser.set_defaults(run=_run_opt)


def _encoding(name: str) -> str:
    """Returns `name`. Errors: ArgumentTypeError if it is a device, not a compiler."""
    if name not in CHOICES["target"]:
        from remat.xla import targets

        if name in targets.NAMES:
            raise argparse.ArgumentTypeError(
                f"{name} is a device, and what opt writes is for a compiler: "
                f"{', '.join(CHOICES['target'])}; remat report and remat check, with "
                f"--target={name}, and remat.jax.fit measure for a device"
            )
    return name


def _add_knobs(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group(
        "encoding", "What XLA on GPU and TPU is held to besides; no setting is best for all steps."
    )
    group.add_argument(
        "--order-backward",
        action=argparse.BooleanOptionalAction,
        help="recompute only when all that the backward made before is there (default: no)",
    )
    group.add_argument(
        "--order-updates",
        action=argparse.BooleanOptionalAction,
        help="update a donated argument in place only after the last read of the old value "
        "(default: no)",
    )
    group.add_argument(
        "--tie-accumulations",
        action=argparse.BooleanOptionalAction,
        help="add each addend to its sum before the next is computed (default: no)",
    )
    group.add_argument(
        "--pins",
        choices=CHOICES["pins"],
        help="forward values that the backward reads instead of computing them again from larger "
        "ones: masks, or all that are smaller than what they are made from (default: none)",
    )


def _run_opt(arguments: argparse.Namespace) -> int:
    _check_outputs(arguments.output, plan=arguments.plan_output, source=arguments.file)
    module = read_step(arguments.file)
    form = Format(arguments.format) if arguments.format else module.format
    if arguments.target == "none" and form is not Format.GENERIC:
        raise InputError(
            f"--target=none leaves remat.recompute ops, which {form.value} cannot hold; "
            "choose --target=xla-cpu, xla-gpu or xla-tpu, or --format=generic"
        )
    target, reason = _target(arguments.target, module)
    with progress.step(f"planning and rewriting {arguments.file}"):
        options = replace(
            planning_options(arguments, target),
            order_backward=arguments.order_backward,
            order_updates=arguments.order_updates,
            tie_accumulations=arguments.tie_accumulations,
            pins=arguments.pins,
        )
        answer = toolchain.rewrite(module.text, options, module.name)
    warn(answer.warnings)
    with progress.step("writing the result"):
        data = convert.render(module.replace_text(answer.text), form)
    if arguments.plan_output:
        _write_plan(arguments.plan_output, answer.plan)
    convert.emit(data, arguments.output)
    print(Plan(answer.problem, answer.plan).summary(), file=sys.stderr)
    print(f"target         {target}   ({reason})", file=sys.stderr)
    return 0


def _target(chosen: str | None, module: convert.Module) -> tuple[str, str]:
    """Returns the target and why it is that. Warns where `chosen` is not for the file."""
    names = " and ".join(module.platforms)
    wanted = {TARGET_OF_PLATFORM.get(platform, "unknown") for platform in module.platforms}
    known = wanted - {"unknown"}
    if chosen is not None:
        if known and chosen not in {"none", *wanted}:
            warn(
                [
                    f"{module.name} is exported for {names}, where the compiler may undo what "
                    f"--target={chosen} recomputes; leave the option out, or use "
                    f"--target={min(known)}"
                ]
            )
        return chosen, "as chosen"
    if len(wanted) == 1 and known:
        return known.pop(), f"the file is exported for {names}"
    reason = f"the file is exported for {names}" if names else "the file names no platform"
    return "xla-gpu", f"the default: {reason}; --target chooses another"


def _check_outputs(output: Path | None, *, plan: Path | None, source: Path) -> None:
    """Refuses a plan.json that would replace the step, or be replaced by the result."""
    if plan is None:
        return
    for other, what in ((output, "the result"), (source, "the step itself")):
        if other is not None and plan.resolve() == other.resolve():
            raise InputError(f"{plan}: named for both plan.json and {what}; name another file")


def _write_plan(path: Path, plan: dict) -> None:
    convert.write_atomically(path, (json.dumps(plan, indent=1) + "\n").encode("utf-8"))


def _add_plan(commands: argparse._SubParsersAction) -> None:
    parser = add_command(
        commands,
        "plan",
        "Plans a training step and reports peaks, price, and what is kept and recomputed.",
    )
    add_input(parser)
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="also write plan.json")
    parser.add_argument(
        "--values",
        type=int,
        default=20,
        metavar="N",
        help="rows of the table of values (default: 20)",
    )
    add_planning_options(parser)
    parser.set_defaults(run=_run_plan)


def _run_plan(arguments: argparse.Namespace) -> int:
    if arguments.values < 0:
        raise InputError(f"--values={arguments.values} is negative; expected 0 or more")
    _check_outputs(None, plan=arguments.output, source=arguments.file)
    module = read_step(arguments.file)
    with progress.step(f"planning {arguments.file}"):
        answer = toolchain.plan(module.text, planning_options(arguments), module.name)
    warn(answer.warnings)
    plan = Plan(answer.problem, answer.plan)
    if arguments.output:
        _write_plan(arguments.output, answer.plan)
    print(plan.summary())
    if arguments.values:
        Console(width=None if sys.stdout.isatty() else 160).print(plan.table(arguments.values))
    return 0


def _add_convert(commands: argparse._SubParsersAction) -> None:
    parser = add_command(commands, "convert", "Converts a module between its spellings.")
    add_input(parser)
    parser.add_argument(
        "--to", required=True, choices=[f.value for f in Format], help="spelling of the output"
    )
    parser.add_argument(
        "-o", "--output", type=Path, metavar="OUT", help="file to write (default: stdout)"
    )
    parser.set_defaults(run=_run_convert)


def _run_convert(arguments: argparse.Namespace) -> int:
    with progress.step(f"converting {arguments.file}"):
        data = convert.render(convert.read_module(arguments.file), Format(arguments.to))
    convert.emit(data, arguments.output)
    return 0


def _add_version(commands: argparse._SubParsersAction) -> None:
    parser = add_command(commands, "version", "Prints the versions of remat and its tools.")
    parser.set_defaults(run=_run_version)


def _run_version(arguments: argparse.Namespace) -> int:
    print(f"remat {remat.__version__}")
    missing = {}
    for tool in ("remat-opt", "remat-plan"):
        try:
            print(f"{tool}: {toolchain.find_tool(tool)}: {toolchain.tool_version(tool)}")
        except ToolchainError as error:
            missing[tool] = error
            print(f"{tool}: not there: {error}")
    if len(missing) == 2:
        raise ToolchainError("neither remat-opt nor remat-plan is there; build them, see above")
    if "remat-opt" in missing:
        print(
            "This is a planner-only build: remat-plan plans graphs; remat opt, remat plan and "
            "remat.jax.fit need remat-opt."
        )
    return 0
