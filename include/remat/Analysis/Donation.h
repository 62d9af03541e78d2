//===- Donation.h - results written over arguments --------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_ANALYSIS_DONATION_H
#define REMAT_ANALYSIS_DONATION_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace remat {

/// Returns the number of the argument that each result of `entry` is written over, by
/// result: the one whose `tf.aliasing_output` names the result, else the first
/// `jax.buffer_donor` of the result's type that no earlier result takes. A pair of which
/// a device holds different parts is none. Errors on `entry`: `tf.aliasing_output` that
/// names no result, one that another argument names, or one of another size.
/// Requires: one block. Cost: O(arguments times results).
mlir::FailureOr<std::vector<std::optional<int32_t>>> donorsOf(mlir::func::FuncOp entry);

} // namespace remat

#endif // REMAT_ANALYSIS_DONATION_H
