# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What was measured once, kept on disk by what it was measured on."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import json
import os
import tempfile
import warnings
import zlib
from pathlib import Path
from typing import Any

from remat.errors import RematError, RematWarning

#: The oldest entries go when all together are larger.
LIMIT = 512 * 1024 * 1024
_SUFFIX = ".json.gz"
_ADVICE = "set REMAT_CACHE to a folder that can be written"
#: A write that was killed leaves a file of this kind; one this old is nobody's any more.
_PARTIAL = ".partial"
_STALE_S = 3600.0


def folder() -> Path:
    """Returns where entries are kept: $REMAT_CACHE, else remat in the user's cache folder."""
    chosen = os.environ.get("REMAT_CACHE")
    if chosen:
        return Path(chosen)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "remat"


def key(*parts: str) -> str:
    """Returns the name of the entry for `parts`, in their order."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        digest.update(f"\n{len(data)}:".encode())
        digest.update(data)
    return digest.hexdigest()


def load(name: str) -> dict[str, Any] | None:
    """Returns the entry `name`, or None if there is none that can be read."""
    path = folder() / (name + _SUFFIX)
    try:
        data = json.loads(gzip.decompress(path.read_bytes()))
    except (OSError, EOFError, ValueError, zlib.error):
        return None
    if not isinstance(data, dict):
        return None
    with contextlib.suppress(OSError):  # another user's cache: entries age as if unused
        os.utime(path)
    return data


def store(name: str, data: dict[str, Any]) -> None:
    """Keeps `data` as the entry `name`, whole or not at all.

    A folder that cannot be written and a full disk are no error, but told once.
    """
    root = folder()
    packed = gzip.compress(json.dumps(data).encode(), 6, mtime=0)
    partial = None
    try:
        root.mkdir(parents=True, exist_ok=True)
        handle, partial = tempfile.mkstemp(suffix=_PARTIAL, dir=root)
        with os.fdopen(handle, "wb") as file:
            file.write(packed)
        os.replace(partial, root / (name + _SUFFIX))
        partial = None
        trim(LIMIT)
    except OSError as error:
        _tell(root, error)
    finally:
        if partial is not None:
            Path(partial).unlink(missing_ok=True)


#: Folders of which was told that nothing is kept there.
_told: set[Path] = set()


def _tell(root: Path, error: OSError) -> None:
    if root not in _told:
        _told.add(root)
        warnings.warn(
            f"{root}: measurements are not kept, and will be made again: {error.strerror}; "
            f"{_ADVICE}",
            RematWarning,
            stacklevel=3,
        )


def check() -> None:
    """Errors: RematError if measurements are neither in the folder nor could be kept there."""
    root = folder()
    try:
        os.scandir(root).close()
        return
    except FileNotFoundError:
        pass
    except OSError as error:
        raise RematError(f"{root}: cannot be read: {error.strerror}; {_ADVICE}") from error
    above = next(one for one in root.absolute().parents if one.exists())
    if not os.access(above, os.W_OK | os.X_OK):
        raise RematError(f"{root}: cannot be made: {above} may not be written; {_ADVICE}")


def entries() -> list[tuple[Path, os.stat_result]]:
    """Returns the entries with their sizes and times of last use, the oldest first."""
    found = []
    try:
        for one in os.scandir(folder()):
            if one.name.endswith((_SUFFIX, _PARTIAL)):
                try:
                    found.append((Path(one.path), one.stat()))
                except OSError:
                    continue  # gone meanwhile
    except OSError:
        return []
    return sorted(found, key=lambda entry: (entry[1].st_mtime, entry[0].name))


def trim(limit: int) -> None:
    """Removes the oldest entries until all together are within `limit` bytes."""
    found = entries()
    total = sum(stat.st_size for _, stat in found)
    newest = found[-1][1].st_mtime if found else 0.0
    for path, stat in found:
        stale = path.name.endswith(_PARTIAL) and stat.st_mtime < newest - _STALE_S
        if total <= limit and not stale:
            continue
        total -= stat.st_size
        try:
            path.unlink(missing_ok=True)
        except OSError:
            continue


def clear() -> int:
    """Removes every entry and returns how many there were.

    Errors: RematError if some may not be removed; the others are.
    """
    found = entries()
    refused = []
    for path, _ in found:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            refused.append(error)
    if refused:
        raise RematError(
            f"{folder()}: removed {len(found) - len(refused)} of {len(found)} measurements, for "
            f"the others: {refused[0].strerror}; remove them as their owner, or set REMAT_CACHE to "
            "a folder of your own"
        )
    return len(found)
