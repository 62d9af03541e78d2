//===- Loss.h - where the forward of a step ends ----------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_ANALYSIS_LOSS_H
#define REMAT_ANALYSIS_LOSS_H

#include "remat/Analysis/StepGraph.h"

namespace remat {

/// Finds the loss and with it sets the phases of the ops of `step`, and its warning.
/// Requires: all else in `step` is set. Errors: those of `buildStepGraph` about loss and
/// backward. Cost: O(V + E), and as much again for each scalar result that the backward
/// comes before.
mlir::LogicalResult findPhases(mlir::func::FuncOp entry, const AnalysisOptions &options,
                               StepGraph &step);

} // namespace remat

#endif // REMAT_ANALYSIS_LOSS_H
