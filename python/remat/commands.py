# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What every subcommand of `remat` has: its help, and the exit codes below it."""

from __future__ import annotations

import argparse

EPILOG = """\
exit codes: 0 done; 1 refused (a budget that cannot be met, a check that failed); 2 bad input or
options; 130 interrupted. Output files are written whole or not at all."""


def add_command(
    commands: argparse._SubParsersAction,
    name: str,
    text: str,
    **more: object,
) -> argparse.ArgumentParser:
    """Returns a new subcommand `name`, described by `text`, a sentence."""
    return commands.add_parser(
        name,
        help=(text[0].lower() + text[1:].rstrip(".")).replace("%", "%%"),
        description=text,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        **more,
    )
