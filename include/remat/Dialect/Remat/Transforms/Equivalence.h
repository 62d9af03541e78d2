//===- Equivalence.h - the independent check of a rewrite ------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_DIALECT_REMAT_TRANSFORMS_EQUIVALENCE_H
#define REMAT_DIALECT_REMAT_TRANSFORMS_EQUIVALENCE_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"

namespace remat {

/// Proves that `entry` of `module` computes the function that `referenceEntry`
/// of `reference` computes, op for op, by value numbering both.
///
/// Two values get one number exactly if they are the same result of ops with
/// equal names, attributes, properties, result types, operand numbers and
/// regions (numbered with their block arguments and captures). Numbers are
/// handed out by an exact structural map, so hash collisions cannot hide a
/// difference. Transparent, that is equal to what they pass on: calls and
/// composites with a body, `stablehlo.optimization_barrier`, `remat.recompute`, a
/// bitcast_convert back to the type before another one, and `stablehlo.select`
/// whose predicate is proven true as the XLA:CPU guard's is: compare NE of (or of
/// anything with an odd constant) with 0.
///
/// Required: the same argument types and argument attributes (donation), equal
/// numbers for every result, and the same ops with side effects (or unknown to
/// the op table), on the same operands, in the same order. An op without side
/// effects may run any number of times.
///
/// Errors: a diagnostic at `entry` that names the first difference, with notes
/// at the deepest pair of ops that differ. Shares no code with the rewrites it
/// checks. Cost: O(ops after inlining).
mlir::LogicalResult verifyEquivalent(mlir::ModuleOp reference, mlir::func::FuncOp referenceEntry,
                                     mlir::ModuleOp module, mlir::func::FuncOp entry);

} // namespace remat

#endif // REMAT_DIALECT_REMAT_TRANSFORMS_EQUIVALENCE_H
