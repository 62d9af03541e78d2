//===- RematBase.td - the remat dialect --------------------*- tablegen -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_DIALECT_REMAT_IR_REMATBASE_TD
#define REMAT_DIALECT_REMAT_IR_REMATBASE_TD

include "mlir/IR/OpBase.td"

def Remat_Dialect : Dialect {
  let name = "remat";
  let cppNamespace = "::remat";
  let summary = "Recomputation plans and planned recomputation";
  let description = [{
    A plan is the `remat.plan` attribute of a function; what a plan recomputes is
    a `remat.recompute` op. The dialect knows no costs and makes no choices.
  }];
  let useDefaultAttributePrinterParser = 1;
  let hasOperationAttrVerify = 1;
  let extraClassDeclaration = [{
    void registerAttributes();

    /// The function attribute that holds a plan.
    static ::llvm::StringRef getPlanAttrName() { return "remat.plan"; }
    /// The function attribute that counts the ops inside all recompute regions
    /// that `remat-apply` made; `remat-encode` checks it and removes it.
    static ::llvm::StringRef getClonesAttrName() { return "remat.clones"; }
    /// The function attributes of `remat-pack-arena`: bytes of the arena, and the
    /// most bytes of its buffers that are ever live at once.
    static ::llvm::StringRef getArenaAttrName() { return "remat.arena"; }
    static ::llvm::StringRef getLiveAttrName() { return "remat.live"; }
  }];
}

#endif // REMAT_DIALECT_REMAT_IR_REMATBASE_TD
