"""Checks that the description of every pass has every part, in order.

Usage: pass_docs.py [ROOT]. Reads docs/reference/passes.md, which the test
docs.reference compares with the definitions. A description says what the pass
does, then **Requires:**, **Guarantees:**, **Fails when:**, **Complexity:**,
**Example:** (a test that runs the pass) and "See" a page of docs/concepts. The
overview of remat-opt --help has a line for the pass.
"""

import re
import sys
from pathlib import Path

PARTS = ("**Requires:**", "**Guarantees:**", "**Fails when:**", "**Complexity:**", "**Example:**")
SUMMARY_LENGTH = 80
DRIVER = "tools/remat-opt/remat-opt.cpp"


def passes(page: str) -> dict[str, str]:
    """Returns the description of each pass of the generated page, by its flag."""
    pieces = re.split(r"^### `-([\w-]+)`\n", page, flags=re.MULTILINE)
    return {
        name: re.split(r"^#{2,4} ", text, maxsplit=1, flags=re.MULTILINE)[0]
        for name, text in zip(pieces[1::2], pieces[2::2], strict=True)
    }


def complaints(root: Path, name: str, text: str) -> list[str]:
    """Returns what is wrong with the description of the pass `name`."""
    found = []
    summary = re.match(r"\s*_(.+)_\n", text)
    if not summary or len(summary[1]) > SUMMARY_LENGTH or not summary[1][0].isupper():
        found.append(f"the summary is not one line of at most {SUMMARY_LENGTH} characters")
    positions = [text.find(part) for part in PARTS]
    found += [f"no {part}" for part, at in zip(PARTS, positions, strict=True) if at < 0]
    if not found and positions != sorted(positions):
        found.append(f"the parts are not in this order: {' '.join(PARTS)}")
    example = re.search(r"\*\*Example:\*\* `([^`]+)`", text)
    if not example or not (root / example[1]).is_file():
        found.append("the example is not a file")
    elif name not in (root / example[1]).read_text():
        found.append(f"{example[1]} does not run the pass")
    page = re.search(r"See `(docs/concepts/[\w-]+\.md)`", text)
    if not page or not (root / page[1]).is_file():
        found.append("no page of docs/concepts to see")
    if not re.search(rf"^  --{name}(?: |$)", (root / DRIVER).read_text(), re.MULTILINE):
        found.append(f"the overview in {DRIVER} leaves it out")
    return found


def main() -> int:
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).resolve().parents[2])
    described = passes((root / "docs/reference/passes.md").read_text())
    if not described:
        print("docs/reference/passes.md describes no pass")
        return 1
    wrong = 0
    for name, text in described.items():
        for complaint in complaints(root, name, text):
            print(f"{name}: {complaint}")
            wrong = 1
    return wrong


if __name__ == "__main__":
    sys.exit(main())
