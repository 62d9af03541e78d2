//===- Loops.h - nests of loops that carry tensors --------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_CONVERSION_STABLEHLOTOLINALG_LOOPS_H
#define REMAT_CONVERSION_STABLEHLOTOLINALG_LOOPS_H

#include "mlir/Dialect/SCF/IR/SCF.h"

namespace remat {

/// A nest of `scf.for` that grows from the outside in, each loop carrying the same values.
/// The builder always stands in the innermost loop.
///
///   LoopNest nest(builder, loc, {init});
///   Value i = nest.enter(8);            // or enter(bound) for a bound that is a value
///   ... nest.carried()[0] ...
///   SmallVector<Value> results = nest.leave({next});
class LoopNest {
public:
  LoopNest(mlir::OpBuilder &builder, mlir::Location loc, mlir::ValueRange carried)
      : builder(builder), loc(loc), values(carried) {}

  /// Opens a loop over [0, size) and returns its counter; a loop of one round is none.
  mlir::Value enter(int64_t size);

  /// Opens a loop over [0, `bound`), an index.
  mlir::Value enter(mlir::Value bound);

  /// Opens a loop of one round, or of none where `condition`, an i1, is false.
  void enterIf(mlir::Value condition);

  /// Returns the carried values, as the innermost loop sees them.
  llvm::ArrayRef<mlir::Value> carried() const { return values; }

  /// Closes every loop, the innermost handing on `next`, and returns what the nest
  /// results in. The builder then stands behind it.
  llvm::SmallVector<mlir::Value> leave(mlir::ValueRange next);

private:
  mlir::OpBuilder &builder;
  mlir::Location loc;
  llvm::SmallVector<mlir::Value> values;
  llvm::SmallVector<mlir::scf::ForOp> loops;
};

/// Returns `value` as an index constant.
mlir::Value indexConstant(mlir::OpBuilder &builder, mlir::Location loc, int64_t value);

/// Returns a tensor that an op may overwrite with what follows `value`: itself if it is
/// made here for nobody else, else an explicit copy.
mlir::Value ownedCopy(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value value);

/// Returns a copy of the tensor `value`.
mlir::Value copyOf(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value value);

} // namespace remat

#endif // REMAT_CONVERSION_STABLEHLOTOLINALG_LOOPS_H
