# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Reads what frameworks write and gives generic MLIR text, and back.

The C++ tools exchange generic text only: it needs no StableHLO dialect to parse and
loses nothing. Everything here goes through jaxlib's own parser.
"""

from __future__ import annotations

import dataclasses
import lzma
import os
import re
import struct
import sys
import tempfile
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from remat.errors import InputError
from remat.opaque_export import OpaqueExport

_BYTECODE = b"ML\xefR"
_XZ = b"\xfd7zXZ\x00"
#: The first operation of a module: quoted in generic text, bare in pretty text.
_FIRST_OP = re.compile(r"^\s*(?:%[^=\n]*=\s*)?(?P<quote>\"?)[a-z_]+(?:\.[a-z_0-9]+)*", re.MULTILINE)
_NOT_OPS = re.compile(r"^\s*(?://.*|[#!][\w$.-]+\s*=.*|\{-#.*)$", re.MULTILINE)
_JAX_DIALECTS = re.compile(r"\b(?:stablehlo|chlo|sdy|mhlo)\.")


class Format(Enum):
    """How a file spells a module."""

    GENERIC = "generic"  #: MLIR text, every op in quotes
    PRETTY = "pretty"  #: MLIR text as `str(lowered.compiler_ir())` prints it
    PORTABLE = "portable"  #: StableHLO portable artifact (VHLO bytecode)
    EXPORT = "export"  #: what `jax.export.Exported.serialize()` writes


@dataclass(frozen=True)
class Module:
    """A module as generic text, and what is needed to write it back.

    Attributes:
        name: the file it came from, for messages.
        text: generic MLIR text with locations.
        format: the spelling it was read in.
        exported: the `jax.export.Exported` around it, for Format.EXPORT; an `OpaqueExport`
            where its trees are of types that this process does not know.
        platforms: what that export was lowered for ("cpu", "cuda", ...).
    """

    name: str
    text: str
    format: Format
    exported: Any = None
    platforms: tuple[str, ...] = ()

    def replace_text(self, text: str) -> Module:
        """Returns the same module around another generic text."""
        return dataclasses.replace(self, text=text)


def read_module(path: Path) -> Module:
    """Reads a file in any `Format`, xz-compressed or not.

    Errors: InputError naming the file, what was found and what to do.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    return parse_module(data, str(path))


def parse_module(data: bytes, name: str) -> Module:
    """Parses the bytes of a file in any `Format`. Errors as `read_module`."""
    if data.startswith(_XZ):
        try:
            data = lzma.decompress(data)
        except (lzma.LZMAError, EOFError) as error:
            raise InputError(f"{name}: the xz data is damaged: {error}") from error
    if not data.strip():
        raise InputError(
            f"{name}: the file is empty; expected StableHLO text, a portable "
            "artifact or a jax.export file"
        )
    if data.startswith(_BYTECODE):
        return Module(name, _text_of_portable(data, name), Format.PORTABLE)
    if _BYTECODE in data:
        return _parse_export(data, name)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{name}: neither text nor bytecode (byte {error.start} is not UTF-8); expected "
            "StableHLO text, a portable artifact or a jax.export file"
        ) from error
    if detect_text(text) is Format.GENERIC:
        return Module(name, text, Format.GENERIC)
    if not _JAX_DIALECTS.search(text):
        # Upstream dialects in their pretty form: remat-opt reads them itself.
        return Module(name, text, Format.PRETTY)
    generic = generic_text(parse_text(text, name))
    # jaxlib's parser calls the text "-"; reports and messages name the file.
    return Module(name, generic.replace('loc("-":', f"loc({string_literal(name)}:"), Format.PRETTY)


def detect_text(text: str) -> Format:
    """Returns GENERIC if the first operation of `text` is in quotes, else PRETTY."""
    match = _FIRST_OP.search(_NOT_OPS.sub("", text))
    return Format.GENERIC if match and match["quote"] else Format.PRETTY


def render(module: Module, format: Format) -> bytes:
    """Returns the bytes of `module` in `format`.

    Errors: InputError if the text does not parse, or `format` is EXPORT and the module
    did not come from an export.
    """
    if format is Format.GENERIC:
        return _ended(module.text).encode("utf-8")
    if format is Format.EXPORT:
        if module.exported is None:
            raise InputError(
                f"{module.name}: cannot be written as a jax.export file, because it was not read "
                f"from one (found {module.format.value}); use --format=portable"
            )
        return bytes(replace_module(module.exported, module).serialize())
    if format is Format.PRETTY and not _JAX_DIALECTS.search(module.text):
        return _ended(module.text).encode("utf-8")
    parsed = parse_text(module.text, module.name)
    if format is Format.PRETTY:
        return _ended(parsed.operation.get_asm(enable_debug_info=True)).encode("utf-8")
    return _portable(parsed, module.name)


def replace_module(exported: Any, module: Module) -> Any:
    """Returns `exported` with `module` as its program; signature and trees are kept."""
    program = _portable(parse_text(module.text, module.name), module.name)
    if isinstance(exported, OpaqueExport):
        return exported.replace_module(program)
    return dataclasses.replace(exported, mlir_module_serialized=program)


def from_exported(exported: Any) -> Module:
    """Returns the program of a `jax.export.Exported`, with its locations."""
    name = exported.fun_name
    text = _text_of_portable(exported.mlir_module_serialized, name)
    return Module(name, text, Format.EXPORT, exported)


def string_literal(text: str) -> str:
    """Returns `text` as MLIR writes it in quotes: odd bytes in hex, as in "a\\22b"."""
    words = (
        chr(byte) if 32 <= byte < 127 and byte not in b'"\\' else f"\\{byte:02X}"
        for byte in text.encode("utf-8", "replace")
    )
    return f'"{"".join(words)}"'


def write_atomically(path: Path, data: bytes) -> None:
    """Writes `data` to `path`: whole, or not at all.

    Errors: InputError naming the file.
    """
    temporary = None
    try:
        with tempfile.NamedTemporaryFile(
            dir=path.parent, prefix=f".{path.name}.", delete=False
        ) as file:
            temporary = Path(file.name)
            file.write(data)
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(0o666 & ~mask)
        temporary.replace(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}") from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def emit(data: bytes, output: Path | None) -> None:
    """Writes `data` to `output`, or to stdout if that is None.

    Errors: InputError naming the file, or if it is binary and stdout is a terminal.
    """
    if output is not None:
        write_atomically(output, data)
        return
    if sys.stdout.isatty() and b"\0" in data:
        raise InputError("the result is binary and stdout is a terminal; use -o FILE")
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def _ended(text: str) -> str:
    return text if text.endswith("\n") else text + "\n"


def open_context() -> Any:
    """Returns a new context with the dialects that JAX knows."""
    from jax.interpreters import mlir

    return mlir.make_ir_context()


def generic_text(module: Any) -> str:
    """Returns a module of jaxlib's as generic text, with its locations."""
    return module.operation.get_asm(print_generic_op_form=True, enable_debug_info=True)


def legalise_chlo(module: Any) -> Any:
    """Writes the CHLO ops of a module of jaxlib's with StableHLO's, and returns it."""
    from jaxlib.mlir.dialects import stablehlo
    from jaxlib.mlir.passmanager import PassManager

    stablehlo.register_stablehlo_passes()
    with module.context:
        PassManager.parse("builtin.module(func.func(chlo-legalize-to-stablehlo))").run(
            module.operation
        )
    return module


def parse_text(text: str, name: str, context: Any = None) -> Any:
    """Parses text of any dialect that JAX knows, in `context` or a new one.

    Errors: InputError with the place of the first mistake.
    """
    from jaxlib.mlir import ir

    with context or open_context():
        try:
            return ir.Module.parse(text)
        except (ir.MLIRError, ValueError) as error:
            raise InputError(f"{name}: not a valid module: {first_line(error)}") from error


def first_line(error: Exception) -> str:
    """Returns the first diagnostic of an MLIRError on one line."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    useful = [line for line in lines if "error:" in line]
    text = (useful or lines or [type(error).__name__])[0].removeprefix("error: ")
    return re.sub(r'^"-":(\d+):(\d+): ', r"line \1, column \2: ", text)


def _portable(module: Any, name: str) -> bytes:
    from jaxlib.mlir import ir
    from jaxlib.mlir.dialects import stablehlo

    with module.context:
        try:
            return stablehlo.serialize_portable_artifact(
                module, stablehlo.get_current_version(), True
            )
        except (ir.MLIRError, ValueError) as error:
            raise InputError(
                f"{name}: cannot be written as a portable artifact: {first_line(error)}; "
                "use --format=generic"
            ) from error


def _producer(data: bytes) -> str:
    """Returns the producer in a bytecode header, which follows magic and version."""
    end = data.find(b"\0", 5)
    return data[5 : end if end >= 0 else 5].decode("utf-8", "replace")


def _text_of_portable(data: bytes, name: str) -> str:
    from jaxlib.mlir import ir
    from jaxlib.mlir.dialects import stablehlo

    producer = _producer(data)
    if not producer.startswith("StableHLO_v"):
        raise InputError(
            f"{name}: plain MLIR bytecode (producer '{producer}'), which loses the properties of "
            "operations when another version reads it; write text, or a portable artifact"
        )
    context = open_context()
    with context:
        try:
            module = stablehlo.deserialize_portable_artifact(context, data)
        except (ir.MLIRError, ValueError) as error:
            raise InputError(
                f"{name}: a damaged portable artifact ({producer}, {len(data)} B): "
                f"{first_line(error)}; write it again"
            ) from error
        if module is None:
            raise InputError(
                f"{name}: a damaged portable artifact ({producer}, {len(data)} B); write it again"
            )
        return generic_text(module)


def _parse_export(data: bytes, name: str) -> Module:
    from jax import export

    try:
        try:
            exported = export.deserialize(bytearray(data))
        except ValueError as error:
            if "unregistered type" not in str(error):
                raise
            exported = OpaqueExport(data)
        program = exported.mlir_module_serialized
        platforms = tuple(exported.platforms)
    except Exception as error:  # flatbuffers raises struct, index, key and value errors
        cut = isinstance(error, (struct.error, IndexError))
        what = (
            "it is truncated or damaged" if cut else f"{type(error).__name__}: {first_line(error)}"
        )
        raise InputError(
            f"{name}: not a readable jax.export file ({what}, {len(data)} B); write it again with "
            "Exported.serialize() of this JAX version"
        ) from error
    return Module(name, _text_of_portable(program, name), Format.EXPORT, exported, platforms)
