# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The devices that a module can be measured for, here or not."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path

from remat.errors import InputError, RematError

_HERE = Path(__file__).resolve().parent
_CHECKOUT = _HERE.parents[2]

#: Without a device, autotuning cannot measure and Triton kernels cannot be chosen.
_GPU_FLAGS = ("--xla_gpu_autotune_level=0", "--xla_gpu_enable_triton_gemm=false")


class MissingExtra(RematError):
    """No Python at hand has the plugin that compiles for the target."""


@dataclass(frozen=True)
class Target:
    """A device to compile for.

    Attributes:
        name: as users spell it.
        title: for people, with its article.
        platform: "cuda" or "tpu" to compile without the device; "" for JAX's default
            backend in this process's environment.
        encoding: what `remat-encode` makes barriers for ("xla-gpu", "xla-tpu", "xla-cpu").
        cost: the cost table of remat-opt that stands for the device.
        source: where the figures below come from, with date.
        memory: bytes that a program may use on it; None if not known.
        bandwidth: bytes per second, to and from that memory.
        flops32, flops16: operations per second that products of matrices reach, of floats of
            32 bits as JAX multiplies them, and of 16.
        topologies: (devices, how the plugin calls that many), ascending.
        description: file with XLA's description of the device, "" if the plugin knows it.
        flags: what XLA_FLAGS holds.
        costed: whether XLA estimates times for it where it is asked to.
    """

    name: str
    title: str
    platform: str
    encoding: str
    cost: str
    source: str
    memory: int | None
    bandwidth: int
    flops32: int
    flops16: int
    topologies: tuple[tuple[int, str], ...] = ()
    description: str = ""
    flags: tuple[str, ...] = ()
    costed: bool = True

    def topology(self, devices: int) -> str:
        """Returns the name of the smallest topology of at least `devices` devices."""
        for count, name in self.topologies:
            if count >= devices:
                return name
        raise InputError(
            f"target {self.name} has at most {self.topologies[-1][0]} devices, not {devices}"
        )

    def described(self) -> str:
        """Returns XLA's description of the device, with `memory` as its memory size."""
        if not self.description:
            return ""
        # A comment is not part of it; protobuf text allows it, older parsers do not.
        lines = (_HERE / self.description).read_text(encoding="utf-8").splitlines()
        text = "\n".join(line for line in lines if not line.startswith("#"))
        return re.sub(r"device_memory_size: \d+", f"device_memory_size: {self.memory}", text)


# XLA estimates convolutions on no GPU. Its estimates of the large TF32 products of GPT-2 small on
# an H100 come to 220 TFLOP/s, 0.45 of the data sheet; what has no estimate is charged at that
# share, so that it is neither cheaper nor dearer than what has one.
_GPU_TOPOLOGIES = tuple((count, f"1x1x{count}") for count in (1, 2, 4, 8))

TARGETS = {
    target.name: target
    for target in (
        Target(
            name="h100",
            title="an H100",
            platform="cuda",
            encoding="xla-gpu",
            cost="h100",
            source="NVIDIA H100 Tensor Core GPU data sheet, SXM column, checked 2026-11-22 against "
            "third-party copies: 3.35 TB/s, dense TF32 494.5 and BF16 989.5 TFLOP/s, of which 0.45 "
            "(above). Memory: CUDA's total, as in openxla/xla, target_config/specs/"
            "h100_sxm.txtpb, read 2026-11-23",
            memory=84_942_979_072,
            bandwidth=3_350_000_000_000,
            flops32=220_000_000_000_000,
            flops16=440_000_000_000_000,
            topologies=_GPU_TOPOLOGIES,
            description="h100.txtpb",
            flags=_GPU_FLAGS,
        ),
        Target(
            name="a100",
            title="an A100",
            platform="cuda",
            encoding="xla-gpu",
            cost="a100",
            source="NVIDIA A100 Tensor Core GPU data sheet, 80 GB SXM column, checked 2026-11-22 "
            "against third-party copies: 2039 GB/s, dense TF32 156 and BF16 312 TFLOP/s, of which "
            "0.45 (above). Memory: CUDA's total, as in openxla/xla, target_config/specs/"
            "a100_sxm_80.txtpb, read 2026-11-23",
            memory=85_100_068_864,
            bandwidth=2_039_000_000_000,
            flops32=70_000_000_000_000,
            flops16=140_000_000_000_000,
            topologies=_GPU_TOPOLOGIES,
            description="a100.txtpb",
            flags=_GPU_FLAGS,
            # XLA's tables of measured times have no entry for compute capability 8.0.
            costed=False,
        ),
        Target(
            name="tpu-v5p",
            title="a TPU v5p",
            platform="tpu",
            encoding="xla-tpu",
            cost="tpu-v5p",
            source="Google Cloud documentation, page TPU v5p, read 2026-11-23, per chip: 95 GiB, "
            "2765 GB/s, 459 TFLOP/s BF16",
            memory=95 * 2**30,
            bandwidth=2_765_000_000_000,
            flops32=459_000_000_000_000,
            flops16=459_000_000_000_000,
            topologies=(
                (4, "v5p:2x2x1"),
                (8, "v5p:2x2x2"),
                (16, "v5p:2x2x4"),
                (32, "v5p:2x4x4"),
                (64, "v5p:4x4x4"),
            ),
        ),
        Target(
            name="tpu-v5e",
            title="a TPU v5e",
            platform="tpu",
            encoding="xla-tpu",
            # Of 197 TFLOP/s and 819 GB/s: as many flops per byte as the v5p within a half,
            # and a plan depends on nothing else of the table.
            cost="tpu-v5p",
            source="Google Cloud documentation, page TPU v5e, read 2026-11-23, per chip: 16 GB of "
            "HBM, which are GiB, 819 GB/s, 197 TFLOP/s BF16",
            memory=16 * 2**30,
            bandwidth=819_000_000_000,
            flops32=197_000_000_000_000,
            flops16=197_000_000_000_000,
            topologies=((4, "v5e:2x2"), (8, "v5e:2x4"), (16, "v5e:4x4"), (64, "v5e:8x8")),
        ),
    )
}

LOCAL = "local"
NAMES = (*TARGETS, LOCAL)

#: By JAX's name of the backend: the target that it is like.
_LIKE = {"gpu": TARGETS["h100"], "tpu": TARGETS["tpu-v5p"]}


def get(name: str) -> Target:
    """Returns the target called `name`; "local" asks JAX for its default backend.

    Errors: InputError if there is none of that name.
    """
    if name == LOCAL:
        return _local()
    if name not in TARGETS:
        raise InputError(f"unknown target '{name}'; there are {', '.join(NAMES)}")
    return TARGETS[name]


def _local() -> Target:
    import jax

    device = jax.local_devices()[0]
    title = f"this machine's {device.platform.upper()}"
    if device.platform == "cpu":
        return Target(
            name=LOCAL,
            title=title,
            platform="",
            encoding="xla-cpu",
            cost="host",
            source='the cost table "host"',
            memory=None,
            bandwidth=204_800_000_000,
            flops32=5_017_600_000_000,
            flops16=5_017_600_000_000,
        )
    like = _LIKE.get(device.platform, TARGETS["h100"])
    return replace(
        like,
        name=LOCAL,
        title=title,
        platform="",
        memory=(device.memory_stats() or {}).get("bytes_limit"),
        topologies=(),
        description="",
        flags=(),
    )


def local_environment() -> dict[str, str]:
    """Returns the variables that decide what "local" is and how XLA compiles for it."""
    import jax

    found = {"XLA_FLAGS": os.environ.get("XLA_FLAGS", "")}
    if jax.config.jax_platforms:
        found["JAX_PLATFORMS"] = jax.config.jax_platforms
    return found


@dataclass(frozen=True)
class _Extra:
    """Where a platform's plugin comes from."""

    name: str
    variable: str
    distributions: tuple[str, ...]


_EXTRAS = {
    "cuda": _Extra("xla-gpu", "REMAT_XLA_GPU_PYTHON", ("jax-cuda13-plugin", "jax-cuda12-plugin")),
    "tpu": _Extra("xla-tpu", "REMAT_XLA_TPU_PYTHON", ("libtpu",)),
}


def python_for(target: Target) -> Path:
    """Returns the Python that has the plugin for `target`.

    That is what $REMAT_XLA_GPU_PYTHON ($REMAT_XLA_TPU_PYTHON) names, else this process's
    if it has the plugin, else that of .venv-xla-gpu (.venv-xla-tpu) in the checkout.
    Errors: MissingExtra.
    """
    if not target.platform:
        return Path(sys.executable)
    extra = _EXTRAS[target.platform]
    chosen = os.environ.get(extra.variable)
    if not chosen and any(_installed(name) for name in extra.distributions):
        return Path(sys.executable)
    python = Path(chosen) if chosen else _CHECKOUT / f".venv-{extra.name}" / "bin" / "python"
    if python.is_file():
        return python
    raise missing(target, f"{python} does not exist")


def missing(target: Target, why: str) -> MissingExtra:
    """Returns the refusal to compile for `target`, which is not here, with what to do."""
    extra = _EXTRAS[target.platform]
    return MissingExtra(
        f"XLA's memory on {target.title} is not measured: {why}; install the extra {extra.name} "
        f"with tools/quickstart --with-{extra.name}, or set {extra.variable} to a Python that has "
        "it"
    )


def _installed(distribution: str) -> bool:
    try:
        metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return False
    return True
