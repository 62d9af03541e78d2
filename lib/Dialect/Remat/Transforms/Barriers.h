//===- Barriers.h - optimization_barrier between values ---------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_DIALECT_REMAT_TRANSFORMS_BARRIERS_H
#define REMAT_DIALECT_REMAT_TRANSFORMS_BARRIERS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "remat/Dialect/Remat/Transforms/Encode.h"
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

/// Returns the loss in the block of `entry`, never null: the last op of the forward.
/// Builds a whole graph, so call it once. Errors as `buildStepGraph`.
mlir::FailureOr<mlir::Operation *> findLoss(mlir::func::FuncOp entry,
                                            std::optional<int64_t> lossResult);

/// Lets each in-place update of a donated argument depend on the argument's readers
/// that it does not depend on: the gradient goes through a barrier with what they
/// make. Else XLA copies the argument. Returns the barriers made. Errors: those of
/// `donorsOf`. Cost: O(ops + donated arguments that others than their update read, times ops).
mlir::FailureOr<int64_t> orderUpdates(mlir::func::FuncOp entry);

/// Ties the partial sums of chains of additions, of weight gradients over the steps
/// of an unrolled loop say, to what the next addend is computed from: XLA would
/// else keep all addends until the last is there. Returns the barriers made.
/// Cost: O(chains times ops between their additions).
int64_t tieAccumulations(mlir::func::FuncOp entry);

/// Gives forward values that are read behind `loss` a barrier of their own, so that
/// XLA does not compute them there from larger ones that it keeps instead: masks of
/// i1, or all that are smaller than what they are made from. Returns the barriers
/// made. Cost: O(ops).
int64_t pinKept(mlir::func::FuncOp entry, mlir::Operation *loss, Pins pins);

} // namespace remat

#endif // REMAT_DIALECT_REMAT_TRANSFORMS_BARRIERS_H
