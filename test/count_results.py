"""Adds up JUnit result files and prints the line that tools/check ends with.

Usage: count_results.py [--broken N] FILE.xml...   (a missing file counts nothing)

Prints one line per file, then "N passed, N failed" and, where there are any,
", N skipped". Exit status 1 if anything failed or nothing passed.
"""

import argparse
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path


def count(file: Path) -> tuple[int, int, int]:
    """Returns (passed, failed, skipped) test cases of one JUnit file."""
    passed = failed = skipped = 0
    for case in ElementTree.parse(file).getroot().iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
        elif case.find("skipped") is not None:
            skipped += 1
        else:
            passed += 1
    return passed, failed, skipped


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--broken", type=int, default=0, help="steps that ended early")
    parser.add_argument("files", nargs="*", type=Path)
    arguments = parser.parse_args()

    total = [0, arguments.broken, 0]
    for file in arguments.files:
        if file.exists():
            counts = count(file)
            print(f"{file.stem}: {counts[0]} passed, {counts[1]} failed, {counts[2]} skipped")
            total = [a + b for a, b in zip(total, counts, strict=True)]
    passed, failed, skipped = total
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
