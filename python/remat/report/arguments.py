# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The names that a program's arguments have for the user, from their locations."""

from __future__ import annotations

import re

_NAME = re.compile(r'"func\.func"\(\) <\{.*?\bsym_name = "(\w+)".*?\}>.*?\(\{\n\s*\^bb0\((.*)\):')
_STRING = r'"((?:[^"\\]|\\.)*)"'
#: An argument, the name in its location, an alias in its place, or another string.
_TOKEN = re.compile(rf"(%[\w$.-]+): |loc\({_STRING}\)|loc\(#(loc\d*)\)|{_STRING}")


def argument_names(text: str, count: int, entry: str = "main") -> list[str] | None:
    """Returns a name for each of the `count` arguments of a generic module's entry function,
    or None where it has no such function or not that many arguments.

    JAX names an argument by its place in the caller's trees: "state['params']['kernel']".
    An argument without such a name keeps the one of the text: "%arg0".
    """
    for match in _NAME.finditer(text):
        if match[1] == entry:
            return _names(match[2], text, count)
    return None


def _names(header: str, text: str, count: int) -> list[str] | None:
    found: list[str] = []
    for match in _TOKEN.finditer(header):
        argument, name, alias = match[1], match[2], match[3]
        if argument:
            found.append(f"%arg{len(found)}")
        elif alias:
            line = re.search(rf"^#{alias} = loc\({_STRING}\)$", text, re.MULTILINE)
            name = line and line[1]
        if name and found:
            found[-1] = name
    return found if len(found) == count else None
