//===- PlanRemarks.h - what users ask about a plan --------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_DIALECT_REMAT_TRANSFORMS_PLANREMARKS_H
#define REMAT_DIALECT_REMAT_TRANSFORMS_PLANREMARKS_H

#include "remat/Analysis/StepGraph.h"
#include "remat/Planning/Recompute/Plan.h"

namespace remat {

/// Emits, in category `remat`: one `analysis` with the plan's promises; one
/// `passed` per recomputed value with its bytes, cost, number of extra runs and
/// source line; one `missed` per forward value of at least a hundredth of the
/// plain peak that backward ops read but that may not be recomputed, with the
/// reason. Costs nothing unless remarks are on.
void emitPlanRemarks(mlir::func::FuncOp entry, const StepGraph &step,
                     const planning::Problem &problem, const planning::PlanResult &result);

} // namespace remat

#endif // REMAT_DIALECT_REMAT_TRANSFORMS_PLANREMARKS_H
