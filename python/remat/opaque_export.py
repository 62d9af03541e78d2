# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A jax.export file whose trees this process cannot build.

`jax.export.deserialize` needs every type of the step's arguments and results (the
states of an optimiser, say) registered in the process. Rewriting needs the program
only, so the rest of the file stays as it is, byte for byte.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

#: Places of `function_name`, `platforms` and `mlir_module_serialized` in the vtable of `Exported`;
#: schemas only ever add.
_NAME_SLOT, _PLATFORMS_SLOT, _MODULE_SLOT = 6, 22, 30


@dataclass(frozen=True)
class OpaqueExport:
    """The bytes of a jax.export file, of which only the program is read and replaced."""

    data: bytes

    @property
    def mlir_module_serialized(self) -> bytes:
        """The program, a portable artifact. Errors: struct.error or ValueError if damaged."""
        # JAX writes the name first, and what is written first stands last in the
        # file: with it the file is whole.
        self._read(_NAME_SLOT, "name")
        return self._read(_MODULE_SLOT, "program")

    @property
    def platforms(self) -> tuple[str, ...]:
        """The platforms it was lowered for. Errors: struct.error or ValueError if damaged."""
        start = self._vector(_PLATFORMS_SLOT, "platforms")
        (count,) = struct.unpack_from("<I", self.data, start)
        fields = range(start + 4, start + 4 + 4 * count, 4)
        return tuple(self._content(self._target(at), "platforms").decode() for at in fields)

    def replace_module(self, module: bytes) -> OpaqueExport:
        """Returns the file with `module` as its program; all else keeps its place.

        The new program stands at the end, and zeros where the old one was.
        """
        field = self._field(_MODULE_SLOT, "program")
        old = self._vector(_MODULE_SLOT, "program")
        data = bytearray(self.data)
        length = len(self.mlir_module_serialized)
        data[old + 4 : old + 4 + length] = bytes(length)
        data += bytes(-len(data) % 4)
        struct.pack_into("<I", data, field, len(data) - field)
        data += struct.pack("<I", len(module)) + module
        return OpaqueExport(bytes(data))

    def serialize(self) -> bytes:
        """Returns the file."""
        return self.data

    def _read(self, place: int, what: str) -> bytes:
        """Returns the string or vector `what`, whose slot is at `place` of the vtable.

        Errors: struct.error or ValueError if it is missing or cut off.
        """
        return self._content(self._vector(place, what), what)

    def _content(self, start: int, what: str) -> bytes:
        """Returns the string or vector `what`, whose length stands at `start`."""
        (length,) = struct.unpack_from("<I", self.data, start)
        content = self.data[start + 4 : start + 4 + length]
        if len(content) != length:
            raise ValueError(f"the {what} ends after {len(content)} of {length} B")
        return content

    def _field(self, place: int, what: str) -> int:
        """Returns where the offset of a string or vector stands in the root table."""
        (root,) = struct.unpack_from("<I", self.data, 0)
        (back,) = struct.unpack_from("<i", self.data, root)
        (slot,) = struct.unpack_from("<H", self.data, root - back + place)
        if slot == 0:
            raise ValueError(f"it holds no {what}")
        return root + slot

    def _vector(self, place: int, what: str) -> int:
        """Returns where the length of a string or vector stands, before its content."""
        return self._target(self._field(place, what))

    def _target(self, field: int) -> int:
        return field + struct.unpack_from("<I", self.data, field)[0]
