//===- Guard.h - the opaque guard for XLA:CPU ------------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_DIALECT_REMAT_TRANSFORMS_GUARD_H
#define REMAT_DIALECT_REMAT_TRANSFORMS_GUARD_H

#include "mlir/IR/Builders.h"
#include "remat/Dialect/Remat/IR/Remat.h"

namespace remat {

/// Creates a scalar i1 that is always true and that XLA does not fold: the bits
/// of one element of `op`'s trigger, or'ed with an odd number, are not 0. Without a
/// trigger, an input or an argument of the function serves. `region` counts the
/// function's regions: each gets a number of its own, or XLA would make one truth,
/// and one recomputation, of two with one trigger. Returns null when no candidate is
/// a non-empty static tensor of floats, integers or complex numbers.
mlir::Value createTruth(RecomputeOp op, uint64_t region, mlir::OpBuilder &builder);

/// Creates select(truth, value, other) with the type of `value`. A select copies
/// the chosen operand's bits, so the result is `value` bit for bit, NaNs,
/// infinities and signed zeros included; `other` is the negation, or the
/// complement for integers. Floats below 32 bits are guarded as integers of their
/// width, between two bitcasts. Requires: `value` is a ranked tensor.
mlir::Value createGuard(mlir::Value truth, mlir::Value value, mlir::Location loc,
                        mlir::OpBuilder &builder);

} // namespace remat

#endif // REMAT_DIALECT_REMAT_TRANSFORMS_GUARD_H
