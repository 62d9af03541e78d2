# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""`remat bench pipeline`: every phase on whole programs, with time, memory and a round trip."""

from __future__ import annotations

import argparse
import dataclasses
import json
import re
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from remat import convert, progress, toolchain, zoo
from remat.bench import measured, records
from remat.commands import add_command, expect_new
from remat.convert import Format
from remat.errors import InputError, RematError

BUDGET, SCOPE = "70%", "temporaries"
#: Analysis and the three rewrites of one program, with their proofs, stay below these.
LIMIT_S, LIMIT_BYTES = 5.0, 10**9
#: The passes, in order, by the name that the timing report gives them.
PASSES = {"inline": "InlinePass", "plan": "PlanPass", "apply": "ApplyPass",
          "encode": "EncodePass", "verify": "VerifyPass"}  # fmt: skip
SUFFIXES = (".mlir", ".mlir.xz")


@dataclasses.dataclass(frozen=True)
class PipelineRow:
    """One program. Times in seconds of wall time, sizes in bytes, peaks in scope `SCOPE`.

    Attributes:
        outcome: "planned", "refused" (the budget cannot be met) or "failed".
        message: of a failure; of a refusal, the planner's.
        analysis_s: of the plan pass when there is nothing to plan; part of `plan_s`.
        verify_s: of the proof that the final program computes what the input computes. The other
            rewrites prove their own work as well, within their times.
        memory: peak resident set of remat-opt.
        round_trip: jaxlib parses the result and writes it unchanged; None for programs that are
            not StableHLO alone, which are not encoded for XLA either.
    """

    name: str
    outcome: str
    message: str = ""
    ops: int = 0
    plain_peak: int = 0
    peak: int = 0
    smallest_peak: int = 0
    overhead: float = 0.0
    parse_s: float = 0.0
    inline_s: float = 0.0
    analysis_s: float = 0.0
    plan_s: float = 0.0
    apply_s: float = 0.0
    encode_s: float = 0.0
    verify_s: float = 0.0
    print_s: float = 0.0
    memory: int = 0
    round_trip: bool | None = None

    @property
    def rewrite_s(self) -> float:
        """Time of the analysis and the rewrites, without strategy and final proof."""
        return self.inline_s + self.analysis_s + self.apply_s + self.encode_s

    def broken(self) -> list[str]:
        """Returns what is wrong with this row, each as a message."""
        if self.outcome == "failed":
            return [f"{self.name}: {self.message}"]
        found = []
        if self.rewrite_s > LIMIT_S:
            found.append(
                f"{self.name}: analysis and rewrites took {self.rewrite_s:.1f} s; "
                f"allowed are {LIMIT_S:.0f} s"
            )
        if self.memory > LIMIT_BYTES:
            found.append(
                f"{self.name}: remat-opt used {self.memory / 1e6:.0f} MB; allowed are "
                f"{LIMIT_BYTES / 1e6:.0f} MB"
            )
        if self.round_trip is False:
            found.append(f"{self.name}: jaxlib writes the result differently")
        return found


def register(commands: argparse._SubParsersAction) -> None:
    """Adds `bench pipeline` to the subparsers of `remat bench`."""
    text = (
        f"Plans programs at {BUDGET} of their {SCOPE}, rewrites, encodes and proves them, and "
        "says what each phase took."
    )
    parser = add_command(commands, "pipeline", text)
    parser.add_argument(
        "inputs",
        nargs="+",
        metavar="INPUT",
        help="a module in any spelling, a folder of .mlir and .mlir.xz files, or "
        "a model of the zoo",
    )
    records.add_options(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Runs `remat bench pipeline` and returns its exit code: 1 if a program fails."""
    expect_new(arguments, "json", "csv")
    console = Console(width=None if Console().is_terminal else 200)
    sources = _sources(arguments.inputs)
    rows = []
    for source in sources:
        with progress.step(f"{len(rows) + 1} of {len(sources)}: {source}"):
            rows.append(measure(source))
    console.print(_table(rows))
    console.print(_summary(rows), highlight=False, soft_wrap=True)
    records.write(arguments, [dataclasses.asdict(row) for row in rows])
    records.expect_none(records.broken_of(rows))
    return 0


def _sources(inputs: list[str]) -> list[str]:
    """Returns files and names of models; a folder stands for its modules, by name."""
    sources = []
    for text in inputs:
        path = Path(text)
        if path.is_dir():
            found = sorted(str(file) for file in path.iterdir() if file.name.endswith(SUFFIXES))
            if not found:
                raise InputError(f"{text}: the folder holds no .mlir and no .mlir.xz file")
            sources += found
        elif path.is_file() or text in (model.name for model in zoo.models()):
            sources.append(text)
        else:
            raise InputError(
                f"{text}: neither a file, nor a folder, nor a model that 'remat zoo list' names"
            )
    return sources


def measure(source: str) -> PipelineRow:
    """Runs every phase on a file or a model. What goes wrong is in the row."""
    path = Path(source)
    name = path.name if path.is_file() else source
    try:
        if path.is_file():
            module = convert.read_module(path)
        else:
            from remat.zoo.export import export_module

            module = export_module(zoo.get(source))
        with tempfile.TemporaryDirectory(prefix="remat-") as folder:
            return _measure_text(name, module.text, Path(folder))
    except RematError as error:
        return PipelineRow(name, "failed", str(error))


def _measure_text(name: str, text: str, folder: Path) -> PipelineRow:
    plan_file = folder / "plan.json"
    (folder / toolchain.SOURCE).write_text(text, encoding="utf-8")
    # XLA targets encode programs of these dialects only.
    for_xla = {"stablehlo"} <= _dialects(text) <= {"stablehlo", "chlo", "func", "builtin"}
    analysis = _run(folder, ["--remat-inline", "--remat-plan=strategy=none"])
    planning = f"budget={BUDGET} budget-scope={SCOPE} strategy=kusumoto family=approx"
    full = _run(
        folder,
        [
            "--remat-inline",
            f"--remat-plan={planning} plan-output={plan_file.name}",
            "--remat-apply",
            f"--remat-encode=target={'xla-gpu' if for_xla else 'none'}",
            f"--remat-verify=reference={toolchain.SOURCE}",
        ],
    )
    memory = max(analysis.memory, full.memory)
    plan = json.loads(plan_file.read_text(encoding="utf-8")) if plan_file.is_file() else None
    if full.code != 0 and (plan is None or not plan.get("witness")):
        message = toolchain.error_text("remat-opt", full.errors)
        message = message.replace(toolchain.SOURCE, name)
        return PipelineRow(name, "failed", message, memory=memory)
    row = PipelineRow(
        name=name,
        outcome="planned" if full.code == 0 else "refused",
        message=plan["stop_reason"],
        plain_peak=plan["plain_peak"],
        smallest_peak=plan["smallest_peak"],
        analysis_s=_phases(analysis.errors).get("plan", 0.0),
        memory=memory,
        **{f"{phase}_s": seconds for phase, seconds in _phases(full.errors).items()},
    )
    if full.code != 0:
        return row
    text = (folder / _RESULT).read_text(encoding="utf-8")
    return dataclasses.replace(
        row,
        ops=len(set(plan["schedule"])),
        peak=plan["peak"],
        overhead=plan["overhead"],
        round_trip=_survives_jaxlib(name, text) if for_xla else None,
    )


def _dialects(text: str) -> set[str]:
    """Returns the dialects of the ops in generic text."""
    return set(re.findall(r'"([a-z_]+)\.[\w.]+"\(', text))


def _survives_jaxlib(name: str, text: str) -> bool:
    """Returns whether a portable artifact of `text` holds the same program."""
    module = convert.Module(name, text, Format.GENERIC)
    again = convert.parse_module(convert.render(module, Format.PORTABLE), name)
    return convert.parse_module(convert.render(again, Format.PORTABLE), name).text == again.text


_RESULT = "out.mlir"


def _run(folder: Path, passes: list[str]) -> measured.Measured:
    """Runs `passes` on toolchain.SOURCE in `folder`; by bare names, as in `toolchain`."""
    return measured.run(
        [
            str(toolchain.find_tool("remat-opt").absolute()),
            toolchain.SOURCE,
            *passes,
            "--mlir-timing",
            "--mlir-output-format=json",
            "--mlir-print-op-generic",
            "--mlir-print-debuginfo",
            "-o",
            _RESULT,
        ],
        folder,
    )


def _phases(errors: str) -> dict[str, float]:
    """Returns seconds by phase from the timing report at the end of remat-opt's stderr."""
    start = errors.rfind("\n[\n") + 1 if not errors.startswith("[\n") else 0
    try:
        report = json.loads(errors[start:])
    except ValueError:
        return {}
    phases = {"Parser": "parse", "Output": "print", **{v: k for k, v in PASSES.items()}}
    return {
        phases[entry["name"]]: entry["wall"]["duration"]
        for entry in report
        if entry["name"] in phases
    }


def _table(rows: list[PipelineRow]) -> Table:
    out = Table(title=f"{BUDGET} of the plain peak, scope {SCOPE}; seconds", title_justify="left",
                box=None, pad_edge=False)  # fmt: skip
    phases = ("parse", "inline", "analysis", "plan", "apply", "encode", "verify", "print")
    for column in ("program", "ops", *phases, "MB", "peak", "overhead", "outcome"):
        left = column in ("program", "outcome")
        out.add_column(column, justify="left" if left else "right", no_wrap=column == "program")
    for row in rows:
        outcome = {
            "planned": "planned",
            "refused": f"refused; smallest peak {row.smallest_peak / 1e6:,.1f} MB",
            "failed": "FAILED",
        }[row.outcome]
        planned = row.outcome == "planned"
        peak = f"{row.plain_peak / 1e6:,.1f} -> {row.peak / 1e6:,.1f} MB" if planned else ""
        out.add_row(
            row.name, str(row.ops) if planned else "",
            *(f"{getattr(row, f'{phase}_s'):.2f}" for phase in phases),
            f"{row.memory / 1e6:.0f}", peak, f"{row.overhead:.1%}" if planned else "", outcome,
        )  # fmt: skip
    return out


def _summary(rows: list[PipelineRow]) -> str:
    counts: dict[str, Any] = {
        outcome: sum(row.outcome == outcome for row in rows)
        for outcome in ("planned", "refused", "failed")
    }
    slowest = max(rows, key=lambda row: row.rewrite_s)
    largest = max(rows, key=lambda row: row.memory)
    trips = records.counted(sum(row.round_trip is True for row in rows), "round trip")
    return (
        f"{records.counted(len(rows), 'program')}: {counts['planned']} planned, "
        f"{counts['refused']} refused, {counts['failed']} failed; {trips} through jaxlib; "
        f"analysis and rewrites at most {slowest.rewrite_s:.2f} s ({slowest.name}), "
        f"memory at most {largest.memory / 1e6:.0f} MB ({largest.name})"
    )
