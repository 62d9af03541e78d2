"""Tests pass_docs.py: a whole description passes, and each lack is named."""

import tempfile
import unittest
from pathlib import Path

import pass_docs

GOOD = """## Passes
### `-remat-x`

_Do x_

Does it.

**Requires:** a.
**Guarantees:** b.
**Fails when:** c.
**Complexity:** d.
**Example:** `x.mlir`.

See `docs/concepts/x.md`.

#### Options
"""


class PassDocs(unittest.TestCase):
    def complaints(self, page: str, overview: str = "  --remat-x  do x\n") -> list[str]:
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            (root / "docs/concepts").mkdir(parents=True)
            (root / "docs/concepts/x.md").touch()
            (root / "x.mlir").write_text("// RUN: remat-opt --remat-x")
            (root / "y.mlir").write_text("// RUN: remat-opt")
            (root / pass_docs.DRIVER).parent.mkdir(parents=True)
            (root / pass_docs.DRIVER).write_text(overview)
            return pass_docs.complaints(root, "remat-x", pass_docs.passes(page)["remat-x"])

    def test_whole(self):
        self.assertEqual(self.complaints(GOOD), [])

    def test_each_lack_is_one_complaint(self):
        for good, bad in (
            ("_Do x_", "_" + "x" * 81 + "_"),
            ("**Requires:**", "Requires"),
            ("**Guarantees:** b.\n**Fails when:** c.", "**Fails when:** c.\n**Guarantees:** b."),
            ("**Complexity:**", ""),
            ("`x.mlir`", "`z.mlir`"),
            ("`x.mlir`", "`y.mlir`"),
            ("docs/concepts/x.md", "docs/concepts/y.md"),
        ):
            self.assertEqual(len(self.complaints(GOOD.replace(good, bad))), 1, bad)

    def test_the_overview_has_a_line(self):
        self.assertEqual(self.complaints(GOOD, "  --remat-x\n     do x\n"), [])
        for overview in ("  --remat-xy  do\n", "run --remat-x\n"):
            self.assertEqual(len(self.complaints(GOOD, overview)), 1, overview)


if __name__ == "__main__":
    unittest.main()
