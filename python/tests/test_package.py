# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""pyproject.toml asks for what the package imports, and lists files that are there."""

from __future__ import annotations

import ast
import re
import shutil
import signal
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "python" / "remat"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def imported(files):
    """The first words of all modules that `files` import."""
    found = set()
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize(
    "asked, files",
    [
        (PROJECT["project"]["dependencies"], PACKAGE.rglob("*.py")),
        (PROJECT["project"]["optional-dependencies"]["zoo"], PACKAGE.rglob("*.py")),
        (
            PROJECT["project"]["optional-dependencies"]["xla-gpu"],
            [PACKAGE / "xla" / "compile_child.py"],
        ),
        (
            PROJECT["project"]["optional-dependencies"]["xla-tpu"],
            [PACKAGE / "xla" / "compile_child.py"],
        ),
    ],
    ids=["dependencies", "zoo", "xla-gpu", "xla-tpu"],
)
def test_what_is_asked_for_is_imported(asked, files):
    names = {re.match(r"[\w-]+", one)[0] for one in asked}
    # jax.export serialises through flatbuffers, which jax does not ask for.
    assert names and names <= imported(files) | {"flatbuffers"}


def test_a_build_says_how_far_it_is(tmp_path):
    script = """
        source "$1/tools/setup.sh"
        progress_seconds=0 SECONDS=60
        said='[0/4] configured\\n[1/4] a.o\\nwarning: w\\n[4/4] tool'
        show_progress "$2" build < <(printf "$said")
        set -o pipefail
        progress_seconds=1000
        (echo '[1/4] b.o'; exit 3) | show_progress "$2.2" build || echo "failed with $?"
    """
    command = ["bash", "-euc", script, "bash", str(ROOT), str(tmp_path / "log")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == (
        "[  60 s] build: [1/4], about 0 s left\n"
        "[  60 s] build: [4/4], about 0 s left\n"
        "failed with 3\n"
    )
    assert (tmp_path / "log").read_text() == "[0/4] configured\n[1/4] a.o\nwarning: w\n[4/4] tool\n"


@pytest.mark.parametrize(
    "line",
    [
        " 3/12 Test  #4: unit.Plan ....   Passed    0.02 sec",
        "PASS: Remat :: Planning/budget.test (3 of 12)",
        "[gw1] [  3/12] PASSED python/tests/test_plan.py::test_peak ",
    ],
    ids=["ctest", "lit", "pytest"],
)
def test_tests_say_how_far_they_are(line, tmp_path):
    script = 'source "$1/tools/setup.sh"; progress_seconds=0 SECONDS=0; show_progress "$2" tests'
    command = ["bash", "-euc", script, "bash", str(ROOT), str(tmp_path / "log")]
    text = f"a test of 1/2 (1 of 2)\n{line}\n"
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=True)
    assert done.stdout == "[   0 s] tests: [3/12], about 0 s left\n"


@pytest.mark.parametrize(
    "name, word, code", [("INT", "interrupted", 130), ("TERM", "terminated", 143)]
)
def test_a_stopped_check_shows_no_counts(name, word, code, tmp_path):
    tools = tmp_path / "tools"
    tools.mkdir()
    shutil.copy(ROOT / "tools" / "check", tools)
    (tools / "setup.sh").write_text(
        f"root={tmp_path} install=no\n"
        "default_jobs() { echo 1; }\n"
        f"make_venv() {{ kill -{name} $$; }}\n"
    )
    done = subprocess.run(
        ["bash", str(tools / "check")],
        capture_output=True,
        text=True,
        # A shell can trap no signal that it was started without.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert (done.stdout, done.returncode) == (f"{word}: not every test has run\n", code)


@pytest.mark.parametrize("pattern", PROJECT["tool"]["setuptools"]["package-data"]["remat"])
def test_package_data_exists(pattern):
    assert list(PACKAGE.glob(pattern))
