//===- CountedLoop.h - loops that a counter ends ----------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_CONVERSION_STABLEHLOTOLINALG_COUNTEDLOOP_H
#define REMAT_CONVERSION_STABLEHLOTOLINALG_COUNTEDLOOP_H

#include "mlir/IR/Operation.h"
#include "llvm/ADT/APInt.h"

#include <optional>

namespace remat {

/// What is known of one carried value of a `stablehlo.while`.
struct Carry {
  /// The body hands it on as it is.
  bool unchanged = false;
  /// An integer that starts at `start` and grows by `step` in each round.
  std::optional<llvm::APInt> start, step;
};

/// Returns what is known of each carried value of `loop`, whose regions
/// `--stablehlo-legalize-to-linalg` has converted and whose casts are gone.
llvm::SmallVector<Carry> readCarries(mlir::Operation *loop);

/// Returns how often the body of `loop` runs, if its condition compares a carried counter
/// with a constant that the counter reaches without wrapping around.
std::optional<int64_t> roundsOf(mlir::Operation *loop, llvm::ArrayRef<Carry> carries);

} // namespace remat

#endif // REMAT_CONVERSION_STABLEHLOTOLINALG_COUNTEDLOOP_H
