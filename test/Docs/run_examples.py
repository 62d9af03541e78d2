"""Runs every fenced example of a Markdown page in an empty folder, in order.

Usage: run_examples.py PAGE --bin BUILD_BIN --python PYTHON

What a fenced block does depends on the words after its backquotes:
  mlir, json, text, c++, cmake     with a file name: writes that file; without: nothing
  python                           runs it; with a file name: writes the file only
  sh                               runs it with the build's tools, `python` and
                                   `remat` on PATH; a failing command fails the page
  sh fails                         the same, and the last command must fail
  sh setup                         not run; each command must be one that exists
                                   with these flags and presets (set-up, builds)
  output                           what the block before it prints: standard output,
                                   or standard error if that is all there is, or both
                                   for `sh fails`; a line `...` stands for any lines;
                                   progress ("reading x ...") does not count
Any other word is refused, so that no example escapes by a slip of the pen.
"""

import argparse
import itertools
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

FILES = {"mlir", "json", "text", "c++", "cmake"}
TIMEOUT_SECONDS = 300


class Wrong(Exception):
    """An example that does not do what the page says."""


@dataclass
class Block:
    line: int
    words: list[str]
    text: str


def blocks(page: str) -> list[Block]:
    """Returns the fenced blocks of a page, in order."""
    found: list[Block] = []
    fence, indent, body = "", 0, []
    for number, line in enumerate(page.split("\n"), start=1):
        stripped = line.lstrip(" ")
        if not fence and (match := re.match(r"(`{3,}|~{3,})(.*)", stripped)):
            fence, indent, body = match[1], len(line) - len(stripped), []
            found.append(Block(number, match[2].split(), ""))
        elif fence and stripped.rstrip() == fence:
            found[-1].text = "".join(text + "\n" for text in body)
            fence = ""
        elif fence:
            body.append(line[indent:] if not line[:indent].strip() else line)
    if fence:
        raise Wrong(f"line {found[-1].line}: this block is not closed")
    return found


def matches(expected: str, actual: str) -> bool:
    """Returns whether `actual` is `expected`, where a line `...` is any lines."""
    pieces = [
        ".*" if line.strip() == "..." else re.escape(line.rstrip()) + r"[ \t]*\n"
        for line in expected.rstrip("\n").split("\n")
    ]
    return re.fullmatch("".join(pieces), actual.rstrip("\n") + "\n", re.DOTALL) is not None


def check_setup(command: str, root: Path) -> None:
    """Checks that a set-up command exists, with the flags and presets it names."""
    words = shlex.split(command, comments=True)
    if not words:
        return
    name, arguments = words[0], words[1:]
    if name.startswith(("tools/", ".ci/")):
        tool = root / name
        if not os.access(tool, os.X_OK):
            raise Wrong(f"`{command}`: no such tool")
        help_text = subprocess.run([tool, "--help"], capture_output=True, text=True, check=True)
        for flag in (word for word in arguments if word.startswith("--") and word != "--"):
            if flag.split("=")[0] not in help_text.stdout:
                raise Wrong(f"`{command}`: {name} --help does not know {flag}")
    elif name in ("cmake", "ctest"):
        presets = json.loads((root / "CMakePresets.json").read_text())
        known = {preset["name"] for preset in presets["configurePresets"]}
        for before, word in itertools.pairwise(arguments):
            folder = re.fullmatch(r"build/([^/]+)", word)
            if before == "--preset" and word not in known:
                raise Wrong(f"`{command}`: no preset {word}")
            if (
                before in ("--build", "--test-dir", "--install")
                and folder
                and folder[1] not in known
            ):
                raise Wrong(f"`{command}`: no preset builds {word}")
    elif "/" in name and not name.startswith(("build/", ".venv")):
        if not (root / name).exists():
            raise Wrong(f"`{command}`: no such file")
    elif name in ("pytest", "python") or name.startswith("build/"):
        for word in arguments:
            if (
                re.match(r"(test|python|lib|docs)/", word)
                and not (root / word.split("::")[0]).exists()
            ):
                raise Wrong(f"`{command}`: {word} does not exist")
    elif name not in ("git", "cd", "pre-commit", "pip", "export", "gdb", "issue"):
        raise Wrong(f"`{command}`: {name} is no set-up command; make it a plain `sh` block")


class Page:
    """Runs the blocks of one page."""

    def __init__(self, root: Path, folder: Path, bin_folder: Path, python: Path):
        self.root, self.folder, self.python = root, folder, python
        self.printed: str | None = None
        links = folder / ".bin"
        links.mkdir()
        (links / "python").symlink_to(python)
        remat = links / "remat"
        remat.write_text(f'#!/bin/sh\nexec "{python}" -m remat "$@"\n')
        remat.chmod(0o755)
        self.environment = os.environ | {
            "PATH": f"{links}:{bin_folder}:{python.parent}:{os.environ['PATH']}",
            "PYTHONPATH": str(root / "python"),
            "REMAT_BIN": str(bin_folder),
            "JAX_PLATFORMS": "cpu",
            "REMAT_CACHE": str(folder / ".cache"),
            "COLUMNS": "100",
            "NO_COLOR": "1",
        }

    def execute(self, command: list[str], may_fail: bool = False) -> None:
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            text=True,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=TIMEOUT_SECONDS,
        )
        # Progress is reported on a slow machine only.
        errors = re.sub(r"^[a-z].* \.\.\.\n", "", done.stderr, flags=re.MULTILINE)
        self.printed = done.stdout + errors if may_fail else done.stdout or errors
        if done.returncode < 0 or (done.returncode != 0) != may_fail:
            printed = done.stdout + done.stderr
            raise Wrong(f"exit status {done.returncode}; it printed:\n{printed}")

    def write(self, name: str, text: str) -> None:
        file = (self.folder / name).resolve()
        if not file.is_relative_to(self.folder.resolve()):
            raise Wrong(f"{name} lies outside the example's folder")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def run(self, block: Block) -> None:
        match block.words:
            case [language, name] if language in FILES | {"python"}:
                self.write(name, block.text)
            case [language] if language in FILES:
                pass
            case ["python"]:
                self.execute([str(self.python), "-c", block.text])
            case ["sh"]:
                self.execute(["bash", "-euo", "pipefail", "-c", block.text])
            case ["sh", "fails"]:
                self.execute(["bash", "-uo", "pipefail", "-c", block.text], may_fail=True)
            case ["sh", "setup"]:
                for command in block.text.replace("\\\n", " ").split("\n"):
                    for part in command.split(" && "):
                        check_setup(part, self.root)
            case ["output"]:
                if self.printed is None:
                    raise Wrong("an output without a command before it")
                if not matches(block.text, self.printed):
                    raise Wrong(f"the command printed instead:\n{self.printed}")
            case words:
                raise Wrong(f"what is a block of `{' '.join(words)}`? {__doc__}")
        if block.words[0] != "output" and block.words[0] not in ("sh", "python"):
            self.printed = None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("page", type=Path)
    parser.add_argument("--bin", type=Path, required=True)
    parser.add_argument("--python", type=Path, required=True)
    arguments = parser.parse_args()
    root = Path(__file__).resolve().parents[2]

    with tempfile.TemporaryDirectory() as folder:
        page = Page(root, Path(folder), arguments.bin.absolute(), arguments.python.absolute())
        try:
            examples = blocks(arguments.page.read_text())
        except Wrong as wrong:
            print(f"{arguments.page}: {wrong}")
            return 1
        for block in examples:
            try:
                page.run(block)
            except (Wrong, subprocess.SubprocessError) as wrong:
                print(f"{arguments.page}:{block.line}: {wrong}\nThe example:\n{block.text}")
                return 1
    print(f"{arguments.page}: {len(examples)} blocks")
    return 0


if __name__ == "__main__":
    sys.exit(main())
