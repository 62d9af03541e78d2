# Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""XLA's dumps as memory over time, time and flops: real ones of the CPU, small ones by hand."""

from __future__ import annotations

import re
import time
from dataclasses import replace

import pytest
from remat.errors import ToolchainError
from remat.xla import hlo, targets, timing
from remat.xla.assignment import Assignment, BufferAssignment, LiveBuffer, _at, _Value
from remat.xla.measure import measure


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("REMAT_CACHE", str(tmp_path / "cache"))


PROGRAM = """HloModule net, is_scheduled=true

FileNames
1 "net.py"

FunctionNames
1 "step"

FileLocations
1 {file_name_id=1 function_name_id=1 line=7 end_line=7 column=2 end_column=9}

StackFrames
1 {file_location_id=1 parent_frame_id=1}

%fused (p.0: f32[8,4]) -> f32[8,4] {
  %p.0 = f32[8,4]{1,0} parameter(0)
  ROOT %tanh.1 = f32[8,4]{1,0} tanh(%p.0), metadata={op_name="jit(step)/tanh" stack_frame_id=1}
}

ENTRY %main (x: f32[8,4], w: f32[4,4]) -> f32[8,4] {
  %x = f32[8,4]{1,0} parameter(0)
  %w = f32[4,4]{1,0} parameter(1)
  %dot.1 = f32[8,4]{1,0} dot(%x, %w), lhs_contracting_dims={1}, rhs_contracting_dims={0}
  %fusion.1 = f32[8,4]{1,0} fusion(%dot.1), kind=kLoop, calls=%fused
  %copy.1 = f32[8,4]{1,0} copy(%fusion.1), metadata={source_file="a b.py" source_line=3}
  ROOT %dot.2 = f32[8,4]{1,0} dot(%copy.1, %w), lhs_contracting_dims={1}, rhs_contracting_dims={0}
}
"""
ASSIGNMENT = """BufferAssignment:
allocation 0: size 128, parameter 0, shape |f32[8,4]| at ShapeIndex {}, maybe-live-out:
 value: <1 x @0> (size=128,offset=0): f32[8,4]{1,0}
 value: <9 dot.2 @0> (size=128,offset=0): f32[8,4]{1,0}
allocation 1: size 64, parameter 1, shape |f32[4,4]| at ShapeIndex {}:
 value: <2 w @0> (size=64,offset=0): f32[4,4]{1,0}
allocation 2: size 4, thread-local:
 value: <3 p.0 @0> (size=4,offset=0): f32[]
allocation 3: size 320, preallocated-temp:
 value: <4 dot.1 @0> (size=128,offset=0): f32[8,4]{1,0}
 value: <5 fusion.1 @0> (size=128,offset=192): f32[8,4]{1,0}
 value: <6 copy.1 @0> (size=128,offset=64): f32[8,4]{1,0}
allocation 4: size 1000, color 1, preallocated-temp:
 value: <7 copy.1{1} @1> (size=1000,offset=0): f32[250]{0}
"""
RANGES = """HloLiveRange (max 6):
  InstructionSequence:
    0:x
  BufferLiveRange:
    x{}:0-6
    w{}:0-6
    dot.1{}:2-4
    fusion.1{}:3-4
    copy.1{}:4-5
    copy.1{1}:4-5
    dot.2{}:5-6
  Live ranges at 3 (peak):
    nothing{}: 5 bytes (cumulative: 5 bytes)
"""


def test_bytes_over_time_by_hand():
    found = BufferAssignment(ASSIGNMENT)
    assert found.sizes() == {"temp": 320, "arguments": 192, "outputs": 128, "alias": 128}
    memory = found.over_time(RANGES, hlo.parse(PROGRAM))
    # At step 4 dot.1 and copy.1 share 64 bytes: 320 are covered, not 384.
    assert memory.timeline == ((0, 192), (2, 320), (3, 448), (4, 512), (5, 320), (6, 192))
    assert (memory.peak, memory.peak_step, memory.steps) == (512, 4, 6)
    assert memory.temporaries == 320
    live = {one.name: one for one in memory.buffers}
    assert [live[name].kind for name in ("x", "w", "copy.1")] == [
        "argument",
        "argument",
        "temporary",
    ]
    fusion = live["fusion.1"]
    assert (fusion.opcode, fusion.defined, fusion.last) == ("fusion kLoop", 3, 4)
    assert (fusion.source, fusion.op_name) == ("net.py:7", "jit(step)/tanh"), "of its root"
    assert live["copy.1"].source == "a b.py:3"


def test_bytes_that_each_value_adds():
    """In order of size: what a smaller value shares with larger ones is not its own."""
    places = [(0, 10), (20, 10), (9, 8), (16, 6), (40, 5), (10, 4), (45, 3), (2, 2)]
    values = [_Value(f"v{i}", "{}", size, at, "") for i, (at, size) in enumerate(places)]
    ranges = {(one.name, one.index): (0, 9) for one in values}
    found = {one.name: added for one, added in _at(values, ranges, 5)}
    assert found == {"v0": 10, "v1": 10, "v2": 7, "v3": 3, "v4": 5, "v6": 3}
    assert _at(values, ranges, 10) == []


def test_many_values_at_the_peak_are_placed_at_once():
    count = 20_000
    values = [_Value(f"v{i:05}", "{}", 1 + i % 7, 8 * i, "") for i in range(count)]
    ranges = {(one.name, one.index): (0, 9) for one in values}
    before = time.process_time()
    assert len(_at(values, ranges, 5)) == count
    assert time.process_time() - before < 5, "half a minute where each looks at all before it"


def test_scratch_is_what_a_library_call_alone_uses():
    work = LiveBuffer(32, "temporary", "call.1{1}", "custom-call blas", "s8[32]", "", "", 7, 7)
    others = (
        replace(work, name="call.1{0}", last=9),  # its result, which is read
        replace(work, name="fusion.1", opcode="fusion kLoop"),
        replace(work, kind="output"),
    )
    assert Assignment(9, ((0, 128),), 128, 7, (work, *others)).scratch == 32
    assert Assignment(9, ((0, 96),), 96, 7, others).scratch == 0


def test_files_of_another_format_are_named():
    with pytest.raises(ToolchainError, match="buffer assignment holds no allocation"):
        BufferAssignment("something else")
    with pytest.raises(ToolchainError, match="live ranges hold no value"):
        BufferAssignment(ASSIGNMENT).over_time("", hlo.parse(PROGRAM))


def test_a_real_assignment_of_the_cpu():
    import jax
    import jax.numpy as jnp

    def loss(weight, x):
        hidden = jnp.tanh(x @ weight)
        return jnp.mean(jnp.tanh(hidden @ weight) ** 2)

    shapes = (jnp.ones((64, 64)), jnp.ones((256, 64)))
    text = jax.jit(jax.grad(loss)).lower(*shapes).as_text(debug_info=True)
    found = measure(text, "local")
    memory = found.assignment
    assert 0 < memory.temporaries <= found.temp
    assert memory.peak == found.arguments + found.outputs - found.alias + memory.temporaries
    assert sum(one.bytes for one in memory.buffers) == memory.peak
    assert memory.timeline[0][0] == 0
    assert [step for step, _ in memory.timeline] == sorted({step for step, _ in memory.timeline})
    assert max(size for _, size in memory.timeline) == memory.peak
    assert min(size for _, size in memory.timeline) >= memory.peak - memory.temporaries
    for one in memory.buffers:
        assert 0 <= one.defined <= one.last <= memory.steps
        if one.kind == "temporary":
            assert one.defined <= memory.peak_step <= one.last
    named = [one for one in memory.buffers if one.kind == "temporary" and one.bytes >= 256 * 64 * 4]
    assert named
    for one in named:
        assert "jit(loss)" in one.op_name
        assert re.search(r"test_assignment\.py:\d+$", one.source)


def test_a_loop_of_the_cpu():
    import jax
    import jax.numpy as jnp

    def step(weight, x):
        def body(carry, _):
            return jnp.tanh(carry @ weight), None

        return jnp.sum(jax.lax.scan(body, x, None, length=7)[0])

    shapes = (jnp.ones((32, 32)), jnp.ones((16, 32)))
    found = measure(jax.jit(jax.grad(step)).lower(*shapes).as_text(), "local")
    assert found.flops == 7 * 3 * 2 * 16 * 32 * 32
    # Seven states are kept for the gradient.
    assert found.temp >= found.assignment.temporaries >= 7 * 16 * 32 * 4


CONVOLUTION = (
    "%c = f32[2,{out},8]{{2,1,0}} convolution(%a, %b), window={{{window}}}, dim_labels=b0f_0io->b0f"
)


@pytest.mark.parametrize(
    "window, out, positions",
    [
        ("size=3", 14, 14 * 3),
        ("size=3 pad=1_1", 16, 16 * 3 - 2),
        ("size=3 stride=2 pad=1_1", 8, 8 * 3 - 1),
        # A transposed convolution: every other element of the input is a hole.
        ("size=3 pad=2_2 lhs_dilate=2", 33, 16 * 3),
    ],
)
def test_flops_of_a_convolution_leave_padding_out(window, out, positions):
    text = (
        "ENTRY %main (a: f32[2,16,4], b: f32[3,4,8]) -> f32[2,16,8] {\n"
        f"  {CONVOLUTION.format(window=window, out=out)}\n}}\n"
    )
    [one] = hlo.parse(text).instructions()
    assert timing.product_flops(one, ["f32[2,16,4]", "f32[3,4,8]"]) == 2 * 2 * 4 * 8 * positions


@pytest.mark.parametrize(
    "target, output, kernel",
    [
        ("convForward", "f32[2,8,5,5]", "f32[8,4,3,3]"),
        ("convBackwardInput", "f32[2,8,5,5]", "f32[8,4,3,3]"),
        ("convBackwardFilter", "f32[2,8,5,5]", "f32[8,4,3,3]"),
    ],
)
def test_flops_of_a_convolution_on_a_gpu(target, output, kernel):
    image = "f32[2,4,5,5]"
    result, shapes = {
        "convForward": (output, [image, kernel]),
        "convBackwardInput": (image, [output, kernel]),
        "convBackwardFilter": (kernel, [image, output]),
    }[target]
    text = (
        "ENTRY %main () -> f32[] {\n"
        f"  %c = ({result}{{3,2,1,0}}, u8[0]{{0}}) custom-call(%a, %b), window={{size=3x3 "
        f'pad=1_1x1_1}}, dim_labels=bf01_oi01->bf01, custom_call_target="__cudnn${target}"\n}}\n'
    )
    [one] = hlo.parse(text).instructions()
    assert timing.product_flops(one, shapes) == 2 * (2 * 8 * 5 * 5) * (4 * 3 * 3)


COSTED = """HloModule net

%sliced (p.0: f32[100,1000], p.1: s32[]) -> f32[1,1000] {
  %p.0 = f32[100,1000]{1,0} parameter(0)
  %p.1 = s32[] parameter(1)
  %zero = s32[] constant(0)
  ROOT %ds = f32[1,1000]{1,0} dynamic-slice(%p.0, %p.1, %zero), dynamic_slice_sizes={1,1000}
}

%updated (q.0: f32[100,1000], q.1: f32[1,1000], q.2: s32[]) -> f32[100,1000] {
  %q.0 = f32[100,1000]{1,0} parameter(0)
  %q.1 = f32[1,1000]{1,0} parameter(1)
  %q.2 = s32[] parameter(2)
  %none = s32[] constant(0)
  ROOT %dus = f32[100,1000]{1,0} dynamic-update-slice(%q.0, %q.1, %q.2, %none)
}

%body (state: (s32[], f32[100,1000])) -> (s32[], f32[100,1000]) {
  %state = (s32[], f32[100,1000]{1,0}) parameter(0)
  %i = s32[] get-tuple-element(%state), index=0
  %stack = f32[100,1000]{1,0} get-tuple-element(%state), index=1
  %row = f32[1,1000]{1,0} fusion(%stack, %i), kind=kLoop, calls=%sliced
  %next = f32[100,1000]{1,0} fusion(%stack, %row, %i), kind=kLoop, calls=%updated
  ROOT %out = (s32[], f32[100,1000]{1,0}) tuple(%i, %next)
}

%condition (tested: (s32[], f32[100,1000])) -> pred[] {
  %tested = (s32[], f32[100,1000]{1,0}) parameter(0)
  %at = s32[] get-tuple-element(%tested), index=0
  %end = s32[] constant(100)
  ROOT %less = pred[] compare(%at, %end), direction=LT
}

ENTRY %main (x: (s32[], f32[100,1000])) -> (s32[], f32[100,1000]) {
  %x = (s32[], f32[100,1000]{1,0}) parameter(0)
  %own = f32[10]{0} negate(%y), backend_config={COST(9, 2.5)}
  %none = f32[300000]{0} fusion(%own), kind=kCustom, calls=%triton, backend_config={COST(71, 0.01)}
  ROOT %while.1 = (s32[], f32[100,1000]{1,0}) while(%x), condition=%condition, body=%body
}
"""
COSTED = re.sub(
    r"COST\((\S+), (\S+)\)",
    r'"reification_cost":[{"exec_time_us":\1,"name":""},{"exec_time_us":\2,"name":"sol"}]',
    COSTED,
)


def test_what_is_in_a_fusion_is_counted_once(monkeypatch):
    counted = []
    count = timing.product_flops
    monkeypatch.setattr(
        timing, "product_flops", lambda one, shapes: counted.append(one.name) or count(one, shapes)
    )
    program = hlo.parse(COSTED)
    walk = timing._Walk(program, targets.get("h100"), loops=True)
    walk.computation(program.entry)
    assert counted.count("ds") == counted.count("dus") == 1


def test_what_xla_has_no_estimate_for_is_charged():
    target = targets.get("h100")
    found = timing.estimate(hlo.parse(COSTED), target)
    assert found.xla_us == pytest.approx(2.51), "the last of each op's estimates, as XLA sums them"
    # The one that XLA has no model of, at 0.01 microseconds, reads and writes 1.2 MB.
    triton = 4 * (10 + 300_000)
    # A slice is read and written; of the stack, nothing else is touched.
    turn = (4 + 2 * 4000) + (4 + 2 * 4000)
    for turns, time_us in ((1, found.once_us), (100, found.time_us)):
        charged = (triton + turns * turn) / target.bandwidth * 1e6
        assert time_us == pytest.approx(2.5 + charged)


def test_the_workspace_of_a_library_is_not_traffic():
    text = (
        "ENTRY %main (a: f32[8,4], b: f32[4,4]) -> f32[8,4] {\n"
        "  %a = f32[8,4]{1,0} parameter(0)\n  %b = f32[4,4]{1,0} parameter(1)\n"
        "  %c = (f32[8,4]{1,0}, s8[33554432]{0}) custom-call(%a, %b), "
        'custom_call_target="__cublas$lt$matmul"\n}\n'
    )
    program = hlo.parse(text)
    main = program.computations["main"]
    assert timing.bytes_moved(main.instructions["c"], main, program) == 4 * (32 + 16 + 32)


def test_a_loop_that_xla_counted():
    text = COSTED.replace("body=%body", 'body=%body, backend_config={"known_trip_count":{"n":"7"}}')
    program = hlo.parse(text)
    loop = program.computations["main"].instructions["while.1"]
    assert timing.trip_count(loop, program) == 7


def test_shapes():
    assert (
        hlo.array_bytes("(f32[2,3]{1,0:T(8,128)S(1)}, /*index=1*/bf16[4]{0}, pred[], s4[3])") == 35
    )
    assert hlo.array_bytes("f8e4m3fn[10]") == 10
    assert hlo.array_bytes("token[]") == 0
    assert hlo.array_bytes("f32[<=8,2]") == 64
