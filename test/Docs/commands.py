"""Checks that every subcommand of `remat` that the prose of a page names exists.

Usage: commands.py [ROOT]. Prints "page:line: no remat NAME" per code span that begins with
the name of a subcommand, or with one of its own, that `remat --help` does not list, and
exits 1 if there is any. Fenced blocks are run_examples.py's.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

from links import pages_of

SPAN = re.compile(r"`remat\s+([a-z][\w-]*)(?:\s+([a-z][\w-]*))?")


def listed(help_text: str) -> list[str]:
    """Returns the subcommands, and their other names, that an argparse --help lists."""
    found = re.search(r"^positional arguments:\n  [A-Z]+\n((?:    .*\n)+)", help_text, re.MULTILINE)
    names = re.findall(r"^    (\w[\w-]*)(?: \(([\w, -]+)\))?", found[1], re.M) if found else []
    return [one for name, others in names for one in (name, *re.findall(r"[\w-]+", others))]


def registered(root: Path) -> dict[str, list[str]]:
    """Returns the subcommands of `remat`, and those that these have."""

    def ask(*words: str) -> list[str]:
        return listed(
            subprocess.run(
                [sys.executable, "-m", "remat", *words, "--help"],
                env=os.environ | {"PYTHONPATH": str(root / "python")},
                capture_output=True, text=True, check=True,
            ).stdout
        )  # fmt: skip

    return {name: ask(name) for name in ask()}


def prose(page: str) -> str:
    """Returns a page whose fenced blocks are empty lines."""
    lines, fenced = [], False
    for line in page.split("\n"):
        fence = line.lstrip().startswith(("```", "~~~"))
        lines.append("" if fenced or fence else line)
        fenced ^= fence
    return "\n".join(lines)


def unknown(page: str, commands: dict[str, list[str]]) -> list[tuple[int, str]]:
    """Returns line and words of each code span that names no subcommand."""
    text = prose(page)
    found = []
    for span in SPAN.finditer(text):
        name, inner = span.groups()
        line = text.count("\n", 0, span.start()) + 1
        if name not in commands:
            found.append((line, name))
        elif inner and commands[name] and inner not in commands[name]:
            found.append((line, f"{name} {inner}"))
    return found


def main() -> int:
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).resolve().parents[2])
    commands = registered(root)
    wrong = [
        (page, *one)
        for page in pages_of(root)
        for one in unknown((root / page).read_text(), commands)
    ]
    for page, line, name in wrong:
        print(f"{page}:{line}: no remat {name}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
