# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Two reports side by side: what grew, by how much, and which values made it grow.

Values are matched by where they come from (argument name; scope and op; source line and op),
not by their numbers in the program, which every edit changes.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from remat.plan import format_bytes
from remat.report.words import cost_text, source

#: Keys of a report that have to agree for its figures to be comparable.
CONTEXT = ("scope", "memory_model", "cost_table", "cost_unit")


def digest(document: dict[str, Any]) -> dict[str, Any]:
    """Returns what comparisons need of a report: `figures`, `at_peak` by place, `recomputed`
    (runs beyond the first, by place) and the context."""
    plain, planned, measured = document["plain"], document["planned"], document["measured"]
    shown = planned or plain
    figures = {"peak": shown["peak"], "cost": shown["cost"]}
    if planned:
        figures |= {"plain peak": plain["peak"], "plain cost": plain["cost"]}
    found = (measured or {}).get("planned" if planned else "plain")
    if measured and found:
        figures[f"measured peak ({measured['target']})"] = found["peak"]
    held: Counter[str] = Counter()
    for row in shown["timeline"]["at_peak"]:
        held[place_of(row)] += row["bytes"]
    again: Counter[str] = Counter()
    for row in planned["recomputed_ops"] if planned else ():
        again[place_of(row)] += row["executions"] - 1
    return {
        **{key: document[key] for key in CONTEXT},
        "figures": figures,
        "at_peak": dict(held),
        "recomputed": dict(again),
    }


def place_of(row: dict[str, Any]) -> str:
    """Returns where a row comes from, in words that survive edits elsewhere."""
    if row["op"] == "argument":
        return f"argument {row['value']}"
    where = row["scope"] or source(row["location"])
    return f"{where} {row['op']}".strip()


@dataclass(frozen=True)
class Change:
    """A number that was `old` and is `new`; `name` says of what."""

    name: str
    old: int
    new: int

    @property
    def delta(self) -> int:
        return self.new - self.old

    def text(self, show: Any) -> str:
        """Returns "old -> new (+delta, +share)"."""
        if not self.delta:
            return f"{show(self.new)} (unchanged)"
        if not self.old or not self.new:
            return f"{show(self.new)} (new)" if not self.old else f"was {show(self.old)}"
        sign = "+" if self.delta > 0 else "-"
        share = f", {self.delta / self.old:+.2%}"
        return f"{show(self.old)} -> {show(self.new)} ({sign}{show(abs(self.delta))}{share})"


def changes(old: dict[str, int], new: dict[str, int]) -> list[Change]:
    """Returns a change per name that both or one of two tables have, in order of the names,
    those of the plain step last."""
    names = sorted({*old, *new}, key=lambda name: (name.startswith("plain "), name))
    return [Change(name, old.get(name, 0), new.get(name, 0)) for name in names]


def grown(old: dict[str, int], new: dict[str, int]) -> list[Change]:
    """Returns what is more in `new`, the most first, then by name."""
    found = [one for one in changes(old, new) if one.delta > 0]
    return sorted(found, key=lambda one: (-one.delta, one.name))


def shrunk(old: dict[str, int], new: dict[str, int]) -> list[Change]:
    """Returns what is less in `new`, the most first, then by name."""
    found = [one for one in changes(old, new) if one.delta < 0]
    return sorted(found, key=lambda one: (one.delta, one.name))


def show_figure(name: str, unit: str) -> Any:
    """Returns how to say the figure of that name: bytes, or a cost in `unit`."""
    if name.endswith("cost"):
        return lambda count: cost_text(count, unit)
    return format_bytes


@dataclass(frozen=True)
class Verdict:
    """What a gate says of one step.

    Attributes:
        regressed: figures above the baseline's by more than the tolerance.
        improved: figures below it.
        lines: the verdict for people, one line each.
    """

    regressed: tuple[Change, ...]
    improved: tuple[Change, ...]
    lines: tuple[str, ...]


def judge(
    name: str, old: dict[str, Any], new: dict[str, Any], tolerance: Fraction, rows: int = 8
) -> Verdict:
    """Compares the digest of a step with its baseline's.

    Peak, cost and measured peak may each be `tolerance` (a share) above the baseline's; the
    figures of the plain step are reported, not judged. Requires: the same context.
    """
    unit = new["cost_unit"]
    bad, good, lines = [], [], []
    for one in changes(old["figures"], new["figures"]):
        if one.name not in old["figures"] or one.name not in new["figures"]:
            gone = "is not in the baseline" if one.name in new["figures"] else "was not given"
            lines.append(f"{name}: {one.name} {gone}: not compared")
            continue
        show = show_figure(one.name, unit)
        judged = not one.name.startswith("plain ")
        if judged and one.new > one.old * (1 + tolerance):
            bad.append(one)
            share = f", {one.delta / one.old:.2%}" if one.old else ""
            lines.append(
                f"{name}: {one.name} {show(one.new)} is {show(one.delta)}{share} more than the "
                f"baseline's {show(one.old)}; tolerance {float(tolerance * 100):g}%"
            )
        elif judged and one.delta < 0:
            good.append(one)
            lines.append(f"{name}: {one.name} improved: {one.text(show)}")
        else:
            lines.append(f"{name}: {one.name} {one.text(show)}")
    if any("peak" in one.name for one in bad):
        more = grown(old["at_peak"], new["at_peak"])
        lines += [
            f"  grew at the peak: {one.name}: {one.text(format_bytes)}" for one in more[:rows]
        ]
        if len(more) > rows:
            rest = sum(one.delta for one in more[rows:])
            lines.append(f"  and {len(more) - rows} more places, {format_bytes(rest)} in all")
    if any(one.name == "cost" for one in bad):
        more = grown(old["recomputed"], new["recomputed"])
        lines += [
            f"  runs again more often: {one.name}: {one.old} -> {one.new} times"
            for one in more[:rows]
        ]
    return Verdict(tuple(bad), tuple(good), tuple(lines))


def is_planned(figures: dict[str, int]) -> bool:
    """Returns whether the figures of a digest are of a plan, and those of the plain step beside."""
    return "plain peak" in figures


def _with_plain(figures: dict[str, int]) -> dict[str, int]:
    return {"plain peak": figures["peak"], "plain cost": figures["cost"], **figures}


def difference(old: dict[str, Any], new: dict[str, Any], rows: int = 20) -> list[str]:
    """Returns what changed between two digests, in lines for people."""
    lines = [
        f"{key.replace('_', ' ')} differs: {old[key] or '-'}, {new[key] or '-'}; figures are not "
        "of the same thing"
        for key in CONTEXT
        if old[key] != new[key]
    ]
    before, after = old["figures"], new["figures"]
    if is_planned(before) != is_planned(after):
        which = "second" if is_planned(before) else "first"
        lines.append(f"the {which} has no plan: its peak and cost are those of the plain step")
        before, after = _with_plain(before), _with_plain(after)
    for one in changes(before, after):
        show = show_figure(one.name, new["cost_unit"])
        if one.name not in before:
            lines.append(f"{one.name}: {show(one.new)}, only in the second")
        elif one.name not in after:
            lines.append(f"{one.name}: {show(one.old)}, only in the first")
        else:
            lines.append(f"{one.name}: {one.text(show)}")
    had, has = old["at_peak"], new["at_peak"]
    for head, found in (
        ("appeared at the peak", [one for one in grown(had, has) if not one.old]),
        ("grew at the peak", [one for one in grown(had, has) if one.old]),
        ("vanished from the peak", [one for one in shrunk(had, has) if not one.new]),
        ("shrank at the peak", [one for one in shrunk(had, has) if one.new]),
    ):
        total = sum(abs(one.delta) for one in found)
        lines += _listed(head, total, [f"{c.name}: {c.text(format_bytes)}" for c in found], rows)
    ran, runs = old["recomputed"], new["recomputed"]
    for head, found in (
        ("runs again more often", grown(ran, runs)),
        ("runs again less often", shrunk(ran, runs)),
    ):
        said = [f"{one.name}: {one.old} -> {one.new} times" for one in found]
        lines += _listed(head, None, said, rows)
    return lines


def _listed(head: str, total: int | None, found: list[str], rows: int) -> list[str]:
    if not found:
        return []
    size = f", {format_bytes(total)}" if total is not None else ""
    lines = [f"{head}: {len(found)} place{'s' if len(found) != 1 else ''}{size}"]
    lines += [f"  {one}" for one in found[:rows]]
    return lines + ([f"  and {len(found) - rows} more"] if len(found) > rows else [])
