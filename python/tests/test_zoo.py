# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The zoo holds the published architectures, and its small models train."""

from __future__ import annotations

import dataclasses
import os
import pathlib
import re
import subprocess
import sys

import jax
import numpy as np
import pytest
import step_liveness
from remat import cli, convert, zoo
from remat.convert import Format
from remat.errors import InputError
from remat.zoo.layers import Resize

SMALL = [model.name for model in zoo.models() if model.small]
LARGE = [model.name for model in zoo.models() if not model.small]

#: Trainable parameters. torchvision 0.20 lists ResNet-50/152, VGG-19, DenseNet-161 and ViT-B/16;
#: GPT-2 counts the head once (shared with the embedding); Mixer-B/16 is the ImageNet-1k head of
#: timm; U-Net and GoogLeNet are the parameter bytes / 4 of the graphs published with Kusumoto et
#: al. 2019 (pfnet-research/recompute). PSPNet and the LSTM are counted by hand in the tests below.
PUBLISHED = {
    "unet_b8_572": 31_100_354,
    "resnet50_b96": 25_557_032,
    "resnet152_b48": 60_192_808,
    "vgg19_b64": 143_667_240,
    "densenet161_b32": 28_681_000,
    "googlenet_b256": 13_378_280,
    "resnet50_b32": 25_557_032,
    "gpt2s_b8_s1024": 124_439_808,
    "gpt2m_b4_s1024": 354_823_168,
    "vitb16_b32": 86_567_656,
    "mixerb16_b64_adam": 59_880_472,
}


def compile_fast(step):
    """Compiles a step without LLVM's optimisations: several times faster to build."""
    jitted = jax.jit(step.step, donate_argnums=step.donate_argnums)
    options = {"xla_backend_optimization_level": 0}
    return jitted.lower(*step.example_args).compile(compiler_options=options)


def shapes(tree):
    return jax.tree.map(lambda leaf: (tuple(leaf.shape), str(leaf.dtype)), tree)


def test_registry_is_complete():
    assert len({model.name for model in zoo.models()}) == len(zoo.models())
    batches = {name: zoo.get(model).batch for name, model in zoo.PAPER_NETWORKS.items()}
    assert batches == {
        "PSPNet": 2,
        "U-Net": 8,
        "ResNet50": 96,
        "ResNet152": 48,
        "VGG19": 64,
        "DenseNet161": 32,
        "GoogLeNet": 256,
    }
    others = [
        *zoo.PAPER_NETWORKS.values(),
        "resnet50_b32",
        "gpt2s_b8_s1024",
        "gpt2m_b4_s1024",
        "vitb16_b32",
        "lstm_u100",
        "mixerb16_b64_adam",
        "mlp_l32",
    ]
    assert others == LARGE
    families = {model.family for model in zoo.models() if not model.small}
    # One small model of each family (PSPNet is a ResNet with a pyramid), and the MLP.
    assert {zoo.get(name).family for name in SMALL} == families - {"PSPNet"} | {"MLP"}
    assert all(model.source and model.description for model in zoo.models())


@pytest.mark.parametrize(("name", "count"), PUBLISHED.items())
def test_parameter_count_is_the_published_one(name, count):
    assert zoo.get(name).parameter_count() == count


def test_pspnet_is_a_resnet101_with_a_deep_stem_pyramid_and_two_heads():
    classes = 17

    def norm_conv(window, inputs, outputs):
        return window**2 * inputs * outputs + 2 * outputs

    stem = norm_conv(3, 3, 64) + norm_conv(3, 64, 64) + norm_conv(3, 64, 128)
    body, inputs = 0, 128
    for width, blocks in ((64, 3), (128, 4), (256, 23), (512, 3)):
        body += norm_conv(1, inputs, 4 * width)
        for _ in range(blocks):
            body += norm_conv(1, inputs, width) + norm_conv(3, width, width)
            body += norm_conv(1, width, 4 * width)
            inputs = 4 * width
    pyramid = 4 * norm_conv(1, 2048, 512)
    heads = norm_conv(3, 4096, 512) + norm_conv(3, 1024, 512) + 2 * (512 + 1) * classes
    count = stem + body + pyramid + heads
    assert zoo.get("pspnet101_b2_713").parameter_count() == count
    # The published graph counts 282,017,672 bytes.
    assert abs(4 * count / 282_017_672 - 1) < 0.001


def test_lstm_is_two_layers_with_one_kernel_for_four_gates():
    cells = 2 * (2 * 650 * 4 * 650 + 4 * 650)
    assert zoo.get("lstm_u100").parameter_count() == 2 * 10_000 * 650 + 10_000 + cells


@pytest.mark.parametrize("name", LARGE)
def test_large_step_returns_the_state_it_was_given_and_a_loss(name):
    step = zoo.get(name).build()
    state, loss = jax.eval_shape(step.step, *step.example_args)
    assert shapes(state) == shapes(step.example_args[0])
    assert (loss.shape, str(loss.dtype)) == ((), "float32")
    assert step.donate_argnums == (0,)


@pytest.mark.parametrize("name", SMALL)
def test_small_step_trains(name):
    model = zoo.get(name)
    step, arguments = model.build(), model.inputs(seed=0)
    assert shapes(arguments) == shapes(step.example_args)
    compiled = compile_fast(step)
    state, *batch = arguments
    losses = []
    for _ in range(2):
        state, loss = compiled(state, *batch)
        losses.append(float(loss))
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(state))
    assert losses[-1] < losses[0]
    before = jax.tree.leaves(arguments[0]["parameters"])
    changed = [
        (a != b).any() for a, b in zip(before, jax.tree.leaves(state["parameters"]), strict=True)
    ]
    assert all(changed)


@pytest.mark.parametrize("name", ["small_mlp", "small_gpt", "small_resnet"])
def test_checkpointed_blocks_compute_the_same(name):
    model = zoo.get(name)
    plain, arguments = model.build(), model.inputs(seed=0)
    losses, gradients = [], []
    for policy in (None, "nothing_saveable"):
        step = model.build(policy)
        assert shapes(step.example_args) == shapes(plain.example_args)
        state, loss = compile_fast(step)(*arguments)
        losses.append(float(loss))
        gradients.append(jax.tree.leaves(state["parameters"]))
        arguments = model.inputs(seed=0)
    assert losses[0] == losses[1]
    for before, after in zip(*gradients, strict=True):
        np.testing.assert_allclose(after, before, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", SMALL)
def test_policies_keep_less_and_less(name):
    counts = []
    for policy in ("dots_saveable", "dots_with_no_batch_dims_saveable", "nothing_saveable"):
        step = zoo.get(name).build(policy)
        text = jax.jit(step.step).lower(*step.example_args).as_text()
        assert "optimization_barrier" in text, "some block is checkpointed"
        counts.append(text.count("stablehlo.dot_general"))
    assert counts == sorted(counts)


def test_an_unknown_policy_is_refused():
    with pytest.raises(InputError, match="unknown checkpoint policy 'dots'; there are nothing_"):
        zoo.get("small_mlp").build("dots")


@pytest.mark.parametrize("name", SMALL)
def test_small_step_is_dominated_by_activations(name):
    liveness = step_liveness.measure(zoo.get(name).build())
    assert liveness.floor <= 0.35 * liveness.peak


def test_liveness_of_a_step_counted_by_hand():
    """w (4 B) donated; x (16 B). tanh, exp and the sum; then two gradients and the update."""
    from remat.zoo.step import Step

    def step(w, x):
        a = x * w  # 16 B, dead after b
        b = a + 1.0  # 16 B: two live, the peak
        loss = b.sum()
        return w + loss, loss

    example = (jax.ShapeDtypeStruct((), np.float32), jax.ShapeDtypeStruct((4,), np.float32))
    liveness = step_liveness.measure(Step(step, example, (0,)))
    assert dataclasses.astuple(liveness) == (20, 20 + 32, 20 + 32)


@pytest.mark.parametrize(("side", "size"), [(1, 5), (3, 5), (6, 13), (9, 9)])
def test_resize_is_bilinear(side, size):
    x = np.random.default_rng(0).standard_normal((2, side, side, 3), dtype=np.float32)
    ours = Resize(size).apply({}, x)
    theirs = jax.image.resize(x, (2, size, size, 3), "bilinear")
    np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_inputs_depend_on_the_seed_only():
    first, again, other = (zoo.get("small_vgg").inputs(seed) for seed in (1, 1, 2))
    same = jax.tree.map(np.array_equal, first, again)
    assert all(jax.tree.leaves(same))
    differs = jax.tree.map(lambda a, b: not np.array_equal(a, b), first, other)
    assert all(jax.tree.leaves(differs))


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """What `remat zoo export small_vgg` writes in each format."""
    folder = tmp_path_factory.mktemp("export")
    for form in ("generic", "pretty", "portable"):
        arguments = ["zoo", "export", "small_vgg", "--format", form, "-o", str(folder / form)]
        assert cli.main(arguments) == 0
    return folder


def test_export_holds_scopes_lines_and_donation(exported):
    text = (exported / "generic").read_text()
    assert convert.detect_text(text) is Format.GENERIC
    assert "chlo." not in text
    assert "jvp(TrainingLoss)/network/ConvStack_0/Conv_1/conv_general_dilated" in text
    assert "transpose(jvp(TrainingLoss))/network/ConvStack_0/ReLU_1" in text
    assert re.search(r'layers\.py":\d+', text)
    state = zoo.get("small_vgg").build().example_args[0]
    assert text.count("tf.aliasing_output") == len(jax.tree.leaves(state))


def test_exports_hold_one_program(exported):
    """Each format converts to the same generic text, up to the numbering of locations."""
    generic, pretty, portable = (
        convert.read_module(exported / form) for form in ("generic", "pretty", "portable")
    )
    assert (pretty.format, portable.format) == (Format.PRETTY, Format.PORTABLE)

    def operations(text):
        return re.findall(r'"(stablehlo\.\w+|func\.\w+)"', text)

    assert operations(pretty.text) == operations(generic.text)
    assert operations(portable.text) == operations(generic.text)
    assert "ConvStack_0/Conv_1/conv_general_dilated" in portable.text


def test_export_is_deterministic():
    """Two processes with different string hashes write the same bytes to stdout."""
    command = [sys.executable, "-m", "remat", "zoo", "export", "small_mlp"]
    path = str(pathlib.Path(cli.__file__).parents[1])
    first, second = (
        subprocess.run(
            command,
            check=True,
            capture_output=True,
            env={**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    )
    assert first == second
    assert first.startswith(b"#loc")


def test_list_names_every_model(capsys):
    assert cli.main(["zoo", "list"]) == 0
    rows = capsys.readouterr().out.splitlines()[1:]
    assert [row.split()[0] for row in rows] == [model.name for model in zoo.models()]
    assert cli.main(["zoo", "list", "--small"]) == 0
    rows = capsys.readouterr().out.splitlines()[1:]
    assert [row.split()[0] for row in rows] == SMALL


def test_unknown_model_is_refused(capsys, tmp_path):
    assert cli.main(["zoo", "export", "gpt2s", "-o", str(tmp_path / "out")]) == 2
    assert capsys.readouterr().err == (
        "remat: no model 'gpt2s' among the 24 of the zoo; did you mean gpt2s_b8_s1024?\n"
    )
    with pytest.raises(InputError, match="no model 'zzz' among the 24 of the zoo; see 'remat zoo"):
        zoo.get("zzz")
    assert not os.listdir(tmp_path)


def test_unwritable_output_is_refused(capsys, tmp_path):
    target = tmp_path / "missing" / "out.mlir"
    assert cli.main(["zoo", "export", "small_mlp", "-o", str(target)]) == 2
    assert f"{target}: cannot be written: No such file" in capsys.readouterr().err


def test_export_without_flax_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "flax", None)
    assert cli.main(["zoo", "export", "small_mlp"]) == 2
    assert capsys.readouterr().err == (
        "remat: the model zoo needs flax; install it with pip install 'remat[zoo]'\n"
    )
