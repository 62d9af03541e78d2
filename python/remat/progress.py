# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Says what is going on, on stderr, as soon as it takes longer than two seconds."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

#: Steps shorter than this many seconds stay silent.
PATIENCE_S = 2.0


@contextmanager
def step(what: str, console: Console | None = None) -> Iterator[None]:
    """Shows `what` while the body runs, once it has run for `PATIENCE_S`.

    A terminal gets a spinner that goes away at the end; anything else gets one line.
    """
    out = console or Console(stderr=True)
    done = threading.Event()

    def watch() -> None:
        if done.wait(PATIENCE_S):
            return
        if not out.is_terminal:
            out.print(f"{what} ...", markup=False, highlight=False, soft_wrap=True)
            return
        with out.status(what):
            done.wait()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
