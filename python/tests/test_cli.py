# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The `remat` command: formats in and out, exit codes, messages, no partial output."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import jax
import jax.numpy as jnp
import pytest
import remat
from remat import cli


@pytest.fixture
def export_file(exported, tmp_path):
    """A jax.export file of a step."""
    path = tmp_path / "step.export"
    path.write_bytes(exported.serialize())
    return path


@pytest.mark.parametrize("budget", ["3 KiB", " 3KiB"])
def test_blanks_in_a_budget_do_not_count(export_file, capsys, budget):
    assert cli.main(["plan", str(export_file), f"--budget={budget}", "--values=0"]) == 0
    assert "budget         3072 B (3 KiB)" in capsys.readouterr().out


def test_version(capsys):
    with pytest.raises(SystemExit) as exit_:
        cli.main(["--version"])
    assert exit_.value.code == 0
    assert capsys.readouterr().out == f"remat {remat.__version__}\n"


@pytest.mark.parametrize(
    "command",
    [
        *("opt", "plan", "convert", "version", "zoo", "zoo list", "zoo export"),
        *("report", "check", "diff"),
        *("bench", "bench main", "bench equality", "bench paper", "bench pipeline"),
    ],
)
def test_every_command_has_help(command, capsys):
    with pytest.raises(SystemExit) as exit_:
        cli.main([*command.split(), "--help"])
    assert exit_.value.code == 0
    out = capsys.readouterr().out
    assert f"usage: remat {command}" in out
    assert "exit codes: 0 done; 1 refused" in out


@pytest.mark.parametrize(
    "command", [[], ["opt"], ["plan"], ["report"], ["lower"], ["zoo"], ["cache"]]
)
def test_help_needs_neither_numpy_nor_jax(command):
    """Nor, where it is the help of all, the closed loop, the reports or the measurements."""
    code = (
        "import sys\nfrom remat import cli\n"
        f"try: cli.main([*{command}, '--help'])\n"
        "except SystemExit: print('\\nloaded', *sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split("\nloaded ")[1].split())
    assert not loaded & {"numpy", "jax", "jaxlib"}
    parts = {"remat.loop", "remat.report", "remat.bench", "remat.xla", "remat.zoo"}
    assert command or not loaded & parts


def test_fit_is_another_name_of_opt(capsys):
    with pytest.raises(SystemExit):
        cli.main(["fit", "--help"])
    assert "usage: remat opt" in capsys.readouterr().out.replace("remat fit", "remat opt")


@pytest.mark.parametrize(
    "argv",
    [
        [],
        ["bake"],
        ["opt", "a.mlir"],
        ["plan", "a", "--budget"],
        ["opt", "a", "--budget=1", "--strategy=luck"],
    ],
)
def test_bad_options_exit_with_2(argv, capsys):
    with pytest.raises(SystemExit) as exit_:
        cli.main(argv)
    assert exit_.value.code == 2
    assert "usage: remat" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["plan", "a", "--budgt=60%"], "unknown option --budgt; did you mean --budget?"),
        (["opt", "a", "--zzz", "1"], "unknown option --zzz; see --help"),
        (
            ["opt", "a", "--budget=60%", "--target", "h100"],
            "argument --target: h100 is a device, and what opt writes is for a compiler: none, "
            "xla-gpu, xla-tpu, xla-cpu; remat report and remat check, with --target=h100, and "
            "remat.jax.fit measure for a device",
        ),
        (["opt", "a", "--out=b"], "the following arguments are required: --budget"),
        (["opt", "a", "--", "--zzz"], "the following arguments are required: --budget"),
    ],
)
def test_a_misspelt_option_is_named_before_what_it_lacks(argv, message, capsys):
    with pytest.raises(SystemExit):
        cli.main(argv)
    assert capsys.readouterr().err.endswith(f"error: {message}\n")


def test_convert_there_and_back(export_file, tmp_path, capsys):
    generic, again = tmp_path / "g.mlir", tmp_path / "g2.mlir"
    portable = tmp_path / "p.vhlo"
    assert cli.main(["convert", str(export_file), "--to=generic", "-o", str(generic)]) == 0
    assert cli.main(["convert", str(generic), "--to=portable", "-o", str(portable)]) == 0
    assert cli.main(["convert", str(portable), "--to=generic", "-o", str(again)]) == 0
    assert generic.read_text() == again.read_text()
    assert cli.main(["convert", str(portable), "--to=pretty"]) == 0
    assert "stablehlo.dot_general %" in capsys.readouterr().out


def test_bad_input_exits_with_2_and_writes_nothing(tmp_path, capsys):
    bad, out = tmp_path / "bad.mlir", tmp_path / "out.mlir"
    bad.write_text("module { stablehlo.add }")
    assert cli.main(["opt", str(bad), "--budget=50%", "-o", str(out)]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"remat: {bad}: not a valid module: line 1, column 23:")
    assert not out.exists()


def test_recompute_ops_need_generic_text(export_file, capsys):
    assert cli.main(["opt", str(export_file), "--budget=50%", "--target=none"]) == 2
    assert "--target=none leaves remat.recompute ops, which export" in capsys.readouterr().err


def test_negative_table_length(export_file, capsys):
    assert cli.main(["plan", str(export_file), "--budget=50%", "--values=-1"]) == 2
    assert "--values=-1 is negative; expected 0 or more" in capsys.readouterr().err


STEP = """
func.func @main(%w: tensor<4xf32>) -> (tensor<f32>, tensor<4xf32>, tensor<f32>) {
  %a = "stablehlo.tanh"(%w) : (tensor<4xf32>) -> tensor<4xf32>
  %zero = "stablehlo.constant"() <{value = dense<0.0> : tensor<f32>}> : () -> tensor<f32>
  %p = "stablehlo.reduce"(%a, %zero) <{dimensions = array<i64: 0>}> ({
  ^bb0(%l: tensor<f32>, %r: tensor<f32>):
    %m = "stablehlo.add"(%l, %r) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    "stablehlo.return"(%m) : (tensor<f32>) -> ()
  }) : (tensor<4xf32>, tensor<f32>) -> tensor<f32>
  %q = "stablehlo.negate"(%p) : (tensor<f32>) -> tensor<f32>
  %g = "stablehlo.multiply"(%a, %a) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %p, %g, %q : tensor<f32>, tensor<4xf32>, tensor<f32>
}
"""


def test_loss_and_fold_free_reach_the_planner(tmp_path, capsys):
    step = tmp_path / "a step.mlir"
    step.write_text(STEP)
    command = ["plan", str(step), "--budget=min", "--memory-model=program", "--values=0"]
    assert cli.main([*command, "--loss=1"]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"remat: {step}:") and "loss" in error

    def ops(*more):
        out = tmp_path / "plan.json"
        assert cli.main([*command, "-o", str(out), *more]) == 0
        return len(json.loads(out.read_text())["schedule"])

    assert ops("--loss=2") == ops() == ops("--fold-free") == ops("--no-fold-free") - 1


@pytest.mark.parametrize(
    ("platforms", "chosen", "target", "reason"),
    [
        (["cpu"], None, "xla-cpu", "the file is exported for cpu"),
        (["cuda"], None, "xla-gpu", "the file is exported for cuda"),
        (["cuda", "rocm"], None, "xla-gpu", "the file is exported for cuda and rocm"),
        (["tpu"], None, "xla-tpu", "the file is exported for tpu"),
        (["cpu", "tpu"], None, "xla-gpu", "the default: the file is exported for cpu and tpu;"),
        (None, None, "xla-gpu", "the default: the file names no platform; --target chooses"),
        (["cpu"], "xla-gpu", "xla-gpu", "as chosen"),
        (["cpu", "tpu"], "xla-tpu", "xla-tpu", "as chosen"),
        (None, "xla-cpu", "xla-cpu", "as chosen"),
    ],
)
def test_the_target_is_that_of_the_platform(platforms, chosen, target, reason, tmp_path, capsys):
    step, out = tmp_path / "step", tmp_path / "out"
    if platforms is None:
        step.write_text(STEP)
    else:
        train = jax.jit(jax.value_and_grad(lambda w: jnp.sum(jnp.sin(jnp.sin(w @ w)) @ w)))
        exported = jax.export.export(train, platforms=platforms)(jnp.eye(64))
        step.write_bytes(exported.serialize())
    choice = [f"--target={chosen}"] if chosen else []
    assert cli.main(["opt", str(step), "--budget=100%", "-o", str(out), *choice]) == 0
    error = capsys.readouterr().err
    assert f"\ntarget         {target}   ({reason}" in error
    warning = (
        f"remat: warning: {step} is exported for cpu, where the compiler may undo what "
        "--target=xla-gpu recomputes; leave the option out, or use --target=xla-cpu\n"
    )
    assert (warning in error) == (platforms == ["cpu"] and chosen == "xla-gpu")
    assert ("warning" in error) == (warning in error)


def test_a_forward_is_named_as_such(tmp_path, capsys):
    step = tmp_path / "forward.mlir"
    step.write_text(
        STEP.replace("return %p, %g, %q", "return %p, %q").replace(" tensor<4xf32>,", "")
    )
    assert cli.main(["plan", str(step), "--budget=min", "--memory-model=program"]) == 0
    wanted = "remat: warning: @main looks like a forward without a backward: no op after its loss"
    assert wanted in capsys.readouterr().err


def test_binary_results_are_not_written_to_a_terminal(export_file, monkeypatch, capsysbinary):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert cli.main(["convert", str(export_file), "--to=portable"]) == 2
    out, error = capsysbinary.readouterr()
    assert out == b""
    assert b"the result is binary and stdout is a terminal; use -o FILE" in error


@pytest.mark.parametrize(
    "command, other",
    [
        (["opt", "{step}", "-o", "{same}", "--plan-output={same}"], "the result"),
        (["opt", "{step}", "-o", "{other}", "--plan-output={step}"], "the step itself"),
        (["plan", "{step}", "-o", "{step}"], "the step itself"),
    ],
)
def test_plan_and_module_need_two_files(command, other, tmp_path, capsys):
    step, same = tmp_path / "step.mlir", tmp_path / "same"
    step.write_text(STEP)
    names = {"step": step, "same": same, "other": tmp_path / "other"}
    command = [word.format(**names) for word in command]
    assert cli.main([*command, "--budget=min"]) == 2
    error = capsys.readouterr().err
    assert f": named for both plan.json and {other}; name another file" in error
    assert [path.name for path in tmp_path.iterdir()] == ["step.mlir"]
    assert step.read_text() == STEP


@pytest.mark.parametrize("there", [("remat-plan",), ("remat-opt", "remat-plan"), ()])
def test_version_says_which_tools_are_there(there, tmp_path, monkeypatch, capsys):
    """A planner-only build has no remat-opt: that is said, and is no failure."""
    for name in there:
        (tmp_path / name).write_text(f"#!/bin/sh\necho {name} 1.2.3\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("REMAT_BIN", str(tmp_path))
    assert cli.main(["version"]) == (0 if there else 2)
    out, error = capsys.readouterr()
    lines = out.splitlines()
    assert lines[0] == f"remat {remat.__version__}"
    for line, name in zip(lines[1:3], ("remat-opt", "remat-plan"), strict=True):
        if name in there:
            assert line == f"{name}: {tmp_path / name}: {name} 1.2.3"
        else:
            assert line.startswith(f"{name}: not there: {name} is not in $REMAT_BIN")
    assert ("planner-only build" in out) == (there == ("remat-plan",))
    assert ("neither remat-opt nor remat-plan is there" in error) == (not there)


def test_interrupt_while_loading_is_quiet(tmp_path):
    """Ctrl-C before the command line is read: no traceback, exit code 130."""
    (tmp_path / "rich").mkdir()
    (tmp_path / "rich" / "__init__.py").write_text(
        "import os, signal\nos.kill(os.getpid(), signal.SIGINT)\nraise SystemError\n"
    )
    path = os.pathsep.join([str(tmp_path), str(Path(remat.__file__).parents[1])])
    command = [sys.executable, "-m", "remat", "version"]
    environment = os.environ | {"PYTHONPATH": path}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


@pytest.mark.parametrize(
    ("sent", "code", "word"),
    [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated")],
)
def test_interrupt_leaves_no_output(sent, code, word, export_file, tmp_path):
    """Ctrl-C or SIGTERM while the tool runs: the tool ends, and no file is left."""
    tools = tmp_path / "bin"
    tools.mkdir()
    tool, started = tools / "remat-opt", tmp_path / "started"
    tool.write_text(f"#!/bin/sh\necho $$ > {started}\nexec sleep 60\n")
    tool.chmod(0o755)
    out = tmp_path / "out.mlir"
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "remat",
            "opt",
            str(export_file),
            "--budget=50%",
            "-o",
            str(out),
        ],
        env=os.environ
        | {"REMAT_BIN": str(tools), "PYTHONPATH": str(Path(remat.__file__).parents[1])},
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while not (started.exists() and started.read_text().strip()):
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(sent)
    _, error = process.communicate(timeout=60)
    assert process.returncode == code
    assert error.splitlines()[-1] == f"remat: {word}; no output was written"
    with pytest.raises(ProcessLookupError):
        os.kill(int(started.read_text()), 0)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bin", "started", "step.export"]
