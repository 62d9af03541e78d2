# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""`remat bench packing`: cases from seeds, arenas near what is live, red when one is not."""

from __future__ import annotations

import json

import pytest
from remat import cli
from remat.bench import packing, packing_cases


@pytest.mark.parametrize("case", packing_cases.HARD_SIZES)
def test_a_hard_case_has_the_published_size_and_a_full_time(case):
    text = packing.case_text(case)
    assert text == packing.case_text(case)
    count, live = packing.most_live(text)
    assert count == packing_cases.HARD_SIZES[case][0]
    assert live == packing_cases.CAPACITY


def test_numbers_are_those_of_splitmix64():
    numbers = packing_cases.Numbers(1234567)
    assert [numbers.below(1 << 64) for _ in range(2)] == [6457827717110365317, 3203168211198807973]


def test_most_live_counts_gaps_and_ends():
    text = "id,lower,upper,size,gaps\na,0,9,5,3-6\nb,3,6,5,\nc,9,12,7,\n"
    assert packing.most_live(text) == (3, 7)


def test_packs_a_case_and_writes_the_row(tmp_path, capsys):
    rows = tmp_path / "rows.json"
    assert cli.main(["bench", "packing", "--only=c", f"--json={rows}"]) == 0
    assert "1 case; every check holds" in capsys.readouterr().out
    (row,) = json.loads(rows.read_text())
    assert (row["status"], row["arena"], row["live"]) == ("optimal", 1 << 20, 1 << 20)


def test_fails_above_a_promise(monkeypatch, capsys):
    monkeypatch.setattr(packing, "most_live", lambda text: (203, (1 << 20) - 1))
    assert cli.main(["bench", "packing", "--only=c"]) == 1
    assert "c: an arena of 1048576 B is more than 0.0 % above" in capsys.readouterr().err


def test_packs_the_files_of_a_folder(tmp_path, capsys):
    (tmp_path / "a.csv").write_text("id,lower,upper,size\nx,0,2,4\ny,1,3,4\n")
    assert cli.main(["bench", "packing", f"--buffers={tmp_path}", "--node-limit=10"]) == 0
    assert "optimal" in capsys.readouterr().out
    assert cli.main(["bench", "packing", f"--buffers={tmp_path}", f"--csv={tmp_path}/rows"]) == 0
    assert (tmp_path / "rows").read_text().splitlines()[1].startswith("a,2,8,8,optimal,0,")


def test_refuses_what_it_does_not_know(tmp_path, capsys):
    assert cli.main(["bench", "packing", "--only=z"]) != 0
    assert "--only: unknown case 'z'; known cases: a, b" in capsys.readouterr().err
    assert cli.main(["bench", "packing", f"--buffers={tmp_path}"]) != 0
    assert "the folder has no .csv files" in capsys.readouterr().err
    assert cli.main(["bench", "packing", "--only=a", f"--buffers={tmp_path}"]) != 0
    assert "--only: has no effect with --buffers" in capsys.readouterr().err
    (tmp_path / "wrong.csv").write_text("id,lower,upper,size\nx,2,2,4\n")
    assert cli.main(["bench", "packing", f"--buffers={tmp_path}"]) != 0
    assert "expected an end above the begin" in capsys.readouterr().err
