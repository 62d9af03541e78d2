# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The report as data: a JSON document from a problem and a plan (docs/concepts/report.md)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from remat.errors import InputError, ToolchainError
from remat.plan import Plan
from remat.report.kinds import kinds_of
from remat.report.timeline import Instance, Timeline

#: The version of the document; readers refuse any other.
SCHEMA_VERSION = 1
#: What `kind` says at the top of a report.
DOCUMENT_KIND = "remat-report"
#: Points of a memory curve.
SAMPLES = 480
#: Instances of a memory curve; of larger programs the largest.
INSTANCES = 20_000


def document_of(
    problem: dict[str, Any],
    plan: dict[str, Any] | None = None,
    *,
    name: str | None = None,
    argument_names: Sequence[str] | None = None,
    scope: str | None = None,
    budget: int | None = None,
) -> dict[str, Any]:
    """Returns the report of a problem.json and, if there is one, of a plan.json.

    `name` is what the report is called (default: the problem's name); `argument_names` has
    one name per argument, as the user knows them. With a `scope` other than the plan's, peaks
    are counted in that, and so is `budget`. Cost: linear in the schedule.

    Errors: ToolchainError if the plan promises another peak or cost than its schedule has.
    """
    labels = [value.get("name") or f"value {i}" for i, value in enumerate(problem["values"])]
    if argument_names is not None and len(argument_names) == len(problem["arguments"]):
        for value, label in zip(problem["arguments"], argument_names):
            labels[value] = label
    base, new = _timelines(problem, plan)
    if plan is not None:
        _check(problem, plan, base, new)
    if scope not in (None, problem.get("scope", "total")):
        problem = rescoped(problem, scope)
        base, new = _timelines(problem, plan)
    rows = _Rows(problem, labels)
    counted = None if plan is None else Plan(problem, plan)
    planned = None
    if counted is not None:
        planned = _planned(rows, plan, new, counted)
        if scope not in (None, plan["scope"]):
            planned |= {"budget": None, "smallest_peak": None}
        if budget is not None:
            planned["budget"] = budget
    return {
        "schema_version": SCHEMA_VERSION,
        "kind": DOCUMENT_KIND,
        "name": name or problem.get("name") or "step",
        "scope": problem.get("scope", "total"),
        "memory_model": problem.get("memory_model", "program"),
        "cost_table": problem.get("cost_table", ""),
        "cost_unit": problem["cost_unit"],
        "plain": {
            "peak": base.peak,
            "cost": base.starts[-1],
            "timeline": _timeline(rows, base),
        },
        "planned": planned,
        "floor": None,
        "values": rows.values(counted),
        "curve": None,
        "measured": None,
        "rivals": [],
    }


def rescoped(problem: dict[str, Any], scope: str | None) -> dict[str, Any]:
    """Returns the problem, counted in another scope if there is one."""
    return problem if scope is None else problem | {"scope": scope}


class _Rows:
    """What the document says of a value, wherever it says it."""

    def __init__(self, problem: dict[str, Any], labels: list[str]) -> None:
        self._problem = problem
        self._labels = labels
        self._kinds = kinds_of(problem)
        self._maker = {value: op for op in problem["ops"] for value in op["results"]}

    def row(self, value: int) -> dict[str, Any]:
        """Returns what is said of a value, by its position in the problem, wherever it is."""
        op = self._maker.get(value, {})
        return {
            "value": self._labels[value],
            "bytes": self._problem["values"][value]["bytes"],
            "kind": self._kinds[value],
            "op": op.get("name", "argument"),
            "scope": op.get("scope", ""),
            "location": op.get("location", ""),
        }

    def live(self, one: Instance) -> dict[str, Any]:
        """Returns the row of an instance at the peak: its value's, with its own kind and bytes."""
        return self.row(one.value) | {"kind": one.kind, "bytes": one.bytes}

    def values(self, plan: Plan | None) -> list[dict[str, Any]]:
        """Returns a row per value, by position in the problem; `cost` is of one execution."""
        read = {
            value
            for op in self._problem["ops"]
            if op["phase"] != "forward"
            for value in op["inputs"]
        }
        found = []
        for value in range(len(self._labels)):
            op = self._maker.get(value)
            runs = 1 if plan is None or op is None else plan.executions[op["id"]]
            found.append(
                self.row(value)
                | {
                    "cost": op["cost"] if op else 0,
                    "executions": runs,
                    "choice": op is not None and op["phase"] == "forward" and value in read,
                }
            )
        return found


def _timelines(
    problem: dict[str, Any], plan: dict[str, Any] | None
) -> tuple[Timeline, Timeline | None]:
    """Returns the step's timeline as it is and, if there is a plan, as planned."""
    base = Timeline(problem, [op["id"] for op in problem["ops"]])
    return base, None if plan is None else Timeline(problem, plan["schedule"])


def _check(problem: dict[str, Any], plan: dict[str, Any], base: Timeline, new: Timeline) -> None:
    for what, promised, found in (
        ("plain peak", plan["plain_peak"], base.peak),
        ("peak", plan["peak"], new.peak),
        ("cost", plan["cost"], new.starts[-1]),
    ):
        if promised != found:
            raise ToolchainError(
                f"{problem.get('name') or 'the plan'}: its {what} is {promised}, but its "
                f"schedule has {found}; plan and problem are of different runs, or this is a "
                "defect of remat"
            )


def _planned(
    rows: _Rows, plan: dict[str, Any], timeline: Timeline, counted: Plan
) -> dict[str, Any]:
    return {
        "peak": timeline.peak,
        "cost": plan["cost"],
        "budget": plan.get("budget"),
        "bound": plan["bound"],
        "smallest_peak": plan["smallest_peak"],
        "status": plan["status"],
        "stop_reason": plan.get("stop_reason", ""),
        "strategy": plan["strategy"],
        "order": plan.get("order", "base"),
        "recomputations": counted.recomputations,
        "product_recomputations": counted.product_recomputations,
        "loop_recomputations": counted.loop_recomputations,
        "recomputed_ops": [
            {"op": op["name"], "scope": op.get("scope", ""), "location": op.get("location", ""),
             "executions": counted.executions[op["id"]], "cost": op["cost"]}
            for op in counted.problem["ops"]
            if counted.executions[op["id"]] > 1
        ],
        "timeline": _timeline(rows, timeline),
    }  # fmt: skip


def _timeline(rows: _Rows, timeline: Timeline) -> dict[str, Any]:
    kinds = timeline.by_kind
    steps = timeline.samples(SAMPLES)
    live = timeline.live_at(timeline.peak_step)
    largest = sorted(timeline.instances, key=lambda one: -one.bytes)[:INSTANCES]
    shown = sorted(largest, key=lambda one: (one.begin, one.value))
    return {
        "steps": len(timeline.schedule),
        "peak_step": timeline.peak_step,
        "peak_cost": timeline.starts[timeline.peak_step],
        "peak_op": {
            "op": timeline.peak_op.get("name", ""),
            "scope": timeline.peak_op.get("scope", ""),
            "location": timeline.peak_op.get("location", ""),
        },
        "phases": timeline.phases,
        "at_peak": [rows.live(one) for one in live],
        "samples": {
            "step": steps,
            "cost": [timeline.starts[step] for step in steps],
            "bytes": {kind: [held[step] for step in steps] for kind, held in kinds.items()},
        },
        "instances": {
            "value": [one.value for one in shown],
            "begin": [one.begin for one in shown],
            "end": [one.end for one in shown],
        },
    }


def dump(document: dict[str, Any]) -> str:
    """Returns a document as text: keys sorted, one line for each row of a table.

    The same document gives the same bytes.
    """
    return _dump(document, 0) + "\n"


def _dump(node: Any, depth: int) -> str:
    pad = " " * (depth + 1)
    if (
        isinstance(node, dict)
        and depth < 4
        and any(isinstance(v, dict | list) for v in node.values())
    ):
        lines = [f"{pad}{json.dumps(k)}: {_dump(v, depth + 1)}" for k, v in sorted(node.items())]
        return "{\n" + ",\n".join(lines) + "\n" + " " * depth + "}"
    if isinstance(node, list) and node and isinstance(node[0], dict):
        return "[\n" + ",\n".join(pad + _compact(one) for one in node) + "\n" + " " * depth + "]"
    return _compact(node)


def _compact(node: Any) -> str:
    return json.dumps(node, sort_keys=True, ensure_ascii=False, separators=(", ", ": "))


def read(path: Path) -> dict[str, Any]:
    """Reads a report's JSON. Errors: InputError naming the file and what is wrong with it."""
    document = read_json(path)
    if not isinstance(document, dict) or document.get("kind") != DOCUMENT_KIND:
        raise InputError(f"{path}: not a report; expected what remat report --json writes")
    check_version(document, path)
    return document


def check_version(document: dict[str, Any], path: Path) -> None:
    """Errors: InputError if the document is of another schema version."""
    found = document.get("schema_version")
    if found != SCHEMA_VERSION:
        raise InputError(
            f"{path}: schema_version {found!r} is not {SCHEMA_VERSION}; write it again with this "
            "version of remat"
        )


def read_json(path: Path) -> Any:
    """Reads a JSON file. Errors: InputError naming the file and, in it, the line."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not text: byte {error.start} is not UTF-8") from error
    except json.JSONDecodeError as error:
        raise InputError(f"{path}:{error.lineno}:{error.colno}: no JSON: {error.msg}") from error
