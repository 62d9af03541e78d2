"""Tests run_examples.py: each kind of block passes when right and fails when wrong."""

import sys
import tempfile
import unittest
from pathlib import Path

from run_examples import Page, Wrong, blocks, check_setup, matches

ROOT = Path(__file__).resolve().parents[2]


class RunExamples(unittest.TestCase):
    def run_page(self, text: str) -> None:
        with tempfile.TemporaryDirectory() as folder:
            page = Page(ROOT, Path(folder), Path(folder), Path(sys.executable))
            for block in blocks(text):
                page.run(block)

    def refused(self, text: str) -> None:
        with self.assertRaises(Wrong, msg=text):
            self.run_page(text)

    def test_output_is_compared(self):
        self.run_page("```sh\necho a; echo b >&2; echo c\n```\n```output\na\nc\n```\n")
        self.run_page('```sh\necho "reading x ..." >&2; echo b >&2\n```\n```output\nb\n```\n')
        self.run_page("```sh fails\necho b >&2; false\n```\n```output\nb\n```\n")
        self.refused("```sh\necho a\n```\n```output\nb\n```\n")
        self.refused("```output\nb\n```\n")

    def test_failures_show(self):
        self.refused("```sh\nfalse\n```\n")
        self.refused("```sh\nfalse | cat\n```\n")
        self.refused("```python\nassert False\n```\n")
        self.run_page("```sh fails\nfalse\n```\n")
        self.refused("```sh fails\ntrue\n```\n")
        self.refused("```sh fails\nkill -SEGV $$\n```\n")

    def test_files_are_written_and_seen_later(self):
        self.run_page("```mlir a.mlir\nx\n```\n```sh\ncat a.mlir\n```\n```output\nx\n```\n")
        self.refused("```mlir ../a.mlir\nx\n```\n")

    def test_unknown_or_unclosed_blocks_are_refused(self):
        self.refused("```bash\ntrue\n```\n")
        self.refused("```\ntrue\n```\n")
        self.refused("```sh\ntrue\n")

    def test_indented_blocks_lose_their_indent(self):
        self.assertEqual(blocks("- x\n  ```sh\n  a\n    b\n  ```\n")[0].text, "a\n  b\n")

    def test_dots_stand_for_any_lines(self):
        self.assertTrue(matches("a\n...\nd\n", "a\nb\nc\nd\n"))
        self.assertTrue(matches("a\n...\n", "a\n"))
        self.assertFalse(matches("a\n...\nd\n", "a\nb\n"))

    def test_setup_commands_must_exist(self):
        for command in (
            "git clone X && cd remat",
            "tools/check --jobs 2",
            "cmake --preset dev",
            "cmake --build build/dev -j2",
            "",
            "# a comment",
        ):
            for part in command.split(" && "):
                check_setup(part, ROOT)
        for command in (
            "tools/chek",
            "tools/check --no-such-flag",
            "cmake --preset debug",
            "cmake --build build/debug",
            "remat plan x",
            "pytest python/tests/no_such_test.py",
        ):
            with self.assertRaises(Wrong, msg=command):
                check_setup(command, ROOT)


if __name__ == "__main__":
    unittest.main()
