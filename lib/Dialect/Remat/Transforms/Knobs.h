//===- Knobs.h - barriers that options ask for ------------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_DIALECT_REMAT_TRANSFORMS_KNOBS_H
#define REMAT_DIALECT_REMAT_TRANSFORMS_KNOBS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "remat/Dialect/Remat/Transforms/Encode.h"

namespace remat {

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
/// made. Cost: O(ops + operands), nearly: groups are kept by union and find.
int64_t pinKept(mlir::func::FuncOp entry, mlir::Operation *loss, Pins pins);

} // namespace remat

#endif // REMAT_DIALECT_REMAT_TRANSFORMS_KNOBS_H
