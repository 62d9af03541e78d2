//===- Encode.h - recomputation that a compiler keeps ----------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_DIALECT_REMAT_TRANSFORMS_ENCODE_H
#define REMAT_DIALECT_REMAT_TRANSFORMS_ENCODE_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace remat {

/// The compiler that must not undo the recomputation (docs/concepts/encodings.md).
enum class EncodeTarget {
  None,   ///< keep remat.recompute, which MLIR's own passes respect
  XlaGpu, ///< optimization_barrier over kept inputs and the trigger
  XlaTpu, ///< the same over all inputs, arguments too
  XlaCpu, ///< an opaque guard, because XLA:CPU removes barriers before CSE
};

/// How much an encoding added.
struct EncodeCounts {
  int64_t clones = 0;   ///< ops out of recompute regions
  int64_t barriers = 0; ///< optimization_barrier ops
  int64_t guards = 0;   ///< selects of the CPU guard
};

/// Replaces every `remat.recompute` of `entry` by its body, in StableHLO terms
/// that keep `target` from merging the clones with their originals: each clone
/// that is no free op depends on a value that is computed from the trigger.
/// Removes `remat.plan` and `remat.clones`, which XLA's parser does not know.
///
/// Errors, at the culprit: a body op that is not StableHLO or CHLO; fewer or
/// more ops in recompute regions than `remat.clones` says; for XlaCpu, no value
/// to make a guard from. Cost: O(ops + for each region its ops times the
/// arguments that it must tie).
mlir::FailureOr<EncodeCounts> encodeRecomputations(mlir::func::FuncOp entry, EncodeTarget target);

} // namespace remat

#endif // REMAT_DIALECT_REMAT_TRANSFORMS_ENCODE_H
