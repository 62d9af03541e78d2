# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What the command `remat` starts: `remat.cli`, and a quiet end if it is interrupted."""

from __future__ import annotations

import os
import signal
import sys


def main() -> int:
    """Runs the command line and returns the exit code; 130 if interrupted while loading."""
    default = signal.getsignal(signal.SIGINT)
    if default is signal.default_int_handler:  # else the caller has it ignored
        signal.signal(signal.SIGINT, lambda *_: os._exit(130))
    from remat import cli

    signal.signal(signal.SIGINT, default)
    return cli.main()


if __name__ == "__main__":
    sys.exit(main())
