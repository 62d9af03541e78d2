# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The compile for an H100 runs elsewhere; here: how it is found, asked and believed."""

from __future__ import annotations

import json
import sys

import pytest
from remat.errors import ToolchainError
from remat.xla import deviceless

STATS = {"temp": 100, "arguments": 30, "outputs": 20, "alias": 15, "products": 4}


@pytest.fixture
def fake_python(tmp_path, monkeypatch):
    """A program in place of the other environment's Python: prints what it is told to."""

    def put(body):
        path = tmp_path / "python"
        path.write_text(f"#!{sys.executable}\nimport sys, os, json\n{body}\n")
        path.chmod(0o755)
        monkeypatch.setenv("REMAT_XLA_GPU_PYTHON", str(path))

    return put


def test_missing_extra_is_one_clear_line(tmp_path, monkeypatch):
    monkeypatch.setenv("REMAT_XLA_GPU_PYTHON", str(tmp_path / "none"))
    with pytest.raises(deviceless.MissingExtra) as caught:
        deviceless.measure("module {}")
    text = str(caught.value)
    assert "\n" not in text
    assert text.startswith("XLA's memory on an H100 is not measured: ")
    assert "tools/quickstart --with-xla-gpu" in text


def test_answer_of_the_compiler(fake_python, monkeypatch):
    monkeypatch.setenv("XLA_FLAGS", "--of-this-process")
    fake_python(
        "assert 'XLA_FLAGS' not in os.environ\n"
        "assert open(sys.argv[2]).read() == 'module {}'\n"
        "assert 'compute_capability' in open(sys.argv[4]).read()\n"
        f"print('noise'); print('{json.dumps(STATS)}')"
    )
    stats = deviceless.measure("module {}")
    assert stats == deviceless.MemoryStats(**STATS)
    assert stats.total == 135


def test_failure_of_the_compiler(fake_python):
    fake_python("print('first\\nINTERNAL: no such op', file=sys.stderr); sys.exit(3)")
    with pytest.raises(ToolchainError) as caught:
        deviceless.measure("module {}")
    assert str(caught.value) == (
        "XLA did not compile the module for an H100 (exit code 3): INTERNAL: no such op"
    )
