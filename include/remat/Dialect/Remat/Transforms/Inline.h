//===- Inline.h - calls of the entry function ------------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_DIALECT_REMAT_TRANSFORMS_INLINE_H
#define REMAT_DIALECT_REMAT_TRANSFORMS_INLINE_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"

namespace remat {

/// Replaces every `func.call` and `stablehlo.composite` in `entry`, also inside
/// regions, by the callee's ops, then erases the private functions that nothing
/// refers to any more. Knows nothing about the ops it moves, so unregistered
/// ones are fine (upstream's inliner crashes on them). An inlined op's location
/// is CallSiteLoc(callee, call).
///
/// Errors, each a diagnostic at the call that names the chain of calls from
/// `entry`: a callee that is not defined, has no body, has several blocks, or
/// calls itself; operands or results that do not match it. The module is then
/// half rewritten. Cost: O(ops after inlining).
mlir::LogicalResult inlineCalls(mlir::ModuleOp module, mlir::func::FuncOp entry);

} // namespace remat

#endif // REMAT_DIALECT_REMAT_TRANSFORMS_INLINE_H
