//===- Barriers.h - optimization_barrier between values ---------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_DIALECT_REMAT_TRANSFORMS_BARRIERS_H
#define REMAT_DIALECT_REMAT_TRANSFORMS_BARRIERS_H

#include "mlir/IR/Builders.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/SetVector.h"

namespace remat {

/// Smaller values are not worth a barrier of their own: it ends a fusion.
inline constexpr int64_t kLeastTiedBytes = int64_t{1} << 16;

/// Returns the bytes of `value`, or the largest number if they are not known.
int64_t sizeOf(mlir::Value value);

/// True for `stablehlo.optimization_barrier`.
bool isBarrier(mlir::Operation *op);

/// Creates a barrier on `values` at the builder's place.
mlir::Operation *createBarrier(mlir::OpBuilder &builder, mlir::Location loc,
                               llvm::ArrayRef<mlir::Value> values);

/// Lets the readers of `value` behind `barrier` read `tied` instead.
void passThrough(mlir::Value value, mlir::Value tied, mlir::Operation *barrier);

/// Ties `values` in one barrier right behind the last of them, and lets whoever
/// reads them behind it read the barrier. Requires: all in one block.
mlir::Operation *tieTogether(llvm::ArrayRef<mlir::Value> values);

/// Returns what `op` reads: its operands and what its regions capture.
llvm::SetVector<mlir::Value> readsOf(mlir::Operation *op);

/// Returns the ops from `first` on, in the block of `op`, that it depends on, with itself.
/// Cost: O(ops between the two).
llvm::DenseSet<mlir::Operation *> ancestorsOf(mlir::Operation *op, mlir::Operation *first);

/// Names uses that do not count as reads.
using UseFilter = llvm::function_ref<bool(mlir::OpOperand &)>;

/// True if an op behind `place` reads `value`, in a use that is not one of `skip`.
bool isReadBehind(mlir::Value value, mlir::Operation *place, UseFilter skip);

/// Returns the first of `values`, and then of what ops up to `place` make from them,
/// nearest first, that an op behind `place` reads; null if there is none. Uses of which
/// `skip` is true are passed over. Cost: O(ops made from them up to `place`).
mlir::Value firstReadBehind(mlir::ValueRange values, mlir::Operation *place, UseFilter skip);

} // namespace remat

#endif // REMAT_DIALECT_REMAT_TRANSFORMS_BARRIERS_H
