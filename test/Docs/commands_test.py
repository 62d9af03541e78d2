"""Tests commands.py."""

import unittest
from pathlib import Path

import commands

COMMANDS = {"opt": [], "fit": [], "zoo": ["list", "export"]}
HELP = """usage: remat [-h] COMMAND ...

positional arguments:
  COMMAND
    opt (fit)
              rewrites a training step
    zoo       lists and exports

options:
  -h, --help  show this help message and exit
"""


class Commands(unittest.TestCase):
    def unknown(self, text: str) -> list[tuple[int, str]]:
        return commands.unknown(text, COMMANDS)

    def test_help_lists_names_and_other_names(self):
        self.assertEqual(commands.listed(HELP), ["opt", "fit", "zoo"])
        self.assertEqual(commands.listed("usage: remat opt [-h] FILE\n"), [])

    def test_known_commands(self):
        text = "`remat opt step.mlir`, `remat fit`, `remat zoo\nlist` and `remat.jax`, `remat`"
        self.assertEqual(self.unknown(text), [])

    def test_unknown_commands(self):
        self.assertEqual(self.unknown("# A\n`remat rewrite` it"), [(2, "rewrite")])
        self.assertEqual(self.unknown("`remat zoo show`"), [(1, "zoo show")])

    def test_fenced_blocks_are_left_out(self):
        self.assertEqual(self.unknown("```sh\n`remat rewrite`\n```\n`remat bake`"), [(4, "bake")])

    def test_the_commands_of_the_tree_are_found(self):
        found = commands.registered(Path(__file__).resolve().parents[2])
        self.assertLessEqual({"opt", "fit", "plan", "report", "bench"}, set(found))
        self.assertEqual(found["zoo"], ["list", "export"])


if __name__ == "__main__":
    unittest.main()
