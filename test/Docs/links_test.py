"""Tests links.py."""

import tempfile
import unittest
from pathlib import Path

import links


class Links(unittest.TestCase):
    def dead(self, text: str) -> list[str]:
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "a.md").write_text(text)
            (Path(folder) / "b.md").write_text("# The plan's rules\n```sh\n# no heading\n```\n")
            return [link for _, _, link in links.dead_links(Path(folder), ["a.md"])]

    def test_live_links(self):
        self.assertEqual(
            self.dead("[x](b.md) [y](https://example.org) [z](b.md#the-plans-rules)"), []
        )

    def test_dead_links(self):
        for link in ("c.md", "b.md#rules", "b.md#no-heading", "#nowhere"):
            self.assertEqual(self.dead(f"# A\n[x]({link})"), [link])

    def test_pages_that_the_index_leaves_out(self):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            (root / "docs" / "design").mkdir(parents=True)
            (root / "docs" / "index.md").write_text("[a](a.md) [b](design/0001-b.md#why)")
            pages = ["README.md", "docs/index.md", "docs/a.md"]
            pages += ["docs/design/0001-b.md", "docs/design/0002-c.md"]
            self.assertEqual(links.unlisted(root, pages), ["docs/design/0002-c.md"])


if __name__ == "__main__":
    unittest.main()
