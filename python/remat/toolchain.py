# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Finds and runs remat-opt and remat-plan, and turns their messages into exceptions."""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from remat.convert import string_literal
from remat.errors import BudgetError, Diagnostic, InputError, LiveValue, ToolchainError

_DIAGNOSTIC = re.compile(
    r"^(?:(?P<location>.+?):\s+)?(?P<severity>error|warning|remark|note): (?P<message>.*)$"
)

#: How MLIR writes a place that is a name: of an argument, say.
_NAMED = re.compile(r'^loc\("((?:[^"\\]|\\.)*)"\)(?=: |$)')


def find_tool(name: str) -> Path:
    """Returns the path of the tool `name`.

    Looks in $REMAT_BIN and nowhere else if that is set; else in build/release/bin of
    the checkout this package lies in, then on PATH.
    Errors: ToolchainError, listing the places.
    """
    chosen = os.environ.get("REMAT_BIN")
    if chosen:
        candidate = Path(chosen) / name
        if is_executable(candidate):
            return candidate
        raise ToolchainError(
            f"{name} is not in $REMAT_BIN ({chosen}); "
            "point REMAT_BIN at the bin folder of a build, or unset it"
        )
    built = Path(__file__).resolve().parents[2] / "build" / "release" / "bin" / name
    if is_executable(built):
        return built
    found = shutil.which(name)
    if found:
        return Path(found)
    raise ToolchainError(
        f"{name} is not found: not built in {built.parent}, not on PATH, and REMAT_BIN is not "
        "set; build it with tools/quickstart, or set REMAT_BIN to the bin folder of a build"
    )


def is_executable(path: Path) -> bool:
    """True if `path` is a file that may be run."""
    return path.is_file() and os.access(path, os.X_OK)


def run_tool(
    name: str, arguments: list[str], folder: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Runs the tool `name` as `run_command` does."""
    return run_command([str(find_tool(name).absolute()), *arguments], folder)


def run_command(command: list[str], folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Runs `command` to its end, in `folder`, and returns exit code, stdout and stderr, as text.

    It is killed if this process is interrupted, so that it leaves no output.
    Errors: ToolchainError if it cannot be started, is ended, or dies from a signal.
    """
    name = Path(command[0]).name
    try:
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
        )
    except OSError as error:
        raise ToolchainError(f"{command[0]} cannot be started: {error.strerror}") from error
    try:
        out, err = process.communicate()
    except BaseException:
        process.kill()
        process.wait()
        raise
    if -process.returncode in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        why = " (the system may be out of memory)" if process.returncode == -signal.SIGKILL else ""
        raise ToolchainError(
            f"{name} was ended by signal {-process.returncode}{why}; it has written nothing"
        )
    if process.returncode < 0:
        raise ToolchainError(
            f"{name} died from signal {-process.returncode}; this is a defect of remat: "
            f"please report it with the input and this command: {' '.join(command)}"
        )
    return subprocess.CompletedProcess(command, process.returncode, out, err)


def parse_diagnostics(text: str) -> list[Diagnostic]:
    """Returns the errors, warnings and remarks in a tool's stderr, notes attached.

    Source excerpts and carets between the messages are dropped.
    Example: "a.mlir:3:5: error: no entry" -> [Diagnostic("a.mlir:3:5", "error", "no entry")];
    'loc("x")' before a message is "x".
    """
    found: list[tuple[Diagnostic, list[Diagnostic]]] = []
    for line in text.splitlines():
        match = _DIAGNOSTIC.match(line)
        if not match:
            continue
        location = _NAMED.sub(r"\1", match["location"] or "")
        message = _NAMED.sub(r"\1", match["message"])
        one = Diagnostic(location, match["severity"], message)
        if one.severity == "note" and found:
            found[-1][1].append(one)
        else:
            found.append((one, []))
    return [Diagnostic(d.location, d.severity, d.message, tuple(notes)) for d, notes in found]


def error_text(name: str, stderr: str) -> str:
    """Returns the message of a failed tool for people: its errors with their notes."""
    errors = [d for d in parse_diagnostics(stderr) if d.severity == "error" and d.message]
    if not errors:
        lines = [line.strip() for line in stderr.splitlines() if not _DIAGNOSTIC.match(line)]
        return f"{name} failed: {next(filter(None, lines), 'it printed no message')}"
    lines = []
    for error in errors:
        for one in (error, *error.notes):
            known = one.location and not one.location.startswith("<unknown>")
            lines.append(f"{one.location}: {one.message}" if known else one.message)
    return "\n  ".join(lines)


#: What options may say, for those that take a word.
CHOICES = {
    "budget_scope": ("total", "non-arguments", "temporaries"),
    "strategy": ("none", "chen", "kusumoto", "best"),
    "effort": ("fast", "default", "max"),
    "order": ("base", "reorder"),
    "family": ("exact", "approx"),
    "objective": ("best", "time", "memory", "memory-pareto"),
    "last_segment": ("keep", "recompute"),
    "granularity": ("auto", "op", "cluster", "layer"),
    "cost": ("h100", "h200", "a100", "tpu-v5p", "host", "judge", "paper"),
    "memory_model": ("program", "arena", "xla", "xla-tpu"),
    "target": ("none", "xla-gpu", "xla-tpu", "xla-cpu"),
    "pins": ("none", "masks", "kept"),
}

#: The options that make plans: they do not go with a plan that is there.
_PLANNING = (
    "budget",
    "strategy",
    "effort",
    "order",
    "family",
    "objective",
    "last_segment",
    "granularity",
)

#: The target that a platform of JAX needs.
TARGET_OF_PLATFORM = {
    "cpu": "xla-cpu",
    "gpu": "xla-gpu",
    "cuda": "xla-gpu",
    "rocm": "xla-gpu",
    "tpu": "xla-tpu",
}

#: The cost table of a target, where none is chosen.
_COST_OF_TARGET = {"xla-gpu": "h100", "xla-tpu": "tpu-v5p", "xla-cpu": "host"}

#: XLA's memory model on a target, where it is not that of GPUs.
_XLA_MODEL_OF_TARGET = {"xla-tpu": "xla-tpu"}

#: What ends a value in the text of a pass's options.
_NOT_IN_VALUES = re.compile(r"[\s{}'\"]")


@dataclass(frozen=True)
class RematOptions:
    """The options of `--remat`; None leaves a tool's own default, or the target's cost table.

    Spelled as in remat-opt and remat-plan, with underscores for dashes. The memory model "xla" is
    that of XLA on the target.
    """

    budget: str | None = None
    budget_scope: str | None = None
    strategy: str | None = None
    effort: str | None = None
    order: str | None = None
    family: str | None = None
    objective: str | None = None
    last_segment: str | None = None
    granularity: str | None = None
    cost: str | None = None
    memory_model: str | None = None
    target: str | None = None
    order_backward: bool | None = None
    order_updates: bool | None = None
    tie_accumulations: bool | None = None
    pins: str | None = None
    entry: str | None = None
    loss: int | None = None
    fold_free: bool | None = None

    def for_target(self) -> RematOptions:
        """Returns the options with the cost table and XLA's memory model of the target."""
        model = self.memory_model
        if model == "xla":
            model = _XLA_MODEL_OF_TARGET.get(self.target or "", model)
        cost = self.cost or _COST_OF_TARGET.get(self.target or "")
        return replace(self, cost=cost, memory_model=model)

    def pairs(self) -> list[str]:
        """Returns "key=value" for each option that is set, in a fixed order.

        Errors: InputError naming an option whose value is not among its choices, or
        cannot be written as one word.
        """
        for name, choices in CHOICES.items():
            value = getattr(self, name)
            if value is not None and value not in choices:
                raise InputError(
                    f"{name.replace('_', '-')} '{value}' is unknown; "
                    f"expected {', '.join(choices[:-1])} or {choices[-1]}"
                )
        if self.loss is not None and self.loss < 0:
            raise InputError(
                f"loss {self.loss} is negative; results are numbered from 0, and without the "
                "option the loss is the first scalar float"
            )
        found = []
        chosen = self.for_target()
        for name in (f.name for f in fields(self)):
            value = getattr(chosen, name)
            if value is None:
                continue
            word = str(value).lower() if isinstance(value, bool) else str(value)
            if _NOT_IN_VALUES.search(word):
                raise InputError(
                    f"{name.replace('_', '-')} '{word}' holds a blank, a quote or a brace, which "
                    "pass options cannot; write it without"
                )
            found.append(f"{name.replace('_', '-')}={word}")
        return found


@dataclass(frozen=True)
class RematAnswer:
    """What remat-opt says about a step.

    Attributes:
        text: generic MLIR: the rewritten step or, from `plan`, the step with its plan.
        problem: problem.json.
        plan: plan.json.
        warnings: what it warns of, one line each.
    """

    text: str
    problem: dict[str, Any]
    plan: dict[str, Any]
    warnings: tuple[str, ...] = ()


def rewrite(text: str, options: RematOptions, name: str = "step") -> RematAnswer:
    """Plans, rewrites, verifies and encodes the step in `text` (generic MLIR).

    `name` is the file it came from, in messages and locations.

    Errors: BudgetError if the budget cannot be met, InputError for an option or an
    input that is refused, ToolchainError if remat-opt is missing or broken.
    """
    return _run_remat(text, "remat", options, name)


def rewrite_with(
    text: str, plan: dict[str, Any], options: RematOptions, name: str = "step"
) -> RematAnswer:
    """Rewrites the step in `text` by a plan that was made for it (a plan.json).

    Of `options`, those that make plans are left out, the budget too; as `rewrite` otherwise.
    """
    options = replace(options, **dict.fromkeys(_PLANNING))
    return _run_remat(text, "remat", options, name, plan)


def plan(text: str, options: RematOptions, name: str = "step") -> RematAnswer:
    """Plans the step in `text` (generic MLIR) without rewriting it; as `rewrite` otherwise.

    Of the target only its cost table, if `options` names none, and its memory model matter here.
    """
    return _run_remat(text, "remat-plan", replace(options.for_target(), target=None), name)


def witness_of_floor(
    text: str,
    options: RematOptions,
    name: str,
    planner: Callable[[str, RematOptions, str], RematAnswer] = plan,
) -> BudgetError:
    """Returns the planner's refusal of one byte: the proven floor, and what is live there.

    Takes as long as a plan. A step that needs no byte in the scope has floor 0.
    """
    try:
        planner(text, replace(options, budget="1"), name)
    except BudgetError as error:
        return error
    return BudgetError("", floor=0)


#: What remat-opt calls the step, in the folder it runs in: a name that no program mentions.
SOURCE = "remat-input.mlir"

#: How remat-opt prints programs and messages.
PRINTING = (
    "--mlir-print-debuginfo",
    "--mlir-print-op-on-diagnostic=false",
    "--mlir-print-op-generic",
)


def _run_remat(
    text: str,
    step: str,
    options: RematOptions,
    name: str,
    plan: dict[str, Any] | None = None,
) -> RematAnswer:
    from remat import sharding  # which needs this module

    if sharding.partitions(text) == 1:
        return _run_local(text, step, options, name, plan)
    sharded = _sharded(text, options.entry, name)
    answer = _run_local(sharded.text, step, options, name, plan)
    return replace(answer, text=sharded.restore(answer.text))


@functools.lru_cache(maxsize=2)  # a search asks for many plans of one step
def _sharded(text: str, entry: str | None, name: str) -> Any:
    from remat import sharded_step  # which needs JAX

    return sharded_step.prepare(inline(text, entry, name), entry, name)


def inline(text: str, entry: str | None, name: str) -> str:
    """Returns the module in `text` with the calls in its entry function inlined.

    `name` is the file it came from. Errors as `rewrite`.
    """
    with tempfile.TemporaryDirectory(prefix="remat-") as folder:
        root = Path(folder)
        (root / SOURCE).write_text(text, encoding="utf-8")
        option = f"entry={entry}" if entry else ""
        done = run_tool(
            "remat-opt", [SOURCE, f"--remat-inline={option}", *PRINTING, "-o", "out.mlir"], root
        )
        if done.returncode != 0:
            raise InputError(error_text("remat-opt", done.stderr).replace(SOURCE, name))
        inlined = (root / "out.mlir").read_text(encoding="utf-8")
        return inlined.replace(f'"{SOURCE}"', string_literal(name))


def _run_local(
    text: str,
    step: str,
    options: RematOptions,
    name: str,
    plan: dict[str, Any] | None,
) -> RematAnswer:
    with tempfile.TemporaryDirectory(prefix="remat-") as folder:
        root = Path(folder)
        output = root / "out.mlir"
        (root / SOURCE).write_text(text, encoding="utf-8")
        # Bare names: options of passes are split at blanks, which a folder's name may hold.
        pairs = [*options.pairs(), "problem-file=problem.json", "plan-output=plan.json"]
        if plan is not None:
            (root / "given.json").write_text(json.dumps(plan), encoding="utf-8")
            pairs.append("plan-file=given.json")
        passes = [f"--{step}={' '.join(pairs)}"]
        if step == "remat-plan":
            passes.insert(0, "--remat-inline")
        done = run_tool(
            "remat-opt",
            [
                SOURCE,
                *passes,
                *PRINTING,
                "-o",
                output.name,
            ],
            root,
        )
        answer = _read_json(root / "plan.json", name)
        if done.returncode != 0:
            message = error_text("remat-opt", done.stderr).replace(SOURCE, name)
            if answer is not None and answer.get("witness"):
                hints = (f"warning: {one}" for one in _warnings(done.stderr, name))
                raise budget_error(answer, "\n".join((message, *hints)))
            raise InputError(message)
        problem = _read_json(root / "problem.json", name)
        if answer is None or problem is None or not output.is_file():
            raise ToolchainError("remat-opt ended without an error but wrote no answer")
        rewritten = output.read_text(encoding="utf-8")
        rewritten = rewritten.replace(f'"{SOURCE}"', string_literal(name))
        return RematAnswer(rewritten, problem, answer, _warnings(done.stderr, name))


def _warnings(stderr: str, name: str) -> tuple[str, ...]:
    found = (d for d in parse_diagnostics(stderr) if d.severity == "warning")
    return tuple(d.message.replace(SOURCE, name) for d in found)


def _read_json(path: Path, name: str) -> dict[str, Any] | None:
    """Reads a file of remat-opt's, in whose locations `name` takes the place of SOURCE."""
    if not path.is_file():
        return None
    text = path.read_text(encoding="utf-8")
    return json.loads(text.replace(SOURCE, json.dumps(name)[1:-1]))


def budget_error(plan: dict[str, Any], message: str) -> BudgetError:
    """Returns the exception for a plan.json that refuses its budget."""
    witness = plan["witness"]
    return BudgetError(
        message,
        budget=plan.get("budget"),
        floor=witness["floor"],
        smallest=plan["smallest_peak"],
        scope=plan["scope"],
        op=witness.get("op_name", ""),
        location=witness.get("location", ""),
        largest=tuple(
            LiveValue(v["name"], v["bytes"], v.get("location", "")) for v in witness["largest"]
        ),
    )


def tool_version(name: str) -> str:
    """Returns the version line that the tool `name` prints of itself."""
    done = run_tool(name, ["--version"])
    if done.returncode != 0:
        raise ToolchainError(error_text(name, done.stderr))
    lines = [line.strip() for line in done.stdout.splitlines() if line.strip()]
    named = [line for line in lines if "remat" in line.lower()]
    return (named or lines or [""])[0]
