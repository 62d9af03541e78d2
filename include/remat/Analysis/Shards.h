//===- Shards.h - what one of several devices holds -------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A step for several devices is written with global shapes; a budget is one
// device's. Two marks, written by whoever knows the shardings (remat's Python
// has Shardy propagate them), say what a device holds and does:
//   %0 = "stablehlo.tanh"(%x) {remat.local = [tensor<2x64xf32>], remat.ways = 4 : i64}
//       : (tensor<8x64xf32>) -> tensor<8x64xf32>
//   func.func @main(%x: tensor<8x64xf32> {remat.local = tensor<2x64xf32>})
// `remat-encode` removes them.
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_ANALYSIS_SHARDS_H
#define REMAT_ANALYSIS_SHARDS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Operation.h"

namespace remat {

/// On an op: the types of what one device holds of its results, one each. On an
/// argument of the entry function: the type of what one device holds of it.
inline constexpr llvm::StringLiteral kLocalAttrName = "remat.local";

/// On an op: by how many devices its work is divided. An op with regions that
/// run ops of their own has none; those ops have.
inline constexpr llvm::StringLiteral kWaysAttrName = "remat.ways";

/// Tells whether `name` is one of the marks above.
bool isShardMark(llvm::StringRef name);

/// Returns the type of what one device holds of `value`: its own type where no
/// mark says otherwise. What a loop carries is held as the loop's result is.
mlir::Type localType(mlir::Value value);

/// Returns by how many devices the work of `op` is divided, at least 1.
int64_t waysOf(mlir::Operation *op);

/// Checks the marks of `op`, or of the arguments of `entry`. Errors, naming the
/// op or argument: a mark of another form; another count of types than results; a
/// type that is no part of the global one (another rank or element type, a larger
/// size); a number of ways below 1.
mlir::LogicalResult checkShardMarks(mlir::Operation *op);
mlir::LogicalResult checkShardMarksOfArguments(mlir::func::FuncOp entry);

/// Returns `attributes` without the marks.
mlir::DictionaryAttr withoutShardMarks(mlir::DictionaryAttr attributes);

/// Removes the marks from the arguments of `entry` and all ops in it.
void removeShardMarks(mlir::func::FuncOp entry);

} // namespace remat

#endif // REMAT_ANALYSIS_SHARDS_H
