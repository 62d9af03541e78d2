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

#include <optional>

namespace remat {

/// The compiler that must not undo the recomputation (docs/concepts/encodings.md).
enum class EncodeTarget {
  None,   ///< keep remat.recompute, which MLIR's own passes respect
  XlaGpu, ///< optimization_barrier over kept inputs and the trigger
  XlaTpu, ///< the same over all inputs, arguments too
  XlaCpu, ///< an opaque guard, because XLA:CPU removes barriers before CSE
};

/// Which kept values get a barrier of their own.
enum class Pins {
  None,
  Masks, ///< i1
  Kept,  ///< also others that are smaller than what they are made from
};

/// How to encode. The knobs hold the compiler to an order or to a choice of what it
/// keeps; only XLA on GPU and TPU honours them, and no setting is best for all steps.
struct EncodeOptions {
  EncodeTarget target = EncodeTarget::None;
  /// Each recomputation waits for all that the backward made before it.
  bool orderBackward = false;
  /// In-place updates of donated arguments come after the last read of the old value.
  bool orderUpdates = false;
  /// Each partial sum of a chain of additions comes before the next addend.
  bool tieAccumulations = false;
  Pins pins = Pins::None;
  /// Index of the loss among the results, which pins and orderBackward must know; absent: as in
  /// `AnalysisOptions`.
  std::optional<int64_t> lossResult = std::nullopt;
};

/// How much an encoding added.
struct EncodeCounts {
  int64_t clones = 0;   ///< ops out of recompute regions
  int64_t barriers = 0; ///< optimization_barrier ops of any kind
  int64_t guards = 0;   ///< selects of the CPU guard
};

/// Replaces every `remat.recompute` of `entry` by its body, in StableHLO terms
/// that keep the target from merging the clones with their originals: each clone
/// that is no free op depends on a value that is computed from the trigger.
/// Removes `remat.plan` and `remat.clones`, which XLA's parser does not know.
///
/// Errors, at the culprit: a body op that is not StableHLO or CHLO; fewer or
/// more ops in recompute regions than `remat.clones` says; for XlaCpu, no value
/// to make a guard from; a knob for a target that does not honour it; for pins and
/// orderBackward, those of `buildStepGraph`, and a loss made by a region that runs nothing; for
/// orderUpdates, those of `donorsOf`. Cost: O(ops + for each region its ops times the arguments
/// that it must tie + donated arguments times ops).
mlir::FailureOr<EncodeCounts> encodeRecomputations(mlir::func::FuncOp entry,
                                                   const EncodeOptions &options);

} // namespace remat

#endif // REMAT_DIALECT_REMAT_TRANSFORMS_ENCODE_H
