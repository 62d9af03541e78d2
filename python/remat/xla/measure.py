# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What XLA says of a module's memory and time on a device, which need not be there."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from remat import sharding
from remat.errors import InputError, ToolchainError
from remat.xla import cache, hlo, targets, timing
from remat.xla.assignment import Assignment, BufferAssignment
from remat.xla.compilers import Compiled, compiler_for
from remat.xla.targets import Target

_PRODUCT = re.compile(
    r"(?:\b(?:dot|convolution)\()|custom_call_target=\"__cu(?:blas|dnn)\$(?!norm|softmax)[^\"]*\""
)


@dataclass(frozen=True)
class Measurement:
    """XLA's buffer assignment for one module, in bytes, and what the module costs.

    Attributes:
        target: name of the target.
        devices: number of devices; all figures are per device.
        temp, arguments, outputs, alias: as XLA reports them; alias counts outputs that
            take over a donated argument.
        products: dots and convolutions in the optimised program.
        full: whether it was asked to compile to the end. If not, the sizes are those of the buffer
            assignment: the same on GPUs and CPUs; a TPU program takes some more (its
            scratch, known last).
        flops: of the products, loop bodies as often as they run.
        time_us: estimated time of a run, microseconds, loop bodies as often as they run: XLA's
            own estimates with a charge for what it has none for (`remat.xla.timing`), which on
            a TPU is every op. The same whether or not it was compiled to the end.
        xla_time_us: the sum of XLA's own estimates over the entry computation; on a TPU its
            optimal seconds, loop bodies as often as they run. None if it made none, as on a TPU
            before the end.
        assignment: memory over time and what is live at the peak.
    """

    target: str
    devices: int
    temp: int
    arguments: int
    outputs: int
    alias: int
    products: int
    full: bool
    flops: int
    time_us: float
    xla_time_us: float | None
    assignment: Assignment

    @property
    def total(self) -> int:
        """Arguments, outputs and temporaries, donated arguments once."""
        return self.arguments + self.outputs - self.alias + self.temp

    def to_json(self) -> dict[str, Any]:
        """Returns what `from_json` reads."""
        return {**asdict(self), "assignment": self.assignment.to_json()}

    @staticmethod
    def from_json(data: dict[str, Any]) -> Measurement:
        """Returns the measurement that `to_json` wrote."""
        return Measurement(**{**data, "assignment": Assignment.from_json(data["assignment"])})


def measure(
    module: str,
    target: str | Target,
    *,
    full: bool = False,
    devices: int | None = None,
    name: str = "the module",
) -> Measurement:
    """Compiles `module` (MLIR text) for `target` and returns what XLA says of it.

    Takes from a second to minutes, and no time if the same was measured before: answers are
    kept on disk (`remat.xla.cache`), early and full ones apart, so that an answer does not depend
    on what was asked before. Ctrl-C ends the compilation.

    Args:
        target: one of `remat.xla.targets.NAMES`, or a `Target`.
        full: compile to the end, not only until the memory is known.
        devices: how many the module is partitioned for (default: as it says).
        name: what errors call the module.

    Errors: MissingExtra if no Python has the target's plugin; InputError for an unknown
    target; CompileError with XLA's message if it does not compile; of these OutOfDeviceMemory
    if it does not fit, which XLA says for TPUs, and only if `full`.
    """
    chosen = targets.get(target) if isinstance(target, str) else target
    if devices is None:
        devices = sharding.partitions(module)
    if devices < 1:
        raise InputError(f"devices is {devices}; a module runs on at least 1")
    key = _key(module, chosen, devices, full)
    known = _load(key)
    if known:
        return known
    found = compiler_for(chosen, devices).compile(module, name, full)
    if not full:  # which XLA may have ended before it was stopped
        found = replace(found, statistics=None, costed=found.program)
    measured = _read(found, chosen, devices)
    cache.store(key, measured.to_json())
    return measured


def _load(key: str) -> Measurement | None:
    data = cache.load(key)
    try:
        return Measurement.from_json(data) if data else None
    except (KeyError, TypeError, ValueError):
        return None


def _read(found: Compiled, target: Target, devices: int) -> Measurement:
    dumped = BufferAssignment(found.assignment)
    program = hlo.parse(found.program)
    costed = program if found.costed is found.program else hlo.parse(found.costed)
    estimate = timing.estimate(costed, target)
    sizes = dumped.sizes()
    xla_us = estimate.xla_us
    if found.statistics:
        sizes = {key: found.statistics[key] for key in sizes}
    if target.platform == "tpu":
        xla_us = _optimal_us(found, estimate)
    return Measurement(
        target=target.name,
        devices=devices,
        products=len(_PRODUCT.findall(found.program)),
        full=found.statistics is not None,
        flops=estimate.flops,
        time_us=estimate.time_us,
        xla_time_us=xla_us,
        assignment=dumped.over_time(found.live_ranges, program),
        **sizes,
    )


def _optimal_us(found: Compiled, estimate: timing.Estimate) -> float | None:
    """Returns XLA's optimal time, loop bodies as often as they run; None before code is made."""
    seconds = found.statistics["optimal_seconds"] if found.statistics else None
    if not seconds:
        return None
    # XLA counts the body of a loop once.
    return seconds * 1e6 * (estimate.time_us / estimate.once_us if estimate.once_us else 1.0)


def _key(module: str, target: Target, devices: int, full: bool) -> str:
    about = {**asdict(target), "description": target.described(), "title": "", "source": ""}
    if not target.platform:
        about["environment"] = targets.local_environment()
    python = str(targets.python_for(target))
    about |= {"devices": devices, "full": full}
    try:
        versions = _versions(python)
    except ToolchainError as error:
        raise targets.missing(target, str(error)) if target.platform else error from None
    return cache.key(module, json.dumps(about, sort_keys=True), versions, derivation())


#: The modules that make the figures of a measurement out of what XLA says.
_DERIVED_BY = ("assignment", "compile_child", "compilers", "hlo", "measure", "timing")


@lru_cache
def derivation() -> str:
    """Returns a digest of the code that derives figures: another one derives them anew."""
    folder = Path(__file__).resolve().parent
    digest = sha256()
    for name in _DERIVED_BY:
        digest.update(sha256((folder / f"{name}.py").read_bytes()).digest())
    return digest.hexdigest()


#: Prints the versions of all that decides what XLA does.
_LIST_VERSIONS = """
import importlib.metadata as m, re
found = {(d.metadata["Name"] or "").lower(): d.version for d in m.distributions()}
print(sorted(f"{n}=={v}" for n, v in found.items() if re.match("jax|libtpu|nvidia|triton", n)))
"""


@lru_cache
def _versions(python: str) -> str:
    # Another Python is asked without what belongs to this one.
    apart = [] if python == sys.executable else ["-I"]
    try:
        done = subprocess.run(
            [python, *apart, "-c", _LIST_VERSIONS], capture_output=True, text=True, check=False
        )
    except OSError as error:
        raise ToolchainError(f"{python} does not run: {error.strerror}") from error
    if done.returncode != 0:
        tail = [line for line in done.stderr.splitlines() if line.strip()][-1:]
        raise ToolchainError(
            f"{python} does not run: {tail[0] if tail else f'exit code {done.returncode}'}"
        )
    return done.stdout
