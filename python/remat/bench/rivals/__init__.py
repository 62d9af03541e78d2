# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Other tools' ways to choose what is recomputed, as simulators on the same graphs as ours.

Every rival gets a `Step`, plans schedules for it, and is judged by `simulate`, which no rival and
no strategy of ours uses. Each also reproduces a figure that its authors published, or that was
measured on their code: see `python/tests/test_rivals.py`.
"""
