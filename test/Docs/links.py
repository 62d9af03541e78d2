"""Checks that every relative link of the Markdown pages leads somewhere.

Usage: links.py [ROOT]. Prints "page:line: no LINK" per dead link (a missing file,
or an #anchor that no heading of the page makes), "INDEX: does not link PAGE" per page of docs/
that its index leaves out, and exits 1 if there is any.
"""

import re
import subprocess
import sys
from pathlib import Path

INDEX = "docs/index.md"
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")


def anchors(page: str) -> set[str]:
    """Returns the anchors that the headings of a page make."""
    found: set[str] = set()
    fenced = False
    for line in page.split("\n"):
        if line.lstrip().startswith("```"):
            fenced = not fenced
        if not fenced and (match := re.match(r"#+\s+(.*)", line)):
            words = re.sub(r"[^\w\- ]", "", match[1].strip().lower())
            found.add(words.replace(" ", "-"))
    return found


def dead_links(root: Path, pages: list[str]) -> list[tuple[str, int, str]]:
    """Returns (page, line, link) of every dead link in `pages`, relative to `root`."""
    dead = []
    for name in pages:
        text = (root / name).read_text()
        for number, line in enumerate(text.split("\n"), start=1):
            for link in LINK.findall(line):
                if re.match(r"[a-z]+:", link):
                    continue
                file, _, anchor = link.partition("#")
                target = (root / name).parent / file if file else root / name
                if not target.exists() or (anchor and anchor not in anchors(target.read_text())):
                    dead.append((name, number, link))
    return dead


def unlisted(root: Path, pages: list[str]) -> list[str]:
    """Returns those of `pages` in docs/ that docs/index.md does not link."""
    index = root / INDEX
    linked = {
        (index.parent / link.partition("#")[0]).resolve()
        for link in LINK.findall(index.read_text())
    }
    return [
        name
        for name in pages
        if name.startswith("docs/") and name != INDEX and (root / name).resolve() not in linked
    ]


def pages_of(root: Path) -> list[str]:
    """Returns the pages of a checkout, those that are not committed yet too."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "*.md"],
        cwd=root, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    return [name for name in listed if (root / name).exists()]


def main() -> int:
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).resolve().parents[2])
    pages = pages_of(root)
    dead, left_out = dead_links(root, pages), unlisted(root, pages)
    for page, line, link in dead:
        print(f"{page}:{line}: no {link}")
    for page in left_out:
        print(f"{INDEX}: does not link {page}")
    return 1 if dead or left_out else 0


if __name__ == "__main__":
    sys.exit(main())
