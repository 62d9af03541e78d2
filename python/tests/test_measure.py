# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Measuring with XLA: for the CPU of this process, and how a compiler is found and believed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import pytest
from remat import convert, toolchain
from remat.errors import InputError
from remat.xla import cache, compilers, targets
from remat.xla import measure as measuring
from remat.xla.compilers import CompileError
from remat.xla.measure import Measurement, measure
from remat.xla.targets import MissingExtra

HOURGLASS = """
module @step {
  func.func public @main(%x: tensor<128x128xf32> {tf.aliasing_output = 0 : i32},
                         %y: tensor<128x128xf32>) -> (tensor<128x128xf32>, tensor<f32>) {
    %a = stablehlo.dot_general %x, %y, contracting_dims = [1] x [0]
        : (tensor<128x128xf32>, tensor<128x128xf32>) -> tensor<128x128xf32>
    %b = stablehlo.tanh %a : tensor<128x128xf32>
    %c = stablehlo.dot_general %b, %y, contracting_dims = [1] x [0]
        : (tensor<128x128xf32>, tensor<128x128xf32>) -> tensor<128x128xf32>
    %zero = stablehlo.constant dense<0.0> : tensor<f32>
    %sum = stablehlo.reduce(%c init: %zero) applies stablehlo.add across dimensions = [0, 1]
        : (tensor<128x128xf32>, tensor<f32>) -> tensor<f32>
    return %c, %sum : tensor<128x128xf32>, tensor<f32>
  }
}
"""
SQUARE = 128 * 128 * 4


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("REMAT_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def fresh_compilers():
    compilers.close_all()
    yield
    compilers.close_all()


@pytest.mark.parametrize("full", [False, True])
def test_a_module_on_the_cpu(full):
    found = measure(HOURGLASS, "local", full=full)
    assert found.full == full
    assert (found.arguments, found.alias) == (2 * SQUARE, SQUARE)
    assert SQUARE + 4 <= found.outputs <= SQUARE + 100
    assert found.products == 2
    assert found.flops == 2 * 2 * 128**3
    assert found.time_us > 0 and found.xla_time_us is None
    assert found.total == found.arguments + found.outputs - found.alias + found.temp
    assert Measurement.from_json(json.loads(json.dumps(found.to_json()))) == found


def test_the_early_answer_is_the_full_one(exported):
    text = exported.mlir_module()
    early = measure(text, "local")
    full = measure(text, "local", full=True)
    assert full.full and not early.full
    for name in ("temp", "arguments", "outputs", "alias", "products", "flops", "assignment"):
        assert getattr(early, name) == getattr(full, name), name


def test_a_second_time_costs_no_compilation(monkeypatch):
    early, full = (measure(HOURGLASS, "local", full=one) for one in (False, True))
    monkeypatch.setattr(compilers.Compiler, "compile", None)
    assert measure(HOURGLASS, "local") == early
    assert measure(HOURGLASS, "local", full=True) == full
    with pytest.raises(TypeError):
        measure(HOURGLASS, "local", devices=2)


def test_other_code_derives_its_figures_anew(monkeypatch):
    first = measure(HOURGLASS, "local")
    monkeypatch.setattr(measuring, "derivation", lambda: "another timing.py")
    assert measure(HOURGLASS, "local") == first
    assert len(cache.entries()) == 2


def test_the_derivation_is_of_all_the_code_behind_a_measurement():
    """What decides a figure otherwise is in the key itself: the target, and how it is kept."""
    code = "import sys, remat.xla.measure; print(*(m for m in sys.modules if 'remat.xla.' in m))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    found = {name.removeprefix("remat.xla.") for name in done.stdout.split()}
    assert found | {"compile_child"} == {*measuring._DERIVED_BY, "cache", "targets"}


@pytest.mark.parametrize("full", [False, True])
def test_early_and_full_answers_are_apart(full):
    """On TPUs they differ, and what is asked now must not depend on what was asked before."""
    measure(HOURGLASS, "local", full=full)
    [(path, _)] = cache.entries()
    name = path.name.removesuffix(".json.gz")
    cache.store(name, {**cache.load(name), "temp": 7})
    assert measure(HOURGLASS, "local", full=not full).temp != 7
    assert measure(HOURGLASS, "local", full=full).temp == 7


def test_a_module_that_xla_refuses_is_named():
    with pytest.raises(CompileError) as caught:
        measure("module { func.func }", "local", name="net.mlir")
    text = str(caught.value)
    assert text.startswith("XLA did not compile net.mlir for this machine's CPU: Unable to parse")
    assert "expected" in text, "the parser's own message"
    assert "\n" not in text and not text.endswith(".")
    assert measure(HOURGLASS, "local").products == 2, "the next module is compiled as ever"


@pytest.fixture
def fake_python(tmp_path, monkeypatch, fresh_compilers):
    """A program in place of the other environment's Python."""

    def put(body, variable="REMAT_XLA_GPU_PYTHON"):
        path = tmp_path / f"python{len(list(tmp_path.iterdir()))}"
        path.write_text(
            f"#!{sys.executable}\nimport sys, os, json, signal\n"
            f"if sys.argv[1] == '-I': print('versions'); sys.exit(0)\n{body}\n"
        )
        path.chmod(0o755)
        monkeypatch.setenv(variable, str(path))

    return put


def test_a_compiler_that_dies_is_named(fake_python):
    fake_python(
        "print('{\"ready\": true}', flush=True); sys.stdin.readline()\n"
        "print('noise\\nF0101 out of range', file=sys.stderr, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    with pytest.raises(CompileError) as caught:
        measure(HOURGLASS, "h100", name="net")
    assert str(caught.value) == (
        "XLA's process died (signal 9) compiling net for an H100; the system may have run out of "
        "memory: F0101 out of range"
    )


def test_a_plugin_that_does_not_load_is_named(fake_python):
    fake_python("print(json.dumps({'error': 'no such plugin.\\nmore'}), flush=True)")
    with pytest.raises(MissingExtra) as caught:
        measure(HOURGLASS, "h100")
    text = str(caught.value)
    assert ": XLA does not compile for an H100 with " in text
    assert ": no such plugin; install the extra xla-gpu with tools/quickstart" in text


def test_another_python_after_a_failure_is_asked(fake_python):
    for said in ("one", "two"):
        fake_python(f"print(json.dumps({{'error': 'no plugin {said}'}}), flush=True)")
        with pytest.raises(MissingExtra, match=f": no plugin {said}; install the extra"):
            measure(HOURGLASS, "h100")


@pytest.mark.parametrize(
    "text, why", [("", "Permission denied"), ("#!/bin/sh\nexit 3\n", "exit code 3")]
)
def test_what_is_no_python_is_a_missing_extra(tmp_path, monkeypatch, text, why):
    path = tmp_path / "python"
    path.write_text(text)
    path.chmod(0o755 if text else 0o644)
    monkeypatch.setenv("REMAT_XLA_GPU_PYTHON", str(path))
    with pytest.raises(MissingExtra, match=f"python does not run: {why}; install the extra xla-"):
        measure(HOURGLASS, "h100")


def ended(pid):
    """Whether the process is gone, within ten seconds."""
    for _ in range(200):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


#: Starts as a compiler does, says who it is, and takes its time.
SLOW = (
    "folder = json.loads(sys.argv[2])['folder']\n"
    "import importlib.util, time\n"
    "spec = importlib.util.spec_from_file_location('child', sys.argv[1])\n"
    "child = importlib.util.module_from_spec(spec); spec.loader.exec_module(child)\n"
    "child.CONFIGURATION = json.loads(sys.argv[2])\n"
    "child.make_compile = lambda: lambda module: None\n"
    "def answer(path, compile):\n"
    "    open({note!r}, 'w').write(f'{{os.getpid()}} {{folder}}'); time.sleep(600)\n"
    "child.answer = answer\n"
    "child.main()"
)


@pytest.fixture
def slow_python(fake_python, tmp_path):
    """A compiler that never answers; returns a function to wait for its pid and folder."""
    note = tmp_path / "note"
    fake_python(SLOW.format(note=str(note)))

    def started():
        for _ in range(400):
            if note.exists() and note.read_text():
                pid, folder = note.read_text().split()
                return int(pid), Path(folder)
            time.sleep(0.05)
        raise AssertionError("no compiler started")

    return started


def test_ctrl_c_ends_the_compiler_and_leaves_nothing(slow_python, monkeypatch):
    seen = []

    def interrupt(*arguments):
        seen.append(slow_python())
        raise KeyboardInterrupt

    monkeypatch.setattr(compilers, "_is_assigned", interrupt)
    with pytest.raises(KeyboardInterrupt):
        measure(HOURGLASS, "h100")
    [(pid, folder)] = seen
    assert ended(pid) and not folder.exists()
    assert cache.entries() == []


def test_a_compiler_ends_with_a_process_that_was_killed(slow_python):
    code = f"from remat.xla.measure import measure\nmeasure({HOURGLASS!r}, 'h100')"
    parent = subprocess.Popen([sys.executable, "-c", code])
    pid, folder = slow_python()
    assert folder.is_dir()
    parent.kill()
    parent.wait()
    assert ended(pid) and not folder.exists()


def test_a_compiler_is_asked_again_and_leaves_nothing(fresh_compilers, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    measure(HOURGLASS, "local", full=True)
    [compiler] = compilers._compilers.values()
    pid = compiler._process.pid
    measure(HOURGLASS.replace("tanh", "cosine"), "local", full=True)
    assert compiler._process.pid == pid
    assert list(tmp_path.glob("remat-xla-*"))
    compilers.close_all()
    assert ended(pid) and not list(tmp_path.glob("remat-xla-*"))


def test_a_forked_process_has_compilers_of_its_own(fresh_compilers):
    compiler = compilers.compiler_for(targets.get("local"), 1)
    compiler.start()
    child = os.fork()
    if child == 0:
        os._exit(len(compilers._compilers) + compilers._compilers_lock.locked())
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert compiler._process.poll() is None


def test_few_compilers_wait_at_once(fresh_compilers):
    targets_ = [replace(targets.get("local"), memory=size) for size in range(5)]
    first = compilers.compiler_for(targets_[0], 1)
    first.start()
    pid = first._process.pid
    others = [compilers.compiler_for(one, 1) for one in targets_[1:3]]
    assert compilers.compiler_for(targets_[0], 1) is first, "now the one asked last"
    last = compilers.compiler_for(targets_[3], 1)
    assert list(compilers._compilers.values()) == [others[1], first, last]
    assert first._process.pid == pid
    with others[1]._lock:
        compilers.compiler_for(targets_[4], 1)
        assert others[1] in compilers._compilers.values(), "it is at work"
    compilers.compiler_for(targets_[3], 1)
    compilers.compiler_for(targets_[1], 1)
    assert len(compilers._compilers) == 3
    assert ended(pid)


@pytest.mark.parametrize(
    "target, device, kind",
    [("h100", "an H100", "gpu"), ("a100", "an A100", "gpu"), ("tpu-v5p", "a TPU v5p", "tpu")],
)
def test_missing_extra_is_one_clear_line(tmp_path, monkeypatch, target, device, kind):
    variable = f"REMAT_XLA_{kind.upper()}_PYTHON"
    monkeypatch.setenv(variable, str(tmp_path / "none"))
    with pytest.raises(MissingExtra) as caught:
        measure("module {}", target)
    text = str(caught.value)
    assert "\n" not in text
    assert text.startswith(f"XLA's memory on {device} is not measured: {tmp_path / 'none'} ")
    assert f"tools/quickstart --with-xla-{kind}" in text and variable in text


def test_unknown_targets_and_counts_are_refused():
    with pytest.raises(InputError, match="unknown target 'h1000'; there are h100, a100, tpu-v5p"):
        measure("module {}", "h1000")
    with pytest.raises(InputError, match="devices is 0"):
        measure("module {}", "local", devices=0)
    with pytest.raises(InputError, match="target h100 has at most 8 devices, not 9"):
        targets.get("h100").topology(9)


def test_descriptions_are_complete():
    for target in targets.TARGETS.values():
        text = target.described()
        assert not target.description or f"device_memory_size: {target.memory}\n" in text
        assert "#" not in text


def test_a_copy_of_what_an_update_overwrites():
    """XLA copies an argument that is read after its update, and the planner counts the copy."""
    matrix = "tensor<128x128xf32>"
    square = f"contracting_dims = [1] x [0] : ({matrix}, {matrix}) -> {matrix}"
    text = f"""
module {{
  func.func public @main(%w: {matrix} {{tf.aliasing_output = 1 : i32}}, %x: {matrix})
      -> (tensor<f32>, {matrix}, {matrix}) {{
    %a = stablehlo.dot_general %x, %w, {square}
    %zero = stablehlo.constant dense<0.0> : tensor<f32>
    %l = stablehlo.reduce(%a init: %zero) applies stablehlo.add across dimensions = [0, 1]
        : ({matrix}, tensor<f32>) -> tensor<f32>
    %gw = stablehlo.dot_general %a, %x, {square}
    %n = stablehlo.subtract %w, %gw : {matrix}
    %s = stablehlo.dot_general %n, %n, {square}
    %z = stablehlo.dot_general %w, %s, {square}
    return %l, %n, %z : tensor<f32>, {matrix}, {matrix}
  }}
}}"""
    module = convert.parse_module(text.encode(), "late.mlir").text
    options = toolchain.RematOptions(strategy="none", memory_model="xla")
    peak = toolchain.plan(module, options, "late.mlir").plan["peak"]
    assert peak == 5 * 128 * 128 * 4 + 4  # x, w and its copy, s, z; and the loss
    # XLA's table of results, of three addresses, is an output too.
    assert measure(module, "local").total == peak + 3 * 8
