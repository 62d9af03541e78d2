# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What subcommands of `remat` share: their help, the exit codes below it, and --force."""

from __future__ import annotations

import argparse
import difflib
import importlib
from collections.abc import Callable
from typing import NoReturn

from remat.errors import InputError

EPILOG = """\
exit codes: 0 done; 1 refused (a budget that cannot be met, a check that failed); 2 bad input or
options; 130 interrupted, 143 terminated. Output files are written whole or not at all."""


class CommandParser(argparse.ArgumentParser):
    """A parser that names an unknown option first: the misspelt one is why another is missing.

    Attributes:
        fill: adds the options when the subcommand is chosen; None once it has.
    """

    fill: Callable[[CommandParser], None] | None = None
    _words: tuple[str, ...] = ()

    def parse_known_args(self, args=None, namespace=None):
        """Parses as argparse does, and remembers the words for `error`."""
        self._words = tuple(args or ())
        if self.fill is not None:
            fill, self.fill = self.fill, None
            fill(self)
        return super().parse_known_args(args, namespace)

    def error(self, message: str) -> NoReturn:
        """Exits with 2 and `message`, or the name of the first unknown option."""
        known = list(self._option_string_actions)
        for word in self._words:
            option = word.partition("=")[0]
            if word == "--":
                break
            if option.startswith("--") and not any(one.startswith(option) for one in known):
                close = difflib.get_close_matches(option, known, n=1)
                hint = f"; did you mean {close[0]}?" if close else "; see --help"
                super().error(f"unknown option {option}{hint}")
        super().error(message)


def add_command(
    commands: argparse._SubParsersAction,
    name: str,
    text: str,
    **more: object,
) -> CommandParser:
    """Returns a new subcommand `name`, described by `text`, a sentence."""
    return commands.add_parser(
        name,
        help=(text[0].lower() + text[1:].rstrip(".")).replace("%", "%%"),
        description=text,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        **more,
    )


def add_lazily(
    commands: argparse._SubParsersAction, name: str, text: str, module: str, function: str
) -> None:
    """Adds a subcommand whose options `function(parser)` of `module` adds.

    The module is imported when the subcommand is chosen: the others, and `remat --help`, start
    without it and what it needs.
    """

    def fill(parser: CommandParser) -> None:
        getattr(importlib.import_module(module), function)(parser)

    add_command(commands, name, text).fill = fill


def add_force(parser: argparse.ArgumentParser) -> None:
    """Adds --force."""
    parser.add_argument(
        "--force",
        action="store_true",
        help="replace files that are there already; without it they are refused",
    )


def expect_new(arguments: argparse.Namespace, *options: str) -> None:
    """Checks that no file is replaced unasked.

    Args:
        arguments: of a command that has --force.
        options: those that name a file to write, without dashes.

    Errors: InputError if such a file is there and --force is not given.
    """
    for option in options:
        path = getattr(arguments, option)
        if path is not None and path.is_file() and not arguments.force:
            resume = ", or continue it with --resume" if hasattr(arguments, "resume") else ""
            raise InputError(
                f"--{option}={path}: the file exists; name another one, replace it with "
                f"--force{resume}"
            )
