//===- Conversions.h - one function per op that is converted ----*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// StableHLO is read as an unregistered dialect. Each function replaces the one op
// that it is given, emits an error at it and fails where it cannot, and looks at
// nothing else but the makers of its operands.
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_CONVERSION_STABLEHLOTOLINALG_CONVERSIONS_H
#define REMAT_CONVERSION_STABLEHLOTOLINALG_CONVERSIONS_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/PatternMatch.h"

namespace remat {

/// `stablehlo.scatter` -> loops over the updates, in row-major order, that read and
/// write one element of a carried tensor. `unsignedIndices`: how indices are widened.
mlir::LogicalResult convertScatter(mlir::Operation *op, bool unsignedIndices,
                                   mlir::RewriterBase &rewriter);

/// `stablehlo.select_and_scatter` -> loops over the source, in row-major order, around
/// loops over the window.
mlir::LogicalResult convertSelectAndScatter(mlir::Operation *op, mlir::RewriterBase &rewriter);

/// `stablehlo.sort` -> per line a merge sort, which keeps the order of equal elements.
mlir::LogicalResult convertSort(mlir::Operation *op, mlir::RewriterBase &rewriter);

/// `stablehlo.while` -> `scf.for` if a counter with a constant bound ends it, else
/// `scf.while`. What the body hands on unchanged is no longer carried.
mlir::LogicalResult convertWhile(mlir::Operation *op, mlir::RewriterBase &rewriter);

/// `stablehlo.if` -> `scf.if`.
mlir::LogicalResult convertIf(mlir::Operation *op, mlir::RewriterBase &rewriter);

/// `stablehlo.case` -> `scf.index_switch`; an index out of range means the last branch.
mlir::LogicalResult convertCase(mlir::Operation *op, mlir::RewriterBase &rewriter);

/// Gives ops that `remat-outline-regions` has outlined their names and regions back. Errors:
/// at an op whose functions are gone. Cost: O(ops).
mlir::LogicalResult restoreRegions(mlir::ModuleOp module);

/// Makes every type in `root`, that of function arguments and constants too, signless,
/// and drops the casts between signed and signless types. Errors: none.
void makeSignless(mlir::Operation *root);

} // namespace remat

#endif // REMAT_CONVERSION_STABLEHLOTOLINALG_CONVERSIONS_H
