# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Every spelling of a module is read, keeps its locations, and is written back."""

from __future__ import annotations

import lzma
import stat
import struct
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from remat import convert
from remat.convert import Format
from remat.errors import InputError
from remat.opaque_export import OpaqueExport


@pytest.fixture(scope="module")
def spellings(exported):
    """The same module in each format, as frameworks write it."""
    module = convert.from_exported(exported)
    return {
        Format.GENERIC: module.text.encode(),
        Format.PRETTY: exported.mlir_module().encode(),
        Format.PORTABLE: exported.mlir_module_serialized,
        Format.EXPORT: bytes(exported.serialize()),
    }


@pytest.mark.parametrize("form", list(Format))
def test_reads_each_format_as_generic_text(spellings, form):
    module = convert.parse_module(spellings[form], "step")
    assert module.format is form
    assert convert.detect_text(module.text) is Format.GENERIC
    assert '"stablehlo.dot_general"' in module.text
    assert "tf.aliasing_output = 1" in module.text, "donation"
    assert "transpose(jvp())" in module.text, "locations"


@pytest.mark.parametrize("form", list(Format))
def test_writing_back_and_reading_again_changes_nothing(spellings, form):
    module = convert.parse_module(spellings[form], "step")
    again = convert.parse_module(convert.render(module, form), "step")
    assert again.format is form
    assert again.text == module.text


def test_xz_is_unpacked(spellings):
    module = convert.parse_module(lzma.compress(spellings[Format.PORTABLE]), "step.xz")
    assert module.format is Format.PORTABLE


def test_replaced_program_runs_and_keeps_the_signature(exported):
    again = convert.replace_module(exported, convert.from_exported(exported))
    arguments = (jnp.eye(4), jnp.ones((2, 4)), jax.random.key(3))
    for before, after in zip(exported.call(*arguments), again.call(*arguments)):
        assert np.asarray(before).tobytes() == np.asarray(after).tobytes()
    assert again.in_tree == exported.in_tree


def test_replaced_program_is_the_one_that_runs(exported):
    module = convert.from_exported(exported)
    assert module.text.count('"stablehlo.tanh"') == 2
    other = module.replace_text(module.text.replace('"stablehlo.tanh"', '"stablehlo.sine"'))
    arguments = (jnp.eye(4), jnp.ones((2, 4)), jax.random.key(3))
    before = exported.call(*arguments)[0]
    after = convert.replace_module(exported, other).call(*arguments)[0]
    assert before != after


def test_text_without_jax_dialects_is_handed_on_as_it_is():
    text = b"func.func @main() { return }\n"
    module = convert.parse_module(text, "step")
    assert module.format is Format.PRETTY
    assert convert.render(module, Format.PRETTY) == text


def test_comments_and_aliases_do_not_hide_the_spelling():
    head = '// "a" comment\n#loc = loc(unknown)\n'
    assert convert.detect_text(head + '"builtin.module"() ({}) : () -> ()') is Format.GENERIC
    assert convert.detect_text(head + "module {}") is Format.PRETTY


BAD = {
    "empty": (b"  \n", "step: the file is empty; expected StableHLO text, a portable artifact"),
    "neither": (b"\x80\x81\x82", "step: neither text nor bytecode (byte 0 is not UTF-8)"),
    "bytecode": (
        b"ML\xefR\x0dMLIR22.1.8\0abc",
        "step: plain MLIR bytecode (producer 'MLIR22.1.8'), which loses the properties",
    ),
    "pretty": (b"module {\n  stablehlo.add\n}", "step: not a valid module: line 2, column 16: "),
    "damaged xz": (lzma.compress(b"module {}")[:20], "step: the xz data is damaged"),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_input_names_the_file_and_the_culprit(what):
    data, message = BAD[what]
    with pytest.raises(InputError) as caught:
        convert.parse_module(data, "step")
    assert str(caught.value).startswith(message)
    assert not str(caught.value).endswith(".")


@pytest.mark.parametrize(
    "form, message",
    [
        (Format.PORTABLE, "step: a damaged portable artifact (StableHLO_v"),
        (Format.EXPORT, "step: not a readable jax.export file (it is truncated or damaged, "),
    ],
)
def test_truncated_binary_is_refused(spellings, form, message):
    data = spellings[form]
    with pytest.raises(InputError) as caught:
        convert.parse_module(data[: len(data) // 2], "step")
    assert str(caught.value).startswith(message)


def test_export_needs_an_export(spellings):
    module = convert.parse_module(spellings[Format.PRETTY], "step.mlir")
    with pytest.raises(InputError, match="step.mlir: cannot be written as a jax.export file"):
        convert.render(module, Format.EXPORT)


def test_what_vhlo_cannot_hold_is_refused():
    text = '"builtin.module"() ({ "foo.bar"() : () -> () }) : () -> ()'
    module = convert.Module("step", text, Format.GENERIC)
    with pytest.raises(InputError, match="step: not a valid module"):
        convert.render(module, Format.PORTABLE)


def test_missing_file(tmp_path):
    with pytest.raises(InputError, match="nowhere.mlir: cannot be read: No such file"):
        convert.read_module(tmp_path / "nowhere.mlir")


def test_output_is_whole_or_absent(tmp_path, monkeypatch):
    target = tmp_path / "out.mlir"
    target.write_bytes(b"old")

    def fail(self, other):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.replace", fail)
        with pytest.raises(KeyboardInterrupt):
            convert.write_atomically(target, b"new")
    assert target.read_bytes() == b"old"
    convert.write_atomically(target, b"new")
    assert target.read_bytes() == b"new"
    assert [path.name for path in tmp_path.iterdir()] == ["out.mlir"]
    assert stat.S_IMODE(target.stat().st_mode) & 0o400


def test_output_folder_is_missing(tmp_path):
    with pytest.raises(InputError, match="cannot be written: No such file"):
        convert.write_atomically(tmp_path / "no" / "out.mlir", b"")


def test_odd_file_names_are_locations(exported):
    name = 'a b/"é\\\n".mlir'
    module = convert.parse_module(str(exported.mlir_module()).encode(), name)
    assert r'loc("a b/\22\C3\A9\5C\0A\22.mlir":' in module.text
    assert convert.parse_module(module.text.encode(), name).text == module.text
    assert b"stablehlo.tanh" in convert.render(module, Format.PRETTY)


class Weights(NamedTuple):
    """A type that `jax.export` writes only once it is registered."""

    first: jax.Array
    second: jax.Array


@pytest.fixture(scope="module")
def unknown_tree():
    """A jax.export file whose trees hold `Weights`, unknown to this process, and its call."""
    jax.export.register_namedtuple_serialization(Weights, serialized_name="tests.Weights")

    def step(weights, x):
        return Weights(jnp.tanh(weights.first @ x), weights.second + 1), jnp.sum(x)

    one = jnp.arange(16.0).reshape(4, 4) / 16
    exported = jax.export.export(jax.jit(step))(Weights(one, one), one)
    from jax._src.export._export import deserialization_registry as known

    entry = known.pop("tests.Weights")

    def call(data):
        known["tests.Weights"] = entry
        try:
            return jax.export.deserialize(bytearray(data)).call(Weights(one, one), one)
        finally:
            del known["tests.Weights"]

    yield bytes(exported.serialize()), call
    known["tests.Weights"] = entry


def test_exports_with_unknown_trees_keep_them(unknown_tree):
    data, call = unknown_tree
    with pytest.raises(ValueError, match="unregistered type"):
        jax.export.deserialize(bytearray(data))
    module = convert.parse_module(data, "step")
    assert module.format is Format.EXPORT
    assert module.platforms == ("cpu",)
    other = module.replace_text(module.text.replace("stablehlo.tanh", "stablehlo.cosine"))
    for one, wanted in ((module, jnp.tanh), (other, jnp.cos)):
        written = convert.render(one, Format.EXPORT)
        again = convert.parse_module(written, "again")
        assert convert.render(again, Format.GENERIC) == convert.render(
            convert.parse_module(convert.render(one, Format.PORTABLE), "p"), Format.GENERIC
        )
        found, _ = call(written)
        one_weight = jnp.arange(16.0).reshape(4, 4) / 16
        assert isinstance(found, Weights)
        np.testing.assert_allclose(found.first, wanted(one_weight @ one_weight), rtol=1e-6)
    assert b"tanh_v" in data, "the op in a portable artifact"
    assert b"tanh_v" not in convert.render(other, Format.EXPORT)


def test_damaged_exports_with_unknown_trees(unknown_tree):
    data, _ = unknown_tree
    start = data.find(b"ML\xefR")
    name = data.rfind(b"step")  # behind it is padding
    for end in [*range(start + 4, name, max(1, (name - start) // 20)), name, name + 3]:
        with pytest.raises(InputError, match="step: "):
            convert.parse_module(data[:end], "step")


@pytest.mark.parametrize(("place", "what"), [(6, "name"), (30, "program")])
def test_exports_with_unknown_trees_that_lack_a_part(unknown_tree, place, what):
    data = bytearray(unknown_tree[0])
    (root,) = struct.unpack_from("<I", data, 0)
    (back,) = struct.unpack_from("<i", data, root)
    struct.pack_into("<H", data, root - back + place, 0)
    with pytest.raises(ValueError, match=f"^it holds no {what}$"):
        _ = OpaqueExport(bytes(data)).mlir_module_serialized
