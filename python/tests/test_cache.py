# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The cache on disk: whole entries or none, whoever writes, dies or fills the disk meanwhile."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import warnings
from pathlib import Path

import pytest
from remat import cli
from remat.errors import RematWarning
from remat.xla import cache


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("REMAT_CACHE", str(tmp_path / "cache"))


def test_what_was_stored_is_loaded():
    assert cache.load("one") is None
    cache.store("one", {"size": 7})
    assert cache.load("one")["size"] == 7
    cache.store("one", {"size": 8})
    assert cache.load("one")["size"] == 8
    assert cache.load("two") is None


def test_keys_tell_parts_apart():
    keys = {cache.key("ab", "c"), cache.key("a", "bc"), cache.key("abc"), cache.key("ab", "c", "")}
    assert len(keys) == 4
    assert cache.key("ab", "c") == cache.key("ab", "c")


def test_the_folder_is_the_user_s(monkeypatch, tmp_path):
    assert cache.folder() == tmp_path / "cache"
    monkeypatch.delenv("REMAT_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache.folder() == tmp_path / "xdg" / "remat"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache.folder() == Path.home() / ".cache" / "remat"


@pytest.mark.parametrize(
    "damage",
    [lambda data: data[: len(data) // 2], lambda data: b"", lambda data: b"x" + data[1:]],
    ids=["cut", "empty", "changed"],
)
def test_a_damaged_entry_is_none(damage):
    cache.store("one", {"sizes": list(range(1000))})
    [(path, _)] = cache.entries()
    path.write_bytes(damage(path.read_bytes()))
    assert cache.load("one") is None
    cache.store("one", {"size": 7})
    assert cache.load("one")["size"] == 7


def test_an_entry_that_is_no_object_is_none():
    cache.store("one", [7])
    assert cache.load("one") is None


#: Says that an entry is there, and writes it again and again until its stdin ends.
WRITER = """
import select, sys
from remat.xla import cache
mark = sys.argv[1]
cache.store("one", {"mark": mark, "data": [mark] * 20000})
print("stored", flush=True)
while not select.select([sys.stdin], [], [], 0)[0]:
    cache.store("one", {"mark": mark, "data": [mark] * 20000})
"""


def child(code, *arguments):
    """A process that has printed its first line."""
    process = subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    return process, process.stdout.readline().strip()


def test_two_processes_at_once():
    """Whatever is read meanwhile is one writer's, whole."""
    writers = [child(WRITER, mark) for mark in "ab"]
    assert [line for _, line in writers] == ["stored", "stored"]
    for _ in range(50):
        found = cache.load("one")
        assert found["mark"] in ("a", "b") and found["data"] == [found["mark"]] * 20000
    assert all(process.poll() is None for process, _ in writers), "both wrote meanwhile"
    for process, _ in writers:
        process.communicate()
        assert process.returncode == 0
    assert [path.name for path, _ in cache.entries()] == ["one.json.gz"]


#: Stops for good in the call that is named, on the way from a new file to an entry.
STOPPED = """
import os, sys, time
from remat.xla import cache
def stop(*arguments):
    print("stopped", flush=True)
    time.sleep(600)
setattr(os, sys.argv[1], stop)
cache.store("one", {"size": 8})
"""


@pytest.mark.parametrize("call", ["fdopen", "replace"])
def test_a_writer_that_is_killed(call):
    """Before its file has any byte, and before it takes the entry's place."""
    cache.store("one", {"size": 7})
    process, line = child(STOPPED, call)
    assert line == "stopped"
    process.kill()
    process.communicate()
    assert cache.load("one")["size"] == 7
    assert sorted(path.suffix for path, _ in cache.entries()) == [".gz", ".partial"]
    cache.store("one", {"size": 9})
    assert cache.load("one")["size"] == 9


def test_what_a_killed_writer_left_goes_when_it_is_old():
    cache.store("one", {"size": 7})
    left = cache.folder() / "left.partial"
    left.write_bytes(b"x")
    cache.store("two", {"size": 7})
    assert left.exists(), "its writer may be at work"
    old = time.time() - 2 * 3600
    os.utime(left, (old, old))
    cache.store("three", {"size": 7})
    assert not left.exists()
    assert cache.load("one") and cache.load("two")


def test_the_oldest_go_first():
    for age, name in enumerate(["d", "c", "b", "a"]):
        cache.store(name, {"name": name})
        path = cache.folder() / f"{name}.json.gz"
        then = time.time() - 1000 + age
        os.utime(path, (then, then))
    assert cache.load("d"), "this makes it the newest"
    sizes = {path.name[0]: stat.st_size for path, stat in cache.entries()}
    cache.trim(sizes["d"] + sizes["a"])
    assert [path.name[0] for path, _ in cache.entries()] == ["a", "d"]


def test_a_cache_that_cannot_be_written_is_none(monkeypatch, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    monkeypatch.setenv("REMAT_CACHE", str(blocked / "cache"))
    said = "cache: measurements are not kept, and will be made again: Not a directory; set REMAT_C"
    with pytest.warns(RematWarning, match=said):
        cache.store("one", {"size": 7})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cache.store("one", {"size": 7})  # told once
    assert cache.load("one") is None
    assert cache.clear() == 0


@pytest.mark.parametrize("place", ["file", "file/in"])
def test_a_folder_that_is_none_is_told(monkeypatch, tmp_path, capsys, place):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("REMAT_CACHE", str(tmp_path / place))
    assert cli.main(["cache"]) == 1
    out, err = capsys.readouterr()
    assert out == "" and err == (
        f"remat: {tmp_path / place}: cannot be read: Not a directory; set REMAT_CACHE to a folder "
        "that can be written\n"
    )


def test_a_folder_that_may_not_be_made_is_told(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("REMAT_CACHE", str(tmp_path / "none" / "cache"))
    assert cli.main(["cache"]) == 0
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != tmp_path)
    assert cli.main(["cache"]) == 1
    assert f"cannot be made: {tmp_path} may not be written; set" in capsys.readouterr().err


def test_the_command_line_tells_it_in_a_line(monkeypatch, tmp_path, capsys):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("REMAT_CACHE", str(tmp_path / "file"))
    monkeypatch.setattr("remat.xla.command.run", lambda _: cache.store("one", {}) or 0)
    assert cli.main(["cache"]) == 0
    assert capsys.readouterr().err.startswith(f"remat: warning: {tmp_path / 'file'}: measurements ")


def test_what_may_not_be_removed_is_told(monkeypatch, capsys):
    for name in ("one", "two", "three"):
        cache.store(name, {"size": 7})
    unlink = Path.unlink

    def refuse(path, missing_ok=False):
        if path.name == "two.json.gz":
            raise PermissionError(13, "Permission denied", str(path))
        unlink(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", refuse)
    assert cli.main(["cache", "--clear"]) == 1
    out, err = capsys.readouterr()
    assert out == "" and err == (
        f"remat: {cache.folder()}: removed 2 of 3 measurements, for the others: Permission denied; "
        "remove them as their owner, or set REMAT_CACHE to a folder of your own\n"
    )
    assert cache.load("two") and not cache.load("one")


def test_the_command_shows_and_clears(capsys):
    cache.store("one", {"size": 7})
    assert cli.main(["cache"]) == 0
    shown = capsys.readouterr().out
    assert str(cache.folder()) in shown and "1 measurement," in shown
    assert cli.main(["cache", "--clear"]) == 0
    assert "removed 1 measurement" in capsys.readouterr().out
    assert cache.entries() == []
    assert cli.main(["cache"]) == 0
    assert "0 measurements, 0 B" in capsys.readouterr().out
