//===- Ties.h - which inputs of a recomputation to tie ---------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_DIALECT_REMAT_TRANSFORMS_TIES_H
#define REMAT_DIALECT_REMAT_TRANSFORMS_TIES_H

#include "remat/Dialect/Remat/IR/Remat.h"
#include "remat/Dialect/Remat/Transforms/Encode.h"
#include "llvm/ADT/SetVector.h"

namespace remat {

/// What an encoding ties to the trigger.
struct Ties {
  llvm::SmallVector<unsigned> inputs; ///< of the recompute op, ascending
  /// Constants of the body, for ops that read no input at all.
  llvm::SetVector<mlir::Operation *> leaves;
};

/// Chooses what to tie so that every op of the body that is not free depends on
/// a tied value: XlaGpu starts from what products of matrices read and all other
/// inputs but arguments, XlaTpu from all, XlaCpu from none, since there a tie is a
/// copy. What is then still untied gets one more input: not donated before donated,
/// smaller before larger.
///
/// `waiting` holds what earlier recomputations made, which depends on their ties. On
/// XlaTpu a body whose every op that is not free depends on that needs none.
Ties chooseTies(RecomputeOp op, EncodeTarget target, const llvm::DenseSet<mlir::Value> &waiting);

} // namespace remat

#endif // REMAT_DIALECT_REMAT_TRANSFORMS_TIES_H
