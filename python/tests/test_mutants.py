# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A thousand wrong rewrites: whatever a numeric oracle finds unequal, remat-verify rejects.

The oracle (`interpreter`) runs reference and mutant on random inputs and compares bits.
Mutants it finds equal are counted, not judged: swapping the operands of an addition
changes no bit, but is no op-for-op equality either.
"""

from __future__ import annotations

import bisect
import re
from dataclasses import dataclass
from pathlib import Path

import interpreter
import jax
import mutation
import pytest
import tiny_steps
from remat import convert, toolchain
from remat.toolchain import RematOptions

TARGETS = ("none", "xla-gpu", "xla-cpu")
PER_PROGRAM = 130
_SEPARATOR = "// -----\n"


@dataclass(frozen=True)
class Judged:
    """A mutant, what the oracle found, and whether remat-verify rejected it."""

    change: str
    equal: bool
    rejected: bool


def _reference(name: str) -> str:
    step, arguments = tiny_steps.ALL[name]()
    exported = jax.export.export(jax.jit(step))(*arguments)
    return mutation.plain_text(mutation.parse(convert.from_exported(exported).text))


def _bits(text: str, seed: int) -> list[bytes] | None:
    """Returns the results of a program on random inputs, or None if it cannot run."""
    module = mutation.parse(text)
    with module.context:
        try:
            inputs = interpreter.random_inputs(module, seed)
            return [result.tobytes() for result in interpreter.run(module, inputs)]
        except (interpreter.Unsupported, ValueError, IndexError, TypeError):
            return None


def _rejected(reference: str, programs: list[str], folder: Path) -> list[bool]:
    """Returns, for each program, whether remat-verify finds it different from `reference`.

    One call for all; an error belongs to the program whose lines it points into.
    """
    (folder / "reference.mlir").write_text(reference)
    batch = folder / "batch.mlir"
    starts, text = [], []
    line = 1
    for program in programs:
        starts.append(line)
        text += [program, _SEPARATOR]
        line += program.count("\n") + 1
    batch.write_text("".join(text))
    done = toolchain.run_tool(
        "remat-opt",
        [
            str(batch),
            "-split-input-file",
            "--mlir-print-op-on-diagnostic=false",
            f"--remat-verify=reference={folder / 'reference.mlir'}",
            "-o",
            "/dev/null",
        ],
    )
    rejected = [False] * len(programs)
    for match in re.finditer(rf"^{re.escape(str(batch))}:(\d+):\d+: error: ", done.stderr, re.M):
        rejected[bisect.bisect_right(starts, int(match[1])) - 1] = True
    assert any(rejected) == (done.returncode != 0), done.stderr[-2000:]
    return rejected


@pytest.fixture(scope="module")
def judged(tmp_path_factory) -> list[Judged]:
    """Mutants of each tiny step, rewritten for each target at the smallest budget."""
    found = []
    for number, (name, target) in enumerate(
        (name, target) for name in tiny_steps.ALL for target in TARGETS
    ):
        reference = _reference(name)
        answer = toolchain.rewrite(reference, RematOptions(budget="min", target=target))
        assert len(answer.plan["schedule"]) > len(set(answer.plan["schedule"])), "recomputes"
        rewritten = mutation.plain_text(mutation.parse(answer.text))
        wanted = _bits(reference, seed=number)
        assert wanted is not None and _bits(rewritten, seed=number) == wanted
        programs, equal, changes = [rewritten], [True], ["nothing"]
        for mutant in mutation.mutants(rewritten, seed=number):
            bits = _bits(mutant.text, seed=number)
            if bits is None:
                continue
            programs.append(mutant.text)
            equal.append(bits == wanted)
            changes.append(f"{name} for {target}, {mutant.change}")
            if len(programs) > PER_PROGRAM:
                break
        rejected = _rejected(reference, programs, tmp_path_factory.mktemp("mutants"))
        assert not rejected[0], "the rewrite itself is accepted"
        found += map(Judged, changes[1:], equal[1:], rejected[1:])
    return found


def test_every_unequal_mutant_is_rejected(judged):
    assert len(judged) >= 1000
    accepted = [mutant.change for mutant in judged if not mutant.equal and not mutant.rejected]
    assert not accepted, f"{len(accepted)} wrong rewrites accepted: {accepted[:5]}"


def test_both_kinds_of_mutants_occur(judged, record_property):
    unequal = sum(not mutant.equal for mutant in judged)
    equivalent = len(judged) - unequal
    accepted = sum(mutant.equal and not mutant.rejected for mutant in judged)
    record_property("unequal", unequal)
    record_property("equivalent", equivalent)
    record_property("equivalent_accepted", accepted)
    assert unequal >= 500
    assert equivalent >= 100
    assert accepted >= 50, "duplicated ops are the same function"


def test_every_kind_of_change_gives_a_wrong_rewrite(judged):
    wrong = {mutant.change.split(", ")[1].split(":")[0] for mutant in judged if not mutant.equal}
    assert wrong == set(mutation.KINDS) - {"duplicate"}
