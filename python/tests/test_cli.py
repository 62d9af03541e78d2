# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The `remat` command: formats in and out, exit codes, messages, no partial output."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest
import remat
from remat import cli


@pytest.fixture
def export_file(exported, tmp_path):
    """A jax.export file of a step."""
    path = tmp_path / "step.export"
    path.write_bytes(exported.serialize())
    return path


def test_version(capsys):
    with pytest.raises(SystemExit) as exit_:
        cli.main(["--version"])
    assert exit_.value.code == 0
    assert capsys.readouterr().out == f"remat {remat.__version__}\n"


@pytest.mark.parametrize("command", ["opt", "plan", "convert", "version", "zoo", "bench"])
def test_every_command_has_help(command, capsys):
    with pytest.raises(SystemExit) as exit_:
        cli.main([command, "--help"])
    assert exit_.value.code == 0
    assert f"usage: remat {command}" in capsys.readouterr().out


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


def test_interrupt_leaves_no_output(export_file, tmp_path):
    """Ctrl-C while the tool runs: the tool ends, and no file is left."""
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
            "remat.cli",
            "opt",
            str(export_file),
            "--budget=50%",
            "-o",
            str(out),
        ],
        env=os.environ | {"REMAT_BIN": str(tools)},
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while not (started.exists() and started.read_text().strip()):
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 130
    assert error.splitlines()[-1] == "remat: interrupted; no output was written"
    with pytest.raises(ProcessLookupError):
        os.kill(int(started.read_text()), 0)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bin", "started", "step.export"]
