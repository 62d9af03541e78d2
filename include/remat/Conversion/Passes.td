//===- Passes.td - the conversions of Remat ----------------*- tablegen -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_CONVERSION_PASSES_TD
#define REMAT_CONVERSION_PASSES_TD

include "mlir/Pass/PassBase.td"

defvar entryOption = Option<"entry", "entry", "std::string", "\"\"",
  "Name of the entry function; without it @main, or the only public function">;

def OutlineRegionsPass : Pass<"remat-outline-regions", "::mlir::ModuleOp"> {
  let summary = "Move regions that torch-mlir's conversion must not see into functions";
  let description = [{
    Replaces `select_and_scatter` of StableHLO and `remat.recompute` by an op of a
    dialect of no one, and its regions by private functions, which are converted
    like others. `remat-stablehlo-to-linalg` puts them back. Where windows do not
    overlap, torch-mlir's own conversion of `select_and_scatter` lets the last of
    equal elements win, XLA the first; and it breaks down in regions of ops that
    it does not know.

    **Requires:** regions of one block.

    **Guarantees:** none of these ops is left; attributes and locations are kept.

    **Fails when:** a region reads values from outside, or has several blocks.

    **Complexity:** O(ops).

    **Example:** `test/Conversion/StableHLOToLinalg/outline-regions.mlir`.

    See `docs/concepts/lowering.md`.
  }];
  let dependentDialects = ["::mlir::func::FuncDialect"];
}

def StableHLOToLinalgPass : Pass<"remat-stablehlo-to-linalg", "::mlir::ModuleOp"> {
  let summary = "Convert what torch-mlir's StableHLO conversion leaves";
  let description = [{
    Converts `scatter`, `select_and_scatter`, `sort`, `while`, `if`, `case`
    and `optimization_barrier` of StableHLO to loops and branches on tensors, in
    destination style: a loop that updates a tensor carries it, and where its
    start value is read elsewhere too, copies that first. A `while` whose counter
    has a constant bound becomes `scf.for`; what its body hands on unchanged is
    no longer carried. What `remat-outline-regions` outlined is put back first.
    Integers lose their sign, in function types and constants too, and with it the
    casts. Bodies of `remat.recompute` are converted likewise.

    **Requires:** a module that `--stablehlo-legalize-to-linalg` of torch-mlir has
    converted, in generic form; static shapes.

    **Guarantees:** no op of StableHLO or CHLO, no cast between types and no
    unsigned type is left; updates are applied in row-major order, so that results
    are the same in every run; locations are kept.

    **Fails when:** an op of StableHLO, CHLO or Shardy is left that has no
    conversion, a custom call for instance: the message names it; a cast is left
    that changes more than a sign; the parts of an op do not fit each other; the
    functions of an outlined op are gone; a StableHLO op lost its properties.

    **Complexity:** O(ops).

    **Example:** `test/Conversion/StableHLOToLinalg/scatter.mlir`.

    See `docs/concepts/lowering.md`.
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::bufferization::BufferizationDialect",
    "::mlir::linalg::LinalgDialect", "::mlir::scf::SCFDialect",
    "::mlir::tensor::TensorDialect", "::remat::RematDialect"
  ];
}

def CopiesToLinalgPass : Pass<"remat-copies-to-linalg"> {
  let summary = "Copy buffers that do not lie in one piece by loops";
  let description = [{
    Replaces `memref.copy` by `linalg.copy` where a buffer of its two has a layout, as
    a slice of another one has. The LLVM dialect knows such a copy only as a call of
    MLIR's own runtime, which compiled steps do without.

    **Requires:** nothing.

    **Guarantees:** every `memref.copy` that is left becomes one `memcpy`.

    **Fails when:** never.

    **Complexity:** O(ops).

    **Example:** `test/Conversion/copies-to-linalg.mlir`.

    See `docs/concepts/running.md`.
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect"];
}

def CallContractionsPass : Pass<"remat-call-contractions", "::mlir::ModuleOp"> {
  let summary = "Call the runtime for products and convolutions of buffers";
  let description = [{
    A structured op on buffers of `f32` or `f64` that adds products of its two inputs to
    what its output holds becomes a call of `rematContractF32` or `rematContractF64`. All
    it needs is that a place in each buffer is a sum of one term per loop: so products of
    matrices, batches and heads of them, convolutions with strides and dilations, and the
    gradients of both are the same to it, in whatever layout. The call gets the addresses
    of the first elements and a constant with the sizes and strides of the loops, one for
    all calls with the same ones.

    **Requires:** buffers of static shape.

    **Guarantees:** what becomes a call depends on the op's types and maps alone, so that
    an op that runs again has the same bits. What the runtime is no faster at, with less
    than 4 rows or columns or 4096 products of numbers in all, stays as it is.

    **Fails when:** never.

    **Complexity:** O(ops).

    **Example:** `test/Conversion/call-contractions.mlir`.

    See `docs/concepts/running.md`.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::func::FuncDialect",
                           "::mlir::memref::MemRefDialect"];
}

def OutlineKernelsPass : Pass<"remat-outline-kernels", "::mlir::ModuleOp"> {
  let summary = "Move each op on whole buffers, and each loop, into a function, once";
  let description = [{
    A structured op or a loop nest on buffers that stands in a function's own block becomes
    a call of a private function, and ops that do the same share one. So a compiler for
    the machine sees many small functions instead of one for the whole step, what runs
    again is not compiled again, and it has the bits of what ran first. Arguments that
    share no bytes with others of the same call are marked `llvm.noalias`; two parts of
    the arena that one op takes never do.

    **Requires:** buffers as `remat-pack-arena` leaves them; arguments of functions that
    do not overlap.

    **Guarantees:** functions are shared only where types, bodies, attributes and what may
    overlap are equal; they are not inlined again. What takes a buffer whose place is not
    known from its type stays where it is.

    **Fails when:** never.

    **Complexity:** O(ops), each printed once.

    **Example:** `test/Conversion/outline-kernels.mlir`.

    See `docs/concepts/running.md`.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

def OrderLoopsPass : Pass<"remat-order-loops"> {
  let summary = "Make the innermost loop of an op on buffers the one that runs along memory";
  let description = [{
    Sorts the loops of a `linalg.generic` on buffers by how far the places in all its
    operands move from one round to the next, that of the shortest way innermost. A sum
    over all but the last dimension, for instance, becomes row by row additions, which
    vectors do, instead of one long sum per column.

    **Requires:** static shapes.

    **Guarantees:** the order depends on the op's types and maps alone, so that an op that
    runs again has the same bits.

    **Fails when:** never.

    **Complexity:** O(ops).

    **Example:** `test/Conversion/order-loops.mlir`.

    See `docs/concepts/running.md`.
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect"];
}

def FormKernelsPass : Pass<"remat-form-kernels", "::mlir::ModuleOp"> {
  let summary = "Turn what a step does to buffers into launches of GPU kernels";
  let description = [{
    A linalg op or copy becomes a kernel with one thread per element of its parallel
    dimensions, neighbours in the last dimension in neighbouring threads; a reduction
    is a loop in the thread that keeps the sum in registers, in the order of the op.
    Loads, stores, loops and branches on single elements become kernels of one
    thread. Loops and branches that hold linalg ops stay on the host; where their
    bounds or conditions, or numbers that a kernel takes, lie in a buffer, the element is
    read back (`gpu.memcpy`). Equal kernels are one. All are in one `gpu.module`.

    **Requires:** an entry function on buffers, as `remat-bufferize` makes it.

    **Guarantees:** the host reads and writes no element of a buffer but by
    `gpu.memcpy`; a kernel takes numbers and buffers whose elements are at
    places known now; launches are in the order of the ops, whose locations they keep.

    **Fails when:** the module has no entry function or several; a shape is dynamic;
    an op has side effects and is neither of linalg, memref nor scf; a linalg op has no
    loops; a kernel would take a value that is neither a number nor a buffer.

    **Complexity:** O(ops), but quadratic in the elements of one block that are read back.

    **Example:** `test/Conversion/BuffersToKernels/form-kernels.mlir`.

    See `docs/concepts/gpu.md`.
  }];
  let dependentDialects = [
    "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect", "::mlir::gpu::GPUDialect",
    "::mlir::linalg::LinalgDialect", "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect"
  ];
  let options = [entryOption];
}

def CallDevicePass : Pass<"remat-call-device", "::mlir::ModuleOp"> {
  let summary = "Turn the launches of a step into calls of the device runtime";
  let description = [{
    The entry function takes the device as its last argument, a pointer, and returns a
    status: 0, or what the first call that failed returned, behind which nothing more is called. A
    launch becomes a call of `rematLaunch`, reading an element back one of `rematRead`, as
    `include/remat/Runtime/DeviceCalls.h` declares them. Both hand on where the op came
    from, and the kernel by its name.

    **Requires:** an entry function of branches, with launches as `remat-form-kernels`
    makes them; no results.

    **Guarantees:** no op of the gpu dialect is left in the entry function.

    **Fails when:** the module has no entry function or several, or it has results.

    **Complexity:** O(ops).

    **Example:** `test/Conversion/LaunchesToCalls/call-device.mlir`.

    See `docs/concepts/gpu.md`.
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::cf::ControlFlowDialect",
    "::mlir::LLVM::LLVMDialect", "::mlir::memref::MemRefDialect"
  ];
  let options = [entryOption];
}

def ApproximateMathPass : Pass<"remat-approximate-math"> {
  let summary = "Compute exp, log, tanh and erf of f32 by polynomials";
  let description = [{
    Expands these ops with MLIR's polynomial approximations, in arithmetic that loops can do
    in vectors; calls of the C library can not be. They are off by some units in the last
    place, as those of other compilers. `f64` stays with the library.

    **Requires:** nothing.

    **Guarantees:** equal ops become equal arithmetic, so that what runs again has the same
    bits.

    **Fails when:** never.

    **Complexity:** O(ops).

    **Example:** `test/Conversion/approximate-math.mlir`.

    See `docs/concepts/running.md`.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect",
                           "::mlir::vector::VectorDialect"];
}

def ShareLoopsPass : Pass<"remat-share-loops", "::mlir::ModuleOp"> {
  let summary = "Let a part of a kernel's rounds be asked for";
  let description = [{
    A private function on buffers that `remat-outline-kernels` made of one structured op
    (`remat.structured`), and so is one nest of loops, gets two more arguments: where
    one of its parallel loops begins and where it ends. That is the outermost one with at
    least 64 rounds, or else the longest. Callers ask for all rounds; `remat-share-calls`
    lets threads ask for some each. Kernels of less than 32768 rounds in all stay as they
    are.

    **Requires:** parallel loops as `--convert-linalg-to-parallel-loops` leaves them.

    **Guarantees:** rounds of the shared loop touch nothing that other rounds write, since
    all are of one structured op: loops of a program are left alone. Each element is
    computed as before, so no bit depends on how the rounds are shared.

    **Fails when:** never.

    **Complexity:** O(ops).

    **Example:** `test/Conversion/share-loops.mlir`.

    See `docs/concepts/running.md`.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

def ShareCallsPass : Pass<"remat-share-calls", "::mlir::ModuleOp"> {
  let summary = "Have the runtime share the rounds of kernels among threads";
  let description = [{
    Replaces calls of kernels that `remat-share-loops` marked by calls of `rematShare`, with
    the kernel, its arguments and the number of rounds.

    **Requires:** the LLVM dialect.

    **Guarantees:** no marked kernel is left.

    **Fails when:** never.

    **Complexity:** O(ops).

    **Example:** `test/Conversion/share-loops.mlir`.

    See `docs/concepts/running.md`.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

def SplitSumsPass : Pass<"remat-split-sums"> {
  let summary = "Sum many terms by way of partial sums, which round less";
  let description = [{
    A sum of 1,024 floats or more in a `linalg.generic` on tensors becomes two: of
    partial sums with about as many terms as there are partial sums, and of these.
    Added up one after the other, n terms gather rounding errors like the square root
    of n at best; so, like its fourth root. Run it after fusion, which brings the terms
    into the sum, and before planning, which counts the partial sums.

    **Requires:** nothing.

    **Guarantees:** the partial sums are at most a 32nd of the terms. How a sum is
    split depends on its sizes alone. Products of matrices and convolutions stay: what
    computes them sums by blocks.

    **Fails when:** never. Sums stay as they are whose sizes have no fitting divisors,
    and those that read their loop's counter or more than one element in a window.

    **Complexity:** O(ops + the largest size).

    **Example:** `test/Conversion/split-sums.mlir`.

    See `docs/concepts/running.md`.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

#endif // REMAT_CONVERSION_PASSES_TD
