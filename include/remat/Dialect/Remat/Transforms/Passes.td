//===- Passes.td - the passes of Remat ---------------------*- tablegen -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_DIALECT_REMAT_TRANSFORMS_PASSES_TD
#define REMAT_DIALECT_REMAT_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

//===----------------------------------------------------------------------===//
// Options that several passes have, spelled once
//===----------------------------------------------------------------------===//

defvar entryOption = Option<"entry", "entry", "std::string", "\"\"",
  "Name of the entry function; without it @main, or the only public function">;
defvar verifyOption = Option<"verify", "verify", "bool", "true",
  "Prove afterwards that the program computes the same function">;
defvar targetOption = Option<"target", "target", "::remat::EncodeTarget",
  "::remat::EncodeTarget::None",
  "Compiler that must keep the recomputation", [{::llvm::cl::values(
    clEnumValN(::remat::EncodeTarget::None, "none", "keep remat.recompute ops"),
    clEnumValN(::remat::EncodeTarget::XlaGpu, "xla-gpu", "barriers on kept values and trigger"),
    clEnumValN(::remat::EncodeTarget::XlaTpu, "xla-tpu", "barriers as jax.checkpoint makes them"),
    clEnumValN(::remat::EncodeTarget::XlaCpu, "xla-cpu", "opaque guards, for default XLA flags")
  )}]>;

//===----------------------------------------------------------------------===//
// Passes
//===----------------------------------------------------------------------===//

def InlinePass : Pass<"remat-inline", "::mlir::ModuleOp"> {
  let summary = "Inline every call of the entry function, also inside regions";
  let description = [{
    Replaces `func.call` and `stablehlo.composite` by the callee's ops, bottom up,
    and erases the private functions that nothing refers to any more. Ops need
    not be registered. A location becomes CallSiteLoc(callee, call).

    **Requires:** a module with an entry function.

    **Guarantees:** no call of a defined function is left in the entry function;
    proven to compute the same function.

    **Fails when:** the module has no entry function or several; a callee is not
    defined, has no body, has several blocks, calls itself, or does not fit the
    call: the message names the chain of calls; a StableHLO op lost its properties.

    **Complexity:** O(ops after inlining).

    **Example:** `test/Dialect/Remat/inline.mlir`.

    See `docs/concepts/pipeline.md`.
  }];
  let dependentDialects = ["::mlir::func::FuncDialect", "::remat::RematDialect"];
  let options = [entryOption, verifyOption];
}

def VerifyPass : Pass<"remat-verify", "::mlir::ModuleOp"> {
  let summary = "Prove that a program computes the same function as another one";
  let description = [{
    Numbers the values of both entry functions in one space and compares the
    numbers of results and side effects. Looks through calls, barriers,
    `remat.recompute` and the guards of `remat-encode`, nothing else. Shares no
    code with the rewrites; the other passes run it on their own work too.

    **Requires:** a reference file.

    **Guarantees:** on success each result and each side effect is the same
    expression of the arguments, op for op, up to how often an op runs that may
    run more than once. The module is not changed.

    **Fails when:** there is no reference file or it does not parse; a module has
    no entry function or several; types or argument attributes differ; a result
    or a side effect differs: notes stand at the deepest pair of ops that differ;
    a region has several blocks.

    **Complexity:** O(ops of both programs after inlining).

    **Example:** `test/Dialect/Remat/verify.mlir`.

    See `docs/concepts/pipeline.md`.
  }];
  let dependentDialects = ["::mlir::func::FuncDialect", "::remat::RematDialect"];
  let options = [
    entryOption,
    Option<"reference", "reference", "std::string", "\"\"",
           "File with the program to compare with">
  ];
}

def EncodePass : Pass<"remat-encode", "::mlir::ModuleOp"> {
  let summary = "Write planned recomputation so that a compiler keeps it";
  let description = [{
    Replaces each `remat.recompute` by its body, tied to the op's trigger in the
    form that the target honours: an `optimization_barrier` for XLA on GPU and
    TPU, an opaque guard for XLA on CPU.

    **Requires:** `remat.recompute` ops in a StableHLO program, except for target
    none, which only checks.

    **Guarantees:** for an XLA target no op and no attribute of the dialect is
    left in the entry function, each op of each body is there once more, and each
    that is not free depends on a tied value; proven to compute the same function,
    bit for bit in its own ops.

    **Fails when:** an op to recompute is no StableHLO op; planned recomputation
    was lost or added since `remat-apply`; for XLA:CPU, a body has no number to
    make a guard from.

    **Complexity:** O(ops), and for each body its ops times the arguments to tie.

    **Example:** `test/Dialect/Remat/encode.mlir`.

    See `docs/concepts/encodings.md`.
  }];
  let dependentDialects = ["::mlir::func::FuncDialect", "::remat::RematDialect"];
  let options = [entryOption, verifyOption, targetOption];
}

#endif // REMAT_DIALECT_REMAT_TRANSFORMS_PASSES_TD
