//===- RematOps.td - planned recomputation as ops ----------*- tablegen -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_DIALECT_REMAT_IR_REMATOPS_TD
#define REMAT_DIALECT_REMAT_IR_REMATOPS_TD

include "mlir/IR/OpAsmInterface.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "remat/Dialect/Remat/IR/RematAttributes.td"
include "remat/Dialect/Remat/IR/RematBase.td"

class Remat_Op<string mnemonic, list<Trait> traits = []>
    : Op<Remat_Dialect, mnemonic, traits>;

def Remat_RecomputeOp : Remat_Op<"recompute", [
    AttrSizedOperandSegments, IsolatedFromAbove, SingleBlock,
    DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmBlockArgumentNames"]>]> {
  let summary = "Computes values again from values that were kept";
  let description = [{
    Runs its body once, where it stands. The body sees `inputs`, one block
    argument each, and nothing else; the results are the values it yields.

    `after` orders the region behind other values: a lowering must not start the
    body before these are computed. The body cannot read them.

    The op declares no effects on purpose: upstream CSE and DCE then neither
    merge two of them nor enter one, which is what keeps a planned recomputation
    in the program.

    ```mlir
    %again = remat.recompute (%x = %kept : tensor<8xf32>) after (%grad : tensor<8xf32>) {
      %0 = "stablehlo.tanh"(%x) : (tensor<8xf32>) -> tensor<8xf32>
      remat.yield %0 : tensor<8xf32>
    }
    ```

    Verified: one block whose arguments have the types of `inputs`; at least one
    result; results and yielded values agree; every op in the body may run more
    than once (by the op table of the analysis).
  }];
  let arguments = (ins Variadic<AnyType>:$inputs, Variadic<AnyType>:$after);
  let results = (outs Variadic<AnyType>:$results);
  let regions = (region SizedRegion<1>:$body);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
  let extraClassDeclaration = [{
    /// The terminator of the body.
    ::remat::YieldOp getYield();
  }];
}

def Remat_YieldOp : Remat_Op<"yield", [
    HasParent<"::remat::RecomputeOp">, Pure, ReturnLike, Terminator]> {
  let summary = "Ends the body of remat.recompute";
  let arguments = (ins Variadic<AnyType>:$values);
  let assemblyFormat = "($values^ `:` type($values))? attr-dict";
}

#endif // REMAT_DIALECT_REMAT_IR_REMATOPS_TD
